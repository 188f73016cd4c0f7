import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeForRecord } from '../../src/discord/failure-words.ts';
import { FAILURE_CODES, failure, type FailureReason } from '../../src/jobs/job.ts';
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

  it('speak of no picture where it may be a video', () => {
    const limits = { open: 1, asked: 1, runningLimit: 2, waitingLimit: 10 };
    const neutral = [
      en.card.heldByDisk,
      en.refusals.userLimit(limits),
      en.undelivered.done('1'),
      en.undelivered.donePrivate,
      en.undelivered.failed('1'),
    ];
    for (const sentence of neutral) assert.doesNotMatch(sentence, /picture/);
  });

  it('say one thing as one and many as many', () => {
    const ofFive = (files: number): string => en.files.lessened.smaller({ files, all: 5, kind: 'image' });
    assert.match(ofFive(1), /^1 of 5 is shown smaller/);
    assert.match(ofFive(2), /^2 of 5 are shown smaller/);
    assert.equal(en.show.coming('image', 1), 'The picture follows.');
    assert.equal(en.show.coming('video', 2), 'The videos follow.');
  });

  it('name the button that is there, or none', () => {
    const reasons = Object.keys(en.failures) as FailureReason[];
    for (const reason of reasons) {
      assert.doesNotMatch(en.failures[reason]({ retry: '' }), /Press|press/, reason);
      assert.doesNotMatch(en.failures[reason]({ retry: 'Retry failed' }), /Retry(?! failed)/, reason);
    }
    assert.equal(en.failures['attempt-timeout']({ retry: 'Retry failed' }), 'It took too long. Press Retry failed.');
  });

  it('say in the record why a picture was refused, and repeat no word of anybody', () => {
    const details = { why: 'too-many-bytes', name: 'secret.png', fields: 'secret', words: 'secret' };
    const refused = failure('reference-refused', 'give-up', { details });
    assert.match(describeForRecord(refused, en, 'image'), /^The picture cannot be used: it is larger than 20 MB\./);
    assert.match(describeForRecord({ ...refused, details: {} }, en, 'image'), /^The picture cannot be used\. /);
    assert.match(describeForRecord(failure('no-output', 'vary'), en, 'video'), /gave no video\.$/);
    for (const reason of Object.keys(FAILURE_CODES) as FailureReason[])
      assert.doesNotMatch(describeForRecord(failure(reason, 'retry', { details }), en, 'video'), /secret/);
  });

  it('are English for a language that is not there yet, and for a code that is none', () => {
    for (const code of ['en-US', 'en-GB', 'ja', '', 'constructor', '__proto__'])
      assert.equal(localeFor(code), en, code);
  });
});
