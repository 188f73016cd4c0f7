import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { Failure } from '../../../src/jobs/job.ts';
import { type AttemptRequest, ProviderFailure, type RequestCheck } from '../../../src/providers/provider.ts';
import {
  createReplicateProvider,
  type ReplicateProvider,
} from '../../../src/providers/replicate/replicate-provider.ts';
import { attempt } from '../attempt.ts';
import {
  assertKeyless,
  checkFailure,
  failureOf,
  find,
  FLUX,
  NEVER,
  PACE,
  posts,
  SDXL,
  serve,
  setUp,
  start,
} from './set-up.ts';

/** A request that names this model. */
const naming = (model: string): RequestCheck => ({ kind: 'image', model, settings: {}, images: 0 });

// ------------------------------------------------------------------------------------------ a good day

test('a picture goes from the prompt to its bytes, for one payment, with a deadline that ends the spending', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const started = await provider.start(attempt({ aspectRatio: '16:9' }), { signal: NEVER });
  assert.ok(started.status === 'running');
  assert.equal(started.model, FLUX);
  const { operation } = started;
  assert.deepEqual(operation, JSON.parse(JSON.stringify(operation)));
  const [prediction] = service.predictions();
  assert.equal(prediction?.cancelAfter, '240s');
  assert.deepEqual(prediction?.input, {
    prompt: attempt().prompt,
    seed: 42,
    aspect_ratio: '16:9',
    output_format: 'png',
    num_outputs: 1,
  });

  const check = () => provider.check(operation, { signal: NEVER });
  assert.deepEqual(await check(), { status: 'running', begun: false, progress: null });
  clock.advance(PACE.queueMs + PACE.workMs / 2);
  assert.deepEqual(await check(), { status: 'running', begun: true, progress: 0.5 });
  clock.advance(PACE.workMs);
  const finished = await check();
  assert.ok(finished.status === 'finished');
  assert.equal(finished.outputs.length, 1);
  const [output] = finished.outputs;
  assert.ok(output?.kind === 'url');
  const file = await provider.fetchFile(output, { signal: NEVER });
  assert.deepEqual([file.mimeType, file.extension], ['image/png', '.png']);
  assert.equal(service.predictions().length, 1);
});

test('a model of the community is called by its version, with the inputs it has', async (context) => {
  const { service, provider } = await setUp(context);
  await start(provider, { model: SDXL, aspectRatio: '3:2', negativePrompt: 'rain' });
  const [prediction] = service.predictions();
  assert.equal(prediction?.model, SDXL);
  assert.deepEqual(prediction?.input, {
    prompt: attempt().prompt,
    negative_prompt: 'rain',
    seed: 42,
    width: 1280,
    height: 832,
    num_outputs: 1,
  });
});

test('a version that a user names is the one that is used', async (context) => {
  const { service, provider } = await setUp(context);
  const sentVersions = (): string[] =>
    service.requests.flatMap(({ method, body }) => (method === 'POST' ? [(body as { version: string }).version] : []));
  await start(provider, { model: SDXL });
  const [version] = sentVersions();
  const named = `${SDXL}:${version}`;
  assert.equal(await provider.refuse(naming(named), { signal: NEVER }), null);
  const started = await provider.start(attempt({ model: named }), { signal: NEVER });
  assert.equal(started.model, named);
  assert.deepEqual(sentVersions(), [version, version]);
});

test('a model is asked about once an hour, not for each picture', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const asked = (): number => service.requests.filter(({ path }) => path.startsWith('/models/')).length;
  await start(provider);
  await start(provider);
  assert.equal(asked(), 1);
  clock.advance(3_700_000);
  await start(provider);
  assert.equal(asked(), 2);
});

test('models that are not there are refused before anything is paid, and all others are left to the attempt', async (context) => {
  const { service, provider } = await setUp(context);
  const refuse = (model: string): Promise<Failure | null> => provider.refuse(naming(model), { signal: NEVER });
  assert.equal(await refuse(FLUX), null);
  assert.equal(await refuse(SDXL), null);
  for (const model of [
    'nobody/nothing',
    'flux',
    'a/b/c',
    '../../account',
    'a/b:123',
    'https://x/y',
    '',
    `a/b:${'g'.repeat(64)}`,
  ]) {
    const lost = await refuse(model);
    assert.deepEqual([lost?.reason, lost?.next, lost?.details.model], ['model-unknown', 'give-up', model]);
    assert.equal((await failureOf(start(provider, { model }))).failure.reason, 'model-unknown');
  }
  assert.equal(posts(service), 0);
  await service.close();
  assert.equal(await refuse('somebody/something'), null);
  assert.equal(await provider.refuse(naming('some/other'), { signal: AbortSignal.abort() }), null);
});

