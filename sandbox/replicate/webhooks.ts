/**
 * Sends webhooks as Replicate does: signed, in order for each prediction, again after a server error or none
 * at all, never to where a redirect points. Nothing leaves this machine: an address elsewhere counts as refused.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxClock, SandboxWebhook } from '../interface.ts';
import type { FaultKind } from './faults.ts';
import { postJson } from './post-json.ts';
import { stateAt, type Prediction } from './prediction.ts';
import { isThisMachine } from './validate.ts';

type Event = SandboxWebhook['event'];

/** Made up and always the same, so that a bot that was started before keeps its settings. */
export const WEBHOOK_SECRET = `whsec_${createHash('sha256').update('darkroom sandbox').digest('base64')}`;

/** The sandbox's clock can jump, so what is due is looked up rather than waited for. */
const LOOK_EVERY_MS = 20;
/** Replicate tells only "a few times"; short here, because somebody waits. */
const MOST_TRIES = 4;
const FIRST_RETRY_MS = 100;
/** Twice what receivers of such webhooks commonly tolerate. */
const OLD_SECONDS = 600;

interface Watched {
  prediction: Prediction;
  url: URL;
  fault: FaultKind<'webhook'> | null;
  lateMs: number;
  /** Still to come, in the order of sending. */
  events: Event[];
  /** Ends when the last one handed over has been sent: one at a time for each prediction. */
  sending: Promise<void>;
}

interface Letter {
  id: string;
  event: Event;
  prediction: Prediction;
  url: URL;
  body: string;
}

export interface WebhookOptions {
  clock: SandboxClock;
  /** The API's prediction object, as it was at a moment. */
  present: (prediction: Prediction, at: number) => unknown;
}

export class WebhookSender {
  readonly sent: SandboxWebhook[] = [];
  readonly #clock: SandboxClock;
  readonly #present: WebhookOptions['present'];
  readonly #closing = new AbortController();
  readonly #watched = new Set<Watched>();
  readonly #sending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;

  constructor({ clock, present }: WebhookOptions) {
    this.#clock = clock;
    this.#present = present;
  }

  /** Sends the events this prediction's webhook asks for when they happen; `lateMs` more with the fault `late`. */
  watch(prediction: Prediction, fault: FaultKind<'webhook'> | null, lateMs: number): void {
    const { webhook } = prediction;
    if (webhook === null || fault === 'lost') return;
    const order: Event[] = fault === 'reordered' ? ['completed', 'start'] : ['start', 'completed'];
    this.#watched.add({
      prediction,
      url: new URL(webhook.url),
      fault,
      lateMs: fault === 'late' ? lateMs : 0,
      events: order.filter((event) => webhook.events.includes(event)),
      sending: Promise.resolve(),
    });
    this.#timer ??= setTimeout(() => this.#look(), 0);
  }

  /** Resolves when nothing is under way any more; what was not sent by then is not sent. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#watched.clear();
    await Promise.all(this.#sending);
  }

  #look(): void {
    for (const watched of this.#watched) {
      this.#sendDue(watched);
      if (watched.events.length === 0) this.#watched.delete(watched);
    }
    this.#timer = this.#watched.size === 0 ? null : setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }

  #sendDue(watched: Watched): void {
    const now = this.#clock.now();
    const { startedAt, completedAt } = stateAt(watched.prediction, now);
    // One that ended before it began has nothing to tell of its start.
    if (completedAt !== null && startedAt === null) watched.events = watched.events.filter((name) => name !== 'start');
    while (watched.events[0] !== undefined) {
      const [event] = watched.events;
      const at = event === 'start' ? startedAt : completedAt;
      if (at === null || now < at + watched.lateMs) return;
      watched.events.shift();
      this.#enqueue(watched, event, at);
    }
  }

  #enqueue(watched: Watched, event: Event, at: number): void {
    const { prediction, url, fault } = watched;
    const body = JSON.stringify(this.#present(prediction, at));
    const letter = { id: `msg_${randomBytes(12).toString('hex')}`, event, prediction, url, body };
    watched.sending = watched.sending.then(() => this.#deliver(letter, fault));
    const { sending } = watched;
    this.#sending.add(sending);
    void sending.then(() => this.#sending.delete(sending));
  }

  async #deliver(letter: Letter, fault: Watched['fault']): Promise<void> {
    const now = (): number => Math.floor(this.#clock.now() / 1000);
    if (fault === 'bad-signature') await this.#post(letter, { timestamp: now(), secret: 'whsec_Zm9yZ2Vk' });
    if (fault === 'old') await this.#post(letter, { timestamp: now() - OLD_SECONDS, secret: WEBHOOK_SECRET });
    await this.#postUntilTaken(letter, now);
    if (fault === 'doubled') await this.#postUntilTaken(letter, now);
  }

  async #postUntilTaken(letter: Letter, now: () => number): Promise<void> {
    for (let tries = 1; tries <= MOST_TRIES && !this.#closing.signal.aborted; tries += 1) {
      const status = await this.#post(letter, { timestamp: now(), secret: WEBHOOK_SECRET });
      const isTaken = status !== 'refused' && status < 500;
      if (isTaken || tries === MOST_TRIES || !isThisMachine(letter.url)) return;
      const delayMs = FIRST_RETRY_MS * 2 ** (tries - 1);
      await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  async #post(
    letter: Letter,
    { timestamp, secret }: { timestamp: number; secret: string },
  ): Promise<number | 'refused'> {
    const { id, event, prediction, url, body } = letter;
    const { signal } = this.#closing;
    if (signal.aborted) return 'refused';
    const at = this.#clock.now();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(`${id}.${timestamp}.${body}`, secret),
    };
    const status = isThisMachine(url) ? await postJson(url, { headers, body, signal }) : 'refused';
    // A try that was broken off by closing tells nothing about the receiver.
    if (!signal.aborted) this.sent.push({ at, id, event, predictionId: prediction.id, url: url.href, status });
    return status;
  }
}

/** `v1,` and the base64 of the HMAC with the key behind `whsec_`. */
function sign(text: string, secret: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}
