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
 * - A card is `unsettled` on disk until it shows its job's final revision, so after a crash these and
 *   only these are looked at again. The revision of a passing state is not saved: drawing one twice
 *   after a crash costs less than a write for each edit.
 */
import { setMaxListeners } from 'node:events';
import { MessageFlags } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { AssetStore, Clock, Log } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { DeliveryFailure, DiscordApi, MessageWrite } from './api.ts';
import { classifyDelivery } from './api.ts';
import type { Card, CardStore } from './card.ts';
import { Pacer } from './pacer.ts';
import { insist } from './insist.ts';
import { noticeFor, type NoticePolicy } from './notice.ts';
import type { CardContext, CardMessage } from './render.ts';
import { renderCard, renderFallbackText, renderRemoved } from './render.ts';

export interface LiveMessageOptions {
  api: DiscordApi;
  cards: CardStore;
  assets: AssetStore;
  clock: Clock;
  /** The job as it is saved; undefined when it was removed. */
  getJob: (jobId: string) => Promise<Job | undefined>;
  /** When it was removed; undefined: it never was. */
  getRemovedAt: (jobId: string) => Promise<number | undefined>;
  /** Everything a card shows beside the job, for its language. */
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
  /** When somebody who waited long is told that it is over. */
  notice: NoticePolicy;
  log: Log;
  /** Milliseconds between paced edits of one channel. */
  channelIntervalMs?: number;
}

/** The interaction that gives a message a token. */
export interface TokenSource {
  applicationId: string;
  token: string;
  tokenExpiresAt: number;
}

interface Slot {
  card: Card;
  job: Job;
  /** There may be something newer to show. */
  isDirty: boolean;
  /** The one loop that edits this card, while it runs. */
  writing: Promise<void> | null;
  /** Ends a wait for a paced turn that is no longer needed. */
  turn: AbortController | null;
  /** Ends the pause between two edits that show progress alone. */
  pause: AbortController | null;
  shown: string | null;
  shownAt: number;
  failures: number;
  /** Discord refused the full card of this revision: only words from here on. */
  plainSince: number | null;
}

/** The token is left this long before it ends, for edits under way and clocks that differ. */
const TOKEN_MARGIN_MS = 60_000;
/** Progress alone is shown at most so often; a longer-running card less (facts: editors of other bots use 2 to 10 s). */
const PROGRESS_INTERVAL_MS = { first: 2_000, later: 5_000, laterAfter: 60_000 };
const RETRY_MS = { first: 500, most: 10_000 };
/** So often the full card is tried, then words alone. */
const FULL_TRIES = 4;
const MOST_BUGS = 5;
const DEFAULT_CHANNEL_INTERVAL_MS = 1_000;

export class LiveMessage {
  readonly #options: LiveMessageOptions;
  readonly #pacer: Pacer;
  readonly #slots = new Map<string, Slot>();
  readonly #byJob = new Map<string, Set<Slot>>();
  readonly #stop = new AbortController();
  #isFlushing = false;

