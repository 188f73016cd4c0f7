/** The size ladder: which files a card shows, and as what; and what `Download` puts into which message. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planHandout } from '../../src/discord/handout.ts';
import { formKey, planShown, type Ladder, type ShownFiles } from '../../src/discord/shown-files.ts';
import { measureZip, zipFiles } from '../../src/discord/zip.ts';
import type { Asset, Item, Job, Reference } from '../../src/jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';

const MB = 1_000_000;
const FREE = 10 * 1024 * 1024;
const NITRO = 500 * 1024 * 1024;
const NOW = Date.UTC(2026, 10, 20, 12, 34);
const LADDER: Ladder = { most: 'original', unusable: new Set(), linkTo: () => null, now: NOW };

function assetOf(bytes: number, file: string, mimeType = 'image/png'): Asset {
  return { file, mimeType, extension: mimeType === 'video/mp4' ? '.mp4' : '.png', bytes, sha256: 'x' };
}

const START: Reference = {
  name: 'start.png',
  fromJobId: null,
  state: 'kept',
  picture: { asset: assetOf(400_000, 'j/reference.jpg'), width: 800, height: 600, isFirstFrame: false },
};

interface Made {
  limit?: number;
  mimeType?: string;
  references?: Reference[];
  isOver?: boolean;
}

/** Items of these many bytes; null: not done. */
function jobOf(sizes: readonly (number | null)[], made: Made = {}): Job {
  const { limit = FREE, mimeType = 'image/png', references = [], isOver = true } = made;
  const [first = 'image', ...rest] = sizes.map((_, index) => `image_${index + 1}`);
  const job = newJob({ id: 'j', itemNames: [first, ...rest], attachmentSizeLimit: limit, references });
  const items = job.items.map((item, index): Item => {
    const bytes = sizes[index] ?? null;
    return bytes === null ? item : { ...item, state: 'done', assets: [assetOf(bytes, `j/${item.name}`, mimeType)] };
  });
  return { ...job, items, state: isOver ? 'done' : 'running' };
}

const formsOf = ({ files }: ShownFiles): string[] => files.map(({ form, isPoster }) => (isPoster ? 'poster' : form));

describe('a card shows', () => {
  it('the original where it fits, and has nothing to say about it', () => {
    const shown = planShown(jobOf([9 * MB]), LADDER);
    assert.deepEqual(formsOf(shown), ['original']);
    assert.deepEqual(shown.lessened, { smaller: 0, poster: 0, words: 0 });
    assert.deepEqual(shown.tooLarge, []);
  });

  it('a picture of 30 MB smaller, and says that Discord takes it nowhere', () => {
    const shown = planShown(jobOf([30 * MB]), LADDER);
    assert.deepEqual(formsOf(shown), ['preview']);
    assert.equal(shown.files[0]?.name, 'j_image_1_preview.webp');
    assert.deepEqual(shown.lessened, { smaller: 0, poster: 0, words: 0 });
    assert.deepEqual(shown.tooLarge, [{ item: 'image_1', bytes: 30 * MB, shownAs: 'smaller', url: null }]);
  });

  it('a link beside it that is good for a day and the same whenever it is drawn within the hour', () => {
    const linkTo: Ladder['linkTo'] = (job, { file }, expiresAt) => `https://b/${job.id}/${file}/${expiresAt}`;
    const [one, other] = [NOW, NOW + 20 * 60_000].map((now) => planShown(jobOf([30 * MB]), { ...LADDER, linkTo, now }));
    assert.deepEqual(one, other);
    assert.equal(one?.linksEndAt, Date.UTC(2026, 10, 21, 13));
    assert.equal(one?.tooLarge[0]?.url, `https://b/j/j/image_1/${one?.linksEndAt}`);
  });

  it('for a video of 30 MB the picture it starts from, and words where there is none', () => {
    const [asked, bare] = [[START], []].map((references) =>
      planShown(jobOf([30 * MB], { mimeType: 'video/mp4', references }), LADDER),
    );
    assert.ok(asked && bare);
    assert.deepEqual(formsOf(asked), ['poster']);
    assert.equal(asked.files[0]?.asset.file, 'j/reference.jpg');
    assert.equal(asked.tooLarge[0]?.shownAs, 'poster');
    assert.deepEqual(formsOf(bare), []);
    assert.equal(bare.tooLarge[0]?.shownAs, 'words');
  });

  it('of five pictures of 9 MB as many as they are as fit together, the main one first, the others smaller', () => {
    const shown = planShown(jobOf([9 * MB, 9 * MB, 9 * MB, 9 * MB, 9 * MB]), LADDER);
    assert.deepEqual(formsOf(shown), ['original', 'original', 'preview', 'preview', 'preview']);
    assert.deepEqual(shown.lessened, { smaller: 3, poster: 0, words: 0 });
    assert.deepEqual(shown.tooLarge, []);
  });

  it('the largest smaller before the others', () => {
    assert.deepEqual(formsOf(planShown(jobOf([9 * MB, 5 * MB, 9.5 * MB, 5 * MB]), LADDER)), [
      'original',
      'original',
      'preview',
      'original',
    ]);
  });

  it('more to those with Nitro, yet never more than a request may hold', () => {
    assert.deepEqual(formsOf(planShown(jobOf([20 * MB], { limit: NITRO }), LADDER)), ['original']);
    const huge = planShown(jobOf([30 * MB], { limit: NITRO }), LADDER);
    assert.deepEqual(formsOf(huge), ['preview']);
    assert.equal(huge.tooLarge.length, 1);
    const video = { mimeType: 'video/mp4', limit: NITRO, references: [START] };
    assert.deepEqual(formsOf(planShown(jobOf([20 * MB], video), LADDER)), ['original']);
    assert.deepEqual(formsOf(planShown(jobOf([40 * MB], video), LADDER)), ['poster']);
  });

  it('ten pictures at most, and says how many more Download has', () => {
    const twelve = Array.from({ length: 12 }, () => 10);
    const shown = planShown(jobOf(twelve), LADDER);
    assert.equal(shown.files.length, 10);
    assert.deepEqual([shown.all, shown.lessened], [12, { smaller: 0, poster: 0, words: 2 }]);
    assert.equal(planShown(jobOf([...twelve, null], { isOver: false }), LADDER).files.length, 10);
  });

  it('less where Discord refused more: smaller pictures, then words', () => {
    const job = jobOf([MB, MB]);
    const smaller = planShown(job, { ...LADDER, most: 'preview' });
    assert.deepEqual(formsOf(smaller), ['preview', 'preview']);
    assert.equal(smaller.lessened.smaller, 2);
    const words = planShown(job, { ...LADDER, most: 'words' });
    assert.deepEqual(formsOf(words), []);
    assert.equal(words.lessened.words, 2);
  });

  it('words in place of what cannot be read, nor a smaller picture be made of', () => {
    const job = jobOf([MB, 30 * MB, MB]);
    const assets = job.items.flatMap((item) => (item.state === 'done' ? item.assets : []));
    const [first, second] = assets;
    assert.ok(first && second);
    const unread = planShown(job, { ...LADDER, unusable: new Set([formKey('original', first)]) });
    assert.deepEqual(formsOf(unread), ['preview', 'preview', 'original']);
    const unmade = planShown(job, { ...LADDER, unusable: new Set([formKey('preview', second)]) });
    assert.deepEqual(formsOf(unmade), ['original', 'original']);
    assert.equal(unmade.tooLarge[0]?.shownAs, 'words');
  });
});

