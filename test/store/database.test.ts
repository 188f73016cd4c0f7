import assert from 'node:assert/strict';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { StoreFailure } from '../../src/jobs/ports.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openJobStore } from '../../src/store/job-store.ts';
import { createMetaStore } from '../../src/store/meta-store.ts';
import { allLines, killHard, nextLine, smallDiskMissing, startOnSmallDisk, startProcess } from './run-process.ts';
import { noFiles, sampleJob, storeUrl, temporaryFolder } from './samples.ts';

const PAGE_BYTES = 4096;

async function openTemporary(t: TestContext): Promise<{ database: Database; folder: string }> {
  const folder = await temporaryFolder(t);
  const database = await openDatabase({ url: storeUrl(folder) });
  t.after(() => database.close());
  return { database, folder };
}

async function refusal(promise: Promise<unknown>): Promise<StoreFailure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StoreFailure, `Expected a StoreFailure, got ${String(error)}.`);
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.byteLength, position);
  await handle.close();
}

test('a new store is made with its folders, and an empty file is taken as one', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openDatabase({ url: `sqlite://${join(folder, 'a', 'b', 'darkroom.sqlite')}` });
  await first.close();
  await writeFile(join(folder, 'darkroom.sqlite'), '');
  const second = await openDatabase({ url: storeUrl(folder) });
  await second.namespace('meta').set('key', 'value');
  await second.close();
});

test('what is written is read back as it was, whatever the text', async (t) => {
  const { database, folder } = await openTemporary(t);
  const value = {
    texts: [
      'emoji 🌄👩‍👩‍👧‍👦',
      'lone quotes \' " ` and \\',
      'lone surrogate \ud83c',
      'right to left שלום مرحبا \u202e',
      'NUL \0 in the middle',
      ':colon',
      ':base64:AAAA',
      '%_',
      'line\nbreak\u2028',
      '界'.repeat(4000),
    ],
    numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER],
    nothing: null,
    key: { 'a:b%_"\0': true },
  };
  await database.namespace('meta').set('key', value);
  await database.close();
  const again = await openDatabase({ url: storeUrl(folder) });
  t.after(() => again.close());
  assert.deepEqual(await again.namespace('meta').get('key'), { kind: 'value', value });
});

test('names that look alike never share records', async (t) => {
  const { database } = await openTemporary(t);
  const keys = ['1', 'job:1', '%', '_', 'a%b', "'", 'open:1', ''];
  for (const key of keys) await database.namespace('job').set(key, `job ${key}`);
  await database.namespace('jobs').set('1', 'jobs 1');
  await database.namespace('jab').set('1', 'jab 1');
  assert.deepEqual((await database.listKeys('job')).sort(), [...keys].sort());
  const rows = await database.namespace('job').getMany(keys);
  assert.deepEqual(
    rows,
    keys.map((key) => ({ kind: 'value', value: `job ${key}` })),
  );
  await database.namespace('job').delete('%');
  assert.deepEqual(await database.namespace('jobs').get('1'), { kind: 'value', value: 'jobs 1' });
  assert.equal((await database.listKeys('job')).length, keys.length - 1);
});

test('every key of a namespace is listed, more than one page of them, among a long history', async (t) => {
  const { database } = await openTemporary(t);
  const openIds = database.namespace('open');
  await Promise.all(Array.from({ length: 2500 }, (_, index) => openIds.set(`id-${index}`, 1)));
  await database.namespace('job').set('id-1', {});
  assert.equal(new Set(await database.listKeys('open')).size, 2500);
});

test('a text set is a text read, and a name never set is undefined', async (t) => {
  const { database } = await openTemporary(t);
  const meta = createMetaStore(database);
  assert.equal(await meta.get('commands'), undefined);
  await meta.set('commands', 'global');
  assert.equal(await meta.get('commands'), 'global');
});

test('tasks run in the order they were given, and one that fails holds up nobody', async (t) => {
  const { database } = await openTemporary(t);
  const meta = database.namespace('meta');
  const failed = database.inOrder(() => Promise.reject(new Error('no')));
  await assert.rejects(failed);
  await Promise.all(Array.from({ length: 200 }, (_, number) => database.inOrder(() => meta.set('key', number))));
  assert.deepEqual(await meta.get('key'), { kind: 'value', value: 199 });
});

