/**
 * The live message: keeps every card showing what is saved about its job. The only writer of cards.
 *
 * - Latest wins: a card has at most one edit under way and never a queue; when its turn comes, it
 *   shows the newest saved job.
 * - A final state by interaction token goes out at once: that bucket belongs to the card alone.
 *   Progress, and every edit by the bot's own token, share about one a second for each channel, final
 *   states first.
 * - Before the token ends the card changes over to the bot's own edit. A private card cannot: it stays
 *   as it is until `Refresh` brings a new token.
 * - Nothing finished is thrown away: an end that no message shows is kept for its asker.
 * - A card is `unsettled` on disk until it shows its job's final revision, so after a crash these and
 *   only these are looked at again. The revision of a passing state is not saved: drawing one twice
 *   after a crash costs less than a write for each edit.
 *
 * This file knows which cards there are; what happens to one of them is in `card-slot.ts`.
 */
import { setMaxListeners } from 'node:events';
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { DiscordApi } from './api.ts';
import type { Card, CardStore, UndeliveredStore } from './card.ts';
import { CardSender, type CardSenderOptions } from './card-sender.ts';
import { CardSlot, type SlotParts } from './card-slot.ts';
import type { NoticePolicy } from './notice.ts';
import { Notifier } from './notifier.ts';
import { Pacer } from './pacer.ts';
import { RemovedCards } from './removed-cards.ts';
import { pickToken, type TokenSource } from './token-source.ts';

export { endOfEdits, type TokenSource } from './token-source.ts';

export interface LiveMessageOptions extends CardSenderOptions {
  api: DiscordApi;
  cards: CardStore;
  undelivered: UndeliveredStore;
  /** The job as it is saved; undefined when it was removed. */
  getJob: (jobId: string) => Promise<Job | undefined>;
  /** When it was removed; undefined: it never was. */
  getRemovedAt: (jobId: string) => Promise<number | undefined>;
  /** When somebody who waited long is told that it is over. */
  notice: NoticePolicy;
  /** Milliseconds between paced edits of one channel. */
  channelIntervalMs?: number;
}

/** Where a message is. */
export type CardPlace = Pick<Card, 'channelId' | 'guildId'>;

/** Of an interaction whose answer shows a job once more. */
interface ExpectedBy {
  interactionId: string;
  userId: string;
  locale: string;
  attachmentSizeLimit: number;
}

const DEFAULT_CHANNEL_INTERVAL_MS = 1_000;

export class LiveMessage {
  readonly #options: LiveMessageOptions;
  readonly #parts: SlotParts;
  readonly #removed: RemovedCards;
  readonly #notifier: Notifier;
  readonly #slots = new Map<string, CardSlot>();
  readonly #byJob = new Map<string, Set<CardSlot>>();
  readonly #stop = new AbortController();
  #isFlushing = false;

