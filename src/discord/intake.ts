/**
 * How work comes in: from a command or a press to a saved job with a card.
 *
 * The order is the promise. (1) Checks; a refusal is a private sentence. (2) The job is saved. (3) The
 * answer to Discord is the card itself, so no placeholder is ever left behind, and its message is saved.
 * (4) Only then may the engine pay. A job whose card never stood is ended unpaid.
 *
 * A process that ends between these steps leaves a saved job without a card; `recover` looks where
 * its card is and goes on, or ends it unpaid.
 */
import { createHash } from 'node:crypto';
import type { APIInteractionResponse, APIMessage } from 'discord-api-types/v10';
import { InteractionResponseType } from 'discord-api-types/v10';
import type { Engine } from '../jobs/engine.ts';
import type { Job, Request } from '../jobs/job.ts';
import { createJob } from '../jobs/job.ts';
import type { Clock } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Provider } from '../providers/provider.ts';
import type { DeliveryFailure, DiscordApi } from './api.ts';
import { classifyDelivery } from './api.ts';
import type { Asker, PressAsk } from './ask.ts';
import type { Card } from './card.ts';
import { findByInteraction, type LiveMessage } from './live-message.ts';
import { findMissingPermissions } from './permissions.ts';
import { describeFailure, renderCard, renderNotice, type CardContext } from './render.ts';

export interface IntakeOptions {
  api: DiscordApi;
  engine: Engine;
  live: LiveMessage;
  providers: ReadonlyMap<string, Provider>;
  clock: Clock;
  maxRetries: number;
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
  log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
    error(message: string, fields?: Record<string, unknown>): void;
  };
  /** Ends waits when the process stops. */
  signal: AbortSignal;
}

export interface Wish {
  input: Request;
  private: boolean;
  retryOf: string | null;
  fallbackFrom: string | null;
}

/** Discord gives 3 seconds from the event; this leaves room for its way here and for the saves. */
const ANSWER_TIMEOUT_MS = 2_300;
/** A model the user typed is looked up so long at most; a slow service must not cost the answer. */
const MODEL_CHECK_MS = 1_000;
/** Unknown outcomes of an answer are asked about after these waits. */
const LOOK_DELAYS_MS: readonly number[] = [0, 1_000, 3_000];
const RECOVER_RETRY_MS = 5_000;
const CARD_SAVE_RETRY_MS = 1_000;
const SEEN_LIMIT = 1_000;

export class Intake {
  readonly #options: IntakeOptions;
  /** Interactions at work or just done: the gateway may deliver one twice. */
  readonly #seen = new Set<string>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** A wish of its own card. Answers the interaction in every case. */
  async submit(asker: Asker, wish: Wish): Promise<void> {
    const job = await this.#admit(asker, { ...wish, userId: asker.userId }, null);
    if (job === null) return;
    const data = this.#cardData(job, asker);
    const messageId = await this.#deliver(asker, job, { type: InteractionResponseType.ChannelMessageWithSource, data });
    if (messageId === null) return;
    await this.#keepCard(() => this.#options.live.attach(messageId, job, asker));
    this.#options.engine.begin(job.id);
  }

  /**
   * A new job on the card a button stands on, for the one whose job it was. The caller holds the card
   * and has checked that it still shows `previous`.
   */
  async takeOver(press: PressAsk, card: Card, previous: Job, wish: Wish): Promise<void> {
    const job = await this.#admit(press, { ...wish, userId: previous.userId }, card.messageId);
    if (job === null) return;
    const data = this.#cardData(job, press);
    const messageId = await this.#deliver(press, job, { type: InteractionResponseType.UpdateMessage, data });
    if (messageId === null) return;
    await this.#keepCard(() => this.#options.live.takeOver(card, job, press));
    this.#options.engine.begin(job.id);
  }

  /**
   * FALLBACK=auto: a failed job goes on by itself with the free local preview, on its own card. Never to a
   * paid service, and never from the preview itself. A process that ends before this is saved leaves
   * the failed card with its buttons.
   */
  async fallBack(failed: Job): Promise<void> {
    const { engine, live, log, providers } = this.#options;
    const card = live.findCard(failed.id);
    if (card === undefined || failed.state !== 'failed' || failed.input.provider === 'local') return;
    if (providers.get('local')?.kinds.includes(failed.input.kind) !== true) return;
    const job: Job = createJob({
      ...failed,
      id: jobIdFor(`fallback:${failed.id}`),
      input: { ...failed.input, provider: 'local', model: null },
      itemNames: ['image'],
      createdAt: this.#options.clock.now(),
      retryOf: failed.id,
      fallbackFrom: failed.fallbackFrom ?? failed.input.provider,
      origin: { ...failed.origin, token: card.token, tokenExpiresAt: card.tokenExpiresAt, cardMessageId: card.messageId },
    });
    try {
      if ((await engine.submit(job)) !== null) return;
      await this.#keepCard(() => live.takeOver(card, job, card));
      const taken = await live.getCard(card.messageId);
      if (taken !== undefined) await live.redraw(taken);
      engine.begin(job.id);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.error('a fallback could not be saved; the card keeps its buttons', { jobId: failed.id, errorMessage: error.message });
    }
  }

