/**
 * Which of a job's files its card shows, and as what: the size ladder. Pure.
 *
 * An original is shown where it fits: Discord bounds each file, and all of a request together. Else a smaller
 * picture of it is, of a video the picture it starts from, else words alone. A job that is not over shows small
 * pictures of what it has so far.
 */
import type { Asset, Item, Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';

/** Of one message: Discord takes 10 files and 25 MiB with everything around them (resources/message, "Limitations"). */
export const MOST_FILES = 10;
export const MOST_BYTES = 24 * 1024 * 1024;

/** Pictures of a picture, by their names in the store, and how large each may be. */
export const SMALLER_BYTES = { preview: 1024 * 1024, glance: 150_000 } as const;

/** What is uploaded of a file: itself, or a smaller picture of it. */
export type Form = 'original' | keyof typeof SMALLER_BYTES;

/** How much Discord takes of a card's files: `preview`, no original any more; `words`, no file at all. */
export type Rung = 'original' | 'preview' | 'words';

/** The address of an original, good until `expiresAt`; null where the bot gives none. */
export type LinkTo = (job: Job, asset: Asset, expiresAt: number) => string | null;

export interface Ladder {
  most: Rung;
  /** What could not be read or made, by `formKey`. */
  unusable: ReadonlySet<string>;
  linkTo: LinkTo;
  now: number;
}

export interface ShownFile {
  /** Unique on the card; the same for the same bytes. */
  name: string;
  /** The item that made it. */
  item: string;
  /** What is read, or what the smaller picture is made of. */
  asset: Asset;
  form: Form;
  /** Shows what a video starts from in place of the video. */
  isPoster: boolean;
}

/** An original that is larger than Discord takes, wherever it is asked for. */
export interface TooLarge {
  item: string;
  bytes: number;
  shownAs: 'smaller' | 'poster' | 'words';
  url: string | null;
}

export interface ShownFiles {
  files: ShownFile[];
  /** How many the job has so far. */
  all: number;
  /** Shown as less than they are, or not at all, by what of them is shown; `Download` has them. */
  lessened: Readonly<Record<TooLarge['shownAs'], number>>;
  tooLarge: TooLarge[];
  /** When the addresses in `tooLarge` end. */
  linksEndAt: number;
}

interface Candidate {
  item: string;
  asset: Asset;
  /** The name of its file without the end. */
  stem: string;
  file: ShownFile | null;
}

const HOUR_MS = 3_600_000;
/** An address on a card is good for a day and what is left of the hour, so that a card drawn again is the same. */
const LINK_HOURS = 25;

const UNBOUNDED: Ladder = { most: 'original', unusable: new Set(), linkTo: () => null, now: 0 };

/** Everything is shown as it is, or nothing is said of it yet. */
export const NOTHING_LESSENED: Pick<ShownFiles, 'lessened' | 'tooLarge' | 'linksEndAt'> = {
  lessened: { smaller: 0, poster: 0, words: 0 },
  tooLarge: [],
  linksEndAt: 0,
};

/** For a message that carries no file yet. */
export const NO_FILES: ShownFiles = { files: [], all: 0, ...NOTHING_LESSENED };

export function planShown(job: Job, ladder: Ladder = UNBOUNDED): ShownFiles {
  const candidates = listCandidates(job);
  if (!isFinal(job)) {
    const files = candidates.slice(0, MOST_FILES).flatMap((each) => glanceAt(each, ladder) ?? []);
    return { ...NO_FILES, files, all: candidates.length };
  }
  const placed = fitTogether(
    // What is beyond the number of a message's files is left to `Download`.
    candidates.map((each, index) => ({ ...each, file: index < MOST_FILES ? firstStep(each, job, ladder) : null })),
    (each) => smallerOf(each, job, ladder),
  );
  const linksEndAt = (Math.floor(ladder.now / HOUR_MS) + LINK_HOURS) * HOUR_MS;
  const isTooLarge = ({ asset }: Candidate): boolean => !fitsDownload(asset, job.attachmentSizeLimit);
  return {
    files: placed.flatMap(({ file }) => file ?? []),
    all: placed.length,
    lessened: countLessened(placed.filter((each) => !isTooLarge(each))),
    tooLarge: placed.filter(isTooLarge).map((each) => ({
      item: each.item,
      bytes: each.asset.bytes,
      shownAs: shownAs(each) ?? 'words',
      url: ladder.linkTo(job, each.asset, linksEndAt),
    })),
    linksEndAt,
  };
}

/** Whether `Download` can hand it out, in a message of its own if need be. */
export function fitsDownload({ bytes }: Asset, attachmentSizeLimit: number): boolean {
  return bytes <= Math.min(attachmentSizeLimit, MOST_BYTES);
}

export function formKey(form: Form, { file }: Asset): string {
  return `${form} ${file}`;
}

function listCandidates({ id, items }: Job): Candidate[] {
  const done = items.filter((item): item is Item & { state: 'done' } => item.state === 'done');
  return done.flatMap(({ name, assets }) =>
    assets.map((asset, index) => {
      const number = assets.length > 1 ? `_${index + 1}` : '';
      return { item: name, asset, stem: `${id}_${name}${number}`, file: null };
    }),
  );
}

function firstStep(each: Candidate, job: Job, ladder: Ladder): ShownFile | null {
  return originalOf(each, job, ladder) ?? smallerOf(each, job, ladder);
}

function originalOf({ item, asset, stem }: Candidate, job: Job, { most, unusable }: Ladder): ShownFile | null {
  const isLeft = most === 'original' && !unusable.has(formKey('original', asset));
  if (!isLeft || asset.bytes > Math.min(job.attachmentSizeLimit, MOST_BYTES)) return null;
  return { name: `${stem}${asset.extension}`, item, asset, form: 'original', isPoster: false };
}

/** null: words alone are left. */
function smallerOf({ item, asset, stem }: Candidate, job: Job, { most, unusable }: Ladder): ShownFile | null {
  const isPoster = !isPicture(asset);
  const source = isPoster ? startOf(job) : asset;
  // Where even a preview would be too large, what is shown while a set is made.
  const form = job.attachmentSizeLimit < SMALLER_BYTES.preview ? 'glance' : 'preview';
  if (most === 'words' || source === null || unusable.has(formKey(form, source))) return null;
  const name = `${stem}_${isPoster ? 'poster' : 'preview'}.webp`;
  return { name, item, asset: source, form, isPoster };
}

function glanceAt({ item, asset, stem }: Candidate, { most, unusable }: Ladder): ShownFile | null {
  if (most === 'words' || !isPicture(asset)) return null;
  const form = asset.bytes <= SMALLER_BYTES.glance ? 'original' : 'glance';
  if (unusable.has(formKey(form, asset))) return null;
  const name = form === 'original' ? `${stem}${asset.extension}` : `${stem}_glance.webp`;
  return { name, item, asset, form, isPoster: false };
}

function isPicture({ mimeType }: Asset): boolean {
  return mimeType.startsWith('image/');
}

/** The picture a video was started from; null: there is none. */
function startOf({ references }: Job): Asset | null {
  const [first] = references;
  return first?.state === 'kept' ? first.picture.asset : null;
}

/** Until all fit into one request, the largest original goes a step down: so the fewest are shown smaller. */
function fitTogether(candidates: Candidate[], stepDown: (each: Candidate) => ShownFile | null): Candidate[] {
  const sum = candidates.reduce((bytes, { file }) => bytes + uploadBytes(file), 0);
  if (sum <= MOST_BYTES) return candidates;
  const originals = candidates.filter(({ file }) => file?.form === 'original');
  // Of equals the last: the first of a set is its main one.
  const largest = originals.toSorted((one, other) => one.asset.bytes - other.asset.bytes).at(-1);
  if (largest === undefined) return candidates;
  const next = candidates.map((each) => (each === largest ? { ...each, file: stepDown(each) } : each));
  return fitTogether(next, stepDown);
}

/** At most. */
function uploadBytes(file: ShownFile | null): number {
  if (file === null) return 0;
  return file.form === 'original' ? file.asset.bytes : SMALLER_BYTES[file.form];
}

function countLessened(candidates: readonly Candidate[]): Record<TooLarge['shownAs'], number> {
  const count = (wanted: TooLarge['shownAs']): number => candidates.filter((each) => shownAs(each) === wanted).length;
  return { smaller: count('smaller'), poster: count('poster'), words: count('words') };
}

/** null: as it is. */
function shownAs({ file }: Candidate): TooLarge['shownAs'] | null {
  if (file === null) return 'words';
  if (file.isPoster) return 'poster';
  return file.form === 'original' ? null : 'smaller';
}
