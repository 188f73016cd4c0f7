import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { en } from '../../src/locales/en.ts';
import { makePreview } from '../../src/pictures/preview.ts';
import { refusePixels } from '../../src/providers/pixels.ts';
import { assertBare, assertNear, colorAt } from './reading.ts';
import { attached, type Keeping, NEVER, refusalOf, setUp } from './keeper-setup.ts';
import {
  animated,
  animatedPng,
  bomb,
  noise,
  photograph,
  plain,
  pngHeader,
  polyglot,
  SECRET,
  sizesWithoutEnd,
  sloppy,
  SVG,
  twoHalves,
} from './sample-pictures.ts';

const OWNER = { id: 'job-1', index: 0 };
const LARGE_BYTES = 30 * 1024 * 1024;

/** Everything is kept through the real keeper, from a server to a folder. */
async function serveOne(context: TestContext, bytes: Uint8Array): Promise<Keeping> {
  return setUp(context, (_, response) => void response.end(bytes));
}

async function keep(context: TestContext, bytes: Uint8Array) {
  const { keeper, origin, assets } = await serveOne(context, bytes);
  const { picture } = await keeper.keep(attached(origin), OWNER, NEVER);
  return { ...picture, bytes: await assets.read(picture.asset) };
}

async function refuse(context: TestContext, bytes: Uint8Array, name = 'photo.png'): Promise<string | undefined> {
  const { keeper, origin, assets } = await serveOne(context, bytes);
  const refused = await refusalOf(keeper.keep(attached(origin, name), OWNER, NEVER));
  assert.deepEqual([refused?.reason, refused?.next, refused?.details['name']], ['reference-refused', 'give-up', name]);
  assert.deepEqual(await assets.findAll(OWNER.id, 'reference'), [], 'nothing of it is kept');
  return refused?.details['why'];
}

