import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Asset } from '../../src/jobs/job.ts';
import { StoreFailure, type HistoryScope } from '../../src/jobs/ports.ts';
import { openAssetStore, type FolderAssetStore } from '../../src/store/asset-store.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openJobStore, type JobStoreWithHistory } from '../../src/store/job-store.ts';
import { recordWrites } from './recording-database.ts';
import { allLines, startProcess } from './run-process.ts';
import { endedJob, NOW, runningJob, sampleJob, storeUrl, temporaryFolder } from './samples.ts';

const REMOVED_AT = NOW + 86_400_000;
const SERVER = { guildId: '100' };
const USER = { userId: '300' };

interface Opened {
  database: Database;
  jobs: JobStoreWithHistory;
  assets: FolderAssetStore;
  writes: string[];
  /** Jobs whose files the disk will not delete. */
  refused: Set<string>;
}

async function openAt(t: TestContext, folder: string): Promise<Opened> {
  const real = await openDatabase({ url: storeUrl(folder) });
  t.after(() => real.close());
  const { database, writes } = recordWrites(real);
  const assets = await openAssetStore({ folder: join(folder, 'assets') });
  const refused = new Set<string>();
  const removeFiles = async (jobId: string): Promise<void> => {
    if (refused.has(jobId)) throw new StoreFailure('The disk refused.');
    await assets.removeAll(jobId);
  };
  const onUnreadable = (key: string, why: string): never => assert.fail(`${key}: ${why}`);
  const jobs = await openJobStore({ database, onUnreadable, removeFiles });
  return { database, jobs, assets, writes, refused };
}

async function makeFile(assets: FolderAssetStore, jobId: string): Promise<Asset> {
  const bytes = Buffer.from(`picture of ${jobId}`);
  return assets.put({ jobId, item: 'image', index: 0, bytes, mimeType: 'image/png', extension: '.png' });
}

async function idsIn(jobs: JobStoreWithHistory, scope: HistoryScope): Promise<string[]> {
  const { entries } = await jobs.history.list({ scope, matches: () => true, from: null, limit: 5000 });
  return entries.map((entry) => entry.id);
}

test('a removed job is gone with its files and its places in both histories; what remains is the day', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs, assets } = await openAt(t, folder);
  const gone = await makeFile(assets, 'gone');
  const kept = await makeFile(assets, 'kept');
  for (const id of ['first', 'gone', 'kept']) await jobs.save(endedJob(id));
  assert.deepEqual(await jobs.remove(['gone'], REMOVED_AT), ['gone']);
  const check = async (opened: Pick<Opened, 'database' | 'jobs' | 'assets'>): Promise<void> => {
    assert.equal(await opened.jobs.get('gone'), undefined);
    assert.equal(await opened.jobs.getRemovedAt('gone'), REMOVED_AT);
    assert.equal(await opened.assets.has(gone), false);
    assert.equal((await opened.jobs.get('kept'))?.id, 'kept');
    assert.equal(await opened.jobs.getRemovedAt('kept'), undefined);
    assert.equal(await opened.assets.has(kept), true);
    for (const scope of [SERVER, USER]) assert.deepEqual(await idsIn(opened.jobs, scope), ['kept', 'first']);
    for (const name of ['job', 'history-page', 'removing']) {
      for (const key of await opened.database.listKeys(name)) {
        const row = await opened.database.namespace(name).get(key);
        assert.doesNotMatch(JSON.stringify(row), /"gone"/, `${name}:${key}`);
      }
    }
  };
  await check({ database, jobs, assets });
  await database.close();
  await check(await openAt(t, folder));
});

test('open jobs are left alone, absent and repeated ids are skipped', async (t) => {
  const { jobs, assets } = await openAt(t, await temporaryFolder(t));
  await jobs.save(sampleJob('queued'));
  await jobs.save(runningJob(sampleJob('running')));
  const file = await makeFile(assets, 'running');
  await jobs.save(endedJob('ended'));
  const asked = ['queued', 'absent', 'ended', 'running', 'ended', ''];
  assert.deepEqual(await jobs.remove(asked, REMOVED_AT), ['ended']);
  assert.deepEqual(await jobs.remove(asked, REMOVED_AT + 1), []);
  assert.deepEqual((await jobs.listOpen()).map((job) => job.id).sort(), ['queued', 'running']);
  assert.equal(await assets.has(file), true);
  assert.equal(await jobs.getRemovedAt('ended'), REMOVED_AT);
  for (const id of ['queued', 'running', 'absent']) assert.equal(await jobs.getRemovedAt(id), undefined);
});

