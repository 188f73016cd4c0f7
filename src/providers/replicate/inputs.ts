/** Turns an attempt into the inputs of a model, by the model's own schema where it is known. Pure. */
import type { AttemptRequest } from '../provider.ts';

export type ModelInput = Record<string, unknown>;

/** One input of a model, read from Cog's OpenAPI schema. */
export interface InputField {
  /** `string`, `integer`, `number`, `boolean`, `array`; null where the schema does not tell. */
  type: string | null;
  /** The only values allowed, or null. */
  choices: readonly (string | number)[] | null;
  minimum: number | null;
  maximum: number | null;
}

export type InputFields = ReadonlyMap<string, InputField>;

/** What an attempt asks of a model. */
export type Wish = Pick<AttemptRequest, 'prompt' | 'negativePrompt' | 'aspectRatio' | 'seed'>;

const NEGATIVE_PROMPT_NAMES = ['negative_prompt', 'n_prompt'];
/** Inputs that ask for several pictures at once: an item is one. */
const COUNT_NAMES = ['num_outputs', 'number_of_images', 'num_images', 'num_samples', 'batch_size', 'max_images'];
/** One megapixel is what image models are trained on; sides are multiples of 64 for all of them. */
const PIXELS = 1024 * 1024;
const SIDE_STEP = 64;
const SMALLEST_SIDE = 64;
const LARGEST_SIDE = 2048;
/** A `$ref` that leads to a `$ref`: deeper is a circle. */
const DEEPEST_REFERENCE = 5;

/** The inputs named in a version's `openapi_schema`; null when it has none that can be read. */
export function readInputFields(openapiSchema: unknown): InputFields | null {
  const schemas = getObject(getObject(openapiSchema, 'components'), 'schemas');
  const properties = getObject(getObject(schemas, 'Input'), 'properties');
  if (properties === null) return null;
  return new Map(Object.entries(properties).map(([name, property]) => [name, readField(property, schemas)]));
}

/** Whether the model can be told what to draw. Unknown inputs are ignored by Cog, so one that cannot would draw anything, for money. */
export function takesPrompt(fields: InputFields | null): boolean {
  return fields === null || fields.has('prompt');
}

/** What to send; with unknown fields (null) only what nearly every model takes. The same wish and fields give the same input. */
export function buildInput(wish: Wish, fields: InputFields | null): ModelInput {
  const negativeName = NEGATIVE_PROMPT_NAMES.find((name) => fields?.has(name) === true);
  const negative = readNegative(wish);
  if (fields === null) {
    return {
      prompt: foldNegative(wish),
      seed: wish.seed,
      ...(wish.aspectRatio === null ? {} : { aspect_ratio: wish.aspectRatio }),
    };
  }
  return {
    prompt: negativeName === undefined ? foldNegative(wish) : wish.prompt,
    ...(negativeName === undefined || negative === null ? {} : { [negativeName]: negative }),
    ...buildSeed(wish.seed, fields.get('seed')),
    ...(wish.aspectRatio === null ? {} : buildShape(wish.aspectRatio, fields)),
    ...(fields.get('output_format')?.choices?.includes('png') === true ? { output_format: 'png' } : {}),
    ...buildCounts(fields),
  };
}

/**
 * Whether a prediction's input is what this wish would have sent: each value we send is there. The schema may have
 * been unknown when it was sent, or may be now; the prompt and the seed tell then.
 */
export function isInputOf(listed: unknown, wish: Wish, fields: InputFields | null): boolean {
  if (!isObject(listed)) return false;
  const isSent = (input: ModelInput): boolean => Object.entries(input).every(([name, value]) => listed[name] === value);
  if (isSent(buildInput(wish, null))) return true;
  if (fields !== null) return isSent(buildInput(wish, fields));
  const isNegativeApart = NEGATIVE_PROMPT_NAMES.some((name) => listed[name] === readNegative(wish));
  const isPrompt = listed.prompt === foldNegative(wish) || (listed.prompt === wish.prompt && isNegativeApart);
  return isPrompt && (listed.seed === undefined || listed.seed === wish.seed);
}

