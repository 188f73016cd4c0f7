import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Job } from '../../src/jobs/job.ts';
import { StoreFailure } from '../../src/jobs/ports.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openJobStore, type JobStoreWithHistory } from '../../src/store/job-store.ts';
import { recordWrites } from './recording-database.ts';
import { failedJob, noFiles, NOW, runningJob, sampleJob, storeUrl, temporaryFolder } from './samples.ts';

interface Opened {
  database: Database;
  jobs: JobStoreWithHistory;
  unreadable: string[];
}

async function openAt(t: TestContext, folder: string): Promise<Opened> {
  const database = await openDatabase({ url: storeUrl(folder) });
  t.after(() => database.close());
  const unreadable: string[] = [];
  const jobs = await openJobStore({
    database,
    onUnreadable: (key, why) => unreadable.push(`${key}: ${why}`),
    removeFiles: noFiles,
  });
  return { database, jobs, unreadable };
}

function ids(jobs: readonly Job[]): string[] {
  return jobs.map((job) => job.id);
}

test('a job is read back exactly, in every state and whatever its prompt, also after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  const saved = [
    sampleJob('job-1', '🌄 \' " \0 \u202eשלום :base64:AA== \ud83c'),
    runningJob(sampleJob('job-2', '界'.repeat(4000))),
    failedJob(runningJob(sampleJob('job-3', ':colon'))),
  ];
  for (const job of saved) await jobs.save(job);
  await database.close();
  const again = await openAt(t, folder);
  for (const job of saved) assert.deepEqual(await again.jobs.get(job.id), job);
  assert.equal(await again.jobs.get('job-4'), undefined);
  assert.deepEqual(again.unreadable, []);
});

test('an id is open before its job is written, and until after the final save and its entries; between them a save is one write', async (t) => {
  const { database: real } = await openAt(t, await temporaryFolder(t));
  const { database, writes } = recordWrites(real);
  const jobs = await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles });
  const job = sampleJob('job-1');
  await Promise.all([jobs.save(job), jobs.save(runningJob(job)), jobs.save(failedJob(job)), jobs.save(failedJob(job))]);
  assert.deepEqual(writes, [
    'set open:job-1',
    'set job:job-1',
    'set job:job-1',
    'set job:job-1',
    'set history-head:server:100',
    'set history-page:server:100:0',
    'set history-head:user:300',
    'set history-page:user:300:0',
    'delete open:job-1',
    'set job:job-1',
  ]);
  assert.equal((await jobs.get('job-1'))?.state, 'failed');
});

test('files kept for a request that was never saved are deleted: at once when it is refused, else at the next start', async (t) => {
  const folder = await temporaryFolder(t);
  const deleted: string[] = [];
  const removeFiles = async (id: string): Promise<void> => void deleted.push(id);
  const open = async (): Promise<{ database: Database; jobs: JobStoreWithHistory }> => {
    const database = await openDatabase({ url: storeUrl(folder) });
    return { database, jobs: await openJobStore({ database, onUnreadable: () => assert.fail(), removeFiles }) };
  };
  const before = await open();
  for (const id of ['refused', 'saved', 'lost']) await before.jobs.reserve(id);
  await before.jobs.save(sampleJob('saved'));
  await before.jobs.release('refused');
  await before.jobs.release('saved');
  assert.deepEqual(deleted, ['refused']);
  await before.database.close();
  const after = await open();
  t.after(() => after.database.close());
  assert.deepEqual(ids(await after.jobs.listOpen()), ['saved']);
  assert.deepEqual(deleted, ['refused', 'lost']);
  assert.deepEqual(ids(await after.jobs.listOpen()), ['saved']);
  assert.deepEqual(deleted, ['refused', 'lost']);
});

test('an id known from the last run is not written again', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openAt(t, folder);
  await first.jobs.save(sampleJob('job-1'));
  await first.database.close();
  const { database, writes } = recordWrites((await openAt(t, folder)).database);
  const jobs = await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles });
  await jobs.save(runningJob(sampleJob('job-1')));
  assert.deepEqual(writes, ['set job:job-1']);
});

