import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHealthRoutes } from '../../src/http/health.ts';
import { Refusals } from '../../src/http/refusals.ts';
import { answerJson, MOST_BODY_BYTES, type HttpRoute } from '../../src/http/route.ts';
import { startHttpServer } from '../../src/http/server.ts';
import { createLines, HandClock, send, sendRaw, settle, startServer, type Sending } from './http-setup.ts';

const STRANGER = ['x-forwarded-for', '203.0.113.7'] as const;

/** Tells how much came. */
const INBOX: HttpRoute = {
  method: 'POST',
  path: '/inbox',
  isPublic: true,
  handle: ({ body }) => answerJson(200, { bytes: body.length }),
};

test('healthz says that the process lives, readyz that it can work', async (t) => {
  const { server, clock } = await startServer(t, (parts) =>
    createHealthRoutes({ checks: { discord: () => true, store: async () => true }, clock: parts.clock }),
  );
  for (const [path, body] of [
    ['/healthz', '{"status":"alive"}'],
    ['/readyz', '{"status":"ready"}'],
  ] as const) {
    const { status, headers, body: said } = await send(`${server.url}${path}`);
    assert.deepEqual([status, said], [200, body]);
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
  }
  assert.equal(clock.sleeping, 0, 'no check is waited for any longer');
  const head = await send(`${server.url}/healthz`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
});

test('readyz names what is not ready: what says so, what fails, and what does not answer', async (t) => {
  const { server, clock } = await startServer(t, (parts) =>
    createHealthRoutes({
      checks: {
        gateway: () => false,
        fine: () => true,
        store: () => Promise.reject(new Error('the disk is full')),
        disk: () => new Promise<boolean>(() => undefined),
      },
      clock: parts.clock,
    }),
  );
  const answer = send(`${server.url}/readyz`);
  while (clock.sleeping === 0) await settle();
  await clock.advance(2_000);
  const { status, body } = await answer;
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(body), { status: 'not ready', notReady: ['gateway', 'store', 'disk'] });
  assert.equal(clock.sleeping, 0);
});

test('through a proxy, health answers just as a path that is none, and a public route as ever', async (t) => {
  const { server } = await startServer(t, ({ clock }) => [...createHealthRoutes({ checks: {}, clock }), INBOX], {
    publicUrl: 'https://bot.example',
  });
  const none = await send(`${server.url}/nothing`);
  assert.deepEqual([none.status, none.body], [404, '{"error":"not found"}']);
  const ways: Sending[] = [
    { headers: [STRANGER] },
    { headers: [['via', '1.1 proxy']] },
    { headers: [['forwarded', 'for=203.0.113.7']], method: 'POST' },
    { headers: [['x-real-ip', '203.0.113.7']] },
    { headers: [['host', 'bot.example']] },
  ];
  for (const path of ['/healthz', '/readyz']) {
    for (const way of ways) {
      const hidden = await send(`${server.url}${path}`, way);
      assert.deepEqual([hidden.status, hidden.body], [404, none.body]);
      assert.deepEqual(Object.keys(hidden.headers), Object.keys(none.headers));
    }
  }
  const open = await send(`${server.url}/inbox`, { method: 'POST', headers: [STRANGER], body: 'hello' });
  assert.deepEqual([open.status, open.body], [200, '{"bytes":5}']);
});

test('a wrong method is told the right one, and what carries the server stays unsaid', async (t) => {
  const { server } = await startServer(t, ({ clock }) => [...createHealthRoutes({ checks: {}, clock }), INBOX]);
  const wrong = [
    ['/inbox', 'GET', 'POST'],
    ['/inbox', 'DELETE', 'POST'],
    ['/healthz', 'POST', 'GET, HEAD'],
    ['/healthz', 'OPTIONS', 'GET, HEAD'],
  ] as const;
  for (const [path, method, allow] of wrong) {
    const { status, headers, body } = await send(`${server.url}${path}`, { method });
    assert.deepEqual([status, headers.allow, body], [405, allow, '{"error":"method not allowed"}']);
  }
  const odd = [
    await send(`${server.url}/%zz`),
    await send(`${server.url}/inbox/`, { method: 'POST' }),
    await send(`${server.url}/inbox`, { method: 'POST', headers: [['content-type', 'no type']], body: 'x' }),
  ];
  for (const { status, headers, body } of odd) {
    assert.match(String(status), /^4/);
    assert.doesNotMatch(`${body}${JSON.stringify(headers)}`, /fastify|FST|node|stack|\.js/i);
  }
});

