/** What of a provider's trouble the owner hears. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, type FailureReason } from '../../src/jobs/job.ts';
import { OwnerTroubles } from '../../src/wiring/owner-troubles.ts';

function openTroubles() {
  const told: [string, string][] = [];
  const owner = { tell: (cause: string, sentence: string) => Promise.resolve(void told.push([cause, sentence])) };
  return { troubles: new OwnerTroubles({ owner, alertAfter: 3, minFreeBytes: 300 * 1024 * 1024 }), told };
}

test('each refusal of the account has a sentence that says what to do', () => {
  const expected: Partial<Record<FailureReason, [string, RegExp]>> = {
    'key-refused': ['key-refused:replicate', /Put a new key into the settings/],
    'no-credit': ['no-credit:replicate', /Add credit at Replicate/],
    'no-quota': ['no-credit:replicate', /Take a plan that has it/],
    'daily-quota': ['daily-quota:replicate', /goes on tomorrow/],
    'provider-error': ['breaker:replicate', /failed 3 times in a row/],
  };
  for (const [reason, [cause, words]] of Object.entries(expected)) {
    const { troubles, told } = openTroubles();
    const kind = reason === 'provider-error' ? 'trouble' : 'account';
    const news = { provider: 'replicate', kind, reason: reason as FailureReason } as const;
    troubles.onBreaker({ ...news, state: 'open' });
    troubles.onBreaker({ ...news, state: 'closed' });
    assert.equal(told.length, 1, reason);
    assert.equal(told[0]?.[0], cause);
    assert.match(told[0]?.[1] ?? '', words);
  }
});

test('failures of the service in a row are told when there are as many as the setting says; what a member asked for does not count', () => {
  const { troubles, told } = openTroubles();
  const broken = failure('provider-error', 'retry');
  troubles.onAttempt('gemini', broken);
  troubles.onAttempt('gemini', broken);
  troubles.onAttempt('gemini', null);
  troubles.onAttempt('gemini', broken);
  troubles.onAttempt('gemini', failure('prompt-blocked', 'give-up'));
  troubles.onAttempt('gemini', failure('network', 'retry'));
  assert.equal(told.length, 0);
  troubles.onAttempt('gemini', failure('attempt-timeout', 'retry'));
  troubles.onAttempt('gemini', broken);
  assert.deepEqual(
    told.map(([cause]) => cause),
    ['breaker:gemini'],
  );
});

test('little credit, a full disk and a model that was shut down are told with their names and numbers', () => {
  const { troubles, told } = openTroubles();
  troubles.onAttempt('replicate', failure('rate-limit', 'retry', { details: { account: 'low-credit' } }));
  troubles.onDiskFull(12 * 1024 * 1024);
  troubles.onRetiredModel('gemini', 'gemini-2.5-flash-image');
  assert.deepEqual(
    told.map(([cause]) => cause),
    ['low-credit:replicate', 'disk', 'retired-model:gemini:gemini-2.5-flash-image'],
  );
  assert.match(told[1]?.[1] ?? '', /12 MB free, and MIN_FREE_MB asks for 300/);
  assert.match(told[2]?.[1] ?? '', /Gemini no longer offers the model `gemini-2.5-flash-image`/);
});
