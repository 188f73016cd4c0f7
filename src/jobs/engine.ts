/**
 * The engine: takes every item from queued to final, one saved step at a time, and picks each up where
 * it was after any crash. The only writer of jobs.
 *
 * Rules that hold everywhere in this file:
 * - Nothing moves on until the step before it is durable. What listeners hear is what is on disk.
 * - `starting` is saved before the paid call; the operation is saved before anything waits on it.
 * - A `start` whose answer was lost is looked for (`find`) before anything is paid again.
 * - Cancel is a saved request; the run loop is what writes `cancelled`. Shutdown aborts calls and writes
 *   nothing: the saved step is where the next process goes on.
 * - A failure of a call to a provider is data (ProviderFailure); anything else thrown is a bug and is
 *   never retried.
 */
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import type { Provider, AttemptRequest } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import type { Failure, FailureReason, Item, ItemCommon, ItemStatus, Job, Kind, Operation, Output } from './job.ts';
import { ACTIVE_ITEM_STATES, failure, getItem, isFinal, isOpenItem, moveTo, requestCancel } from './job.ts';
import { Lanes } from './lanes.ts';
import type { AssetStore, Clock, JobStore } from './ports.ts';
import type { RetryPolicy } from './retry.ts';
import { decideNext, remainingWaitMs } from './retry.ts';
import type { Ticket } from './turns.ts';
import { Turns } from './turns.ts';
import { varyPrompt } from './variations.ts';

export interface EngineConfig {
  timeoutMs: Readonly<Record<Kind, number>>;
  retry: RetryPolicy;
  jobMaxAgeMs: number;
  concurrency: number;
  userRunningLimit: number;
  userWaitingLimit: number;
}

/** One line of the log for each move; the names are those of the interface. */
export type MoveLog = Record<string, unknown>;

export interface EngineOptions {
  config: EngineConfig;
  store: JobStore;
  assets: AssetStore;
  providers: ReadonlyMap<string, Provider>;
  clock: Clock;
  /** From 0 to 1, for seeds and for spreading retries. */
  random: () => number;
  log: {
    info(message: string, fields?: MoveLog): void;
    warn(message: string, fields?: MoveLog): void;
    error(message: string, fields?: MoveLog): void;
  };
  /** Our sentence for a failure, kept in the record and the log. */
  describe: (failure: Failure) => string;
  /** A keyed hash, so that equal prompts can be told in the log without telling them. */
  hashPrompt: (prompt: string) => string;
  /** After every save, with the job as it is on disk. Must not throw. */
  onSaved: (job: Job) => void;
  /** Something unsaved that a card shows has changed: progress or position. Must not throw. */
  onContext: (jobId: string) => void;
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
}

interface Entry {
  job: Job;
  /** Saves of one job follow each other, whatever its items do at once. */
  tail: Promise<unknown>;
  /** Whether the lanes may have it: not before its card stands. */
  isBegun: boolean;
  items: Map<string, LiveItem>;
}

/** What is known of an item only while this process lives. */
interface LiveItem {
  /** Set while an attempt is in flight. */
  cancel: AbortController | null;
  /** In line for a turn, or on the way to a slot. */
  isOffered: boolean;
  /** Called at the first sign that a suspect got past the step it was stuck in. */
  onProgress: (() => void) | null;
  progress: number | null;
  shownPosition: number | null;
  enteredAt: number;
  /** Inline outputs of the current attempt, by index; lost with the process. */
  bytes: (Uint8Array | null)[];
}

class Cancelled extends Error {}
class Stopped extends Error {}

/** Positions that are worth an edit of the card. */
const SHOWN_POSITIONS: readonly number[] = [10, 5, 3, 2, 1];
/** Replicate's list shows a new prediction only after a moment; looked at so often before it counts as not accepted. */
const FIND_DELAYS_MS: readonly number[] = [0, 1_000, 3_000];
/** Files are fetched again on transient trouble; making the picture again would be paid again. */
const FETCH_DELAYS_MS: readonly number[] = [500, 1_000, 2_000, 4_000];
/** How long an upstream cancel may hold up the card. */
const CANCEL_BOUND_MS = 3_000;
const SAVE_RETRY_MS = { first: 250, most: 5_000 };
/** How much longer than its time an operation is asked for while the provider cannot be reached. */
const UNREACHABLE_FACTOR = 3;
const MAX_OUTPUTS = 10;
const OVERDUE_SWEEP_MS = 30_000;
const LONGEST_SEED = 2 ** 31 - 1;

