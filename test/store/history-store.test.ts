import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { StoreFailure, type HistoryAnswer, type HistoryEntry, type HistoryScope } from '../../src/jobs/ports.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openJobStore, type JobStoreWithHistory } from '../../src/store/job-store.ts';
import { recordWrites } from './recording-database.ts';
import { allLines, startProcess } from './run-process.ts';
import { endedJob, failedJob, noFiles, NOW, runningJob, sampleJob, storeUrl, temporaryFolder } from './samples.ts';

const SERVER = { guildId: '100' };
const USER = { userId: '300' };

interface Opened {
  database: Database;
  jobs: JobStoreWithHistory;
  writes: string[];
  reads: string[];
  unreadable: string[];
}

async function openAt(t: TestContext, folder: string): Promise<Opened> {
  const real = await openDatabase({ url: storeUrl(folder) });
  t.after(() => real.close());
  const { database, writes, reads } = recordWrites(real);
  const unreadable: string[] = [];
  const onUnreadable = (key: string, why: string): unknown => unreadable.push(`${key}: ${why}`);
  const jobs = await openJobStore({ database, onUnreadable, removeFiles: noFiles });
  return { database, jobs, writes, reads, unreadable };
}

interface Ask {
  scope?: HistoryScope;
  matches?: (entry: HistoryEntry) => boolean;
  from?: string | null;
  limit?: number;
}

function list(jobs: JobStoreWithHistory, ask: Ask = {}): Promise<HistoryAnswer> {
  return jobs.history.list({ scope: SERVER, matches: () => true, from: null, limit: 10, ...ask });
}

/** Every answer until there is nothing older, in the order it came. */
async function listAll(jobs: JobStoreWithHistory, ask: Ask = {}): Promise<string[]> {
  const ids: string[] = [];
  let from: string | null = ask.from ?? null;
  for (let round = 0; round < 1000; round += 1) {
    const answer: HistoryAnswer = await list(jobs, { limit: 100, ...ask, from });
    ids.push(...idsOf(answer));
    if (answer.next === null) return ids;
    assert.match(answer.next, /^[0-9a-z]{1,24}$/);
    from = answer.next;
  }
  throw new Error('Expected the history to come to an end.');
}

function idsOf(answer: HistoryAnswer): string[] {
  return answer.entries.map((entry) => entry.id);
}

/** `job-<first>` to `job-<last>`, one millisecond apart. */
async function end(jobs: JobStoreWithHistory, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number += 1) {
    await jobs.save(endedJob(`job-${number}`, { finishedAt: NOW + number }));
  }
}

/** `job-<newest>` down to `job-<oldest>`. */
function down(newest: number, oldest: number): string[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => `job-${newest - index}`);
}

test('jobs that ended are listed newest first over many pages, by server and by user, also after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const { jobs, database } = await openAt(t, folder);
  assert.deepEqual(await list(jobs), { entries: [], next: null });
  await end(jobs, 1, 250);
  await jobs.save(runningJob(sampleJob('running')));
  for (const scope of [SERVER, USER]) assert.deepEqual(await listAll(jobs, { scope, limit: 7 }), down(250, 1));
  await database.close();
  const again = await openAt(t, folder);
  for (const scope of [SERVER, USER]) assert.deepEqual(await listAll(again.jobs, { scope }), down(250, 1));
  await end(again.jobs, 251, 301);
  assert.deepEqual(await listAll(again.jobs), down(301, 1));
  assert.deepEqual(again.unreadable, []);
});

test('an entry tells what a list needs to know of the job', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  const job = endedJob('job-1', { private: true, finishedAt: NOW + 5 });
  await jobs.save(job);
  const { id, userId, state, createdAt, finishedAt } = job;
  assert.ok(finishedAt !== null);
  assert.deepEqual(await list(jobs), {
    entries: [{ id, userId, kind: 'image', state, private: true, createdAt, finishedAt }],
    next: null,
  });
});

