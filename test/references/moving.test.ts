import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { makeMovingPicture, type MovingWish } from '../../src/pictures/moving.ts';
import { sniffMedia } from '../../src/providers/media-type.ts';
import { assertNear, colorAt } from './reading.ts';
import { noise, plain, twoHalves } from './sample-pictures.ts';

const NO_MARK: MovingWish['drawMark'] = async ({ width, height }) => new Uint8Array(width * height * 4);

function move(bytes: Uint8Array, changes: Partial<MovingWish> = {}): Promise<Buffer> {
  const { signal } = new AbortController();
  const path = { angle: 0.6, zoom: 1.2 };
  return makeMovingPicture(bytes, { seconds: 2, ratio: null, path, drawMark: NO_MARK, signal, ...changes });
}

/** How far each frame is from the next one, the last from the first: means over all pixels, of 255. */
async function stepsOf(moving: Buffer): Promise<number[]> {
  const { pages = 0 } = await sharp(moving).metadata();
  const frames = await Promise.all(
    Array.from({ length: pages }, (_, page) => sharp(moving, { page }).greyscale().raw().toBuffer()),
  );
  return frames.map((frame, index) => {
    const next = frames[(index + 1) % frames.length] ?? frame;
    return frame.reduce((sum, value, at) => sum + Math.abs(value - (next[at] ?? 0)), 0) / frame.length;
  });
}

test('a moving picture is an animated WebP that loops for ever and lasts as long as it was asked to', async () => {
  const moving = await move(await (await twoHalves()).png().toBuffer(), { seconds: 2 });
  const { format, pages = 0, loop, delay = [], width, pageHeight } = await sharp(moving, { animated: true }).metadata();
  assert.deepEqual([format, loop], ['webp', 0]);
  assert.ok(pages >= 24, `${pages} frames`);
  assert.equal(delay.length, pages);
  assert.equal(
    delay.reduce((sum, ms) => sum + ms, 0),
    2_000,
  );
  assert.deepEqual([width, pageHeight], [320, 213]);
  assert.deepEqual(await sniffMedia(moving), { bytes: moving, mimeType: 'image/webp', extension: '.webp' });
});

test('it starts with the whole picture, moves slowly, and comes back without a jump', async () => {
  const stripes = await sharp(await plain(320, 240).png().toBuffer())
    .composite([
      { input: await plain(60, 240, '#101010').png().toBuffer(), left: 40, top: 0 },
      { input: await plain(320, 40, '#f0f0f0').png().toBuffer(), left: 0, top: 150 },
    ])
    .png()
    .toBuffer();
  const moving = await move(stripes);
  const steps = await stepsOf(moving);
  const largest = Math.max(...steps);
  assert.ok(largest > 0.3, 'it moves');
  assert.ok((steps.at(-1) ?? 0) < largest, 'the step from the last frame to the first is a small one');
  for (const [index, step] of steps.entries())
    assert.ok(Math.abs(step - (steps.at(index - 1) ?? 0)) < largest / 2, 'no step stands out');
  assertNear(await colorAt(moving, 0.5, 0.3), await colorAt(stripes, 0.5, 0.3), 10);
});

test('the same picture and path give the same bytes; another path gives others', async () => {
  const bytes = await noise(160, 120).png().toBuffer();
  const [first, second, other] = await Promise.all([
    move(bytes),
    move(bytes),
    move(bytes, { path: { angle: 3, zoom: 1.2 } }),
  ]);
  assert.ok(first.equals(second));
  assert.ok(!first.equals(other));
});

test('it has the shape that is asked for, 640 pixels at most, and no edge comes into view', async () => {
  const blue = await plain(900, 900, '#2040c0').png().toBuffer();
  for (const [ratio, width, height] of [
    [16 / 9, 640, 360],
    [9 / 16, 360, 640],
    [null, 640, 640],
    [5, 640, 274],
  ] as const) {
    const moving = await move(blue, { ratio, seconds: 0.5 });
    const all = await sharp(moving, { animated: true }).metadata();
    assert.deepEqual([all.width, all.pageHeight], [width, height]);
    const { channels } = await sharp(moving, { animated: true }).removeAlpha().stats();
    for (const [index, value] of [32, 64, 192].entries()) {
      const { min = 0, max = 0 } = channels[index] ?? {};
      assert.ok(min >= value - 10 && max <= value + 10, `${min} to ${max}`);
    }
  }
});

test('holes are white, and the mark lies over every frame', async () => {
  const hole = await plain(64, 64).ensureAlpha(0).png().toBuffer();
  const drawMark: MovingWish['drawMark'] = async ({ width, height }) =>
    sharp({ create: { width, height, channels: 4, background: { r: 0, g: 128, b: 0, alpha: 0 } } })
      .composite([{ input: await plain(60, 60, '#008000').png().toBuffer(), left: 0, top: 0 }])
      .raw()
      .toBuffer();
  const moving = await move(hole, { drawMark, seconds: 1 });
  for (const page of [0, 6]) {
    assertNear(await colorAt(moving, 0.9, 0.9, page), [255, 255, 255]);
    assertNear(await colorAt(moving, 0.05, 0.05, page), [0, 128, 0], 10);
  }
});

test('what cannot be packed still has 6 MB at most', async () => {
  const moving = await move(await noise(640, 480).png().toBuffer(), { seconds: 2 });
  assert.ok(moving.length <= 6 * 1024 * 1024, `${moving.length} bytes`);
});

test('a stop ends it in the middle, and the process answers all the while', async () => {
  const bytes = await noise(640, 640).jpeg().toBuffer();
  const stop = new AbortController();
  let longestMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 2);
  const drawMark: MovingWish['drawMark'] = async (size) => {
    setTimeout(() => stop.abort(new Error('stopped by the test')), 150);
    return NO_MARK(size);
  };
  const startedAt = performance.now();
  await assert.rejects(move(bytes, { seconds: 60, drawMark, signal: stop.signal }), /stopped by the test/);
  clearInterval(watch);
  // The whole of it takes more than ten times as long.
  assert.ok(performance.now() - startedAt < 4_000);
  assert.ok(longestMs < 400, `the event loop stood still for ${longestMs} ms`);
});
