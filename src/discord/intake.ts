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
import { createHmac } from 'node:crypto';
import type { APIInteractionResponse } from 'discord-api-types/v10';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Engine } from '../jobs/engine.ts';
import type { Job, Request } from '../jobs/job.ts';
import { createJob } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Provider } from '../providers/provider.ts';
import type { Answers } from './answers.ts';
import type { DiscordApi } from './api.ts';
import type { Asker } from './ask.ts';
import { Delivery } from './delivery.ts';
import type { Card } from './card.ts';
import { endOfEdits, type LiveMessage } from './live-message.ts';
import { findMissingPermissions } from './permissions.ts';
import { describeFailure, renderCard, type CardContext } from './render.ts';
import { Rush } from './rush.ts';

export interface IntakeOptions {
  api: DiscordApi;
  answers: Answers;
  engine: Engine;
  live: LiveMessage;
  providers: ReadonlyMap<string, Provider>;
  clock: Clock;
  maxRetries: number;
  /** A secret of this store. */
  storeKey: string;
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
  log: Log;
  /** Ends waits when the process stops. */
  signal: AbortSignal;
}

export interface Wish {
  input: Request;
  private: boolean;
  retryOf: string | null;
  fallbackFrom: string | null;
}

interface CardAnswer {
  answer: APIInteractionResponse;
  /** To be called once the answer is out. */
  answered: () => void;
  keep: (messageId: string) => Promise<unknown>;
}