  constructor(options: LiveMessageOptions) {
    this.#options = options;
    const { clock, channelIntervalMs = DEFAULT_CHANNEL_INTERVAL_MS, notice: policy } = options;
    const { signal } = this.#stop;
    // Every card that waits listens to it; that is no leak.
    setMaxListeners(0, signal);
    this.#removed = new RemovedCards({ ...options, signal });
    this.#notifier = new Notifier({ ...options, policy, signal });
    this.#parts = {
      ...options,
      sender: new CardSender(options),
      pacer: new Pacer(clock, channelIntervalMs),
      stop: signal,
      isFlushing: () => this.#isFlushing,
      notify: (card, job) => this.#notifier.tellEnd(card, job),
      onMoved: (slot, fromMessageId) => {
        this.#slots.delete(fromMessageId);
        this.#slots.set(slot.card.messageId, slot);
      },
      onSettled: (slot) => this.#untrack(slot.card.messageId),
      onRemoved: (slot) => {
        this.#untrack(slot.card.messageId);
        void this.#removed.show(slot.card);
      },
    };
  }

  /** A new card stands and shows this job's saved revision. Saved before it returns. `place`: where its message is. */
  async attach(messageId: string, job: Job, source: TokenSource, place: CardPlace = job): Promise<Card> {
    const card = cardOf(messageId, job, source, place);
    await this.#options.cards.save(card);
    await this.#follow(card, job);
    return card;
  }

  /**
   * The answer to `asker` is about to become one more card of this job, in words alone. Saved before it returns, so
   * that after a crash the card gets its pictures all the same: its message has no id yet, and an edit by token needs
   * none. To be followed by `stands`, or by `forget` when there certainly is no such answer.
   */
  async expect(job: Job, asker: CardPlace & TokenSource & ExpectedBy): Promise<Card> {
    const { userId, attachmentSizeLimit, locale } = asker;
    const card: Card = {
      ...cardOf(asker.interactionId, job, asker, asker),
      shownRevision: 0,
      locale,
      again: { userId, attachmentSizeLimit },
    };
    await this.#options.cards.save(card);
    return card;
  }

  /** An expected card stands; null: nobody knows, which an edit will find out. Draws it whole. */
  async stands(expected: Card, job: Job, messageId: string | null): Promise<void> {
    const card = { ...expected, messageId: messageId ?? expected.messageId };
    if (card.messageId !== expected.messageId) {
      await this.#options.cards.save(card);
      await this.forget(expected);
    }
    await this.#follow(card, job);
    this.#slots.get(card.messageId)?.drawOver();
  }

  /** An expected card does not stand. */
  async forget(expected: Card): Promise<void> {
    await this.#options.cards.delete(expected.messageId);
  }

  /** The card goes over to another job, which the press's answer has already drawn on it. Saved before it returns. */
  async takeOver(card: Card, job: Job, source: TokenSource): Promise<void> {
    const next: Card = {
      ...card,
      ...pickToken(source),
      currentJobId: job.id,
      shownRevision: job.revision,
      postingSince: null,
      again: null,
      closed: null,
    };
    const underWay = this.#slots.get(card.messageId)?.writing ?? null;
    // First, so that the old job's end cannot settle the card after this save.
    this.#untrack(card.messageId);
    await this.#options.cards.save(next);
    await this.#follow(next, job);
    // An edit of the old job that was on its way may have landed after the answer.
    if (underWay !== null) void underWay.then(() => this.#slots.get(next.messageId)?.drawOver());
  }

  /** A press brought a new token for this message: another 15 minutes of edits by it. */
  async renewToken(card: Card, source: TokenSource): Promise<void> {
    const slot = this.#slots.get(card.messageId);
    const renewed = slot?.renew(source) ?? { ...card, ...pickToken(source), closed: null };
    await this.#options.cards.save(renewed);
    if (!this.#slots.has(card.messageId)) await this.#openSlot(renewed);
  }

  /** Draws the card again from what is saved, whatever it shows. */
  async redraw(card: Card): Promise<void> {
    const slot = this.#slots.get(card.messageId) ?? (await this.#openSlot(card));
    slot?.drawOver();
  }

  /** The card of this message, as it is now. */
  async getCard(messageId: string): Promise<Card | undefined> {
    return this.#slots.get(messageId)?.card ?? (await this.#options.cards.get(messageId));
  }

  /**
   * Deletes the message and forgets the card. False: the message still stands, since there is no way to it. A
   * card that is gone already counts as deleted.
   */
  async deleteCard(card: Card): Promise<boolean> {
    if (!(await this.#removed.delete(card))) return false;
    this.#untrack(card.messageId);
    await this.#options.cards.delete(card.messageId);
    return true;
  }

  /** The engine saved a job. */
  onSaved(job: Job): void {
    for (const slot of this.#byJob.get(job.id) ?? []) slot.show(job);
  }

  /** Position or progress changed. */
  onContext(jobId: string): void {
    for (const slot of this.#byJob.get(jobId) ?? []) slot.ask();
  }

  /**
   * A failure that was to go on by itself (`NoticePolicy.goesOnAlone`) is the end after all: whoever waited long
   * is told. Where the card does not show the end yet, that is left to the moment it does.
   */
  async tellEnd(card: Card, job: Job): Promise<void> {
    const slot = this.#slots.get(card.messageId);
    if (slot?.job.id === job.id && slot.card.shownRevision < job.revision) return;
    await this.#notifier.tellEnd(card, job);
  }

  /** The card that shows this job while it is not settled: its own before another one. */
  findCard(jobId: string): Card | undefined {
    const cards = [...(this.#byJob.get(jobId) ?? [])].map(({ card }) => card);
    return cards.find(({ again }) => again === null) ?? cards[0];
  }

  /** Whether any card shows this job. */
  isShown(jobId: string): boolean {
    return this.#byJob.has(jobId);
  }

  /** After a start: opens every unsettled card and draws those that show less than their job. */
  async recover(): Promise<void> {
    for (const card of await this.#options.cards.listUnsettled()) {
      if (!this.#slots.has(card.messageId)) await this.#openSlot(card);
    }
    for (const slot of this.#slots.values()) {
      if (slot.card.shownRevision < slot.job.revision) slot.ask();
      else if (isFinal(slot.job)) await slot.settle();
    }
  }

  /** Shows what is left to show, final states first, until `deadlineMs` from now; then stops. */
  async flush(deadlineMs: number): Promise<void> {
    this.#isFlushing = true;
    for (const slot of this.#slots.values()) slot.dropProgress();
    const writing = [...this.#slots.values()].flatMap((slot) => (slot.writing === null ? [] : [slot.writing]));
    const bound = new AbortController();
    await Promise.race([
      Promise.all(writing),
      this.#options.clock.sleep(deadlineMs, bound.signal).catch(() => undefined),
    ]);
    bound.abort();
    this.#stop.abort(new Error('stopping'));
  }

  async #openSlot(card: Card): Promise<CardSlot | undefined> {
    const job = await this.#options.getJob(card.currentJobId);
    if (job === undefined) {
      // Many of them must not hold up the start.
      void this.#removed.show(card);
      return undefined;
    }
    // A press may have taken the card over, or renewed its token, while the job was read.
    return this.#slots.get(card.messageId) ?? this.#track(card, job);
  }

  /** Follows a job from the revision the card shows; it may have moved on while the card was being saved. */
  async #follow(card: Card, shown: Job): Promise<void> {
    const slot = this.#track(card, shown);
    const latest = await this.#options.getJob(shown.id);
    if (latest === undefined) {
      this.#untrack(card.messageId);
      return this.#removed.show(card);
    }
    if (latest.revision > slot.job.revision) slot.show(latest);
  }

  #track(card: Card, job: Job): CardSlot {
    this.#untrack(card.messageId);
    const slot = new CardSlot(card, job, this.#parts);
    this.#slots.set(card.messageId, slot);
    const slots = this.#byJob.get(job.id) ?? new Set();
    this.#byJob.set(job.id, slots.add(slot));
    return slot;
  }

  #untrack(messageId: string): void {
    const slot = this.#slots.get(messageId);
    if (slot === undefined) return;
    slot.retire();
    this.#slots.delete(messageId);
    const slots = this.#byJob.get(slot.job.id);
    slots?.delete(slot);
    if (slots?.size === 0) this.#byJob.delete(slot.job.id);
  }
}

function cardOf(messageId: string, job: Job, source: TokenSource, { channelId, guildId }: CardPlace): Card {
  return {
    v: 3,
    messageId,
    channelId,
    guildId,
    currentJobId: job.id,
    shownRevision: job.revision,
    private: job.private,
    locale: job.locale,
    ...pickToken(source),
    postingSince: null,
    again: null,
    closed: null,
  };
}
