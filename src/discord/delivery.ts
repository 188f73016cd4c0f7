/**
 * Gets a new job's card to stand, and its record saved, before anything may be paid: as the answer to
 * the interaction, or after a crash by finding where that answer is.
 *
 * An answer has three ends. It stands; it certainly does not, and the job is ended unpaid; or nobody
 * knows (a hung call, a cut connection, a Discord that is away). Then Discord is asked until it says.
 */
import type { APIInteractionResponse, APIMessage } from 'discord-api-types/v10';
import type { Engine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { DiscordApi } from './api.ts';
import type { Asker } from './ask.ts';
import { answerSignal } from './ask.ts';
import { classifyDelivery, isPassing, type DeliveryFailure } from './delivery-failure.ts';
import type { LiveMessage } from './live-message.ts';

export interface DeliveryOptions {
  api: DiscordApi;
  engine: Engine;
  live: LiveMessage;
  clock: Clock;
  log: Log;
  /** The job's card stands. Must not throw. */
  begin: (jobId: string) => void;
  /** Ends waits when the process stops. */
  signal: AbortSignal;
}

/** What became of an answer, for the one who sent it. */
export type Delivered =
  | { status: 'stands'; messageId: string }
  /** Discord refused it and the job was ended unpaid; there may be time to say so. */
  | { status: 'refused' }
  /** Ended unpaid, or still being looked for: nothing is left to do. */
  | { status: 'settled' };

/** Discord takes an answer within 3 seconds of the interaction: after this, one that was cut off cannot arrive any more. */
const ARRIVES_WITHIN_MS = 4_500;
const LOOK_AGAIN_MS = 1_000;
const ASK_AGAIN_MS = 5_000;
const SAVE_AGAIN_MS = 1_000;

export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Sends the card as the answer. */
  async deliver(asker: Asker, job: Job, answer: APIInteractionResponse): Promise<Delivered> {
    const signal = answerSignal(asker, this.#options.clock.now());
    const first = await this.#send(asker, job, answer, signal);
    if (typeof first === 'string') return { status: 'stands', messageId: first };
    if (!isPassing(first)) return this.#giveUp(job, first);
    const standing = await this.#look(job);
    if (typeof standing === 'string') return { status: 'stands', messageId: standing };
    if (standing === null && !signal.aborted) {
      // It did not arrive, and there is time for once more.
      const second = await this.#send(asker, job, answer, signal);
      if (typeof second === 'string') return { status: 'stands', messageId: second };
      // Answered already: by our own first call, which was only slow.
      if (!isPassing(second) && second.kind !== 'answered-already') return this.#giveUp(job, second);
    }
    void this.recover(job);
    return { status: 'settled' };
  }

  /** Saves the card's record, as often as it takes: the card stands already. */
  async keepCard(write: () => Promise<unknown>): Promise<void> {
    const { clock, log, signal } = this.#options;
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        if (!(error instanceof StoreFailure)) throw error;
        log.error('a card could not be saved; trying again', { errorMessage: error.message });
        await clock.sleep(SAVE_AGAIN_MS, signal);
      }
    }
  }

  /** Asks until Discord says where the card of this open job is, or that there is none; then the job goes on, or ends unpaid. */
  async recover(job: Job): Promise<void> {
    const { engine, live, clock, log, signal } = this.#options;
    while (!signal.aborted) {
      try {
        const messageId = await this.#find(job);
        if (messageId === null && this.#mayStillArrive(job)) {
          await clock.sleep(LOOK_AGAIN_MS, signal);
          continue;
        }
        if (messageId === null) {
          log.warn('a job never got its card; it is ended unpaid', { jobId: job.id });
          await engine.discard(job.id);
          return;
        }
        const card = await live.attach(messageId, (await engine.get(job.id)) ?? job, job.origin);
        await live.redraw(card);
        this.#options.begin(job.id);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof StoreFailure ? error.message : classifyDelivery(error).kind;
        log.warn('a card could not be looked for; asking again', { jobId: job.id, why });
        await clock.sleep(ASK_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Right after the interaction, "there is none" only means "not yet". */
  #mayStillArrive({ createdAt, origin }: Job): boolean {
    return origin.cardMessageId === null && this.#options.clock.now() - createdAt < ARRIVES_WITHIN_MS;
  }

  async #send(
    asker: Asker,
    job: Job,
    answer: APIInteractionResponse,
    signal: AbortSignal,
  ): Promise<string | DeliveryFailure> {
    try {
      const messageId = await this.#options.api.answer(asker, answer, { signal });
      if (messageId !== null) return messageId;
      const standing = await this.#look(job);
      // The answer was taken, so the card stands; edits by token need no message id, and a press brings it.
      return typeof standing === 'string' ? standing : (job.origin.cardMessageId ?? asker.interactionId);
    } catch (error) {
      return classifyDelivery(error);
    }
  }

  async #giveUp(job: Job, lost: DeliveryFailure): Promise<Delivered> {
    this.#options.log.warn('an answer did not reach Discord; the job is ended unpaid', {
      jobId: job.id,
      why: lost.kind,
      ...(lost.kind === 'refused' ? { code: lost.code, paths: lost.paths } : {}),
    });
    await this.#options.engine.discard(job.id);
    return { status: lost.kind === 'refused' || lost.kind === 'no-access' ? 'refused' : 'settled' };
  }

  /** The message that shows this job; null when there certainly is none; undefined when Discord did not say. */
  async #look(job: Job): Promise<string | null | undefined> {
    try {
      const message = await this.#options.api.getOriginal(job.origin);
      return shows(message, job) ? message.id : null;
    } catch (error) {
      return isPassing(classifyDelivery(error)) ? undefined : null;
    }
  }

  /** As `#look`, with what else is known after a restart. Throws while Discord does not say. */
  async #find(job: Job): Promise<string | null> {
    const { api, live } = this.#options;
    const { origin } = job;
    if (origin.cardMessageId !== null) {
      // A press: its card is known. It goes over to the new job if nothing else has taken it meanwhile.
      const card = await live.getCard(origin.cardMessageId);
      return card === undefined || card.currentJobId === job.retryOf ? origin.cardMessageId : null;
    }
    try {
      const message = await api.getOriginal(origin);
      return shows(message, job) ? message.id : null;
    } catch (error) {
      const lost = classifyDelivery(error);
      if (isPassing(lost)) throw error;
      if (lost.kind !== 'token-ended' || job.private) return null;
    }
    // The token has ended, or was never answered: only the channel can tell.
    try {
      const messages = await api.listMessagesAfter(job.channelId, origin.interactionId);
      return messages.find((message) => shows(message, job))?.id ?? null;
    } catch (error) {
      if (isPassing(classifyDelivery(error))) throw error;
      return null;
    }
  }
}

/** Whether the message shows this job: its id stands in the custom ids of its buttons. */
function shows(message: APIMessage, job: Job): boolean {
  return JSON.stringify(message.components ?? []).includes(job.id);
}