/** A model the user typed is looked up so long at most; a slow service must not cost the answer. */
const MODEL_CHECK_MS = 1_000;
const SEEN_LIMIT = 1_000;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #delivery: Delivery;
  /** Interactions at work or just done: the gateway may deliver one twice. */
  readonly #seen = new Set<string>();
  readonly #fallingBack = new Set<string>();
  readonly #rush: Rush;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options);
    this.#rush = new Rush(options);
  }

  /** A wish of its own card. Answers the interaction in every case. */
  async submit(asker: Asker, wish: Wish): Promise<void> {
    await this.#answerWith(async (answered) => {
      const job = await this.#admit(asker, { ...wish, userId: asker.userId }, null);
      if (job === null) return;
      const data = this.#cardData(job, asker, true);
      const answer = { type: InteractionResponseType.ChannelMessageWithSource, data } as const;
      const keep = (messageId: string): Promise<unknown> => this.#options.live.attach(messageId, job, asker);
      await this.#deliver(asker, job, { answer, answered, keep });
    });
  }

  /**
   * A new job on the card a button stands on, for the one whose job it was. The caller holds the card
   * and has checked that it still shows `previous`.
   */
  async takeOver(press: Asker, card: Card, previous: Job, wish: Wish): Promise<void> {
    await this.#answerWith(async (answered) => {
      const job = await this.#admit(press, { ...wish, userId: previous.userId }, card.messageId);
      if (job === null) return;
      const data = this.#cardData(job, press, false);
      const answer = { type: InteractionResponseType.UpdateMessage, data } as const;
      const keep = (): Promise<unknown> => this.#options.live.takeOver(card, job, press);
      await this.#deliver(press, job, { answer, answered, keep });
    });
  }

  /** Whether a failed job is just going on by itself, so that its failure is not the end of the story. */
  goesOnAlone({ id }: Job): boolean {
    return this.#fallingBack.has(id);
  }

  /**
   * FALLBACK=auto: a failed job goes on by itself with the free local preview, on its own card. Never to a
   * paid service, and never from the preview itself. Where that cannot be, and in a process that ends before it
   * is saved, the failed card keeps its buttons.
   */
  async fallBack(failed: Job): Promise<void> {
    const { live, providers } = this.#options;
    const card = live.findCard(failed.id);
    if (card === undefined || failed.state !== 'failed' || failed.input.provider === 'local') return;
    if (providers.get('local')?.kinds.includes(failed.input.kind) !== true) return;
    this.#fallingBack.add(failed.id);
    const isOnItsWay = await this.#beginFallback(failed, card).finally(() => this.#fallingBack.delete(failed.id));
    if (!isOnItsWay) await live.tellEnd(card, failed);
  }

  /** False: there is no preview, because of a limit or of the disk. */
  async #beginFallback(failed: Job, card: Card): Promise<boolean> {
    const { engine, live, log } = this.#options;
    const job: Job = createJob({
      ...failed,
      id: deriveJobId(`fallback:${failed.id}`, this.#options.storeKey),
      input: { ...failed.input, provider: 'local', model: null, settings: {} },
      itemNames: ['image'],
      createdAt: this.#options.clock.now(),
      retryOf: failed.id,
      fallbackFrom: failed.fallbackFrom ?? failed.input.provider,
      origin: {
        ...failed.origin,
        token: card.token,
        tokenExpiresAt: card.tokenExpiresAt,
        cardMessageId: card.messageId,
      },
    });
    try {
      if ((await engine.submit(job)) !== null) return false;
      await this.#delivery.keepCard(() => live.takeOver(card, job, card));
      const taken = await live.getCard(card.messageId);
      if (taken !== undefined) await live.redraw(taken);
      engine.begin(job.id);
      return true;
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.error('a fallback could not be saved; the card keeps its buttons', {
        jobId: failed.id,
        errorMessage: error.message,
      });
      return false;
    }
  }

  /**
   * After a start: every open job gets its card back and goes on. `live.recover` has run before, so
   * what is not shown lost its card between two saves. Only for jobs of an earlier process: one that is
   * being answered right now has no card yet either.
   */
  recover(loaded: readonly Job[]): void {
    const { engine, live } = this.#options;
    const shown = loaded.filter((job) => live.isShown(job.id));
    engine.begin(...shown.map((job) => job.id));
    for (const job of loaded) if (!live.isShown(job.id)) void this.#delivery.recover(job);
  }

  // ------------------------------------------------------------------------------------- the steps

  /** Checks and saves. null: the asker was told why not, or this interaction was here before. */
  async #admit(asker: Asker, wish: Wish & { userId: string }, cardMessageId: string | null): Promise<Job | null> {
    const locale = localeFor(asker.locale);
    const id = deriveJobId(asker.interactionId, this.#options.storeKey);
    if (this.#wasSeen(asker.interactionId)) return null;
    const refusal = this.#check(asker, wish, locale) ?? (await this.#checkModel(wish.input, locale));
    if (refusal !== null) {
      await this.#options.answers.refuse(asker, refusal);
      return null;
    }
    try {
      if ((await this.#options.engine.get(id)) !== undefined) return null;
      const job = this.#create(id, asker, wish, cardMessageId);
      const limit = await this.#options.engine.submit(job);
      if (limit === null) return job;
      await this.#options.answers.refuse(asker, locale.refusals.userLimit(limit));
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.#options.log.error('a request could not be saved', { errorMessage: error.message });
      await this.#options.answers.refuse(asker, locale.refusals.storeFailing);
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
    const { kind, model, settings } = input;
    if (provider === undefined || (model === null && Object.keys(settings).length === 0)) return null;
    try {
      const signal = AbortSignal.timeout(MODEL_CHECK_MS);
      const refused = await provider.refuse({ kind, model, settings, images: 0 }, { signal });
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

  /** `isNew`: whether it becomes a message of its own; one that stands is ephemeral already, or never. */
  #cardData(job: Job, asker: Asker, isNew: boolean): object {
    const { body } = renderCard(job, this.#options.contextFor(job, job.private ? endOfEdits(asker) : null));
    const ephemeral = job.private && isNew ? MessageFlags.Ephemeral : 0;
    // An empty list takes away the pictures an earlier job left on the card.
    return { ...body, flags: body.flags | ephemeral, attachments: [] };
  }

  /** Whatever comes of it: an answer that will never be given must not hold up others' work. */
  async #answerWith(give: (answered: () => void) => Promise<void>): Promise<void> {
    const answered = this.#rush.enter();
    try {
      await give(answered);
    } finally {
      answered();
    }
  }

  /** The card as the answer, its record, and only then the engine. */
  async #deliver(asker: Asker, job: Job, { answer, answered, keep }: CardAnswer): Promise<void> {
    const delivered = await this.#delivery.deliver(asker, job, answer);
    answered();
    if (delivered.status === 'refused')
      await this.#options.answers.refuse(asker, localeFor(job.locale).refusals.cardRefused);
    if (delivered.status !== 'stands') return;
    await this.#rush.over();
    await this.#delivery.keepCard(() => keep(delivered.messageId));
    this.#options.engine.begin(job.id);
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
 * One interaction, one job: the id follows from the interaction's, so one delivered twice, even to a process
 * started in between, is known. It follows from the store as well: another process with another store that
 * answers the same interaction has another job, and neither takes the other's card for its own. 60 bits in
 * base32 without look-alikes.
 */
function deriveJobId(interactionId: string, storeKey: string): string {
  const alphabet = 'abcdefghjkmnpqrstvwxyz0123456789';
  const digest = createHmac('sha256', storeKey).update(`job:${interactionId}`).digest();
  return [...digest.subarray(0, 12)].map((byte) => alphabet[byte % 32]).join('');
}
