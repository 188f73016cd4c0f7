/**
 * A process of its own on a store, for what only a process can show: locks, kill -9, limits of the disk.
 * `node store-process.js <what> <store url> [asset folder] [steps]`. Says one JSON line for each thing that happened.
 */
import { randomBytes } from 'node:crypto';
import { openAssetStore } from '../../src/store/asset-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { IdSet } from '../../src/store/id-set.ts';
import { openJobStore } from '../../src/store/job-store.ts';
import { recordWrites } from './recording-database.ts';
import { failedJob, noFiles, NOW, sampleJob } from './samples.ts';

/** More than any limit these tests set. */
const MOST_SAVES = 5000;

process.on('unhandledRejection', (reason) => say({ event: 'unhandled rejection', message: String(reason) }));

const [what = '', url = '', folder = '', steps = ''] = process.argv.slice(2);

try {
  if (what === 'open') await open();
  else if (what === 'save') await save();
  else if (what === 'fill') await fill();
  else if (what === 'fill-together') await fillTogether();
  else if (what === 'fill-assets') await fillAssets();
  else if (what === 'finish') await finish();
  else if (what === 'remove') await remove();
} catch (error) {
  sayFailure('failed', error);
}

/** Holds the store until it is killed. */
async function open(): Promise<void> {
  await openDatabase({ url });
  say({ event: 'open' });
  setInterval(() => undefined, 60_000);
}

/** Saves jobs one after another and says each one that is durable, until it is killed. */
async function save(): Promise<void> {
  const jobs = await openJobStore({
    database: await openDatabase({ url }),
    onUnreadable: () => undefined,
    removeFiles: noFiles,
  });
  for (let number = 0; number < MOST_SAVES; number += 1) {
    await jobs.save(sampleJob(`job-${number}`));
    say({ event: 'saved', id: `job-${number}` });
  }
}

/** Saves large jobs until the disk refuses; then proves that what was said to be saved is still there. */
async function fill(): Promise<void> {
  const database = await openDatabase({ url });
  const jobs = await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles });
  const saved: string[] = [];
  for (let number = 0; number < MOST_SAVES; number += 1) {
    const id = `job-${number}`;
    try {
      await jobs.save(sampleJob(id, randomBytes(2000).toString('hex')));
      saved.push(id);
    } catch (error) {
      sayFailure('refused', error);
      break;
    }
  }
  const readable = await Promise.all(saved.map(async (id) => (await jobs.get(id)) !== undefined));
  say({ event: 'end', saved: saved.length, readable: readable.filter(Boolean).length });
}

/** Writes fifty at a time until the disk refuses some; then compares what was answered, what is on disk and what memory holds. */
async function fillTogether(): Promise<void> {
  const database = await openDatabase({ url });
  const ids = await IdSet.open(database, 'open');
  const meta = database.namespace('meta');
  const kept: string[] = [];
  let refused = 0;
  for (let first = 0; first < MOST_SAVES && refused === 0; first += 50) {
    const batch = Array.from({ length: 50 }, (_, index) => `job-${first + index}`);
    const write = (id: string): Promise<void> =>
      database.inOrder(async () => {
        await ids.add(id);
        await meta.set(id, randomBytes(2000).toString('hex'));
      });
    const answers = await Promise.allSettled(batch.map(write));
    for (const [index, { status }] of answers.entries()) {
      if (status === 'fulfilled') kept.push(batch[index] ?? '');
      else refused += 1;
    }
  }
  const readable = await Promise.all(kept.map(async (id) => (await meta.get(id)) !== undefined));
  const openOnDisk = (await database.listKeys('open')).sort();
  say({
    event: 'end',
    kept: kept.length,
    refused,
    readable: readable.filter(Boolean).length,
    open: ids.ids().sort(),
    openOnDisk,
  });
}

async function fillAssets(): Promise<void> {
  const assets = await openAssetStore({ folder });
  const bytes = randomBytes(64 * 1024);
  for (let index = 0; index < MOST_SAVES; index += 1) {
    try {
      await assets.put({ jobId: 'job-1', item: 'image', index, bytes, mimeType: 'image/png', extension: '.png' });
    } catch (error) {
      sayFailure('refused', error);
      return;
    }
  }
}

/** Saves a job and its end; kill -9 comes right after the given number of steps on the disk, or never. */
async function finish(): Promise<void> {
  const step = killAfter(Number(steps));
  const { database } = recordWrites(await openDatabase({ url }), step);
  const jobs = await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles });
  await jobs.save(sampleJob('job-1'));
  await jobs.save(failedJob(sampleJob('job-1')));
  say({ event: 'end' });
}

/** Removes job-1 and job-2; kill -9 comes right after the given number of steps on the disk, or never. */
async function remove(): Promise<void> {
  const step = killAfter(Number(steps));
  const assets = await openAssetStore({ folder });
  const { database } = recordWrites(await openDatabase({ url }), step);
  const removeFiles = async (jobId: string): Promise<void> => {
    await assets.removeAll(jobId);
    step();
  };
  const jobs = await openJobStore({ database, onUnreadable: () => undefined, removeFiles });
  await jobs.remove(['job-1', 'job-2'], NOW);
  say({ event: 'end' });
}

function killAfter(count: number): () => void {
  let left = count;
  return () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

function sayFailure(event: string, error: unknown): void {
  if (error instanceof Error)
    say({ event, name: error.name, message: error.message, hasCause: error.cause !== undefined });
  else say({ event, name: 'not an error', message: String(error) });
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