test('a mistake in a route is an answer without its words, and one line in the log', async (t) => {
  const broken: HttpRoute = {
    method: 'GET',
    path: '/broken',
    isPublic: true,
    handle: () => Promise.reject(new Error('the inside of it')),
  };
  const { server, lines, refusals } = await startServer(t, () => [broken]);
  for (let times = 0; times < 2; times += 1) {
    const { status, body } = await send(`${server.url}/broken`);
    assert.deepEqual([status, body], [500, '{"error":"internal error"}']);
  }
  const told = lines.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [{ reason: 'internal-error', count: 1, errorMessage: 'the inside of it' }],
  );
  assert.equal(refusals.totals()['internal-error'], 2);
});

test('a body of 1 MiB is read; a larger one is refused, with its length told or not, and counted', async (t) => {
  const { server, refusals } = await startServer(t, () => [INBOX]);
  const post = (body: Exclude<Sending['body'], undefined>): ReturnType<typeof send> =>
    send(`${server.url}/inbox`, { method: 'POST', body });
  assert.equal((await post(Buffer.alloc(MOST_BODY_BYTES))).body, `{"bytes":${MOST_BODY_BYTES}}`);
  assert.equal((await post(['in', 'parts'])).body, '{"bytes":7}');
  const told = await sendRaw(
    server.url,
    `POST /inbox HTTP/1.1\r\nhost: x\r\ncontent-length: ${MOST_BODY_BYTES + 1}\r\n\r\n`,
  );
  assert.match(told, /^HTTP\/1\.1 413 .*\{"error":"payload too large"\}$/s);
  const half = Buffer.alloc(MOST_BODY_BYTES / 2);
  assert.equal((await post([half, half, 'x'])).status, 413);
  assert.equal(refusals.totals()['body-too-large'], 2);
});

async function connectTo(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const HASTE = { headersMs: 100, requestMs: 200, checkMs: 20 };

test('whoever sends a byte now and then is cut off, at the headers and at the body', async (t) => {
  const { server, refusals } = await startServer(t, () => [INBOX], { limits: HASTE });
  const slow = [
    'POST /inbox HTTP/1.1\r\nhost: x\r\nx-slow: ',
    'POST /inbox HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhello',
    'POST /inbox HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    '',
  ];
  const answers = await Promise.all(slow.map((text) => sendRaw(server.url, text)));
  for (const answer of answers.slice(0, 3)) {
    assert.match(answer, /^HTTP\/1\.1 408 .*connection: close.*\{"error":"request timeout"\}$/s);
  }
  assert.match(answers[3] ?? '', /^HTTP\/1\.1 408 /, 'nor is a silent connection kept');
  assert.equal(refusals.totals()['too-slow'], 4);
  assert.equal((await send(`${server.url}/inbox`, { method: 'POST', body: 'quick' })).status, 200);
});

test('what is no HTTP gets a short answer', async (t) => {
  const { server, refusals } = await startServer(t, () => [INBOX]);
  assert.match(
    await sendRaw(server.url, 'hello\r\n\r\n'),
    /^HTTP\/1\.1 400 Bad Request\r\n.*\{"error":"bad request"\}$/s,
  );
  const long = `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`;
  assert.match(await sendRaw(server.url, long), /^HTTP\/1\.1 431 /);
  assert.equal(refusals.totals()['bad-request'], 2);
});

test('whoever does not read the answer is cut off', async (t) => {
  const size = 64 * 1024 * 1024;
  const large: HttpRoute = {
    method: 'GET',
    path: '/large',
    isPublic: true,
    handle: () => ({ status: 200, type: 'application/octet-stream', body: Buffer.alloc(size) }),
  };
  const { server } = await startServer(t, () => [large], { limits: { idleMs: 150 } });
  const socket = await connectTo(server.url);
  t.after(() => socket.destroy());
  let came = 0;
  socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'readable');
  await sleep(400);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (came += chunk.length));
  await once(socket, 'close');
  assert.ok(came > 0 && came < size, `${came} bytes came`);
});

