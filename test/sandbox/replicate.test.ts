import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadImage } from '@napi-rs/canvas';
import { isObject } from '../../sandbox/replicate/validate.ts';
import { FLUX, PACE, setUp, type Setup } from './replicate-client.ts';

const HOUR_MS = 3_600_000;

async function readObject(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  assert.ok(isObject(body));
  return body;
}

async function finish(setup: Setup, input: Record<string, unknown> = {}): Promise<string[]> {
  const created = await setup.client.predictions.create({ version: FLUX, input: { prompt: 'a lake', ...input } });
  setup.clock.advance(PACE.queueMs + PACE.workMs);
  const { output } = await setup.client.predictions.get(created.id);
  assert.ok(Array.isArray(output));
  return output.map(String);
}

test('a prediction goes from starting over processing to succeeded, as the real client sees it', async (t) => {
  const { service, client, clock } = await setUp(t);
  const created = await client.predictions.create({ version: FLUX, input: { prompt: 'a lake', seed: 7 } });
  assert.equal(created.status, 'starting');
  assert.equal(created.version, 'hidden');
  assert.equal(created.model, FLUX);
  assert.deepEqual(created.input, { prompt: 'a lake', seed: 7 });
  assert.equal(created.output, null);
  assert.equal(created.urls.get, `${service.url}/predictions/${created.id}`);
  assert.equal(created.urls.cancel, `${service.url}/predictions/${created.id}/cancel`);

  clock.advance(PACE.queueMs + PACE.workMs * 0.6);
  const working = await client.predictions.get(created.id);
  assert.equal(working.status, 'processing');
  assert.match(working.logs ?? '', /^Using seed: 7\n {2}0%\|/);
  assert.ok(working.logs?.endsWith('\r 50%|#####     | 2/4 [00:40<00:40, 20.00s/it]'), working.logs);

  clock.advance(PACE.workMs);
  const done = await client.predictions.get(created.id);
  assert.equal(done.status, 'succeeded');
  assert.equal(done.metrics?.predict_time, 80);
  assert.ok(done.logs?.endsWith('100%|##########| 4/4 [01:20<00:00, 20.00s/it]'), done.logs);
  assert.equal(done.output.length, 1);
  assert.equal(service.predictions()[0]?.gets, 2);
});

test('a picture that was given is what every prediction gives, byte for byte', async (t) => {
  const bytes = Buffer.from('any bytes');
  const setup = await setUp(t, { picture: { bytes, mimeType: 'image/webp' } });
  for (const url of [...(await finish(setup)), ...(await finish(setup, { output_format: 'png' }))]) {
    const response = await fetch(url);
    assert.equal(response.headers.get('content-type'), 'image/webp');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  }
});

test('the output is a real picture of the asked shape and format, without a token', async (t) => {
  const setup = await setUp(t);
  const [url = ''] = await finish(setup, { aspect_ratio: '16:9', output_format: 'png', seed: 1 });
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(response.headers.get('content-type'), 'image/png');
  assert.equal(response.headers.get('content-length'), String(bytes.length));
  const picture = await loadImage(bytes);
  assert.deepEqual([picture.width, picture.height], [1360, 768]);
  assert.equal(setup.service.predictions()[0]?.fileFetches, 1);
});

test('webp and jpg are what they say', async (t) => {
  const setup = await setUp(t);
  const [webp = ''] = await finish(setup);
  const [jpg = ''] = await finish(setup, { output_format: 'jpg' });
  const webpBytes = Buffer.from(await (await fetch(webp)).arrayBuffer());
  const jpgBytes = Buffer.from(await (await fetch(jpg)).arrayBuffer());
  assert.equal(webpBytes.toString('latin1', 8, 12), 'WEBP');
  assert.equal(jpgBytes.toString('hex', 0, 3), 'ffd8ff');
});

test('the same prompt and seed give the same bytes, another seed another picture', async (t) => {
  const setup = await setUp(t);
  const urls = [
    ...(await finish(setup, { seed: 1, num_outputs: 2 })),
    ...(await finish(setup, { seed: 1 })),
    ...(await finish(setup, { seed: 2 })),
  ];
  const files = await Promise.all(
    urls.map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer()).toString('base64')),
  );
  assert.equal(files.length, 4);
  assert.equal(files[0], files[2]);
  assert.equal(new Set(files).size, 3);
});

