/**
 * From outputs to files that are kept. What is fetched is paid for already, so a fetch that fails is tried again as a
 * fetch, each time at the address the service gives by then, and how often is on the record.
 */
import type { FetchedFile, Provider, Started } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import type { AttemptContext } from './attempt-context.ts';
import { type Asset, failure, type Failure, getItem, type Operation, type Output } from './job.ts';
import type { Entry } from './open-jobs.ts';

export type Collected =
  | { status: 'kept'; assets: Asset[] }
  | { status: 'failed'; failure: Failure }
  /** The bytes came with an answer that a process took with it. */
  | { status: 'lost' };

/** Files are fetched again on transient trouble for so many times the attempt's own time; making the picture again would be paid again. */
const FETCH_FACTOR = 5;
/** A file that its service does not have is asked for so often before it counts as gone. */
const GONE_TRIES = 3;
const FETCH_DELAY_MS = { first: 500, most: 30_000 };

type UrlOutput = Output & { kind: 'url' };

export class Collecting {
  readonly #context: AttemptContext;

  constructor(context: AttemptContext) {
    this.#context = context;
  }

  /** Keeps bytes that came with an answer before anything else is saved: from here on a crash does not lose them. */
  async keepInline(entry: Entry, name: string, started: Started & { status: 'finished' }): Promise<void> {
    const { jobs, options } = this.#context;
    const live = jobs.live(entry, name);
    live.kept = [];
    for (const [index, output] of started.outputs.entries()) {
      const bytes = started.bytes[index];
      if (output.kind !== 'inline' || bytes == null) continue;
      const extension = `.${output.mimeType.split('/')[1] ?? 'bin'}`;
      const file = { jobId: entry.job.id, item: name, index, bytes, mimeType: output.mimeType, extension };
      live.kept[index] = await jobs.keepDurably(() => options.assets.put(file));
    }
  }

  /** Files of this item that were kept before its process ended. */
  findKept(entry: Entry, name: string): Promise<Asset[]> {
    const { jobs, options } = this.#context;
    return jobs.keepDurably(() => options.assets.findAll(entry.job.id, name));
  }

  /** The item is collecting. One output that cannot be had does not cost the others. */
  async collect(entry: Entry, name: string, signal: AbortSignal): Promise<Collected> {
    const item = getItem(entry.job, name);
    if (item.state !== 'collecting') throw new Error(`Expected ${name} to be collecting, got ${item.state}.`);
    const inline = await this.#collectInline(entry, name, item.outputs);
    if (inline === null) return { status: 'lost' };
    const assets = [...inline];
    let refused: Failure | null = null;
    for (const [index, output] of item.outputs.entries()) {
      if (output.kind !== 'url') continue;
      const file = await this.#fetch(entry, name, { index, output, operation: item.operation }, signal);
      if ('code' in file) refused = file;
      else assets.push(await this.#put(entry, name, index, file, signal));
    }
    if (assets.length > 0) return { status: 'kept', assets };
    return { status: 'failed', failure: refused ?? failure('no-output', 'vary') };
  }

  /** null: some are lost. */
  async #collectInline(entry: Entry, name: string, outputs: readonly Output[]): Promise<Asset[] | null> {
    const indexes = [...outputs.keys()].filter((index) => outputs[index]?.kind === 'inline');
    if (indexes.length === 0) return [];
    const { kept } = this.#context.jobs.live(entry, name);
    const found = kept.length > 0 ? kept : await this.findKept(entry, name);
    const assets = indexes.map((index) => found[index]).filter((asset) => asset !== undefined);
    return assets.length === indexes.length ? assets : null;
  }