test('unfinished jobs are listed oldest first; ids that are final or absent are forgotten', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  await jobs.save(sampleJob('c', 'new', NOW + 5));
  await jobs.save(sampleJob('b', 'same time', NOW));
  await jobs.save(runningJob(sampleJob('a', 'same time', NOW)));
  await jobs.save(failedJob(sampleJob('done')));
  // What a crash leaves: an id whose job was not written yet, and one whose job became final just before.
  await database.namespace('open').set('absent', 1);
  await database.namespace('open').set('done', 1);
  await database.close();
  const again = await openAt(t, folder);
  assert.deepEqual(ids(await again.jobs.listOpen()), ['a', 'b', 'c']);
  assert.deepEqual((await again.database.listKeys('open')).sort(), ['a', 'b', 'c']);
  assert.equal((await again.jobs.get('done'))?.state, 'failed');
});

test('a job being saved while the open ones are listed is not forgotten', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  await Promise.all(numbers.flatMap((number) => [jobs.save(sampleJob(`job-${number}`)), jobs.listOpen()]));
  assert.equal((await jobs.listOpen()).length, 100);
  assert.equal((await database.listKeys('open')).length, 100);
});

test('thousands of unfinished jobs are all listed at a start', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  const prompt = 'a long and detailed prompt '.repeat(20);
  await Promise.all(
    Array.from({ length: 2000 }, (_, number) =>
      jobs.save(runningJob(sampleJob(`job-${number}`, prompt, NOW - number))),
    ),
  );
  await database.close();
  const again = await openAt(t, folder);
  const startedAt = performance.now();
  const listed = await again.jobs.listOpen();
  t.diagnostic(`listed in ${Math.round(performance.now() - startedAt)} ms`);
  assert.equal(listed.length, 2000);
  assert.equal(listed[0]?.id, 'job-1999');
});

const SECOND_KNEW_NOT = ['durationSeconds', 'product', 'itemPrompts', 'references', 'carriedFrom'];
const FIRST_KNEW_NOT = [...SECOND_KNEW_NOT, 'settings', 'changes', 'fetches', 'mostRetries'];

test('a job that the first version saved is read as it would be saved today', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  const saved = failedJob(runningJob(sampleJob('first')));
  const toFirst = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (name, part: unknown) => (FIRST_KNEW_NOT.includes(name) ? undefined : part)));
  await database.namespace('job').set('first', { ...(toFirst(saved) as object), v: 1 });
  assert.deepEqual(await jobs.get('first'), saved);
});

test('a job that the second version saved is read as it would be saved today', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  const saved = failedJob(runningJob(sampleJob('second')));
  const second = JSON.stringify(saved, (name, part: unknown) => (SECOND_KNEW_NOT.includes(name) ? undefined : part));
  await database.namespace('job').set('second', { ...(JSON.parse(second) as object), v: 2 });
  assert.deepEqual(await jobs.get('second'), saved);
});

test('a record that cannot be read is told once, kept, copied aside and counted as absent', async (t) => {
  const { database, jobs, unreadable } = await openAt(t, await temporaryFolder(t));
  const records = database.namespace('job');
  const bad: Record<string, unknown> = {
    newer: { ...sampleJob('newer'), v: 4 },
    older: { ...sampleJob('older'), v: 0 },
    versionless: { id: 'versionless' },
    text: 'text',
    nothing: null,
    itemless: { ...sampleJob('itemless'), items: [] },
    stateless: { ...sampleJob('stateless'), items: [{ ...sampleJob('x').items[0], state: 'dreaming' }] },
    other: sampleJob('another'),
  };
  for (const [key, value] of Object.entries(bad)) await records.set(key, value);
  for (const [key, value] of Object.entries(bad)) {
    assert.equal(await jobs.get(key), undefined, key);
    assert.equal(await jobs.get(key), undefined, key);
    assert.deepEqual(await records.get(key), { kind: 'value', value }, key);
    const aside = await database.namespace('aside').get(`job:${key}`);
    assert.ok(aside?.kind === 'value');
    assert.deepEqual((aside.value as { content: unknown }).content, value);
  }
  assert.deepEqual(
    unreadable.map((line) => line.split(':')[1]),
    Object.keys(bad),
  );
  assert.equal(unreadable[0], 'job:newer: its version is 4, expected 3 or an older one');
  assert.doesNotMatch(unreadable.join('\n'), /token|sunset/);
});

