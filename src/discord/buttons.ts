/**
 * What the buttons of a card do. A press names an action and a job; everything else is read from what is
 * saved, so buttons work after a restart, after the token's end and in any version.
 *
 * A button acts on the card it stands on: presses of one card follow each other, and one that names
 * another job than the card shows does nothing. So a double click, or Retry and then Fallback, makes
 * one job.
 */
import type { Engine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { Clock } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { PressAsk } from './ask.ts';
import type { Card } from './card.ts';
import { parseCustomId, type CardAction } from './custom-id.ts';
import type { Downloads } from './downloads.ts';
import type { Intake, Wish } from './intake.ts';
import type { LiveMessage } from './live-message.ts';
import { mayChange } from './permissions.ts';

export interface ButtonsOptions {
  clock: Clock;
  engine: Engine;
  intake: Intake;
  live: LiveMessage;
  downloads: Downloads;
}

interface Press {
  ask: PressAsk;
  job: Job;
  card: Card;
  argument: string | null;
  locale: Locale;
}

const CANCEL_SAVE_MS = 1_500;
const UNKNOWN_JOB_WAIT_MS = 1_000;
/** Anybody who sees the card may do these. */
const OPEN_TO_ALL: ReadonlySet<CardAction> = new Set<CardAction>(['download', 'again', 'refresh']);

export class Buttons {
  readonly #options: ButtonsOptions;
  /** The end of the last press of each card, while one is at work. */
  readonly #tails = new Map<string, Promise<void>>();

  constructor(options: ButtonsOptions) {
    this.#options = options;
  }

  /** Answers the press in every case. */
  async press(ask: PressAsk): Promise<void> {
    const parsed = parseCustomId(ask.customId);
    // What changes nothing on the card waits for nobody: sending ten megabytes takes longer than the 3 seconds.
    if (parsed !== null && OPEN_TO_ALL.has(parsed.action)) return this.#act(ask);
    const before = this.#tails.get(ask.messageId) ?? Promise.resolve();
    const mine = before.then(() => this.#act(ask));
    const tail = mine.catch(() => undefined);
    this.#tails.set(ask.messageId, tail);
    try {
      await mine;
    } finally {
      if (this.#tails.get(ask.messageId) === tail) this.#tails.delete(ask.messageId);
    }
  }

  async #act(ask: PressAsk): Promise<void> {
    const { engine, intake } = this.#options;
    const locale = localeFor(ask.locale);
    const parsed = parseCustomId(ask.customId);
    if (parsed === null) return intake.refuse(ask, locale.refusals.unknownButton);
    const job = await engine.get(parsed.jobId);
    // A job of another server answers exactly like one that does not exist.
    if (job === undefined || job.guildId !== ask.guildId) {
      // Another process of this bot may know it (while one replaces another) and answers first then.
      await this.#options.clock.sleep(UNKNOWN_JOB_WAIT_MS);
      return intake.refuse(ask, locale.refusals.unknownJob);
    }
    if (!OPEN_TO_ALL.has(parsed.action) && !mayChange(ask, job)) return intake.refuse(ask, locale.refusals.notYours);
    const card = await this.#cardOf(ask, job);
    // It has moved on: nothing is done, but the card may show less than it should, and has a fresh token now.
    if (card.currentJobId !== job.id) return this.#showAgain(ask, card);
    await this.#run(parsed.action, { ask, job, card, argument: parsed.argument, locale });
  }

  #run(action: CardAction, press: Press): Promise<void> {
    switch (action) {
      case 'cancel':
        return this.#cancel(press);
      case 'retry':
        return this.#retry(press);
      case 'fallback':
        return this.#fallBack(press);
      case 'again':
        return this.#again(press);
      case 'download':
        return this.#options.downloads.send(press.ask, press.job, press.locale);
      case 'refresh':
        return this.#showAgain(press.ask, press.card);
    }
  }

  async #cancel({ ask, job, card }: Press): Promise<void> {
    const { engine, intake, clock } = this.#options;
    // Saved before it is said, unless the disk takes longer than Discord waits for an answer.
    await Promise.race([engine.cancel(job.id, ask.userId), clock.sleep(CANCEL_SAVE_MS)]);
    await intake.acknowledge(ask);
    await this.#refreshCard(card, ask);
  }

  async #retry(press: Press): Promise<void> {
    const { job, argument } = press;
    // `Retry: replicate` on a card that fell back goes to the provider that failed first.
    const provider = argument ?? job.input.provider;
    const model = provider === job.input.provider ? job.input.model : null;
    const change = { input: { ...job.input, provider, model }, fallbackFrom: null };
    if (!isFinal(job)) return this.#showAgain(press.ask, press.card);
    if (job.state !== 'done') return this.#takeOver(press, change);
    if (argument === null || job.fallbackFrom !== argument) return this.#showAgain(press.ask, press.card);
    // The preview is finished work: it stays where it is, and the retry gets a card of its own.
    await this.#options.intake.submit(press.ask, { ...change, private: job.private, retryOf: job.id });
  }

  async #fallBack(press: Press): Promise<void> {
    const { job, argument } = press;
    if (!isFinal(job) || job.state === 'done' || argument === null) return this.#showAgain(press.ask, press.card);
    await this.#takeOver(press, {
      input: { ...job.input, provider: argument, model: null },
      fallbackFrom: job.fallbackFrom ?? job.input.provider,
    });
  }

  async #takeOver(press: Press, change: Pick<Wish, 'input' | 'fallbackFrom'>): Promise<void> {
    const { ask, card, job } = press;
    // An earlier press may still be waiting to hear whether its answer stands.
    const isTaken = this.#options.engine
      .listOpen()
      .some(({ retryOf, origin }) => retryOf === job.id && origin.cardMessageId === card.messageId);
    if (isTaken) return this.#options.intake.acknowledge(ask);
    await this.#options.intake.takeOver(ask, card, job, { ...change, private: job.private, retryOf: job.id });
  }

  /** A new card for whoever pressed, with a new seed. */
  async #again({ ask, job }: Press): Promise<void> {
    await this.#options.intake.submit(ask, {
      input: { ...job.input, seed: null },
      private: job.private,
      retryOf: job.id,
      fallbackFrom: null,
    });
  }

  /** The card showed a button that no longer fits: take the press and draw the card as it is. */
  async #showAgain(ask: PressAsk, card: Card): Promise<void> {
    await this.#options.intake.acknowledge(ask);
    await this.#refreshCard(card, ask);
  }

  async #refreshCard(card: Card, ask: PressAsk): Promise<void> {
    const { live } = this.#options;
    await live.renewToken(card, ask);
    const renewed = await live.getCard(card.messageId);
    if (renewed !== undefined) await live.redraw(renewed);
  }

  /** The record of the card; one that was lost is made anew from the message the press came from. */
  async #cardOf(ask: PressAsk, job: Job): Promise<Card> {
    return (await this.#options.live.getCard(ask.messageId)) ?? this.#options.live.attach(ask.messageId, job, ask);
  }
}
