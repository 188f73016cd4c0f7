/** Pictures that come with a request: what is refused, and that what is made shows them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { ASK, FLASH, OMNI, PACE, readError, setUp, type Setup } from '../gemini-client.ts';

const ONCE = { maxRetries: 0 };
const CRIMSON = { r: 200, g: 16, b: 48 };
/** `CRIMSON` as the light of a sample, by BT.601 in studio range. */
const CRIMSON_LIGHT = Math.round(16 + 0.257 * 200 + 0.504 * 16 + 0.098 * 48);

async function paint(format: 'png' | 'jpeg' | 'webp' | 'gif' = 'png'): Promise<Buffer> {
  const create = { width: 64, height: 64, channels: 3, background: CRIMSON } as const;
  return sharp({ create }).toFormat(format).toBuffer();
}

function inline(bytes: Buffer, mimeType = 'image/png'): object {
  return { inlineData: { mimeType, data: bytes.toString('base64') } };
}

async function post({ generate }: Setup, ...pictures: object[]): Promise<Response> {
  return generate({ ...ASK, contents: [{ role: 'user', parts: [{ text: 'a lake' }, ...pictures] }] });
}

/** The finished clip of three seconds that starts from this picture. */
async function makeClip({ client, clock, call, gemini }: Setup, picture: Buffer | null): Promise<Buffer> {
  const image = { type: 'image', data: picture?.toString('base64') ?? '', mime_type: 'image/png' } as const;
  const { id } = await client.interactions.create(
    {
      model: OMNI,
      input: [{ type: 'text', text: 'a lake' }, ...(picture === null ? [] : [image])],
      response_format: { type: 'video', duration: '3s', delivery: 'uri' },
      background: true,
      store: true,
    },
    ONCE,
  );
  clock.advance(PACE.queueMs + PACE.workMs);
  const { output_video: video } = await client.interactions.get(id, undefined, ONCE);
  const response = await call((video?.uri ?? '').slice(gemini.url.length));
  return Buffer.from(await response.arrayBuffer());
}

test('every kind of picture that Google reads is opened, whatever its type says', async (t) => {
  const setup = await setUp(t);
  for (const format of ['png', 'jpeg', 'webp'] as const)
    assert.equal((await post(setup, inline(await paint(format), 'image/png'))).status, 200, format);
  assert.equal(setup.gemini.generations().length, 3);
});

test('a picture of another kind, one that is cut off and one that is none are refused with 400, and nothing is made', async (t) => {
  const setup = await setUp(t);
  const noise = await sharp({
    create: {
      width: 400,
      height: 400,
      channels: 3,
      background: CRIMSON,
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  })
    .png()
    .toBuffer();
  const cases: [what: object, words: RegExp][] = [
    [inline(await paint('gif'), 'image/gif'), /^Unsupported MIME type: image\/gif$/],
    [inline(await paint('gif')), /^Unable to process input image/],
    [inline(noise.subarray(0, noise.length / 2)), /^Unable to process input image/],
    [inline(Buffer.alloc(0)), /^Unable to process input image/],
    [inline(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), /^Unable to process input image/],
  ];
  for (const [what, words] of cases) {
    const response = await post(setup, inline(await paint()), what);
    const error = await readError(response);
    assert.deepEqual([response.status, error.status], [400, 'INVALID_ARGUMENT']);
    assert.match(String(error.message), words);
  }
  assert.equal(setup.gemini.generations().length, 0);
});

test('pictures that are too large together are refused with 400', async (t) => {
  const setup = await setUp(t);
  const large = inline(Buffer.alloc(8 * 1024 * 1024));
  const response = await post(setup, large, large);
  assert.equal(response.status, 400);
  assert.match(String((await readError(response)).message), /payload size exceeds the limit/);
});

test('what is made from a picture shows it, and another prompt shows it otherwise', async (t) => {
  const { client } = await setUp(t);
  const picture = inline(await paint()) as { inlineData: { mimeType: string; data: string } };
  const [lake, hill] = await Promise.all(
    ['a lake', 'a hill'].map(async (text) => {
      const answer = await client.models.generateContent({
        model: FLASH,
        contents: [{ role: 'user', parts: [{ text }, picture] }],
        config: { responseModalities: ['IMAGE'], imageConfig: { imageSize: '512' } },
      });
      return Buffer.from(answer.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data ?? '', 'base64');
    }),
  );
  assert.ok(lake !== undefined && hill !== undefined);
  assert.notDeepEqual(lake, hill);
  for (const bytes of [lake, hill]) {
    const { channels } = await sharp(bytes).extract({ left: 100, top: 100, width: 300, height: 300 }).stats();
    assert.ok((channels[0]?.mean ?? 0) > 130, 'it is still crimson beneath the tint');
  }
});

test('a video that starts from a picture begins with it', async (t) => {
  const setup = await setUp(t);
  // A macroblock of one colour: its 256 samples of light are the same.
  const block = Buffer.alloc(256, CRIMSON_LIGHT);
  assert.ok((await makeClip(setup, await paint())).includes(block));
  assert.ok(!(await makeClip(setup, null)).includes(block));
  assert.deepEqual(
    setup.gemini.generations().map(({ images }) => images),
    [1, 0],
  );
});

test('a large video is the same video in a file of 30 MB', async (t) => {
  const setup = await setUp(t);
  setup.gemini.addFault({ on: 'video', kind: 'large' });
  const picture = await paint();
  const [large, plain] = [await makeClip(setup, picture), await makeClip(setup, picture)];
  assert.equal(large.length, 30 * 1024 * 1024);
  assert.ok(large.subarray(0, plain.length).equals(plain));
  assert.equal(large.toString('latin1', plain.length + 4, plain.length + 8), 'free');
});
