import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILURE_CODES, type FailureReason } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { localeFor } from '../../src/locales/locale.ts';

/** Every string below, functions called with nothing particular. */
function sentencesIn(words: object): string[] {
  return Object.values(words).flatMap((word: unknown) => {
    if (typeof word === 'string') return [word];
    return typeof word === 'object' && word !== null ? sentencesIn(word) : [];
  });
}

describe('the words a user reads', () => {
  it('have one sentence for each reason of a failure, with and without its details', () => {
    assert.deepEqual(Object.keys(en.failures).toSorted(), Object.keys(FAILURE_CODES).toSorted());
    for (const reason of Object.keys(en.failures) as FailureReason[]) {
      for (const details of [{}, { model: 'owner/name', fields: 'seed: too large' }]) {
        const sentence = en.failures[reason](details);
        assert.match(sentence, /^[A-Z][^!]+\.$/, reason);
        assert.doesNotMatch(sentence, /undefined|null/, reason);
        assert.ok(sentence.length <= 250, reason);
      }
    }
  });

  it('call a video a video where one was to be made', () => {
    for (const [reason, say] of Object.entries(en.failures)) {
      const sentence = say({ kind: 'video' });
      if (!/^(image|reference)-/.test(reason)) assert.doesNotMatch(sentence, /picture/, reason);
    }
    for (const say of Object.values(en.causes)) assert.doesNotMatch(say('video'), /picture/);
  });

  it('name the states as people and programs rely on', () => {
    assert.deepEqual(Object.values(en.status), [
      'Queued',
      'Generating',
      'Retrying',
      'Done',
      'Partly done',
      'Failed',
      'Cancelled',
    ]);
  });

  it('shout at nobody', () => {
    for (const sentence of sentencesIn(en)) assert.doesNotMatch(sentence, /!|please|oops|sorry/i);
  });

  it('describe commands and options in at most 100 characters, as Discord wants', () => {
    for (const text of sentencesIn(en.commands)) assert.ok(text.length >= 1 && text.length <= 100, text);
  });

  it('say one thing as one and many as many', () => {
    assert.match(en.refusals.userLimit({ open: 1, runningLimit: 2, waitingLimit: 10 }), /1 picture under way/);
    assert.match(en.refusals.userLimit({ open: 2, runningLimit: 2, waitingLimit: 10 }), /2 pictures under way/);
  });

  it('are English for a language that is not there yet, and for a code that is none', () => {
    for (const code of ['en-US', 'en-GB', 'ja', '', 'constructor', '__proto__'])
      assert.equal(localeFor(code), en, code);
  });
});