  /** One clear sentence that only the asker sees. */
  async refuse(asker: Asker, sentence: string): Promise<void> {
    await this.#answer(asker, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: renderNotice(sentence, { isEphemeral: true }),
    });
  }

  /** Takes a press without showing anything new. */
  async acknowledge(asker: Asker): Promise<void> {
    await this.#answer(asker, { type: InteractionResponseType.DeferredMessageUpdate });
  }

  /**
   * After a start: every open job gets its card back and goes on. `live.recover` has run before, so
   * what is not shown lost its card between two saves.
   */
  recover(): void {
    const { engine, live } = this.#options;
    for (const job of engine.listOpen()) {
      if (live.isShown(job.id)) engine.begin(job.id);
      else void this.#recoverCard(job);
    }
  }

  // ------------------------------------------------------------------------------------- the steps

  /** Checks and saves. null: the asker was told why not, or this interaction was here before. */
  async #admit(asker: Asker, wish: Wish & { userId: string }, cardMessageId: string | null): Promise<Job | null> {
    const locale = localeFor(asker.locale);
    const id = jobIdFor(asker.interactionId);
    if (this.#wasSeen(asker.interactionId)) return null;
    const refusal = this.#check(asker, wish, locale) ?? (await this.#checkModel(wish.input, locale));
    if (refusal !== null) {
      await this.refuse(asker, refusal);
      return null;
    }
    try {
      if ((await this.#options.engine.get(id)) !== undefined) return null;
      const job = this.#create(id, asker, wish, cardMessageId);
      const limit = await this.#options.engine.submit(job);
      if (limit === null) return job;
      await this.refuse(asker, locale.refusals.userLimit(limit));
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.#options.log.error('a request could not be saved', { errorMessage: error.message });
      await this.refuse(asker, locale.refusals.storeFailing);
    }
    return null;
  }

  #check(asker: Asker, { input, private: isPrivate }: Wish, locale: Locale): string | null {
    if (input.prompt.trim() === '') return locale.refusals.promptEmpty;
    if (input.prompt.length > 4_000) return locale.refusals.promptTooLong(input.prompt.length);
    const provider = this.#options.providers.get(input.provider);
    if (provider === undefined) {
      return locale.refusals.providerOff(input.provider, [...this.#options.providers.keys()]);
    }
    if (!provider.kinds.includes(input.kind)) return locale.refusals.providerCannot(input.provider, input.kind);
    const missing = isPrivate ? [] : findMissingPermissions(asker);
    return missing.length > 0 ? locale.refusals.missingPermissions(missing) : null;
  }

  /** Only a model somebody typed can be wrong; one that cannot be looked up in time is left to the attempt. */
  async #checkModel(input: Request, locale: Locale): Promise<string | null> {
    const provider = this.#options.providers.get(input.provider);
    if (input.model === null || provider === undefined) return null;
    try {
      const signal = AbortSignal.timeout(MODEL_CHECK_MS);
      const refused = await provider.refuseModel(input.model, { signal });
      return refused === null ? null : describeFailure(refused, locale);
    } catch {
      return null;
    }
  }

  #create(id: string, asker: Asker, wish: Wish & { userId: string }, cardMessageId: string | null): Job {
    return createJob({
      id,
      input: wish.input,
      itemNames: ['image'],
      guildId: asker.guildId,
      channelId: asker.channelId,
      userId: wish.userId,
      private: wish.private,
      locale: asker.locale,
      createdAt: this.#options.clock.now(),
      maxRetries: this.#options.maxRetries,
      retryOf: wish.retryOf,
      fallbackFrom: wish.fallbackFrom,
      attachmentSizeLimit: asker.attachmentSizeLimit,
      origin: {
        interactionId: asker.interactionId,
        applicationId: asker.applicationId,
        token: asker.token,
        tokenExpiresAt: asker.tokenExpiresAt,
        cardMessageId,
      },
    });
  }

  #cardData(job: Job, asker: Asker): object {
    const { body } = renderCard(job, this.#options.contextFor(job, job.private ? asker.tokenExpiresAt : null));
    const ephemeral = job.private ? 64 : 0;
    // An empty list takes away the pictures an earlier job left on the card.
    return { ...body, flags: body.flags | ephemeral, attachments: [] };
  }

  /**
   * Sends the card as the answer. Resolves with its message; null when it does not stand and the job
   * has been ended unpaid.
   */
  async #deliver(asker: Asker, job: Job, answer: APIInteractionResponse): Promise<string | null> {
    const { api, engine, log } = this.#options;
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      const messageId = (await api.answer(asker, answer, { signal })) ?? (await this.#lookForCard(job));
      // The answer was taken, so the card stands; edits by token need no message id, and a press brings it.
      return messageId ?? job.origin.cardMessageId ?? asker.interactionId;
    } catch (error) {
      const lost = classifyDelivery(error);
      const messageId = isUnknownOutcome(lost) ? await this.#answerAgain(asker, job, answer, signal) : null;
      if (messageId !== null) return messageId;
      log.warn('an answer did not reach Discord; the job is ended unpaid', { jobId: job.id, why: lost.kind });
      await engine.discard(job.id);
      if (lost.kind === 'refused' || lost.kind === 'no-access') await this.#apologize(asker, job);
      return null;
    }
  }

  /** The answer may have arrived. If it did not and there is time, it is sent once more. */
  async #answerAgain(
    asker: Asker,
    job: Job,
    answer: APIInteractionResponse,
    signal: AbortSignal,
  ): Promise<string | null> {
    const standing = await this.#lookForCard(job);
    if (standing !== null || signal.aborted) return standing;
    try {
      return await this.#options.api.answer(asker, answer, { signal });
    } catch (error) {
      classifyDelivery(error);
      return this.#lookForCard(job);
    }
  }

  /** The message that shows this job, asked from Discord; null when there is none as far as can be told. */
  async #lookForCard(job: Job): Promise<string | null> {
    for (const delayMs of LOOK_DELAYS_MS) {
      try {
        await this.#options.clock.sleep(delayMs, this.#options.signal);
        const message = await this.#options.api.getOriginal(job.origin);
        return shows(message, job) ? message.id : null;
      } catch (error) {
        if (this.#options.signal.aborted) return null;
        if (!isUnknownOutcome(classifyDelivery(error))) return null;
      }
    }
    return null;
  }

  async #apologize(asker: Asker, job: Job): Promise<void> {
    await this.refuse(asker, localeFor(job.locale).refusals.cardRefused);
  }

  async #answer(asker: Asker, answer: APIInteractionResponse): Promise<void> {
    const { api, log } = this.#options;
    try {
      await api.answer(asker, answer, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    } catch (error) {
      log.warn('an answer did not reach Discord', { why: classifyDelivery(error).kind });
    }
  }

  /** The card stands, so its record must too before anything is paid. A restart would find it as well. */
  async #keepCard(write: () => Promise<unknown>): Promise<void> {
    const { clock, log, signal } = this.#options;
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        if (!(error instanceof StoreFailure)) throw error;
        log.error('a card could not be saved; trying again', { errorMessage: error.message });
        await clock.sleep(CARD_SAVE_RETRY_MS, signal);
      }
    }
  }

  // ------------------------------------------------------------------------------- after a restart

  /** Asks until Discord says where the card is, or that there is none. */
  async #recoverCard(job: Job): Promise<void> {
    const { engine, live, clock, log, signal } = this.#options;
    while (!signal.aborted) {
      try {
        const messageId = await this.#findLostCard(job);
        if (messageId === null) {
          log.warn('a job never got its card; it is ended unpaid', { jobId: job.id });
          await engine.discard(job.id);
          return;
        }
        const card = await live.attach(messageId, job, job.origin);
        await live.redraw(card);
        engine.begin(job.id);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof StoreFailure ? error.message : classifyDelivery(error).kind;
        log.warn('a card could not be looked for; asking again', { jobId: job.id, why });
        await clock.sleep(RECOVER_RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  async #findLostCard(job: Job): Promise<string | null> {
    const { live } = this.#options;
    if (job.origin.cardMessageId !== null) {
      // A press: its card is known. It goes over to the new job if nothing else has taken it meanwhile.
      const card = await live.getCard(job.origin.cardMessageId);
      return card === undefined || card.currentJobId === job.retryOf ? job.origin.cardMessageId : null;
    }
    try {
      const message = await this.#options.api.getOriginal(job.origin);
      return shows(message, job) ? message.id : null;
    } catch (error) {
      const lost = classifyDelivery(error);
      if (isUnknownOutcome(lost)) throw error;
      if (lost.kind !== 'token-ended' || job.private) return null;
    }
    // The token has ended, or was never answered: only the channel can tell.
    try {
      const messages = await this.#options.api.listMessagesAfter(job.channelId, job.origin.interactionId);
      return findByInteraction(messages, job.origin.interactionId)?.id ?? null;
    } catch (error) {
      if (isUnknownOutcome(classifyDelivery(error))) throw error;
      return null;
    }
  }

  #wasSeen(interactionId: string): boolean {
    if (this.#seen.has(interactionId)) return true;
    this.#seen.add(interactionId);
    if (this.#seen.size > SEEN_LIMIT) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return false;
  }
}

/**
 * One interaction, one job: the id follows from the interaction's, so one delivered twice, even to a
 * process started in between, is known. 60 bits in base32 without look-alikes.
 */
export function jobIdFor(interactionId: string): string {
  const alphabet = 'abcdefghjkmnpqrstvwxyz0123456789';
  const digest = createHash('sha256').update(`job:${interactionId}`).digest();
  return [...digest.subarray(0, 12)].map((byte) => alphabet[byte % 32]).join('');
}

/** Whether the message shows this job: its id stands in the custom ids of its buttons. */
function shows(message: APIMessage, job: Job): boolean {
  return JSON.stringify(message.components ?? []).includes(job.id);
}

function isUnknownOutcome(lost: DeliveryFailure): boolean {
  return lost.kind === 'transient' || lost.kind === 'rate-limited';
}
