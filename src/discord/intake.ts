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
import type { Job, Reference, Request } from '../jobs/job.ts';
import { createJob, doneNames, hasReferences, itemNamesOf, type NewJob } from '../jobs/job.ts';
import type { AssetStore, Clock, JobStore, Log, ReferenceKeeper } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Provider } from '../providers/provider.ts';
import type { Answers } from './answers.ts';
import type { DiscordApi } from './api.ts';
import type { Asker } from './ask.ts';
import { Delivery } from './delivery.ts';
import type { Card } from './card.ts';
import { canBePreviewed } from './card-buttons.ts';
import { endOfEdits, type LiveMessage } from './live-message.ts';
import { findMissingPermissions } from './permissions.ts';
import { type Carry, ReferenceCopies } from './reference-copies.ts';
import { describeFailure, renderCard, type CardContext } from './render.ts';
import { Rush } from './rush.ts';
import { NO_FILES } from './shown-files.ts';

export interface IntakeOptions {
  api: DiscordApi;
  answers: Answers;
  engine: Engine;
  live: LiveMessage;
  providers: ReadonlyMap<string, Provider>;
  assets: AssetStore;
  store: JobStore;
  keeper: ReferenceKeeper;
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
  /** Pictures to start from; those of another job or draft are copied. */
  references: readonly Reference[];
  itemNames: readonly [string, ...string[]];
  /** What need not be made again. */
  carry: Carry | null;
}