test('two servers never see each other’s jobs, nor does one user another’s; private messages belong to no server', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  await jobs.save(endedJob('mine-here'));
  await jobs.save(endedJob('mine-there', { guildId: '1' }));
  await jobs.save(endedJob('theirs-here', { userId: '3' }));
  await jobs.save(endedJob('mine-nowhere', { guildId: null }));
  await jobs.save(endedJob('same-number', { guildId: '300', userId: '100' }));
  assert.deepEqual(await listAll(jobs, { scope: { guildId: '100' } }), ['theirs-here', 'mine-here']);
  assert.deepEqual(await listAll(jobs, { scope: { guildId: '1' } }), ['mine-there']);
  assert.deepEqual(await listAll(jobs, { scope: { userId: '300' } }), ['mine-nowhere', 'mine-there', 'mine-here']);
  assert.deepEqual(await listAll(jobs, { scope: { userId: '3' } }), ['theirs-here']);
  assert.deepEqual(await listAll(jobs, { scope: { guildId: '10' } }), []);
});

test('a filter finds what is far back and ends where nothing more matches', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  for (let number = 0; number < 450; number += 1) {
    await jobs.save(endedJob(`job-${number}`, { userId: number % 150 === 0 ? '7' : '8', finishedAt: NOW + number }));
  }
  const matches = ({ userId }: HistoryEntry): boolean => userId === '7';
  const first = await list(jobs, { matches, limit: 2 });
  assert.deepEqual(idsOf(first), ['job-300', 'job-150']);
  assert.deepEqual(await list(jobs, { matches, limit: 2, from: first.next }).then(idsOf), ['job-0']);
  // Exactly as many as asked, with jobs that do not match behind them: nothing older.
  const theLast = await list(jobs, { matches: ({ id }) => id === 'job-300', limit: 1 });
  assert.deepEqual([idsOf(theLast), theLast.next], [['job-300'], null]);
});

test('one ask looks through 20 pages at most and says where to go on', async (t) => {
  const { database, jobs, reads } = await openAt(t, await temporaryFolder(t));
  const pages = database.namespace('history-page');
  for (let page = 0; page < 45; page += 1) {
    const slots = Array.from({ length: 100 }, (_, slot) => [`${page}-${slot}`, '300', 'image', 'done', 0, NOW, NOW]);
    await pages.set(`server:100:${page}`, { v: 1, scope: 'server:100', page, from: NOW, to: NOW, slots });
  }
  await database.namespace('history-head').set('server:100', { v: 1, scope: 'server:100', last: 44 });
  const answers: HistoryAnswer[] = [];
  const readPages: number[] = [];
  let from: string | null = null;
  do {
    reads.length = 0;
    const answer: HistoryAnswer = await list(jobs, { matches: ({ id }) => id === '30-7' || id === '2-0', from });
    answers.push(answer);
    readPages.push(reads.filter((key) => key.startsWith('history-page:')).length);
    from = answer.next;
  } while (from !== null && answers.length < 10);
  assert.deepEqual(answers.map(idsOf), [['30-7'], [], ['2-0']]);
  assert.deepEqual(readPages, [20, 20, 5]);
});

test('going on from a cursor neither repeats nor skips while jobs end and are removed', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  await end(jobs, 1, 230);
  const seen: string[] = [];
  let from: string | null = null;
  for (let round = 0; round < 100; round += 1) {
    const answer: HistoryAnswer = await list(jobs, { from, limit: 10 });
    seen.push(...idsOf(answer));
    from = answer.next;
    if (from === null) break;
    await end(jobs, 1000 + round * 9, 1000 + round * 9 + 8);
    // One that was shown, and the oldest of all.
    await jobs.remove([answer.entries[3]?.id ?? '', `job-${round + 1}`], NOW);
  }
  assert.equal(from, null);
  assert.deepEqual(seen, down(230, 21));
});

test('a broken cursor reads as from the newest', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  await end(jobs, 1, 120);
  const newest = await list(jobs);
  for (const from of ['', 'x', '2t', '02s', '0zz', '200', '001a', 'zzzzzzzzzzzzzzzzzzzzzzzz', '-101', 'ABC', '1 5']) {
    assert.deepEqual(await list(jobs, { from }), newest, from);
  }
});

