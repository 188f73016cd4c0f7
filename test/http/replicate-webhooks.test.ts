import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createReplicateWebhooks, type WebhookEvent } from '../../src/http/replicate-webhooks.ts';
import { askForKey, createGivenKey, type WebhookKey } from '../../src/http/webhook-key.ts';
import {
  createLines,
  makeSecret,
  send,
  settle,
  sign,
  startServer,
  type Answered,
  type HandClock,
  type Running,
  type Signing,
  createWebhookUrl,
} from './http-setup.ts';

const SECRET = makeSecret('ours');
const OTHER = makeSecret('of somebody else');
const ATTEMPT = { jobId: 'k3vq7w2mzh5t', item: 'image', attempt: 2 };

interface Setup extends Running {
  heard: WebhookEvent[];
  url: string;
  /** A webhook about a prediction, signed now and rightly where nothing else is said. */
  post: (about?: Partial<Signing> & { url?: string }) => Promise<Answered>;
}

interface Options {
  createKey?: (clock: HandClock) => WebhookKey;
  onWebhook?: (event: WebhookEvent) => void;
}

async function setUp(
  context: TestContext,
  { createKey = () => createGivenKey(SECRET), onWebhook }: Options = {},
): Promise<Setup> {
  const heard: WebhookEvent[] = [];
  const running = await startServer(context, ({ clock }) => {
    const key = createKey(clock);
    context.after(() => key.close());
    return [createReplicateWebhooks({ key, onWebhook: onWebhook ?? ((event) => heard.push(event)), clock })];
  });
  const url = createWebhookUrl(running.server.url, ATTEMPT);
  const post: Setup['post'] = ({ url: to = url, body = about('succeeded'), ...signing } = {}) => {
    const timestamp = Math.floor(running.clock.now() / 1_000);
    return send(to, { method: 'POST', headers: sign({ timestamp, secret: SECRET, ...signing, body }), body });
  };
  return { ...running, heard, url, post };
}

function about(status: string, id = 'p8xk2m4v7w9q'): string {
  return JSON.stringify({ id, status, output: ['https://example.com/a.png'], logs: 'drawing' });
}

test('a signed webhook tells which attempt began or ended, and is answered at once', async (t) => {
  const { post, heard } = await setUp(t);
  const { status, body } = await post({ id: 'msg_1', body: about('processing') });
  assert.deepEqual([status, body], [200, '{"received":true}']);
  const of = { provider: 'replicate', operationId: 'p8xk2m4v7w9q', ...ATTEMPT };
  assert.deepEqual(heard, [{ ...of, event: 'start' }]);
  for (const [index, final] of ['succeeded', 'failed', 'canceled', 'aborted'].entries()) {
    assert.equal((await post({ id: `msg_end_${index}`, body: about(final) })).status, 200);
    assert.deepEqual(heard.at(-1), { ...of, event: 'completed' });
  }
});

test('the end is heard even when the start comes after it', async (t) => {
  const { post, heard } = await setUp(t);
  await post({ id: 'msg_2', body: about('succeeded') });
  await post({ id: 'msg_1', body: about('starting') });
  assert.deepEqual(
    heard.map(({ event }) => event),
    ['completed', 'start'],
  );
});

test('a webhook that is sent again is thanked for and does nothing, for as long as its signature holds', async (t) => {
  const { post, heard, clock } = await setUp(t);
  const ahead = clock.now() / 1_000 + 300;
  for (let times = 0; times < 3; times += 1) assert.equal((await post({ timestamp: ahead })).status, 200);
  await clock.advance(600_000);
  assert.equal((await post({ timestamp: ahead })).status, 200);
  await clock.advance(1);
  assert.equal((await post({ timestamp: ahead })).status, 401);
  assert.equal(heard.length, 1);
  await post({ id: 'msg_2' });
  assert.equal(heard.length, 2);
});

test('a start and an end under one id are two things to hear', async (t) => {
  const { post, heard } = await setUp(t);
  await post({ body: about('processing') });
  await post({ body: about('succeeded') });
  assert.equal(heard.length, 2);
});

test('what is forged, old, ahead of time, empty or unsigned is refused without a reason', async (t) => {
  const { post, heard, url, clock, refusals } = await setUp(t);
  const now = clock.now() / 1_000;
  const headers = sign({ timestamp: now, secret: SECRET, body: about('succeeded') });
  const refused = [
    await post({ secret: OTHER }),
    await send(url, { method: 'POST', headers, body: about('failed') }),
    await post({ timestamp: now - 301 }),
    await post({ timestamp: now + 301 }),
    await post({ body: '' }),
    await send(url, { method: 'POST' }),
    await send(url, { method: 'POST', headers: [...headers, ['webhook-id', 'msg_2']], body: about('succeeded') }),
  ];
  for (const { status, body } of refused) assert.deepEqual([status, body], [401, '{"error":"unauthorized"}']);
  assert.deepEqual(heard, []);
  const counted = Object.entries(refusals.totals()).filter(([, count]) => count > 0);
  assert.deepEqual(Object.fromEntries(counted), {
    'bad-signature': 2,
    'too-old': 1,
    'too-new': 1,
    'empty-body': 1,
    'missing-header': 2,
  });
});

