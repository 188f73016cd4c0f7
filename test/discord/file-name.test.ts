import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadName } from '../../src/discord/file-name.ts';
import { newJob } from '../jobs/new-job.ts';

const ASSET = { file: 'f', mimeType: 'image/png', extension: '.png', bytes: 1, sha256: 's' };

function nameFor(prompt: string, index = 0, count = 1): string {
  const job = newJob({ id: 'thejobid' });
  return downloadName({ ...job, input: { ...job.input, prompt } }, ASSET, index, count);
}

test('a download is named after its prompt', () => {
  assert.equal(nameFor('a beautiful sunset over mountains'), 'generated_image_beautiful_sunset_over_mountains.png');
  assert.equal(nameFor('  The OLD harbour, at night!  '), 'generated_image_old_harbour_at_night.png');
  assert.equal(nameFor('An owl'), 'generated_image_owl.png');
  assert.equal(nameFor('anemone'), 'generated_image_anemone.png');
});

test('letters of any script stay', () => {
  assert.equal(nameFor('山の夕焼け 2枚'), 'generated_image_山の夕焼け_2枚.png');
  assert.equal(nameFor('Ein schöner Tag'), 'generated_image_ein_schöner_tag.png');
});

test('a long prompt is cut at 60 characters, without a dangling underscore', () => {
  const name = nameFor('word '.repeat(50));
  assert.ok(name.length <= 'generated_image_'.length + 60 + '.png'.length);
  assert.doesNotMatch(name, /_\.png$/);
});

test('a prompt without a letter is named after its job', () => {
  assert.equal(nameFor('🎨 !!! ../../'), 'generated_image_thejobid.png');
});

test('several files are numbered', () => {
  assert.equal(nameFor('a fox', 1, 3), 'generated_image_fox_2.png');
});
