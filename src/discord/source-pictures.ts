/** The pictures somebody can start from: those a job made, or those a message shows. */
import type { Asset, Job } from '../jobs/job.ts';
import { promptOf } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import type { ShownPicture } from './ask.ts';
import type { DraftChoice } from './draft.ts';
import { nameItem } from './item-words.ts';
import { plainText } from './markdown.ts';

export interface JobPicture {
  itemName: string;
  asset: Asset;
  /** What a person calls it, in a few words. */
  label: string;
  /** What sets it apart from the others; null: nothing in words. */
  description: string | null;
  /** What it was made from, in words that also tell what could happen in it; null: there are none. */
  prompt: string | null;
}

/** A message with more of them shows no more either (Discord: 10 attachments, 10 items of a gallery). */
const MOST_PICTURES = 10;
/** Of an option of a select (Discord: components, "Select Option Structure"). */
const LONGEST_TEXT = 100;

/** The pictures that a job has made so far; none of a video's. */
export function listJobPictures(job: Job, locale: Locale): JobPicture[] {
  const { product } = job.input;
  const pictures = job.items.flatMap((item) =>
    item.state === 'done'
      ? item.assets.filter(({ mimeType }) => mimeType.startsWith('image/')).map((asset) => ({ item, asset }))
      : [],
  );
  if (job.input.kind !== 'image') return [];
  return pictures.slice(0, MOST_PICTURES).map(({ item, asset }, index) => {
    return {
      itemName: item.name,
      asset,
      label: product === null ? locale.drafts.picture(index + 1) : nameItem(item.name, locale),
      description: plainText(product === null ? locale.card.seed(item.seed) : product.title, LONGEST_TEXT),
      // The words of a set's picture say what a shop needs of it, not what could happen in it.
      prompt: product === null ? promptOf(job.input, item.name) : null,
    };
  });
}

export function choicesOfJob(job: Job, locale: Locale): DraftChoice[] {
  return listJobPictures(job, locale).map(({ asset, itemName, label, description, prompt }) => ({
    label,
    description,
    reference: { name: '', fromJobId: job.id, state: 'coming', source: { kind: 'asset', asset } },
    itemName,
    prompt,
  }));
}

export function choicesOfMessage(pictures: readonly ShownPicture[], locale: Locale): DraftChoice[] {
  return pictures.slice(0, MOST_PICTURES).map(({ url, description }, index) => ({
    label: locale.drafts.picture(index + 1),
    description: plainText(description ?? '', LONGEST_TEXT) || null,
    reference: {
      name: fileNameOf(url),
      fromJobId: null,
      state: 'coming',
      source: { kind: 'address', url },
    },
    itemName: null,
    prompt: null,
  }));
}

function fileNameOf(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return plainText(decodeURIComponent(name), LONGEST_TEXT);
  } catch {
    return plainText(name, LONGEST_TEXT);
  }
}
