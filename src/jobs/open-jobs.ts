/**
 * The jobs that are not final, in memory as they are on disk, and the one way they are changed: a move is
 * saved, then logged, then told. Saves of one job follow each other; a disk that refuses holds the job
 * where it is.
 */
import type { Asset, Failure, Item, ItemCommon, ItemStatus, Job, Kind } from './job.ts';
import { getItem, isFinal, itemKey, MOVES, moveTo, promptOf } from './job.ts';
import type { Clock, JobStore, Log, LogFields } from './ports.ts';

export interface OpenJobsOptions {
  store: JobStore;
  clock: Clock;
  log: Log;
  /** Our sentence for a failure, kept in the record and the log. */
  describe: (failure: Failure, kind: Kind) => string;
  /** A keyed hash, so that equal prompts can be told in the log without telling them. */
  hashPrompt: (prompt: string) => string;
  /** After every save, with the job as it is on disk. Must not throw. */
  onSaved: (job: Job) => void;
  /** Ends waits for a disk when the process stops. */
  signal: AbortSignal;
}

export interface Entry {
  job: Job;
  /** The end of the last save. */
  tail: Promise<unknown>;
  /** Resolves when the job is open no more. */
  ended: Promise<void>;
  end: () => void;
  /** Whether the lanes may have it: not before its card stands. */
  isBegun: boolean;
  items: Map<string, LiveItem>;
}

/** What is known of an item only while this process lives. */
export interface LiveItem {
  /** Set while an attempt is in flight. */
  cancel: AbortController | null;
  /** In line for a turn, or on the way to a slot. */
  isOffered: boolean;
  /** Its wait is being waited out: one alarm is enough, two would make two attempts of one. */
  isWaking: boolean;
  /** Called at the first sign that a suspect got past the step it was stuck in. */
  onProgress: (() => void) | null;
  progress: number | null;
  shownPosition: number | null;
  enteredAt: number;
  /** How long the running work had taken at `at` (monotonic); null until it is first asked about here. */
  worked: { ms: number; at: number } | null;
  /** Files of the current attempt that came with its answer, by index of the output. */
  kept: (Asset | undefined)[];
  /** Fetches of the current attempt that are not on the record yet. */
  fetchTries: number;
  /** Operations that a webhook named for this item, newest last. */
  heard: string[];
  /** A webhook told of the item since it was last asked about. */
  hasNews: boolean;
  /** Called when one does. */
  onNews: (() => void) | null;
}

/** An attempt has one operation; more than a few names for it are not ours. */
const HEARD_KEPT = 8;
const SAVE_RETRY_MS = { first: 250, most: 5_000 };

export class OpenJobs {
  readonly #options: OpenJobsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byUser = new Map<string, Set<Entry>>();

  constructor(options: OpenJobsOptions) {
    this.#options = options;
  }

  get(jobId: string): Entry | undefined {
    return this.#entries.get(jobId);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  ofUser(userId: string): Iterable<Entry> {
    return this.#byUser.get(userId) ?? [];
  }

  /** Holds a job that is not final. */
  keep(job: Job, isBegun: boolean): Entry {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const entry: Entry = { job, tail: Promise.resolve(), ended, end, isBegun, items: new Map() };
    this.#entries.set(job.id, entry);
    const own = this.#byUser.get(job.userId) ?? new Set();
    this.#byUser.set(job.userId, own.add(entry));
    return entry;
  }

  /** Lets go of a job that is final, or was never saved. */
  drop(entry: Entry): void {
    this.#entries.delete(entry.job.id);
    entry.end();
    const own = this.#byUser.get(entry.job.userId);
    own?.delete(entry);
    if (own?.size === 0) this.#byUser.delete(entry.job.userId);
  }

  /** What is known of the item in this process; made when first asked for. */
  live(entry: Entry, name: string): LiveItem {
    let live = entry.items.get(name);
    if (live === undefined) {
      live = {
        cancel: null,
        isOffered: false,
        isWaking: false,
        onProgress: null,
        progress: null,
        shownPosition: null,
        enteredAt: this.#options.clock.now(),
        worked: null,
        kept: [],
        fetchTries: 0,
        heard: [],
        hasNews: false,
        onNews: null,
      };
      entry.items.set(name, live);
    }
    return live;
  }

  /** A webhook names an operation for an item. What is not open, or not there, is passed over. */
  hear(jobId: string, name: string, operationId: string): void {
    const entry = this.#entries.get(jobId);
    if (entry?.job.items.some((item) => item.name === name) !== true) return;
    const live = this.live(entry, name);
    live.heard = [...live.heard.filter((id) => id !== operationId), operationId].slice(-HEARD_KEPT);
    live.hasNews = true;
    live.onNews?.();
  }

