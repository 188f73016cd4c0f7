/**
 * The engine: takes every item from queued to final and picks each up where it was after any crash. The
 * only writer of jobs.
 *
 * Here: taking work in, on whose turn it runs, start and stop. What one attempt does is in
 * `attempts.ts`; how a step is saved, logged and told is in `open-jobs.ts`; what may follow what is in `job.ts`.
 *
 * Nothing moves on until the step before it is durable. What listeners hear is what is on disk.
 */
import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import { type AttemptsConfig, type AttemptsOptions, Cancelled, operationOf, Stopped } from './attempt-context.ts';
import { Attempts } from './attempts.ts';
import { type BreakerNews, Gates, type Hold } from './gates.ts';
import type { Item, Job, Kind, Reference } from './job.ts';
import {
  ACTIVE_ITEM_STATES,
  failure,
  getItem,
  hasReferences,
  isFinal,
  isOpenItem,
  itemKey,
  requestCancel,
  setReference,
} from './job.ts';
import { Lanes } from './lanes.ts';
import { type Entry, OpenJobs, type OpenJobsOptions } from './open-jobs.ts';
import { remainingWaitMs } from './retry.ts';
import { followSignals } from './signals.ts';
import type { Ticket } from './turns.ts';
import { Turns } from './turns.ts';

export interface EngineConfig extends AttemptsConfig {
  concurrency: number;
  userRunningLimit: number;
  userWaitingLimit: number;
  /** Starts with trouble in a row after which a provider is left alone for a while. */
  breakAfter: number;
}

/** What its parts need; what they need of one another it fills in itself. */
export interface EngineOptions
  extends
    Omit<OpenJobsOptions, 'signal'>,
    Omit<AttemptsOptions, 'config' | 'jobs' | 'gates' | 'inFlight' | 'stop' | 'lastCall'> {
  config: EngineConfig;
  /** A provider is left alone from now on, or asked again. Must not throw. */
  onBreaker: (news: BreakerNews) => void;
}

/** Why a job is not taken: the limit, what is used, what was asked. */
export interface LimitRefusal {
  limit: number;
  open: number;
  asked: number;
  runningLimit: number;
  waitingLimit: number;
}

/** What a card shows beside the saved job. */
export interface LiveContext {
  positions: ReadonlyMap<string, number>;
  progress: ReadonlyMap<string, number>;
  /** Why the provider is not asked to begin anything now; null: nothing keeps it. */
  hold: Hold | null;
}

/** Positions that are worth an edit of the card. */
const SHOWN_POSITIONS: readonly number[] = [10, 5, 3, 2, 1];
const OVERDUE_SWEEP_MS = 30_000;
/**
 * Unclean ends in one step, without one answered call between them, after which an item runs alone; and after
 * which it is failed, all further ones having come while it was alone. Somebody who kills a process again and again
 * while a provider hangs must not cost an innocent item: what really ends a process does so every time.
 */
const SUSPECT_ENDS = 2;
const FATAL_ENDS = 7;
/** A stop must be over within 10 s, and final cards need some of it. */
const LAST_CALL_MS = 5_000;
/** Alone for so long without ending the process, it is let in with the others. */
const ALONE_FOR_MS = 10_000;

