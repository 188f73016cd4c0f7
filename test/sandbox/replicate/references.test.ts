/** What the sandbox's models make of the pictures they are given. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import { drawVideo, sizeVideo } from '../../../sandbox/video.ts';
import { PACE, setUp, type Setup } from '../replicate-client.ts';

const LIVING = 'sandbox/living-picture';
const EDITOR = 'qwen/qwen-image-edit';

interface Ended {
  status: string;
  error: unknown;
  bytes: Buffer | null;
}

async function run(setup: Setup, name: string, input: Record<string, unknown>): Promise<Ended> {
  const { client, clock } = setup;
  const [owner = '', model = ''] = name.split('/');
  const { latest_version: version } = await client.models.get(owner, model);
  const { id } = await client.predictions.create({
    version: version?.id ?? '',
    input: { prompt: 'a breeze', ...input },
  });
  clock.advance(PACE.queueMs + PACE.workMs);
  const { status, error, output } = await client.predictions.get(id);
  const url: unknown = Array.isArray(output) ? output[0] : output;
  const bytes = typeof url === 'string' ? Buffer.from(await (await fetch(url)).arrayBuffer()) : null;
  return { status, error, bytes };
}

async function drawColour(background: string, width = 90, height = 160): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

function inline(bytes: Buffer): string {
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

/** Red, green and blue of a place in a picture, each from 0 to 255. */
async function colourAt(bytes: Buffer, left: number, top: number): Promise<number[]> {
  const pixel = sharp(bytes).removeAlpha().extract({ left, top, width: 1, height: 1 });
  return [...(await pixel.raw().toBuffer())];
}

/** The blue and red differences in the middle of a whole frame: its samples lie there as they are. */
function chromaOf(video: Buffer, frame: number): { blue: number; red: number } {
  const sizes = video.indexOf('stsz') + 12;
  const lengthOf = (index: number): number => video.readUInt32BE(sizes + 4 + index * 4);
  const first = video.readUInt32BE(video.indexOf('stco') + 12);
  const start = Array.from({ length: frame }, (_, index) => lengthOf(index)).reduce((sum, one) => sum + one, first);
  // 256 of light, 64 of blue, 64 of red, and two bytes that name its kind.
  const macroblock = 386;
  const middle = start + lengthOf(frame) - 20 * macroblock;
  const samples = video.subarray(middle - 1, middle + macroblock - 1);
  return { blue: samples[256 + 40] ?? 0, red: samples[256 + 64 + 40] ?? 0 };
}

test('a video starts with the picture it was given and ends with the other, in its shape and length', async (t) => {
  const setup = await setUp(t);
  const [blue, red] = [await drawColour('#0000ff'), await drawColour('#ff0000')];
  const input = { image: inline(blue), last_image: inline(red), num_frames: 81, frames_per_second: 16 };
  const { bytes } = await run(setup, 'wan-video/wan-2.2-i2v-fast', input);
  const raster = async (picture: Buffer): Promise<{ width: number; height: number; rgb: Buffer }> => {
    const sides = sizeVideo(9 / 16);
    return {
      ...sides,
      rgb: await sharp(picture)
        .resize({ ...sides, fit: 'cover' })
        .removeAlpha()
        .raw()
        .toBuffer(),
    };
  };
  const options = { seconds: 81 / 16, ratio: 9 / 16, start: await raster(blue), end: await raster(red) };
  assert.ok(bytes !== null && bytes.equals(drawVideo('a breeze', options)));
  assert.deepEqual(sizeVideo(9 / 16), { width: 160, height: 288 });
  const last = bytes.readUInt32BE(bytes.indexOf('stsz') + 12) - 1;
  assert.equal(last, 60);
  // Blue and red as BT.601 has them, within the 16 to 235 of the samples.
  assert.deepEqual(chromaOf(bytes, 0), { blue: 235, red: 110 });
  assert.deepEqual(chromaOf(bytes, last), { blue: 90, red: 235 });
});

test('a shape that was sent decides over the picture, unless the model says that it does not', async (t) => {
  const setup = await setUp(t);
  const tall = inline(await drawColour('#0000ff'));
  const sent: [name: string, input: Record<string, unknown>, ratio: number][] = [
    ['google/veo-3.1-fast', { image: tall, aspect_ratio: '16:9', duration: 4 }, 16 / 9],
    ['bytedance/seedance-1-pro', { image: tall, aspect_ratio: '16:9', duration: 2 }, 9 / 16],
    ['kwaivgi/kling-v2.5-turbo-pro', { start_image: tall, aspect_ratio: '16:9' }, 9 / 16],
    ['openai/sora-2', { aspect_ratio: 'portrait', seconds: 4 }, 9 / 16],
  ];
  for (const [name, input, ratio] of sent) {
    const { bytes } = await run(setup, name, input);
    const at = bytes?.indexOf('avc1', bytes.indexOf('stsd')) ?? -1;
    assert.ok(bytes !== null && at !== -1, name);
    // Width and height stand behind 24 bytes of the description of its pictures.
    const sides = { width: bytes.readUInt16BE(at + 28), height: bytes.readUInt16BE(at + 30) };
    assert.deepEqual(sides, sizeVideo(ratio), name);
  }
});

test('a model that paints a part anew fails with a picture and no mask', async (t) => {
  const setup = await setUp(t);
  const image = inline(await drawColour('#0000ff'));
  const model = 'ideogram-ai/ideogram-v3-turbo';
  const { status, error } = await run(setup, model, { image });
  assert.deepEqual([status, error], ['failed', 'A mask is required when image is given']);
  assert.equal((await run(setup, model, { image, mask: image })).status, 'succeeded');
});

