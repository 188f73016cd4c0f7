import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { createLocalProvider, type LocalProvider } from '../../../src/providers/local/local-provider.ts';
import { type AttemptRequest, ProviderFailure, type ReferenceImage } from '../../../src/providers/provider.ts';
import { assertNear, colorAt } from '../../references/reading.ts';
import { plain } from '../../references/sample-pictures.ts';
import { attempt } from '../attempt.ts';

const NEVER = new AbortController().signal;

function setUp(context: TestContext): LocalProvider {
  const provider = createLocalProvider({ size: 1 });
  context.after(() => provider.close());
  return provider;
}

async function reference(width = 320, height = 240): Promise<ReferenceImage> {
  return { bytes: await plain(width, height).jpeg().toBuffer(), mimeType: 'image/jpeg', width, height };
}

async function make(provider: LocalProvider, changes: Partial<AttemptRequest>, signal = NEVER) {
  const started = await provider.start(attempt(changes), { signal });
  assert.ok(started.status === 'finished');
  const [bytes] = started.bytes;
  return { ...started, made: Buffer.from(bytes ?? assert.fail('no bytes came')) };
}

test('a video is asked for with a picture: without one it is refused before anything is made', async (t) => {
  const provider = setUp(t);
  const check = { kind: 'video', model: null, settings: {}, images: 0 } as const;
  assert.equal((await provider.refuse(check, { signal: NEVER }))?.reason, 'image-needed');
  assert.equal(await provider.refuse({ ...check, images: 1 }, { signal: NEVER }), null);
  await assert.rejects(make(provider, { kind: 'video' }), (error) => {
    assert.ok(error instanceof ProviderFailure);
    assert.deepEqual([error.failure.reason, error.failure.next], ['image-needed', 'give-up']);
    return true;
  });
});

test('a video is its picture, moving, with the mark of the painter; the same seed gives the same bytes', async (t) => {
  const provider = setUp(t);
  const wish = { kind: 'video', images: [await reference()], durationSeconds: 2 } as const;
  const { made, outputs, changes } = await make(provider, wish);
  assert.deepEqual(outputs, [{ kind: 'inline', mimeType: 'image/webp' }]);
  assert.deepEqual(changes, []);
  const { pages, loop } = await sharp(made).metadata();
  assert.deepEqual([pages, loop], [25, 0]);
  assertNear(await colorAt(made, 0.5, 0.4), [200, 60, 60]);
  const { channels } = await sharp(made).removeAlpha().stats();
  assert.ok((channels[1]?.max ?? 0) > 150 && (channels[0]?.min ?? 255) < 140, 'light letters on a dark ground');
  assert.ok(made.equals((await make(provider, wish)).made));
});

test('a length and a shape that cannot be had become the nearest, and that is told', async (t) => {
  const provider = setUp(t);
  const wish = { kind: 'video', images: [await reference(64, 64), await reference(64, 64)] } as const;
  const short = await make(provider, { ...wish, durationSeconds: 1, aspectRatio: '10:3' });
  assert.deepEqual(short.changes, [
    { field: 'duration', from: '1', to: '2' },
    { field: 'aspect_ratio', from: '10:3', to: '21:9' },
    { field: 'image', from: '2', to: '1' },
  ]);
  const { width, pageHeight = 1, delay = [] } = await sharp(short.made, { animated: true }).metadata();
  assert.ok(Math.abs(width / pageHeight - 21 / 9) < 0.02);
  assert.equal(
    delay.reduce((sum, ms) => sum + ms, 0),
    2_000,
  );
  await assert.rejects(make(provider, { ...wish, aspectRatio: 'wide' }), (error) => {
    assert.ok(error instanceof ProviderFailure);
    assert.match(error.failure.details['fields'] ?? '', /aspect_ratio/);
    return true;
  });
});

test('a stop ends a video with its own reason', async (t) => {
  const provider = setUp(t);
  const stop = new AbortController();
  const making = make(provider, { kind: 'video', images: [await reference()], durationSeconds: 8 }, stop.signal);
  stop.abort(new Error('stopped by the test'));
  await assert.rejects(making, /stopped by the test/);
});

test('a picture that starts from another one shows it, in its own shape or the one asked for', async (t) => {
  const provider = setUp(t);
  const images = [await reference(300, 200)];
  for (const [aspectRatio, width, height] of [
    [null, 1_536, 1_024],
    ['1:1', 1_024, 1_024],
  ] as const) {
    const { made, outputs } = await make(provider, { prompt: 'on a bright day', images, aspectRatio });
    assert.deepEqual(outputs, [{ kind: 'inline', mimeType: 'image/png' }]);
    const size = await sharp(made).metadata();
    assert.deepEqual([size.width, size.height], [width, height]);
    const [red, green, blue] = await colorAt(made, 0.5, 0.5);
    assert.ok(red > green + 60 && red > blue + 60, `${red} ${green} ${blue}`);
  }
});

test('a picture with holes stands in the scene that the prompt names', async (t) => {
  const provider = setUp(t);
  const bottle = await plain(200, 300, '#ff0000').ensureAlpha().png().toBuffer();
  const free = { left: 200, right: 200, top: 0, bottom: 0, background: { r: 0, g: 0, b: 0, alpha: 0 } };
  const bytes = await sharp(bottle).extend(free).png().toBuffer();
  const image = { bytes, mimeType: 'image/png', width: 600, height: 300 };
  const { made } = await make(provider, { prompt: 'a green forest by day', images: [image], aspectRatio: '16:9' });
  const [red, green] = await colorAt(made, 0.5, 0.5);
  assert.ok(red > green + 80, 'the bottle is there');
  const { channels } = await sharp(made).extract({ left: 0, top: 0, width: 400, height: 1_024 }).stats();
  assert.ok((channels[1]?.stdev ?? 0) > 8, 'something is painted beside it');
});

test('the same picture, prompt and seed give the same bytes, and another prompt other light', async (t) => {
  const provider = setUp(t);
  const images = [await reference(200, 200)];
  const [first, second, other] = await Promise.all([
    make(provider, { prompt: 'at sunset', images }),
    make(provider, { prompt: 'at sunset', images }),
    make(provider, { prompt: 'at night', images }),
  ]);
  assert.ok(first.made.equals(second.made));
  assert.ok(!first.made.equals(other.made));
});
