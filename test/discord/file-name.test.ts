import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { downloadName } from '../../src/discord/file-name.ts';
import type { Asset } from '../../src/jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';

const PNG: Asset = { file: 'a.png', mimeType: 'image/png', extension: '.png', bytes: 1, sha256: 'x' };

function nameOf(prompt: string, index = 0, count = 1): string {
  const job = newJob({ id: 'job7' });
  return downloadName({ ...job, input: { ...job.input, prompt } }, PNG, index, count);
}

describe('the name of a downloaded file', () => {
  const names: Readonly<Record<string, string>> = {
    'a beautiful sunset over mountains': 'generated_image_beautiful_sunset_over_mountains.png',
    'The CAT, in  a hat!': 'generated_image_cat_in_a_hat.png',
    'An owl': 'generated_image_owl.png',
    '"A fox"': 'generated_image_fox.png',
    'theatre at night': 'generated_image_theatre_at_night.png',
    'a-frame house': 'generated_image_a_frame_house.png',
    '../../etc/passwd': 'generated_image_etc_passwd.png',
    'cafe\u0301 für 2': 'generated_image_café_für_2.png',
    '美しい 夕日': 'generated_image_美しい_夕日.png',
    'हिन्दी चित्र': 'generated_image_हिन्दी_चित्र.png',
    Закат: 'generated_image_закат.png',
    '☀️ sun ❤️': 'generated_image_sun.png',
    '🦊🦊': 'generated_image_job7.png',
    '': 'generated_image_job7.png',
    the: 'generated_image_job7.png',
    'CON\u0000\u202Egnp': 'generated_image_con_gnp.png',
  };
  for (const [prompt, name] of Object.entries(names)) {
    it(`for ${JSON.stringify(prompt)} is ${name}`, () => assert.equal(nameOf(prompt), name));
  }

  it('keeps 60 characters of the prompt at most and does not end with a gap', () => {
    assert.equal(nameOf('x'.repeat(200)), `generated_image_${'x'.repeat(60)}.png`);
    assert.equal(nameOf(`${'x'.repeat(59)} yyy`), `generated_image_${'x'.repeat(59)}.png`);
    assert.equal(nameOf('𐐨'.repeat(100)), `generated_image_${'𐐨'.repeat(60)}.png`);
  });

  it('numbers several files from 1', () => {
    assert.equal(nameOf('a fox', 1, 4), 'generated_image_fox_2.png');
  });
});