test('cancelling stops the work, and may be asked for again and after the end', async (context) => {
  const { service, provider } = await setUp(context);
  const operation = await start(provider);
  await provider.cancel(operation, { signal: NEVER });
  await provider.cancel(operation, { signal: NEVER });
  await provider.cancel({ ...operation, id: 'unknown' }, { signal: NEVER });
  assert.equal(service.predictions()[0]?.status, 'canceled');
  assert.equal((await checkFailure(provider, operation)).reason, 'attempt-timeout');
});

// ------------------------------------------------------------------------------------------ how work ends badly

test('work that passes its deadline is stopped by the service itself', async (context) => {
  const { service, clock, provider } = await setUp(context);
  service.addFault({ on: 'prediction', kind: 'never-ends' });
  const begun = await start(provider, { expiresAfterMs: 90_000 });
  const queued = await start(provider, { expiresAfterMs: 1 });
  assert.deepEqual(
    service.predictions().map(({ cancelAfter }) => cancelAfter),
    ['90s', '5s'],
  );
  clock.advance(95_000);
  assert.equal((await checkFailure(provider, begun)).providerStatus, 'canceled');
  assert.equal((await checkFailure(provider, queued)).providerStatus, 'aborted');
});

test('work whose data was deleted, and work that is not there, is gone for good', async (context) => {
  const { clock, provider } = await setUp(context);
  const operation = await start(provider);
  clock.advance(PACE.queueMs + PACE.workMs + 3_700_000);
  for (const gone of [operation, { ...operation, id: 'unknown' }]) {
    const { reason, next } = await checkFailure(provider, gone);
    assert.deepEqual([reason, next], ['file-gone', 'give-up']);
  }
});

// ------------------------------------------------------------------------------------------ how calls end badly

test('a create whose answer is lost is made once and may have been accepted', async (context) => {
  const { service, provider } = await setUp(context, { timeouts: { createMs: 100 } });
  for (const kind of ['cut-before', 'cut-after', 'hang'] as const) {
    const before = posts(service);
    service.addFault({ on: 'create', kind });
    const { failure: lost, isAccepted } = await failureOf(start(provider), service.token);
    assert.deepEqual([lost.reason, lost.next, isAccepted], ['network', 'retry', 'unknown']);
    assert.equal(posts(service) - before, 1);
  }
  assert.equal(service.predictions().length, 2);
});

test('a service that is not there has certainly accepted nothing', async (context) => {
  const { service, provider } = await setUp(context);
  await service.close();
  const { failure: lost, isAccepted } = await failureOf(start(provider), service.token);
  assert.deepEqual(
    [lost.reason, lost.next, lost.providerStatus, isAccepted],
    ['network', 'retry', 'ECONNREFUSED', 'no'],
  );
});

test('a wrong key is refused by every call without being told', async (context) => {
  const { service } = await setUp(context);
  const token = 'r8_wrong_but_secret_0123456789';
  const provider = createReplicateProvider({ token, baseUrl: service.url, imageModel: FLUX });
  const operation = { provider: 'replicate', id: 'x', data: {} };
  for (const call of [
    start(provider),
    provider.check(operation, { signal: NEVER }),
    provider.cancel(operation, { signal: NEVER }),
    find(provider, Date.now()),
  ]) {
    const { failure: lost, isAccepted } = await failureOf(call, token);
    assert.deepEqual([lost.reason, lost.next, isAccepted], ['key-refused', 'give-up', 'no']);
  }
  assert.ok(!inspect(provider, { depth: null, showHidden: false }).includes(token));
});

test('nothing that a refusal says beyond its status and fields is in the error', async (context) => {
  const words = 'what the user wrote, and an address to buy credit at';
  let status = 400;
  const baseUrl = await serve(context, (_, response) =>
    response.writeHead(status).end(JSON.stringify({ title: words, detail: words, status, more: [words] })),
  );
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  for (status of [400, 401, 402, 403, 422, 429, 500, 503]) {
    const check = provider.check({ provider: 'replicate', id: 'x', data: {} }, { signal: NEVER });
    const lost = await failureOf(check, 'r8_secret');
    assert.ok(!inspect(lost, { depth: null, showHidden: true }).includes(words), String(status));
    assert.equal(lost.failure.providerStatus, `HTTP ${status}`);
  }
});

