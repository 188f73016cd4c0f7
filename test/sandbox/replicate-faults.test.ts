import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicateFault } from '../../sandbox/interface.ts';
import sharp from 'sharp';
import { FLUX, PACE, setUp, type Setup } from './replicate-client.ts';

type KindOf<On extends ReplicateFault['on']> = Extract<ReplicateFault, { on: On }>['kind'];

/** A call that waits this long for an answer has none coming: everything is on this machine. */
const NO_ANSWER_MS = 300;

async function finished(setup: Setup): Promise<{ id: string; url: string }> {
  const { id } = await setup.client.predictions.create({
    version: FLUX,
    input: { prompt: 'a lake', output_format: 'png' },
  });
  setup.clock.advance(PACE.queueMs + PACE.workMs);
  return { id, url: String((await setup.client.predictions.get(id)).output[0]) };
}

type RefusedKind = Extract<KindOf<'create'>, `http-${string}`>;

/** What each answers to a create with a prompt, an aspect ratio and a seed; `null`: not JSON. */
const REFUSALS: Record<RefusedKind, Record<string, unknown> | null> = {
  'http-401': { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
  'http-402': {
    title: 'Insufficient credit',
    detail:
      'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit. Once you purchase credit, please wait a few minutes before trying again.',
    status: 402,
  },
  'http-403': { title: 'Forbidden', detail: 'You do not have permission to perform this action.', status: 403 },
  'http-404': { title: 'Not found', detail: 'The requested resource could not be found.', status: 404 },
  'http-408': { title: 'Request timeout', detail: 'The request took too long to complete.', status: 408 },
  'http-422': refusedInput({
    type: 'enum',
    field: 'input.aspect_ratio',
    description:
      'aspect_ratio must be one of the following: "1:1", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"',
  }),
  'http-422-extra': refusedInput({
    type: 'additional_property_not_allowed',
    field: 'input',
    description: 'Additional property seed is not allowed',
  }),
  'http-422-version': {
    title: 'Invalid version or not permitted',
    detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
    status: 422,
  },
  'http-429': {
    detail: 'Request was throttled. Your rate limit resets in ~2s.',
    status: 429,
    retry_after: 2,
  },
  'http-429-credit': {
    detail:
      'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~2s.',
    status: 429,
    retry_after: 2,
  },
  'http-429-card': {
    detail:
      'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests until you add a payment method. Your rate limit resets in ~2s.',
    status: 429,
    retry_after: 2,
  },
  'http-500': { title: 'Internal server error', detail: 'An unexpected error occurred.', status: 500 },
  'http-502': null,
  'http-503': {
    title: 'Service unavailable',
    detail: 'Service is temporarily unavailable. Please try again later.',
    status: 503,
  },
  'http-504': null,
};

function refusedInput(field: { type: string; field: string; description: string }): Record<string, unknown> {
  return {
    title: 'Input validation failed',
    detail: `- ${field.field}: ${field.description}\n`,
    status: 422,
    invalid_fields: [field],
  };
}

for (const [kind, body] of Object.entries(REFUSALS)) {
  test(`create meets ${kind} once, creates nothing, and works again`, async (t) => {
    const { create, service } = await setUp(t);
    service.addFault({ on: 'create', kind: kind as RefusedKind });
    const response = await create({ aspect_ratio: '16:9', seed: 7 });
    assert.equal(response.status, Number(kind.split('-')[1]));
    assert.equal(response.headers.get('retry-after'), response.status === 429 ? '2' : null);
    const text = await response.text();
    if (body === null) assert.throws(() => JSON.parse(text), SyntaxError);
    else assert.deepEqual(JSON.parse(text), body);
    assert.equal(service.predictions().length, 0);
    assert.equal((await create()).status, 201);
  });
}

test('a refusal of the input names only what was sent, whatever the model', async (t) => {
  const { service, call } = await setUp(t);
  const refuse = async (kind: RefusedKind, input: Record<string, unknown>): Promise<string> => {
    service.addFault({ on: 'create', kind });
    const response = await call('/predictions', { method: 'POST', body: JSON.stringify({ version: FLUX, input }) });
    assert.equal(response.status, 422);
    return response.text();
  };
  assert.match(await refuse('http-422', { prompt: 'x', seed: 4 }), /- input\.seed: seed must be .*: 5, 6\\n/);
  assert.match(await refuse('http-422', { prompt: 'x' }), /- input\.prompt: prompt must be one of/);
  assert.match(await refuse('http-422-extra', { go_fast: true, prompt: 'x' }), /Additional property go_fast is not/);
});

test('a create whose answer is no JSON was accepted all the same', async (t) => {
  const { create, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'broken-json' });
  const response = await create();
  assert.equal(response.status, 201);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  await assert.rejects(response.json(), SyntaxError);
  assert.equal(service.predictions().length, 1);
});