test('a model with one output gives a string', async (t) => {
  const { client, clock } = await setUp(t);
  const created = await client.predictions.create({
    model: 'black-forest-labs/flux-1.1-pro',
    input: { prompt: 'a lake', seed: 3 },
  });
  clock.advance(PACE.queueMs + PACE.workMs);
  const { output, logs } = await client.predictions.get(created.id);
  assert.match(String(output), /\/files\/[^/]+\/output\.webp$/);
  assert.equal(typeof output, 'string');
  assert.doesNotMatch(logs ?? '', /%/);
});

test('a community model needs its version, and shows it', async (t) => {
  const { client, call, service } = await setUp(t);
  const model = await client.models.get('stability-ai', 'sdxl');
  const version = model.latest_version?.id ?? '';
  const input = { prompt: 'a lake', negative_prompt: 'people', width: 512, height: 512 };
  for (const reference of [version, `stability-ai/sdxl:${version}`]) {
    const created = await client.predictions.create({ version: reference, input });
    assert.equal(created.version, version);
  }
  await assert.rejects(
    client.predictions.create({ version: 'stability-ai/sdxl', input }),
    /Invalid version or not permitted/,
  );
  const byModel = await call('/models/stability-ai/sdxl/predictions', {
    method: 'POST',
    body: JSON.stringify({ input }),
  });
  assert.equal(byModel.status, 404);
  assert.equal(service.predictions().length, 2);
});

test('an unknown version is refused in the words of Replicate', async (t) => {
  const { call } = await setUp(t);
  for (const version of ['a'.repeat(64), 'nobody/nothing', `${FLUX}:${'b'.repeat(64)}`]) {
    const response = await call('/predictions', {
      method: 'POST',
      body: JSON.stringify({ version, input: { prompt: 'x' } }),
    });
    assert.equal(response.status, 422);
    assert.deepEqual(await response.json(), {
      title: 'Invalid version or not permitted',
      detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
      status: 422,
    });
  }
});

test('a body with more than the API allows is refused', async (t) => {
  const { call } = await setUp(t);
  const response = await call('/predictions', {
    method: 'POST',
    body: JSON.stringify({ model: FLUX, input: { prompt: 'x' } }),
  });
  assert.equal(response.status, 422);
  assert.deepEqual(await response.json(), {
    title: 'Input validation failed',
    detail: '- version is required\n- Additional property model is not allowed\n',
    status: 422,
    invalid_fields: [
      { type: 'required', field: '', description: 'version is required' },
      { type: 'additional_property_not_allowed', field: '', description: 'Additional property model is not allowed' },
    ],
  });
  const broken = await call('/predictions', { method: 'POST', body: '{"version":' });
  assert.equal(broken.status, 400);
});

test('each wrong input is named', async (t) => {
  const { create, call, service } = await setUp(t);
  const response = await create({ aspect_ratio: '7:1', num_outputs: 9, seed: null });
  assert.equal(response.status, 422);
  const body = await readObject(response);
  const allowed = '"1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"';
  assert.deepEqual(body.invalid_fields, [
    { type: 'enum', field: 'input.aspect_ratio', description: `aspect_ratio must be one of the following: ${allowed}` },
    { type: 'number_lte', field: 'input.num_outputs', description: 'Must be less than or equal to 4' },
    { type: 'invalid_type', field: 'input.seed', description: 'Invalid type. Expected: integer, given: null' },
  ]);
  assert.match(
    String(body.detail),
    /^- input\.aspect_ratio: aspect_ratio must be one of .*\n- input\.num_outputs: .*\n- input\.seed: .*\n$/,
  );
  const missing = await call('/predictions', { method: 'POST', body: JSON.stringify({ version: FLUX, input: {} }) });
  assert.deepEqual((await readObject(missing)).invalid_fields, [
    { type: 'required', field: 'input', description: 'prompt is required' },
  ]);
  assert.equal(service.predictions().length, 0);
  assert.deepEqual(service.requests[0]?.error?.paths, ['input.aspect_ratio', 'input.num_outputs', 'input.seed']);
});

test('a model tells its inputs in the shape of Cog', async (t) => {
  const { client } = await setUp(t);
  const model = await client.models.get('black-forest-labs', 'flux-schnell');
  assert.ok(isObject(model) && model.is_official);
  const version = model.latest_version;
  assert.ok(version !== undefined && isObject(version.openapi_schema));
  const schema = JSON.parse(JSON.stringify(version.openapi_schema)).components.schemas;
  assert.deepEqual(schema.Input.required, ['prompt']);
  assert.deepEqual(schema.Input.properties.aspect_ratio, {
    allOf: [{ $ref: '#/components/schemas/aspect_ratio' }],
    default: '1:1',
    description: 'Aspect ratio for the generated image',
    'x-order': 1,
  });
  assert.equal(schema.aspect_ratio.enum.length, 11);
  assert.deepEqual(schema.Output, { type: 'array', items: { type: 'string', format: 'uri' }, title: 'Output' });
  const same = await client.models.versions.get('black-forest-labs', 'flux-schnell', version.id);
  assert.deepEqual(same.openapi_schema, version.openapi_schema);
  await assert.rejects(client.models.get('nobody', 'nothing'), /404/);
  const imagen = await client.models.get('google', 'imagen-4');
  assert.doesNotMatch(JSON.stringify(imagen), /"seed"/);
});

