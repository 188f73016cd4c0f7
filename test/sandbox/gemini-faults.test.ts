import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GeminiFault } from '../../sandbox/interface.ts';
import type { KindOn } from '../../sandbox/fault-queue.ts';
import { isObject } from '../../sandbox/replicate/validate.ts';
import { FLASH, NO_ANSWER_MS, OMNI, PACE, readError, readObject, setUp, type Setup } from './gemini-client.ts';

const VIDEO = { model: OMNI, input: 'a lake', response_format: { type: 'video', duration: '3s', delivery: 'uri' } };

type HttpKind = Extract<KindOn<GeminiFault, 'generate'>, `http-${string}`>;

/** The words of generateContent, and the code of interactions (undefined: the gateway in front words both). */
const HTTP_FAULTS: Record<HttpKind, [http: number, status: string, words: RegExp, code: string | undefined]> = {
  'http-400-key': [400, 'INVALID_ARGUMENT', /"reason":"API_KEY_INVALID","domain":"googleapis\.com"/, undefined],
  'http-400-input': [400, 'INVALID_ARGUMENT', /"Request contains an invalid argument\."/, 'invalid_request'],
  'http-400-billing': [400, 'FAILED_PRECONDITION', /location.+billing/, 'failed_precondition'],
  'http-401': [401, 'UNAUTHENTICATED', /invalid authentication credentials/, 'authentication'],
  'http-403': [403, 'PERMISSION_DENIED', /The caller does not have permission/, 'permission_denied'],
  'http-404-retired': [404, 'NOT_FOUND', /is no longer available/, 'model_not_found'],
  'http-429-minute': [
    429,
    'RESOURCE_EXHAUSTED',
    /Please retry in 2\.35s\..+QuotaFailure.+"quotaId":"GenerateRequestsPerMinutePerProjectPerModel".+google\.rpc\.Help.+"retryDelay":"2s"/,
    'rate_limit_exceeded',
  ],
  'http-429-day': [
    429,
    'RESOURCE_EXHAUSTED',
    /"quotaId":"GenerateRequestsPerDayPerProjectPerModel".+"quotaValue":"250".+"retryDelay":"36s"/,
    'quota_exceeded',
  ],
  'http-429-no-quota': [
    429,
    'RESOURCE_EXHAUSTED',
    /free_tier_requests, limit: 0, model: .+"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier".+"quotaValue":"0"/,
    'quota_exceeded',
  ],
  'http-429-bare': [
    429,
    'RESOURCE_EXHAUSTED',
    /^\{"error":\{"code":429,"message":"Resource has been exhausted \(e\.g\. check quota\)\.","status":"RESOURCE_EXHAUSTED"\}\}$/,
    'too_many_requests',
  ],
  'http-500': [500, 'INTERNAL', /An internal error has occurred/, 'api_error'],
  'http-503': [503, 'UNAVAILABLE', /The model is overloaded\. Please try again later\./, 'service_unavailable'],
  'http-504': [504, 'DEADLINE_EXCEEDED', /Deadline expired/, 'deadline_exceeded'],
};

function interact({ call }: Setup, init: RequestInit = {}): Promise<Response> {
  const body = JSON.stringify({ ...VIDEO, background: true });
  return call('/v1beta/interactions', {
    method: 'POST',
    body,
    ...(init.signal == null ? {} : { signal: init.signal }),
  });
}

for (const [kind, [http, status, words, code]] of Object.entries(HTTP_FAULTS)) {
  test(`generateContent and interactions meet ${kind} once, make nothing, and work again`, async (t) => {
    const setup = await setUp(t, { picture: { bytes: Buffer.from('x'), mimeType: 'image/png' } });
    const { gemini, generate } = setup;
    // The keys of the table are all kinds there are.
    const fault = kind as HttpKind;
    gemini.addFault({ on: 'generate', kind: fault });
    const response = await generate();
    const text = await response.text();
    assert.equal(response.status, http);
    assert.ok(text.startsWith(`{"error":{"code":${http},`), text);
    assert.ok(text.includes(`"status":"${status}"`), text);
    assert.match(text, words);
    assert.equal((await generate()).status, 200);
    gemini.addFault({ on: 'interaction', kind: fault });
    const refused = await interact(setup);
    assert.equal(refused.status, http);
    const error = await readError(refused);
    assert.equal(error.code, code ?? http);
    assert.deepEqual(Object.keys(error).length, code === undefined ? 4 : 2);
    assert.equal((await interact(setup)).status, 200);
    assert.equal(gemini.generations().length, 2);
  });
}

