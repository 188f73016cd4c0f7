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
import type { Provider, Started } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import { AttemptContext, type AttemptsOptions, Cancelled, operationOf, Stopped } from './attempt-context.ts';
import { Collecting } from './collecting.ts';
import type { Asset, Failure, FailureReason, Item, ItemStatus, Job, Operation, Output } from './job.ts';
import { ACTIVE_ITEM_STATES, failure, getItem, isOpenItem, itemKey, SEEDS } from './job.ts';
import { LostStarts } from './lost-starts.ts';
import type { Entry, OpenJobs } from './open-jobs.ts';
import { PollPace } from './poll-pace.ts';
import { areAlike, decideNext } from './retry.ts';
import { followSignals } from './signals.ts';

/** How much longer than its time an operation is asked for while the provider cannot be reached. */
const UNREACHABLE_FACTOR = 3;
/** So long the question whether a start was accepted is asked again without using up retries. */
const DOUBT_PATIENCE_MS = 10 * 60_000;
const MAX_OUTPUTS = 10;
const TOO_NEW_MS = 30_000;
/** While the disk is full the paid lanes are looked at again so often. */
const FULL_DISK_HOLD_MS = 30_000;
/** Each answer that a crash took is tried once more while retries are left: a kill must not cost an innocent picture. */
const LOST_WITH_PROCESS = { providerStatus: 'lost with the process' };