test('the same final job saved twice, also after a restart, is one entry', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  await end(jobs, 1, 120);
  await end(jobs, 1, 120);
  await database.close();
  const again = await openAt(t, folder);
  await end(again.jobs, 1, 120);
  for (const scope of [SERVER, USER]) assert.deepEqual(await listAll(again.jobs, { scope }), down(120, 1));
});

test('a start repairs what a crash left between a job and its entries, wherever it stands, and repeats nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  await end(jobs, 1, 350);
  await jobs.save(sampleJob('lost'));
  // The final record without entries, and ids still open whose entries stand: far back, and in the last page.
  await database.namespace('job').set('lost', endedJob('lost', { finishedAt: NOW + 400 }));
  for (const id of ['job-3', 'job-349']) await database.namespace('open').set(id, 1);
  await database.close();
  for (let start = 0; start < 2; start += 1) {
    const again = await openAt(t, folder);
    assert.deepEqual(await again.jobs.listOpen(), []);
    for (const scope of [SERVER, USER]) {
      assert.deepEqual(await listAll(again.jobs, { scope }), ['lost', ...down(350, 1)]);
    }
    assert.deepEqual(await again.database.listKeys('open'), []);
    await again.database.close();
  }
});

test('wherever kill -9 comes while a job ends, its end is listed once in each history after the next start', async (t) => {
  let outcome = 'killed';
  let steps = 0;
  while (outcome === 'killed' && steps < 20) {
    steps += 1;
    const folder = await temporaryFolder(t);
    const said = await allLines(startProcess(t, ['finish', storeUrl(folder), '', String(steps)]));
    outcome = said.at(-1)?.event ?? 'killed';
    const { database, jobs } = await openAt(t, folder);
    await jobs.listOpen();
    if ((await jobs.get('job-1'))?.state !== 'failed') await jobs.save(failedJob(sampleJob('job-1')));
    for (const scope of [SERVER, USER]) assert.deepEqual(await listAll(jobs, { scope }), ['job-1'], `step ${steps}`);
    assert.deepEqual(await database.listKeys('open'), []);
    await database.close();
  }
  // open, job, job, head and page of the server, head and page of the user, open; then it ends by itself.
  assert.deepEqual([outcome, steps], ['end', 9]);
});

test('a final save that the disk refused half way is entered once when it is tried again', async (t) => {
  const { database: real, jobs } = await openAt(t, await temporaryFolder(t));
  await end(jobs, 1, 150);
  const disk = { isFull: true };
  const database: Database = {
    ...real,
    namespace: (name) => ({
      ...real.namespace(name),
      async set(key, value) {
        if (disk.isFull && key.startsWith('user:')) throw new StoreFailure('The disk is full.');
        await real.namespace(name).set(key, value);
      },
    }),
  };
  const failing = await openJobStore({ database, onUnreadable: () => assert.fail(), removeFiles: noFiles });
  const ended = Array.from({ length: 250 }, (_, number) => endedJob(`late-${number}`, { finishedAt: NOW + 200 }));
  for (const job of ended) await assert.rejects(failing.save(job), StoreFailure);
  disk.isFull = false;
  for (const job of ended) await failing.save(job);
  for (const scope of [SERVER, USER]) {
    const late = ended.map((job) => job.id).toReversed();
    assert.deepEqual(await listAll(failing, { scope }), [...late, ...down(150, 1)]);
  }
});

test('a job that ends costs one write for each of its histories and no read, in every recently used server', async (t) => {
  const { jobs, writes, reads } = await openAt(t, await temporaryFolder(t));
  const servers = Array.from({ length: 150 }, (_, number) => `server-${number}`);
  for (const guildId of servers) await jobs.save(endedJob(`first-${guildId}`, { guildId }));
  for (const guildId of servers) await jobs.save(sampleJob(`second-${guildId}`));
  writes.length = 0;
  reads.length = 0;
  for (const guildId of servers) await jobs.save(endedJob(`second-${guildId}`, { guildId }));
  assert.deepEqual(reads, []);
  // Beside one new page of the user: its head.
  assert.ok(writes.length <= servers.length * 4 + 3, `${writes.length} writes`);
  for (const guildId of servers) {
    assert.deepEqual(await listAll(jobs, { scope: { guildId } }), [`second-${guildId}`, `first-${guildId}`]);
  }
});