test('a bug of ours is no failure of the service, and is not tried again', async () => {
  let calls = 0;
  const provider = createReplicateProvider({
    token: 'r8_secret',
    baseUrl: 'https://api.replicate.com/v1',
    imageModel: FLUX,
    fetch: () => {
      calls += 1;
      throw new TypeError('r8_secret is not a function');
    },
  });
  const operation = { provider: 'replicate', id: 'x', data: {} };
  await assert.rejects(provider.check(operation, { signal: NEVER }), (error) => {
    assert.ok(error instanceof Error && !(error instanceof ProviderFailure));
    assertKeyless(error, 'r8_secret');
    return /TypeError: \[key\] is not a function/.test(error.message);
  });
  assert.equal(calls, 1);
});

test('a key that cannot be one is refused without being repeated', () => {
  for (const token of ['', 'r8_secret\n', 'r8 secret', 'r8_sécret']) {
    assert.throws(
      () => createReplicateProvider({ token, baseUrl: 'https://api.replicate.com/v1', imageModel: FLUX }),
      (error) => error instanceof Error && !error.message.includes('secret') && /API token/.test(error.message),
    );
  }
});

test('a stop ends every call with its own reason and is no failure of the service', async (context) => {
  const { service, provider } = await setUp(context);
  const operation = await start(provider);
  const stop = new AbortController();
  service.addFault({ on: 'create', kind: 'hang' });
  service.addFault({ on: 'get', kind: 'hang' });
  let held = 0;
  const bothHeld = new Promise<void>((resolve) => {
    service.onChange(({ status }) => {
      if (status === 'hang' && ++held === 2) resolve();
    });
  });
  const calls = [
    provider.start(attempt(), { signal: stop.signal }),
    provider.check(operation, { signal: stop.signal }),
  ];
  await bothHeld;
  stop.abort(new Error('stopped by the test'));
  for (const call of calls) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof Error && !(error instanceof ProviderFailure));
      assert.equal(error.message, 'stopped by the test');
      assertKeyless(error, service.token);
      return true;
    });
  }
});