test('a closed store answers with a sentence, and closing twice is fine', async (t) => {
  const { database } = await openTemporary(t);
  await database.close();
  await database.close();
  assert.match((await refusal(database.namespace('meta').set('key', 1))).message, /already closed/);
  assert.match((await refusal(database.namespace('meta').get('key'))).message, /already closed/);
  assert.match((await refusal(database.namespace('meta').getMany(['key']))).message, /already closed/);
  assert.match((await refusal(database.namespace('meta').delete('key'))).message, /already closed/);
  assert.match((await refusal(database.listKeys('open'))).message, /already closed/);
  assert.match((await refusal(database.deleteExpired('claim'))).message, /already closed/);
});

test('tasks that wait together become durable together, each with its own answer', async (t) => {
  const { database } = await openTemporary(t);
  const meta = database.namespace('meta');
  const written: boolean[] = [];
  database.onWritten((wereKept) => written.push(wereKept));
  const answers = await Promise.allSettled([
    database.inOrder(() => meta.set('one', 1)),
    database.inOrder(() => meta.set('two', 2)),
    database.inOrder(async () => (await meta.get('one'))?.kind),
    database.inOrder(async () => {
      await meta.set('three', 3);
      throw new StoreFailure('no');
    }),
    database.inOrder(async () => (await meta.get('three'))?.kind),
  ]);
  assert.deepEqual(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason))),
    [undefined, undefined, 'value', 'StoreFailure: no', 'value'],
  );
  assert.deepEqual(written, [true, true, true], 'the first, those that waited for it, and those behind the refusal');
});

test('a disk that does not take what was written together keeps none of it, and memory agrees with it', async (t) => {
  const folder = await temporaryFolder(t);
  const said = await allLines(startProcess(t, ['fill-together', storeUrl(folder)], 'ulimit -f 400'));
  const end = said.find(({ event }) => event === 'end');
  assert.ok(end, JSON.stringify(said));
  assert.ok((end.kept ?? 0) > 0 && (end.refused ?? 0) > 0, JSON.stringify(end));
  assert.equal(end.readable, end.kept, 'what resolved is there');
  assert.deepEqual(end.open, end.openOnDisk, 'and what was refused is not counted as open');
});

test('a store address that is not a SQLite file is refused, and its password not shown', async () => {
  const { message } = await refusal(openDatabase({ url: 'redis://user:secret@host' }));
  assert.match(message, /STORE_URL.*sqlite:\/\/.*redis:\/\//);
  assert.doesNotMatch(message, /secret/);
  assert.match((await refusal(openDatabase({ url: 'sqlite://:memory:' }))).message, /name a file/);
  assert.match((await refusal(openDatabase({ url: 'sqlite://' }))).message, /name a file/);
  assert.match((await refusal(openDatabase({ url: 'data/x.sqlite' }))).message, /no scheme/);
});

test('a folder that cannot be made, or a folder in place of the file, is one sentence', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), 'text');
  await mkdir(join(folder, 'darkroom.sqlite'));
  const notAFolder = await refusal(openDatabase({ url: `sqlite://${join(folder, 'file', 'x.sqlite')}` }));
  assert.match(notAFolder.message, /file, but the system refused \(EEXIST\)/);
  assert.match((await refusal(openDatabase({ url: storeUrl(folder) }))).message, /refused \(SQLITE_CANTOPEN\)/);
});

test(
  'a folder of the system itself is refused at once',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async () => {
    // mkdir's own `recursive` never ends here.
    const error = await refusal(openDatabase({ url: 'sqlite:///proc/darkroom/x.sqlite' }));
    assert.match(error.message, /\/proc\/darkroom, but the system refused/);
  },
);

test('a file that is no database is named and left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'darkroom.sqlite');
  const content = Buffer.from('these are my holiday notes\n'.repeat(500));
  await writeFile(path, content);
  const error = await refusal(openDatabase({ url: storeUrl(folder) }));
  assert.ok(error.message.startsWith(`${path} is damaged`));
  assert.match(error.message, /left as it is: restore a backup/);
  assert.notEqual(error.cause, undefined);
  assert.deepEqual(await readFile(path), content);
});

