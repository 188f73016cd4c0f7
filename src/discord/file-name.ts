/** The names downloaded files get: readable, from the prompt, and harmless on every disk. Pure. */
import type { Asset, Job, Kind } from '../jobs/job.ts';

/** A file that was made, with the name it is handed out under. */
export interface Original {
  asset: Asset;
  name: string;
}

const PREFIX: Record<Kind, string> = { image: 'generated_image_', video: 'generated_video_' };
const PREFIX_OF_ALL: Record<Kind, string> = { image: 'generated_images_', video: 'generated_videos_' };
/** For the words of the prompt; prefix, number and extension come on top. */
const LONGEST_WORDS = 60;
/**
 * Everything but letters and digits. Vowel signs and accents (marks) belong to the letter before them; those
 * after anything else, and what only picks an emoji's look (variation selectors, keycaps), do not.
 */
const NOT_A_WORD = /[^\p{L}\p{M}\p{N}]\p{M}*|^\p{M}+|[\p{Variation_Selector}\p{Me}]+/gu;

/**
 * Every original of the job, in order: `generated_image_beautiful_sunset_over_mountains.png`. Several are numbered
 * by their place among what was asked for (`_1`, `_2`), those of a set are named after their items.
 */
export function nameOriginals(job: Job): Original[] {
  const { input, items } = job;
  const stem = `${PREFIX[input.kind]}${words(job)}`;
  const places = items.reduce((sum, item) => sum + (item.state === 'done' ? item.assets.length : 1), 0);
  let place = 0;
  return items.flatMap((item) => {
    if (item.state !== 'done') {
      place += 1;
      return [];
    }
    return item.assets.map((asset, index) => {
      place += 1;
      const ofItem = item.assets.length > 1 ? `_${index + 1}` : '';
      const end = input.product === null ? (places > 1 ? `_${place}` : '') : `_${item.name}${ofItem}`;
      return { asset, name: `${stem}${end}${asset.extension}` };
    });
  });
}

/** Of one file with all of them in it. */
export function nameArchive(job: Job): string {
  return `${PREFIX_OF_ALL[job.input.kind]}${words(job)}.zip`;
}

/** Letters and digits of any script in lower case, everything else `_`; the job id when nothing is left. */
function words({ id, input }: Job): string {
  const all = (input.product?.title ?? input.prompt)
    .normalize('NFC')
    .toLowerCase()
    .trim()
    .replace(/^[^\p{L}\p{N}]*(an?|the)(\s+|$)/u, '')
    .replace(NOT_A_WORD, '_')
    .replace(/_+/gu, '_')
    .replace(/^_+|_+$/gu, '');
  const short = Array.from(all).slice(0, LONGEST_WORDS).join('').replace(/_+$/u, '');
  return short === '' ? id : short;
}
