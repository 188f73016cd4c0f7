/**
 * Jobs on disk. The job record is the only truth; the ids under `open` can be rebuilt from it and exist so that
 * a start need not read the history. An id is added to `open` before its job is first saved and removed after its
 * final save and its entries in the history, so a crash between them leaves an id too many, never one too few: from
 * it the next start repairs the history.
 */
import { isFinal, type Job } from '../jobs/job.ts';
import { StoreFailure, type History, type JobStore } from '../jobs/ports.ts';
import type { Database } from './database.ts';
import { HistoryStore } from './history-store.ts';
import { IdSet } from './id-set.ts';
import { jobShape } from './job-record.ts';
import { JobRemoval } from './job-removal.ts';
import { Records, type OnUnreadable } from './records.ts';

/** Longer than any provider's list goes back, and than a job may live by default. */
const CLAIM_TTL_MS = 48 * 3_600_000;

const CLEAN_END = 'clean-end';

export interface JobStoreOptions {
  database: Database;
  /** Told once for each record that cannot be read. */
  onUnreadable: OnUnreadable;
  /** Deletes every file of a job that is removed; none there is no error. `AssetStore.removeAll` does it. */
  removeFiles: (jobId: string) => Promise<void>;
  /** How long a claim on an operation is kept, in milliseconds. */
  claimTtlMs?: number;
}

export interface JobStoreWithHistory extends JobStore {
  readonly history: History;
}

/**
 * Finishes removals that the last process left half done.
 * Rejects with StoreFailure when those, or the ids of open jobs, cannot be read or their rows and files not deleted.
 */
export async function openJobStore(options: JobStoreOptions): Promise<JobStoreWithHistory> {
  const { database, onUnreadable, removeFiles, claimTtlMs = CLAIM_TTL_MS } = options;
  const records = new Records(database, jobShape, onUnreadable);
  const history = new HistoryStore({ database, onUnreadable, isRemoved: (id) => removal.isUnderWay(id) });
  const removal = new JobRemoval({ database, onUnreadable, records, history, removeFiles });
  await removal.finishInterrupted();
  await database.deleteExpired('claim');
  const open = await IdSet.open(database, 'open');
  return new KeyvJobStore({ database, records, open, history, removal, removeFiles, claimTtlMs });
}

interface Parts {
  database: Database;
  records: Records<Job>;
  open: IdSet;
  history: HistoryStore;
  removal: JobRemoval;
  removeFiles: (jobId: string) => Promise<void>;
  claimTtlMs: number;
}

class KeyvJobStore implements JobStoreWithHistory {
  readonly history: HistoryStore;
  readonly #database: Database;
  readonly #records: Records<Job>;
  readonly #open: IdSet;
  readonly #removal: JobRemoval;
  readonly #removeFiles: (jobId: string) => Promise<void>;
  readonly #claimTtlMs: number;
  /**
   * Ids that may stand in the history although they are still open: those that the last process left, and those
   * whose final save was refused half way. All others are entered without being looked for.
   */
  readonly #inDoubt: Set<string>;

  constructor({ database, records, open, history, removal, removeFiles, claimTtlMs }: Parts) {
    this.history = history;
    this.#database = database;
    this.#records = records;
    this.#open = open;
    this.#removal = removal;
    this.#removeFiles = removeFiles;
    this.#claimTtlMs = claimTtlMs;
    this.#inDoubt = new Set(open.ids());
  }

  save(job: Job): Promise<void> {
    return this.#database.inOrder(async () => {
      if (!this.#open.has(job.id)) {
        if (isFinal(job) && (await this.#endedBefore(job.id))) return this.#records.write(job);
        await this.#open.add(job.id);
      }
      await this.#records.write(job);
      if (isFinal(job)) await this.#close(job);
    });
  }

  reserve(id: string): Promise<void> {
    return this.#database.inOrder(() => this.#open.add(id));
  }

  release(id: string): Promise<void> {
    return this.#database.inOrder(async () => {
      const found = await this.#records.read(id);
      if (found.kind === 'absent') await this.#forget(id);
    });
  }

  /** The files first: an id that is still listed is asked about again. */
  async #forget(id: string): Promise<void> {
    await this.#removeFiles(id);
    await this.#open.remove(id);
  }

  async get(id: string): Promise<Job | undefined> {
    if (this.#removal.isUnderWay(id)) return undefined;
    const found = await this.#records.read(id);
    return found.kind === 'record' ? found.record : undefined;
  }

  async getMany(ids: readonly string[]): Promise<Job[]> {
    const found = await this.#records.readMany(ids.filter((id) => !this.#removal.isUnderWay(id)));
    return found.flatMap((each) => (each.kind === 'record' ? [each.record] : []));
  }

  /** In order with the saves: an id whose job is just being written must not look absent. */
  listOpen(): Promise<Job[]> {
    return this.#database.inOrder(async () => {
      const ids = this.#open.ids();
      const found = await this.#records.readMany(ids);
      const jobs: Job[] = [];
      for (const [index, id] of ids.entries()) {
        const entry = found[index];
        // An unreadable job stays listed on disk: once it can be read again it goes on.
        if (entry === undefined || entry.kind === 'unreadable') continue;
        if (entry.kind === 'absent') await this.#forget(id);
        else if (isFinal(entry.record)) await this.#close(entry.record);
        else jobs.push(entry.record);
        this.#inDoubt.delete(id);
      }
      return jobs.sort(byAge);
    });
  }

  remove(ids: readonly string[], at: number): Promise<string[]> {
    return this.#removal.remove(ids, at, (id) => this.#open.has(id));
  }

  getRemovedAt(id: string): Promise<number | undefined> {
    return this.#removal.getRemovedAt(id);
  }

  claim(operationId: string, owner: string): Promise<void> {
    return this.#database.inOrder(() =>
      this.#database.namespace('claim').set(operationId, { v: 1, owner }, this.#claimTtlMs),
    );
  }

  async isClaimed(operationId: string): Promise<boolean> {
    // Not Keyv's `has`: that one does not look at the time to live.
    return (await this.#database.namespace('claim').get(operationId)) !== undefined;
  }

  /** A first start, with no mark at all, counts as clean. */
  takeCleanEnd(): Promise<boolean> {
    return this.#database.inOrder(async () => {
      const meta = this.#database.namespace('meta');
      const row = await meta.get(CLEAN_END);
      await meta.set(CLEAN_END, 'in use');
      return row === undefined || (row.kind === 'value' && row.value === 'clean');
    });
  }

  markCleanEnd(): Promise<void> {
    return this.#database.inOrder(() => this.#database.namespace('meta').set(CLEAN_END, 'clean'));
  }

  /** What follows a final record. */
  async #close(job: Job): Promise<void> {
    const inDoubt = this.#inDoubt.has(job.id);
    this.#inDoubt.add(job.id);
    await this.history.enter(job, inDoubt);
    await this.#open.remove(job.id);
    this.#inDoubt.delete(job.id);
  }

  /** Whether a job that is not open was final before, and so stands in the history already. Rejects for a removed one. */
  async #endedBefore(id: string): Promise<boolean> {
    if ((await this.#removal.getRemovedAt(id)) !== undefined) {
      throw new StoreFailure(`Expected job ${id} to exist, but it was removed: it was not saved again.`);
    }
    const found = await this.#records.read(id);
    return found.kind === 'record' && isFinal(found.record);
  }
}

function byAge(one: Job, other: Job): number {
  if (one.createdAt !== other.createdAt) return one.createdAt - other.createdAt;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
