import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileTypeFromBuffer } from 'file-type';
import { OMNI, PACE, PIXEL, readError, readObject, setUp, type Setup } from './gemini-client.ts';

const ONCE = { maxRetries: 0 };
const FORMAT = { type: 'video', aspect_ratio: '16:9', duration: '3s', resolution: '720p', delivery: 'uri' } as const;
const ASK = { model: OMNI, input: 'a lake', response_format: FORMAT, background: true, store: true } as const;

async function post({ call }: Setup, body: object): Promise<Response> {
  return call('/v1beta/interactions', { method: 'POST', body: JSON.stringify(body) });
}

test('a video goes from queued over in_progress to completed, and its file needs the key', async (t) => {
  const { client, clock, gemini, call } = await setUp(t);
  const created = await client.interactions.create(
    {
      ...ASK,
      input: [
        { type: 'text', text: 'a lake' },
        { type: 'image', data: PIXEL, mime_type: 'image/png' },
      ],
    },
    ONCE,
  );
  assert.equal(created.status, 'queued');
  assert.equal(created.model, OMNI);
  clock.advance(PACE.queueMs);
  assert.equal((await client.interactions.get(created.id, undefined, ONCE)).status, 'in_progress');
  clock.advance(PACE.workMs);
  const done = await client.interactions.get(created.id, undefined, ONCE);
  assert.equal(done.status, 'completed');
  assert.equal(done.output_video?.mime_type, 'video/mp4');
  assert.equal(done.usage?.total_output_tokens, 3 * 5_792);
  const uri = done.output_video?.uri ?? '';
  assert.match(uri, /\/v1beta\/files\/[a-z0-9]{12}:download\?alt=media$/);
  assert.equal((await fetch(uri)).status, 403);
  const file = await call(uri.slice(gemini.url.length));
  assert.equal(file.headers.get('content-type'), 'video/mp4');
  const bytes = Buffer.from(await file.arrayBuffer());
  assert.equal((await fileTypeFromBuffer(bytes))?.mime, 'video/mp4');
  const { kind, images, status, gets, cancels, fileFetches } = gemini.generations()[0] ?? {};
  assert.deepEqual([kind, images, status, gets, cancels, fileFetches], ['video', 1, 'completed', 2, 0, 1]);
});

test('a video comes inline where no delivery was asked for, and upright when upright was', async (t) => {
  const { client, clock } = await setUp(t);
  const { delivery: _delivery, ...format } = FORMAT;
  const ask = { ...ASK, response_format: { ...format, aspect_ratio: '9:16' } } as const;
  const { id } = await client.interactions.create(ask, ONCE);
  clock.advance(PACE.queueMs + PACE.workMs);
  const { output_video: video } = await client.interactions.get(id, undefined, ONCE);
  const bytes = Buffer.from(video?.data ?? '', 'base64');
  assert.equal((await fileTypeFromBuffer(bytes))?.mime, 'video/mp4');
  // Width and height stand in the sample entry, 24 bytes behind its name.
  const entry = bytes.indexOf('avc1', 100) + 28;
  assert.deepEqual([bytes.readUInt16BE(entry), bytes.readUInt16BE(entry + 2)], [144, 256]);
});

test('a video in the foreground is answered when it is done', async (t) => {
  const { client, gemini } = await setUp(t, { pace: { imageMs: 0, queueMs: 30, workMs: 30 } });
  const { background: _background, ...ask } = ASK;
  const done = await client.interactions.create(ask, ONCE);
  assert.equal(done.status, 'completed');
  assert.ok(done.output_video?.uri);
  assert.equal(gemini.generations().length, 1);
});

test('a running video can be cancelled, one that ended cannot', async (t) => {
  const { client, clock, gemini } = await setUp(t);
  const { id } = await client.interactions.create(ASK, ONCE);
  const ended = await client.interactions.create(ASK, ONCE);
  assert.equal((await client.interactions.cancel(id, undefined, ONCE)).status, 'cancelled');
  clock.advance(PACE.queueMs + PACE.workMs);
  const after = await client.interactions.get(id, undefined, ONCE);
  assert.deepEqual([after.status, after.output_video], ['cancelled', undefined]);
  await assert.rejects(client.interactions.cancel(ended.id, undefined, ONCE), /this one is completed/);
  assert.deepEqual(
    gemini.generations().map(({ status, cancels }) => [status, cancels]),
    [
      ['cancelled', 1],
      ['completed', 1],
    ],
  );
});