test('one damaged record hides no other, and its id stays open for when it can be read again', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'darkroom.sqlite');
  const { database, jobs } = await openAt(t, folder);
  await jobs.save(sampleJob('job-1', 'fine'));
  await jobs.save(sampleJob('job-2', 'THE DAMAGED ONE'));
  await jobs.save(sampleJob('job-3', 'fine'));
  await database.close();
  // Same length, so that the file stays sound and only the text stops being JSON.
  const content = (await readFile(path)).toString('latin1').replace('"THE DAMAGED ONE"', 'xTHE DAMAGED ONEx');
  await writeFile(path, content, 'latin1');
  const again = await openAt(t, folder);
  assert.deepEqual(ids(await again.jobs.listOpen()), ['job-1', 'job-3']);
  assert.deepEqual(again.unreadable, ['job:job-2: it is not a JSON record']);
  assert.deepEqual((await again.database.listKeys('open')).sort(), ['job-1', 'job-2', 'job-3']);
});

test('a job that could not be read back is refused before it is written', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  await assert.rejects(jobs.save({ ...sampleJob('job-1'), createdAt: Number.NaN }), StoreFailure);
  assert.equal(await database.namespace('job').get('job-1'), undefined);
});

test('fields that this version does not know are still there after it saved the job', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  await database.namespace('job').set('job-1', { ...sampleJob('job-1'), later: 'news' });
  const job = await jobs.get('job-1');
  assert.ok(job !== undefined);
  await jobs.save(runningJob(job));
  assert.equal((await jobs.get('job-1'))?.state, 'running');
  assert.ok('later' in ((await jobs.get('job-1')) ?? {}));
});

test('a claimed operation stays claimed over a restart, whatever its id, and others are not', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  for (const id of ['prediction-1', 'claim:1', '%', 'prediction-1']) await jobs.claim(id, 'job-1:image');
  await database.close();
  const again = await openAt(t, folder);
  for (const id of ['prediction-1', 'claim:1', '%']) assert.equal(await again.jobs.isClaimed(id), true, id);
  for (const id of ['prediction-2', '1', '_']) assert.equal(await again.jobs.isClaimed(id), false, id);
});

test('a claim ends with its time, and its row goes at the next start', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  await jobs.claim('lasting', 'job-1:image');
  const brief = await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles, claimTtlMs: 1 });
  await brief.claim('read', 'job-1:image');
  await brief.claim('never read', 'job-1:image');
  const begun = Date.now();
  while (Date.now() <= begun + 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await brief.isClaimed('read'), false);
  await openJobStore({ database, onUnreadable: () => undefined, removeFiles: noFiles });
  assert.deepEqual(await database.listKeys('claim'), ['lasting']);
  assert.equal(await jobs.isClaimed('lasting'), true);
});

test('a first start and one after a clean end count as clean, one after anything else does not', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  assert.equal(await jobs.takeCleanEnd(), true);
  assert.equal(await jobs.takeCleanEnd(), false);
  await jobs.markCleanEnd();
  await database.close();
  const again = await openAt(t, folder);
  assert.equal(await again.jobs.takeCleanEnd(), true);
  await again.database.close();
  assert.equal(await (await openAt(t, folder)).jobs.takeCleanEnd(), false);
});

test('every question to a store that is closed rejects with a sentence', async (t) => {
  const { database, jobs } = await openAt(t, await temporaryFolder(t));
  await jobs.save(sampleJob('job-1'));
  await database.close();
  const questions = [
    jobs.save(sampleJob('job-1')),
    jobs.save(sampleJob('job-2')),
    jobs.get('job-1'),
    jobs.listOpen(),
    jobs.claim('1', 'job-1:image'),
    jobs.isClaimed('1'),
    jobs.takeCleanEnd(),
    jobs.markCleanEnd(),
    jobs.remove(['job-1'], NOW),
    jobs.getRemovedAt('job-1'),
    jobs.history.list({ scope: { guildId: '100' }, matches: () => true, from: null, limit: 1 }),
  ];
  for (const answer of await Promise.allSettled(questions)) {
    assert.ok(answer.status === 'rejected' && answer.reason instanceof StoreFailure);
    assert.match(answer.reason.message, /already closed/);
    assert.ok(answer.reason.cause instanceof Error);
  }
});
