import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyHttp, classifyPredictionError } from '../../../src/providers/replicate/failures.ts';
import {
  checkPrediction,
  collectUrls,
  isOf,
  nameModel,
  type Prediction,
  readPrediction,
  readProgress,
} from '../../../src/providers/replicate/predictions.ts';

test('what a model says about a wrong input reaches the user as one short line without addresses', () => {
  const { details } = classifyPredictionError(`ValueError: bad\n see https://x.example/?sig=1 ${'x'.repeat(500)}.`);
  assert.match(details.fields ?? '', /^ValueError: bad see … x+…$/);
  assert.ok((details.fields ?? '').length <= 300);
});

const ANSWER = { body: null, retryAfter: null, model: 'a/b', now: Date.UTC(2026, 0, 1) };

test('a status of the API says whether to try again or to give up', () => {
  const expected: Record<number, [string, string]> = {
    400: ['input-refused', 'give-up'],
    401: ['key-refused', 'give-up'],
    402: ['no-credit', 'give-up'],
    403: ['key-refused', 'give-up'],
    404: ['model-unknown', 'give-up'],
    408: ['provider-error', 'retry'],
    418: ['provider-error', 'give-up'],
    422: ['input-refused', 'give-up'],
    429: ['rate-limit', 'retry'],
    500: ['provider-error', 'retry'],
    502: ['provider-error', 'retry'],
    529: ['provider-error', 'retry'],
  };
  for (const [status, meaning] of Object.entries(expected)) {
    const lost = classifyHttp({ ...ANSWER, status: Number(status) });
    assert.deepEqual([lost.reason, lost.next, lost.providerStatus], [...meaning, `HTTP ${status}`]);
  }
});

test('a status is trusted before the words beside it', () => {
  for (const detail of ['This field is required', 'NSFW content detected', 'Insufficient credit', 'less than $5.0']) {
    const { reason, next } = classifyHttp({ ...ANSWER, status: 500, body: { title: detail, detail } });
    assert.deepEqual([reason, next], ['provider-error', 'retry'], detail);
  }
});

test('the refused inputs are named, and a refused version is an unknown model', () => {
  const body = {
    title: 'Input validation failed',
    invalid_fields: [
      { type: 'enum', field: 'input.aspect_ratio', description: 'aspect_ratio must be one of "1:1", "16:9"' },
      { type: 'number_lte', field: 'input.steps', description: 'Must be less than or equal to 4.' },
    ],
  };
  assert.deepEqual(classifyHttp({ ...ANSWER, status: 422, body }).details, {
    fields: 'aspect_ratio must be one of "1:1", "16:9"; steps: Must be less than or equal to 4',
  });
  const version = { title: 'Invalid version or not permitted', detail: 'The specified version does not exist' };
  const lost = classifyHttp({ ...ANSWER, status: 422, body: version });
  assert.deepEqual([lost.reason, lost.details], ['model-unknown', { model: 'a/b' }]);
});

test('the longest wait that an answer names is the one that counts', () => {
  const waitOf = (body: Record<string, unknown> | null, retryAfter: string | null): number | null =>
    classifyHttp({ ...ANSWER, status: 429, body, retryAfter }).retryAfterMs;
  assert.equal(waitOf(null, '10'), 10_000);
  // Read as a date, this would be the year 2045.
  assert.equal(waitOf(null, '45'), 45_000);
  assert.equal(waitOf({ retry_after: 5 }, '2'), 5_000);
  assert.equal(waitOf({ detail: 'Your rate limit resets in ~30s.' }, '1'), 30_000);
  assert.equal(waitOf({ detail: 'Expected available in 1 second.' }, null), 1_000);
  assert.equal(waitOf(null, 'Thu, 01 Jan 2026 00:00:07 GMT'), 7_000);
  assert.equal(waitOf({ detail: 'Your rate limit resets in ~2m.' }, '1'), 120_000);
  assert.equal(waitOf({ detail: 'Resets in ~3s. Expected available in 7.5 seconds.', retry_after: '5' }, '1'), 7_500);
  assert.equal(waitOf({ detail: 'Request was throttled.' }, 'soon'), null);
  assert.equal(waitOf(null, null), null);
});

