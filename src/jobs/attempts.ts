/**
 * One attempt of one item, from its turn to its end, one saved step at a time.
 *
 * - `starting` is saved before the paid call; the operation is saved before anything waits on it.
 * - A `start` whose answer was lost is looked for (`find`) before anything is paid again.
 * - Cancel is a saved request; what is written here when it is met is `cancelled`. A stop of the process
 *   aborts calls and writes nothing: the saved step is where the next process goes on.
 * - A failure of a call to a provider is data (ProviderFailure); anything else thrown is a bug and is
 *   never retried.
 */
import type { AttemptRequest, FoundOperation, Provider } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import type { Failure, FailureReason, Item, ItemStatus, Job, Kind, Operation, Output } from './job.ts';
import { ACTIVE_ITEM_STATES, failure, getItem, isOpenItem } from './job.ts';
import type { Entry, OpenJobs } from './open-jobs.ts';
import type { AssetStore, Clock, JobStore, Log } from './ports.ts';
import { PollPace } from './poll-pace.ts';
import type { RetryPolicy } from './retry.ts';
import { decideNext } from './retry.ts';
import { varyPrompt } from './variations.ts';

export interface AttemptsConfig {
  timeoutMs: Readonly<Record<Kind, number>>;
  retry: RetryPolicy;
  jobMaxAgeMs: number;
}

export interface AttemptsOptions {
  config: AttemptsConfig;
  jobs: OpenJobs;
  store: JobStore;
  assets: AssetStore;
  providers: ReadonlyMap<string, Provider>;
  clock: Clock;
  /** From 0 to 1, for seeds and for spreading retries. */
  random: () => number;
  log: Log;
  /** The provider wants no new work of this kind before `until`. */
  pauseLane: (job: Job, until: number) => void;
  /** Attempts in flight in all lanes. */
  inFlight: () => number;
  /** Something unsaved that a card shows has changed: progress or position. Must not throw. */
  onContext: (jobId: string) => void;
  /** Aborts when the process stops. */
  stop: AbortSignal;
}

/** Aborts an attempt because somebody cancelled. */
export class Cancelled extends Error {}
/** Aborts an attempt because the process stops. */
export class Stopped extends Error {}

/** Replicate's list shows a new prediction only after a moment; looked at so often before it counts as not accepted. */
const FIND_DELAYS_MS: readonly number[] = [0, 1_000, 3_000];
/** After a crash the call may still be on its way: it is waited for longer before it counts as never accepted. */
const FIND_AFTER_CRASH_DELAYS_MS: readonly number[] = [0, 1_000, 2_000, 3_000, 4_000];
/** Files are fetched again on transient trouble for so many times the attempt's own time; making the picture again would be paid again. */
const FETCH_FACTOR = 5;
const FETCH_DELAY_MS = { first: 500, most: 30_000 };
/** How long an upstream cancel may hold up the card. */
const CANCEL_BOUND_MS = 3_000;
/** How much longer than its time an operation is asked for while the provider cannot be reached. */
const UNREACHABLE_FACTOR = 3;
/** So long the question whether a start was accepted is asked again without using up retries. */
const DOUBT_PATIENCE_MS = 10 * 60_000;
const MAX_OUTPUTS = 10;
/** A service that wants a longer pause between two questions is asked all the same: the work is paid for. */
const LONGEST_ASKED_WAIT_MS = 60_000;
const TOO_NEW_MS = 30_000;
const LONGEST_SEED = 2 ** 31 - 1;