  #put(entry: Entry, name: string, index: number, file: FetchedFile, signal: AbortSignal): Promise<Asset> {
    const { jobs, options } = this.#context;
    return jobs.keepDurably(() => options.assets.put({ jobId: entry.job.id, item: name, index, ...file }), signal);
  }

  async #fetch(
    entry: Entry,
    name: string,
    wanted: { index: number; output: UrlOutput; operation: Operation | null },
    signal: AbortSignal,
  ): Promise<Failure | FetchedFile> {
    const provider = this.#context.providerOf(entry.job);
    if (provider === undefined) return failure('provider-off', 'give-up');
    const { clock, config } = this.#context.options;
    const beganAt = clock.monotonic();
    let { output } = wanted;
    let boundedFailures = 0;
    let goneTries = 0;
    for (let delayMs = FETCH_DELAY_MS.first; ; delayMs = Math.min(delayMs * 2, FETCH_DELAY_MS.most)) {
      const file = await this.#fetchOnce(entry, name, provider, output, signal);
      if (!('code' in file)) return file;
      const mayHaveMoved = file.next !== 'give-up' || file.reason === 'file-gone';
      const fresh = mayHaveMoved ? await this.#readFresh(entry, provider, wanted, signal) : null;
      if (fresh !== null && 'code' in fresh) return fresh;
      const isOver = clock.monotonic() - beganAt > FETCH_FACTOR * config.timeoutMs[entry.job.input.kind];
      boundedFailures += file.mostRetries === null ? 0 : 1;
      const isUsedUp = isOver || boundedFailures > (file.mostRetries ?? Infinity);
      goneTries += file.reason === 'file-gone' ? 1 : 0;
      // At a new address, or there again: what is just written is not everywhere at once.
      const mayComeBack = file.reason === 'file-gone' && goneTries < GONE_TRIES;
      if (isUsedUp || (file.next === 'give-up' && !mayComeBack)) return endFetching(file);
      output = fresh ?? output;
      await clock.sleep(Math.max(delayMs, this.#context.boundAskedWaitMs(entry, file)), signal);
    }
  }

  /** One fetch, counted; what it failed of is saved, for Details. */
  async #fetchOnce(
    entry: Entry,
    name: string,
    provider: Provider,
    output: UrlOutput,
    signal: AbortSignal,
  ): Promise<Failure | FetchedFile> {
    const live = this.#context.jobs.live(entry, name);
    live.fetchTries += 1;
    try {
      return await provider.fetchFile(output, { signal });
    } catch (error) {
      this.#context.throwIfEnded(entry, signal);
      if (!(error instanceof ProviderFailure)) throw error;
      await this.#context.noteAnswered(entry, name);
      const { tries } = getItem(entry.job, name).fetches;
      const fetches = { tries: tries + live.fetchTries, lastFailure: error.failure };
      live.fetchTries = 0;
      await this.#context.jobs.note(entry, name, { fetches });
      this.#context.options.log.warn('a file could not be fetched', {
        jobId: entry.job.id,
        item: name,
        tries: fetches.tries,
        errorCode: error.failure.code,
        errorMessage: error.message,
      });
      return error.failure;
    }
  }

  /** Where the output is by now; null: the service does not say. A failure: it has the output no longer. */
  async #readFresh(
    entry: Entry,
    provider: Provider,
    { index, operation }: { index: number; operation: Operation | null },
    signal: AbortSignal,
  ): Promise<UrlOutput | Failure | null> {
    if (operation === null) return null;
    try {
      const checked = await provider.check(operation, { signal });
      if (checked.status === 'failed') return { ...checked.failure, next: 'give-up' };
      const output = checked.status === 'finished' ? checked.outputs[index] : undefined;
      return output?.kind === 'url' ? output : null;
    } catch (error) {
      this.#context.throwIfEnded(entry, signal);
      if (!(error instanceof ProviderFailure)) throw error;
      return null;
    }
  }
}

/** Never made again unasked: it is paid for. Trouble on the way is told as what it means for the picture. */
function endFetching(file: Failure): Failure {
  if (file.reason.startsWith('file-')) return { ...file, next: 'give-up' };
  return failure('file-unreachable', 'give-up', { providerStatus: file.providerStatus });
}