test('a missing or wrong token gets 401 and makes nothing', async (t) => {
  const { service } = await setUp(t);
  const body = JSON.stringify({ version: FLUX, input: { prompt: 'x' } });
  for (const headers of [{}, { authorization: 'Bearer r8_wrong' }]) {
    const response = await fetch(`${service.url}/predictions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    assert.equal(response.status, 401);
    assert.deepEqual(await response.json(), {
      title: 'Unauthenticated',
      detail: 'You did not pass a valid authentication token',
      status: 401,
    });
  }
  assert.equal(service.predictions().length, 0);
});

test('the account is there for a check of the token', async (t) => {
  const { client } = await setUp(t);
  assert.equal((await client.accounts.current()).type, 'user');
});

test('cancel ends what runs, changes nothing afterwards, and is 404 for the unknown', async (t) => {
  const { client, clock, service, call } = await setUp(t);
  const first = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  assert.equal((await client.predictions.cancel(first.id)).status, 'canceled');
  const second = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(PACE.queueMs + 1_000);
  const canceled = await client.predictions.cancel(second.id);
  assert.equal(canceled.status, 'canceled');
  assert.ok(Number(canceled.metrics?.predict_time) >= 1);
  clock.advance(HOUR_MS / 2);
  assert.equal((await client.predictions.cancel(second.id)).completed_at, canceled.completed_at);
  const third = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(PACE.queueMs + PACE.workMs);
  assert.equal((await client.predictions.cancel(third.id)).status, 'succeeded');
  assert.deepEqual(
    service.predictions().map(({ cancels }) => cancels),
    [1, 2, 1],
  );
  assert.equal((await call('/predictions/unknown/cancel', { method: 'POST' })).status, 404);
});

test('Cancel-After aborts what has not begun and cancels what has', async (t) => {
  const { create, client, clock, service } = await setUp(t);
  const early = await readObject(await create({}, { 'cancel-after': '30s' }));
  const late = await readObject(await create({}, { 'cancel-after': '1m30s' }));
  const never = await readObject(await create({}, { 'cancel-after': '1h' }));
  assert.equal(Date.parse(String(early.deadline)) - Date.parse(String(early.created_at)), 30_000);
  clock.advance(PACE.queueMs + PACE.workMs);
  const aborted = await client.predictions.get(String(early.id));
  assert.equal(aborted.status, 'aborted');
  assert.equal(aborted.started_at, undefined);
  assert.equal((await client.predictions.get(String(late.id))).status, 'canceled');
  assert.equal((await client.predictions.get(String(never.id))).status, 'succeeded');
  assert.deepEqual(
    service.predictions().map(({ cancelAfter }) => cancelAfter),
    ['30s', '1m30s', '1h'],
  );
  for (const wrong of ['4s', 'soon', '']) assert.equal((await create({}, { 'cancel-after': wrong })).status, 400);
});

test('Prefer: wait answers with the result when it comes in time, and with 202 when not', async (t) => {
  const { create, service } = await setUp(t, { pace: { queueMs: 20, workMs: 40 } });
  const finished = await create({}, { prefer: 'wait' });
  assert.equal(finished.status, 201);
  assert.equal((await readObject(finished)).status, 'succeeded');
  service.setPace({ queueMs: 60_000, workMs: 1 });
  const open = await create({}, { prefer: 'wait=1' });
  assert.equal(open.status, 202);
  assert.equal((await readObject(open)).status, 'starting');
});

test('the list lags behind, is newest first, and names no webhook', async (t) => {
  const { call, client, clock } = await setUp(t, { rateLimits: false });
  const body = {
    version: FLUX,
    input: { prompt: 'first' },
    webhook: 'https://example.com/hook',
    webhook_events_filter: ['completed'],
  };
  await client.request('/predictions', { method: 'POST', data: body });
  assert.deepEqual((await client.predictions.list()).results, []);
  clock.advance(500);
  await client.request('/predictions', { method: 'POST', data: { ...body, input: { prompt: 'second' } } });
  clock.advance(500);
  const text = await (await call('/predictions')).text();
  assert.doesNotMatch(text, /webhook|example\.com/);
  const { results } = await client.predictions.list();
  assert.deepEqual(
    results.map(({ input }) => input),
    [{ prompt: 'second' }, { prompt: 'first' }],
  );
});

test('the list has pages of a hundred that next and previous lead through', async (t) => {
  const { create, call, clock, service } = await setUp(t, { rateLimits: false });
  for (let index = 0; index < 250; index += 1) await create({ seed: index });
  clock.advance(500);
  const pages: Record<string, unknown>[] = [await readObject(await call('/predictions'))];
  for (let next = pages[0]?.next; typeof next === 'string' && pages.length < 10; next = pages.at(-1)?.next) {
    pages.push(await readObject(await call(next.slice(service.url.length))));
  }
  const seeds = pages.map(({ results }) => (Array.isArray(results) ? results.map(({ input }) => input.seed) : []));
  assert.deepEqual(
    seeds.map((page) => page.length),
    [100, 100, 50],
  );
  assert.deepEqual(
    seeds.flat(),
    Array.from({ length: 250 }, (_, index) => 249 - index),
  );
  assert.equal(pages[0]?.previous, null);
  const back = await readObject(await call(String(pages[1]?.previous).slice(service.url.length)));
  assert.deepEqual(back.results, pages[0]?.results);
});

test('the list can be asked for a span of time', async (t) => {
  const { create, call, clock, service } = await setUp(t);
  for (const seed of [1, 2, 3]) {
    await create({ seed });
    clock.advance(10_000);
  }
  const at = (index: number): string => new Date(service.predictions()[index]?.createdAt ?? 0).toISOString();
  const listed = async (query: string): Promise<unknown[]> => {
    const { results } = await readObject(await call(`/predictions?${query}`));
    return Array.isArray(results) ? results.map(({ input }) => input.seed) : [];
  };
  assert.deepEqual(await listed(`created_after=${at(1)}`), [3, 2]);
  assert.deepEqual(await listed(`created_before=${at(1)}`), [1]);
  assert.deepEqual(await listed(`created_after=${at(1)}&created_before=${at(2)}`), [2]);
  assert.equal((await call('/predictions?created_after=yesterday')).status, 400);
});

test('an hour after completion the data is gone', async (t) => {
  const setup = await setUp(t);
  const [url = ''] = await finish(setup);
  setup.clock.advance(HOUR_MS - 10_000);
  assert.equal((await fetch(url)).status, 200);
  setup.clock.advance(10_000);
  const id = setup.service.predictions()[0]?.id ?? '';
  const removed = await readObject(await setup.call(`/predictions/${id}`));
  assert.equal(removed.status, 'succeeded');
  assert.equal(removed.output, null);
  assert.equal(removed.data_removed, true);
  assert.equal(removed.logs, '');
  assert.equal((await fetch(url)).status, 404);
});

test('the 601st create of a minute and the 3001st other call are throttled until the window has slid on', async (t) => {
  const { create, call, clock, service } = await setUp(t);
  for (let index = 0; index < 600; index += 50) await Promise.all(Array.from({ length: 50 }, () => create()));
  clock.advance(30_000);
  const refused = await create();
  assert.equal(refused.status, 429);
  const retryAfter = Number(refused.headers.get('retry-after'));
  assert.ok(retryAfter >= 1 && retryAfter <= 30, String(retryAfter));
  assert.deepEqual(await refused.json(), {
    detail: `Request was throttled. Your rate limit resets in ~${retryAfter}s.`,
    status: 429,
    retry_after: retryAfter,
  });
  assert.equal(service.predictions().length, 600);
  clock.advance(30_000);
  assert.equal((await create()).status, 201);
  for (let index = 0; index < 3_000; index += 100)
    await Promise.all(Array.from({ length: 100 }, () => call('/account')));
  assert.equal((await call('/account')).status, 429);
});

test('each request is recorded and told, without /v1', async (t) => {
  const { create, service, call } = await setUp(t);
  const told: string[] = [];
  const stop = service.onChange((request) => told.push(`${request.method} ${request.path} ${request.status}`));
  await create();
  await call('/predictions?created_after=2026-01-01T00:00:00Z');
  stop();
  await call('/account');
  assert.deepEqual(told, ['POST /predictions 201', 'GET /predictions?created_after=2026-01-01T00:00:00Z 200']);
  assert.equal(service.requests.length, 3);
  assert.deepEqual(service.requests[0]?.body, { version: FLUX, input: { prompt: 'a lake' } });
});
