/**
 * Starts whose answer was lost: perhaps paid. Before anything is paid again the provider is asked what became of them,
 * and what nobody waits for any more is cancelled.
 */
import type { FindOptions, FoundOperation, Provider } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Failure, Item, Job, Operation } from './job.ts';
import type { Entry } from './open-jobs.ts';

/** `failure`: the question itself failed, so nobody knows. */
export type Search = { status: 'found' } | { status: 'absent' } | { status: 'unknown'; failure: Failure };

/**
 * Replicate's list shows a new prediction only after a moment, and after a crash the call may still be on its way:
 * looked at so often before a start counts as never accepted.
 */
const FIND_DELAYS_MS: readonly number[] = [0, 1_000, 2_000, 3_000, 4_000];
/** When what nobody waits for any more is looked for: the list may still lag behind. */
const LAST_LOOKS_MS: readonly number[] = [0, 8_000];
/** What runs on costs: a cancel that failed is asked for again. */
const CANCEL_AGAIN_MS: readonly number[] = [500, 2_000, 5_000, 9_000];
/** How long an upstream cancel may hold up the card. */
const CANCEL_BOUND_MS = 3_000;

export class LostStarts {
  readonly #context: AttemptContext;
  /** The end of the last `find` with what holds its result. */
  #finding: Promise<unknown> = Promise.resolve();

  constructor(context: AttemptContext) {
    this.#context = context;
  }

  /**
   * Asks `find` again and again for as long as a list may lag behind, sooner when a webhook names the work. Found:
   * the item is running with it.
   * A question that fails leaves the item in doubt: paying again unasked is the one thing never done.
   */
  async pickUp(entry: Entry, name: string, provider: Provider, since: number): Promise<Search> {
    const { options, jobs } = this.#context;
    for (const delayMs of FIND_DELAYS_MS) {
      // A cancel must wait for the answer as well: what is found is cancelled upstream.
      await this.#context.sleepUntilNews(entry, name, delayMs, options.stop);
      try {
        const found = await this.#find(entry.job, name, provider, { since }, async ({ operation, model, changes }) => {
          // The job first: a claim alone would hide the work from its own item after a crash.
          const note = { model, changes, inDoubtSince: null };
          await jobs.move(entry, name, { state: 'running', operation, begunAt: null }, note);
          await jobs.claim(operation.id, entry.job, name);
        });
        if (found !== null) {
          // It may have ended meanwhile, and its webhook with it: asked about at once.
          jobs.live(entry, name).hasNews = true;
          return { status: 'found' };
        }
        await this.#context.noteAnswered(entry, name);
      } catch (error) {
        if (options.stop.aborted || !(error instanceof ProviderFailure)) throw error;
        await jobs.note(entry, name, { inDoubtSince: since });
        return { status: 'unknown', failure: error.failure };
      }
    }
    return { status: 'absent' };
  }

  /**
   * The item ended while nobody knew whether a start was accepted. Looks twice more and cancels what is found,
   * so that it costs as little as it can; `Cancel-After` is behind it. Never rejects.
   */
  async cancelDoubtful(job: Job, item: Item): Promise<void> {
    const provider = this.#context.providerOf(job);
    if (item.inDoubtSince === null || provider?.canFind !== true) return;
    const { clock, stop } = this.#context.options;
    try {
      for (const delayMs of LAST_LOOKS_MS) {
        await clock.sleep(delayMs, stop);
        // What is just being started has the same input and is nobody's yet: it must not be taken for what was lost.
        if (this.#isBeingStarted(job)) continue;
        const found = await this.#find(job, item.name, provider, { since: item.inDoubtSince }, ({ operation }) =>
          this.#context.jobs.claim(operation.id, job, item.name),
        );
        if (found !== null) return await this.cancelUpstream(job, provider, found.operation);
      }
    } catch (error) {
      if (stop.aborted) return;
      const why = error instanceof ProviderFailure ? error.message : 'unexpected error';
      this.#context.options.log.warn('work that may have been accepted was not found', {
        jobId: job.id,
        errorMessage: why,
      });
    }
  }

  /** A webhook named work of the item that it does not hold. Cancels it when the service says that it is the item's. Never rejects. */
  async cancelStray(job: Job, item: Item, operationId: string): Promise<void> {
    const { store, log, stop } = this.#context.options;
    const provider = this.#context.providerOf(job);
    if (provider?.canFind !== true) return;
    try {
      const ask = {
        since: item.attempts[0]?.startedAt ?? item.attemptStartedAt ?? job.createdAt,
        isClaimed: async (id: string) => id !== operationId || (await store.isClaimed(id)),
        heard: [operationId],
      };
      const found = await this.#find(job, item.name, provider, ask, () =>
        this.#context.jobs.claim(operationId, job, item.name),
      );
      if (found !== null) await this.cancelUpstream(job, provider, found.operation);
    } catch (error) {
      if (stop.aborted) return;
      const why = error instanceof ProviderFailure ? error.message : 'unexpected error';
      log.warn('work that a webhook named could not be looked at', { jobId: job.id, errorMessage: why });
    }
  }

  /** Bounded for the card's sake; the call itself goes on and is safe to repeat. `Cancel-After` is behind it. */
  async cancelUpstream(job: Job, provider: Provider, operation: Operation): Promise<void> {
    const { clock, log, stop } = this.#context.options;
    const ended = this.#insistOnCancel(provider, operation).catch((error: unknown) => {
      if (stop.aborted) return;
      log.warn('work could not be cancelled upstream', {
        jobId: job.id,
        provider: provider.name,
        errorMessage: error instanceof ProviderFailure ? error.message : 'unexpected error',
      });
    });
    const bound = new AbortController();
    await Promise.race([ended, clock.sleep(CANCEL_BOUND_MS, bound.signal).catch(() => undefined)]);
    bound.abort();
  }

  async #insistOnCancel(provider: Provider, operation: Operation): Promise<void> {
    const { clock, stop } = this.#context.options;
    for (const delayMs of CANCEL_AGAIN_MS) {
      try {
        return await provider.cancel(operation, { signal: stop });
      } catch (error) {
        if (!(error instanceof ProviderFailure) || error.failure.next === 'give-up') throw error;
        await clock.sleep(delayMs, stop);
      }
    }
    await provider.cancel(operation, { signal: stop });
  }

  /** One `find` and what holds its result, for one item at a time: equal requests never take the same work. */
  #find(
    job: Job,
    name: string,
    provider: Provider,
    ask: Pick<FindOptions, 'since'> & Partial<FindOptions>,
    hold: (found: FoundOperation) => Promise<void>,
  ): Promise<FoundOperation | null> {
    const { store, stop } = this.#context.options;
    const finding = this.#finding.then(async () => {
      const found = await provider.find(await this.#context.requestFor(job, name), {
        isClaimed: (operationId) => store.isClaimed(operationId),
        heard: this.#context.jobs.heardOf(job.id, name),
        signal: stop,
        ...ask,
      });
      if (found !== null) await hold(found);
      return found;
    });
    this.#finding = finding.catch(() => undefined);
    return finding;
  }

  #isBeingStarted({ input }: Job): boolean {
    for (const { job } of this.#context.jobs.all()) {
      const isEqual = job.input.provider === input.provider && job.input.prompt === input.prompt;
      if (isEqual && job.items.some(({ state }) => state === 'starting')) return true;
    }
    return false;
  }
}