/** The same once more, with other words or elsewhere where `change` says so. */
export function repeatWish(job: Job, change: Partial<Wish> = {}): Wish {
  return {
    input: job.input,
    private: job.private,
    retryOf: job.id,
    fallbackFrom: null,
    references: job.references,
    itemNames: itemNamesOf(job),
    carry: null,
    ...change,
  };
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
  readonly #copies: ReferenceCopies;
  /** Interactions at work or just done: the gateway may deliver one twice. */
  readonly #seen = new Set<string>();
  readonly #fallingBack = new Set<string>();
  readonly #rush: Rush;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#copies = new ReferenceCopies(options);
    this.#delivery = new Delivery({ ...options, begin: (jobId) => void this.#copies.beginWhenCopied(jobId) });
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
    const isShort = failed.state === 'failed' || failed.state === 'partial';
    if (card === undefined || !isShort || failed.cancelRequest !== null || failed.input.provider === 'local') return;
    if (providers.get('local')?.kinds.includes(failed.input.kind) !== true || !canBePreviewed(failed)) return;
    // It failed for want of a picture to start from: the preview would want it too.
    if (!hasReferences(failed)) return;
    this.#fallingBack.add(failed.id);
    const isOnItsWay = await this.#beginFallback(failed, card).finally(() => this.#fallingBack.delete(failed.id));
    if (!isOnItsWay && !this.#options.signal.aborted) await live.tellEnd(card, failed);
  }

  /** The job that goes on with the preview, its files its own. Rejects with StoreFailure. */
  async #createFallback(failed: Job, card: Card): Promise<Job> {
    const id = fallbackIdOf(failed, this.#options.storeKey);
    await this.#copies.reserve(id);
    const copied = await this.#copies.begin(id, failed.references);
    if (copied.refused !== null) throw new StoreFailure('A picture to start from is gone.');
    return createJob({
      ...failed,
      id,
      input: { ...failed.input, provider: 'local', model: null, settings: {} },
      references: copied.references,
      itemNames: itemNamesOf(failed),
      carried: await this.#copies.carry(id, { from: failed, names: doneNames(failed) }),
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
  }

  /** False: there is no preview, because of a limit or of the disk. Never rejects. */
  async #beginFallback(failed: Job, card: Card): Promise<boolean> {
    const { engine, live, log, signal } = this.#options;
    const forget = (): void => void this.#copies.forget(fallbackIdOf(failed, this.#options.storeKey));
    try {
      const job = await this.#createFallback(failed, card);
      if ((await engine.submit(job)) !== null) {
        forget();
        return false;
      }
      await this.#delivery.keepCard(() => live.takeOver(card, job, card));
      const taken = await live.getCard(card.messageId);
      if (taken !== undefined) await live.redraw(taken);
      void this.#copies.beginWhenCopied(job.id);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      forget();
      const errorMessage = error instanceof Error ? error.message : String(error);
      log.error('a fallback could not be saved; the card keeps its buttons', { jobId: failed.id, errorMessage });
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
    // All at once; what still copies something follows when it has it.
    engine.begin(...shown.map((job) => job.id));
    for (const job of shown) if (!hasReferences(job)) void this.#copies.beginWhenCopied(job.id);
    for (const job of loaded) if (!live.isShown(job.id)) void this.#delivery.recover(job);
  }

  // ------------------------------------------------------------------------------------- the steps

  /** Checks and saves. null: the asker was told why not, or this interaction was here before. */
  async #admit(asker: Asker, wish: Wish & { userId: string }, cardMessageId: string | null): Promise<Job | null> {
    const locale = localeFor(asker.locale);
    const id = deriveJobId(asker.interactionId, this.#options.storeKey);
    if (this.#wasSeen(asker.interactionId)) return null;
    const refusal = this.#check(asker, wish, locale);
    if (refusal !== null) {
      await this.#options.answers.refuse(asker, refusal);
      return null;
    }
    try {
      if ((await this.#options.engine.get(id)) !== undefined) return null;
      const refused = this.#checkRoom(wish, locale) ?? (await this.#take(id, asker, wish, cardMessageId, locale));
      if (typeof refused !== 'string') return refused;
      await this.#options.answers.refuse(asker, refused);
      void this.#copies.forget(id);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.#options.log.error('a request could not be saved', { errorMessage: error.message });
      await this.#options.answers.refuse(asker, locale.refusals.storeFailing);
      void this.#copies.forget(id);
    }
    return null;
  }

  /** The saved job, or the sentence that refuses it. Rejects with StoreFailure. */
  async #take(
    id: string,
    asker: Asker,
    wish: Wish & { userId: string },
    cardMessageId: string | null,
    locale: Locale,
  ): Promise<Job | string> {
    const { engine } = this.#options;
    if (wish.references.length > 0 || wish.carry !== null) await this.#copies.reserve(id);
    // Side by side: together they must leave time for the answer.
    const [copied, refusal] = await Promise.all([
      this.#copies.begin(id, wish.references),
      this.#checkModel(wish, locale),
    ]);
    if (refusal !== null) return refusal;
    if (copied.refused !== null) return describeFailure(copied.refused, locale);
    const carried = wish.carry === null ? [] : await this.#copies.carry(id, wish.carry);
    const job = this.#create(id, asker, { ...wish, references: copied.references, carried }, cardMessageId);
    const limit = await engine.submit(job);
    return limit === null ? job : locale.refusals.userLimit(limit);
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

  /** Before anything is copied for a request that is refused anyway. */
  #checkRoom({ userId, input, itemNames, carry }: Wish & { userId: string }, locale: Locale): string | null {
    const asked = itemNames.length - (carry?.names.size ?? 0);
    const limit = this.#options.engine.checkRoom({ userId, provider: input.provider, asked });
    return limit === null ? null : locale.refusals.userLimit(limit);
  }

  /** Only a model somebody typed can be wrong; one that cannot be looked up in time is left to the attempt. */
  async #checkModel({ input, references }: Wish, locale: Locale): Promise<string | null> {
    const provider = this.#options.providers.get(input.provider);
    const { kind, model, settings } = input;
    const isPlain = model === null && Object.keys(settings).length === 0 && references.length === 0;
    if (provider === undefined || (isPlain && kind === 'image')) return null;
    try {
      const signal = AbortSignal.timeout(MODEL_CHECK_MS);
      const refused = await provider.refuse({ kind, model, settings, images: references.length }, { signal });
      return refused === null ? null : describeFailure(refused, locale);
    } catch {
      return null;
    }
  }

  #create(
    id: string,
    asker: Asker,
    wish: Omit<Wish, 'references'> & Pick<NewJob, 'userId' | 'references' | 'carried'>,
    cardMessageId: string | null,
  ): Job {
    return createJob({
      id,
      input: wish.input,
      references: wish.references,
      itemNames: wish.itemNames,
      carried: wish.carried,
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
    const { body } = renderCard(
      job,
      this.#options.contextFor(job, job.private ? endOfEdits(asker) : null),
      // An answer waits for no upload; what an earlier job of the set has done comes with the next edit.
      NO_FILES,
    );
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
    void this.#copies.beginWhenCopied(job.id);
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

/** A job falls back by itself once. */
function fallbackIdOf({ id }: Job, storeKey: string): string {
  return deriveJobId(`fallback:${id}`, storeKey);
}

/**
 * One interaction, one job: the id follows from the interaction's, so one delivered twice, even to a process
 * started in between, is known. It follows from the store as well: another process with another store that
 * answers the same interaction has another job, and neither takes the other's card for its own. 60 bits in
 * base32 without look-alikes.
 */
export function deriveJobId(interactionId: string, storeKey: string): string {
  const alphabet = 'abcdefghjkmnpqrstvwxyz0123456789';
  const digest = createHmac('sha256', storeKey).update(`job:${interactionId}`).digest();
  return [...digest.subarray(0, 12)].map((byte) => alphabet[byte % 32]).join('');
}