describe('a card of a job that is not over shows', () => {
  it('small pictures of what is done, small ones as they are, and no words about it', () => {
    const shown = planShown(jobOf([9 * MB, null, 100_000, 30 * MB], { isOver: false }), LADDER);
    assert.deepEqual(formsOf(shown), ['glance', 'original', 'glance']);
    assert.deepEqual(
      shown.files.map(({ name }) => name),
      ['j_image_1_glance.webp', 'j_image_3.png', 'j_image_4_glance.webp'],
    );
    assert.deepEqual(shown.tooLarge, []);
  });

  it('no video', () => {
    assert.deepEqual(formsOf(planShown(jobOf([MB, null], { isOver: false, mimeType: 'video/mp4' }), LADDER)), []);
  });
});

describe('Download', () => {
  const plan = (sizes: readonly (number | null)[], limit: number): string[][] =>
    planHandout(jobOf(sizes), limit).batches.map((batch) => batch.map(({ name }) => name.replace(/^.*mountains/, '')));

  it('adds a zip where there are several files and it fits', () => {
    assert.deepEqual(plan([MB], FREE), [['.png']]);
    assert.deepEqual(plan([MB, MB], FREE), [['_1.png', '_2.png', '.zip']]);
    assert.deepEqual(plan([6 * MB, 6 * MB], FREE), [['_1.png', '_2.png']]);
  });

  it('puts the zip into a message of its own where it does not fit beside the files', () => {
    assert.deepEqual(plan([7 * MB, 7 * MB], NITRO), [['_1.png', '_2.png'], ['.zip']]);
  });

  it('leaves the zip out where a file would be missing in it', () => {
    const { batches, tooLarge } = planHandout(jobOf([MB, 30 * MB]), FREE);
    assert.deepEqual([batches.length, batches[0]?.length, tooLarge.length], [1, 1, 1]);
  });

  it('hands nobody more than one request may hold', () => {
    const { batches, tooLarge } = planHandout(jobOf([30 * MB]), NITRO);
    assert.deepEqual([batches.length, tooLarge.length], [0, 1]);
    assert.deepEqual(plan([20 * MB, 20 * MB], NITRO), [['_1.png'], ['_2.png']]);
  });

  it('knows beforehand how large a zip will be', () => {
    const entries = ['a.png', '美しい_夕日.png'].map((name, index) => ({
      name,
      data: Buffer.alloc(1_000 * index + 7, 1),
    }));
    const sizes = entries.map(({ name, data }) => ({ name, bytes: data.length }));
    assert.equal(zipFiles(entries, NOW).byteLength, measureZip(sizes));
  });
});