test('a job that ends while it is asked to be removed is removed whole or left whole', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  const outcomes = new Set<boolean>();
  for (let number = 0; number < 10; number += 1) {
    const id = `job-${number}`;
    await jobs.save(sampleJob(id));
    const removal = jobs.remove([id], REMOVED_AT);
    // Before the removal looks at the job, and after.
    if (number % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
    const [removed] = await Promise.all([removal, jobs.save(endedJob(id))]);
    const isRemoved = removed.length === 1;
    outcomes.add(isRemoved);
    assert.equal((await jobs.get(id)) === undefined, isRemoved);
    assert.equal((await idsIn(jobs, SERVER)).includes(id), !isRemoved);
    assert.equal((await jobs.getRemovedAt(id)) === REMOVED_AT, isRemoved);
  }
  assert.equal(outcomes.size, 2);
});

test('a job whose final save is not complete is left alone until it is', async (t) => {
  const { database: real, assets } = await openAt(t, await temporaryFolder(t));
  const disk = { isFull: true };
  const database: Database = {
    ...real,
    namespace: (name) => ({
      ...real.namespace(name),
      async set(key, value) {
        if (disk.isFull && name === 'history-page') throw new StoreFailure('The disk is full.');
        await real.namespace(name).set(key, value);
      },
    }),
  };
  const onUnreadable = (key: string, why: string): never => assert.fail(`${key}: ${why}`);
  const jobs = await openJobStore({ database, onUnreadable, removeFiles: (jobId) => assets.removeAll(jobId) });
  await jobs.save(sampleJob('job-1'));
  await assert.rejects(jobs.save(endedJob('job-1')), StoreFailure);
  assert.deepEqual(await jobs.remove(['job-1'], REMOVED_AT), []);
  disk.isFull = false;
  await jobs.save(endedJob('job-1'));
  for (const scope of [SERVER, USER]) assert.deepEqual(await idsIn(jobs, scope), ['job-1']);
  assert.deepEqual(await jobs.remove(['job-1'], REMOVED_AT), ['job-1']);
  for (const scope of [SERVER, USER]) assert.deepEqual(await idsIn(jobs, scope), []);
});

test('removals at the same time do not disturb each other, and each job is removed by one of them', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  const ids = Array.from({ length: 120 }, (_, number) => `job-${number}`);
  for (const id of ids) await jobs.save(endedJob(id));
  const answers = await Promise.all([
    jobs.remove(ids.slice(0, 80), 1),
    jobs.remove(ids.slice(40), 2),
    jobs.remove(ids, 3),
  ]);
  assert.deepEqual(
    answers.map((answer) => answer.length),
    [80, 40, 0],
  );
  assert.deepEqual(await idsIn(jobs, SERVER), []);
  assert.equal(await jobs.getRemovedAt('job-79'), 1);
  assert.equal(await jobs.getRemovedAt('job-80'), 2);
});

test('a removed job does not come back, even when something saves it again', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  await jobs.save(endedJob('job-1'));
  await jobs.remove(['job-1'], REMOVED_AT);
  await assert.rejects(jobs.save(endedJob('job-1')), /job-1 .*was removed/);
  assert.equal(await jobs.get('job-1'), undefined);
  assert.deepEqual(await idsIn(jobs, SERVER), []);
  assert.deepEqual(await jobs.listOpen(), []);
});

test('wherever kill -9 comes, a removal that was begun is finished at the next start', async (t) => {
  let outcome = 'killed';
  let steps = 0;
  while (outcome === 'killed' && steps < 30) {
    steps += 1;
    const folder = await temporaryFolder(t);
    const first = await openAt(t, folder);
    const files: Asset[] = [];
    for (const id of ['job-1', 'job-2', 'job-3']) {
      files.push(await makeFile(first.assets, id));
      await first.jobs.save(endedJob(id));
    }
    await first.database.close();
    const words = ['remove', storeUrl(folder), join(folder, 'assets'), String(steps)];
    const said = await allLines(startProcess(t, words));
    outcome = said.at(-1)?.event ?? 'killed';
    const { database, jobs, assets } = await openAt(t, folder);
    if (steps === 1) {
      // The list of what is to go was not durable yet: nothing was begun, so nothing is gone.
      assert.deepEqual(await database.listKeys('removing'), []);
      assert.deepEqual(await idsIn(jobs, SERVER), ['job-3', 'job-2', 'job-1']);
      assert.deepEqual(await Promise.all(files.map((file) => assets.has(file))), [true, true, true]);
      await database.close();
      continue;
    }
    for (const id of ['job-1', 'job-2']) {
      assert.equal(await jobs.get(id), undefined, `${id} after step ${steps}`);
      assert.equal(await jobs.getRemovedAt(id), NOW);
    }
    assert.deepEqual(await Promise.all(files.map((file) => assets.has(file))), [false, false, true]);
    for (const scope of [SERVER, USER]) assert.deepEqual(await idsIn(jobs, scope), ['job-3'], `after step ${steps}`);
    assert.equal((await jobs.get('job-3'))?.id, 'job-3');
    assert.deepEqual(await database.listKeys('job'), ['job-3']);
    assert.deepEqual(await database.listKeys('removing'), []);
    await database.close();
  }
  // The list of the removal, 2 marks, 2 folders, 2 pages, 2 records, the list again; then it ends by itself.
  assert.deepEqual([outcome, steps], ['end', 11]);
});