test('more servers than stay in memory lose no entry', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  const numbers = Array.from({ length: 210 }, (_, number) => String(number));
  for (const round of ['a', 'b']) {
    for (const guildId of numbers) await jobs.save(endedJob(`${round}-${guildId}`, { guildId, userId: `u${guildId}` }));
  }
  for (const guildId of numbers) {
    assert.deepEqual(await listAll(jobs, { scope: { guildId } }), [`b-${guildId}`, `a-${guildId}`]);
  }
});

test('a page that cannot be read is told and skipped, and new jobs are listed after it', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  await end(jobs, 0, 249);
  for (const page of [0, 2]) await database.namespace('history-page').set(`server:100:${page}`, { v: 1, page: 'torn' });
  await database.close();
  const again = await openAt(t, folder);
  assert.deepEqual(await listAll(again.jobs), down(199, 100));
  await end(again.jobs, 250, 260);
  assert.deepEqual(await listAll(again.jobs), [...down(260, 250), ...down(199, 100)]);
  assert.deepEqual(again.unreadable.map((line) => line.replace(/: .*/, '')).sort(), [
    'history-page:server:100:0',
    'history-page:server:100:2',
  ]);
  assert.deepEqual(await listAll(again.jobs, { scope: USER }), down(260, 0));
  // Found although the search by time meets the damage.
  await again.jobs.remove(['job-105', 'job-255'], NOW);
  assert.equal((await listAll(again.jobs)).length, 109);
});

test('a head that cannot be read loses no page', async (t) => {
  const folder = await temporaryFolder(t);
  for (const last of [50, 150, 350]) {
    const first = await openAt(t, folder);
    const known = (await listAll(first.jobs)).length;
    await end(first.jobs, known, last - 1);
    await first.database.namespace('history-head').set('server:100', 'torn');
    await first.database.close();
    const again = await openAt(t, folder);
    assert.deepEqual(await listAll(again.jobs), down(last - 1, 0));
    await again.jobs.save(endedJob(`job-${last}`, { finishedAt: NOW + last }));
    assert.deepEqual(await listAll(again.jobs), down(last, 0));
    await again.database.close();
  }
});

test('a head whose page was never written is taken up again', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, jobs } = await openAt(t, folder);
  await end(jobs, 0, 99);
  await database.namespace('history-head').set('server:100', { v: 1, scope: 'server:100', last: 1 });
  await database.close();
  const again = await openAt(t, folder);
  assert.deepEqual(await listAll(again.jobs), down(99, 0));
  await again.jobs.remove(['job-5'], NOW);
  await end(again.jobs, 100, 101);
  assert.deepEqual(await listAll(again.jobs), [...down(101, 6), ...down(4, 0)]);
  assert.deepEqual((await again.database.listKeys('history-page')).sort(), [
    'server:100:0',
    'server:100:1',
    'user:300:0',
    'user:300:1',
  ]);
});

test('where the clock went back, jobs are listed in the order they ended and still found', async (t) => {
  const { jobs } = await openAt(t, await temporaryFolder(t));
  await end(jobs, 0, 149);
  const early = Array.from({ length: 150 }, (_, number) => `early-${number}`);
  for (const [number, id] of early.entries()) {
    await jobs.save(endedJob(id, { finishedAt: NOW - 3_600_000 + number }));
  }
  await end(jobs, 150, 399);
  assert.deepEqual(await listAll(jobs), [...down(399, 150), ...early.toReversed(), ...down(149, 0)]);
  const removed = ['job-0', 'job-149', 'early-0', 'early-100', 'job-150', 'job-399'];
  assert.deepEqual(await jobs.remove(removed, NOW), removed);
  for (const scope of [SERVER, USER]) {
    const left = await listAll(jobs, { scope });
    assert.equal(left.length, 550 - removed.length);
    assert.ok(removed.every((id) => !left.includes(id)));
  }
});
