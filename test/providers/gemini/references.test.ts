/** Pictures to start from, how long a video is to last and in which shape: through the real client. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import { startGemini, type StartedGemini } from '../../../sandbox/gemini/index.ts';
import type { Provider, ReferenceImage } from '../../../src/providers/provider.ts';
import { attempt } from '../attempt.ts';
import { create, failureOf, FLASH, listPosts, makePicture, meaningOf, NEVER, NO_SEED, OMNI, PACE } from './setup.ts';
import { setUp } from './setup.ts';

const CRIMSON = '#c81030';
const NAVY = '#1020c0';
const NEWER_OMNI = 'gemini-omni-1.2-flash';

async function paint(color: string, width = 64, height = 64): Promise<ReferenceImage> {
  const bytes = await sharp({ create: { width, height, channels: 3, background: color } })
    .png()
    .toBuffer();
  return { bytes, mimeType: 'image/png', width, height };
}

/** About 4 MB, as the largest that are made ready. */
async function paintNoise(): Promise<ReferenceImage> {
  const [width, height] = [1_150, 1_150];
  const raw = { width, height, channels: 3 } as const;
  const bytes = await sharp(randomBytes(width * height * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return { bytes, mimeType: 'image/png', width, height };
}

/** A service that draws its pictures, so that what they come from is to be seen. */
async function setUpDrawing(context: TestContext): Promise<{ service: StartedGemini; provider: Provider }> {
  const service = await startGemini({ pace: PACE, rateLimits: false });
  context.after(() => service.close());
  return { service, provider: create(service.url, { apiKey: service.key }) };
}

test('pictures to start from are sent in their order, and what is made plainly comes from them', async (context) => {
  const { service, provider } = await setUpDrawing(context);
  const images = [await paint(CRIMSON, 120, 60), await paint(NAVY)];
  const started = await makePicture(provider, { images, settings: { image_size: '512' } });
  assert.deepEqual(started.changes, [NO_SEED]);
  const picture = sharp(started.bytes[0] ?? undefined);
  const { width, height } = await picture.metadata();
  assert.ok(width > height * 1.5, 'it has the shape of the first, as none was asked for');
  const colorAt = async (left: number, top: number): Promise<number[]> => [
    ...(await picture.clone().extract({ left, top, width: 1, height: 1 }).removeAlpha().raw().toBuffer()),
  ];
  const [red = 0, , blue = 0] = await colorAt(Math.round(width / 2), Math.round(height / 3));
  assert.ok(red > blue + 50, 'the first is the picture itself');
  const [otherRed = 0, , otherBlue = 0] = await colorAt(Math.round(height * 0.15), Math.round(height * 0.85));
  assert.ok(otherBlue > otherRed + 50, 'the second stands in it');
  assert.equal(service.generations()[0]?.images, 2);
});

test('more pictures than a request holds are left out, the first stay, and the card can tell', async (context) => {
  const { service, provider } = await setUp(context);
  const small = await paint(CRIMSON);
  const many = (count: number): ReferenceImage[] => Array.from({ length: count }, () => small);
  assert.deepEqual((await makePicture(provider, { images: many(14) })).changes, [NO_SEED]);
  const picture = await makePicture(provider, { images: many(16) });
  assert.deepEqual(picture.changes, [{ field: 'image', from: '16', to: '14' }, NO_SEED]);
  const video = await provider.start(attempt({ kind: 'video', images: many(12) }), { signal: NEVER });
  assert.deepEqual(video.changes, [{ field: 'image', from: '12', to: '10' }, NO_SEED]);

  const large = await paintNoise();
  const heavy = await makePicture(provider, { images: [large, large, large, large, small] });
  assert.deepEqual(heavy.changes, [{ field: 'image', from: '5', to: '3' }, NO_SEED]);
  assert.deepEqual(
    service.generations().map(({ images }) => images),
    [14, 14, 10, 3],
  );
});

test('a picture that no request holds, or that Google does not read, is refused before anything is paid', async (context) => {
  const { service, provider } = await setUp(context);
  const small = await paint(CRIMSON);
  for (const [wrong, words] of [
    [{ ...small, mimeType: 'image/gif' }, /of type image\/gif/],
    [{ ...small, bytes: Buffer.alloc(16_000_000) }, /larger than one request holds/],
  ] as const) {
    for (const kind of ['image', 'video'] as const) {
      const refused = await failureOf(makePicture(provider, { kind, images: [wrong] }));
      assert.deepEqual(meaningOf(refused), ['input-refused', 'give-up', null]);
      assert.match(refused.failure.details.fields ?? '', words);
    }
  }
  assert.equal(service.requests.length, 0);
});

test('a model of the other kind is refused before anything is paid, also without a look at the list', async (context) => {
  const { service, provider } = await setUp(context);
  for (const [kind, model, words] of [
    ['image', OMNI, `${OMNI} makes videos`],
    ['video', FLASH, `${FLASH} makes pictures`],
  ] as const) {
    const refused = await failureOf(makePicture(provider, { kind, model }));
    assert.deepEqual(refused.failure.details, { fields: words });
  }
  assert.equal(service.requests.length, 0);
});

test('a video that starts from a picture has its shape, as near as the service makes it', async (context) => {
  const { service, provider } = await setUp(context);
  const [wide, tall, square] = [await paint(NAVY, 96, 54), await paint(NAVY, 50, 90), await paint(NAVY)];
  const cases: [images: ReferenceImage[], asked: string | null, sent: string | undefined, told: string | null][] = [
    [[], null, undefined, null],
    [[wide], null, '16:9', null],
    [[tall], null, '9:16', null],
    [[square], null, '16:9', '64x64'],
    [[tall], '16:9', '16:9', null],
    [[tall], '3:4', '9:16', '3:4'],
    [[wide, tall], null, undefined, null],
  ];
  for (const [images, aspectRatio, sent, told] of cases) {
    const started = await provider.start(attempt({ kind: 'video', images, aspectRatio }), { signal: NEVER });
    const { response_format: format, generation_config: config } = (listPosts(service).at(-1)?.body ?? {}) as {
      response_format?: { aspect_ratio?: string };
      generation_config?: { video_config: { task: string } };
    };
    assert.equal(format?.aspect_ratio, sent);
    const change = told === null ? [] : [{ field: 'aspect_ratio', from: told, to: sent ?? null }];
    assert.deepEqual(started.changes, [...change, NO_SEED]);
    const task = ['text_to_video', 'image_to_video', 'reference_to_video'][images.length];
    assert.equal(config?.video_config.task, task);
  }
});

test('a length that the model does not make becomes the nearest, and the card can tell', async (context) => {
  const { service, provider } = await setUp(context);
  const cases: [model: string, asked: number | null, sent: string | undefined][] = [
    [OMNI, null, undefined],
    [OMNI, 8, '8s'],
    [OMNI, 2, '3s'],
    [OMNI, 5.4, '5s'],
    [OMNI, 12, '10s'],
    [NEWER_OMNI, 12, '12s'],
    [NEWER_OMNI, 60, '15s'],
  ];
  for (const [model, durationSeconds, sent] of cases) {
    const started = await provider.start(attempt({ kind: 'video', model, durationSeconds }), { signal: NEVER });
    const { response_format: format } = (listPosts(service).at(-1)?.body ?? {}) as {
      response_format?: { duration?: string };
    };
    assert.equal(format?.duration, sent);
    const change = { field: 'duration', from: String(durationSeconds), to: sent?.replace('s', '') ?? null };
    assert.deepEqual(started.changes, [
      ...(sent === undefined || `${durationSeconds}s` === sent ? [] : [change]),
      NO_SEED,
    ]);
  }
  const picture = await makePicture(provider, { durationSeconds: 5 });
  assert.deepEqual(picture.changes, [{ field: 'duration', from: '5', to: null }, NO_SEED]);
});

test('a picture that Google cannot open is told in its own words, and was not paid', async (context) => {
  const { service, provider } = await setUp(context);
  const whole = await paintNoise();
  const cut = { ...whole, bytes: whole.bytes.subarray(0, 100_000) };
  for (const kind of ['image', 'video'] as const) {
    const refused = await failureOf(makePicture(provider, { kind, images: [cut] }), service.key);
    assert.deepEqual(meaningOf(refused), ['input-refused', 'give-up', null]);
    assert.match(refused.failure.details.fields ?? '', /Unable to process input image/);
  }
  assert.equal(service.generations().length, 0);
});

test('a video of 12 minutes is asked about to its end, and a large file comes whole', async (context) => {
  const { service, clock, provider } = await setUp(context);
  service.setPace({ ...PACE, workMs: 12 * 60_000 });
  service.addFault({ on: 'video', kind: 'large' });
  const request = attempt({ kind: 'video', images: [await paint(CRIMSON)], durationSeconds: 3 });
  const started = await provider.start(request, { signal: NEVER });
  assert.ok(started.status === 'running');
  const check = () => provider.check(started.operation, { signal: NEVER });
  clock.advance(PACE.queueMs);
  for (let minutes = 0; minutes < 12; minutes += 4) {
    assert.deepEqual(await check(), { status: 'running', begun: true, progress: null });
    clock.advance(4 * 60_000);
  }
  const finished = await check();
  assert.ok(finished.status === 'finished' && finished.outputs[0]?.kind === 'url');
  const file = await provider.fetchFile(finished.outputs[0], { signal: NEVER });
  assert.deepEqual([file.mimeType, file.bytes.length], ['video/mp4', 30 * 1024 * 1024]);
  assert.equal(listPosts(service).length, 1);
});
