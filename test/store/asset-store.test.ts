import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreFailure } from '../../src/jobs/ports.ts';
import { openAssetStore } from '../../src/store/asset-store.ts';
import { allLines, startProcess } from './run-process.ts';
import { temporaryFolder } from './samples.ts';

const picture = {
  jobId: 'job_1-a',
  item: 'infographic_1',
  index: 0,
  bytes: Buffer.from('not really a picture'),
  mimeType: 'image/png',
  extension: '.png',
};

test('a file that was kept is read back byte for byte, also after a restart', async (t) => {
  const folder = join(await temporaryFolder(t), 'data', 'assets');
  const asset = await (await openAssetStore({ folder })).put(picture);
  assert.equal(asset.bytes, picture.bytes.byteLength);
  assert.equal(asset.sha256, createHash('sha256').update(picture.bytes).digest('hex'));
  assert.match(asset.file, /^job_1-a\/infographic_1-0-[0-9a-f]{16}\.png$/);
  const again = await openAssetStore({ folder });
  assert.deepEqual(await again.read(asset), picture.bytes);
  assert.equal(await again.has(asset), true);
});

test('the same bytes twice are one file, other bytes never replace it, and nothing temporary is left', async (t) => {
  const folder = await temporaryFolder(t);
  const assets = await openAssetStore({ folder });
  const [first, second] = await Promise.all([assets.put(picture), assets.put(picture)]);
  assert.deepEqual(first, second);
  const other = await assets.put({ ...picture, bytes: Buffer.from('other') });
  assert.deepEqual(await assets.read(first), picture.bytes);
  assert.equal((await assets.read(other)).toString(), 'other');
  assert.equal((await readdir(join(folder, 'job_1-a'))).length, 2);
  assert.deepEqual(await readdir(join(folder, '.tmp')), []);
});

test('an empty file is kept too', async (t) => {
  const assets = await openAssetStore({ folder: await temporaryFolder(t) });
  const asset = await assets.put({ ...picture, bytes: new Uint8Array() });
  assert.equal((await assets.read(asset)).byteLength, 0);
});

test('a file that is gone or was changed is one sentence, never wrong bytes', async (t) => {
  const folder = await temporaryFolder(t);
  const assets = await openAssetStore({ folder });
  const asset = await assets.put(picture);
  const path = join(folder, asset.file);
  const changed = Buffer.from(picture.bytes);
  changed[3] = 0;
  await writeFile(path, changed);
  await assert.rejects(
    assets.read(asset),
    (error) => error instanceof StoreFailure && /is not the file/.test(error.message),
  );
  await writeFile(path, 'short');
  await assert.rejects(assets.read(asset), StoreFailure);
  assert.equal(await assets.has(asset), false);
  await rm(path);
  await assert.rejects(assets.read(asset), (error) => error instanceof StoreFailure && /is gone/.test(error.message));
  assert.equal(await assets.has(asset), false);
});

test('no name leads out of the folder', async (t) => {
  const assets = await openAssetStore({ folder: await temporaryFolder(t) });
  const names = ['', '..', '.tmp', 'a/b', 'a\\b', '\0', 'x'.repeat(65), '%2e%2e'];
  for (const name of names) {
    await assert.rejects(assets.put({ ...picture, jobId: name }), StoreFailure, name);
    await assert.rejects(assets.put({ ...picture, item: name }), StoreFailure, name);
  }
  for (const extension of ['', 'png', './x', '.p/g', '..']) {
    await assert.rejects(assets.put({ ...picture, extension }), StoreFailure, extension);
  }
  await assert.rejects(assets.put({ ...picture, index: -1 }), StoreFailure);
  const asset = await assets.put(picture);
  for (const file of ['../../etc/passwd', '/etc/passwd', `x/../${asset.file}`, 'job/../../x.png', '']) {
    await assert.rejects(assets.read({ ...asset, file }), StoreFailure, file);
    await assert.rejects(assets.has({ ...asset, file }), StoreFailure, file);
  }
});

test('temporary files that a crash left are removed at the next start, and nothing else', async (t) => {
  const folder = await temporaryFolder(t);
  const asset = await (await openAssetStore({ folder })).put(picture);
  await mkdir(join(folder, '.tmp'), { recursive: true });
  await writeFile(join(folder, '.tmp', 'half-written'), 'half');
  const again = await openAssetStore({ folder });
  assert.deepEqual(await readdir(join(folder, '.tmp')), []);
  assert.equal(await again.has(asset), true);
});

test('a folder that cannot be made is one sentence at the start', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(
    openAssetStore({ folder: join(folder, 'file', 'assets') }),
    (error) => error instanceof StoreFailure && /the system refused/.test(error.message),
  );
});

test('a disk that refuses a file makes keeping it reject, and leaves no half of it', async (t) => {
  const folder = await temporaryFolder(t);
  // A real limit: write() fails with EFBIG after 50 blocks of 512 bytes, and each file has 64 KiB.
  const said = await allLines(startProcess(t, ['fill-assets', 'sqlite://unused', folder], 'ulimit -f 50'));
  assert.equal(said.length, 1);
  assert.equal(said[0]?.event, 'refused');
  assert.equal(said[0].name, 'StoreFailure');
  assert.match(said[0].message ?? '', /^The disk refused to read or write .*\(EFBIG\)/);
  assert.deepEqual(await readdir(join(folder, 'job-1')), []);
  assert.deepEqual(await readdir(join(folder, '.tmp')), []);
});

test('every file of a removed job is gone, those of others stay, and removing twice or nothing is no error', async (t) => {
  const folder = await temporaryFolder(t);
  const assets = await openAssetStore({ folder });
  const asset = await assets.put(picture);
  await assets.put({ ...picture, index: 1 });
  const other = await assets.put({ ...picture, jobId: 'job_2' });
  await assets.removeAll('job_1-a');
  await assets.removeAll('job_1-a');
  await assets.removeAll('never-seen');
  assert.equal(await assets.has(asset), false);
  assert.deepEqual((await readdir(folder)).sort(), ['.tmp', 'job_2']);
  assert.deepEqual(await assets.read(other), picture.bytes);
});

test('removing a job deletes nothing outside its own folder, whatever its id', async (t) => {
  const outside = await temporaryFolder(t);
  const folder = join(outside, 'assets');
  const assets = await openAssetStore({ folder });
  const asset = await assets.put(picture);
  await writeFile(join(outside, 'precious'), 'precious');
  for (const id of ['', '.', '..', '.tmp', '../precious', 'job_1-a/..', '/', 'a\0b']) await assets.removeAll(id);
  assert.equal(await assets.has(asset), true);
  assert.deepEqual((await readdir(outside)).sort(), ['assets', 'precious']);
  assert.deepEqual((await readdir(folder)).sort(), ['.tmp', 'job_1-a']);
});

test('a file can be read as it comes, whole or in part, and one that is gone or has another size is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const assets = await openAssetStore({ folder });
  const asset = await assets.put(picture);
  const readAll = async (range: { start: number; end: number } | null): Promise<string> =>
    (await (await assets.open(asset, range)).toArray()).join('');
  assert.equal(await readAll(null), picture.bytes.toString());
  assert.equal(await readAll({ start: 4, end: 9 }), 'really');
  await writeFile(join(folder, asset.file), 'longer than it was when it was saved');
  await assert.rejects(readAll(null), StoreFailure);
  await rm(join(folder, asset.file));
  await assert.rejects(readAll(null), (error) => error instanceof StoreFailure && /is gone/.test(error.message));
});
