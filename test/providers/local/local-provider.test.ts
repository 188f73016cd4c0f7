import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { loadImage } from '@napi-rs/canvas';
import { createLocalProvider, type LocalProvider } from '../../../src/providers/local/local-provider.ts';
import type { PaintPoolOptions } from '../../../src/providers/local/paint-pool.ts';
import { type AttemptRequest, ProviderFailure } from '../../../src/providers/provider.ts';
import { attempt } from '../attempt.ts';

const CRASHING_WORKER = new URL('./crashing-worker.js', import.meta.url);
const NEVER = new AbortController().signal;

function setUp(context: TestContext, options: PaintPoolOptions = {}): LocalProvider {
  const provider = createLocalProvider(options);
  context.after(() => provider.close());
  return provider;
}

async function paint(
  provider: LocalProvider,
  changes: Partial<AttemptRequest> = {},
  signal = NEVER,
): Promise<Uint8Array> {
  const started = await provider.start(attempt(changes), { signal });
  assert.ok(started.status === 'finished');
  assert.deepEqual(started.outputs, [{ kind: 'inline', mimeType: 'image/png' }]);
  assert.equal(started.bytes.length, 1);
  return started.bytes[0] ?? assert.fail('no bytes came with the picture');
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('the same prompt, seed and size give the same bytes, in this process and in another', async (context) => {
  const provider = setUp(context);
  const [first, second] = await Promise.all([paint(provider), paint(provider)]);
  assert.equal(hash(first), hash(second));
  const program = new URL('./paint-once.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program, attempt().prompt, '42']);
  assert.equal(stdout.trim(), hash(first));
});

test('another seed and another prompt give other pictures', async (context) => {
  const provider = setUp(context);
  const pictures = await Promise.all([
    paint(provider),
    paint(provider, { seed: 43 }),
    paint(provider, { prompt: 'a quiet forest' }),
    paint(provider, { prompt: 'snow at night by the sea' }),
  ]);
  assert.equal(new Set(pictures.map(hash)).size, pictures.length);
});

test('a picture has the aspect ratio that was asked for and at least 1024 pixels on the shorter side', async (context) => {
  const provider = setUp(context);
  const ratios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9', '8:1', '1:8', null];
  for (const aspectRatio of ratios) {
    const image = await loadImage(Buffer.from(await paint(provider, { aspectRatio })));
    const [wide, high] = (aspectRatio ?? '1:1').split(':').map(Number);
    assert.equal(Math.min(image.width, image.height), 1024);
    assert.ok(Math.abs(image.width / image.height - (wide ?? 1) / (high ?? 1)) < 0.002, `${aspectRatio}`);
  }
});

test('any prompt is painted: empty, right to left, 300 emoji, 4000 characters', async (context) => {
  const provider = setUp(context);
  for (const prompt of ['', 'غروب الشمس فوق الجبال', '🌄'.repeat(300), 'x'.repeat(4000), '\ud800 broken']) {
    assert.ok((await paint(provider, { prompt })).length > 10_000);
  }
});

test('an aspect ratio that is none is refused with a sentence', async (context) => {
  const provider = setUp(context);
  for (const aspectRatio of ['wide', '0:1', '9:1', '1:0', '16:9:1', '']) {
    await assert.rejects(paint(provider, { aspectRatio }), (error) => {
      assert.ok(error instanceof ProviderFailure);
      assert.equal(error.failure.reason, 'input-refused');
      assert.match(error.failure.details.fields ?? '', /aspect_ratio/);
      return true;
    });
  }
});

test('there are no models to choose from: any that is named is unknown', async (context) => {
  const provider = setUp(context);
  const refusal = await provider.refuse(
    { kind: 'image', model: 'black-forest-labs/flux-schnell', settings: {}, images: 0 },
    { signal: NEVER },
  );
  assert.equal(refusal?.reason, 'model-unknown');
  assert.deepEqual(refusal?.details, { model: 'black-forest-labs/flux-schnell' });
  await assert.rejects(paint(provider, { model: 'a/b' }), { name: 'ProviderFailure' });
});

test('the process goes on answering while pictures are painted', async (context) => {
  const provider = setUp(context);
  await paint(provider);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  await Promise.all(Array.from({ length: 4 }, (_, seed) => paint(provider, { seed })));
  clearInterval(ticking);
  assert.ok(ticks >= 10, `expected the event loop to turn while painting, it turned ${ticks} times`);
});

test('a stop ends the wait for a picture at once, and the next one is painted all the same', async (context) => {
  const provider = setUp(context, { size: 1, workerUrl: CRASHING_WORKER });
  const stop = new AbortController();
  const stopped = [
    paint(provider, { prompt: 'wait' }, stop.signal),
    paint(provider, { prompt: 'queued' }, stop.signal),
  ];
  stop.abort(new Error('stopped by the test'));
  for (const picture of stopped) await assert.rejects(picture, /stopped by the test/);
  await assert.rejects(paint(provider, {}, stop.signal), /stopped by the test/);
  const real = setUp(context, { size: 1 });
  const late = new AbortController();
  const begun = paint(real, { seed: 1 }, late.signal);
  late.abort(new Error('stopped by the test'));
  await assert.rejects(begun, /stopped by the test/);
  assert.ok((await paint(real, { seed: 2 })).length > 0);
});

test('a painter that dies fails its own picture only, as something to try again', async (context) => {
  const provider = setUp(context, { size: 1, workerUrl: CRASHING_WORKER });
  for (const prompt of ['crash', 'throw']) {
    const [lost, next] = await Promise.allSettled([paint(provider, { prompt }), paint(provider, { prompt: 'fine' })]);
    assert.ok(lost.status === 'rejected' && lost.reason instanceof ProviderFailure);
    assert.equal(lost.reason.failure.reason, 'provider-error');
    assert.equal(lost.reason.failure.next, 'retry');
    assert.deepEqual(next, { status: 'fulfilled', value: Uint8Array.of(4) });
  }
});

test('a bug of the painter is no provider failure', async (context) => {
  const provider = setUp(context, { size: 1, workerUrl: CRASHING_WORKER });
  await assert.rejects(paint(provider, { prompt: 'bug' }), (error) => {
    assert.ok(!(error instanceof ProviderFailure));
    return true;
  });
});

test('closing ends the threads and says so to whoever waits', async (context) => {
  const provider = setUp(context, { size: 1, workerUrl: CRASHING_WORKER });
  const waiting = [paint(provider, { prompt: 'wait' }), paint(provider, { prompt: 'queued' })];
  const settled = Promise.allSettled(waiting);
  await provider.close();
  for (const { status } of await settled) assert.equal(status, 'rejected');
  await assert.rejects(paint(provider), /closed/);
});

test('questions about operations are a bug of the caller: the painter has none', async (context) => {
  const provider = setUp(context);
  const operation = { provider: 'local', id: 'x', data: {} };
  await assert.rejects(provider.check(operation, { signal: NEVER }), /no check for local/);
  await assert.rejects(provider.fetchFile({ kind: 'url', url: 'https://x' }, { signal: NEVER }), /no fetchFile/);
});