export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #jobs: OpenJobs;
  readonly #pace = new PollPace();
  /** The end of the last `find` with what holds its result. */
  #finding: Promise<unknown> = Promise.resolve();

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
  }

  /** Runs the item's attempt to its end. `signal` aborts for a cancel or a stop. Never rejects. */
  async run(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#runAttempt(entry, name, signal);
    } catch (error) {
      await this.#endBroken(entry, name, error);
    }
  }

  /** Walks the item from the step it is in to the end of the attempt. `signal` aborts for a cancel or a stop. */
  async #runAttempt(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const item = getItem(entry.job, name);
    if (!isOpenItem(item)) return;
    if (!ACTIVE_ITEM_STATES.has(item.state)) {
      if (this.isTooOld(entry.job)) return this.failTooOld(entry, name);
      if (entry.job.cancelRequest !== null) return this.endIdle(entry, name);
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
    // In doubt, the seed is what the work is known by: another one would never find it, and pay again.
    const isFirst = item.attempt === 0 && item.inDoubtSince === null;
    const seed = isFirst ? (entry.job.input.seed ?? this.#newSeed()) : item.seed;
    await this.#jobs.move(
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
      if (await this.#pickUpLost(entry, name, provider, since, FIND_AFTER_CRASH_DELAYS_MS)) return;
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
    // A cancel that was saved before the call is paid for is met here, at no cost.
    if (entry.job.cancelRequest !== null) throw new Cancelled();
    try {
      // Only a stop aborts the call. A cancel lets it end: aborted half way, nobody knew what to cancel upstream.
      const started = await provider.start(this.#attemptRequest(entry.job, name), { signal: this.#options.stop });
      if (started.status === 'running') {
        const { operation, model } = started;
        // The job before the claim: a claim without its job would hide the work from the one whose it is.
        await this.#jobs.move(
          entry,
          name,
          { state: 'running', operation, begunAt: null },
          { model, inDoubtSince: null },
        );
        await this.#jobs.claim(operation.id, entry.job, name);
      } else {
        this.#jobs.live(entry, name).bytes = started.bytes;
        await this.#jobs.move(
          entry,
          name,
          { state: 'collecting', operation: null, outputs: started.outputs },
          { model: started.model, inDoubtSince: null },
        );
      }
    } catch (error) {
      // Aborted by a stop, whatever the provider made of it: `starting` on disk is where `find` goes on.
      if (this.#options.stop.aborted || !(error instanceof ProviderFailure)) throw error;
      if (error.isAccepted === 'unknown' && provider.canFind)
        await this.#resolveDoubt(entry, name, provider, error.failure);
      else
        await this.#endAttempt(
          entry,
          name,
          error.failure,
          isComeBackLater(error.failure) ? { usesRetry: false, pausesLane: true } : {},
        );
    }
  }

  /** The answer to `start` was lost: look for what it may have started before anything else. */
  async #resolveDoubt(entry: Entry, name: string, provider: Provider, lost: Failure): Promise<void> {
    const item = getItem(entry.job, name);
    const since = item.inDoubtSince ?? item.attemptStartedAt ?? entry.job.createdAt;
    if (item.inDoubtSince === null) await this.#jobs.note(entry, name, { inDoubtSince: since });
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
      await this.#options.clock.sleep(delayMs, this.#options.stop);
      try {
        const found = await this.#findLost(entry.job, name, provider, since, async ({ operation, model }) => {
          // The job first: a claim alone would hide the work from its own item after a crash.
          await this.#jobs.move(
            entry,
            name,
            { state: 'running', operation, begunAt: null },
            { model, inDoubtSince: null },
          );
          await this.#jobs.claim(operation.id, entry.job, name);
        });
        if (found !== null) return true;
        await this.#noteAnswered(entry, name);
      } catch (error) {
        if (this.#options.stop.aborted || !(error instanceof ProviderFailure)) throw error;
        await this.#jobs.note(entry, name, { inDoubtSince: since });
        const isPatient = this.#options.clock.now() - since < DOUBT_PATIENCE_MS;
        await this.#endAttempt(entry, name, error.failure, { usesRetry: !isPatient });
        return false;
      }
    }
    return false;
  }

  /** One `find` and what holds its result, for one item at a time: equal requests never take the same work. */
  #findLost(
    job: Job,
    name: string,
    provider: Provider,
    since: number,
    hold: (found: FoundOperation) => Promise<void>,
  ): Promise<FoundOperation | null> {
    const { store, stop } = this.#options;
    const finding = this.#finding.then(async () => {
      const found = await provider.find(this.#attemptRequest(job, name), {
        since,
        isClaimed: (operationId) => store.isClaimed(operationId),
        heard: [],
        signal: stop,
      });
      if (found !== null) await hold(found);
      return found;
    });
    this.#finding = finding.catch(() => undefined);
    return finding;
  }

  /** Asks how the operation goes until it has ended or its time is over. */
  async #poll(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const provider = this.#providerOf(entry.job);
    if (provider === undefined) return this.#endAttempt(entry, name, failure('provider-off', 'give-up'));
    const beganAt = clock.monotonic();
    let lastOpenAt = beganAt;
    for (let checks = 0; ; checks++) {
      const item = getItem(entry.job, name);
      if (item.state !== 'running') return;
      // What was running before a restart is asked at once: it may long be done.
      const work = { kind: entry.job.input.kind, model: item.model };
      if (checks > 0 || item.uncleanEnds === 0)
        await clock.sleep(this.#pace.delayMs(work, checks, this.#options.inFlight(), clock.monotonic()), signal);
      this.#pace.noteCheck(clock.monotonic());
      const isReached = await this.#checkOnce(entry, name, provider, item.operation, signal);
      if (isReached === 'ended') {
        if (getItem(entry.job, name).state === 'collecting') {
          this.#pace.noteFinished(work, { openMs: lastOpenAt - beganAt, doneMs: clock.monotonic() - beganAt });
        }
        return;
      }
      lastOpenAt = clock.monotonic();
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
        if (this.#isPerhapsTooNew(entry, name, checked.failure)) return 'reached';
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
      // The question failed, not the work: whatever the reason, a changed key included, it is asked again.
      await this.#noteAnswered(entry, name);
      const waitMs = this.#boundAskedWaitMs(entry, error.failure);
      if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal);
      return 'unreached';
    }
  }

  /** The wait a service asked for before the next question, as far as it is kept. */
  #boundAskedWaitMs(entry: Entry, { retryAfterMs }: Failure): number {
    return Math.min(retryAfterMs ?? 0, LONGEST_ASKED_WAIT_MS, this.#options.config.timeoutMs[entry.job.input.kind]);
  }

  /** A call about the item came back and the process lives: what counted against the item is forgotten. */
  async #noteAnswered(entry: Entry, name: string): Promise<void> {
    const { uncleanEnds, alone } = getItem(entry.job, name);
    if (uncleanEnds > 0 || alone) await this.#jobs.note(entry, name, { uncleanEnds: 0, alone: false });
    this.#jobs.live(entry, name).onProgress?.();
  }

  /** Work that was just accepted may not be there yet for whoever asks about it. */
  #isPerhapsTooNew(entry: Entry, name: string, lost: Failure): boolean {
    const startedAt = getItem(entry.job, name).attemptStartedAt ?? 0;
    return lost.reason === 'file-gone' && this.#options.clock.now() - startedAt < TOO_NEW_MS;
  }

  async #takeOutputs(entry: Entry, name: string, operation: Operation, outputs: readonly Output[]): Promise<void> {
    if (outputs.length === 0) return this.#endAttempt(entry, name, failure('no-output', 'vary'));
    await this.#jobs.move(entry, name, { state: 'collecting', operation, outputs: outputs.slice(0, MAX_OUTPUTS) });
  }

  /** Saves when the work began (its time runs from there); progress itself is shown, never saved. */
  async #noteRunning(entry: Entry, name: string, begun: boolean, progress: number | null): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'running') return;
    const live = this.#jobs.live(entry, name);
    if (begun && item.begunAt === null) {
      live.worked = { ms: 0, at: this.#options.clock.monotonic() };
      const begunAt = this.#options.clock.now();
      await this.#jobs.move(entry, name, { state: 'running', operation: item.operation, begunAt });
    }
    await this.#noteAnswered(entry, name);
    if (progress === null || progress === live.progress) return;
    live.progress = progress;
    this.#options.onContext(entry.job.id);
  }

  /** An attempt has its time from when the provider begins to work, and as long again for the provider's queue. */
  #findOverdue(entry: Entry, name: string, isReached: boolean): FailureReason | null {
    const item = getItem(entry.job, name);
    if (item.state !== 'running') return null;
    const timeoutMs = this.#options.config.timeoutMs[entry.job.input.kind];
    const elapsedMs = this.#measureWork(entry, name, item.begunAt ?? item.attemptStartedAt ?? entry.job.createdAt);
    // Without an answer nobody knows that it is late: it may be done and waiting for us.
    if (elapsedMs <= (isReached ? timeoutMs : timeoutMs * UNREACHABLE_FACTOR)) return null;
    if (!isReached) return 'network';
    return item.begunAt === null ? 'provider-queue-timeout' : 'attempt-timeout';
  }

  /**
   * How long the work has taken. Within a process no clock that is set changes it; the wall clock counts only
   * for the time before this process knew of it.
   */
  #measureWork(entry: Entry, name: string, since: number): number {
    const { clock } = this.#options;
    const live = this.#jobs.live(entry, name);
    live.worked ??= { ms: Math.max(0, clock.now() - since), at: clock.monotonic() };
    return live.worked.ms + clock.monotonic() - live.worked.at;
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
    this.#throwIfEnded(entry, signal);
    if (checked?.status === 'finished') return this.#takeOutputs(entry, name, operation, checked.outputs);
    await this.#endAttempt(entry, name, failure(reason, 'retry'));
  }

  /** Fetches and keeps the files; the item is done when they are durable. */
  async #collect(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'collecting') return;
    const { bytes } = this.#jobs.live(entry, name);
    if (item.outputs.some((output, index) => output.kind === 'inline' && bytes[index] == null)) {
      // They were in the memory of a process that is gone.
      await this.#jobs.move(entry, name, { state: 'starting' });
      await this.#start(entry, name);
      return this.#collect(entry, name, signal);
    }
    const kept = [];
    let refused: Failure | null = null;
    for (const [index, output] of item.outputs.entries()) {
      const file = await this.#fetch(entry, name, output, bytes[index] ?? null, signal);
      if ('code' in file) refused = file;
      else
        kept.push(
          await this.#jobs.keepDurably(
            () => this.#options.assets.put({ jobId: entry.job.id, item: name, index, ...file }),
            signal,
          ),
        );
    }
    this.#throwIfEnded(entry, signal);
    if (kept.length > 0) await this.#succeed(entry, name, kept);
    else await this.#endAttempt(entry, name, refused ?? failure('no-output', 'vary'));
  }

  /** A failed fetch is tried again as a fetch: the picture is paid for already. */
  async #fetch(
    entry: Entry,
    name: string,
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
    const { clock, config } = this.#options;
    const beganAt = clock.monotonic();
    for (let delayMs = FETCH_DELAY_MS.first; ; delayMs = Math.min(delayMs * 2, FETCH_DELAY_MS.most)) {
      try {
        return await provider.fetchFile(output, { signal });
      } catch (error) {
        this.#throwIfEnded(entry, signal);
        if (!(error instanceof ProviderFailure)) throw error;
        await this.#noteAnswered(entry, name);
        const isOver = clock.monotonic() - beganAt > FETCH_FACTOR * config.timeoutMs[entry.job.input.kind];
        if (error.failure.next === 'give-up' || isOver) return { ...error.failure, next: 'give-up' };
        await clock.sleep(Math.max(delayMs, this.#boundAskedWaitMs(entry, error.failure)), signal);
      }
    }
  }

  async #succeed(entry: Entry, name: string, assets: Extract<Item, { state: 'done' }>['assets']): Promise<void> {
    const item = getItem(entry.job, name);
    await this.#jobs.move(
      entry,
      name,
      { state: 'done', assets },
      { attempts: [...item.attempts, this.#closeAttempt(entry.job, item, null)] },
    );
  }

  /** The attempt came to nothing: wait for the next one, or fail. */
  async #endAttempt(
    entry: Entry,
    name: string,
    lost: Failure,
    { usesRetry = true, pausesLane = false } = {},
  ): Promise<void> {
    const { clock, config, random } = this.#options;
    const item = getItem(entry.job, name);
    const step = decideNext(
      {
        failure: lost,
        kind: entry.job.input.kind,
        retryCount: item.retryCount,
        maxRetries: entry.job.maxRetries,
        usesRetry,
        isInDoubt: item.inDoubtSince !== null,
        variation: item.variation,
        now: clock.now(),
        random: random(),
      },
      config.retry,
    );
    const attempts = usesRetry ? [...item.attempts, this.#closeAttempt(entry.job, item, lost)] : item.attempts;
    if (step.next === 'give-up') {
      await this.#jobs.move(entry, name, { state: 'failed', failure: lost, causeCode: step.causeCode }, { attempts });
      void this.#cancelDoubtful(entry.job, item);
      return;
    }
    const { delayMs, until, retryCount, variation } = step;
    if (pausesLane) this.#options.pauseLane(entry.job, until);
    await this.#jobs.move(
      entry,
      name,
      { state: 'waiting', until, delayMs, failure: lost },
      {
        attempts,
        retryCount,
        variation,
        seed: step.needsNewSeed ? this.#newSeed() : item.seed,
        // An attempt that was not made: its number comes again.
        attempt: usesRetry ? item.attempt : item.attempt - 1,
      },
    );
  }

  /** After an error that is no ProviderFailure: a cancel, a stop, or a bug of ours. */
  async #endBroken(entry: Entry, name: string, error: unknown): Promise<void> {
    if (this.#options.stop.aborted) return;
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
      if (!this.#options.stop.aborted)
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
    await this.end(entry, name, failure('cancelled-by-user', 'give-up'));
  }

  /** A cancel met the item in line or waiting. In flight, the run loop does it. */
  async endIdle(entry: Entry, name: string): Promise<void> {
    const item = getItem(entry.job, name);
    if (item.state !== 'queued' && item.state !== 'waiting') return;
    await this.end(entry, name, failure('cancelled-by-user', 'give-up'));
  }

  async failTooOld(entry: Entry, name: string): Promise<void> {
    await this.end(entry, name, failure('job-too-old', 'give-up'));
  }

  /** Ends an item that is not final: cancelled or failed, by the code. */
  async end(entry: Entry, name: string, lost: Failure): Promise<void> {
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
    await this.#jobs.move(entry, name, status, { attempts });
    void this.#cancelDoubtful(entry.job, item);
  }

  /**
   * The item ended while nobody knew whether a start was accepted. Looks once more and cancels what is found,
   * so that it costs as little as it can; `Cancel-After` is behind it. Never rejects.
   */
  async #cancelDoubtful(job: Job, item: Item): Promise<void> {
    const provider = this.#providerOf(job);
    if (item.inDoubtSince === null || provider?.canFind !== true) return;
    try {
      const found = await this.#findLost(job, item.name, provider, item.inDoubtSince, ({ operation }) =>
        this.#jobs.claim(operation.id, job, item.name),
      );
      if (found !== null) await this.#cancelUpstream(job, provider, found.operation);
    } catch (error) {
      const why = error instanceof ProviderFailure ? error.message : 'unexpected error';
      this.#options.log.warn('work that may have been accepted was not found', { jobId: job.id, errorMessage: why });
    }
  }

  /** Ends what an item that was ended may still cost: its operation, or one that a start may have left. Never rejects. */
  async abandon(job: Job, item: Item): Promise<void> {
    const provider = this.#providerOf(job);
    const operation = operationOf(item);
    if (operation !== null && provider !== undefined) await this.#cancelUpstream(job, provider, operation);
    else if (item.state === 'starting' && item.inDoubtSince === null) {
      await this.#cancelDoubtful(job, { ...item, inDoubtSince: item.attemptStartedAt });
    }
  }

  /** Bounded for the card's sake; the call itself goes on and is safe to repeat. `Cancel-After` is behind it. */
  async #cancelUpstream(job: Job, provider: Provider, operation: Operation): Promise<void> {
    const ended = provider.cancel(operation, { signal: this.#options.stop }).catch((error: unknown) => {
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
      changes: item.changes,
      fetches: item.fetches,
      startedAt: item.attemptStartedAt ?? now,
      endedAt: now,
      failure: lost,
    };
  }

  #attemptRequest(job: Job, name: string): AttemptRequest {
    const item = getItem(job, name);
    const { input } = job;
    return {
      jobId: job.id,
      item: name,
      attempt: item.attempt,
      kind: input.kind,
      model: input.model,
      prompt: varyPrompt(input.prompt, item.variation),
      negativePrompt: input.negativePrompt,
      aspectRatio: input.aspectRatio,
      seed: item.seed,
      settings: input.settings,
      images: [],
      // Its time to work and as long again for the provider's queue.
      expiresAfterMs: this.#options.config.timeoutMs[input.kind] * 2,
    };
  }

  #providerOf(job: Job): Provider | undefined {
    return this.#options.providers.get(job.input.provider);
  }

  #throwIfEnded(entry: Entry, signal: AbortSignal): void {
    if (this.#options.stop.aborted) throw new Stopped();
    if (signal.aborted || entry.job.cancelRequest !== null) throw new Cancelled();
  }

  isTooOld(job: Job): boolean {
    return this.#options.clock.now() - job.createdAt > this.#options.config.jobMaxAgeMs;
  }

  #newSeed(): number {
    return Math.floor(this.#options.random() * LONGEST_SEED);
  }
}

export function operationOf(item: Item): Operation | null {
  return item.state === 'running' || item.state === 'collecting' ? item.operation : null;
}

/** The provider did no work and says when it will. */
function isComeBackLater({ reason, next }: Failure): boolean {
  return reason === 'rate-limit' && next === 'retry';
}
