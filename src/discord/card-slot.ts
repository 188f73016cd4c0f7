/**
 * One card that does not show its job's end yet: draws the newest saved state, by the first way that is open,
 * until it stands. Never more than one edit under way, and never a queue.
 *
 * What a failure of Discord's leads to is the table in `delivery-failure.ts`. The end of a job walks down the
 * ways: edit by token, edit by the bot, new message, and last it is kept for its asker. Passing states do not:
 * a card that cannot be edited waits silently for the end.
 */
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { Log } from '../jobs/ports.ts';
import type { DiscordApi } from './api.ts';
import type { Card, CardStore, UndeliveredStore } from './card.ts';
import type { CardSender, Way } from './card-sender.ts';
import { CardTurn, type CardTurnParts } from './card-turn.ts';
import { CardWays } from './card-ways.ts';
import { classifyDelivery, isPassing, type DeliveryFailure } from './delivery-failure.ts';
import { retryDelayMs } from './pace.ts';
import { pickToken, type TokenSource } from './token-source.ts';

/** What every slot shares. */
export interface SlotParts extends CardTurnParts {
  api: Pick<DiscordApi, 'blockedForMs' | 'openThread'>;
  cards: CardStore;
  undelivered: UndeliveredStore;
  sender: CardSender;
  log: Log;
  getRemovedAt: (jobId: string) => Promise<number | undefined>;
  /** The card shows the end of its job for the first time. */
  notify: (card: Card, job: Job) => Promise<void>;
  /** Its job stands on another message now. */
  onMoved: (slot: CardSlot, fromMessageId: string) => void;
  /** Nothing is left to show. */
  onSettled: (slot: CardSlot) => void;
  /** Its job was removed while it was being shown. */
  onRemoved: (slot: CardSlot) => void;
}

/** So often the full card is tried, then words alone. */
const FULL_TRIES = 4;
const MOST_BUGS = 5;

export class CardSlot {
  #card: Card;
  #job: Job;
  readonly #parts: SlotParts;
  #isRetired = false;
  /** There may be something newer to show. */
  #isDirty = false;
  /** The one loop that edits this card, while it runs. */
  #writing: Promise<void> | null = null;
  readonly #turn: CardTurn;
  #shown: string | null = null;
  #shownAt: number;
  #failures = 0;
  readonly #ways = new CardWays();
  #hasOpenedThread = false;

  constructor(card: Card, job: Job, parts: SlotParts) {
    this.#card = card;
    this.#job = job;
    this.#parts = parts;
    this.#shownAt = parts.clock.now();
    this.#turn = new CardTurn(parts);
  }

  get card(): Card {
    return this.#card;
  }

  get job(): Job {
    return this.#job;
  }

  /** While its card is being edited; null when nothing is under way. */
  get writing(): Promise<void> | null {
    return this.#writing;
  }

  /** The job was saved anew. */
  show(job: Job): void {
    this.#job = job;
    if (isFinal(job)) {
      // The end is worth a call on a way that was closed to a passing state.
      this.#ways.reopen();
      // It does not wait for the turn its progress was waiting for, nor any news for a mere bar.
      this.#turn.end('a final state came');
    } else this.#turn.wake();
    this.ask();
  }

