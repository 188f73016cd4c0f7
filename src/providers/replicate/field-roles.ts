/**
 * What the inputs of models are for, by their names: the same thing has many. Names and their order come from
 * counting 3,808 public schemas (January 2025) and from the current models' own pages.
 */
import type { Kind } from '../../jobs/job.ts';
import { isDuration } from './duration.ts';
import type { InputField, InputFields } from './schema.ts';

export const NEGATIVE_PROMPT_NAMES = ['negative_prompt', 'n_prompt'];

/** Inputs that ask for several pictures at once: an item is one. */
export const COUNT_NAMES = [
  'num_outputs',
  'number_of_images',
  'num_images',
  'num_samples',
  'batch_size',
  'max_images',
  'num_videos',
];

/** Where a picture that ends a video goes. */
const LAST_FRAME_NAMES: readonly string[] = [
  'end_image',
  'last_frame_image',
  'last_frame',
  'last_image',
  'end_frame',
  'tail_image',
];

/** Where a picture to start from goes; the first name that a model has. */
const FIRST_FRAME_NAMES: readonly string[] = [
  'start_image',
  'first_frame_image',
  'first_frame',
  'start_frame',
  'first_image',
  'image',
  'input_image',
  'init_image',
  'image_input',
  'input_images',
  'images',
  'img',
  'source_image',
  'image_path',
  'input_reference',
  'image_prompt',
  'image_url',
];

const FIRST_FRAME_WORDS = /first frame|start(?:ing)? (?:frame|image)|input image|initial image|source image/i;
/** What is painted anew in a picture, where a mask says so; some of these models start from a whole picture too. */
const PART_OF_PICTURE =
  /inpaint|\b(?:must|needs?|requires?|have to)\b[^.]*\bmask\b|\bmask\b[^.]*\b(?:needed|required)\b/i;
const WHOLE_PICTURE = /img2img|image[- ]?(?:to|2)[- ]?image|variations?\b/i;
const IMAGE_LIKE = /image|img|photo|picture|frame/i;
const REFERENCE_LIKE = /reference|subject|style|character|face|control|depth|pose|person|garment|product/i;
/** Files that are no picture to start from. */
const OTHER_FILE =
  /mask|video|audio|sound|music|voice|speech|song|lora|weights?\b|_weights|zip|archive|tar\b|text_file|csv|json|pdf|mesh|^model$|_model$/i;

/** Not the model's own: switching the safety checks off is nobody's choice here. */
const SAFETY_SWITCH = /^(?:(?:disable|enable|run|use|skip|apply)_)?(?:safety|nsfw)_(?:check|checker|checks|filter)$/i;
/** Where results would be sent to somebody else. */
const CALLBACK = /webhook|callback/i;

export interface ImageFields {
  first: InputField | null;
  last: InputField | null;
}

/** Which inputs take the pictures a user gives. One that has to come with a mask takes none: nobody has a mask here. */
export function findImageFields(fields: InputFields): ImageFields {
  const candidates = [...fields.values()].filter((field) => isPictureField(field) && !needsMask(field));
  const last = pickNamed(candidates, LAST_FRAME_NAMES);
  const starts = candidates.filter(({ name }) => !LAST_FRAME_NAMES.includes(name));
  const imageLike = starts.filter(({ name }) => IMAGE_LIKE.test(name) && !REFERENCE_LIKE.test(name));
  const first =
    pickNamed(starts, FIRST_FRAME_NAMES) ??
    starts.find(({ description }) => FIRST_FRAME_WORDS.test(description)) ??
    (imageLike.length === 1 ? imageLike[0] : undefined) ??
    starts.find(({ name }) => REFERENCE_LIKE.test(name)) ??
    null;
  return { first, last };
}

function needsMask({ description }: InputField): boolean {
  return PART_OF_PICTURE.test(description) && !WHOLE_PICTURE.test(description);
}

/** A file, or several, that may be a picture and is none of the special ones. */
function isPictureField({ name, type, isDeprecated, isSecret }: InputField): boolean {
  return (type === 'file' || type === 'files') && !isDeprecated && !isSecret && !OTHER_FILE.test(name);
}

function pickNamed(candidates: readonly InputField[], names: readonly string[]): InputField | null {
  for (const name of names) {
    const found = candidates.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
  }
  return null;
}

/** Why a user may not fill an input through `settings`; null: they may. */
export type Reservation =
  /** It has an option of its own. */
  { kind: 'option'; option: string } | { kind: 'fixed' } | null;

/** By name alone where the schema is not known (`field` is undefined). `kind`: what the model makes; null: not known. */
export function findReservation(name: string, field: InputField | undefined, kind: Kind | null): Reservation {
  if (SAFETY_SWITCH.test(name) || CALLBACK.test(name) || field?.isSecret === true) return { kind: 'fixed' };
  const option = OPTIONS_BY_NAME.get(name) ?? (isDuration(name, field, kind) ? 'duration' : undefined);
  if (option !== undefined) return { kind: 'option', option };
  const isPicture = field === undefined ? FIRST_FRAME_NAMES.includes(name) : isPictureField(field);
  return isPicture ? { kind: 'option', option: 'image' } : null;
}

const OPTIONS_BY_NAME: ReadonlyMap<string, string> = new Map([
  ['prompt', 'prompt'],
  ['aspect_ratio', 'aspect_ratio'],
  ['seed', 'seed'],
  ...NEGATIVE_PROMPT_NAMES.map((name) => [name, 'negative_prompt'] as const),
  // An item is one picture: several are several items.
  ...COUNT_NAMES.map((name) => [name, 'count'] as const),
]);