/** The choice whose shape is nearest; 2:1 and 1:2 are as far from 1:1. undefined when no choice is a shape. */
export function nearestRatio(aspectRatio: string, choices: readonly (string | number)[]): string | number | undefined {
  if (choices.includes(aspectRatio)) return aspectRatio;
  const wanted = readRatio(aspectRatio);
  if (wanted === null) return undefined;
  let nearest: { choice: string | number; distance: number } | undefined;
  for (const choice of choices) {
    const ratio = readRatio(choice);
    const distance = ratio === null ? Infinity : Math.abs(Math.log(ratio / wanted));
    if (distance < (nearest?.distance ?? Infinity)) nearest = { choice, distance };
  }
  return nearest?.choice;
}

function readField(property: unknown, schemas: unknown): InputField {
  const field: InputField = { type: null, choices: null, minimum: null, maximum: null };
  for (const part of flatten(property, schemas, DEEPEST_REFERENCE)) {
    const type = (Array.isArray(part.type) ? part.type : [part.type]).find((name) => name !== 'null');
    if (typeof type === 'string') field.type ??= type;
    if (Array.isArray(part.enum)) field.choices ??= part.enum.filter((choice) => isChoice(choice));
    if (typeof part.minimum === 'number') field.minimum ??= part.minimum;
    if (typeof part.maximum === 'number') field.maximum ??= part.maximum;
  }
  return field;
}

/** A property with everything it refers to: Cog writes an enum as `allOf` of a `$ref`, an optional as `anyOf` with null. */
function flatten(property: unknown, schemas: unknown, depth: number): Record<string, unknown>[] {
  if (!isObject(property) || depth === 0) return [];
  const referred = typeof property.$ref === 'string' ? getObject(schemas, property.$ref.split('/').at(-1) ?? '') : null;
  const parts = [property.allOf, property.anyOf, property.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [property, ...[referred, ...parts].flatMap((part) => flatten(part, schemas, depth - 1))];
}

function buildSeed(seed: number, field: InputField | undefined): ModelInput {
  if (field === undefined || field.type === 'string') return {};
  const minimum = field.minimum ?? 0;
  const maximum = field.maximum ?? Infinity;
  if (seed >= minimum && seed <= maximum) return { seed };
  return { seed: minimum + (seed % (Math.min(maximum, 2 ** 31 - 1) - minimum + 1)) };
}

/** The shape by the first of the inputs that can say it: a ratio, a size from a list, or width and height. */
function buildShape(aspectRatio: string, fields: InputFields): ModelInput {
  for (const name of ['aspect_ratio', 'size']) {
    const field = fields.get(name);
    if (field === undefined) continue;
    if (field.choices === null && name === 'aspect_ratio') return { aspect_ratio: aspectRatio };
    const nearest = nearestRatio(aspectRatio, field.choices ?? []);
    if (nearest !== undefined) return { [name]: nearest };
  }
  const [width, height, ratio] = [fields.get('width'), fields.get('height'), readRatio(aspectRatio)];
  if (width === undefined || height === undefined || ratio === null) return {};
  return fitSides(ratio, width, height);
}

/** About one megapixel in this shape, shrunk or grown as a whole where a side would leave its bounds. */
function fitSides(ratio: number, width: InputField, height: InputField): ModelInput {
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

function buildCounts(fields: InputFields): ModelInput {
  const counts = COUNT_NAMES.flatMap((name): [string, string | number][] => {
    const field = fields.get(name);
    if (field === undefined) return [];
    const one = field.choices === null ? 1 : field.choices.find((choice) => Number(choice) === 1);
    return one === undefined || (field.minimum ?? 1) > 1 ? [] : [[name, one]];
  });
  return Object.fromEntries(counts);
}

function foldNegative(wish: Wish): string {
  const negative = readNegative(wish);
  return negative === null ? wish.prompt : `${wish.prompt}\n\nAvoid: ${negative}`;
}

function readNegative({ negativePrompt }: Wish): string | null {
  return negativePrompt === null || negativePrompt.trim() === '' ? null : negativePrompt;
}

/** `16:9`, `1024x768`, `1024*768` as width divided by height; null for words like `match_input_image`. */
function readRatio(text: string | number): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*[:x*×]\s*(\d+(?:\.\d+)?)$/i.exec(String(text));
  const ratio = Number(match?.[1]) / Number(match?.[2]);
  return ratio > 0 && Number.isFinite(ratio) ? ratio : null;
}

function isChoice(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function getObject(parent: unknown, name: string): Record<string, unknown> | null {
  const child = isObject(parent) ? parent[name] : null;
  return isObject(child) ? child : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