test('a removal that the disk refused half way shows nothing of its jobs, and the next one finishes it', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs, assets, refused } = await openAt(t, folder);
  const file = await makeFile(assets, 'job-2');
  for (const id of ['job-1', 'job-2', 'job-3', 'job-4']) await jobs.save(endedJob(id));
  refused.add('job-2');
  await assert.rejects(jobs.remove(['job-1', 'job-2', 'job-3'], REMOVED_AT), StoreFailure);
  assert.equal(await jobs.get('job-1'), undefined);
  assert.equal(await jobs.getRemovedAt('job-2'), REMOVED_AT);
  assert.deepEqual(await idsIn(jobs, SERVER), ['job-4']);
  await assert.rejects(jobs.save(endedJob('job-2')), StoreFailure);
  refused.clear();
  assert.deepEqual(await jobs.remove(['job-2', 'job-4'], REMOVED_AT + 1), ['job-2', 'job-4']);
  assert.equal(await jobs.getRemovedAt('job-2'), REMOVED_AT);
  assert.equal(await assets.has(file), false);
  for (const name of ['job', 'removing']) assert.deepEqual(await database.listKeys(name), []);
});

test('1,000 removals in one server write each page once, hold up no save for long, and keep every other job', async (t) => {
  const { jobs, writes } = await openAt(t, await temporaryFolder(t));
  const users = ['u0', 'u1', 'u2', 'u3', 'u4'];
  for (let number = 0; number < 1200; number += 1) {
    await jobs.save(endedJob(`job-${number}`, { userId: `u${number % 5}`, finishedAt: NOW + number }));
  }
  // Every job but each sixth, in an order that has nothing to do with the pages.
  const ids = Array.from({ length: 1200 }, (_, index) => (index * 7) % 1200)
    .filter((number) => number % 6 !== 0)
    .map((number) => `job-${number}`);
  assert.equal(ids.length, 1000);
  writes.length = 0;
  const progress = { ended: false };
  const removal = jobs.remove(ids, REMOVED_AT).finally(() => {
    progress.ended = true;
  });
  let savedMeanwhile = 0;
  while (!progress.ended) {
    await jobs.save(sampleJob(`new-${savedMeanwhile}`));
    savedMeanwhile += 1;
  }
  assert.equal((await removal).length, 1000);
  t.diagnostic(`${savedMeanwhile} jobs were saved meanwhile`);
  assert.ok(savedMeanwhile > 20);
  const count = (part: string): number => writes.filter((write) => write.startsWith(part)).length;
  assert.equal(count('set history-page:'), 12 + users.length * 3);
  assert.equal(count('set removed:'), 1000);
  assert.equal(count('delete job:'), 1000);
  assert.equal(writes.length - savedMeanwhile * 2, 2000 + 12 + users.length * 3 + 2);
  const left = Array.from({ length: 200 }, (_, index) => `job-${1194 - index * 6}`);
  assert.deepEqual(await idsIn(jobs, SERVER), left);
  assert.deepEqual((await Promise.all(users.map((userId) => idsIn(jobs, { userId })))).flat().sort(), [...left].sort());
});

test('a page whose jobs are all removed keeps its place, and jobs that end later are listed as before', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  const ids = Array.from({ length: 150 }, (_, number) => `job-${number}`);
  for (const [number, id] of ids.entries()) await jobs.save(endedJob(id, { finishedAt: NOW + number }));
  await jobs.remove(ids, REMOVED_AT);
  assert.deepEqual(await idsIn(jobs, SERVER), []);
  const later = Array.from({ length: 120 }, (_, number) => `later-${number}`);
  for (const [number, id] of later.entries()) await jobs.save(endedJob(id, { finishedAt: NOW + 150 + number }));
  assert.deepEqual(await idsIn(jobs, SERVER), later.toReversed());
  assert.deepEqual(await jobs.remove(['later-0', 'later-119'], REMOVED_AT), ['later-0', 'later-119']);
  assert.deepEqual(await idsIn(jobs, USER), later.slice(1, -1).toReversed());
});