const MAKERS: ['generate' | 'interaction', (setup: Setup, init?: RequestInit) => Promise<Response>][] = [
  ['generate', ({ generate }, init = {}) => generate(undefined, init.signal == null ? {} : { signal: init.signal })],
  ['interaction', interact],
];

for (const [on, make] of MAKERS) {
  test(`a call for ${on} that hangs or is cut after is paid for, one that is cut before is not`, async (t) => {
    const setup = await setUp(t);
    const { gemini } = setup;
    gemini.addFault({ on, kind: 'cut-before' });
    await assert.rejects(make(setup), /fetch failed/);
    assert.equal(gemini.generations().length, 0);
    gemini.addFault({ on, kind: 'cut-after' });
    await assert.rejects(make(setup), /fetch failed/);
    assert.equal(gemini.generations().length, 1);
    gemini.addFault({ on, kind: 'hang' });
    await assert.rejects(make(setup, { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
    assert.equal(gemini.generations().length, 2);
    assert.deepEqual(
      gemini.requests.map(({ status }) => status),
      ['cut', 'cut', 'hang'],
    );
  });

  test(`a call for ${on} with broken JSON is paid for and cannot be read`, async (t) => {
    const setup = await setUp(t);
    setup.gemini.addFault({ on, kind: 'broken-json' });
    const response = await make(setup);
    assert.equal(response.status, 200);
    await assert.rejects(response.json(), SyntaxError);
    assert.equal(setup.gemini.generations().length, 1);
  });
}

test('a wrong call that is cut after makes nothing', async (t) => {
  const { gemini, generate } = await setUp(t);
  gemini.addFault({ on: 'generate', kind: 'cut-after' });
  await assert.rejects(generate({ contents: [] }), /fetch failed/);
  assert.equal(gemini.generations().length, 0);
});

/** What the body holds instead of a picture. */
const WITHOUT_PICTURE: Record<Exclude<KindOn<GeminiFault, 'image'>, 'slow'>, RegExp> = {
  'blocked-safety': /^\{"promptFeedback":\{"blockReason":"SAFETY"\}/,
  'blocked-other': /^\{"promptFeedback":\{"blockReason":"OTHER"\}/,
  'blocked-list': /^\{"promptFeedback":\{"blockReason":"BLOCKLIST"\}/,
  'blocked-prohibited': /^\{"promptFeedback":\{"blockReason":"PROHIBITED_CONTENT"\}/,
  'finish-image-safety': /"finishReason":"IMAGE_SAFETY","finishMessage":"Unable to show the generated image/,
  'finish-safety': /"finishReason":"SAFETY"/,
  'finish-prohibited': /"finishReason":"IMAGE_PROHIBITED_CONTENT"/,
  'finish-spii': /"finishReason":"SPII"/,
  'finish-recitation': /"finishReason":"IMAGE_RECITATION"/,
  'finish-no-image': /"finishReason":"NO_IMAGE"/,
  'finish-other': /"finishReason":"IMAGE_OTHER"/,
  'finish-max-tokens': /"finishReason":"MAX_TOKENS"/,
  'finish-malformed': /"finishReason":"MALFORMED_RESPONSE"/,
  'text-only': /"parts":\[\{"text":"[^"]+a lake"\}\],"role":"model"\},"finishReason":"STOP"/,
  'thought-only': /"parts":\[\{"text":"[^"]+","thought":true\},\{"inlineData":\{.+\},"thought":true\}\],/,
  empty: /^\{"candidates":\[\{"content":\{"parts":\[\],"role":"model"\},"index":0\}\]/,
};

for (const [kind, words] of Object.entries(WITHOUT_PICTURE)) {
  test(`an image with the fault ${kind} is answered with 200, without a picture, and counted as failed`, async (t) => {
    const { gemini, generate } = await setUp(t);
    gemini.addFault({ on: 'image', kind: kind as keyof typeof WITHOUT_PICTURE });
    const response = await generate();
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.match(text, words);
    assert.match(text, /"usageMetadata":.+"modelVersion":"gemini-3\.1-flash-image","responseId":"/);
    if (kind !== 'thought-only') assert.doesNotMatch(text, /inlineData/);
    assert.equal(gemini.generations()[0]?.status, 'failed');
    assert.match(await (await generate()).text(), /"inlineData":\{"mimeType":"image\/png"/);
  });
}

test('a slow image takes slowMs', async (t) => {
  const { gemini, generate, clock } = await setUp(t, { slowMs: 600_000 });
  gemini.addFault({ on: 'image', kind: 'slow' });
  const coming = generate();
  while (gemini.generations().length === 0) await new Promise(setImmediate);
  clock.advance(599_000);
  assert.equal(gemini.generations()[0]?.status, 'working');
  clock.advance(1_000);
  assert.equal((await coming).status, 200);
  assert.equal(gemini.generations()[0]?.status, 'completed');
});

/** How an interaction ends, its error's code, and how it is kept. */
const ENDINGS: Record<
  Exclude<KindOn<GeminiFault, 'video'>, 'get-400' | 'slow' | 'never-ends' | 'large'>,
  [status: string, code: string | null, keptAs: string]
> = {
  blocked: ['failed', 'safety', 'failed'],
  'fails-internal': ['failed', 'api_error', 'failed'],
  'fails-invalid': ['failed', 'invalid_request', 'failed'],
  nothing: ['completed', null, 'completed'],
  cancelled: ['cancelled', null, 'cancelled'],
  incomplete: ['incomplete', null, 'failed'],
  'budget-exceeded': ['budget_exceeded', null, 'failed'],
};

async function start({ client }: Setup): Promise<string> {
  const format = { type: 'video', duration: '3s', delivery: 'uri' } as const;
  const ask = { ...VIDEO, background: true, response_format: format };
  return (await client.interactions.create(ask, { maxRetries: 0 })).id;
}

for (const [kind, [status, code, keptAs]] of Object.entries(ENDINGS)) {
  test(`a video with the fault ${kind} ends ${status} without a video, and the next one is well`, async (t) => {
    const setup = await setUp(t);
    setup.gemini.addFault({ on: 'video', kind: kind as keyof typeof ENDINGS });
    const id = await start(setup);
    const next = await start(setup);
    setup.clock.advance(PACE.queueMs + PACE.workMs);
    const ended = await setup.client.interactions.get(id, undefined, { maxRetries: 0 });
    assert.deepEqual([ended.status, ended.errors?.[0]?.code ?? null, ended.output_video], [status, code, undefined]);
    assert.equal(setup.gemini.generations()[0]?.status, keptAs);
    assert.ok((await setup.client.interactions.get(next, undefined, { maxRetries: 0 })).output_video?.uri);
  });
}

test('a failure can come as HTTP 400 of the GET, each time it is asked', async (t) => {
  const setup = await setUp(t);
  setup.gemini.addFault({ on: 'video', kind: 'get-400' });
  const id = await start(setup);
  assert.equal((await setup.call(`/v1beta/interactions/${id}`)).status, 200);
  setup.clock.advance(PACE.queueMs + PACE.workMs);
  for (let round = 0; round < 2; round += 1) {
    const response = await setup.call(`/v1beta/interactions/${id}`);
    assert.equal(response.status, 400);
    assert.equal((await readError(response)).code, 'content_blocked');
  }
});

test('a slow video takes slowMs, one that never ends works until it is cancelled', async (t) => {
  const setup = await setUp(t, { slowMs: 600_000 });
  const { gemini, clock, client } = setup;
  gemini.addFault({ on: 'video', kind: 'slow' });
  gemini.addFault({ on: 'video', kind: 'never-ends' });
  const slow = await start(setup);
  const endless = await start(setup);
  clock.advance(PACE.queueMs + 599_000);
  assert.equal((await client.interactions.get(slow, undefined, { maxRetries: 0 })).status, 'in_progress');
  clock.advance(1_000);
  assert.equal((await client.interactions.get(slow, undefined, { maxRetries: 0 })).status, 'completed');
  clock.advance(86_400_000);
  assert.equal((await client.interactions.get(endless, undefined, { maxRetries: 0 })).status, 'in_progress');
  assert.equal((await client.interactions.cancel(endless, undefined, { maxRetries: 0 })).status, 'cancelled');
});

test('a get meets each of its faults once and then tells the truth', async (t) => {
  const setup = await setUp(t);
  const id = await start(setup);
  const get = (signal?: AbortSignal): Promise<Response> =>
    setup.call(`/v1beta/interactions/${id}`, signal === undefined ? {} : { signal });
  for (const [kind, status, code] of [
    ['http-404', 404, 'not_found'],
    ['http-429-minute', 429, 'rate_limit_exceeded'],
    ['http-500', 500, 'api_error'],
    ['http-503', 503, 'service_unavailable'],
  ] as const) {
    setup.gemini.addFault({ on: 'get', kind });
    const response = await get();
    assert.deepEqual([response.status, (await readError(response)).code], [status, code]);
  }
  setup.gemini.addFault({ on: 'get', kind: 'hang' });
  await assert.rejects(get(AbortSignal.timeout(NO_ANSWER_MS)));
  setup.gemini.addFault({ on: 'get', kind: 'cut-before' });
  await assert.rejects(get(), /fetch failed/);
  assert.equal((await readObject(await get())).status, 'queued');
  assert.equal(setup.gemini.generations()[0]?.gets, 7);
});

test('a file meets each of its faults once and is whole afterwards', async (t) => {
  const setup = await setUp(t, { pace: { imageMs: 0, queueMs: 0, workMs: 0 } });
  const { gemini, call } = setup;
  const { steps } = await readObject(await interact(setup));
  const uri = /files\/\w+:download\?alt=media/.exec(JSON.stringify(steps))?.[0];
  const get = (signal?: AbortSignal): Promise<Response> =>
    call(`/v1beta/${uri}`, signal === undefined ? {} : { signal });
  for (const [kind, status] of [
    ['http-403', 403],
    ['http-404', 404],
    ['http-500', 500],
  ] as const) {
    gemini.addFault({ on: 'file', kind });
    const response = await get();
    assert.equal(response.status, status);
    assert.ok(isObject((await readObject(response)).error));
  }
  gemini.addFault({ on: 'file', kind: 'hang' });
  await assert.rejects(get(AbortSignal.timeout(NO_ANSWER_MS)));
  gemini.addFault({ on: 'file', kind: 'cut-half' });
  const half = await get();
  await assert.rejects(half.arrayBuffer());
  const bytes = await (await get()).arrayBuffer();
  assert.equal(String(bytes.byteLength), half.headers.get('content-length'));
  assert.equal(gemini.generations()[0]?.fileFetches, 6);
});

test('the list of models meets its faults once', async (t) => {
  const { gemini, call } = await setUp(t);
  gemini.addFault({ on: 'models', kind: 'http-500' });
  assert.equal((await call('/v1beta/models')).status, 500);
  gemini.addFault({ on: 'models', kind: 'hang' });
  await assert.rejects(call('/v1beta/models', { signal: AbortSignal.timeout(NO_ANSWER_MS) }));
  assert.equal((await call(`/v1beta/models/${FLASH}`)).status, 200);
});

test('a fault holds for as many calls as asked, and can be taken back', async (t) => {
  const { gemini, generate } = await setUp(t);
  gemini.addFault({ on: 'generate', kind: 'http-500' }, 3);
  assert.equal((await generate()).status, 500);
  assert.equal((await generate()).status, 500);
  assert.deepEqual(gemini.armedFaults(), [{ fault: { on: 'generate', kind: 'http-500' }, times: 1 }]);
  gemini.clearFaults();
  assert.equal((await generate()).status, 200);
});

test('close ends calls that hang or wait', async (t) => {
  const { gemini, generate } = await setUp(t, { pace: { ...PACE, imageMs: 600_000 } });
  gemini.addFault({ on: 'generate', kind: 'hang' });
  const hanging = generate().catch(() => 'ended');
  const waiting = generate().catch(() => 'ended');
  while (gemini.generations().length < 2) await new Promise(setImmediate);
  await gemini.close();
  assert.equal(await hanging, 'ended');
  await waiting;
});
