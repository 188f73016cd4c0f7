import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicateFault } from '../../sandbox/interface.ts';
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

const HTTP_FAULTS: [KindOf<'create'>, number, RegExp][] = [
  ['http-401', 401, /"title":"Unauthenticated"/],
  ['http-402', 402, /"title":"Insufficient credit"/],
  ['http-422', 422, /"invalid_fields":\[\{"type":"enum","field":"input\.aspect_ratio"/],
  ['http-429', 429, /resets in ~2s\.","status":429,"retry_after":2/],
  ['http-500', 500, /"status":500/],
  ['http-503', 503, /temporarily unavailable/],
];

for (const [kind, status, body] of HTTP_FAULTS) {
  test(`create meets ${kind} once, creates nothing, and works again`, async (t) => {
    const { create, service } = await setUp(t);
    service.addFault({ on: 'create', kind });
    const response = await create();
    assert.equal(response.status, status);
    assert.equal(response.headers.get('retry-after'), status === 429 ? '2' : null);
    assert.match(await response.text(), body);
    assert.equal(service.predictions().length, 0);
    assert.equal((await create()).status, 201);
  });
}

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
    ['http-429', 429],
    ['http-500', 500],
    ['http-503', 503],
  ] as const) {
    service.addFault({ on: 'get', kind });
    assert.equal((await call(`/predictions/${id}`)).status, status);
  }
  service.addFault({ on: 'get', kind: 'hang' });
  await assert.rejects(call(`/predictions/${id}`, { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
  service.addFault({ on: 'get', kind: 'cut-before' });
  await assert.rejects(call(`/predictions/${id}`), /fetch failed/);
  assert.equal((await client.predictions.get(id)).status, 'starting');
  assert.equal(service.predictions()[0]?.gets, 6);
});

test('a file meets each of its faults once and is whole afterwards', async (t) => {
  const setup = await setUp(t);
  const { url } = await finished(setup);
  for (const [kind, status] of [
    ['http-404', 404],
    ['http-500', 500],
  ] as const) {
    setup.service.addFault({ on: 'file', kind });
    assert.equal((await fetch(url)).status, status);
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
  assert.equal(setup.service.predictions()[0]?.fileFetches, 6);
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

const ENDINGS: [KindOf<'prediction'>, string, string | null][] = [
  ['fails', 'failed', 'Director: unexpected error handling prediction (E9828)'],
  ['nsfw', 'failed', 'NSFW content detected. Try running it again, or try a different prompt.'],
  ['interrupted', 'failed', 'Prediction interrupted; please retry (code: PA)'],
  ['nothing', 'succeeded', null],
];

for (const [kind, status, error] of ENDINGS) {
  test(`a prediction with the fault ${kind} ends ${status} without output, and the next one is well`, async (t) => {
    const { client, clock, service } = await setUp(t);
    service.addFault({ on: 'prediction', kind });
    const { id } = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
    const next = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
    clock.advance(PACE.queueMs + PACE.workMs);
    const ended = await client.predictions.get(id);
    assert.deepEqual([ended.status, ended.error, ended.output], [status, error, null]);
    assert.equal((await client.predictions.get(next.id)).output.length, 1);
  });
}

test('a slow prediction takes slowMs, one that never ends works until it is cancelled', async (t) => {
  const { client, clock, service } = await setUp(t, { slowMs: 600_000 });
  service.addFault({ on: 'prediction', kind: 'slow' });
  service.addFault({ on: 'prediction', kind: 'never-ends' });
  const slow = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  const endless = await client.predictions.create({ version: FLUX, input: { prompt: 'x' } });
  clock.advance(PACE.queueMs + 590_000);
  assert.equal((await client.predictions.get(slow.id)).status, 'processing');
  clock.advance(10_000);
  assert.equal((await client.predictions.get(slow.id)).status, 'succeeded');
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
