/** What every step of an attempt needs: the parts around it, the request as the provider gets it, and how a step is cut short. */
import type { AttemptRequest, Provider, ReferenceImage } from '../providers/provider.ts';
import { ProviderFailure } from '../providers/provider.ts';
import type { Gates } from './gates.ts';
import type { Failure, Item, Job, Kind, Operation, Reference } from './job.ts';
import { failure, getItem } from './job.ts';
import type { Entry, OpenJobs } from './open-jobs.ts';
import type { AssetStore, Clock, JobStore, Log } from './ports.ts';
import { StoreFailure } from './ports.ts';
import type { RetryPolicy } from './retry.ts';
import { followSignals } from './signals.ts';
import { varyPrompt } from './variations.ts';

export interface AttemptsConfig {
  timeoutMs: Readonly<Record<Kind, number>>;
  retry: RetryPolicy;
  /** Of sets that sell a product. */
  retryOfSets: RetryPolicy;
  jobMaxAgeMs: number;
  /** With less room than this on the disk nothing paid is begun. */
  minFreeBytes: number;
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
  gates: Gates;
  /** Attempts in flight in all lanes. */
  inFlight: () => number;
  /** Something unsaved that a card shows has changed: progress or position. Must not throw. */
  onContext: (jobId: string) => void;
  /** An attempt ended, well (null) or not. Must not throw. */
  onAttempt: (provider: string, lost: Failure | null) => void;
  /** The disk has too little room for paid work. Must not throw. */
  onDiskFull: (freeBytes: number) => void;
  /** Aborts when the process stops. */
  stop: AbortSignal;
  /** Aborts when a process that stops waits for no answer any more. */
  lastCall: AbortSignal;
}

/** Aborts an attempt because somebody cancelled. */
export class Cancelled extends Error {}
/** Aborts an attempt because the process stops. */
export class Stopped extends Error {}

/** A service that wants a longer pause between two questions is asked all the same: the work is paid for. */
const LONGEST_ASKED_WAIT_MS = 60_000;
/** A picture takes a few MB, so little changes in this time. */
const ROOM_KNOWN_MS = 2_000;

export class AttemptContext {
  readonly options: AttemptsOptions;
  readonly jobs: OpenJobs;
  /** Whether webhooks get through at all. */
  hasHeard = false;
  #room: { at: number; bytes: Promise<number> } | null = null;

  constructor(options: AttemptsOptions) {
    this.options = options;
    this.jobs = options.jobs;
  }

  providerOf(job: Job): Provider | undefined {
    return this.options.providers.get(job.input.provider);
  }

  /** Rejects with ProviderFailure when a picture to start from is gone from the disk. */
  async requestFor(job: Job, name: string): Promise<AttemptRequest> {
    const item = getItem(job, name);
    const { input } = job;
    return {
      jobId: job.id,
      item: name,
      attempt: item.attempt,
      kind: input.kind,
      model: input.model,
      prompt: varyPrompt(input, name, item.variation),
      negativePrompt: input.negativePrompt,
      aspectRatio: input.aspectRatio,
      seed: item.seed,
      settings: input.settings,
      durationSeconds: input.durationSeconds,
      images: await Promise.all(job.references.map((reference) => this.#readReference(reference))),
      // Its time to work and as long again for the provider's queue.
      expiresAfterMs: this.options.config.timeoutMs[input.kind] * 2,
    };
  }

  async #readReference(reference: Reference): Promise<ReferenceImage> {
    if (reference.state !== 'kept') throw new Error('Expected every reference to be kept before an attempt.');
    const { asset, width, height } = reference.picture;
    try {
      return { bytes: await this.options.assets.read(asset), mimeType: asset.mimeType, width, height };
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.options.log.error('a picture to start from could not be read', { errorMessage: error.message });
      throw new ProviderFailure(failure('reference-lost', 'give-up'));
    }
  }

  /** How the attempts of a job follow each other. */
  retryOf({ input }: Job): RetryPolicy {
    return input.product === null ? this.options.config.retry : this.options.config.retryOfSets;
  }

  /** Room on the disk in bytes, as of a moment ago: hundreds that begin at once ask once. */
  measureFree(): Promise<number> {
    const now = this.options.clock.monotonic();
    if (this.#room === null || now - this.#room.at > ROOM_KNOWN_MS) {
      // A disk that does not tell is found out by the save before the call.
      this.#room = { at: now, bytes: this.options.assets.measureFree().catch(() => Infinity) };
    }
    return this.#room.bytes;
  }

  throwIfEnded(entry: Entry, signal: AbortSignal): void {
    if (this.options.stop.aborted) throw new Stopped();
    if (signal.aborted || entry.job.cancelRequest !== null) throw new Cancelled();
  }

  /** A call about the item came back and the process lives: what counted against the item is forgotten. */
  async noteAnswered(entry: Entry, name: string): Promise<void> {
    const { uncleanEnds, alone } = getItem(entry.job, name);
    if (uncleanEnds > 0 || alone) await this.jobs.note(entry, name, { uncleanEnds: 0, alone: false });
    this.jobs.live(entry, name).onProgress?.();
  }

  /** The wait a service asked for before the next question, as far as it is kept. */
  boundAskedWaitMs(entry: Entry, { retryAfterMs }: Failure): number {
    return Math.min(retryAfterMs ?? 0, LONGEST_ASKED_WAIT_MS, this.options.config.timeoutMs[entry.job.input.kind]);
  }

  /** Waits, but no longer than until a webhook tells that there is news of the item. */
  async sleepUntilNews(entry: Entry, name: string, ms: number, signal: AbortSignal): Promise<void> {
    const live = this.jobs.live(entry, name);
    if (!live.hasNews) {
      const news = new AbortController();
      live.onNews = () => news.abort();
      const either = followSignals(signal, news.signal);
      try {
        await this.options.clock.sleep(ms, either.signal);
      } catch (error) {
        if (!news.signal.aborted || signal.aborted) throw error;
      } finally {
        either.release();
        live.onNews = null;
      }
    }
    live.hasNews = false;
    signal.throwIfAborted();
  }
}

export function operationOf(item: Item): Operation | null {
  return item.state === 'running' || item.state === 'collecting' ? item.operation : null;
}