export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #jobs: OpenJobs;
  readonly #pace = new PollPace();
  readonly #context: AttemptContext;
  readonly #lost: LostStarts;
  readonly #collecting: Collecting;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
    this.#context = new AttemptContext(options);
    this.#lost = new LostStarts(this.#context);
    this.#collecting = new Collecting(this.#context);
  }

  /** A webhook came in, about this item when it is open: from here on they are waited for. Never rejects. */
  async hear(entry: Entry | undefined, name: string, operationId: string): Promise<void> {
    this.#context.hasHeard = true;
    const item = entry?.job.items.find((each) => each.name === name);
    if (entry === undefined || item === undefined) return;
    const held = operationOf(item)?.id;
    // An earlier start of the item was accepted after all, and nobody waits for it any more.
    if (held !== undefined && held !== operationId) await this.#lost.cancelStray(entry.job, item, operationId);
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
      if (!(await this.#mayBegin(entry, name))) return;
      await this.#beginAttempt(entry, item);
      await this.#start(entry, name, signal);
    } else if (item.state === 'starting') {
      await this.#startAgain(entry, name, signal);
    }
    this.#context.throwIfEnded(entry, signal);
    if (getItem(entry.job, name).state === 'running') await this.#poll(entry, name, signal);
    if (getItem(entry.job, name).state === 'collecting') await this.#collect(entry, name, signal);
  }

  /**
   * Whether the attempt may be paid for now. Where the account is refused the item fails unpaid; where the disk is full
   * it stays in line, and the gate is closed for all.
   */
  async #mayBegin(entry: Entry, name: string): Promise<boolean> {
    const { gates, config, onDiskFull } = this.#options;
    const provider = this.#context.providerOf(entry.job);
    if (provider?.isPaid !== true) return true;
    const reason = gates.refusalOf(provider.name, itemKey(entry.job.id, name), isOwnChoice(entry.job));
    if (reason !== null) {
      await this.end(entry, name, failure('breaker-open', 'give-up', { details: { provider: provider.name, reason } }));
      return false;
    }
    const freeBytes = await this.#context.measureFree();
    if (freeBytes >= config.minFreeBytes) return true;
    gates.hold(provider.name, FULL_DISK_HOLD_MS, 'disk-full');
    onDiskFull(freeBytes);
    return false;
  }

  async #beginAttempt(entry: Entry, item: Item): Promise<void> {
    const { clock } = this.#options;
    // In doubt, the seed is what the work is known by: another one would never find it, and pay again.
    const isFirst = item.attempt === 0 && item.inDoubtSince === null;
    const seed = isFirst && entry.job.input.seed === null ? this.#newSeed() : item.seed;
    this.#jobs.live(entry, item.name).kept = [];
    this.#jobs.live(entry, item.name).fetchTries = 0;
    await this.#jobs.move(
      entry,
      item.name,
      { state: 'starting' },
      {
        attempt: item.attempt + 1,
        seed,
        attemptStartedAt: clock.now(),
        changes: [],
        fetches: { tries: 0, lastFailure: null },
      },
    );
  }

  /** An attempt that was already `starting` when the process ended: perhaps paid. */
  async #startAgain(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const item = getItem(entry.job, name);
    const provider = this.#context.providerOf(entry.job);
    if (provider?.canFind === true) {
      const since = item.inDoubtSince ?? item.attemptStartedAt ?? entry.job.createdAt;
      if (!(await this.#isAbsent(entry, name, provider, since))) return;
    } else if (await this.#takeKept(entry, name)) {
      return;
    }
    if (entry.job.cancelRequest !== null) throw new Cancelled();
    // Nobody can tell whether it was paid. It counts as an attempt, and the next one is made in the open.
    if (provider?.canFind === false && provider.isPaid)
      return this.#endAttempt(entry, name, failure('answer-lost', 'retry', LOST_WITH_PROCESS));
    await this.#start(entry, name, signal);
  }

  /** The files of an answer may have been kept just before the process ended. True: the item goes on with them. */
  async #takeKept(entry: Entry, name: string): Promise<boolean> {
    const kept = await this.#collecting.findKept(entry, name);
    if (kept.length === 0) return false;
    this.#jobs.live(entry, name).kept = kept;
    const outputs = kept.map(({ mimeType }): Output => ({ kind: 'inline', mimeType }));
    await this.#jobs.move(entry, name, { state: 'collecting', operation: null, outputs }, { inDoubtSince: null });
    return true;
  }

  /** Whether the lost start left nothing, so that the item may be started anew; else the item has moved on. */
  async #isAbsent(entry: Entry, name: string, provider: Provider, since: number): Promise<boolean> {
    const search = await this.#lost.pickUp(entry, name, provider, since);
    if (search.status === 'found') this.#options.gates.noteAccepted(provider.name, isOwnChoice(entry.job));
    if (search.status === 'unknown') {
      const isPatient = this.#options.clock.now() - since < DOUBT_PATIENCE_MS;
      // Nobody knows whether it is paid: a refused question is asked again as well.
      const asked: Failure = isPatient ? { ...search.failure, next: 'retry', retryAfterMs: null } : search.failure;
      await this.#endAttempt(entry, name, asked, { usesRetry: !isPatient });
    }
    return search.status === 'absent';
  }

  /** The paid call, with everything that may become of it. */
  async #start(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const provider = this.#context.providerOf(entry.job);
    if (provider === undefined) return this.#endAttempt(entry, name, failure('provider-off', 'give-up'));
    const item = getItem(entry.job, name);
    if (item.inDoubtSince !== null && provider.canFind) {
      // The attempt before this one lost its answer. The list may lag behind, or did not answer then: the whole time again.
      if (!(await this.#isAbsent(entry, name, provider, item.inDoubtSince))) return;
    }
    // A cancel that was saved before the call is paid for is met here, at no cost.
    if (entry.job.cancelRequest !== null) throw new Cancelled();
    // A stop that came meanwhile: nothing is begun that would only be waited for.
    if (this.#options.stop.aborted) throw new Stopped();
    const { gates } = this.#options;
    const isWhole = provider.wholeInStart.includes(entry.job.input.kind);
    const end = this.#endOfStart(entry, name, provider, isWhole);
    const unpaid = followSignals(end.signal, signal);
    try {
      const request = await this.#context.requestFor(entry.job, name);
      const ends = { signal: end.signal, unpaid: unpaid.signal };
      const started = await provider.start(request, ends);
      gates.noteAccepted(provider.name, isOwnChoice(entry.job));
      await this.#keepStarted(entry, name, started);
      // What was in doubt turned up nowhere in time. Should it still do so, nobody waits for it any more. A seed of the
      // user's own may be another one's too: that one's work must not be taken for it.
      if (entry.job.input.seed === null) void this.#lost.cancelDoubtful(entry.job, item);
    } catch (error) {
      // Aborted by a stop, whatever the provider made of it: `starting` on disk is where `find` goes on.
      if (end.signal.aborted || !(error instanceof ProviderFailure)) throw error;
      const isUnpaid = isWhole || error.isAccepted === 'no';
      if (isUnpaid && !this.#options.stop.aborted) this.#context.throwIfEnded(entry, signal);
      gates.noteRefused(provider.name, error.failure, isOwnChoice(entry.job));
      if (error.isAccepted === 'unknown' && provider.canFind)
        await this.#resolveDoubt(entry, name, provider, error.failure);
      else
        await this.#endAttempt(entry, name, forDefault(error.failure, entry.job), {
          usesRetry: !isComeBackLater(error.failure),
        });
    } finally {
      unpaid.release();
      end.release();
    }
  }

  /**
   * What ends the paid call early. A stop does: what it began is found after the restart. Where nothing can be found,
   * the answer gets the rest of the time that a stop may take. A cancel does only where the call is the whole work:
   * any other, aborted half way, would leave nobody who knew what to cancel upstream.
   */
  #endOfStart(entry: Entry, name: string, provider: Provider, isWhole: boolean): ReturnType<typeof followSignals> {
    const { stop, lastCall } = this.#options;
    const end = provider.isPaid && !provider.canFind ? lastCall : stop;
    const cancel = this.#jobs.live(entry, name).cancel?.signal;
    return isWhole && cancel !== undefined ? followSignals(end, cancel) : followSignals(end);
  }

  async #keepStarted(entry: Entry, name: string, started: Started): Promise<void> {
    const { model, changes } = started;
    const note = { model, changes, inDoubtSince: null };
    if (started.status === 'running') {
      const { operation } = started;
      // The job before the claim: a claim without its job would hide the work from the one whose it is.
      await this.#jobs.move(entry, name, { state: 'running', operation, begunAt: null }, note);
      await this.#jobs.claim(operation.id, entry.job, name);
    } else {
      // The files before the job: bytes that came with the answer come no second time.
      await this.#collecting.keepInline(entry, name, started);
      await this.#jobs.move(entry, name, { state: 'collecting', operation: null, outputs: started.outputs }, note);
    }
  }

  /** The answer to `start` was lost: look for what it may have started before anything else. */
  async #resolveDoubt(entry: Entry, name: string, provider: Provider, lost: Failure): Promise<void> {
    const item = getItem(entry.job, name);
    const since = item.inDoubtSince ?? item.attemptStartedAt ?? entry.job.createdAt;
    if (item.inDoubtSince === null) await this.#jobs.note(entry, name, { inDoubtSince: since });
    if (await this.#isAbsent(entry, name, provider, since)) await this.#endAttempt(entry, name, lost);
  }

  /** Asks how the operation goes until it has ended or its time is over. */
  async #poll(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const provider = this.#context.providerOf(entry.job);
    if (provider === undefined) return this.#endAttempt(entry, name, failure('provider-off', 'give-up'));
    const beganAt = clock.monotonic();
    let lastOpenAt = beganAt;
    for (let checks = 0; ; checks++) {
      const item = getItem(entry.job, name);
      if (item.state !== 'running') return;
      // What was running before a restart is asked at once: it may long be done.
      const work = { kind: entry.job.input.kind, model: item.model };
      if (checks > 0 || item.uncleanEnds === 0) {
        const hasWebhooks = provider.hasWebhooks && this.#context.hasHeard;
        const asking = { checks, inFlight: this.#options.inFlight(), hasWebhooks };
        await this.#context.sleepUntilNews(entry, name, this.#pace.delayMs(work, asking, clock.monotonic()), signal);
      }
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
      this.#context.throwIfEnded(entry, signal);
      if (!(error instanceof ProviderFailure)) throw error;
      this.#options.log.warn('the provider did not answer a question about running work', {
        jobId: entry.job.id,
        item: name,
        errorCode: error.failure.code,
        errorMessage: error.message,
      });
      // The question failed, not the work: whatever the reason, a changed key included, it is asked again.
      await this.#context.noteAnswered(entry, name);
      const waitMs = this.#context.boundAskedWaitMs(entry, error.failure);
      if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal);
      return 'unreached';
    }
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
    await this.#context.noteAnswered(entry, name);
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
    await this.#lost.cancelUpstream(entry.job, provider, operation);
    const checked = await provider.check(operation, { signal }).catch(() => null);
    this.#context.throwIfEnded(entry, signal);
    if (checked?.status === 'finished') return this.#takeOutputs(entry, name, operation, checked.outputs);
    await this.#endAttempt(entry, name, failure(reason, 'retry'));
  }

  /** Fetches and keeps the files; the item is done when they are durable. */
  async #collect(entry: Entry, name: string, signal: AbortSignal): Promise<void> {
    const collected = await this.#collecting.collect(entry, name, signal);
    this.#context.throwIfEnded(entry, signal);
    if (collected.status === 'kept') return this.#succeed(entry, name, collected.assets);
    if (collected.status === 'failed') return this.#endAttempt(entry, name, collected.failure);
    if (this.#context.providerOf(entry.job)?.isPaid !== false)
      return this.#endAttempt(entry, name, failure('answer-lost', 'retry', LOST_WITH_PROCESS));
    // Free to make again.
    await this.#jobs.move(entry, name, { state: 'starting' });
    await this.#start(entry, name, signal);
    if (getItem(entry.job, name).state === 'collecting') await this.#collect(entry, name, signal);
  }

  async #succeed(entry: Entry, name: string, assets: Asset[]): Promise<void> {
    const { tries, lastFailure } = getItem(entry.job, name).fetches;
    const fetches = { tries: tries + this.#jobs.live(entry, name).fetchTries, lastFailure };
    const item = { ...getItem(entry.job, name), fetches };
    await this.#jobs.move(
      entry,
      name,
      { state: 'done', assets },
      { fetches, attempts: [...item.attempts, this.#closeAttempt(entry.job, item, null)] },
    );
    this.#options.onAttempt(entry.job.input.provider, null);
  }

  /** The attempt came to nothing: wait for the next one, or fail. */
  async #endAttempt(entry: Entry, name: string, lost: Failure, { usesRetry = true } = {}): Promise<void> {
    const { clock, random } = this.#options;
    const item = getItem(entry.job, name);
    const step = decideNext(
      {
        failure: lost,
        kind: entry.job.input.kind,
        retryCount: item.retryCount,
        maxRetries: entry.job.maxRetries,
        alike: item.attempts.filter((attempt) => attempt.failure !== null && areAlike(attempt.failure, lost)).length,
        usesRetry,
        isInDoubt: item.inDoubtSince !== null,
        variation: item.variation,
        now: clock.now(),
        random: random(),
      },
      this.#context.retryOf(entry.job),
    );
    const attempts = usesRetry ? [...item.attempts, this.#closeAttempt(entry.job, item, lost)] : item.attempts;
    this.#options.onAttempt(entry.job.input.provider, lost);
    if (step.next === 'give-up') {
      await this.#jobs.move(entry, name, { state: 'failed', failure: lost, causeCode: step.causeCode }, { attempts });
      void this.#lost.cancelDoubtful(entry.job, item);
      return;
    }
    const { delayMs, until, retryCount, variation } = step;
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
    const provider = this.#context.providerOf(entry.job);
    if (item.state === 'running' && provider !== undefined)
      await this.#lost.cancelUpstream(entry.job, provider, item.operation);
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
    void this.#lost.cancelDoubtful(entry.job, item);
  }

  /** Ends what an item that was ended may still cost: its operation, or one that a start may have left. Never rejects. */
  async abandon(job: Job, item: Item): Promise<void> {
    const provider = this.#context.providerOf(job);
    const operation = operationOf(item);
    if (operation !== null && provider !== undefined) await this.#lost.cancelUpstream(job, provider, operation);
    else if (item.state === 'starting' && item.inDoubtSince === null) {
      await this.#lost.cancelDoubtful(job, { ...item, inDoubtSince: item.attemptStartedAt });
    }
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

  isTooOld(job: Job): boolean {
    return this.#options.clock.now() - job.createdAt > this.#options.config.jobMaxAgeMs;
  }

  #newSeed(): number {
    return Math.floor(this.#options.random() * (SEEDS - 1));
  }
}

/** Of a model that its user chose: what comes of it says little about the others. */
function isOwnChoice({ input }: Job): boolean {
  return input.model !== null;
}

/** Nobody misspelt the model that is configured: it is gone. */
function forDefault(lost: Failure, job: Job): Failure {
  if (lost.reason !== 'model-unknown' || isOwnChoice(job)) return lost;
  return failure('model-retired', 'give-up', { providerStatus: lost.providerStatus, details: lost.details });
}

/** The provider did no work and says when it will. */
function isComeBackLater({ reason, next }: Failure): boolean {
  return reason === 'rate-limit' && next === 'retry';
}
