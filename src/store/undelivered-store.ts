/** What could not be delivered, one record for each asker who has any. */
import { z } from 'zod';
import type { Undelivered, UndeliveredStore } from '../discord/card.ts';
import type { Database } from './database.ts';
import { Records, type OnUnreadable, type RecordShape } from './records.ts';

interface UndeliveredRecord {
  v: 1;
  userId: string;
  /** Oldest first. */
  jobs: Undelivered[];
}

const shape: RecordShape<UndeliveredRecord> = {
  namespace: 'undelivered',
  version: 1,
  schema: z.object({
    v: z.literal(1),
    userId: z.string().min(1),
    jobs: z.array(z.object({ jobId: z.string(), at: z.number(), toldAt: z.number().nullable() })),
  }),
  upgrades: {},
  keyOf: (record) => record.userId,
};

/** More than one answer can name; what is dropped is still found by its job id. */
const MOST_KEPT = 25;

/** Rejects with StoreFailure when the records cannot be listed. */
export async function openUndeliveredStore(options: {
  database: Database;
  /** Told once for each record that cannot be read. */
  onUnreadable: OnUnreadable;
}): Promise<UndeliveredStore> {
  const users = await options.database.listKeys(shape.namespace);
  return new KeyvUndeliveredStore(options.database, new Records(options.database, shape, options.onUnreadable), users);
}

class KeyvUndeliveredStore implements UndeliveredStore {
  readonly #database: Database;
  readonly #records: Records<UndeliveredRecord>;
  /** Whoever has a record, and perhaps a few who have none any more. */
  readonly #users: Set<string>;

  constructor(database: Database, records: Records<UndeliveredRecord>, users: readonly string[]) {
    this.#database = database;
    this.#records = records;
    this.#users = new Set(users);
  }

  mayHave(userId: string): boolean {
    return this.#users.has(userId);
  }

  add(userId: string, jobId: string, at: number): Promise<void> {
    return this.#change(userId, (jobs) =>
      jobs.some((job) => job.jobId === jobId) ? jobs : [...jobs, { jobId, at, toldAt: null }].slice(-MOST_KEPT),
    );
  }

  async list(userId: string): Promise<Undelivered[]> {
    const found = await this.#records.read(userId);
    return found.kind === 'record' ? found.record.jobs : [];
  }

  noteTold(userId: string, jobIds: readonly string[], at: number): Promise<void> {
    return this.#change(userId, (jobs) =>
      jobs.map((job) => (jobIds.includes(job.jobId) ? { ...job, toldAt: job.toldAt ?? at } : job)),
    );
  }

  remove(userId: string, jobIds: readonly string[]): Promise<void> {
    return this.#change(userId, (jobs) => jobs.filter(({ jobId }) => !jobIds.includes(jobId)));
  }

  /** Reads and writes in one task: two changes for one user follow each other. */
  async #change(userId: string, change: (jobs: Undelivered[]) => Undelivered[]): Promise<void> {
    const left = await this.#database.inOrder(async () => {
      const before = await this.list(userId);
      const jobs = change(before);
      if (jobs === before) return before.length;
      if (jobs.length === 0) await this.#records.delete(userId);
      else await this.#records.write({ v: 1, userId, jobs });
      return jobs.length;
    });
    if (left === 0) this.#users.delete(userId);
    else this.#users.add(userId);
  }
}
