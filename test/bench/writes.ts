/** How many records a second survive the loss of power, and what the disk itself would allow. */
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { newJob } from '../jobs/new-job.ts';
import { openStores } from '../store/open-stores.ts';

/** Each a second. */
export interface WritesResult {
  /** One new job after another (each is two records). */
  newJobs: number;
  /** Saves of known jobs, one after another. */
  savesInTurn: number;
  /** Saves of known jobs, many at once. */
  savesAtOnce: number;
  /** Records of that size straight into the database, one after another. */
  rawRecords: number;
  /** Appends of that size to a file, each followed by fdatasync, as SQLite does. */
  rawAppends: number;
}

const COUNT = 2_000;

export async function measureWrites(): Promise<WritesResult> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
  try {
    return { ...(await measureStore(folder)), ...(await measureRaw(folder)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStore(folder: string): Promise<Omit<WritesResult, 'rawRecords' | 'rawAppends'>> {
  const { jobs, close } = await openStores(folder);
  const all = Array.from({ length: COUNT }, () => newJob());
  try {
    // Not counted: code is compiled, the file grows to its size.
    await inTurn(() => jobs.save(newJob()));
    return {
      newJobs: await rate(() => inTurn((index) => jobs.save(all[index] ?? newJob()))),
      savesInTurn: await rate(() => inTurn((index) => jobs.save(all[index] ?? newJob()))),
      savesAtOnce: await rate(() => Promise.all(all.map((job) => jobs.save(job)))),
    };
  } finally {
    await close();
  }
}

async function measureRaw(folder: string): Promise<Pick<WritesResult, 'rawRecords' | 'rawAppends'>> {
  const record = newJob();
  const database = await openDatabase({ url: `sqlite://${join(folder, 'raw.sqlite')}` });
  const namespace = database.namespace('bench');
  const file = await open(join(folder, 'raw'), 'a');
  const line = Buffer.from(JSON.stringify(record));
  try {
    return {
      rawRecords: await rate(() => inTurn((index) => namespace.set(String(index), record))),
      rawAppends: await rate(() => inTurn(() => file.appendFile(line).then(() => file.datasync()))),
    };
  } finally {
    await file.close();
    await database.close();
  }
}

async function inTurn(task: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < COUNT; index++) await task(index);
}

async function rate(task: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await task();
  return (COUNT * 1_000) / (performance.now() - beganAt);
}