export class Engine {
  readonly #options: EngineOptions;
  readonly #jobs: OpenJobs;
  readonly #attempts: Attempts;
  readonly #turns = new Turns();
  readonly #lanes: Lanes;
  readonly #gates: Gates;
  /** Items that were there at two unclean ends: they run one by one before anything else. */
  readonly #suspects: Ticket[] = [];
  /** Items in flight by user, and the tickets counted in it. */
  readonly #running = new Map<string, number>();
  readonly #counted = new Set<Ticket>();
  /** When each lane was last served, as a count of turns. */
  readonly #laneServedAt = new Map<string, number>();
  #laneTurn = 0;
  readonly #stop = new AbortController();
  readonly #lastCall = new AbortController();
  #hasOpened = false;
  #resumed: Promise<void> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.#options = options;
    const { signal } = this.#stop;
    // Everything that waits listens to it; that is no leak.
    setMaxListeners(0, signal, this.#lastCall.signal);
    this.#jobs = new OpenJobs({ ...options, signal });
    this.#lanes = new Lanes({
      concurrency: options.config.concurrency,
      run: (ticket) => this.#runTicket(ticket),
      onRoom: () => this.#fillLanes(),
    });
    this.#gates = new Gates({
      clock: options.clock,
      breakAfter: options.config.breakAfter,
      onOpen: () => this.#fillLanes(),
      onBreaker: options.onBreaker,
      onHold: (provider) => this.#tellHold(provider),
      signal,
    });
    this.#attempts = new Attempts({
      ...options,
      jobs: this.#jobs,
      gates: this.#gates,
      inFlight: () => this.#lanes.inFlight(),
      stop: signal,
      lastCall: this.#lastCall.signal,
    });
  }

  // ------------------------------------------------------------------------------- taking work in

  /**
   * Takes a new job in on its user's limits and saves it. Returns the refusal when it does not fit.
   * Rejects with StoreFailure when it could not be saved; nothing is kept of it then.
   * Nothing is paid before `begin`.
   */
  async submit(job: Job): Promise<LimitRefusal | null> {
    if (isFinal(job)) throw new Error(`Expected job ${job.id} to have something left to make, got ${job.state}.`);
    const { userId, input, items } = job;
    const asked = items.filter(isOpenItem).length;
    const refusal = this.checkRoom({ userId, provider: input.provider, asked });
    if (refusal !== null) return refusal;
    // Reserved before the save, so that two requests at once cannot both take the last place.
    const entry = this.#jobs.keep(job, false);
    try {
      await this.#options.store.save(job);
    } catch (error) {
      this.#jobs.drop(entry);
      throw error;
    }
    this.#jobs.logNew(job);
    return null;
  }

  /** Notes that a picture to start from is a file of the job by now. Nothing, for a job that has ended meanwhile. */
  async keepReference(jobId: string, index: number, reference: Reference): Promise<void> {
    const entry = this.#jobs.get(jobId);
    if (entry === undefined) return;
    await this.#jobs.update(entry, (job) => setReference(job, index, reference));
  }

  /**
   * Offers saved jobs to the lanes: their cards stand, so they may be paid for. A second call changes nothing; one
   * whose references are still coming is left for a later call.
   */
  begin(...jobIds: readonly string[]): void {
    for (const jobId of jobIds) {
      const entry = this.#jobs.get(jobId);
      if (entry === undefined || entry.isBegun || !hasReferences(entry.job)) continue;
      entry.isBegun = true;
      for (const item of entry.job.items) if (item.state === 'queued') this.#offer(entry, item);
    }
    // Once for all: positions are told anew each time.
    this.#fillLanes();
  }

  /** Ends a job that was not begun, unpaid: it never reached its user, or cannot be made. */
  async discard(jobId: string, lost = failure('cancelled-undelivered', 'give-up')): Promise<void> {
    const entry = this.#jobs.get(jobId);
    if (entry === undefined || entry.isBegun) return;
    for (const item of entry.job.items) {
      if (isOpenItem(item)) await this.#attempts.end(entry, item.name, lost);
    }
    // What it carries stands on the card it was carried from, and nobody ever saw this one.
    const isUnseen = lost.reason === 'cancelled-undelivered' && entry.job.items.some((item) => item.state === 'done');
    if (isUnseen) await this.#options.store.remove([jobId], this.#options.clock.now());
  }

  /** Saves the wish to cancel and acts on it. Resolves when the wish is durable; false when the job was final already. */
  async cancel(jobId: string, userId: string): Promise<boolean> {
    const entry = this.#jobs.get(jobId);
    if (entry === undefined) return false;
    await this.#jobs.update(entry, (job) => requestCancel(job, userId, this.#options.clock.now()));
    for (const { name } of entry.job.items) {
      const { cancel } = this.#jobs.live(entry, name);
      if (cancel !== null) cancel.abort(new Cancelled());
      else await this.#leaveLine(entry, name);
    }
    return true;
  }

  /** The job as it is saved: from memory while it is open, else from the store. */
  async get(jobId: string): Promise<Job | undefined> {
    return this.#jobs.get(jobId)?.job ?? (await this.#options.store.get(jobId));
  }

  /**
   * A service told of its own accord that something happened to an item's work. Nothing it said is believed: the
   * provider is asked at once. News that come late, twice or in another order change nothing.
   */
  hear({ jobId, item, operationId }: { jobId: string; item: string; operationId: string }): void {
    this.#jobs.hear(jobId, item, operationId);
    void this.#attempts.hear(this.#jobs.get(jobId), item, operationId);
  }

  /** As `cancel`, for a job of which nothing is under way: false, and nothing is done, for any other. */
  async withdraw(jobId: string, userId: string): Promise<boolean> {
    const entry = this.#jobs.get(jobId);
    if (entry === undefined) return false;
    const isWaiting = ({ name, state }: Item): boolean =>
      (state === 'queued' || state === 'waiting') && this.#jobs.live(entry, name).cancel === null;
    // Of a set some may be done: they stay so.
    const open = entry.job.items.filter(isOpenItem);
    if (!open.every(isWaiting)) return false;
    // Before the save, or its turn might come meanwhile.
    for (const { name } of open) this.#turns.remove(jobId, name);
    return this.cancel(jobId, userId);
  }

  /** Resolves when the job is open no more; at once for one that is not. Never rejects. */
  async whenEnded(jobId: string): Promise<void> {
    await this.#jobs.get(jobId)?.ended;
  }

  isOpen(jobId: string): boolean {
    return this.#jobs.get(jobId) !== undefined;
  }

  /** Jobs that are not final. */
  listOpen(): Job[] {
    return [...this.#jobs.all()].map((entry) => entry.job);
  }

  /** What the card shows and nobody saves. */
  contextOf(jobId: string): LiveContext {
    const positions = new Map<string, number>();
    const progress = new Map<string, number>();
    const entry = this.#jobs.get(jobId);
    for (const item of entry?.job.items ?? []) {
      if (entry !== undefined && !entry.isBegun) this.#expectPosition(entry, item);
      const live = entry?.items.get(item.name);
      if (item.state === 'queued' && live?.shownPosition != null) positions.set(item.name, live.shownPosition);
      if (item.state === 'running' && live?.progress != null) progress.set(item.name, live.progress);
    }
    const hold = entry === undefined ? null : this.#gates.holdOf(entry.job.input.provider);
    return { positions, progress, hold };
  }

  /** Its place in line once its card stands, so that the card can say so from the first. */
  #expectPosition(entry: Entry, item: Item): void {
    const { job } = entry;
    const lane = laneOfJob(job);
    if (item.state !== 'queued' || (this.#lanes.hasRoom(lane) && this.#mayRunMore(lane, job.userId))) return;
    const place = this.#turns.placeOf(lane, ticketFor(job, item), SHOWN_POSITIONS[0] ?? 0);
    this.#jobs.live(entry, item.name).shownPosition = place;
  }

  // --------------------------------------------------------------------------------- start and stop

  /** Reads what was open. Nothing runs yet. Returns the open jobs; queued ones wait for `begin`, the others for `start`. */
  async load(): Promise<Job[]> {
    const { store } = this.#options;
    for (const job of await store.listOpen()) {
      this.#jobs.keep(job, job.state !== 'queued');
      for (const item of job.items) {
        const operationId = operationOf(item)?.id;
        // The claim may have been lost between the two writes; the job is the truth.
        if (operationId !== undefined) await store.claim(operationId, itemKey(job.id, item.name));
      }
    }
    return this.listOpen();
  }

  /**
   * Goes on with everything that was loaded and opens the lanes. Suspects run first, each alone. Resolves when
   * it is noted which items were in flight at an unclean end; from here on an end counts. A start that
   * came to nothing before (a refused token) never does.
   */
  async start(): Promise<void> {
    const wasClean = await this.#options.store.takeCleanEnd();
    for (const entry of this.#jobs.all()) {
      for (const item of entry.job.items) {
        if (ACTIVE_ITEM_STATES.has(item.state)) await this.#judge(entry, item, wasClean);
      }
    }
    this.#resumed = this.#startAll();
  }

  /** Resolves when everything that was loaded is back in line. */
  get resumed(): Promise<void> {
    return this.#resumed;
  }

  /**
   * Takes no new turn, aborts what can be picked up again, waits a little for paid answers that could not, and resolves when nothing is in flight and
   * every save has ended. Writes no state of its own.
   */
  async stop(): Promise<void> {
    this.#hasOpened = false;
    this.#stop.abort(new Stopped());
    const timeIsUp = this.#options.clock.sleep(LAST_CALL_MS, this.#lastCall.signal);
    void timeIsUp.then(() => this.#lastCall.abort(new Stopped())).catch(() => undefined);
    // Suspects run alone, outside the lanes.
    await Promise.all([this.#lanes.drain(), this.#resumed.catch(() => undefined)]);
    this.#lastCall.abort(new Stopped());
    await Promise.all([...this.#jobs.all()].map((entry) => entry.tail));
  }

  async #startAll(): Promise<void> {
    for (const ticket of this.#suspects) {
      if (this.#stop.signal.aborted) return;
      await this.#runAlone(ticket);
    }
    if (this.#stop.signal.aborted) return;
    this.#hasOpened = true;
    let done = 0;
    for (const entry of this.#jobs.all()) {
      for (const item of entry.job.items) this.#resume(entry, item);
      // Thousands of open jobs must not hold up the answers to those who ask meanwhile.
      if (++done % 200 === 0) await nextTurnOfLoop();
    }
    this.#fillLanes();
    void this.#sweepOverdue();
  }

  /** Resolves when the item got past the step it was in at the unclean ends; others may join then. */
  async #runAlone(ticket: Ticket): Promise<void> {
    const entry = this.#jobs.get(ticket.jobId);
    if (entry === undefined) return;
    const live = this.#jobs.live(entry, ticket.item);
    // Only now, not when it became a suspect: an end while another ran alone proves nothing about this one.
    try {
      await this.#jobs.note(entry, ticket.item, { alone: true });
    } catch {
      return;
    }
    const progressed = new Promise<void>((resolve) => (live.onProgress = resolve));
    const bound = new AbortController();
    const timeIsUp = this.#options.clock.sleep(ALONE_FOR_MS, bound.signal).catch(() => undefined);
    await Promise.race([this.#runTicket(ticket), progressed, timeIsUp]);
    bound.abort();
    live.onProgress = null;
    // A stop leaves it as it is saved.
    if (this.#stop.signal.aborted) return;
    // From here on it has company: an end proves nothing about it.
    const item = getItem(entry.job, ticket.item);
    if (item.alone && isOpenItem(item))
      await this.#jobs.note(entry, ticket.item, { alone: false }).catch(() => undefined);
  }

  #resume(entry: Entry, item: Item): void {
    if (this.#jobs.live(entry, item.name).cancel !== null) return;
    if (entry.job.cancelRequest !== null && !ACTIVE_ITEM_STATES.has(item.state)) {
      // A stop leaves it as it is saved; the wish to cancel is saved too.
      void this.#leaveLine(entry, item.name).catch(() => undefined);
    } else if (item.state === 'queued') {
      if (entry.isBegun) this.#offer(entry, item);
    } else if (item.state === 'waiting') {
      void this.#wake(entry, item.name);
    } else if (ACTIVE_ITEM_STATES.has(item.state)) {
      // It had its turn before the restart.
      this.#launch(laneOfJob(entry.job), ticketFor(entry.job, item));
    }
  }

  /**
   * An item in the same step at several unclean ends without progress between them may be what ends the
   * process: it runs alone next. Only unclean ends while it was alone prove it.
   */
  async #judge(entry: Entry, item: Item, wasClean: boolean): Promise<void> {
    // In company an end proves nothing, however often: it makes a suspect and no more.
    const counted = item.alone ? item.uncleanEnds + 1 : Math.min(item.uncleanEnds + 1, SUSPECT_ENDS);
    const uncleanEnds = wasClean ? item.uncleanEnds : counted;
    if (item.alone && uncleanEnds >= FATAL_ENDS) {
      await this.#attempts.end(entry, item.name, failure('crashed-alone', 'give-up'));
      void this.#attempts.abandon(entry.job, item);
      return;
    }
    if (!wasClean || item.alone) await this.#jobs.note(entry, item.name, { uncleanEnds, alone: false });
    if (uncleanEnds >= SUSPECT_ENDS) this.#suspects.push(ticketFor(entry.job, item));
  }

  /** Fails what waited longer than a job may live; what is in flight is bound by its own time. */
  async #sweepOverdue(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const entry of this.#jobs.all()) {
        if (!this.#attempts.isTooOld(entry.job)) continue;
        for (const item of entry.job.items) {
          // One that is just leaving the line is met by its own attempt.
          if (this.#jobs.live(entry, item.name).cancel !== null) continue;
          if (item.state !== 'queued' && item.state !== 'waiting') continue;
          this.#turns.remove(entry.job.id, item.name);
          await this.#attempts.failTooOld(entry, item.name).catch(() => undefined);
        }
      }
      await clock.sleep(OVERDUE_SWEEP_MS, signal).catch(() => undefined);
    }
  }

  // ------------------------------------------------------------------------------------ fair turns

  /** Whether so many items more are too many for this user now; `submit` asks once more. */
  checkRoom({ userId, provider, asked }: { userId: string; provider: string; asked: number }): LimitRefusal | null {
    const { userRunningLimit, userWaitingLimit } = this.#options.config;
    if (!this.#isPaid(provider)) return null;
    let open = 0;
    for (const entry of this.#jobs.ofUser(userId)) {
      if (this.#isLimited(entry.job)) open += entry.job.items.filter(isOpenItem).length;
    }
    const limit = userRunningLimit + userWaitingLimit;
    // What fits an empty queue is never split: with nothing open, any single request is taken.
    if (open === 0 || open + asked <= limit) return null;
    return { limit, open, asked, runningLimit: userRunningLimit, waitingLimit: userWaitingLimit };
  }

  /** Local pictures are free. */
  #isLimited({ input }: Job): boolean {
    return this.#isPaid(input.provider);
  }

  #isPaid(provider: string): boolean {
    return this.#options.providers.get(provider)?.isPaid !== false;
  }

  #offer(entry: Entry, item: Item, isFirst = false): void {
    const live = this.#jobs.live(entry, item.name);
    // In line already, or in flight.
    if (live.isOffered || live.cancel !== null) return;
    live.isOffered = true;
    this.#turns.offer(laneOfJob(entry.job), ticketFor(entry.job, item), isFirst);
  }

  #fillLanes(): void {
    if (!this.#hasOpened) return;
    // Lanes of one provider share its gate, which may let a single start through: the lane served last goes last.
    const lanes = this.#turns.lanes().toSorted((one, other) => this.#servedAt(one) - this.#servedAt(other));
    for (let isServed = true; isServed;) {
      isServed = false;
      for (const lane of lanes) if (this.#serve(lane)) isServed = true;
    }
    for (const lane of lanes) this.#tellPositions(lane);
  }

  /** Launches the lane's next ticket, if there is one that may go. */
  #serve(lane: string): boolean {
    const provider = providerOfLane(lane);
    if (!this.#lanes.hasRoom(lane) || !this.#gates.isOpen(provider)) return false;
    const ticket = this.#turns.take(lane, (userId) => this.#mayRunMore(lane, userId));
    if (ticket === undefined) return false;
    this.#laneServedAt.set(lane, ++this.#laneTurn);
    this.#gates.noteLaunch(provider, itemKey(ticket.jobId, ticket.item));
    this.#launch(lane, ticket);
    return true;
  }

  #servedAt(lane: string): number {
    return this.#laneServedAt.get(lane) ?? 0;
  }

  #mayRunMore(lane: string, userId: string): boolean {
    const provider = this.#options.providers.get(providerOfLane(lane));
    if (provider?.isPaid === false) return true;
    return (this.#running.get(userId) ?? 0) < this.#options.config.userRunningLimit;
  }

  /** Counted from here, not from when a slot is free, or one user could take every slot at once. */
  #launch(lane: string, ticket: Ticket): void {
    const entry = this.#jobs.get(ticket.jobId);
    if (entry === undefined) return;
    if (this.#isLimited(entry.job)) {
      this.#counted.add(ticket);
      this.#running.set(ticket.userId, (this.#running.get(ticket.userId) ?? 0) + 1);
    }
    this.#lanes.add(lane, ticket);
  }

  #uncount(ticket: Ticket): void {
    if (!this.#counted.delete(ticket)) return;
    const running = (this.#running.get(ticket.userId) ?? 1) - 1;
    if (running > 0) this.#running.set(ticket.userId, running);
    else this.#running.delete(ticket.userId);
  }

  #tellPositions(lane: string): void {
    const shown = this.#turns.upcoming(lane, SHOWN_POSITIONS[0] ?? 0);
    for (const [index, ticket] of shown.entries()) {
      const entry = this.#jobs.get(ticket.jobId);
      if (entry === undefined) continue;
      const live = this.#jobs.live(entry, ticket.item);
      const position = index + 1;
      if (live.shownPosition === position) continue;
      const isWorthAnEdit = live.shownPosition === null || SHOWN_POSITIONS.includes(position);
      if (!isWorthAnEdit) continue;
      live.shownPosition = position;
      this.#options.onContext(ticket.jobId);
    }
  }

  /** A cancel met the item in line or waiting. In flight, the attempt itself ends it. */
  async #leaveLine(entry: Entry, name: string): Promise<void> {
    this.#turns.remove(entry.job.id, name);
    await this.#attempts.endIdle(entry, name);
  }

  /** Waits out a saved delay without a slot, then asks for a turn ahead of the user's newer work. */
  async #wake(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    const live = this.#jobs.live(entry, name);
    if (item.state !== 'waiting' || live.isWaking) return;
    const { clock } = this.#options;
    live.isWaking = true;
    try {
      await clock.sleep(remainingWaitMs(item.until, item.delayMs, clock.now()), this.#stop.signal);
    } catch {
      return;
    } finally {
      live.isWaking = false;
    }
    const now = getItem(entry.job, name);
    if (now.state !== 'waiting' || now.until !== item.until) return;
    this.#offer(entry, now, true);
    this.#fillLanes();
  }

  /** The lanes' handler: one attempt from its turn to its end. Never rejects. */
  async #runTicket(ticket: Ticket): Promise<void> {
    const entry = this.#jobs.get(ticket.jobId);
    if (entry === undefined) return this.#uncount(ticket);
    const live = this.#jobs.live(entry, ticket.item);
    live.isOffered = false;
    const controller = (live.cancel = new AbortController());
    const end = followSignals(controller.signal, this.#stop.signal);
    await this.#attempts.run(entry, ticket.item, end.signal);
    end.release();
    live.cancel = null;
    this.#gates.noteEnd(entry.job.input.provider, itemKey(ticket.jobId, ticket.item));
    this.#uncount(ticket);
    // A cancel that came while the attempt was ending found it in flight and left it to us.
    if (entry.job.cancelRequest !== null) await this.#leaveLine(entry, ticket.item).catch(() => undefined);
    const item = entry.job.items.find(({ name }) => name === ticket.item);
    // It was not let through: the gate has closed meanwhile.
    if (item?.state === 'queued') {
      this.#offer(entry, item, true);
      this.#fillLanes();
    } else {
      void this.#wake(entry, ticket.item);
    }
  }

  /** Everybody who waits for this provider sees on the card why. */
  #tellHold(provider: string): void {
    for (const entry of this.#jobs.all()) {
      const isWaiting = entry.job.items.some(({ state }) => state === 'queued' || state === 'waiting');
      if (isWaiting && entry.job.input.provider === provider) this.#options.onContext(entry.job.id);
    }
  }
}

function laneOf(provider: string, kind: Kind): string {
  return `${provider}:${kind}`;
}

function laneOfJob(job: Job): string {
  return laneOf(job.input.provider, job.input.kind);
}

function providerOfLane(lane: string): string {
  return lane.slice(0, lane.lastIndexOf(':'));
}

function ticketFor(job: Job, item: Item): Ticket {
  const attempt = ACTIVE_ITEM_STATES.has(item.state) ? item.attempt : item.attempt + 1;
  return { jobId: job.id, item: item.name, attempt, userId: job.userId };
}
