import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { makePreview, makeThumbnail } from '../../src/pictures/preview.ts';
import { openAssetStore } from '../../src/store/asset-store.ts';
import { temporaryFolder } from '../store/samples.ts';
import { assertBare, assertNear, colorAt } from './reading.ts';
import { animated, bomb, noise, photograph, plain } from './sample-pictures.ts';

const KB = 1024;

test('a preview is the largest WebP that fits, whatever format it is made from', async () => {
  const picture = noise(420, 300);
  const files = [
    await picture.png().toBuffer(),
    await picture.jpeg().toBuffer(),
    await picture.webp().toBuffer(),
    await picture.gif().toBuffer(),
    await picture.avif({ effort: 0 }).toBuffer(),
  ];
  for (const bytes of files) {
    const preview = (await makePreview(bytes, { mostBytes: 60 * KB })) ?? assert.fail('no preview');
    assert.ok(preview.length <= 60 * KB && preview.length > 15 * KB, `${preview.length} bytes`);
    const { format, width, height } = await sharp(preview).metadata();
    assert.equal(format, 'webp');
    assert.ok(Math.abs(width / height - 1.4) < 0.02);
  }
});

test('a preview keeps the size of the picture while that fits, and no more than is asked for', async () => {
  const bytes = await plain(1_200, 900).png().toBuffer();
  const widthOf = async (preview: Buffer | null) => (await sharp(preview ?? Buffer.alloc(0)).metadata()).width;
  assert.equal(await widthOf(await makePreview(bytes, { mostBytes: 100 * KB })), 1_200);
  assert.equal(await widthOf(await makePreview(bytes, { mostBytes: 100 * KB, longestSide: 512 })), 512);
});

test('previews and thumbnails stand upright and tell nothing of their origin', async () => {
  const bytes = await photograph();
  for (const small of [await makePreview(bytes, { mostBytes: 50 * KB }), await makeThumbnail(bytes, 256)]) {
    assert.ok(small !== null);
    await assertBare(small);
    assertNear(await colorAt(small, 0.5, 0.2), [255, 0, 0], 16);
    assertNear(await colorAt(small, 0.5, 0.8), [0, 0, 255], 16);
  }
});

test('what moves still moves in its preview where that fits, and is its first frame where not', async () => {
  for (const bytes of [await animated('gif'), await animated('webp')]) {
    const moving = (await makePreview(bytes, { mostBytes: 50 * KB })) ?? assert.fail('no preview');
    const { pages, delay, loop } = await sharp(moving).metadata();
    assert.deepEqual([pages, delay, loop], [3, [90, 90, 90], 0]);
    assertNear(await colorAt(moving, 0.5, 0.5, 2), [0, 0, 255], 16);
    const still = (await makeThumbnail(bytes, 256)) ?? assert.fail('no thumbnail');
    assert.equal((await sharp(still).metadata()).pages ?? 1, 1);
    assertNear(await colorAt(still, 0.5, 0.5), [255, 0, 0], 16);
  }
  const frames = await Promise.all(Array.from({ length: 4 }, () => noise(320, 240).png().toBuffer()));
  const heavy = await sharp(frames, { join: { animated: true } })
    .webp({ effort: 0 })
    .toBuffer();
  const still = (await makePreview(heavy, { mostBytes: 30 * KB })) ?? assert.fail('no preview');
  assert.equal((await sharp(still).metadata()).pages ?? 1, 1);
});

test('a thumbnail is 256 pixels and 20 KB at most, also of what cannot be packed', async () => {
  for (const picture of [noise(900, 600), plain(900, 600), plain(40, 30)]) {
    const small = (await makeThumbnail(await picture.png().toBuffer(), 256)) ?? assert.fail('no thumbnail');
    const { width, height, format } = await sharp(small).metadata();
    assert.ok(width <= 256 && height <= 256 && format === 'webp');
    assert.ok(small.length <= 20 * KB, `${small.length} bytes`);
  }
});

test('of what cannot be read, or cannot be made small enough, there is none', async () => {
  const picture = await noise(100, 80).png().toBuffer();
  for (const bytes of [Buffer.alloc(0), Buffer.from('no picture'), picture.subarray(0, 2_000), bomb()]) {
    assert.equal(await makePreview(bytes, { mostBytes: 100 * KB }), null);
    assert.equal(await makeThumbnail(bytes, 256), null);
  }
  assert.equal(await makePreview(picture, { mostBytes: 60 }), null);
});

test('a preview is kept beside its picture and made once', async (t) => {
  const assets = await openAssetStore({ folder: await temporaryFolder(t) });
  const bytes = await plain(400, 300).png().toBuffer();
  const file = { jobId: 'job-1', item: 'image', index: 0, bytes, mimeType: 'image/png', extension: '.png' };
  const asset = await assets.put(file);
  let made = 0;
  const derive = () =>
    assets.derive(asset, 'thumbnail', async (original) => {
      made += 1;
      return (await makeThumbnail(original, 256)) ?? assert.fail('no thumbnail');
    });
  assert.deepEqual(await derive(), await derive());
  assert.equal(made, 1);
});
