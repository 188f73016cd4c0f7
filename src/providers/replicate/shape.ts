/** The shape a picture should have, in the words of a model. Pure. */
import { ABOUT_THE_SAME, isAlike, nearestRatio, readRatio, THE_SAME } from '../aspect-ratio.ts';
import type { InputChange } from '../../jobs/job.ts';
import type { InputField, InputFields } from './schema.ts';

/** One megapixel is what image models are trained on; sides are multiples of 64 for all of them. */
const PIXELS = 1024 * 1024;
const SIDE_STEP = 64;
const SMALLEST_SIDE = 64;
const LARGEST_SIDE = 2048;
/** The picture that comes with the request gives the shape. */
const FROM_PICTURE: readonly string[] = ['match_input_image', 'adaptive', 'auto'];
const IGNORED_WITH_PICTURE = /ignored|not used|no effect|only (?:used )?(?:for|with|in) text/i;

/** Of a picture, in pixels. */
export interface Sides {
  width: number;
  height: number;
}

export interface Shape {
  input: Record<string, string | number>;
  changes: InputChange[];
}

/** Nothing is said of it. */
const AS_MADE: Shape = { input: {}, changes: [] };

/**
 * By the first of the inputs that can say it: a ratio, a size from a list, or width and height. `picture`: the sides
 * of what is started from; null: nothing is.
 */
export function buildShape(aspectRatio: string | null, fields: InputFields, picture: Sides | null): Shape {
  if (aspectRatio === null) return picture === null ? AS_MADE : fromPicture(fields, picture);
  if (picture !== null && isIgnored(fields.get('aspect_ratio'))) return leaveOut(aspectRatio);
  for (const name of ['aspect_ratio', 'size', 'image_size', 'resolution']) {
    const field = fields.get(name);
    if (field === undefined) continue;
    if (field.choices === null && name === 'aspect_ratio') return { input: { aspect_ratio: aspectRatio }, changes: [] };
    const nearest = nearestRatio(aspectRatio, field.choices ?? []);
    if (nearest !== undefined)
      return { input: { [name]: nearest }, changes: changesOf(aspectRatio, nearest, THE_SAME) };
  }
  const [width, height, ratio] = [fields.get('width'), fields.get('height'), readRatio(aspectRatio)];
  if (width === undefined || height === undefined || ratio === null) return leaveOut(aspectRatio);
  return { input: fitSides(ratio, width, height), changes: [] };
}

/** Nobody asked for a shape, so the picture keeps its own as nearly as the model can: its default may be another. */
function fromPicture(fields: InputFields, { width, height }: Sides): Shape {
  const field = fields.get('aspect_ratio');
  const choices = field?.choices ?? [];
  const word = FROM_PICTURE.find((known) => choices.includes(known));
  if (word !== undefined) return { input: { aspect_ratio: word }, changes: [] };
  const own = `${width}x${height}`;
  const nearest = isIgnored(field) ? undefined : nearestRatio(own, choices);
  if (nearest === undefined) return AS_MADE;
  return { input: { aspect_ratio: nearest }, changes: changesOf(own, nearest, ABOUT_THE_SAME) };
}

/** Some video models take the shape of their first frame, and say so. */
function isIgnored(field: InputField | undefined): boolean {
  return field !== undefined && /image|frame/i.test(field.description) && IGNORED_WITH_PICTURE.test(field.description);
}

function leaveOut(aspectRatio: string): Shape {
  return { input: {}, changes: [{ field: 'aspect_ratio', from: aspectRatio, to: null }] };
}

function changesOf(wanted: string, sent: string | number, within: number): InputChange[] {
  return isAlike(wanted, sent, within) ? [] : [{ field: 'aspect_ratio', from: wanted, to: String(sent) }];
}

/** About one megapixel in this shape, shrunk or grown as a whole where a side would leave its bounds. */
function fitSides(ratio: number, width: InputField, height: InputField): Shape['input'] {
  const ideal = { width: Math.sqrt(PIXELS * ratio), height: Math.sqrt(PIXELS / ratio) };
  const largest = Math.min(1, maximumOf(width) / ideal.width, maximumOf(height) / ideal.height);
  const scale = Math.max(largest, minimumOf(width) / ideal.width, minimumOf(height) / ideal.height);
  return { width: fitSide(ideal.width * scale, width), height: fitSide(ideal.height * scale, height) };
}

function fitSide(ideal: number, field: InputField): number | string {
  if (field.choices !== null) {
    const sorted = field.choices.toSorted((a, b) => Math.abs(Number(a) - ideal) - Math.abs(Number(b) - ideal));
    if (sorted[0] !== undefined) return sorted[0];
  }
  const lowest = Math.ceil(minimumOf(field) / SIDE_STEP) * SIDE_STEP;
  const highest = Math.floor(maximumOf(field) / SIDE_STEP) * SIDE_STEP;
  return Math.max(lowest, Math.min(highest, Math.round(ideal / SIDE_STEP) * SIDE_STEP));
}

function minimumOf(field: InputField): number {
  return field.minimum ?? SMALLEST_SIDE;
}

function maximumOf(field: InputField): number {
  const most = field.choices === null ? Infinity : Math.max(...field.choices.map(Number));
  return Math.min(field.maximum ?? LARGEST_SIDE, most);
}
