/** The name a downloaded file gets: readable, from the prompt, and harmless on every disk. */
import type { Asset, Job } from '../jobs/job.ts';

const PREFIX = 'generated_image_';
/** For the words of the prompt; prefix, number and extension come on top. */
const LONGEST_WORDS = 60;
/**
 * Everything but letters and digits. Vowel signs and accents (marks) belong to the letter before them; those
 * after anything else, and what only picks an emoji's look (variation selectors, keycaps), do not.
 */
const NOT_A_WORD = /[^\p{L}\p{M}\p{N}]\p{M}*|^\p{M}+|[\p{Variation_Selector}\p{Me}]+/gu;

/** `generated_image_beautiful_sunset_over_mountains.png`; with several files `_1`, `_2` … before the extension. */
export function downloadName(job: Job, asset: Asset, index: number, count: number): string {
  const number = count > 1 ? `_${index + 1}` : '';
  return `${PREFIX}${promptWords(job)}${number}${asset.extension}`;
}

/** Letters and digits of any script in lower case, everything else `_`; the job id when nothing is left. */
function promptWords(job: Job): string {
  const words = job.input.prompt
    .normalize('NFC')
    .toLowerCase()
    .trim()
    .replace(/^[^\p{L}\p{N}]*(an?|the)(\s+|$)/u, '')
    .replace(NOT_A_WORD, '_')
    .replace(/_+/gu, '_')
    .replace(/^_+|_+$/gu, '');
  const short = Array.from(words).slice(0, LONGEST_WORDS).join('').replace(/_+$/u, '');
  return short === '' ? job.id : short;
}
