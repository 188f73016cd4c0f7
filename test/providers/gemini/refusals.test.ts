import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTold, failureOf, FLASH, makePicture, type Meaning, meaningOf, setUp, type Words } from './setup.ts';

interface ErrorWords {
  code: number;
  status: string;
  message?: string;
  details?: object[];
}

/** An error as google.rpc.Status. */
function rpc({ code, status, message = 'no', details = [] }: ErrorWords): Words {
  return { status: code, body: { error: { code, message, status, details } } };
}

function quota(quotaId: string, more: { quotaValue?: string; retryDelay?: string; message?: string } = {}): Words {
  const { quotaValue = '10', retryDelay, message = 'You exceeded your current quota.' } = more;
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue }] },
    { '@type': 'type.googleapis.com/google.rpc.Help', links: [] },
    ...(retryDelay === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]),
  ];
  return rpc({ code: 429, status: 'RESOURCE_EXHAUSTED', message, details });
}

const info = (reason: string): object[] => [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }];

test('each refusal of the API says what to do next, whoever words it', async (context) => {
  const { provider, words } = await createTold(context);
  const broken: Meaning = ['provider-error', 'retry', null];
  const refused: Meaning = ['input-refused', 'give-up', null];
  const noKey: Meaning = ['key-refused', 'give-up', null];
  const noCredit: Meaning = ['no-credit', 'give-up', null];
  const noQuota: Meaning = ['no-quota', 'give-up', null];
  const daily: Meaning = ['daily-quota', 'give-up', null];
  const rate: Meaning = ['rate-limit', 'retry', null];
  const gaveUp: Meaning = ['provider-error', 'give-up', null];
  const lost: Meaning = ['answer-lost', 'retry', 1, 'unknown'];
  const minute = 'GenerateRequestsPerMinutePerProjectPerModel';
  const day = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
  const cases: [what: string, answer: Words, meaning: Meaning][] = [
    ['a wrong key', rpc({ code: 400, status: 'INVALID_ARGUMENT', details: info('API_KEY_INVALID') }), noKey],
    ['an old key', rpc({ code: 400, status: 'INVALID_ARGUMENT', message: 'API key expired.' }), noKey],
    ['no project', rpc({ code: 403, status: 'PERMISSION_DENIED', details: info('BILLING_DISABLED') }), noCredit],
    [
      'no billing',
      rpc({ code: 403, status: 'PERMISSION_DENIED', message: 'This API method requires billing.' }),
      noCredit,
    ],
    ['the wrong place', rpc({ code: 400, status: 'FAILED_PRECONDITION', message: 'User location' }), noCredit],
    ['no credit', { status: 402, body: { error: { code: 'payment_required', message: 'no' } } }, noCredit],
    ['a wrong input', rpc({ code: 400, status: 'INVALID_ARGUMENT' }), refused],
    ['too many requests', quota(minute), rate],
    ['too many in a day', quota(day), daily],
    ['no picture in the plan', quota(day, { quotaValue: '0' }), noQuota],
    ['no picture in the plan, in words', quota('', { message: 'limit: 0, model: x' }), noQuota],
    ['a limit that begins with 0', quota(minute, { message: 'limit: 0.5' }), rate],
    ['used up credit', quota('', { message: 'Your prepayment credits are depleted.' }), noCredit],
    ['no details', rpc({ code: 429, status: 'RESOURCE_EXHAUSTED' }), rate],
    ['no room', rpc({ code: 429, status: 'RESOURCE_EXHAUSTED', details: info('MODEL_CAPACITY_EXHAUSTED') }), broken],
    ['overloaded', rpc({ code: 503, status: 'UNAVAILABLE' }), broken],
    ['an error in a list', { status: 429, body: [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }] }, rate],
    ['no JSON', { status: 403, body: '<html>' }, noKey],
    ['no JSON at all', { status: 418, body: '' }, gaveUp],
    ['not there', { status: 404, body: 'null' }, ['model-retired', 'give-up', null]],
    ['a conflict', { status: 409, body: {} }, broken],
    ['too large', { status: 413, body: {} }, refused],
    ['out of range', { status: 416, body: {} }, refused],
    ['not to be processed', { status: 422, body: {} }, refused],
    ['not built', { status: 501, body: {} }, gaveUp],
    ['a lost request', { status: 408, body: {} }, lost],
    ['a call that was given up', { status: 499, body: {} }, lost],
    ['a bad gateway', { status: 502, body: '<html>' }, lost],
    ['a code that is new', { status: 599, body: {} }, lost],
    ['a code that is new and below', { status: 451, body: { error: { status: 'SOMETHING_NEW' } } }, gaveUp],
  ];
  for (const [what, answer, meaning] of cases) {
    words.now = answer;
    const failed = await failureOf(makePicture(provider));
    assert.deepEqual(meaningOf(failed), meaning, what);
    assert.match(failed.failure.providerStatus ?? '', /^HTTP \d{3}( [A-Z_]+)?$/, what);
  }
  assert.equal(words.calls, cases.length, 'the client repeats nothing by itself');
});