function check(changes: Record<string, unknown>): ReturnType<typeof checkPrediction> {
  const prediction = readPrediction({ id: 'p', status: 'succeeded', ...changes });
  return checkPrediction(prediction ?? assert.fail('not read as a prediction'));
}

test('progress is the last percentage of the log, however its lines are rewritten', () => {
  assert.equal(readProgress('  0%|   | 0/4 [00:00]\r 25%|##5 | 1/4 [00:01]\r100%|####| 4/4 [00:04]'), 1);
  assert.equal(readProgress('a 10%|# | 1/10 [x]\nloaded 50% of weights\n 20%|## | 2/10'), 0.2);
  assert.equal(readProgress('999%|#| 9/1'), 1);
  assert.equal(readProgress('no bar, 40% done'), null);
  assert.deepEqual(check({ status: 'processing', logs: ' 50%|# | 2/4' }), {
    status: 'running',
    begun: true,
    progress: 0.5,
  });
  assert.deepEqual(check({ status: 'starting' }), { status: 'running', begun: false, progress: null });
});

test('outputs are found in every shape that models answer with', () => {
  const [one, two] = ['https://replicate.delivery/1.png', 'https://replicate.delivery/2.png'];
  assert.deepEqual(collectUrls(one), [one]);
  assert.deepEqual(collectUrls([one, two, one]), [one, two]);
  assert.deepEqual(collectUrls({ images: [one], payload: null, seed: 3 }), [one]);
  assert.deepEqual(collectUrls([{ file: one, text: 'a lake' }, { file: two }]), [one, two]);
  assert.deepEqual(collectUrls(['data:image/png;base64,AA==', 'data:text/plain,x', 'see https://x']), [
    'data:image/png;base64,AA==',
  ]);
  for (const nothing of [null, undefined, '', [], {}, 7]) assert.deepEqual(collectUrls(nothing), []);
});

test('work that gave nothing is worth another wording; work whose files were deleted is not', () => {
  for (const output of [null, [], 'text only', undefined]) {
    const checked = check({ output });
    assert.ok(checked.status === 'failed');
    assert.deepEqual([checked.failure.reason, checked.failure.next], ['no-output', 'vary']);
  }
  const removed = check({ output: null, data_removed: true });
  assert.ok(removed.status === 'failed');
  assert.deepEqual([removed.failure.reason, removed.failure.next], ['file-gone', 'give-up']);
});

test('work that was cancelled or aborted took too long; a status from the future counts as running', () => {
  for (const status of ['canceled', 'aborted']) {
    const checked = check({ status });
    assert.ok(checked.status === 'failed');
    assert.deepEqual([checked.failure.code, checked.failure.next], ['TIMEOUT', 'retry']);
  }
  assert.equal(check({ status: 'paused' }).status, 'running');
});

test('a model is called as the service calls it, with the version where one was asked for', () => {
  const version = 'a'.repeat(64);
  const model = { reference: 'Owner/Model', name: 'Owner/Model', version: 'Owner/Model', fields: null };
  const read = (changes: object): Prediction =>
    readPrediction({ id: 'p', status: 'starting', ...changes }) ?? assert.fail('not read as a prediction');
  assert.equal(nameModel(read({ model: 'owner/model' }), model), 'owner/model');
  assert.equal(nameModel(read({}), model), 'Owner/Model');
  assert.equal(nameModel(read({ model: 'not a name' }), model), 'Owner/Model');
  const versioned = { ...model, reference: `Owner/Model:${version}`, version };
  assert.equal(nameModel(read({ model: 'owner/model' }), versioned), `owner/model:${version}`);
  assert.ok(isOf(read({ model: 'owner/model' }), model));
  assert.ok(isOf(read({ model: '', version }), versioned));
  assert.ok(!isOf(read({ model: 'owner/other', version: 'hidden' }), model));
});

test('what is no prediction is not taken for one', () => {
  for (const broken of [null, undefined, 'x', [], {}, { id: '' }, { id: 'p' }, { id: 3, status: 'failed' }])
    assert.equal(readPrediction(broken), null);
  assert.equal(readPrediction({ id: 'p', status: 'failed', error: { detail: 'x' } })?.error, '{"detail":"x"}');
});