  /** Position or progress may have changed. */
  ask(): void {
    this.#isDirty = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
      // News may have come between the loop's last look and here.
      if (this.#isDirty && !this.#isRetired && !this.#parts.stop.aborted) this.ask();
    });
  }

  /** Draws it again, whatever it shows. */
  drawOver(): void {
    this.#shown = null;
    this.ask();
  }

  /** A press brought a new token. The caller saves the card. */
  renew(source: TokenSource): Card {
    this.#card = { ...this.#card, ...pickToken(source), closed: null };
    this.#ways.reopen();
    return this.#card;
  }

  /** A passing state need not be shown any more. */
  dropProgress(): void {
    if (!isFinal(this.#job)) this.#turn.end('stopping');
  }

  /** The message shows something else from now on: what this one still meets is of no interest. */
  retire(): void {
    this.#isRetired = true;
    this.#turn.end('the card shows another job');
  }

  /**
   * The card shows the end of its job: nothing to look at after a crash. A press may bring it news while this
   * is being written; then it stays.
   */
  async settle(): Promise<void> {
    const { cards, onSettled } = this.#parts;
    const settled = this.#card;
    const isStill = (): boolean => !this.#isRetired && this.#card === settled && !this.#isDirty;
    await cards.save(settled);
    if (!isStill()) return;
    await cards.settle(settled.messageId);
    if (isStill()) onSettled(this);
    // Settled a moment too early: a save lists it again.
    else if (!this.#isRetired) await cards.save(this.#card);
  }

  /** Edits until the card shows the newest state. Never rejects. */
  async #write(): Promise<void> {
    while (this.#isDirty && !this.#isRetired && !this.#parts.stop.aborted) {
      this.#isDirty = false;
      try {
        await this.#writeOnce();
      } catch (error) {
        // A bug in drawing one card, or a disk that takes no card, must not stop the others, nor repeat for ever.
        this.#parts.log.warn('a card could not be drawn', {
          jobId: this.#job.id,
          errorMessage: error instanceof Error ? error.message : String(error),
        });
        if (this.#failures < MOST_BUGS) await this.#tryAgain(retryDelayMs(this.#failures));
      }
    }
  }

  async #writeOnce(): Promise<void> {
    const { clock } = this.#parts;
    const way = this.#ways.first(this.#card, { isEnd: isFinal(this.#job), now: clock.now() });
    if (way === null) return this.#rest();
    if (!(await this.#turn.wait(way, { card: this.#card, job: this.#job, shownAt: this.#shownAt }))) return;
    const job = this.#job;
    if (await this.#wasRemoved(way, job)) return this.#parts.onRemoved(this);
    const message = this.#parts.sender.draw(this.#card, job, this.#ways.isPlain(job.revision));
    const content = JSON.stringify(message.body);
    if (content === this.#shown) return this.#noteShown(job);
    const { token, messageId } = this.#card;
    try {
      if (way === 'post') await this.#notePosting();
      const shownOn = await this.#parts.sender.send(way, this.#card, job, message);
      if (this.#isRetired) return;
      if (shownOn !== messageId) await this.#moveTo(shownOn);
    } catch (error) {
      if (this.#isRetired) return;
      const isOldToken = this.#card.token !== token;
      return this.#goOn(way, job, classifyDelivery(error), { isOldToken, hadFiles: message.files.length > 0 });
    }
    this.#shown = content;
    this.#failures = 0;
    this.#shownAt = clock.now();
    if (isFinal(job) && this.#ways.takeSecondChance(job.revision)) this.#isDirty = true;
    else await this.#noteShown(job);
  }

  /** What was removed while Discord was away must not be shown any more. */
  async #wasRemoved(way: Way, job: Job): Promise<boolean> {
    if (way !== 'post' && this.#failures === 0) return false;
    return (await this.#parts.getRemovedAt(job.id)) !== undefined;
  }

  async #notePosting(): Promise<void> {
    if (this.#card.postingSince !== null) return;
    this.#card = { ...this.#card, postingSince: this.#parts.clock.now() };
    await this.#parts.cards.save(this.#card);
  }

  /** The record goes along to the new message; the old one is given up. */
  async #moveTo(messageId: string): Promise<void> {
    const { cards, onMoved, log } = this.#parts;
    const from = this.#card.messageId;
    this.#card = { ...this.#card, messageId, token: '', tokenExpiresAt: 0, postingSince: null };
    await cards.save(this.#card);
    // A press may have taken the old message over meanwhile: it stays what that made of it.
    if (this.#isRetired) return;
    onMoved(this, from);
    await cards.delete(from);
    log.info('a card could not be edited; its job stands on a new one', { jobId: this.#job.id });
  }

  async #noteShown(job: Job): Promise<void> {
    const isNews = this.#card.shownRevision < job.revision;
    this.#card = { ...this.#card, shownRevision: Math.max(this.#card.shownRevision, job.revision) };
    if (!isFinal(job) || this.#isRetired || this.#job !== job) return;
    // Before it is settled: after a crash in between the card is drawn again, and the notice with it, and
    // Discord knows the same nonce.
    const { again } = this.#card;
    if (isNews && again === null) await this.#parts.notify(this.#card, job);
    const { undelivered } = this.#parts;
    const isForAsker = again === null || again.userId === job.userId;
    if (isForAsker && undelivered.mayHave(job.userId)) await undelivered.remove(job.userId, [job.id]);
    if (this.#job === job) await this.settle();
  }

  // ---------------------------------------------------------------------------------------- failures

  async #goOn(
    way: Way,
    job: Job,
    lost: DeliveryFailure,
    { isOldToken, hadFiles }: { isOldToken: boolean; hadFiles: boolean },
  ): Promise<void> {
    switch (lost.step) {
      case 'stop':
        return this.#close('deleted');
      case 'keep':
        return this.#close('no-access');
      case 'next':
        return this.#closeWay(way, lost, isOldToken);
      case 'open-thread':
        return this.#openThread(way, lost);
      case 'plain':
        if (lost.kind === 'no-access' && !hadFiles) return this.#closeWay(way, lost, isOldToken);
        return this.#simplify(job, lost);
      case 'again':
        return this.#waitOut(way, job, lost);
    }
  }

  /** A token is lost for every state, the others for this one. */
  #closeWay(way: Way, lost: DeliveryFailure, isOldToken = false): void {
    this.#isDirty = true;
    if (way !== 'token') this.#ways.close(way);
    // A press may have brought a new one meanwhile.
    else if (!isOldToken) this.#card = { ...this.#card, tokenExpiresAt: 0 };
    if (lost.kind === 'no-access') {
      this.#parts.log.warn('no access to a card', { jobId: this.#job.id, code: lost.code, way });
    }
  }

  /** Only for the end of a job: nobody wants a thread back for a bar. */
  async #openThread(way: Way, lost: DeliveryFailure): Promise<void> {
    if (this.#hasOpenedThread || !isFinal(this.#job)) return this.#closeWay(way, lost);
    try {
      await this.#parts.api.openThread(this.#card.channelId);
      this.#hasOpenedThread = true;
      this.#isDirty = true;
    } catch (error) {
      const second = classifyDelivery(error);
      if (isPassing(second)) return this.#waitOut(way, this.#job, second);
      this.#hasOpenedThread = true;
      this.#closeWay(way, second);
    }
  }

  /** What Discord refuses is said in words alone; refused again, this revision is left alone and its end kept. */
  async #simplify(job: Job, lost: DeliveryFailure): Promise<void> {
    const paths = lost.kind === 'refused' ? { code: lost.code, paths: lost.paths } : {};
    this.#parts.log.warn('Discord refused a card', { jobId: job.id, why: lost.kind, ...paths });
    if (this.#ways.isPlain(job.revision)) return isFinal(job) ? this.#close('refused') : this.#noteShown(job);
    this.#ways.usePlain(job.revision, { isForNow: false });
    this.#isDirty = true;
  }

  async #waitOut(way: Way, job: Job, lost: DeliveryFailure): Promise<void> {
    if ('retryAfterMs' in lost) {
      const isOfChannel = lost.kind === 'rate-limited' && lost.scope === 'channel' && way !== 'token';
      if (isOfChannel) this.#parts.pacer.holdOff(this.#card.channelId, lost.retryAfterMs);
      return this.#tryAgain(lost.retryAfterMs);
    }
    // A file that never gets through, or a body that Discord stumbles over, must not keep the card from its end.
    const isStuck = this.#failures >= FULL_TRIES && !this.#ways.isPlain(job.revision);
    if (isStuck && lost.kind !== 'unauthorized') this.#ways.usePlain(job.revision, { isForNow: true });
    await this.#tryAgain(retryDelayMs(this.#failures));
  }

  async #tryAgain(delayMs: number): Promise<void> {
    this.#failures += 1;
    this.#isDirty = true;
    await this.#parts.clock.sleep(delayMs, this.#parts.stop).catch(() => undefined);
  }

  /** The card can be edited no more. It is kept with its job, so that a restart knows. */
  async #close(why: NonNullable<Card['closed']>): Promise<void> {
    this.#card = { ...this.#card, closed: why };
    this.#parts.log.info('a card takes no more edits', { jobId: this.#job.id, why });
    if (isFinal(this.#job)) await this.#rest();
    else await this.#parts.cards.save(this.#card);
  }

  /** No way to the message: a private card waits for Refresh, a passing state for the end, and an end is kept. */
  async #rest(): Promise<void> {
    if (this.#card.closed === null) {
      if (this.#card.private) return this.#close('token-ended');
      return isFinal(this.#job) ? this.#close('no-access') : undefined;
    }
    if (!isFinal(this.#job)) return;
    const isKept = await this.#keep();
    await this.settle();
    if (isKept) {
      const { id: jobId } = this.#job;
      this.#parts.log.warn('the end of a job could not be posted; it is kept for its asker', { jobId });
    }
  }

  /**
   * Nobody sees the end of this job: its asker is told at the next chance. What they deleted or stopped, they know; and
   * a card that shows it once more is not where they wait for it.
   */
  async #keep(): Promise<boolean> {
    if (this.#card.closed === 'deleted' || this.#job.state === 'cancelled' || this.#card.again !== null) return false;
    const { undelivered, clock } = this.#parts;
    await undelivered.add(this.#job.userId, this.#job.id, clock.now());
    return true;
  }
}