test('a signed webhook about anything but a prediction of a job is refused', async (t) => {
  const { post, heard, server } = await setUp(t);
  const bodies = [
    'not JSON',
    '[]',
    'null',
    '"text"',
    '{}',
    '{"id":7,"status":"succeeded"}',
    '{"id":"a"}',
    about('failed', '../secret'),
    about('failed', 'x'.repeat(65)),
    about('failed', ''),
  ];
  for (const [index, body] of bodies.entries()) {
    assert.deepEqual((await post({ id: `msg_body_${index}`, body })).status, 400, body);
  }
  const queries = [
    '',
    '?job=a&item=image',
    '?job=a&item=image&attempt=0',
    '?job=a&item=image&attempt=1e3',
    '?job=a&item=../b&attempt=1',
    '?job=a&job=b&item=image&attempt=1',
    `?job=${'a'.repeat(65)}&item=image&attempt=1`,
    '?job=%00&item=image&attempt=1',
  ];
  for (const query of queries) {
    assert.equal((await post({ url: `${server.url}/webhooks/replicate${query}` })).status, 400, query);
  }
  assert.deepEqual(heard, []);
});

test('a body in chunks is checked as it came, byte for byte', async (t) => {
  const { url, heard, clock } = await setUp(t);
  const body = JSON.stringify({ status: 'succeeded', id: 'abc', logs: '湖 🌊' }, null, 3);
  const headers = sign({ timestamp: clock.now() / 1_000, secret: SECRET, body });
  const bytes = Buffer.from(body);
  // Cut inside a letter.
  const cut = bytes.indexOf(Buffer.from('湖')) + 1;
  const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)];
  assert.equal((await send(url, { method: 'POST', headers, body: chunks })).status, 200);
  assert.equal(heard.length, 1);
});

test('until the secret is known Replicate is asked to come again, and then it is heard', async (t) => {
  let tell: (secret: string) => void = () => undefined;
  const readSecret = (): Promise<string> => new Promise((resolve) => (tell = resolve));
  const { lines, log } = createLines();
  const { post, heard } = await setUp(t, { createKey: (clock) => askForKey({ readSecret, clock, log }) });
  const { status, headers } = await post();
  assert.deepEqual([status, headers['retry-after']], [503, '30']);
  tell(SECRET);
  await settle();
  assert.equal((await post()).status, 200);
  assert.equal(heard.length, 1);
  assert.deepEqual(lines, []);
});

test('a secret that the owner replaced is found out with the first webhook, and forgeries ask no more than once a minute', async (t) => {
  let secret = SECRET;
  let asked = 0;
  const readSecret = async (): Promise<string> => {
    asked += 1;
    return secret;
  };
  const { log } = createLines();
  const { post, heard, clock } = await setUp(t, { createKey: (of) => askForKey({ readSecret, clock: of, log }) });
  secret = OTHER;
  await clock.advance(60_000);
  assert.equal((await post({ secret: OTHER })).status, 200);
  assert.equal(heard.length, 1);
  for (let times = 0; times < 5; times += 1) assert.equal((await post({ secret: SECRET })).status, 401);
  assert.equal(asked, 2);
});

test("an attacker writes one line a minute for each reason, and no word of it is the attacker's", async (t) => {
  const { post, url, lines, clock } = await setUp(t);
  const body = about('succeeded', 'evil-id');
  const forge = async (): Promise<void> => {
    for (let times = 0; times < 20; times += 1)
      await post({ secret: OTHER, body, id: 'evil-msg', url: `${url}&evil=1` });
  };
  await forge();
  await post({ timestamp: 1 });
  await clock.advance(60_000);
  await forge();
  const told = lines.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [
      { reason: 'bad-signature', count: 1 },
      { reason: 'too-old', count: 1 },
      { reason: 'bad-signature', count: 20 },
    ],
  );
  assert.doesNotMatch(JSON.stringify(lines), /evil|v1,|job=/);
});

test('what could not be handed on is asked for again, and taken then', async (t) => {
  let isBroken = true;
  const heard: WebhookEvent[] = [];
  const { post } = await setUp(t, {
    onWebhook: (event) => {
      if (isBroken) throw new Error('not now');
      heard.push(event);
    },
  });
  assert.equal((await post()).status, 500);
  isBroken = false;
  assert.equal((await post()).status, 200);
  assert.equal(heard.length, 1);
});
