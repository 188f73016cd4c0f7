/** How long a page of the gallery takes to read, with few and with many jobs that ended before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GalleryFilter } from '../../src/discord/gallery-id.ts';
import { JOBS_PER_PAGE, readGalleryPage } from '../../src/discord/gallery-pages.ts';
import type { Job } from '../../src/jobs/job.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { formatCursor } from '../../src/store/history-cursor.ts';
import { historyHeadShape, historyPageShape, PAGE_SIZE, scopeKey, toSlot } from '../../src/store/history-record.ts';
import { jobShape } from '../../src/store/job-record.ts';
import { Records } from '../../src/store/records.ts';
import { newJob } from '../jobs/new-job.ts';
import { openStores, type OpenStores } from '../store/open-stores.ts';
import { median } from './statistics.ts';

/** Milliseconds, medians. */
export interface HistoryResult {
  jobs: number;
  /** The newest page of the gallery. */
  newest: number;
  /** A page from the middle of all. */
  middle: number;
  /** One look for what nobody ever made: as far back as one look goes. */
  nothing: number;
}

const GUILD = 'g';
const USERS = 500;
const MEASURED = 60;
const WARM_UPS = 5;
/** Pages of the history written in one task: as many rows as fit one statement of SQLite, and to spare. */
const PAGES_AT_ONCE = 20;
const ALL: GalleryFilter = { userId: null, kind: null, state: null };
const NOTHING: GalleryFilter = { ...ALL, kind: 'video' };

export async function measureHistory(counts: readonly number[]): Promise<HistoryResult[]> {
  const results: HistoryResult[] = [];
  for (const jobs of counts) {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
    try {
      await seedHistory(folder, jobs);
      results.push(await measurePages(folder, jobs));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return results;
}

async function measurePages(folder: string, jobs: number): Promise<HistoryResult> {
  const stores = await openStores(folder);
  try {
    const middle = formatCursor({ page: Math.floor(jobs / PAGE_SIZE / 2), slot: 50 });
    return {
      jobs,
      newest: await timePage(stores, ALL, [], JOBS_PER_PAGE),
      middle: await timePage(stores, ALL, [middle], JOBS_PER_PAGE),
      nothing: await timePage(stores, NOTHING, [], 0),
    };
  } finally {
    await stores.close();
  }
}

async function timePage(
  { history, jobs: store }: OpenStores,
  filter: GalleryFilter,
  trail: string[],
  expected: number,
): Promise<number> {
  const viewer = { userId: 'u0', guildId: GUILD };
  const times: number[] = [];
  for (let run = 0; run < MEASURED; run += 1) {
    const beganAt = performance.now();
    const page = await readGalleryPage({ history, store }, viewer, { ...filter, trail });
    times.push(performance.now() - beganAt);
    if (page.jobs.length !== expected) throw new Error(`Expected ${expected} jobs on a page, got ${page.jobs.length}.`);
  }
  return median(times.slice(WARM_UPS));
}

/**
 * As the store writes what ended in one server, but each page of the history once instead of with every job on it:
 * a hundred thousand jobs in seconds. That it reads back as written, every page that is measured shows.
 */
async function seedHistory(folder: string, count: number): Promise<void> {
  const stores = await openStores(folder);
  await stores.close();
  const database = await openDatabase({ url: `sqlite://${join(folder, 'darkroom.sqlite')}` });
  try {
    for (let page = 0; page < count / PAGE_SIZE; page += PAGES_AT_ONCE) {
      const length = Math.min(PAGES_AT_ONCE, count / PAGE_SIZE - page);
      await database.inOrder(() => writePages(database, page, length));
    }
  } finally {
    await database.close();
  }
}

async function writePages(database: Database, from: number, length: number): Promise<void> {
  const onUnreadable = (): void => undefined;
  const pages = new Records(database, historyPageShape, onUnreadable);
  const records = new Records(database, jobShape, onUnreadable);
  const scope = scopeKey({ guildId: GUILD });
  for (let number = from; number < from + length; number += 1) {
    const jobs = Array.from({ length: PAGE_SIZE }, (_, index) => endedJob(number * PAGE_SIZE + index));
    for (const job of jobs) await records.write(job);
    const times = jobs.map(({ finishedAt }) => finishedAt ?? 0);
    const span = { from: Math.min(...times), to: Math.max(...times) };
    await pages.write({ v: 1, scope, page: number, ...span, slots: jobs.map(toSlot) });
  }
  const heads = new Records(database, historyHeadShape, onUnreadable);
  await heads.write({ v: 1, scope, last: from + length - 1 });
}

function endedJob(index: number): Job {
  const at = 1_800_000_000_000 + index * 1_000;
  const job = newJob({ guildId: GUILD, userId: `u${index % USERS}`, createdAt: at });
  return { ...job, state: 'done', startedAt: at, finishedAt: at + 500 };
}