test('no more connections are held than there is room for', async (t) => {
  const { server } = await startServer(t, () => [INBOX], { limits: { connections: 2 } });
  const held = [await connectTo(server.url), await connectTo(server.url)];
  await assert.rejects(send(`${server.url}/inbox`, { method: 'POST' }), { code: 'ECONNRESET' });
  for (const socket of held) {
    socket.destroy();
    await once(socket, 'close');
  }
  await settle();
  assert.equal((await send(`${server.url}/inbox`, { method: 'POST' })).status, 200);
});

test('a stranger who is refused again and again is not read any more; others are, and health always', async (t) => {
  const { server, clock, refusals } = await startServer(t, (parts) => [
    ...createHealthRoutes({ checks: {}, clock: parts.clock }),
    INBOX,
  ]);
  for (let times = 0; times < 60; times += 1) {
    assert.equal((await send(`${server.url}/admin`, { headers: [STRANGER] })).status, 404);
  }
  const post = (sender: string): ReturnType<typeof send> =>
    send(`${server.url}/inbox`, { method: 'POST', headers: [['x-forwarded-for', sender]], body: 'x' });
  const refused = await post(STRANGER[1]);
  assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '60']);
  assert.equal(
    (await post(`${STRANGER[1]}, 198.51.100.1`)).status,
    200,
    'what a sender claims of itself counts for nothing',
  );
  assert.equal((await send(`${server.url}/healthz`)).status, 200);
  assert.equal(refusals.totals()['too-many'], 1);
  await clock.advance(1_000);
  assert.equal((await post(STRANGER[1])).status, 200);
});

test('a port that is taken, and an address that is not of this machine, end in one sentence about the setting', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const clock = new HandClock();
  const { lines, log } = createLines();
  const start = (host: string, at: number): Promise<unknown> =>
    startHttpServer({
      host,
      port: at,
      publicUrl: null,
      routes: [INBOX],
      refusals: new Refusals({ clock, log }),
      clock,
      log,
    });
  await assert.rejects(start('127.0.0.1', port), {
    name: 'HttpServerFailure',
    message: `HTTP_PORT is ${port}, but port ${port} of 127.0.0.1 is taken: stop what listens there (another Darkroom?), or set HTTP_PORT to a free port.`,
  });
  await assert.rejects(start('203.0.113.7', 0), {
    name: 'HttpServerFailure',
    message:
      'HTTP_HOST is "203.0.113.7"; expected an address of this machine, for example 127.0.0.1, or 0.0.0.0 for all it has.',
  });
  assert.deepEqual(lines, []);
});

test('closing ends what is under way, and nothing is left', async (t) => {
  const handling = new EventEmitter();
  const never: HttpRoute = {
    method: 'GET',
    path: '/never',
    isPublic: true,
    handle: () => {
      handling.emit('begun');
      return new Promise(() => undefined);
    },
  };
  const { server, lines } = await startServer(t, () => [never, INBOX]);
  const begun = once(handling, 'begun');
  const open = assert.rejects(send(`${server.url}/never`), { code: 'ECONNRESET' });
  const reading = sendRaw(server.url, 'POST /inbox HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhello');
  await begun;
  await server.close();
  await open;
  assert.equal(await reading, '');
  await assert.rejects(send(`${server.url}/never`), { code: 'ECONNREFUSED' });
  await server.close();
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['the HTTP server listens'],
  );
});
