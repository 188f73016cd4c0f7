import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameArchive, nameOriginals } from '../../src/discord/file-name.ts';
import type { Asset, Item, Job } from '../../src/jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';

const PNG: Asset = { file: 'a.png', mimeType: 'image/png', extension: '.png', bytes: 1, sha256: 'x' };
const SET = ['main', 'infographic_1', 'infographic_2', 'lifestyle', 'comparison'] as const;
const MUG = { title: 'A Mug, "blue"', features: ['large'], audience: null, keywords: [] };

type Input = NonNullable<Parameters<typeof newJob>[0]>['input'];

/** Every item done with these many files; 0: not done. */
function jobOf(files: readonly number[], input: Input = {}, names: readonly string[] = []): Job {
  const [first = 'image', ...rest] = files.map((_, index) => names[index] ?? `image_${index + 1}`);
  const job = newJob({ id: 'job7', input: { prompt: 'a fox', ...input }, itemNames: [first, ...rest] });
  const items = job.items.map((item, index): Item => {
    const count = files[index] ?? 0;
    return count === 0 ? item : { ...item, state: 'done', assets: Array.from({ length: count }, () => PNG) };
  });
  return { ...job, items };
}

function namesOf(job: Job): string[] {
  return nameOriginals(job).map(({ name }) => name);
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
    it(`for ${JSON.stringify(prompt)} is ${name}`, () => assert.deepEqual(namesOf(jobOf([1], { prompt })), [name]));
  }

  it('keeps 60 characters of the prompt at most and does not end with a gap', () => {
    const [long, gap, wide] = ['x'.repeat(200), `${'x'.repeat(59)} yyy`, '𐐨'.repeat(100)].map((prompt) =>
      namesOf(jobOf([1], { prompt })),
    );
    assert.deepEqual(long, [`generated_image_${'x'.repeat(60)}.png`]);
    assert.deepEqual(gap, [`generated_image_${'x'.repeat(59)}.png`]);
    assert.deepEqual(wide, [`generated_image_${'𐐨'.repeat(60)}.png`]);
  });

  it('says video for a video', () => {
    assert.deepEqual(namesOf(jobOf([1], { kind: 'video' })), ['generated_video_fox.png']);
  });

  it('has the number of the picture, also when one before it failed', () => {
    assert.deepEqual(namesOf(jobOf([1, 0, 1])), ['generated_image_fox_1.png', 'generated_image_fox_3.png']);
    assert.deepEqual(namesOf(jobOf([2])), ['generated_image_fox_1.png', 'generated_image_fox_2.png']);
  });

  it('of a set has the title of the product and the name of the item', () => {
    const job = jobOf([1, 1, 0, 1, 2], { product: MUG }, SET);
    assert.deepEqual(namesOf(job), [
      'generated_image_mug_blue_main.png',
      'generated_image_mug_blue_infographic_1.png',
      'generated_image_mug_blue_lifestyle.png',
      'generated_image_mug_blue_comparison_1.png',
      'generated_image_mug_blue_comparison_2.png',
    ]);
    assert.equal(nameArchive(job), 'generated_images_mug_blue.zip');
    assert.equal(nameArchive(jobOf([1, 1], { kind: 'video' })), 'generated_videos_fox.zip');
  });
});
