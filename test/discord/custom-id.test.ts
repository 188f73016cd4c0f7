import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCustomId, parseCustomId } from '../../src/discord/custom-id.ts';

describe('what a button carries', () => {
  it('comes back as it was written', () => {
    for (const id of [
      { action: 'cancel', jobId: 'job_1-x', argument: null },
      { action: 'fallback', jobId: 'job1', argument: 'local' },
    ] as const) {
      assert.deepEqual(parseCustomId(formatCustomId(id)), id);
    }
    assert.equal(formatCustomId({ action: 'fallback', jobId: 'j', argument: 'local' }), 'v1:fallback:j:local');
  });

  it('is not ours when its version, its action or its shape is another one', () => {
    for (const text of [
      '',
      'v1',
      'v1:cancel',
      'v1:cancel:',
      'v2:cancel:j',
      'v1:explode:j',
      'v1:retry:j:',
      'v1:retry:j:a:b',
    ]) {
      assert.equal(parseCustomId(text), null, text);
    }
  });

  it('fits into the 100 characters that Discord takes', () => {
    const id = formatCustomId({ action: 'fallback', jobId: 'x'.repeat(12), argument: 'replicate' });
    assert.ok(id.length <= 100);
  });
});
