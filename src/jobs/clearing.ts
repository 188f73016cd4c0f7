/**
 * Finds and removes jobs of one server: what `/jobs list` shows and `/jobs clear` takes away. A job that is
 * not final is never removed under way: it is cancelled first, and only when somebody asked for exactly that.
 */
import type { Engine } from './engine.ts';
import type { Job, JobState } from './job.ts';
import { isFinalState } from './job.ts';
import type { Clock, History, HistoryEntry, JobStore } from './ports.ts';

/** Which jobs of a server are meant; null: no matter. */
export interface JobFilter {
  guildId: string;
  state: JobState | null;
  userId: string | null;
}

export interface ClearFilter extends JobFilter {
  /** Only jobs asked for before this time. */
  createdBefore: number;
  /** When the question was asked: only what had ended, or begun, by then. */
  askedAt: number;
  /** Only this job. */
  jobId: string | null;
}

export interface ClearCount {
  byState: ReadonlyMap<JobState, number>;
  total: number;
}

export interface ClearResult {
  removed: number;
  /** Cancelled for it, of those removed. */
  cancelled: number;
  /** Did not end in time: left where they are. */
  left: number;
}

export interface JobPage {
  /** Newest first. */
  jobs: Job[];
  /** Where to go on; null: there is nothing older. */
  next: string | null;
}

export interface ClearingOptions {
  engine: Engine;
  store: JobStore;
  history: History;
  clock: Clock;
}

/** Jobs removed in one go, so that a large clearing does not hold up the saves of others. */
const REMOVED_AT_ONCE = 200;
/** A paid call that is under way is waited for before its work is cancelled upstream. */
const CANCEL_WAIT_MS = 60_000;
/** An open job's place. The history's own cursors have no capital letters. */
const OPEN_CURSOR = /^O(\d+)$/;

export class Clearing {
  readonly #options: ClearingOptions;

  constructor(options: ClearingOptions) {
    this.#options = options;
  }

  /** A page of a server's jobs: the open ones first, then those that ended, newest first. Rejects with StoreFailure. */
  async list(filter: JobFilter, from: string | null, limit: number): Promise<JobPage> {
    const skip = Number(OPEN_CURSOR.exec(from ?? 'O0')?.[1] ?? NaN);
    const open = Number.isNaN(skip) ? [] : this.#openJobs(filter).slice(skip);
    if (open.length > limit) return { jobs: open.slice(0, limit), next: `O${skip + limit}` };
    if (filter.state !== null && !isFinalState(filter.state)) return { jobs: open, next: null };
    const room = limit - open.length;
    const ended = await this.#options.history.list({
      scope: { guildId: filter.guildId },
      matches: (entry) => matches(entry, filter),
      from: Number.isNaN(skip) ? from : null,
      limit: Math.max(room, 1),
    });
    // A page full of open ones: what ended begins the next, if there is anything.
    if (room === 0) return { jobs: open, next: ended.entries.length > 0 ? `O${skip + limit}` : ended.next };
    const jobs = await this.#options.store.getMany(ended.entries.map(({ id }) => id));
    return { jobs: [...open, ...jobs], next: ended.next };
  }

  /** What a clearing would take, at this moment. Open jobs count only where the filter names their state, or the job. */
  async count(filter: ClearFilter): Promise<ClearCount> {
    const byState = new Map<JobState, number>();
    let total = 0;
    for await (const { state } of this.#select(filter)) {
      byState.set(state, (byState.get(state) ?? 0) + 1);
      total += 1;
    }
    return { byState, total };
  }

  /** Removes them for good, with their files. Rejects with StoreFailure; what was removed by then is gone. */
  async clear(filter: ClearFilter, byUserId: string): Promise<ClearResult> {
    // Read first: removing changes what is walked.
    const chosen: Chosen[] = [];
    for await (const each of this.#select(filter)) chosen.push(each);
    const open = chosen.filter(({ state }) => !isFinalState(state)).map(({ id }) => id);
    const ended = await this.#endAll(open, byUserId);
    const ids = [...ended, ...chosen.filter(({ state }) => isFinalState(state)).map(({ id }) => id)];
    const removed = await this.remove(ids);
    return { removed: removed.length, cancelled: ended.length, left: open.length - ended.length };
  }

  /** Removes final jobs for good. Resolves with the ids that were there. */
  async remove(ids: readonly string[]): Promise<string[]> {
    const { store, clock } = this.#options;
    const removed: string[] = [];
    for (let start = 0; start < ids.length; start += REMOVED_AT_ONCE) {
      removed.push(...(await store.remove(ids.slice(start, start + REMOVED_AT_ONCE), clock.now())));
    }
    return removed;
  }

  #openJobs(filter: JobFilter): Job[] {
    return this.#options.engine
      .listOpen()
      .filter((job) => job.guildId === filter.guildId && matches(job, filter))
      .sort((one, other) => other.createdAt - one.createdAt);
  }

  async *#select(filter: ClearFilter): AsyncGenerator<Chosen> {
    if (filter.jobId !== null) return yield* this.#selectOne(filter, filter.jobId);
    if (filter.state !== null && !isFinalState(filter.state)) {
      yield* this.#openJobs(filter).filter((job) => wasThere(job, filter));
      return;
    }
    let from: string | null = null;
    do {
      const answer = await this.#options.history.list({
        scope: { guildId: filter.guildId },
        matches: (entry) => matches(entry, filter) && wasThere(entry, filter),
        from,
        limit: 1_000,
      });
      yield* answer.entries;
      from = answer.next;
    } while (from !== null);
  }

  /** A job of another server is as absent as one that never was. */
  async *#selectOne(filter: ClearFilter, jobId: string): AsyncGenerator<Chosen> {
    const job = await this.#options.engine.get(jobId);
    if (job === undefined || job.guildId !== filter.guildId) return;
    if (matches(job, filter) && job.createdAt < filter.createdBefore) yield job;
  }

  /** Cancels open jobs and waits for their end. Resolves with those that have ended. */
  async #endAll(ids: readonly string[], byUserId: string): Promise<string[]> {
    if (ids.length === 0) return [];
    const { engine, clock } = this.#options;
    const bound = new AbortController();
    const end = async (id: string): Promise<void> => {
      await engine.cancel(id, byUserId);
      await engine.whenEnded(id);
    };
    await Promise.race([
      Promise.all(ids.map((id) => end(id).catch(() => undefined))),
      clock.sleep(CANCEL_WAIT_MS, bound.signal).catch(() => undefined),
    ]);
    bound.abort();
    const open = new Set(engine.listOpen().map(({ id }) => id));
    return ids.filter((id) => !open.has(id));
  }
}

type Chosen = Pick<HistoryEntry, 'id' | 'state'>;

function matches(job: Pick<HistoryEntry, 'state' | 'userId'>, { state, userId }: JobFilter): boolean {
  return (state === null || job.state === state) && (userId === null || job.userId === userId);
}

/** Whether it was, at the moment of the question, what it is now: what ended since then was not asked about. */
function wasThere(
  job: Pick<HistoryEntry, 'state' | 'createdAt'> & { startedAt?: number | null; finishedAt: number | null },
  { createdBefore, askedAt }: ClearFilter,
): boolean {
  const since = job.finishedAt ?? (job.state === 'running' ? (job.startedAt ?? job.createdAt) : job.createdAt);
  return job.createdAt < createdBefore && since < askedAt;
}
