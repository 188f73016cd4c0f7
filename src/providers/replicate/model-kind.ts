/** What a model makes, as far as can be told without running it. Pure. */
import type { Kind } from '../../jobs/job.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { InputFields } from './schema.ts';

export interface KindClues {
  /** `owner/name`. */
  name: string;
  description: string;
  /** Of the collection that lists it; null: none does. */
  collectionKind: Kind | null;
  fields: InputFields | null;
}

const VIDEO_WORDS = /\bvideos?\b|\bi2v\b|\bt2v\b|animat/i;
const IMAGE_WORDS = /\bimages?\b|\bphotos?\b|\bpictures?\b|diffusion|text-to-image/i;
/** What takes an image and gives something else, and sounds that have a duration as well. */
const NEITHER_WORDS =
  /\b(?:caption|describe|ocr|classif|detect|segment|embedding|transcri|music|speech|voice|audio|language model|chat)/i;
const VIDEO_INPUTS = ['num_frames', 'fps', 'frames_per_second', 'duration', 'seconds'];
const IMAGE_INPUTS = ['aspect_ratio', 'num_outputs', 'num_inference_steps', 'guidance_scale', 'width', 'output_format'];

/**
 * What the model makes instead of what is wished, where that is sure: it would be paid for in vain. `name` is
 * `owner/name`. null: nothing speaks against the wish.
 */
export function kindAgainst(wished: Kind, name: string, fields: InputFields | null): Kind | null {
  const hasVideoInput = VIDEO_INPUTS.some((input) => fields?.has(input) === true);
  const isNamedVideo = hasVideoInput && VIDEO_WORDS.test(name.replaceAll(/[-_/]/g, ' '));
  const kind = KNOWN_MODELS.get(name) ?? (isNamedVideo ? 'video' : wished);
  return kind === wished ? null : kind;
}

/** The surest clue first. null: it cannot be told. */
export function kindOf({ name, description, collectionKind, fields }: KindClues): Kind | null {
  const known = KNOWN_MODELS.get(name) ?? collectionKind;
  if (known !== null) return known;
  const words = `${name.split('/')[1] ?? ''} ${description}`;
  const hasVideoInput = VIDEO_INPUTS.some((input) => fields?.has(input) === true);
  if (VIDEO_WORDS.test(words)) return fields === null || hasVideoInput || !IMAGE_WORDS.test(words) ? 'video' : null;
  if (NEITHER_WORDS.test(words)) return null;
  if (hasVideoInput) return 'video';
  const hasImageInput = IMAGE_INPUTS.some((input) => fields?.has(input) === true);
  return IMAGE_WORDS.test(words) || hasImageInput ? 'image' : null;
}
