import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ReferenceImage } from '../../../src/providers/provider.ts';
import {
  createReplicateProvider,
  type ReplicateProvider,
} from '../../../src/providers/replicate/replicate-provider.ts';
import { attempt } from '../attempt.ts';
import { drawPicture, failureOf, find, FLUX, NEVER, PACE, posts, serve, setUp, start } from './set-up.ts';

const EDITOR = 'some-maker/editor';
const FILM = 'some-maker/film';

interface Seen {
  provider: ReplicateProvider;
  /** What was created. */
  inputs: Record<string, unknown>[];
  /** The `Cancel-After` of each. */
  deadlines: (string | undefined)[];
  uploads: string[];
}

/** A service whose models take pictures, and which answers an upload with `status`. */
async function serveModels(context: TestContext, status = (): number => 201): Promise<Seen> {
  const [inputs, deadlines, uploads]: [Seen['inputs'], Seen['deadlines'], string[]] = [[], [], []];
  const baseUrl = await serve(context, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      if (request.url === '/v1/files') {
        uploads.push(text);
        response.writeHead(status());
        return void response.end(
          JSON.stringify({ urls: { get: `https://api.replicate.com/v1/files/${uploads.length}` } }),
        );
      }
      if (request.method === 'POST') {
        inputs.push((JSON.parse(text) as { input: Record<string, unknown> }).input);
        deadlines.push(request.headers['cancel-after']?.toString());
        const model = request.url;
        return void response.writeHead(201).end(JSON.stringify({ id: `p${inputs.length}`, status: 'starting', model }));
      }
      const file = { type: 'string', format: 'uri' };
      const pictures =
        request.url?.includes('film') === true
          ? { first_frame_image: file, last_frame_image: file }
          : { input_image: file };
      const Input = {
        type: 'object',
        properties: {
          prompt: { type: 'string' },
          seed: { type: 'integer' },
          ...(request.url?.includes('flux') === true ? {} : pictures),
        },
      };
      const latest = { openapi_schema: { components: { schemas: { Input } } } };
      response.end(JSON.stringify({ is_official: true, latest_version: latest }));
    });
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX, videoModel: FILM });
  return { provider, inputs, deadlines, uploads };
}

function picture(length: number): ReferenceImage {
  return { bytes: new Uint8Array(length).fill(65), mimeType: 'image/png', width: 8, height: 8 };
}

test('a small picture travels inside the request', async (context) => {
  const { provider, inputs, uploads } = await serveModels(context);
  await start(provider, { model: EDITOR, images: [picture(3)] });
  assert.equal(inputs[0]?.input_image, 'data:image/png;base64,QUFB');
  assert.equal(uploads.length, 0);
});

test('a larger picture is uploaded whole, anew for each attempt, and named by its address', async (context) => {
  const { provider, inputs, uploads } = await serveModels(context);
  for (const number of [1, 2]) {
    await start(provider, { model: EDITOR, attempt: number, images: [picture(300_000)] });
    assert.equal(inputs.at(-1)?.input_image, `https://api.replicate.com/v1/files/${number}`);
  }
  assert.equal(uploads.length, 2);
  assert.ok(uploads[0]?.includes('A'.repeat(300_000)));
  assert.match(uploads[0] ?? '', /name="content"; filename="picture\.png"\r\nContent-Type: image\/png/);
});

test('from the third attempt on no picture travels inside, in case that is what breaks', async (context) => {
  const { provider, inputs } = await serveModels(context);
  await start(provider, { model: EDITOR, attempt: 3, images: [picture(3)] });
  assert.equal(inputs[0]?.input_image, 'https://api.replicate.com/v1/files/1');
});

