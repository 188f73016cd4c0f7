import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCustomId, parseCustomId } from '../../src/discord/custom-id.ts';

test('a button names an action and a job, and is read back as it was written', () => {
  for (const id of [
    { action: 'cancel', jobId: 'abc123', argument: null },
    { action: 'fallback', jobId: 'abc123', argument: 'local' },
  ] as const) {
    assert.deepEqual(parseCustomId(formatCustomId(id)), id);
  }
  assert.equal(formatCustomId({ action: 'retry', jobId: 'abc123', argument: null }), 'v1:retry:abc123');
});

test('what is not ours, or of another version, is known not to be', () => {
  for (const text of ['', 'x', 'v2:retry:abc', 'v1:explode:abc', 'v1:retry:', 'v1:retry', 'v1:retry:a:b:c']) {
    assert.equal(parseCustomId(text), null, text);
  }
});

test('it fits into the 100 characters that Discord takes, whatever the job', () => {
  assert.ok(formatCustomId({ action: 'fallback', jobId: 'x'.repeat(12), argument: 'replicate' }).length <= 100);
});
