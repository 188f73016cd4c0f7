/**
 * Jobs on disk. The job record is the only truth; the ids under `open` can be rebuilt from it and exist so that
 * a start need not read the history. An id is added to `open` before its job is first saved and removed after its
 * final save, so a crash between the two leaves an id too many, never one too few.
 */
import { isFinal, type Job } from '../jobs/job.ts';
import type { JobStore } from '../jobs/ports.ts';
import type { Database } from './database.ts';
import { IdSet } from './id-set.ts';
import { jobShape } from './job-record.ts';
import { Records, type OnUnreadable } from './records.ts';

/** Longer than any provider's list goes back, and than a job may live by default. */
const CLAIM_TTL_MS = 48 * 3_600_000;

const CLEAN_END = 'clean-end';

export interface JobStoreOptions {
  database: Database;
  /** Told once for each record that cannot be read. */
  onUnreadable: OnUnreadable;
  /** How long a claim on an operation is kept, in milliseconds. */
  claimTtlMs?: number;
}

/** Rejects with StoreFailure when the ids of open jobs cannot be read. */
export async function openJobStore(options: JobStoreOptions): Promise<JobStore> {
  const { database, onUnreadable, claimTtlMs = CLAIM_TTL_MS } = options;
  await database.deleteExpired('claim');
  const open = await IdSet.open(database, 'open');
  return new KeyvJobStore(database, new Records(database, jobShape, onUnreadable), open, claimTtlMs);
}

class KeyvJobStore implements JobStore {
  readonly #database: Database;
  readonly #records: Records<Job>;
  readonly #open: IdSet;
  readonly #claimTtlMs: number;

  constructor(database: Database, records: Records<Job>, open: IdSet, claimTtlMs: number) {
    this.#database = database;
    this.#records = records;
    this.#open = open;
    this.#claimTtlMs = claimTtlMs;
  }

  save(job: Job): Promise<void> {
    return this.#database.inOrder(async () => {
      if (!isFinal(job)) await this.#open.add(job.id);
      await this.#records.write(job);
      if (isFinal(job)) await this.#open.remove(job.id);
    });
  }

  async get(id: string): Promise<Job | undefined> {
    const found = await this.#records.read(id);
    return found.kind === 'record' ? found.record : undefined;
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
        if (entry.kind === 'absent' || isFinal(entry.record)) await this.#open.remove(id);
        else jobs.push(entry.record);
      }
      return jobs.sort(byAge);
    });
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
}

function byAge(one: Job, other: Job): number {
  if (one.createdAt !== other.createdAt) return one.createdAt - other.createdAt;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