  heardOf(jobId: string, name: string): readonly string[] {
    return this.#entries.get(jobId)?.items.get(name)?.heard ?? [];
  }

  /** Moves an item, saves it, logs it and tells the listener, in this order. Rejects only when the process stops. */
  async move(entry: Entry, name: string, to: ItemStatus, note: Partial<ItemCommon> = {}): Promise<void> {
    const { clock, describe } = this.#options;
    const before = getItem(entry.job, name);
    // Getting on to another step is progress: what counted against the item is forgotten.
    const cleared = before.state === to.state ? {} : { uncleanEnds: 0, alone: false };
    await this.update(entry, (job) =>
      moveTo(job, { item: name, to, note: { ...cleared, ...note }, now: clock.now() }, (lost) =>
        describe(lost, job.input.kind),
      ),
    );
    if (before.state === to.state) return;
    const live = this.live(entry, name);
    this.#logMove(entry.job, name, before, live.enteredAt);
    live.enteredAt = clock.now();
    if (to.state !== 'running') {
      live.progress = null;
      live.worked = null;
    }
    if (to.state !== 'queued') live.shownPosition = null;
    live.onProgress?.();
    live.onProgress = null;
  }

  /** Saves news about an item that stays where it is. */
  async note(entry: Entry, name: string, note: Partial<ItemCommon>): Promise<void> {
    const { clock, describe } = this.#options;
    await this.update(entry, (job) => {
      // As it is by then: a move may be waiting to be saved before this.
      const item = getItem(job, name);
      return MOVES[item.state].includes(item.state)
        ? moveTo(job, { item: name, to: item, note, now: clock.now() }, (lost) => describe(lost, job.input.kind))
        : job;
    });
  }

  /** Saves of one job follow each other; each sees what the one before left. */
  update(entry: Entry, change: (job: Job) => Job): Promise<void> {
    const next = entry.tail.then(async () => {
      const changed = change(entry.job);
      if (changed === entry.job) return;
      await this.keepDurably(() => this.#options.store.save(changed));
      entry.job = changed;
      if (isFinal(changed)) this.drop(entry);
      this.#options.onSaved(changed);
    });
    entry.tail = next.catch(() => undefined);
    return next;
  }

  /** A disk that refuses holds the job where it is, unannounced and unpaid, until it takes the save. */
  async keepDurably<T>(write: () => Promise<T>, signal = this.#options.signal): Promise<T> {
    for (let delayMs = SAVE_RETRY_MS.first; ; delayMs = Math.min(delayMs * 2, SAVE_RETRY_MS.most)) {
      try {
        return await write();
      } catch (error) {
        this.#options.log.error('the disk did not take a save; trying again', {
          errorMessage: error instanceof Error ? error.message : String(error),
        });
        await this.#options.clock.sleep(delayMs, signal);
      }
    }
  }

  /** Notes that this item holds the operation. */
  async claim(operationId: string, job: Job, name: string): Promise<void> {
    await this.keepDurably(() => this.#options.store.claim(operationId, itemKey(job.id, name)));
  }

  logNew(job: Job): void {
    for (const item of job.items) {
      if (item.state === 'queued') this.#options.log.info('item is queued', this.#moveFields(job, item, null, null));
    }
  }

  #logMove(job: Job, name: string, before: Item, enteredAt: number): void {
    const item = getItem(job, name);
    const fields = this.#moveFields(job, item, before.state, this.#options.clock.now() - enteredAt);
    if (item.state === 'waiting')
      Object.assign(fields, { delayMs: item.delayMs }, this.#failureFields(job, item, item.failure, item.failure.code));
    if (item.state === 'failed') {
      const code = item.causeCode === null ? item.failure.code : 'MAX_RETRIES_EXCEEDED';
      Object.assign(
        fields,
        this.#failureFields(job, item, item.failure, code),
        item.causeCode === null ? {} : { causeCode: item.causeCode },
      );
    }
    if (item.state === 'cancelled')
      Object.assign(fields, this.#failureFields(job, item, item.failure, item.failure.code));
    this.#options.log.info(`item moved from ${before.state} to ${item.state}`, fields);
  }

  #moveFields(job: Job, item: Item, from: string | null, durationMs: number | null): LogFields {
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
        promptLength: promptOf(input, item.name).length,
      },
      durationMs,
    };
  }

  #failureFields(job: Job, item: Item, lost: Failure, errorCode: string): LogFields {
    const status = lost.providerStatus === null ? '' : ` (${lost.providerStatus})`;
    return {
      errorCode,
      errorMessage: `${this.#options.describe(lost, job.input.kind)}${status}`,
      promptHash: this.#options.hashPrompt(promptOf(job.input, item.name)),
    };
  }
}