test('a deleted interaction is not found, and stays paid for', async (t) => {
  const { client, call, gemini } = await setUp(t);
  const { id } = await client.interactions.create(ASK, ONCE);
  await client.interactions.delete(id, undefined, ONCE);
  const response = await call(`/v1beta/interactions/${id}`);
  assert.equal(response.status, 404);
  assert.equal((await readError(response)).code, 'not_found');
  assert.equal(gemini.generations().length, 1);
});

/** A body, the code it is refused with, and the words. */
const REFUSED: [string, object, string, RegExp][] = [
  ['an unknown parameter', { ...ASK, foo: 1 }, 'parameter_unknown', /Unknown parameter 'foo'/],
  [
    'a name in camelCase',
    { ...ASK, responseFormat: FORMAT, response_format: undefined },
    'parameter_unknown',
    /responseFormat/,
  ],
  [
    'an unknown parameter of the format',
    { ...ASK, response_format: { ...FORMAT, fps: 24 } },
    'parameter_unknown',
    /'response_format\.fps'/,
  ],
  ['no model', { ...ASK, model: undefined }, 'invalid_request', /'model'/],
  ['no input', { ...ASK, input: [] }, 'invalid_request', /'input'/],
  [
    'an aspect ratio of a picture',
    { ...ASK, response_format: { ...FORMAT, aspect_ratio: '1:1' } },
    'invalid_request',
    /"1:1"/,
  ],
  [
    'a resolution that is none',
    { ...ASK, response_format: { ...FORMAT, resolution: '480p' } },
    'invalid_request',
    /"480p"/,
  ],
  ['a duration too short', { ...ASK, response_format: { ...FORMAT, duration: '2s' } }, 'invalid_request', /3s to 10s/],
  ['a duration too long', { ...ASK, response_format: { ...FORMAT, duration: '11s' } }, 'invalid_request', /3s to 10s/],
  ['a duration without its unit', { ...ASK, response_format: { ...FORMAT, duration: '8' } }, 'invalid_request', /'8'/],
  ['a format that is no video', { ...ASK, response_format: { type: 'image' } }, 'invalid_request', /"image"/],
  ['background without store', { ...ASK, store: false }, 'invalid_request', /store/],
  [
    'a task without its picture',
    { ...ASK, generation_config: { video_config: { task: 'image_to_video' } } },
    'invalid_request',
    /requires an image/,
  ],
  [
    'a picture that is none',
    { ...ASK, input: [{ type: 'image', data: 'aGVsbG8=', mime_type: 'image/png' }] },
    'invalid_request',
    /Unable to process input image/,
  ],
];

for (const [what, body, code, words] of REFUSED) {
  test(`an interaction with ${what} is refused with the code ${code}, and nothing is made`, async (t) => {
    const setup = await setUp(t);
    const response = await post(setup, body);
    assert.equal(response.status, 400);
    const error = await readError(response);
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message']);
    assert.equal(error.code, code);
    assert.match(String(error.message), words);
    assert.equal(setup.gemini.generations().length, 0);
  });
}

test('a model that is unknown, retired or no video model has no interactions', async (t) => {
  const setup = await setUp(t);
  setup.gemini.retireModel('gemini-omni-1.2-flash');
  for (const [model, status, code] of [
    ['gemini-omni-9', 404, 'model_not_found'],
    ['gemini-omni-1.2-flash', 404, 'model_not_found'],
    ['veo-3.1-generate-preview', 404, 'model_not_found'],
    ['gemini-3.1-flash-image', 501, 'unimplemented'],
  ] as const) {
    const response = await post(setup, { ...ASK, model });
    assert.deepEqual([response.status, (await readError(response)).code], [status, code]);
  }
});

test('the longer model takes 15 seconds, and a file says what it is', async (t) => {
  const setup = await setUp(t, { pace: { imageMs: 0, queueMs: 0, workMs: 0 } });
  const ask = { ...ASK, model: 'gemini-omni-1.2-flash', response_format: { ...FORMAT, duration: '15s' } };
  const created = await setup.client.interactions.create(ask, ONCE);
  const path = (created.output_video?.uri ?? '').slice(setup.gemini.url.length);
  const file = await readObject(await setup.call(path.split(':')[0] ?? ''));
  assert.deepEqual([file.mimeType, file.state], ['video/mp4', 'ACTIVE']);
  assert.equal((await setup.call(path.replace('?alt=media', ''))).status, 400);
  assert.equal((await setup.call('/v1beta/files/other:download?alt=media')).status, 403);
});