export class Engine {
  readonly #options: EngineOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byUser = new Map<string, Set<Entry>>();
  readonly #turns = new Turns();
  readonly #lanes: Lanes;
  /** Items that were there at two unclean ends: they run one by one before anything else. */
  readonly #suspects: Ticket[] = [];
  /** Items in flight by user, and the tickets counted in it. */
  readonly #running = new Map<string, number>();
  readonly #counted = new Set<Ticket>();
  readonly #stop = new AbortController();
  /** `find` and the claim that follows it are one step for all items. */
  #finding: Promise<unknown> = Promise.resolve();
  #isOpen = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#lanes = new Lanes({
      concurrency: options.config.concurrency,
      run: (ticket) => this.#runTicket(ticket),
      onRoom: () => this.#fillLanes(),
      clock: options.clock,
      signal: this.#stop.signal,
    });
  }

  // ------------------------------------------------------------------------------- taking work in

  /**
   * Takes a new job in on its user's limits and saves it. Returns the refusal when it does not fit.
   * Rejects with StoreFailure when it could not be saved; nothing is kept of it then.
   * Nothing is paid before `begin`.
   */
  async submit(job: Job): Promise<LimitRefusal | null> {
    const refusal = this.#checkLimits(job);
    if (refusal !== null) return refusal;
    // Reserved before the save, so that two requests at once cannot both take the last place.
    const entry = this.#keep(job, false);
    try {
      await this.#options.store.save(job);
    } catch (error) {
      this.#drop(entry);
      throw error;
    }
    this.#logNew(job);
    return null;
  }

  /** Offers a saved job to the lanes: its card stands, so it may be paid for. A second call changes nothing. */
  begin(jobId: string): void {
    const entry = this.#entries.get(jobId);
    if (entry === undefined || entry.isBegun) return;
    entry.isBegun = true;
    for (const item of entry.job.items) if (item.state === 'queued') this.#offer(entry, item);
    this.#fillLanes();
  }

  /** Ends a job that never reached its user, unpaid. */
  async discard(jobId: string): Promise<void> {
    const entry = this.#entries.get(jobId);
    if (entry === undefined || entry.isBegun) return;
    for (const item of entry.job.items) {
      if (isOpenItem(item)) await this.#end(entry, item.name, failure('cancelled-undelivered', 'give-up'));
    }
  }

  /** Saves the wish to cancel and acts on it. Resolves when the wish is durable; false when the job was final already. */
  async cancel(jobId: string, userId: string): Promise<boolean> {
    const entry = this.#entries.get(jobId);
    if (entry === undefined) return false;
    await this.#update(entry, (job) => requestCancel(job, userId, this.#options.clock.now()));
    for (const { name } of entry.job.items) {
      const { cancel } = this.#live(entry, name);
      if (cancel !== null) cancel.abort(new Cancelled());
      else await this.#endIdle(entry, name);
    }
    return true;
  }

  /** The job as it is saved: from memory while it is open, else from the store. */
  async get(jobId: string): Promise<Job | undefined> {
    return this.#entries.get(jobId)?.job ?? (await this.#options.store.get(jobId));
  }

  /** Jobs that are not final. */
  listOpen(): Job[] {
    return [...this.#entries.values()].map((entry) => entry.job);
  }

  isPaused(provider: string, kind: Kind): boolean {
    return this.#lanes.pausedUntil(laneOf(provider, kind)) !== null;
  }

  /** What the card shows and nobody saves. */
  contextOf(jobId: string): LiveContext {
    const positions = new Map<string, number>();
    const progress = new Map<string, number>();
    const entry = this.#entries.get(jobId);
    for (const item of entry?.job.items ?? []) {
      const live = entry?.items.get(item.name);
      if (item.state === 'queued' && live?.shownPosition != null) positions.set(item.name, live.shownPosition);
      if (item.state === 'running' && live?.progress != null) progress.set(item.name, live.progress);
    }
    return { positions, progress };
  }

  // --------------------------------------------------------------------------------- start and stop

  /**
   * Reads what was open, and notes which items were in flight at an unclean end. Nothing runs yet.
   * Returns the open jobs; queued ones wait for `begin`, the others for `start`.
   */
  async load(): Promise<Job[]> {
    const { store } = this.#options;
    const wasCleanEnd = await store.takeCleanEnd();
    for (const job of await store.listOpen()) {
      const entry = this.#keep(job, job.state !== 'queued');
      for (const item of job.items) {
        const operationId = operationOf(item)?.id;
        // The claim may have been lost between the two writes; the job is the truth.
        if (operationId !== undefined) await store.claim(operationId, claimName(job, item));
        if (!wasCleanEnd && ACTIVE_ITEM_STATES.has(item.state)) await this.#noteUncleanEnd(entry, item);
      }
    }
    return this.listOpen();
  }

  /** Goes on with everything that was loaded and opens the lanes. Suspects run first, each alone. */
  start(): void {
    void this.#startAll();
  }

  /**
   * Takes no new turn, aborts what can be picked up again, and resolves when nothing is in flight and
   * every save has ended. Writes no state of its own.
   */
  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#stop.abort(new Stopped());
    await this.#lanes.drain();
    await Promise.all([...this.#entries.values()].map((entry) => entry.tail));
  }

  async #startAll(): Promise<void> {
    for (const ticket of this.#suspects) await this.#runAlone(ticket);
    if (this.#stop.signal.aborted) return;
    this.#isOpen = true;
    let done = 0;
    for (const entry of this.#entries.values()) {
      for (const item of entry.job.items) this.#resume(entry, item);
      // Thousands of open jobs must not hold up the answers to those who ask meanwhile.
      if (++done % 200 === 0) await nextTurnOfLoop();
    }
    this.#fillLanes();
    void this.#sweepOverdue();
  }

  /** Resolves when the item got past the step it was in at the unclean ends; others may join then. */
  async #runAlone(ticket: Ticket): Promise<void> {
    const entry = this.#entries.get(ticket.jobId);
    if (entry === undefined) return;
    const live = this.#live(entry, ticket.item);
    const progressed = new Promise<void>((resolve) => (live.onProgress = resolve));
    await Promise.race([this.#runTicket(ticket), progressed]);
  }

  #resume(entry: Entry, item: Item): void {
    if (this.#live(entry, item.name).cancel !== null) return;
    if (entry.job.cancelRequest !== null && !ACTIVE_ITEM_STATES.has(item.state)) {
      void this.#endIdle(entry, item.name);
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
   * An item in the same step at two unclean ends without progress between them may be what ends the
   * process: it runs alone next. Only an unclean end while it was alone proves it.
   */
  async #noteUncleanEnd(entry: Entry, item: Item): Promise<void> {
    if (item.alone) {
      await this.#end(entry, item.name, failure('crashed-alone', 'give-up'));
      return;
    }
    const uncleanEnds = item.uncleanEnds + 1;
    const isSuspect = uncleanEnds >= 2;
    await this.#note(entry, item.name, { uncleanEnds, alone: isSuspect });
    if (isSuspect) this.#suspects.push(ticketFor(entry.job, item));
  }

  /** Fails what waited longer than a job may live; what is in flight is bound by its own time. */
  async #sweepOverdue(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const entry of this.#entries.values()) {
        if (!this.#isTooOld(entry.job)) continue;
        for (const item of entry.job.items) {
          if (item.state === 'queued' || item.state === 'waiting') await this.#failTooOld(entry, item.name);
        }
      }
      await clock.sleep(OVERDUE_SWEEP_MS, signal).catch(() => undefined);
    }
  }

  // ------------------------------------------------------------------------------------ fair turns

  #checkLimits(job: Job): LimitRefusal | null {
    const { userRunningLimit, userWaitingLimit } = this.#options.config;
    if (!this.#isLimited(job)) return null;
    let open = 0;
    for (const entry of this.#byUser.get(job.userId) ?? []) {
      if (this.#isLimited(entry.job)) open += entry.job.items.filter(isOpenItem).length;
    }
    const limit = userRunningLimit + userWaitingLimit;
    const asked = job.items.length;
    // What fits an empty queue is never split: with nothing open, any single request is taken.
    if (open === 0 || open + asked <= limit) return null;
    return { limit, open, asked, runningLimit: userRunningLimit, waitingLimit: userWaitingLimit };
  }

  /** Local pictures are free. */
  #isLimited(job: Job): boolean {
    return this.#options.providers.get(job.input.provider)?.isPaid !== false;
  }

  #offer(entry: Entry, item: Item, isFirst = false): void {
    const live = this.#live(entry, item.name);
    if (live.isOffered) return;
    live.isOffered = true;
    this.#turns.offer(laneOfJob(entry.job), ticketFor(entry.job, item), isFirst);
  }

  #fillLanes(): void {
    if (!this.#isOpen) return;
    for (const lane of this.#turns.lanes()) {
      while (this.#lanes.hasRoom(lane)) {
        const ticket = this.#turns.take(lane, (userId) => this.#mayRunMore(lane, userId));
        if (ticket === undefined) break;
        this.#launch(lane, ticket);
      }
      this.#tellPositions(lane);
    }
  }

  #mayRunMore(lane: string, userId: string): boolean {
    const provider = this.#options.providers.get(providerOfLane(lane));
    if (provider?.isPaid === false) return true;
    return (this.#running.get(userId) ?? 0) < this.#options.config.userRunningLimit;
  }

  /** Counted from here, not from when a slot is free, or one user could take every slot at once. */
  #launch(lane: string, ticket: Ticket): void {
    const entry = this.#entries.get(ticket.jobId);
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
      const entry = this.#entries.get(ticket.jobId);
      if (entry === undefined) continue;
      const live = this.#live(entry, ticket.item);
      const position = index + 1;
      if (live.shownPosition === position) continue;
      const isWorthAnEdit = live.shownPosition === null || SHOWN_POSITIONS.includes(position);
      if (!isWorthAnEdit) continue;
      live.shownPosition = position;
      this.#options.onContext(ticket.jobId);
    }
  }

  /** Waits out a saved delay without a slot, then asks for a turn ahead of the user's newer work. */
  async #wake(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'waiting') return;
    const { clock } = this.#options;
    try {
      await clock.sleep(remainingWaitMs(item.until, item.delayMs, clock.now()), this.#stop.signal);
    } catch {
      return;
    }
    const now = getItem(entry.job, name);
    if (now.state !== 'waiting' || now.until !== item.until) return;
    this.#offer(entry, now, true);
    this.#fillLanes();
  }

  // ------------------------------------------------------------------------------------ an attempt

  /** The lanes' handler: one attempt from its turn to its end. Never rejects. */
  async #runTicket(ticket: Ticket): Promise<void> {
    const entry = this.#entries.get(ticket.jobId);
    if (entry === undefined) return this.#uncount(ticket);
    const live = this.#live(entry, ticket.item);
    live.isOffered = false;
    const controller = (live.cancel = new AbortController());
    try {
      await this.#runAttempt(entry, ticket.item, AbortSignal.any([controller.signal, this.#stop.signal]));
    } catch (error) {
      await this.#endBroken(entry, ticket.item, error);
    } finally {
      live.cancel = null;
      this.#uncount(ticket);
    }
    // A cancel that came while the attempt was ending found it in flight and left it to us.
    if (entry.job.cancelRequest !== null) await this.#endIdle(entry, ticket.item).catch(() => undefined);
    void this.#wake(entry, ticket.item);
  }

  /** Walks the item from the step it is in to the end of the attempt. `signal` aborts for a cancel or a stop. */
  async #runAttempt(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const item = getItem(entry.job, name);
    if (!isOpenItem(item)) return;
    if (!ACTIVE_ITEM_STATES.has(item.state)) {
      if (this.#isTooOld(entry.job)) return this.#failTooOld(entry, name);
      if (entry.job.cancelRequest !== null) return this.#endIdle(entry, name);
      await this.#beginAttempt(entry, item);
      await this.#start(entry, name);
    } else if (item.state === 'starting') {
      await this.#startAgain(entry, name);
    }
    this.#throwIfEnded(entry, signal);
    if (getItem(entry.job, name).state === 'running') await this.#poll(entry, name, signal);
    if (getItem(entry.job, name).state === 'collecting') await this.#collect(entry, name, signal);
  }

  async #beginAttempt(entry: Entry, item: Item): Promise<void> {
    const { clock } = this.#options;
    const seed = item.attempt === 0 ? (entry.job.input.seed ?? this.#newSeed()) : item.seed;
    await this.#move(
      entry,
      item.name,
      { state: 'starting' },
      { attempt: item.attempt + 1, seed, attemptStartedAt: clock.now() },
    );
  }

  /** An attempt that was already `starting` when the process ended: perhaps paid. */
  async #startAgain(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    const provider = this.#providerOf(entry.job);
    if (provider?.canFind === true) {
      const since = item.inDoubtSince ?? item.attemptStartedAt ?? entry.job.createdAt;
      if (await this.#pickUpLost(entry, name, provider, since, FIND_DELAYS_MS)) return;
      if (!ACTIVE_ITEM_STATES.has(getItem(entry.job, name).state)) return;
    }
    if (entry.job.cancelRequest !== null) throw new Cancelled();
    await this.#start(entry, name);
  }

  /** The paid call, with everything that may become of it. */
  async #start(entry: Entry, name: string): Promise<void> {
    const provider = this.#providerOf(entry.job);
    if (provider === undefined) return this.#endAttempt(entry, name, failure('provider-off', 'give-up'));
    const item = getItem(entry.job, name);
    if (item.inDoubtSince !== null && provider.canFind) {
      // The attempt before this one lost its answer. It may have turned up since.
      if (await this.#pickUpLost(entry, name, provider, item.inDoubtSince, [0])) return;
      if (getItem(entry.job, name).state !== 'starting') return;
    }
    try {
      // Only a stop aborts the call. A cancel lets it end: aborted half way, nobody knew what to cancel upstream.
      const started = await provider.start(this.#attemptRequest(entry.job, name), { signal: this.#stop.signal });
      if (started.status === 'running') {
        await this.#move(
          entry,
          name,
          { state: 'running', operation: started.operation, begunAt: null },
          { model: started.model, inDoubtSince: null },
        );
        await this.#claim(started.operation.id, entry.job, name);
      } else {
        this.#live(entry, name).bytes = started.bytes;
        await this.#move(
          entry,
          name,
          { state: 'collecting', operation: null, outputs: started.outputs },
          { model: started.model, inDoubtSince: null },
        );
      }
    } catch (error) {
      // Aborted by a stop, whatever the provider made of it: `starting` on disk is where `find` goes on.
      if (this.#stop.signal.aborted || !(error instanceof ProviderFailure)) throw error;
      if (error.isAccepted === 'unknown' && provider.canFind)
        await this.#resolveDoubt(entry, name, provider, error.failure);
      else
        await this.#endAttempt(entry, name, error.failure, { wasRefusedForNow: error.failure.reason === 'rate-limit' });
    }
  }

  /** The answer to `start` was lost: look for what it may have started before anything else. */
  async #resolveDoubt(entry: Entry, name: string, provider: Provider, lost: Failure): Promise<void> {
    const item = getItem(entry.job, name);
    const since = item.inDoubtSince ?? item.attemptStartedAt ?? entry.job.createdAt;
    if (item.inDoubtSince === null) await this.#note(entry, name, { inDoubtSince: since });
    if (await this.#pickUpLost(entry, name, provider, since, FIND_DELAYS_MS)) return;
    if (getItem(entry.job, name).state === 'starting') await this.#endAttempt(entry, name, lost);
  }

  /**
   * Asks `find` after each of the delays. True: found, and the item is running with it. When the
   * question itself fails the attempt ends still in doubt: paying again unasked is the one thing never done.
   */
  async #pickUpLost(
    entry: Entry,
    name: string,
    provider: Provider,
    since: number,
    delaysMs: readonly number[],
  ): Promise<boolean> {
    for (const delayMs of delaysMs) {
      // A cancel must wait for the answer as well: what is found is cancelled upstream.
      await this.#options.clock.sleep(delayMs, this.#stop.signal);
      try {
        const operation = await this.#findAndClaim(entry, name, provider, since);
        if (operation === null) continue;
        await this.#move(entry, name, { state: 'running', operation, begunAt: null }, { inDoubtSince: null });
        return true;
      } catch (error) {
        if (this.#stop.signal.aborted || !(error instanceof ProviderFailure)) throw error;
        await this.#note(entry, name, { inDoubtSince: since });
        await this.#endAttempt(entry, name, error.failure);
        return false;
      }
    }
    return false;
  }

  #findAndClaim(entry: Entry, name: string, provider: Provider, since: number): Promise<Operation | null> {
    const { store } = this.#options;
    const found = this.#finding.then(async () => {
      const operation = await provider.find(this.#attemptRequest(entry.job, name), {
        since,
        isClaimed: (operationId) => store.isClaimed(operationId),
        signal: this.#stop.signal,
      });
      if (operation !== null) await this.#claim(operation.id, entry.job, name);
      return operation;
    });
    this.#finding = found.catch(() => undefined);
    return found;
  }

  /** Asks how the operation goes until it has ended or its time is over. */
  async #poll(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const provider = this.#providerOf(entry.job);
    if (provider === undefined) return this.#endAttempt(entry, name, failure('provider-off', 'give-up'));
    for (let checks = 0; ; checks++) {
      const item = getItem(entry.job, name);
      if (item.state !== 'running') return;
      // What was running before a restart is asked at once: it may long be done.
      if (checks > 0 || item.uncleanEnds === 0)
        await clock.sleep(this.#pollDelayMs(entry.job.input.kind, checks), signal);
      const isReached = await this.#checkOnce(entry, name, provider, item.operation, signal);
      if (isReached === 'ended') return;
      const overdue = this.#findOverdue(entry, name, isReached === 'reached');
      if (overdue !== null) return this.#endOverdue(entry, name, provider, item.operation, overdue, signal);
    }
  }

  async #checkOnce(
    entry: Entry,
    name: string,
    provider: Provider,
    operation: Operation,
    signal: AbortSignal,
  ): Promise<'reached' | 'unreached' | 'ended'> {
    try {
      const checked = await provider.check(operation, { signal });
      if (checked.status === 'finished') {
        await this.#takeOutputs(entry, name, operation, checked.outputs);
        return 'ended';
      }
      if (checked.status === 'failed') {
        await this.#endAttempt(entry, name, checked.failure);
        return 'ended';
      }
      await this.#noteRunning(entry, name, checked.begun, checked.progress);
      return 'reached';
    } catch (error) {
      this.#throwIfEnded(entry, signal);
      if (!(error instanceof ProviderFailure)) throw error;
      this.#options.log.warn('the provider did not answer a question about running work', {
        jobId: entry.job.id,
        item: name,
        errorCode: error.failure.code,
        errorMessage: error.message,
      });
      // The question failed, not the work. Only a refusal for good ends the attempt.
      if (error.failure.next === 'give-up') {
        await this.#endAttempt(entry, name, error.failure);
        return 'ended';
      }
      if (error.failure.retryAfterMs !== null) await this.#options.clock.sleep(error.failure.retryAfterMs, signal);
      return 'unreached';
    }
  }

  async #takeOutputs(entry: Entry, name: string, operation: Operation, outputs: readonly Output[]): Promise<void> {
    if (outputs.length === 0) return this.#endAttempt(entry, name, failure('no-output', 'vary'));
    await this.#move(entry, name, { state: 'collecting', operation, outputs: outputs.slice(0, MAX_OUTPUTS) });
  }

  /** Saves when the work began (its time runs from there); progress itself is shown, never saved. */
  async #noteRunning(entry: Entry, name: string, begun: boolean, progress: number | null): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'running') return;
    const live = this.#live(entry, name);
    const isNews = begun && item.begunAt === null;
    if (isNews || item.uncleanEnds > 0) {
      const begunAt = isNews ? this.#options.clock.now() : item.begunAt;
      await this.#move(
        entry,
        name,
        { state: 'running', operation: item.operation, begunAt },
        { uncleanEnds: 0, alone: false },
      );
    }
    live.onProgress?.();
    if (progress === null || progress === live.progress) return;
    live.progress = progress;
    this.#options.onContext(entry.job.id);
  }

  /** An attempt has its time from when the provider begins to work, and as long again for the provider's queue. */
  #findOverdue(entry: Entry, name: string, isReached: boolean): FailureReason | null {
    const item = getItem(entry.job, name);
    if (item.state !== 'running') return null;
    const timeoutMs = this.#options.config.timeoutMs[entry.job.input.kind];
    const since = item.begunAt ?? item.attemptStartedAt ?? entry.job.createdAt;
    const elapsedMs = this.#options.clock.now() - since;
    // Without an answer nobody knows that it is late: it may be done and waiting for us.
    if (elapsedMs <= (isReached ? timeoutMs : timeoutMs * UNREACHABLE_FACTOR)) return null;
    if (!isReached) return 'network';
    return item.begunAt === null ? 'provider-queue-timeout' : 'attempt-timeout';
  }

  /** Cancels upstream, so that nothing late is paid for, and takes the result should it just have come. */
  async #endOverdue(
    entry: Entry,
    name: string,
    provider: Provider,
    operation: Operation,
    reason: FailureReason,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#cancelUpstream(entry.job, provider, operation);
    const checked = await provider.check(operation, { signal }).catch(() => null);
    if (checked?.status === 'finished') return this.#takeOutputs(entry, name, operation, checked.outputs);
    await this.#endAttempt(entry, name, failure(reason, 'retry'));
  }

  /** Fetches and keeps the files; the item is done when they are durable. */
  async #collect(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'collecting') return;
    const { bytes } = this.#live(entry, name);
    if (item.outputs.some((output, index) => output.kind === 'inline' && bytes[index] == null)) {
      // They were in the memory of a process that is gone.
      await this.#move(entry, name, { state: 'starting' });
      await this.#start(entry, name);
      return this.#collect(entry, name, signal);
    }
    const kept = [];
    let refused: Failure | null = null;
    for (const [index, output] of item.outputs.entries()) {
      const file = await this.#fetch(entry, output, bytes[index] ?? null, signal);
      if ('code' in file) refused = file;
      else
        kept.push(
          await this.#keepDurably(() => this.#options.assets.put({ jobId: entry.job.id, item: name, index, ...file })),
        );
    }
    this.#throwIfEnded(entry, signal);
    if (kept.length > 0) await this.#succeed(entry, name, kept);
    else await this.#endAttempt(entry, name, refused ?? failure('no-output', 'vary'));
  }

  /** A failed fetch is tried again as a fetch: the picture is paid for already. */
  async #fetch(
    entry: Entry,
    output: Output,
    bytes: Uint8Array | null,
    signal: AbortSignal,
  ): Promise<Failure | { bytes: Uint8Array; mimeType: string; extension: string }> {
    if (output.kind === 'inline') {
      if (bytes === null) return failure('file-gone', 'give-up');
      return { bytes, mimeType: output.mimeType, extension: `.${output.mimeType.split('/')[1] ?? 'bin'}` };
    }
    const provider = this.#providerOf(entry.job);
    if (provider === undefined) return failure('provider-off', 'give-up');
    for (let tries = 0; ; tries++) {
      try {
        return await provider.fetchFile(output, { signal });
      } catch (error) {
        this.#throwIfEnded(entry, signal);
        if (!(error instanceof ProviderFailure)) throw error;
        const delayMs = FETCH_DELAYS_MS[tries];
        if (error.failure.next === 'give-up' || delayMs === undefined) return { ...error.failure, next: 'give-up' };
        await this.#options.clock.sleep(Math.max(delayMs, error.failure.retryAfterMs ?? 0), signal);
      }
    }
  }

  // ------------------------------------------------------------------------------------ how it ends

  async #succeed(entry: Entry, name: string, assets: Extract<Item, { state: 'done' }>['assets']): Promise<void> {
    const item = getItem(entry.job, name);
    await this.#move(
      entry,
      name,
      { state: 'done', assets },
      { attempts: [...item.attempts, this.#closeAttempt(entry.job, item, null)] },
    );
  }

  /** The attempt came to nothing: wait for the next one, or fail. */
  async #endAttempt(entry: Entry, name: string, lost: Failure, { wasRefusedForNow = false } = {}): Promise<void> {
    const { clock, config, random } = this.#options;
    const item = getItem(entry.job, name);
    const step = decideNext(
      {
        failure: lost,
        kind: entry.job.input.kind,
        retryCount: item.retryCount,
        maxRetries: entry.job.maxRetries,
        wasRefusedForNow,
        isInDoubt: item.inDoubtSince !== null,
        variation: item.variation,
        now: clock.now(),
        random: random(),
      },
      config.retry,
    );
    const attempts = wasRefusedForNow ? item.attempts : [...item.attempts, this.#closeAttempt(entry.job, item, lost)];
    if (step.next === 'give-up') {
      await this.#move(entry, name, { state: 'failed', failure: lost, causeCode: step.causeCode }, { attempts });
      return;
    }
    const { delayMs, until, retryCount, variation } = step;
    if (wasRefusedForNow) this.#lanes.pause(laneOfJob(entry.job), until);
    await this.#move(
      entry,
      name,
      { state: 'waiting', until, delayMs, failure: lost },
      {
        attempts,
        retryCount,
        variation,
        seed: step.needsNewSeed ? this.#newSeed() : item.seed,
        // An attempt that was refused for now has not happened: its number comes again.
        attempt: wasRefusedForNow ? item.attempt - 1 : item.attempt,
      },
    );
  }

  /** After an error that is no ProviderFailure: a cancel, a stop, or a bug of ours. */
  async #endBroken(entry: Entry, name: string, error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      if (entry.job.cancelRequest !== null) return await this.#endCancelled(entry, name);
      this.#options.log.error('a bug ended an attempt', {
        jobId: entry.job.id,
        item: name,
        errorCode: 'API_ERROR',
        errorMessage: error instanceof Error ? error.message : String(error),
      });
      await this.#endAttempt(entry, name, failure('internal', 'give-up'));
    } catch (second) {
      if (!this.#stop.signal.aborted)
        this.#options.log.error('an attempt could not be ended', {
          jobId: entry.job.id,
          item: name,
          errorMessage: String(second),
        });
    }
  }

  /** A cancel met the item in flight: stop the spending first, then say so. */
  async #endCancelled(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    if (!isOpenItem(item)) return;
    const provider = this.#providerOf(entry.job);
    if (item.state === 'running' && provider !== undefined)
      await this.#cancelUpstream(entry.job, provider, item.operation);
    await this.#end(entry, name, failure('cancelled-by-user', 'give-up'));
  }

  /** A cancel met the item in line or waiting. In flight, the run loop does it. */
  async #endIdle(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'queued' && item.state !== 'waiting') return;
    this.#turns.remove(entry.job.id, name);
    await this.#end(entry, name, failure('cancelled-by-user', 'give-up'));
  }

  async #failTooOld(entry: Entry, name: string): Promise<void> {
    this.#turns.remove(entry.job.id, name);
    await this.#end(entry, name, failure('job-too-old', 'give-up'));
  }

  async #end(entry: Entry, name: string, lost: Failure): Promise<void> {
    const item = getItem(entry.job, name);
    if (!isOpenItem(item)) return;
    const attempts =
      item.state === 'queued' || item.state === 'waiting'
        ? item.attempts
        : [...item.attempts, this.#closeAttempt(entry.job, item, lost)];
    const status: ItemStatus =
      lost.code === 'CANCELLED'
        ? { state: 'cancelled', failure: lost }
        : { state: 'failed', failure: lost, causeCode: null };
    await this.#move(entry, name, status, { attempts });
  }

  /** Bounded for the card's sake; the call itself goes on and is safe to repeat. `Cancel-After` is behind it. */
  async #cancelUpstream(job: Job, provider: Provider, operation: Operation): Promise<void> {
    const ended = provider.cancel(operation, { signal: this.#stop.signal }).catch((error: unknown) => {
      this.#options.log.warn('work could not be cancelled upstream', {
        jobId: job.id,
        provider: provider.name,
        errorMessage: error instanceof ProviderFailure ? error.message : 'unexpected error',
      });
    });
    const bound = new AbortController();
    await Promise.race([ended, this.#options.clock.sleep(CANCEL_BOUND_MS, bound.signal).catch(() => undefined)]);
    bound.abort();
  }

  #closeAttempt(job: Job, item: Item, lost: Failure | null): Item['attempts'][number] {
    const now = this.#options.clock.now();
    return {
      number: item.attempt,
      provider: job.input.provider,
      model: item.model,
      operationId: operationOf(item)?.id ?? null,
      seed: item.seed,
      variation: item.variation,
      startedAt: item.attemptStartedAt ?? now,
      endedAt: now,
      failure: lost,
    };
  }

  // ---------------------------------------------------------------------------------------- saving

  async #move(entry: Entry, name: string, to: ItemStatus, note: Partial<ItemCommon> = {}): Promise<void> {
    const { clock, describe } = this.#options;
    const before = getItem(entry.job, name);
    // Getting on to another step is progress: what counted against the item is forgotten.
    const cleared = before.state === to.state ? {} : { uncleanEnds: 0, alone: false };
    await this.#update(entry, (job) =>
      moveTo(job, { item: name, to, note: { ...cleared, ...note }, now: clock.now() }, describe),
    );
    if (before.state === to.state) return;
    const live = this.#live(entry, name);
    this.#logMove(entry.job, name, before, live.enteredAt);
    live.enteredAt = clock.now();
    if (to.state !== 'running') live.progress = null;
    if (to.state !== 'queued') live.shownPosition = null;
    live.onProgress?.();
    live.onProgress = null;
  }

  /** Saves news about an item that stays where it is. */
  async #note(entry: Entry, name: string, note: Partial<ItemCommon>): Promise<void> {
    const item = getItem(entry.job, name);
    await this.#move(entry, name, item, note);
  }

  /** Saves of one job follow each other; each sees what the one before left. */
  #update(entry: Entry, change: (job: Job) => Job): Promise<void> {
    const next = entry.tail.then(async () => {
      const changed = change(entry.job);
      if (changed === entry.job) return;
      await this.#keepDurably(() => this.#options.store.save(changed));
      entry.job = changed;
      if (isFinal(changed)) this.#drop(entry);
      this.#options.onSaved(changed);
    });
    entry.tail = next.catch(() => undefined);
    return next;
  }

  /** A disk that refuses holds the job where it is, unannounced and unpaid, until it takes the save. */
  async #keepDurably<T>(write: () => Promise<T>): Promise<T> {
    for (let delayMs = SAVE_RETRY_MS.first; ; delayMs = Math.min(delayMs * 2, SAVE_RETRY_MS.most)) {
      try {
        return await write();
      } catch (error) {
        this.#options.log.error('the disk did not take a save; trying again', {
          errorMessage: error instanceof Error ? error.message : String(error),
        });
        await this.#options.clock.sleep(delayMs, this.#stop.signal);
      }
    }
  }

  async #claim(operationId: string, job: Job, name: string): Promise<void> {
    await this.#keepDurably(() => this.#options.store.claim(operationId, `${job.id}:${name}`));
  }

  #keep(job: Job, isBegun: boolean): Entry {
    const entry: Entry = { job, tail: Promise.resolve(), isBegun, items: new Map() };
    this.#entries.set(job.id, entry);
    const own = this.#byUser.get(job.userId) ?? new Set();
    this.#byUser.set(job.userId, own.add(entry));
    return entry;
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.job.id);
    const own = this.#byUser.get(entry.job.userId);
    own?.delete(entry);
    if (own?.size === 0) this.#byUser.delete(entry.job.userId);
  }

  #live(entry: Entry, name: string): LiveItem {
    let live = entry.items.get(name);
    if (live === undefined) {
      live = {
        cancel: null,
        isOffered: false,
        onProgress: null,
        progress: null,
        shownPosition: null,
        enteredAt: this.#options.clock.now(),
        bytes: [],
      };
      entry.items.set(name, live);
    }
    return live;
  }

  // ----------------------------------------------------------------------------------------- small

  #attemptRequest(job: Job, name: string): AttemptRequest {
    const item = getItem(job, name);
    const { input } = job;
    return {
      jobId: job.id,
      item: name,
      kind: input.kind,
      model: input.model,
      prompt: varyPrompt(input.prompt, item.variation),
      negativePrompt: input.negativePrompt,
      aspectRatio: input.aspectRatio,
      seed: item.seed,
      // Its time to work and as long again for the provider's queue.
      expiresAfterMs: this.#options.config.timeoutMs[input.kind] * 2,
    };
  }

  #providerOf(job: Job): Provider | undefined {
    return this.#options.providers.get(job.input.provider);
  }

  #throwIfEnded(entry: Entry, signal: AbortSignal): void {
    if (this.#stop.signal.aborted) throw new Stopped();
    if (signal.aborted || entry.job.cancelRequest !== null) throw new Cancelled();
  }

  #isTooOld(job: Job): boolean {
    return this.#options.clock.now() - job.createdAt > this.#options.config.jobMaxAgeMs;
  }

  #newSeed(): number {
    return Math.floor(this.#options.random() * LONGEST_SEED);
  }

  /**
   * Often at first, when a fast picture comes, then slower; slower for all when much is in flight, since
   * Replicate allows 3,000 calls a minute (facts checked in its documents, rate-limits).
   */
  #pollDelayMs(kind: Kind, checks: number): number {
    const baseMs = kind === 'video' ? 5_000 : checks < 2 ? 500 : checks < 12 ? 1_000 : 2_000;
    return baseMs * Math.max(1, this.#lanes.inFlight() / 100);
  }

  #logNew(job: Job): void {
    for (const item of job.items) this.#options.log.info('item is queued', this.#moveFields(job, item, null, null));
  }

  #logMove(job: Job, name: string, before: Item, enteredAt: number): void {
    const item = getItem(job, name);
    const fields = this.#moveFields(job, item, before.state, this.#options.clock.now() - enteredAt);
    if (item.state === 'waiting')
      Object.assign(fields, { delayMs: item.delayMs }, this.#failureFields(job, item.failure, item.failure.code));
    if (item.state === 'failed') {
      const code = item.causeCode === null ? item.failure.code : 'MAX_RETRIES_EXCEEDED';
      Object.assign(
        fields,
        this.#failureFields(job, item.failure, code),
        item.causeCode === null ? {} : { causeCode: item.causeCode },
      );
    }
    if (item.state === 'cancelled') Object.assign(fields, this.#failureFields(job, item.failure, item.failure.code));
    this.#options.log.info(`item moved from ${before.state} to ${item.state}`, fields);
  }

  #moveFields(job: Job, item: Item, from: string | null, durationMs: number | null): MoveLog {
    const { input } = job;
    return {
      jobId: job.id,
      item: item.name,
      from,
      to: item.state,
      attempt: item.attempt,
      retryCount: item.retryCount,
      provider: input.provider,
      model: item.model ?? input.model,
      input: {
        kind: input.kind,
        size: input.aspectRatio ?? 'default',
        count: job.items.length,
        promptLength: input.prompt.length,
      },
      durationMs,
    };
  }

  #failureFields(job: Job, lost: Failure, errorCode: string): MoveLog {
    const status = lost.providerStatus === null ? '' : ` (${lost.providerStatus})`;
    return {
      errorCode,
      errorMessage: `${this.#options.describe(lost)}${status}`,
      promptHash: this.#options.hashPrompt(job.input.prompt),
    };
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

function claimName(job: Job, item: Item): string {
  return `${job.id}:${item.name}`;
}

function operationOf(item: Item): Operation | null {
  return item.state === 'running' || item.state === 'collecting' ? item.operation : null;
}