  constructor(options: LiveMessageOptions) {
    this.#options = options;
    // Every card that waits listens to it; that is no leak.
    setMaxListeners(0, this.#stop.signal);
    this.#pacer = new Pacer(options.clock, options.channelIntervalMs ?? DEFAULT_CHANNEL_INTERVAL_MS);
  }

  /** A new card stands and shows this job's saved revision. Saved before it returns. */
  async attach(messageId: string, job: Job, source: TokenSource): Promise<Card> {
    const card: Card = {
      v: 1,
      messageId,
      channelId: job.channelId,
      guildId: job.guildId,
      currentJobId: job.id,
      shownRevision: job.revision,
      private: job.private,
      locale: job.locale,
      ...pickToken(source),
      closed: null,
    };
    await this.#options.cards.save(card);
    await this.#follow(card, job);
    return card;
  }

  /** The card goes over to another job, which the press's answer has already drawn on it. Saved before it returns. */
  async takeOver(card: Card, job: Job, source: TokenSource): Promise<void> {
    const next: Card = {
      ...card,
      ...pickToken(source),
      currentJobId: job.id,
      shownRevision: job.revision,
      closed: null,
    };
    const underWay = this.#slots.get(card.messageId)?.writing ?? null;
    // First, so that the old job's end cannot settle the card after this save.
    this.#untrack(card.messageId);
    await this.#options.cards.save(next);
    await this.#follow(next, job);
    // An edit of the old job that was on its way may have landed after the answer.
    if (underWay !== null) void underWay.then(() => this.#drawOver(this.#slots.get(next.messageId)));
  }

  /** A press brought a new token for this message: another 15 minutes of edits by it. */
  async renewToken(card: Card, source: TokenSource): Promise<void> {
    const slot = this.#slots.get(card.messageId);
    const renewed: Card = { ...(slot?.card ?? card), ...pickToken(source), closed: null };
    if (slot !== undefined) slot.card = renewed;
    await this.#options.cards.save(renewed);
    if (!this.#slots.has(card.messageId)) await this.#openSlot(renewed);
  }

  /** Draws the card again from what is saved, whatever it shows. */
  async redraw(card: Card): Promise<void> {
    this.#drawOver(this.#slots.get(card.messageId) ?? (await this.#openSlot(card)));
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
    const isByToken = card.private;
    if (isByToken && this.#options.clock.now() >= endOfEdits(card)) return false;
    const { api, cards, log } = this.#options;
    const call = (): Promise<void> => (isByToken ? api.deleteOriginal(card) : api.deleteMessage(card));
    const lost = await insist(call, { clock: this.#options.clock, signal: this.#stop.signal });
    if (lost !== null && lost.kind !== 'gone') {
      log.warn('a card could not be deleted', { jobId: card.currentJobId, why: lost.kind });
      return false;
    }
    this.#untrack(card.messageId);
    await cards.delete(card.messageId);
    return true;
  }

  /** The engine saved a job. */
  onSaved(job: Job): void {
    for (const slot of this.#byJob.get(job.id) ?? []) {
      slot.job = job;
      // A final state does not wait for the turn its progress was waiting for, nor any news for a mere bar.
      if (isFinal(job)) slot.turn?.abort(new Error('a final state came'));
      else slot.pause?.abort(new Error('there is news'));
      this.#ask(slot);
    }
  }

  /** Position or progress changed. */
  onContext(jobId: string): void {
    for (const slot of this.#byJob.get(jobId) ?? []) this.#ask(slot);
  }

  /** The card that shows this job while it is not settled. */
  findCard(jobId: string): Card | undefined {
    const [slot] = this.#byJob.get(jobId) ?? [];
    return slot?.card;
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
      if (slot.card.shownRevision < slot.job.revision) this.#ask(slot);
      else if (isFinal(slot.job)) await this.#settle(slot);
    }
  }

  /** Shows what is left to show, final states first, until `deadlineMs` from now; then stops. */
  async flush(deadlineMs: number): Promise<void> {
    this.#isFlushing = true;
    for (const slot of this.#slots.values()) {
      if (!isFinal(slot.job)) slot.turn?.abort(new Error('stopping'));
    }
    const writing = [...this.#slots.values()].flatMap((slot) => (slot.writing === null ? [] : [slot.writing]));
    const bound = new AbortController();
    await Promise.race([
      Promise.all(writing),
      this.#options.clock.sleep(deadlineMs, bound.signal).catch(() => undefined),
    ]);
    bound.abort();
    this.#stop.abort(new Error('stopping'));
  }

  // ------------------------------------------------------------------------------------------ slots

  async #openSlot(card: Card): Promise<Slot | undefined> {
    const job = await this.#options.getJob(card.currentJobId);
    if (job === undefined) {
      // Many of them must not hold up the start.
      void this.#showRemoved(card).catch((error: unknown) => this.#warnRemoved(card, error));
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
      return this.#showRemoved(card);
    }
    if (latest.revision <= slot.job.revision) return;
    slot.job = latest;
    this.#ask(slot);
  }

  #track(card: Card, job: Job): Slot {
    this.#untrack(card.messageId);
    const slot: Slot = {
      card,
      job,
      isDirty: false,
      writing: null,
      turn: null,
      pause: null,
      shown: null,
      shownAt: this.#options.clock.now(),
      failures: 0,
      plainSince: null,
    };
    this.#slots.set(card.messageId, slot);
    const slots = this.#byJob.get(job.id) ?? new Set();
    this.#byJob.set(job.id, slots.add(slot));
    return slot;
  }

  #untrack(messageId: string): void {
    const slot = this.#slots.get(messageId);
    if (slot === undefined) return;
    slot.turn?.abort(new Error('the card shows another job'));
    this.#slots.delete(messageId);
    const slots = this.#byJob.get(slot.job.id);
    slots?.delete(slot);
    if (slots?.size === 0) this.#byJob.delete(slot.job.id);
  }

  /** Its job was removed before the card showed the end: it says that, and has nothing left to press. */
  async #showRemoved(card: Card): Promise<void> {
    const { api, cards, clock } = this.#options;
    const removedAt = (await this.#options.getRemovedAt(card.currentJobId)) ?? clock.now();
    const { body } = renderRemoved(removedAt, localeFor(card.locale));
    const write = { body: { ...body, attachments: [] }, files: [] };
    const isByToken = clock.now() < endOfEdits(card);
    const isClosed = card.closed !== null || (card.private && !isByToken);
    const call = (): Promise<void> => (isByToken ? api.editOriginal(card, write) : api.editMessage(card, write));
    const lost = isClosed ? null : await insist(call, { clock: this.#options.clock, signal: this.#stop.signal });
    // While Discord is away it stays unsettled, for the next start.
    if (lost?.kind !== 'transient' && lost?.kind !== 'rate-limited') await cards.settle(card.messageId);
  }

  #warnRemoved({ currentJobId }: Card, error: unknown): void {
    this.#options.log.warn('the card of a removed job could not be drawn', {
      jobId: currentJobId,
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }

  #drawOver(slot: Slot | undefined): void {
    if (slot === undefined) return;
    slot.shown = null;
    this.#ask(slot);
  }

  #isTracked(slot: Slot): boolean {
    return this.#slots.get(slot.card.messageId) === slot;
  }

  // ------------------------------------------------------------------------------------------ writing

  #ask(slot: Slot): void {
    slot.isDirty = true;
    slot.writing ??= this.#write(slot).finally(() => {
      slot.writing = null;
      // News may have come between the loop's last look and here.
      if (slot.isDirty && this.#isTracked(slot) && !this.#stop.signal.aborted) this.#ask(slot);
    });
  }

  /** Edits until the card shows the newest state. Never rejects. */
  async #write(slot: Slot): Promise<void> {
    while (slot.isDirty && this.#isTracked(slot) && !this.#stop.signal.aborted) {
      slot.isDirty = false;
      try {
        await this.#writeOnce(slot);
      } catch (error) {
        // A bug in drawing one card, or a disk that takes no card, must not stop the others, nor repeat for ever.
        this.#options.log.warn('a card could not be drawn', {
          jobId: slot.job.id,
          errorMessage: error instanceof Error ? error.message : String(error),
        });
        if (slot.failures < MOST_BUGS) await this.#tryAgain(slot, RETRY_MS.first * 2 ** slot.failures);
      }
    }
  }

  async #writeOnce(slot: Slot): Promise<void> {
    const route = this.#route(slot);
    if (route === 'none') return this.#rest(slot);
    if (!(await this.#waitForTurn(slot, route))) return;
    const { job } = slot;
    const message = this.#render(slot, job);
    const content = JSON.stringify(message.body);
    if (content === slot.shown) return this.#noteShown(slot, job);
    const { token } = slot.card;
    try {
      await this.#send(slot, route, await this.#load(slot, message));
    } catch (error) {
      // The card shows another job by now: what this one met is of no interest.
      if (!this.#isTracked(slot)) return;
      const isOldToken = slot.card.token !== token;
      return this.#handle(slot, route, job, classifyDelivery(error), isOldToken);
    }
    if (!this.#isTracked(slot)) return;
    slot.shown = content;
    slot.failures = 0;
    slot.shownAt = this.#options.clock.now();
    await this.#noteShown(slot, job);
  }

  /** False: the wait was ended by something newer, which has asked for itself. */
  async #waitForTurn(slot: Slot, route: 'token' | 'bot'): Promise<boolean> {
    const isUrgent = isFinal(slot.job);
    if (isUrgent && route === 'token') return true;
    const turn = (slot.turn = new AbortController());
    const signal = AbortSignal.any([turn.signal, this.#stop.signal]);
    try {
      if (!isUrgent) await this.#waitForProgress(slot, signal);
      await this.#pacer.wait(slot.card.channelId, isUrgent, signal);
      return true;
    } catch {
      return false;
    } finally {
      slot.turn = null;
    }
  }

  /** News of the job itself goes out as soon as it may; progress alone only now and then. */
  async #waitForProgress(slot: Slot, signal: AbortSignal): Promise<void> {
    if (this.#isFlushing) throw new Error('progress is not shown while stopping');
    if (slot.card.shownRevision < slot.job.revision) return;
    const { clock } = this.#options;
    const age = clock.now() - (slot.job.startedAt ?? slot.job.createdAt);
    const intervalMs = age < PROGRESS_INTERVAL_MS.laterAfter ? PROGRESS_INTERVAL_MS.first : PROGRESS_INTERVAL_MS.later;
    const waitMs = Math.min(slot.shownAt + intervalMs - clock.now(), intervalMs);
    if (waitMs <= 0) return;
    const pause = (slot.pause = new AbortController());
    // Woken by news, it goes on to its turn: the newest is drawn there.
    await clock.sleep(waitMs, AbortSignal.any([signal, pause.signal])).catch(() => signal.throwIfAborted());
    slot.pause = null;
  }

  #render(slot: Slot, job: Job): CardMessage {
    const context = this.#contextFor(slot, job);
    return slot.plainSince === job.revision ? renderFallbackText(job, context) : renderCard(job, context);
  }

  #contextFor({ card }: Slot, job: Job): CardContext {
    return this.#options.contextFor(job, card.private ? endOfEdits(card) : null);
  }

  /** Reads the files a card carries. One that cannot be read leaves a card of words, with its buttons. */
  async #load(slot: Slot, message: CardMessage): Promise<MessageWrite> {
    try {
      const files = await Promise.all(
        message.files.map(async ({ name, asset }) => ({
          name,
          data: await this.#options.assets.read(asset),
          contentType: asset.mimeType,
        })),
      );
      // `attachments` lists what stays: what the card showed before goes.
      const attachments = message.files.map(({ name, description }, id) => ({ id, filename: name, description }));
      return { body: { ...message.body, attachments }, files };
    } catch (error) {
      this.#options.log.warn('a file of a finished job could not be read', {
        jobId: slot.job.id,
        errorMessage: error instanceof Error ? error.message : String(error),
      });
      const words = renderFallbackText(slot.job, this.#contextFor(slot, slot.job));
      return { body: { ...words.body, attachments: [] }, files: [] };
    }
  }

  #send(slot: Slot, route: 'token' | 'bot', write: MessageWrite): Promise<void> {
    const { api } = this.#options;
    return route === 'token' ? api.editOriginal(slot.card, write) : api.editMessage(slot.card, write);
  }

  #route(slot: Slot): 'token' | 'bot' | 'none' {
    const { card } = slot;
    if (card.closed !== null) return 'none';
    if (this.#options.clock.now() < endOfEdits(card)) return 'token';
    return card.private ? 'none' : 'bot';
  }

  async #noteShown(slot: Slot, job: Job): Promise<void> {
    const isNews = slot.card.shownRevision < job.revision;
    slot.card = { ...slot.card, shownRevision: Math.max(slot.card.shownRevision, job.revision) };
    if (!isFinal(job) || !this.#isTracked(slot) || slot.job !== job) return;
    // Before it is settled: after a crash in between the card is drawn again, and the notice with it, and
    // Discord knows the same nonce.
    if (isNews) await this.#notify(slot, job);
    if (slot.job === job) await this.#settle(slot);
  }

  /** Work that took long gets one message that mentions whoever asked; on a private card only they see it. */
  async #notify({ card }: Slot, job: Job): Promise<void> {
    const { api, notice, log } = this.#options;
    const message = noticeFor(job, notice, localeFor(job.locale));
    if (message === null) return;
    const send = (): Promise<void> => {
      if (!card.private) return api.reply(card, message, `notice-${job.id}`);
      return api.followUp(card, { ...message, flags: MessageFlags.Ephemeral });
    };
    const lost = await insist(send, { clock: this.#options.clock, signal: this.#stop.signal });
    if (lost !== null) log.warn('a notice did not reach Discord', { jobId: job.id, why: lost.kind });
  }

  /**
   * The card shows the end of its job: nothing to look at after a crash. A press may bring it news while this
   * is being written; then it stays.
   */
  async #settle(slot: Slot): Promise<void> {
    const { cards } = this.#options;
    const settled = slot.card;
    const isStill = (): boolean => this.#isTracked(slot) && slot.card === settled && !slot.isDirty;
    await cards.save(settled);
    if (!isStill()) return;
    await cards.settle(settled.messageId);
    if (isStill()) this.#untrack(settled.messageId);
    // Settled a moment too early: a save lists it again.
    else if (this.#isTracked(slot)) await cards.save(slot.card);
  }

  /** The card can be edited no more. It is kept with its job, so that a restart knows the job was shown. */
  async #close(slot: Slot, why: NonNullable<Card['closed']>): Promise<void> {
    slot.card = { ...slot.card, closed: why };
    this.#options.log.info('a card takes no more edits', { jobId: slot.job.id, why });
    await this.#options.cards.save(slot.card);
    await this.#rest(slot);
  }

  /** No way to the message: a private card waits for Refresh, the others are done with when their job is. */
  async #rest(slot: Slot): Promise<void> {
    if (slot.card.closed === null) return this.#close(slot, 'token-ended');
    if (isFinal(slot.job)) await this.#settle(slot);
  }

  /** What each failure means is in one place: `DeliveryFailure`. */
  async #handle(
    slot: Slot,
    route: 'token' | 'bot',
    job: Job,
    lost: DeliveryFailure,
    isOldToken: boolean,
  ): Promise<void> {
    switch (lost.kind) {
      case 'gone':
        return this.#close(slot, 'deleted');
      case 'no-access':
        this.#options.log.warn('no access to a card', { jobId: job.id, code: lost.code });
        return this.#close(slot, 'no-access');
      case 'token-ended':
      case 'too-late':
        if (route === 'bot') return this.#close(slot, 'no-access');
        if (!isOldToken) slot.card = { ...slot.card, tokenExpiresAt: 0 };
        slot.isDirty = true;
        return;
      case 'too-large':
      case 'refused':
        return this.#simplify(slot, job, lost);
      case 'rate-limited':
        if (route === 'bot') this.#pacer.holdOff(slot.card.channelId, lost.retryAfterMs);
        return this.#tryAgain(slot, lost.retryAfterMs);
      case 'transient':
      case 'answered-already':
        // A file that never gets through, or a body that Discord stumbles over, must not keep the card from its end.
        if (slot.failures >= FULL_TRIES) slot.plainSince = job.revision;
        return this.#tryAgain(slot, Math.min(RETRY_MS.first * 2 ** slot.failures, RETRY_MS.most));
    }
  }

  /** What Discord refuses once it refuses again: words only, then leave this revision alone. */
  async #simplify(slot: Slot, job: Job, lost: DeliveryFailure): Promise<void> {
    const paths = lost.kind === 'refused' ? lost.paths : [];
    this.#options.log.warn('Discord refused a card', { jobId: job.id, why: lost.kind, paths });
    if (slot.plainSince === job.revision) return this.#noteShown(slot, job);
    slot.plainSince = job.revision;
    slot.isDirty = true;
  }

  async #tryAgain(slot: Slot, delayMs: number): Promise<void> {
    slot.failures += 1;
    slot.isDirty = true;
    await this.#options.clock.sleep(delayMs, this.#stop.signal).catch(() => undefined);
  }
}

/** When edits by a token end: a little before it does, and so do the live updates of a private card. */
export function endOfEdits({ tokenExpiresAt }: Pick<TokenSource, 'tokenExpiresAt'>): number {
  return tokenExpiresAt - TOKEN_MARGIN_MS;
}

function pickToken({ applicationId, token, tokenExpiresAt }: TokenSource): TokenSource {
  return { applicationId, token, tokenExpiresAt };
}