test('a create that hangs gets no answer, and is created all the same', async (t) => {
  const { create, client, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'hang' });
  const signal = AbortSignal.timeout(NO_ANSWER_MS);
  await assert.rejects(
    client.request('/predictions', { method: 'POST', data: { version: FLUX, input: { prompt: 'x' } }, signal }),
  );
  assert.equal(service.predictions().length, 1);
  assert.equal(service.requests[0]?.status, 'hang');
  assert.equal((await create()).status, 201);
});

test('a create that is cut after it was accepted is created, one that is cut before is not', async (t) => {
  const { create, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'cut-before' });
  await assert.rejects(create(), /fetch failed/);
  assert.equal(service.predictions().length, 0);
  service.addFault({ on: 'create', kind: 'cut-after' });
  await assert.rejects(create(), /fetch failed/);
  assert.equal(service.predictions().length, 1);
  assert.deepEqual(
    service.requests.map(({ status }) => status),
    ['cut', 'cut'],
  );
});

test('a wrong create that is cut after creates nothing', async (t) => {
  const { create, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'cut-after' });
  await assert.rejects(create({ num_outputs: 99 }), /fetch failed/);
  assert.equal(service.predictions().length, 0);
});

test('a get meets each of its faults once and then tells the truth', async (t) => {
  const { client, call, service } = await setUp(t);
  const { id } = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  for (const [kind, status] of [
    ['http-401', 401],
    ['http-404', 404],
    ['http-500', 500],
    ['http-503', 503],
  ] as const) {
    service.addFault({ on: 'get', kind });
    assert.equal((await call(`/predictions/${id}`)).status, status);
  }
  service.addFault({ on: 'get', kind: 'http-429' });
  const throttled = await call(`/predictions/${id}`);
  assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '1']);
  assert.match(await throttled.text(), /"Request was throttled\. Expected available in 1 second\."/);
  service.addFault({ on: 'get', kind: 'broken-json' });
  await assert.rejects((await call(`/predictions/${id}`)).json(), SyntaxError);
  service.addFault({ on: 'get', kind: 'hang' });
  await assert.rejects(call(`/predictions/${id}`, { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
  service.addFault({ on: 'get', kind: 'cut-before' });
  await assert.rejects(call(`/predictions/${id}`), /fetch failed/);
  assert.equal((await client.predictions.get(id)).status, 'starting');
  assert.equal(service.predictions()[0]?.gets, 9);
});

test('the list meets each of its faults once and then tells the truth', async (t) => {
  const { client, call, clock, service } = await setUp(t);
  await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(1_000);
  for (const [kind, status] of [
    ['http-500', 500],
    ['http-503', 503],
  ] as const) {
    service.addFault({ on: 'list', kind });
    assert.equal((await call('/predictions')).status, status);
  }
  service.addFault({ on: 'list', kind: 'hang' });
  await assert.rejects(call('/predictions', { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
  service.addFault({ on: 'list', kind: 'cut-before' });
  await assert.rejects(call('/predictions'), /fetch failed/);
  assert.equal((await client.predictions.list()).results.length, 1);
});

test('a file meets each of its faults once and is whole afterwards', async (t) => {
  const setup = await setUp(t);
  const { url } = await finished(setup);
  for (const [kind, status] of [
    ['http-403', 403],
    ['http-404', 404],
    ['http-410', 410],
    ['http-429', 429],
    ['http-500', 500],
    ['http-503', 503],
  ] as const) {
    setup.service.addFault({ on: 'file', kind });
    const response = await fetch(url);
    assert.equal(response.status, status);
    assert.equal(response.headers.get('retry-after'), status === 429 ? '1' : null);
  }
  setup.service.addFault({ on: 'file', kind: 'hang' });
  await assert.rejects(fetch(url, { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
  setup.service.addFault({ on: 'file', kind: 'cut-half' });
  const half = await fetch(url);
  await assert.rejects(half.arrayBuffer());
  setup.service.addFault({ on: 'file', kind: 'wrong-type' });
  const wrong = await fetch(url);
  assert.equal(wrong.headers.get('content-type'), 'image/png');
  assert.match(await wrong.text(), /^<!doctype html>/);
  const whole = await fetch(url);
  const bytes = Buffer.from(await whole.arrayBuffer());
  assert.equal(String(bytes.length), half.headers.get('content-length'));
  assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
  assert.equal(setup.service.predictions()[0]?.fileFetches, 10);
});

test('a file with too many pixels is small and sound, and claims 30,000 by 30,000', async (t) => {
  const setup = await setUp(t);
  const { url } = await finished(setup);
  setup.service.addFault({ on: 'file', kind: 'too-many-pixels' });
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  assert.ok(bytes.length < 2_000, String(bytes.length));
  // sharp checks the checksums of the header.
  const { width, height, format } = await sharp(bytes, { limitInputPixels: false }).metadata();
  assert.deepEqual([format, width, height], ['png', 30_000, 30_000]);
});

test('a file that was moved away points to another host', async (t) => {
  const setup = await setUp(t);
  const { url } = await finished(setup);
  setup.service.addFault({ on: 'file', kind: 'redirect-away' });
  const response = await fetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302);
  const target = new URL(response.headers.get('location') ?? '');
  assert.notEqual(target.host, new URL(url).host);
  await assert.rejects(fetch(target), /fetch failed/);
});

test('a file that is too large says so and begins like a picture', async (t) => {
  const setup = await setUp(t);
  const { url } = await finished(setup);
  setup.service.addFault({ on: 'file', kind: 'too-large' });
  const response = await fetch(url);
  assert.equal(response.headers.get('content-length'), String(256 * 1024 * 1024));
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert.equal(Buffer.from(first?.value ?? []).toString('latin1', 1, 4), 'PNG');
  await reader?.cancel();
});

type Ending = Extract<ReplicateFault, { on: 'prediction' }>;
type EndingKind = Exclude<Ending['kind'], 'slow' | '12-minutes' | 'never-ends' | 'error'>;

const ENDINGS: Record<EndingKind, { status: string; error: string | null; output: unknown }> = {
  fails: { status: 'failed', error: 'Director: unexpected error handling prediction (E9828)', output: null },
  nsfw: {
    status: 'failed',
    error: 'NSFW content detected. Try running it again, or try a different prompt.',
    output: null,
  },
  interrupted: { status: 'failed', error: 'Prediction interrupted; please retry (code: PA)', output: null },
  nothing: { status: 'succeeded', error: null, output: null },
  'empty-list': { status: 'succeeded', error: null, output: [] },
  'data-removed': { status: 'succeeded', error: null, output: null },
  canceled: { status: 'canceled', error: null, output: null },
  aborted: { status: 'aborted', error: null, output: null },
};

for (const [kind, expected] of Object.entries(ENDINGS)) {
  test(`a prediction with the fault ${kind} ends ${expected.status} without output, and the next one is well`, async (t) => {
    const { client, clock, service } = await setUp(t);
    service.addFault({ on: 'prediction', kind: kind as EndingKind });
    const { id } = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
    const next = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
    clock.advance(PACE.queueMs + PACE.workMs);
    const ended = await client.predictions.get(id);
    assert.deepEqual({ status: ended.status, error: ended.error, output: ended.output }, expected);
    assert.equal(ended.data_removed, kind === 'data-removed');
    assert.equal(ended.started_at === undefined, kind === 'aborted');
    assert.equal((await client.predictions.get(next.id)).output.length, 1);
  });
}

test('a prediction fails with just the words that were asked for', async (t) => {
  const { client, clock, service } = await setUp(t);
  const error = 'The input or output was flagged as sensitive. Please try again with different inputs. (E005)';
  service.addFault({ on: 'prediction', kind: 'error', error });
  const { id } = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(PACE.queueMs + PACE.workMs);
  const ended = await client.predictions.get(id);
  assert.deepEqual([ended.status, ended.error, ended.output], ['failed', error, null]);
});

test('a slow prediction takes slowMs or twelve minutes, one that never ends works until it is cancelled', async (t) => {
  const { client, clock, service } = await setUp(t, { slowMs: 600_000 });
  service.addFault({ on: 'prediction', kind: 'slow' });
  service.addFault({ on: 'prediction', kind: '12-minutes' });
  service.addFault({ on: 'prediction', kind: 'never-ends' });
  const slow = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  const long = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  const endless = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(PACE.queueMs + 590_000);
  assert.equal((await client.predictions.get(slow.id)).status, 'processing');
  clock.advance(10_000);
  assert.equal((await client.predictions.get(slow.id)).status, 'succeeded');
  clock.advance(110_000);
  assert.equal((await client.predictions.get(long.id)).status, 'processing');
  clock.advance(10_000);
  assert.equal((await client.predictions.get(long.id)).status, 'succeeded');
  clock.advance(86_400_000);
  assert.equal((await client.predictions.get(endless.id)).status, 'processing');
  assert.equal((await client.predictions.cancel(endless.id)).status, 'canceled');
});

test('a fault holds for as many calls as asked, and can be taken back', async (t) => {
  const { create, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'http-500' }, 3);
  assert.equal((await create()).status, 500);
  assert.equal((await create()).status, 500);
  assert.deepEqual(service.armedFaults(), [{ fault: { on: 'create', kind: 'http-500' }, times: 1 }]);
  service.clearFaults();
  assert.equal((await create()).status, 201);
});

test('close ends calls that hang or wait', async (t) => {
  const { create, service } = await setUp(t);
  service.addFault({ on: 'create', kind: 'hang' });
  const hanging = create().catch(() => 'ended');
  const waiting = create({}, { prefer: 'wait' }).catch(() => 'ended');
  for (let round = 0; round < 1_000 && service.predictions().length < 2; round += 1) await new Promise(setImmediate);
  await service.close();
  assert.equal(await hanging, 'ended');
  await waiting;
});

test('a model that was changed has a new version and checks inputs by it; the old version can still be called', async (t) => {
  const { client, create, call, service } = await setUp(t);
  const before = (await client.models.get('black-forest-labs', 'flux-schnell')).latest_version?.id ?? '';
  service.changeModel(FLUX, {
    prompt: { type: 'string', description: 'What to draw' },
    aspect_ratio: { enum: ['1:1', '2:1'], default: '1:1', description: 'Shape' },
  });
  const version = (await client.models.get('black-forest-labs', 'flux-schnell')).latest_version;
  assert.notEqual(version?.id, before);
  const { schemas } = JSON.parse(JSON.stringify(version?.openapi_schema)).components;
  assert.deepEqual(schemas.Input, {
    type: 'object',
    title: 'Input',
    properties: {
      aspect_ratio: {
        allOf: [{ $ref: '#/components/schemas/aspect_ratio' }],
        default: '1:1',
        description: 'Shape',
        'x-order': 1,
      },
      prompt: { type: 'string', title: 'Prompt', description: 'What to draw', 'x-order': 0 },
    },
  });
  assert.deepEqual(schemas.aspect_ratio.enum, ['1:1', '2:1']);
  assert.match(
    await (await create({ aspect_ratio: '16:9' })).text(),
    /must be one of the following: \\"1:1\\", \\"2:1\\"/,
  );
  assert.equal((await create({ aspect_ratio: '2:1' })).status, 201);
  const input = { prompt: 'x', aspect_ratio: '16:9' };
  const old = await call('/predictions', { method: 'POST', body: JSON.stringify({ version: before, input }) });
  assert.equal(old.status, 201);
  assert.throws(
    () => service.changeModel('nobody/nothing', {}),
    /one of black-forest-labs\/flux-schnell, .*got nobody/,
  );
});