test('a file that is no picture is refused, whatever its name and whatever the server calls it', async (t) => {
  const others: [string, Uint8Array][] = [
    ['cat.png', Buffer.from('#!/bin/sh\nrm -rf /\n')],
    ['cat.jpg', Buffer.from('%PDF-1.7\n%âãÏÓ\n')],
    ['cat.gif', Buffer.from('<!doctype html><title>Sign in</title>')],
    ['cat.webp', Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41\0\0\0\x08free', 'latin1')],
    ['cat.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
    ['cat.tiff', await plain().tiff().toBuffer()],
    ['drawing.svg', SVG],
    ['drawing.png', Buffer.concat([Buffer.from('<?xml version="1.0"?>\n'), SVG])],
  ];
  for (const [name, bytes] of others) assert.equal(await refuse(t, bytes, name), 'not-a-picture', name);
});

test('an empty file is refused as empty', async (t) => {
  assert.equal(await refuse(t, new Uint8Array()), 'empty');
});

test('a picture that was cut off is refused as broken, in every format', async (t) => {
  const whole = noise(200, 150);
  const files = [
    await whole.jpeg().toBuffer(),
    await whole.jpeg({ progressive: true }).toBuffer(),
    await whole.png().toBuffer(),
    await whole.webp().toBuffer(),
    await whole.gif().toBuffer(),
    await whole.avif({ effort: 0 }).toBuffer(),
  ];
  for (const bytes of files) {
    assert.equal(await refuse(t, bytes.subarray(0, Math.floor(bytes.length * 0.6))), 'broken');
    assert.equal(await refuse(t, bytes.subarray(0, 16)), 'broken');
  }
});

test('a picture of 30,000 by 30,000 pixels is refused by its header, before any of it is decoded', async (t) => {
  const bytes = bomb();
  assert.ok(bytes.length < 1_000_000);
  assert.equal(await refuse(t, bytes), 'too-many-pixels');
  // Nothing follows this header: had anything been decoded, it would be broken.
  assert.equal(await refuse(t, pngHeader(30_000, 30_000)), 'too-many-pixels');
  assert.equal(await refuse(t, pngHeader(2 ** 31 - 1, 2 ** 31 - 1)), 'too-many-pixels');
});

test('a file of 30 MB is refused for its size, however it is sent', async (t) => {
  const large = Buffer.concat([await plain().jpeg().toBuffer(), Buffer.alloc(LARGE_BYTES)]);
  assert.equal(await refuse(t, large), 'too-many-bytes');
  const inPieces = await setUp(t, (_, response) => {
    // Without a length before it.
    for (let at = 0; at < large.length; at += 1_000_000) response.write(large.subarray(at, at + 1_000_000));
    response.end();
  });
  const refused = await refusalOf(inPieces.keeper.keep(attached(inPieces.origin), OWNER, NEVER));
  assert.deepEqual(refused?.details, { why: 'too-many-bytes', name: 'photo.png' });
  assert.equal(inPieces.asked.length, 1, 'it is not fetched again');
});

test('a line and a speck are refused as too small to start from', async (t) => {
  for (const [width, height] of [
    [15, 400],
    [600, 20],
    [1, 1],
  ])
    assert.equal(await refuse(t, await plain(width, height).png().toBuffer()), 'too-narrow');
  assert.equal((await keep(t, await plain(400, 20).png().toBuffer())).width, 400);
});

test('every refusal has a sentence of its own that names the file', () => {
  const whys = ['empty', 'not-a-picture', 'broken', 'too-many-bytes', 'too-many-pixels', 'too-narrow', 'too-slow'];
  const sentences = whys.map((why) => en.failures['reference-refused']({ why, name: 'cat.png' }));
  assert.equal(new Set(sentences).size, whys.length);
  for (const sentence of sentences) assert.match(sentence, /^`cat\.png` cannot be used: .+Nothing was made or paid/);
});

test('of a picture that moves the first frame is taken, and that is told', async (t) => {
  for (const bytes of [await animated('gif'), await animated('webp')]) {
    const kept = await keep(t, bytes);
    assert.deepEqual([kept.isFirstFrame, kept.width, kept.height], [true, 64, 48]);
    assertNear(await colorAt(kept.bytes, 0.5, 0.5), [255, 0, 0]);
    assert.equal((await sharp(kept.bytes).metadata()).pages ?? 1, 1);
  }
  assert.equal((await keep(t, await animatedPng())).isFirstFrame, true);
  assert.equal((await keep(t, await plain().gif().toBuffer())).isFirstFrame, false);
});

test('a picture for print becomes one for the screen, with the colours it shows', async (t) => {
  const kept = await keep(t, await plain(64, 48, '#c83c3c').toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer());
  assertNear(await colorAt(kept.bytes, 0.5, 0.5), [200, 50, 45], 16);
  await assertBare(kept.bytes);
});

test('16 bits become 8 and other colour spaces become sRGB, with the colours they show', async (t) => {
  for (const profile of ['p3', 'srgb'])
    for (const space of ['rgb16', 'srgb']) {
      const bytes = await plain().toColourspace(space).withIccProfile(profile).png().toBuffer();
      const kept = await keep(t, bytes);
      assertNear(await colorAt(kept.bytes, 0.5, 0.5), [200, 60, 60]);
      await assertBare(kept.bytes);
    }
});

test('a photograph stands upright, and nothing in it tells where or with what it was taken', async (t) => {
  const bytes = await photograph();
  assert.ok(bytes.includes(SECRET), 'the sample has what must go');
  const kept = await keep(t, bytes);
  assert.deepEqual([kept.width, kept.height], [60, 40]);
  assertNear(await colorAt(kept.bytes, 0.5, 0.25), [255, 0, 0], 12);
  assertNear(await colorAt(kept.bytes, 0.5, 0.75), [0, 0, 255], 12);
  await assertBare(kept.bytes);
  assert.ok(!kept.bytes.includes('Springfield'));
});

test('a picture that is also a page and an archive is a picture alone afterwards', async (t) => {
  const kept = await keep(t, await polyglot());
  for (const trace of ['script', 'html', 'PK\u0003\u0004', SECRET]) assert.ok(!kept.bytes.includes(trace), trace);
  assertNear(await colorAt(kept.bytes, 0.5, 0.5), [200, 60, 60]);
});

test('a camera that writes sloppy files is forgiven', async (t) => {
  assertNear(await colorAt((await keep(t, await sloppy())).bytes, 0.5, 0.5), [200, 60, 60]);
});

test('a photograph with megabytes of notes before its pixels is read all the same', async (t) => {
  const bytes = await plain().jpeg().toBuffer();
  const note = Buffer.alloc(65_535 + 2, 'n');
  note.writeUInt32BE(0xff_e1_ff_ff, 0);
  const notes = Array.from({ length: 40 }, () => note);
  const kept = await keep(t, Buffer.concat([bytes.subarray(0, 2), ...notes, bytes.subarray(2)]));
  assert.deepEqual([kept.width, kept.height], [64, 48]);
});

test('what is see-through stays so; what only could be is a JPEG', async (t) => {
  const hole = await plain().ensureAlpha(0.5).png().toBuffer();
  const kept = await keep(t, hole);
  assert.deepEqual([kept.asset.mimeType, kept.asset.extension], ['image/png', '.png']);
  assert.equal((await sharp(kept.bytes).stats()).isOpaque, false);
  const full = await keep(t, await (await twoHalves()).ensureAlpha(1).webp().toBuffer());
  assert.deepEqual([full.asset.mimeType, full.asset.extension], ['image/jpeg', '.jpg']);
});

test('a large picture is brought to 2,048 pixels and 4 MB, and not enlarged where it is small', async (t) => {
  const files = [
    await noise(2_100, 1_400).jpeg({ quality: 90 }).toBuffer(),
    await noise(1_350, 900).ensureAlpha(0.5).png({ compressionLevel: 1 }).toBuffer(),
  ];
  for (const bytes of files) {
    const { asset, width, height } = await keep(t, bytes);
    assert.ok(asset.bytes <= 4 * 1024 * 1024, `${asset.bytes} bytes`);
    assert.ok(width <= 2_048 && width >= 900, `${width} pixels`);
    assert.ok(Math.abs(width / height - 1.5) < 0.01);
  }
  assert.equal((await keep(t, await plain(300, 200).avif({ effort: 0 }).toBuffer())).width, 300);
});

test('the same picture kept twice is one file, so that a crash between leaves nothing behind', async (t) => {
  const { keeper, origin, assets } = await serveOne(t, await photograph());
  const first = await keeper.keep(attached(origin), OWNER, NEVER);
  assert.deepEqual(await keeper.keep(attached(origin), OWNER, NEVER), first);
  assert.equal((await assets.findAll(OWNER.id, 'reference')).length, 1);
});

test("a job's own picture may be larger than what people may send, and one that is gone is told as gone", async (t) => {
  const { keeper, assets, asked } = await serveOne(t, new Uint8Array());
  const made = await plain(3_200, 2_400).png({ compressionLevel: 0 }).toBuffer();
  assert.ok(made.length > 20 * 1024 * 1024);
  const asset = await assets.put({
    jobId: 'job-0',
    item: 'image',
    index: 0,
    bytes: made,
    mimeType: 'image/png',
    extension: '.png',
  });
  const reference = { name: '', fromJobId: 'job-0', state: 'coming', source: { kind: 'asset', asset } } as const;
  const kept = await keeper.keep(reference, OWNER, NEVER);
  assert.deepEqual([kept.picture.width, kept.fromJobId, asked], [2_048, 'job-0', []]);
  const linked = await keeper.keep(kept, { id: 'job-2', index: 1 }, NEVER);
  assert.match(linked.picture.asset.file, /^job-2\/reference-1-/);
  await assets.removeAll('job-0');
  await assets.removeAll(OWNER.id);
  for (const lost of [reference, kept])
    assert.equal((await refusalOf(keeper.keep(lost, { id: 'job-3', index: 0 }, NEVER)))?.reason, 'reference-lost');
  assert.ok((await assets.read(linked.picture.asset)).length > 0, 'the other job has its own');
});

test('the process answers while pictures are read, and many at once are all read', async (t) => {
  const bytes = await plain(1_600, 1_200).jpeg().toBuffer();
  const { keeper, origin, assets } = await serveOne(t, bytes);
  let turns = 0;
  const watch = setInterval(() => turns++, 1);
  const owners = Array.from({ length: 6 }, (_, index) => ({ id: 'job-1', index }));
  await Promise.all(owners.map((owner) => keeper.keep(attached(origin), owner, NEVER)));
  clearInterval(watch);
  assert.equal((await assets.findAll('job-1', 'reference')).length, 6);
  assert.ok(turns >= 10, `expected the event loop to turn meanwhile, it turned ${turns} times`);
});

test('an AVIF that says its size a hundred thousand times holds nobody up, whoever it comes from', async (t) => {
  assert.equal((await keep(t, await sizesWithoutEnd(2))).width, 64, 'the sample itself is sound');
  const bytes = await sizesWithoutEnd(100_000);
  const before = performance.now();
  assert.equal(await refuse(t, bytes), 'broken');
  assert.equal(await makePreview(bytes, { mostBytes: 100_000 }), null);
  assert.equal((await refusePixels({ bytes, mimeType: 'image/avif', extension: '.avif' }))?.reason, 'file-refused');
  assert.ok(performance.now() - before < 3_000, 'a minute and more where each is looked at from each');
});

test('of many pictures few are fetched at once: what waits holds no bytes, and can be called off', async (t) => {
  const bytes = await plain().png().toBuffer();
  const open: (() => void)[] = [];
  const { keeper, origin, asked } = await setUp(t, (_, response) => open.push(() => response.end(bytes)));
  const calledOff = new AbortController();
  const keeping = Array.from({ length: 4 }, (_, index) => keeper.keep(attached(origin), { ...OWNER, index }, NEVER));
  const late = keeper.keep(attached(origin), { ...OWNER, index: 4 }, calledOff.signal);
  const last = keeper.keep(attached(origin), { ...OWNER, index: 5 }, NEVER);
  while (open.length < 4) await setTimeout(5);
  calledOff.abort(new Error('called off'));
  await assert.rejects(late, /called off/);
  assert.equal(asked.length, 4);
  for (const answer of open.splice(0)) answer();
  await Promise.all(keeping);
  while (open.length < 1) await setTimeout(5);
  for (const answer of open) answer();
  assert.equal((await last).picture.width, 64);
  assert.equal(asked.length, 5, 'what was called off is never asked for');
});