test('a wait that is asked for is kept, in every form it is told in', async (context) => {
  const { provider, words } = await createTold(context);
  const minute = 'GenerateRequestsPerMinutePerProjectPerModel';
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const cases: [answer: Words, waitMs: number | null][] = [
    [quota(minute, { retryDelay: '36s' }), 36_000],
    [quota(minute, { retryDelay: '2s', message: 'Please retry in 2.35s.' }), 2_350],
    [quota(minute, { message: 'Please retry in 744.5ms.' }), 745],
    [{ ...rpc({ code: 429, status: 'RESOURCE_EXHAUSTED' }), headers: { 'retry-after': '7' } }, 7_000],
    [{ ...quota(minute, { retryDelay: '9s' }), headers: { 'retry-after': '7' } }, 9_000],
    [{ status: 503, body: {}, headers: { 'retry-after': '3' } }, 3_000],
    [quota(minute, { retryDelay: 'soon' }), null],
    [rpc({ code: 429, status: 'RESOURCE_EXHAUSTED' }), null],
  ];
  for (const [answer, waitMs] of cases) {
    words.now = answer;
    assert.equal((await failureOf(makePicture(provider))).failure.retryAfterMs, waitMs, JSON.stringify(answer));
  }
  words.now = { status: 429, body: {}, headers: { 'retry-after': inAMinute } };
  const { retryAfterMs } = (await failureOf(makePicture(provider))).failure;
  assert.ok(retryAfterMs !== null && retryAfterMs > 50_000 && retryAfterMs <= 60_000, String(retryAfterMs));
});

test('a refused input is told in the words of the service, without addresses; a retired model by its name', async (context) => {
  const { service, provider } = await setUp(context);
  service.addFault({ on: 'generate', kind: 'http-400-input' });
  const { failure: input } = await failureOf(makePicture(provider), service.key);
  assert.deepEqual(input.details, { fields: 'Request contains an invalid argument' });
  service.retireModel(FLASH);
  const { failure: retired } = await failureOf(makePicture(provider), service.key);
  assert.deepEqual(retired.details, { model: FLASH });

  const { provider: told, words } = await createTold(context);
  const fieldViolations = [
    { field: 'a', description: "Invalid value at 'a'" },
    { field: 'b', description: 'See https://example.com/?key=1' },
  ];
  const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }];
  words.now = rpc({ code: 400, status: 'INVALID_ARGUMENT', message: 'long', details });
  assert.deepEqual((await failureOf(makePicture(told))).failure.details, { fields: "Invalid value at 'a'; See …" });
});

test('an answer that cannot be read may have been paid', async (context) => {
  const { provider, words } = await createTold(context);
  for (const body of ['{"candidates": [', '<html>', ''])
    for (const kind of ['image', 'video'] as const) {
      words.now = { body };
      const lost = await failureOf(kind === 'image' ? makePicture(provider) : makePicture(provider, { kind }));
      assert.deepEqual(meaningOf(lost), ['answer-lost', 'retry', 1, 'unknown'], body);
    }
  for (const body of ['null', '[]', '{}', '"x"', '{"id":"x"}']) {
    words.now = { body };
    const lost = await failureOf(makePicture(provider, { kind: 'video' }));
    assert.deepEqual(meaningOf(lost), ['answer-lost', 'retry', 1, 'unknown'], body);
  }
  for (const body of [
    '{}',
    '[]',
    '{"candidates":5}',
    '{"candidates":[null]}',
    '{"candidates":[{"content":{"parts":5}}]}',
  ]) {
    words.now = { body };
    assert.deepEqual(meaningOf(await failureOf(makePicture(provider))), ['no-output', 'retry', 2], body);
  }
});