test('an upload that fails costs nothing and is worth another try, save where the key or the size is refused', async (context) => {
  let status = 500;
  const { provider, inputs } = await serveModels(context, () => status);
  const expected = {
    500: ['provider-error', 'retry', null],
    404: ['provider-error', 'retry', 1],
    422: ['provider-error', 'retry', 1],
    429: ['rate-limit', 'retry', null],
    413: ['input-refused', 'give-up', null],
    401: ['key-refused', 'give-up', null],
    402: ['no-credit', 'give-up', null],
  };
  for (const [code, meaning] of Object.entries(expected)) {
    status = Number(code);
    const lost = await failureOf(start(provider, { model: EDITOR, images: [picture(300_000)] }), 'r8_secret');
    const { reason, next, mostRetries } = lost.failure;
    assert.deepEqual([[reason, next, mostRetries], lost.isAccepted], [meaning, 'no'], code);
  }
  assert.equal(inputs.length, 0);
});

test('a picture for a named model that takes none is refused before it is uploaded or paid for', async (context) => {
  const { provider, inputs, uploads } = await serveModels(context);
  const check = { kind: 'image', model: FLUX, settings: {}, images: 1 } as const;
  assert.equal((await provider.refuse(check, { signal: NEVER }))?.reason, 'image-not-taken');
  const lost = await failureOf(start(provider, { model: FLUX, images: [picture(300_000)] }));
  assert.equal(lost.failure.reason, 'image-not-taken');
  assert.deepEqual([inputs.length, uploads.length], [0, 0]);
});

test('a video is made by the model for videos, from its first and last picture, with its own deadline', async (context) => {
  const { provider, inputs, deadlines } = await serveModels(context);
  assert.deepEqual(provider.kinds, ['image', 'video']);
  const request = { kind: 'video', images: [picture(3), picture(6)], expiresAfterMs: 1_200_000 } as const;
  const { model } = await provider.start(attempt(request), { signal: NEVER });
  assert.equal(model, FILM);
  assert.deepEqual(
    [inputs[0]?.first_frame_image, inputs[0]?.last_frame_image],
    ['data:image/png;base64,QUFB', 'data:image/png;base64,QUFBQUFB'],
  );
  assert.deepEqual(deadlines, ['1200s']);
});

test('a video goes from its first picture to its bytes, for one payment; without the picture nothing is paid', async (context) => {
  const videoModel = 'wan-video/wan-2.2-i2v-fast';
  const { service, clock, provider } = await setUp(context, { videoModel });
  const request = { kind: 'video', images: [await drawPicture('teal')], expiresAfterMs: 1_200_000 } as const;
  const lost = await failureOf(start(provider, { ...request, images: [] }));
  assert.deepEqual([lost.failure.reason, posts(service)], ['image-needed', 0]);
  const operation = await start(provider, request);
  clock.advance(PACE.queueMs + PACE.workMs);
  const finished = await provider.check(operation, { signal: NEVER });
  assert.ok(finished.status === 'finished' && finished.outputs[0]?.kind === 'url');
  const { mimeType, extension } = await provider.fetchFile(finished.outputs[0], { signal: NEVER });
  assert.deepEqual([mimeType, extension], ['video/mp4', '.mp4']);
  assert.deepEqual(
    service.predictions().map(({ model, cancelAfter }) => [model, cancelAfter]),
    [[videoModel, '1200s']],
  );
});

test('a lost start with a picture is found again, whatever the address of the picture became', async (context) => {
  const { service, clock, provider } = await setUp(context, { videoModel: 'kwaivgi/kling-v2.1' });
  const request = { kind: 'video', images: [await drawPicture('teal')], durationSeconds: 5 } as const;
  const since = clock.now();
  service.addFault({ on: 'create', kind: 'http-422' });
  service.addFault({ on: 'create', kind: 'cut-after' });
  await failureOf(start(provider, request));
  clock.advance(1_000);
  const id = service.predictions()[0]?.id;
  assert.ok(id !== undefined);
  assert.equal((await find(provider, since, [], request))?.operation.id, id);
  assert.equal(await find(provider, since, [], { ...request, prompt: 'another' }), null);
});

test('without a model for videos none are made', async (context) => {
  const baseUrl = await serve(context, (_, response) => response.end('{}'));
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  assert.deepEqual(provider.kinds, ['image']);
  await assert.rejects(
    start(provider, { kind: 'video' }),
    /Expected a request of one of the kinds \[image\], got video/,
  );
});
