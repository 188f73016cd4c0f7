import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, type Failure } from '../../src/jobs/job.ts';
import {
  areAlike,
  computeDelayMs,
  decideNext,
  remainingWaitMs,
  type FailedAttempt,
  type NextStep,
  type RetryPolicy,
} from '../../src/jobs/retry.ts';

const policy: RetryPolicy = { baseMs: 2_000, maxMs: 30_000, variation: 'auto' };

function decide(lost: Failure, change: Partial<FailedAttempt> = {}, with_: RetryPolicy = policy): NextStep {
  return decideNext(
    {
      failure: lost,
      kind: 'image',
      retryCount: 0,
      maxRetries: 3,
      alike: 0,
      usesRetry: true,
      isInDoubt: false,
      variation: 0,
      now: 1_000,
      random: 0,
      ...change,
    },
    with_,
  );
}

test('the waits double from the base: 2, 4, 8 seconds, and are capped', () => {
  const waits = [0, 1, 2, 3, 4, 5].map((retryCount) => computeDelayMs(retryCount, null, 0, policy));
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('waits are spread by up to a tenth, so that many items do not wake together', () => {
  assert.equal(computeDelayMs(0, null, 1, policy), 2_200);
});

test('what the provider asked for is waited out even when it is longer than the cap', () => {
  assert.equal(computeDelayMs(0, 60_000, 0.5, policy), 60_000);
  assert.equal(computeDelayMs(0, 500, 0, policy), 2_000);
});

test('a provider that wants more than ten minutes ends the attempts', () => {
  const step = decide(failure('rate-limit', 'retry', { retryAfterMs: 11 * 60_000 }));
  assert.deepEqual(step, { next: 'give-up', causeCode: null });
});

test('after the last retry the job gives up and names the cause', () => {
  assert.deepEqual(decide(failure('network', 'retry'), { retryCount: 3 }), {
    next: 'give-up',
    causeCode: 'NETWORK_ERROR',
  });
});

test('a refusal for good is never tried again', () => {
  assert.deepEqual(decide(failure('key-refused', 'give-up')), { next: 'give-up', causeCode: null });
});

test('being told to come back later uses up no retry, however often', () => {
  const step = decide(failure('rate-limit', 'retry', { retryAfterMs: 5_000 }), {
    usesRetry: false,
    retryCount: 3,
  });
  assert.equal(step.next, 'wait');
  assert.equal(step.next === 'wait' && step.retryCount, 3);
  assert.equal(step.next === 'wait' && step.until, 6_000);
});

test('a video that timed out is tried once more, not three times', () => {
  const lost = failure('attempt-timeout', 'retry');
  assert.equal(decide(lost, { kind: 'video' }).next, 'wait');
  assert.equal(decide(lost, { kind: 'video', retryCount: 1 }).next, 'give-up');
});

test('the prompt changes where the service worked and gave nothing usable, and stays where it did no work', () => {
  const varied = decide(failure('output-blocked', 'vary'));
  assert.deepEqual(varied.next === 'wait' && [varied.variation, varied.needsNewSeed], [1, true]);
  const same = decide(failure('network', 'retry'));
  assert.deepEqual(same.next === 'wait' && [same.variation, same.needsNewSeed], [0, false]);
});

test('PROMPT_VARIATION=always changes every retry and never changes none', () => {
  const always = decide(failure('network', 'retry'), {}, { ...policy, variation: 'always' });
  assert.equal(always.next === 'wait' && always.variation, 1);
  const never = decide(failure('output-blocked', 'vary'), {}, { ...policy, variation: 'never' });
  assert.deepEqual(never.next === 'wait' && [never.variation, never.needsNewSeed], [0, true]);
});

test('work that may still turn up keeps its prompt and seed, by which it is known', () => {
  const step = decide(failure('network', 'retry'), { isInDoubt: true }, { ...policy, variation: 'always' });
  assert.deepEqual(step.next === 'wait' && [step.variation, step.needsNewSeed], [0, false]);
});

test('a saved wait never lasts longer than it was meant to, whatever the clock did', () => {
  assert.equal(remainingWaitMs(10_000, 4_000, 8_000), 2_000);
  assert.equal(remainingWaitMs(10_000, 4_000, 50_000), 0);
  assert.equal(remainingWaitMs(10_000_000, 4_000, 0), 4_000);
});

test('a failure that says how often it may be tried again is tried no oftener, whatever else is left', () => {
  const once = failure('provider-error', 'retry', { mostRetries: 1 });
  assert.equal(decide(once).next, 'wait');
  assert.deepEqual(decide(once, { retryCount: 1, alike: 1 }), { next: 'give-up', causeCode: 'API_ERROR' });
  assert.equal(decide(once, { retryCount: 2, alike: 0 }).next, 'wait', 'other failures before it do not count');
});

test('a video that took too long is tried once more, a picture as often as it has retries', () => {
  const late = failure('attempt-timeout', 'retry');
  assert.equal(decide(late, { kind: 'video' }).next, 'wait');
  assert.equal(decide(late, { kind: 'video', retryCount: 1 }).next, 'give-up');
  assert.equal(decide(late, { retryCount: 2 }).next, 'wait');
});

test('a prompt that was refused is never worded anew, not even where every retry is', () => {
  const step = decide(failure('prompt-blocked', 'retry', { mostRetries: 1 }), {}, { ...policy, variation: 'always' });
  assert.ok(step.next === 'wait');
  assert.deepEqual([step.variation, step.needsNewSeed], [0, false]);
});

test('what may be paid without a result is bounded together, and an answer that a crash took does not count against it', () => {
  const lost = failure('answer-lost', 'retry', { mostRetries: 1 });
  const late = failure('attempt-timeout', 'retry', { mostRetries: 1 });
  const byCrash = failure('answer-lost', 'retry');
  assert.equal(areAlike(late, lost), true);
  assert.equal(areAlike(lost, lost), true);
  assert.equal(areAlike(byCrash, lost), false);
  assert.equal(areAlike(failure('network', 'retry'), lost), false);
});
