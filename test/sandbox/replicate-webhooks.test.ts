import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { validateWebhook } from 'replicate';
import type { ReplicateFault } from '../../sandbox/interface.ts';
import { FLUX, PACE, setUp, type Setup } from './replicate-client.ts';

type WebhookKind = Extract<ReplicateFault, { on: 'webhook' }>['kind'];

interface Letter {
  headers: IncomingHttpHeaders;
  body: string;
}

interface Receiver {
  url: string;
  letters: Letter[];
  /** What is answered, first to last; the last one from then on. */
  answers: number[];
}

async function listen(context: TestContext): Promise<Receiver> {
  const letters: Letter[] = [];
  const answers = [200];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      letters.push({ headers: request.headers, body });
      const status = answers.length > 1 ? answers.shift() : answers[0];
      response.writeHead(status ?? 200, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook?job=7`, letters, answers };
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 500 && !isSo(); round += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isSo(), 'waited 5 seconds for nothing');
}

const BOTH = ['start', 'completed'];

async function createWith(setup: Setup, webhook: string, events: string[] | null = BOTH): Promise<string> {
  const response = await setup.client.request('/predictions', {
    method: 'POST',
    data: {
      version: FLUX,
      input: { prompt: 'a lake' },
      webhook,
      ...(events === null ? {} : { webhook_events_filter: events }),
    },
  });
  const { id } = (await response.json()) as { id: string };
  return id;
}

async function isGenuine({ headers, body }: Letter, secret: string): Promise<boolean> {
  return validateWebhook({
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signature: String(headers['webhook-signature']),
    body,
    secret,
  });
}

function statusOf({ body }: Letter): string {
  return (JSON.parse(body) as { status: string }).status;
}

test('start and completed come in order, each signed so that the real client believes it', async (t) => {
  const setup = await setUp(t);
  const { service, client, clock } = setup;
  const receiver = await listen(t);
  const id = await createWith(setup, receiver.url);
  clock.advance(PACE.queueMs);
  await waitUntil(() => receiver.letters.length === 1);
  clock.advance(PACE.workMs);
  await waitUntil(() => service.webhooks.length === 2);
  const { key } = await client.webhooks.default.secret.get();
  assert.equal(key, service.webhookSecret);
  assert.match(key, /^whsec_/);
  for (const letter of receiver.letters) {
    assert.ok(await isGenuine(letter, key));
    assert.equal(letter.headers['content-type'], 'application/json');
    assert.ok(Math.abs(Number(letter.headers['webhook-timestamp']) - clock.now() / 1000) <= PACE.workMs / 1000 + 2);
  }
  assert.deepEqual(receiver.letters.map(statusOf), ['processing', 'succeeded']);
  assert.deepEqual(JSON.parse(receiver.letters[1]?.body ?? ''), await (await setup.call(`/predictions/${id}`)).json());
  assert.deepEqual(
    service.webhooks.map(({ event, predictionId, url, status }) => ({ event, predictionId, url, status })),
    BOTH.map((event) => ({ event, predictionId: id, url: receiver.url, status: 200 })),
  );
  assert.equal(service.predictions()[0]?.webhook, receiver.url);
});

test('only the events that were asked for are sent; without a filter that is the end alone', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 1 } });
  const receiver = await listen(t);
  for (const events of [['start'], ['completed'], null]) {
    const before = receiver.letters.length;
    await createWith(setup, receiver.url, events);
    await waitUntil(() => receiver.letters.length === before + 1);
  }
  assert.deepEqual(
    setup.service.webhooks.map(({ event }) => event),
    ['start', 'completed', 'completed'],
  );
});

test('a cancelled prediction tells its end, and one that never began tells no start', async (t) => {
  const setup = await setUp(t);
  const receiver = await listen(t);
  const id = await createWith(setup, receiver.url);
  await setup.client.predictions.cancel(id);
  await waitUntil(() => receiver.letters.length === 1);
  assert.deepEqual(receiver.letters.map(statusOf), ['canceled']);
});

test('an answer of 500 or none at all brings the same webhook again, a refusal or a redirect does not', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  const receiver = await listen(t);
  receiver.answers.splice(0, 1, 500, 503, 200);
  await createWith(setup, receiver.url, ['completed']);
  await waitUntil(() => receiver.letters.length === 3);
  assert.equal(new Set(receiver.letters.map(({ headers }) => headers['webhook-id'])).size, 1);
  for (const status of [400, 302]) {
    receiver.answers.splice(0, 1, status);
    const before = receiver.letters.length;
    await createWith(setup, receiver.url, ['completed']);
    await waitUntil(() => setup.service.webhooks.at(-1)?.status === status);
    // Longer than the first pause between two tries.
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(receiver.letters.length, before + 1);
  }
});

test('a webhook that nobody takes is given up after four tries', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  // Port 9 is "discard": nothing listens there on a machine of today.
  await createWith(setup, 'http://127.0.0.1:9/hook', ['completed']);
  await waitUntil(() => setup.service.webhooks.length === 4);
  assert.deepEqual(
    setup.service.webhooks.map(({ status }) => status),
    ['refused', 'refused', 'refused', 'refused'],
  );
});

test('an address on another machine is accepted and never called', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  await createWith(setup, 'https://bot.example/hook');
  await waitUntil(() => setup.service.webhooks.length === 2);
  assert.deepEqual(
    setup.service.webhooks.map(({ event, status }) => [event, status]),
    [
      ['start', 'refused'],
      ['completed', 'refused'],
    ],
  );
});

const REFUSED: [unknown, unknown, RegExp][] = [
  ['not an address', BOTH, /"type":"format","field":"webhook","description":"Does not match format 'uri'"/],
  ['http://bot.example/hook', BOTH, /"type":"format","field":"webhook","description":"Must be an HTTPS URL"/],
  ['ftp://127.0.0.1/hook', BOTH, /"field":"webhook","description":"Must be an HTTPS URL"/],
  [7, BOTH, /"type":"invalid_type","field":"webhook"/],
  ['https://bot.example/hook', 'start', /"type":"invalid_type","field":"webhook_events_filter"/],
  ['https://bot.example/hook', ['end'], /"type":"enum","field":"webhook_events_filter\.0"/],
];

for (const [webhook, events, field] of REFUSED) {
  test(`a create with the webhook ${String(webhook)} and the events ${String(events)} is refused`, async (t) => {
    const { call, service } = await setUp(t);
    const response = await call('/predictions', {
      method: 'POST',
      body: JSON.stringify({ version: FLUX, input: { prompt: 'x' }, webhook, webhook_events_filter: events }),
    });
    assert.equal(response.status, 422);
    assert.match(await response.text(), field);
    assert.equal(service.predictions().length, 0);
  });
}

/** What arrives with each fault: the event, whether its signature is right, and how old its timestamp is. */
const FAULTS: Record<Exclude<WebhookKind, 'lost' | 'late'>, [string, boolean, number][]> = {
  doubled: [
    ['processing', true, 0],
    ['processing', true, 0],
    ['succeeded', true, 0],
    ['succeeded', true, 0],
  ],
  reordered: [
    ['succeeded', true, 0],
    ['processing', true, 0],
  ],
  'bad-signature': [
    ['processing', false, 0],
    ['processing', true, 0],
    ['succeeded', false, 0],
    ['succeeded', true, 0],
  ],
  old: [
    ['processing', true, 10],
    ['processing', true, 0],
    ['succeeded', true, 10],
    ['succeeded', true, 0],
  ],
};

for (const [kind, expected] of Object.entries(FAULTS)) {
  test(`webhooks with the fault ${kind} arrive as it says, and those of the next prediction are well`, async (t) => {
    const setup = await setUp(t, { pace: { queueMs: 0, workMs: 30 } });
    const receiver = await listen(t);
    setup.service.addFault({ on: 'webhook', kind: kind as keyof typeof FAULTS });
    await createWith(setup, receiver.url);
    await waitUntil(() => receiver.letters.length === expected.length);
    const seen = receiver.letters.map(async (letter): Promise<[string, boolean, number]> => {
      const ageMs = setup.clock.now() - Number(letter.headers['webhook-timestamp']) * 1000;
      return [statusOf(letter), await isGenuine(letter, setup.service.webhookSecret), Math.floor(ageMs / 60_000)];
    });
    assert.deepEqual(await Promise.all(seen), expected);
    assert.equal(new Set(receiver.letters.map(({ headers }) => headers['webhook-id'])).size, 2);
    await createWith(setup, receiver.url);
    await waitUntil(() => receiver.letters.length === expected.length + 2);
    assert.deepEqual(receiver.letters.slice(-2).map(statusOf), ['processing', 'succeeded']);
  });
}

test('a lost webhook never comes, and no fault is used up by a prediction without one', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  const receiver = await listen(t);
  setup.service.addFault({ on: 'webhook', kind: 'lost' });
  await setup.create();
  assert.equal(setup.service.armedFaults().length, 1);
  const lost = await createWith(setup, receiver.url);
  const next = await createWith(setup, receiver.url);
  await waitUntil(() => receiver.letters.length === 2);
  assert.ok(receiver.letters.every(({ body }) => body.includes(next) && !body.includes(lost)));
  assert.ok(setup.service.webhooks.every(({ predictionId }) => predictionId === next));
});

test('a late webhook comes three times the work after its event', async (t) => {
  const setup = await setUp(t);
  const receiver = await listen(t);
  setup.service.addFault({ on: 'webhook', kind: 'late' });
  await createWith(setup, receiver.url, ['completed']);
  setup.clock.advance(PACE.queueMs + 4 * PACE.workMs - 5_000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(receiver.letters.length, 0);
  setup.clock.advance(5_000);
  await waitUntil(() => receiver.letters.length === 1);
  assert.deepEqual(receiver.letters.map(statusOf), ['succeeded']);
});

test('a prediction whose create was never answered tells its start all the same', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 60_000 } });
  const receiver = await listen(t);
  setup.service.addFault({ on: 'create', kind: 'cut-after' });
  await assert.rejects(createWith(setup, receiver.url), /fetch failed/);
  await waitUntil(() => receiver.letters.length === 1);
  const { id, status } = JSON.parse(receiver.letters[0]?.body ?? '') as { id: string; status: string };
  assert.deepEqual([id, status], [setup.service.predictions()[0]?.id, 'processing']);
});

test('close does not wait for a receiver that never answers', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const called = new Promise((resolve) => silent.once('request', resolve));
  const { port } = silent.address() as AddressInfo;
  await createWith(setup, `http://127.0.0.1:${port}/hook`, ['completed']);
  await called;
  const before = performance.now();
  await setup.service.close();
  // The patience of a call is five seconds.
  assert.ok(performance.now() - before < 3_000);
  assert.deepEqual(setup.service.webhooks, []);
});

test('close breaks off what waits to be sent, without a further call', async (t) => {
  const setup = await setUp(t, { pace: { queueMs: 0, workMs: 0 } });
  const receiver = await listen(t);
  receiver.answers.splice(0, 1, 500);
  await createWith(setup, receiver.url, ['completed']);
  await waitUntil(() => receiver.letters.length === 1);
  await setup.service.close();
  const { length } = receiver.letters;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(receiver.letters.length, length);
});