test('a file damaged in the middle is refused at the start, and left as it is', async (t) => {
  const { database, folder } = await openTemporary(t);
  const path = join(folder, 'darkroom.sqlite');
  for (let number = 0; number < 200; number += 1) await database.namespace('job').set(`job-${number}`, 'x'.repeat(500));
  await database.close();
  const pages = Math.floor((await stat(path)).size / PAGE_BYTES);
  await overwrite(path, Math.floor(pages / 2) * PAGE_BYTES, Buffer.alloc(2 * PAGE_BYTES, 0xa5));
  const content = await readFile(path);
  const error = await refusal(openDatabase({ url: storeUrl(folder) }));
  assert.ok(error.message.startsWith(`${path} is damaged`));
  assert.deepEqual(await readFile(path), content);
});

test('a file damaged in its header is refused at the start', async (t) => {
  const { database, folder } = await openTemporary(t);
  await database.close();
  await overwrite(join(folder, 'darkroom.sqlite'), 0, Buffer.from('garbage garbage!'));
  assert.match((await refusal(openDatabase({ url: storeUrl(folder) }))).message, /is damaged/);
});

test('a second process on the same store is refused, and kill -9 of the first frees it', async (t) => {
  const folder = await temporaryFolder(t);
  const url = storeUrl(folder);
  for (const round of ['a new file', 'a file a killed process left']) {
    const first = startProcess(t, ['open', url]);
    assert.equal((await nextLine(first)).event, 'open', round);
    assert.match((await refusal(openDatabase({ url }))).message, /^Another Darkroom already uses .*darkroom\.sqlite/);
    const [second, ...more] = await allLines(startProcess(t, ['save', url]));
    assert.match(second?.message ?? '', /^Another Darkroom already uses/);
    assert.deepEqual(more, []);
    await killHard(first);
  }
  const database = await openDatabase({ url });
  await database.close();
});

test('a job that was saved is there after kill -9', async (t) => {
  const folder = await temporaryFolder(t);
  const url = storeUrl(folder);
  const writer = startProcess(t, ['save', url]);
  const saved: string[] = [];
  while (saved.length < 50) {
    const said = await nextLine(writer);
    assert.equal(said.event, 'saved');
    saved.push(said.id ?? '');
  }
  await killHard(writer);
  const database = await openDatabase({ url });
  t.after(() => database.close());
  const jobs = await openJobStore({
    database,
    onUnreadable: () => assert.fail('a record could not be read'),
    removeFiles: noFiles,
  });
  for (const id of saved) assert.deepEqual(await jobs.get(id), sampleJob(id));
  const openNow = (await jobs.listOpen()).map((job) => job.id);
  assert.deepEqual(
    saved.filter((id) => !openNow.includes(id)),
    [],
  );
});

test('a disk that refuses a write makes the save reject, and what was saved stays readable', async (t) => {
  const folder = await temporaryFolder(t);
  // A real limit on the size of a file: write() itself fails with EFBIG. 400 blocks of 512 bytes.
  const said = await allLines(startProcess(t, ['fill', storeUrl(folder)], 'ulimit -f 400'));
  const [refused, end] = said;
  assert.equal(refused?.event, 'refused');
  assert.equal(refused.name, 'StoreFailure');
  assert.match(refused.message ?? '', /^The disk refused to read or write .*darkroom\.sqlite/);
  assert.equal(refused.hasCause, true);
  assert.equal(end?.event, 'end');
  assert.ok((end.saved ?? 0) > 0);
  assert.equal(end.readable, end.saved);
  assert.equal(said.length, 2, 'no rejection was left unhandled');
});

test('a full disk is named as such, when saving and when starting', async (t) => {
  const folder = await temporaryFolder(t);
  const missing = smallDiskMissing(folder);
  if (missing !== false) {
    t.skip(missing);
    return;
  }
  const said = await allLines(startOnSmallDisk(t, ['fill', storeUrl(folder)], folder));
  assert.match(said[0]?.message ?? '', /^The disk is full, so .*darkroom\.sqlite could not be written/);
  assert.ok((said[1]?.saved ?? 0) > 0);
  assert.equal(said[1]?.readable, said[1]?.saved);
  const starting = await allLines(
    startOnSmallDisk(t, ['open', storeUrl(folder)], folder, 'head -c 1048576 /dev/zero > "$0/ballast" || true'),
  );
  assert.deepEqual(
    starting.map(({ event, message }) => ({ event, isFull: message?.startsWith('The disk is full') === true })),
    [{ event: 'failed', isFull: true }],
  );
});