test('a picture that is edited shows through in what comes of it, in its shape; several stand side by side', async (t) => {
  const setup = await setUp(t);
  const green = await drawColour('#00ff00');
  const edited = await run(setup, EDITOR, { image: inline(green), output_format: 'png', seed: 4 });
  assert.ok(edited.bytes !== null);
  const { width, height } = await sharp(edited.bytes).metadata();
  assert.ok(Math.abs(width / height - 90 / 160) < 0.02, `${width} × ${height}`);
  assert.deepEqual(await colourAt(edited.bytes, 2, Math.round(height * 0.65)), [0, 255, 0]);
  const both = [inline(green), inline(await drawColour('#ff0000'))];
  const pair = await run(setup, 'black-forest-labs/flux-2-klein-4b', { images: both, output_format: 'png', seed: 4 });
  assert.ok(pair.bytes !== null);
  // Its sun may shine a little on either.
  const isNear = (found: number[], wanted: number[]): boolean =>
    wanted.every((value, index) => Math.abs(value - (found[index] ?? -1)) < 40);
  assert.ok(isNear(await colourAt(pair.bytes, 2, 665), [0, 255, 0]));
  assert.ok(isNear(await colourAt(pair.bytes, 1_020, 665), [255, 0, 0]));
});

test('an uploaded picture is read; one that is gone, or is no picture, fails the prediction as Cog and its libraries say', async (t) => {
  const setup = await setUp(t);
  const { client } = setup;
  const picture = await client.files.create(new Blob([new Uint8Array(await drawColour('#00ff00'))]));
  assert.equal((await run(setup, LIVING, { input_image: picture.urls.get })).status, 'succeeded');
  await client.files.delete(picture.id);
  for (const address of [picture.urls.get, 'http://127.0.0.1:9/a.png', 'https://gone.invalid/a.png']) {
    const { status, error } = await run(setup, LIVING, { input_image: address });
    assert.equal(status, 'failed');
    assert.match(
      String(error),
      /^Prediction input failed validation: \{"detail":\[\{"loc":\["body","input","input_image"\]/,
    );
  }
  const { status: cut, error: words } = await run(setup, LIVING, { input_image: 'upload:0' });
  assert.deepEqual([cut, /No connection adapters were found for 'upload:0'/.test(String(words))], ['failed', true]);
  const whole = await sharp(randomBytes(96 * 64 * 3), { raw: { width: 96, height: 64, channels: 3 } })
    .png()
    .toBuffer();
  const half = await run(setup, LIVING, { input_image: inline(whole.subarray(0, whole.length / 2)) });
  assert.deepEqual([half.status, half.error], ['failed', 'image file is truncated']);
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  for (const bytes of [Buffer.from('no picture'), svg, (await drawColour('#00ff00')).subarray(0, 20)]) {
    const { status, error } = await run(setup, LIVING, { input_image: inline(bytes) });
    assert.deepEqual([status, error], ['failed', "cannot identify image file '/tmp/input_image.png'"]);
  }
});

test('what a model starts from is refused as its schema says: the type, the address, the number of them, a value of a list', async (t) => {
  const { call } = await setUp(t);
  const refusalOf = async (version: string, input: Record<string, unknown>): Promise<unknown> => {
    const body = JSON.stringify({ version, input: { prompt: 'a breeze', ...input } });
    const response = await call('/predictions', { method: 'POST', body });
    assert.equal(response.status, 422);
    const { invalid_fields: fields } = (await response.json()) as { invalid_fields: { type: string; field: string }[] };
    return fields.map(({ type, field }) => `${field} ${type}`);
  };
  const sora = 'openai/sora-2';
  assert.deepEqual(await refusalOf(sora, { input_reference: 7 }), ['input.input_reference invalid_type']);
  assert.deepEqual(await refusalOf(sora, { input_reference: 'fox.png' }), ['input.input_reference format']);
  assert.deepEqual(await refusalOf(sora, { seconds: '4' }), ['input.seconds invalid_type']);
  assert.deepEqual(await refusalOf(sora, { seconds: 5 }), ['input.seconds enum']);
  const klein = 'black-forest-labs/flux-2-klein-4b';
  assert.deepEqual(await refusalOf(klein, { images: 'https://example.com/a.png' }), ['input.images invalid_type']);
  const six = Array.from({ length: 6 }, () => 'https://example.com/a.png');
  assert.deepEqual(await refusalOf(klein, { images: six }), ['input.images array_max_items']);
  assert.deepEqual(await refusalOf(EDITOR, {}), ['input required']);
});

test('a picture and a video of 30 MB are whole and sound', async (t) => {
  const setup = await setUp(t);
  setup.service.addFault({ on: 'file', kind: '30-mb' }, 2);
  const picture = await run(setup, 'black-forest-labs/flux-2-klein-4b', { output_format: 'png' });
  assert.ok(
    picture.bytes !== null && Math.abs(picture.bytes.length / 30_000_000 - 1) < 0.01,
    String(picture.bytes?.length),
  );
  const { format, width, height } = await sharp(picture.bytes).metadata();
  assert.deepEqual([format, width === height, width > 3_000], ['png', true, true]);
  assert.equal((await sharp(picture.bytes).stats()).channels.length, 3, 'every row of it can be read');
  const video = await run(setup, 'google/veo-3.1-fast', { duration: 4 });
  assert.ok(video.bytes !== null && video.bytes.length === 30_000_000);
  const whole = drawVideo('a breeze', { seconds: 4 });
  assert.ok(video.bytes.subarray(0, whole.length).equals(whole));
  assert.equal(video.bytes.toString('latin1', whole.length + 4, whole.length + 8), 'free');
});