test('an answer that cannot be read may have been an acceptance', async (context) => {
  const bodies = ['{"id": "x', '<html>', 'null', '[]', '{}', '{"id":"x"}', ''];
  let body = '';
  let creates = 0;
  const baseUrl = await serve(context, (request, response) => {
    if (request.method === 'POST') creates += 1;
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(body);
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  for (body of bodies) {
    const { failure: lost, isAccepted } = await failureOf(start(provider), 'r8_secret');
    assert.deepEqual([lost.reason, lost.next, isAccepted], ['provider-error', 'retry', 'unknown'], body);
    const check = provider.check({ provider: 'replicate', id: 'x', data: {} }, { signal: NEVER });
    assert.equal((await failureOf(check)).isAccepted, 'no');
  }
  assert.equal(creates, bodies.length);
});

test('an answer that is cut in its body, or redirects elsewhere, keeps the key at home', async (context) => {
  let elsewhere = 0;
  const other = await serve(context, (_, response) => {
    elsewhere += 1;
    response.end('{}');
  });
  const baseUrl = await serve(context, (request, response) => {
    if (request.url?.includes('/models/')) return void response.writeHead(500).end('<html>broken: {not json}</html>');
    if (request.method === 'POST') {
      response.writeHead(201, { 'content-length': 1000 });
      return void response.write('{"id":', () => response.destroy());
    }
    response.writeHead(302, { location: other }).end();
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  const created = await failureOf(start(provider), 'r8_secret');
  assert.deepEqual([created.failure.reason, created.isAccepted], ['network', 'unknown']);
  const operation = { provider: 'replicate', id: 'x', data: {} };
  const checked = await failureOf(provider.check(operation, { signal: NEVER }), 'r8_secret');
  assert.equal(checked.failure.providerStatus, 'HTTP 302');
  assert.equal(elsewhere, 0);
});

test('the default model works at a service that describes no models; any other does not', async (context) => {
  const sent: unknown[] = [];
  const baseUrl = await serve(context, (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(404).end('{"detail":"Not found"}');
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      sent.push(JSON.parse(text));
      response.writeHead(201).end(JSON.stringify({ id: 'p1', status: 'succeeded', output: 'https://x/1.png' }));
    });
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  assert.equal((await start(provider, { aspectRatio: '4:5' })).id, 'p1');
  assert.deepEqual(sent, [{ version: FLUX, input: { prompt: attempt().prompt, seed: 42, aspect_ratio: '4:5' } }]);
  assert.equal((await failureOf(start(provider, { model: SDXL }))).failure.reason, 'model-unknown');
  assert.equal(sent.length, 1);
});

test('a model that cannot be asked about now is tried; its refusal is then no verdict', async (context) => {
  let creates = 0;
  const baseUrl = await serve(context, (request, response) => {
    if (request.method === 'POST') creates += 1;
    const title = 'Invalid version or not permitted';
    response.writeHead(request.method === 'POST' ? 422 : 503).end(JSON.stringify({ title, status: 422 }));
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  const { failure: lost, isAccepted } = await failureOf(start(provider, { model: SDXL }));
  assert.deepEqual(
    [lost.reason, lost.next, lost.providerStatus, isAccepted],
    ['provider-error', 'retry', 'HTTP 503', 'no'],
  );
  assert.equal(creates, 1);
});

test('a model that changed within the hour is looked at again, and the picture is made all the same', async (context) => {
  let version = '1'.repeat(64);
  const sent: string[] = [];
  const baseUrl = await serve(context, (request, response) => {
    if (request.method !== 'POST') {
      const Input = { type: 'object', properties: { prompt: { type: 'string' } } };
      const latest = { id: version, openapi_schema: { components: { schemas: { Input } } } };
      return void response.end(JSON.stringify({ is_official: false, latest_version: latest }));
    }
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const wanted = (JSON.parse(text) as { version: string }).version;
      sent.push(wanted);
      const isKnown = wanted === version;
      const refusal = { title: 'Invalid version or not permitted' };
      response.writeHead(isKnown ? 201 : 422).end(JSON.stringify(isKnown ? { id: 'p', status: 'starting' } : refusal));
    });
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: SDXL });
  await start(provider);
  version = '2'.repeat(64);
  assert.equal((await start(provider)).id, 'p');
  assert.deepEqual(sent, ['1'.repeat(64), '1'.repeat(64), '2'.repeat(64)]);
  assert.deepEqual((await start(provider)).id, 'p');
  assert.equal(sent.length, 4);
});

test('a model is told by the name the service gives it, however it was typed', async (context) => {
  const baseUrl = await serve(context, (request, response) => {
    if (request.method !== 'POST')
      return void response.end(JSON.stringify({ owner: 'some', name: 'model', is_official: true }));
    response.writeHead(201).end(JSON.stringify({ id: 'p1', status: 'starting', model: 'some/model' }));
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  assert.equal((await provider.start(attempt({ model: 'Some/Model' }), { signal: NEVER })).model, 'some/model');
});

test('a model without a prompt is refused before it is paid for', async (context) => {
  const methods: (string | undefined)[] = [];
  const baseUrl = await serve(context, (request, response) => {
    methods.push(request.method);
    const Input = { type: 'object', properties: { image: { type: 'string', format: 'uri' } } };
    response.end(
      JSON.stringify({ is_official: true, latest_version: { openapi_schema: { components: { schemas: { Input } } } } }),
    );
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  assert.equal((await failureOf(start(provider))).failure.reason, 'input-refused');
  assert.deepEqual(methods, ['GET']);
});

// ------------------------------------------------------------------------------------------ find

test('a create that lost its answer is found again by its model, time and input', async (context) => {
  const { service, clock, provider } = await setUp(context, { timeouts: { createMs: 100 } });
  const since = clock.now();
  service.addFault({ on: 'create', kind: 'cut-after' });
  await failureOf(start(provider));
  // The list lags behind; whoever asks too early asks again.
  assert.equal(await find(provider, since), null);
  clock.advance(1_000);
  const found = await find(provider, since);
  assert.deepEqual(found?.operation, { provider: 'replicate', id: service.predictions()[0]?.id, data: {} });
  assert.equal(found.model, 'black-forest-labs/flux-schnell');
});

test('work of somebody else is never taken for ours', async (context) => {
  const { clock, provider } = await setUp(context);
  const since = clock.now();
  const { id } = await start(provider, { aspectRatio: '1:1' });
  await start(provider, { model: SDXL });
  clock.advance(1_000);
  const others: Partial<AttemptRequest>[] = [
    { seed: 43 },
    { prompt: 'a lake' },
    { aspectRatio: '16:9' },
    { negativePrompt: 'rain' },
    { model: 'google/imagen-4' },
  ];
  for (const other of others) assert.equal(await find(provider, since, [], { aspectRatio: '1:1', ...other }), null);
  assert.equal((await find(provider, since, [], { aspectRatio: '1:1' }))?.operation.id, id);
  assert.equal(await find(provider, since, [id], { aspectRatio: '1:1' }), null);
  clock.advance(600_000);
  assert.equal(await find(provider, clock.now(), [], { aspectRatio: '1:1' }), null);
});

test('of several that are alike the oldest unclaimed one is ours', async (context) => {
  const { clock, provider } = await setUp(context);
  const since = clock.now();
  const ids: string[] = [];
  for (let made = 0; made < 3; made++) {
    ids.push((await start(provider)).id);
    clock.advance(1_000);
  }
  assert.equal((await find(provider, since))?.operation.id, ids[0]);
  assert.equal((await find(provider, since, ids.slice(0, 1)))?.operation.id, ids[1]);
  assert.equal(await find(provider, since, ids), null);
});

test('the search goes through every page of the list', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const since = clock.now();
  const { id } = await start(provider);
  for (let made = 0; made < 230; made++) {
    await fetch(`${service.url}/predictions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: FLUX, input: { prompt: `other ${made}` } }),
    }).then((response) => response.arrayBuffer());
  }
  clock.advance(1_000);
  assert.equal((await find(provider, since))?.operation.id, id);
  const pages = service.requests.filter(({ path }) => path.startsWith('/predictions?'));
  assert.equal(pages.length, 3);
});

interface Page {
  next: string | null;
  results: unknown[];
}

/** A service whose list answers what `list` gives; each prediction is known by its id as well. */
async function serveList(
  context: TestContext,
  list: (url: URL) => Page,
  single: Record<string, unknown> = {},
): Promise<ReplicateProvider> {
  const baseUrl = await serve(context, (request, response) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    if (url.pathname === '/v1/predictions') return void response.end(JSON.stringify(list(url)));
    if (url.pathname.startsWith('/v1/predictions/')) return void response.end(JSON.stringify(single));
    response.writeHead(404).end('{}');
  });
  return createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
}

const LISTED = {
  id: 'p1',
  model: FLUX,
  version: 'hidden',
  status: 'processing',
  created_at: new Date().toISOString(),
  input: { prompt: attempt().prompt, seed: 42 },
};

test('the next page of a list is asked for at our own service, wherever its address points', async (context) => {
  const asked: string[] = [];
  const provider = await serveList(context, (url) => {
    asked.push(url.search);
    const isFirst = !url.searchParams.has('cursor');
    return isFirst
      ? { next: 'https://evil.example/v1/predictions?cursor=abc', results: [] }
      : { next: null, results: [LISTED] };
  });
  assert.equal((await find(provider, Date.now()))?.operation.id, 'p1');
  assert.deepEqual(asked.slice(1), ['?cursor=abc']);
});

test('a list without inputs is asked one by one; what was made on the website is left alone', async (context) => {
  const { input: _input, ...bare } = LISTED;
  const results = [
    { ...bare, id: 'web', source: 'web', created_at: new Date(Date.now() - 1_000).toISOString() },
    'broken',
    bare,
  ];
  const provider = await serveList(context, () => ({ next: null, results }), LISTED);
  assert.equal((await find(provider, Date.now()))?.operation.id, 'p1');
});

test('a list too long to search, or no list at all, is no proof that nothing was paid', async (context) => {
  const endless = await serveList(context, () => ({ next: '/v1/predictions?cursor=again', results: [] }));
  assert.equal((await failureOf(find(endless, Date.now()))).failure.next, 'retry');
  const broken = await serveList(context, () => ({ next: null }) as unknown as Page);
  assert.equal((await failureOf(find(broken, Date.now()))).failure.reason, 'provider-error');
});

// ------------------------------------------------------------------------------------------ files

test('files come from the service and its file hosts only, and only its own address sees the key', async () => {
  const seen: [string, string | null][] = [];
  const provider = createReplicateProvider({
    token: 'r8_secret',
    baseUrl: 'https://api.replicate.com/v1',
    imageModel: FLUX,
    fetch: async (input, init) => {
      seen.push([
        input instanceof Request ? input.url : input.toString(),
        new Headers(init?.headers).get('authorization'),
      ]);
      return new Response('no picture');
    },
  });
  const addresses = [
    'https://api.replicate.com/v1/files/1',
    'https://replicate.delivery/1',
    'https://pbxt.replicate.delivery/1',
    'https://api.replicate.com.evil.example/v1/files/1',
    'http://api.replicate.com/v1/files/1',
    'https://evil.example/1',
    'http://127.0.0.1/1',
  ];
  for (const url of addresses) {
    const { failure: lost } = await failureOf(provider.fetchFile({ kind: 'url', url }, { signal: NEVER }), 'r8_secret');
    assert.equal(lost.reason, 'file-refused');
  }
  assert.deepEqual(seen, [
    ['https://api.replicate.com/v1/files/1', 'Bearer r8_secret'],
    ['https://replicate.delivery/1', null],
    ['https://pbxt.replicate.delivery/1', null],
  ]);
});
