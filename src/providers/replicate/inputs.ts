/** Turns an attempt into the inputs of a model, by the model's own schema where it is known. Pure. */
import { failure, type Failure, type InputChange, type Kind } from '../../jobs/job.ts';
import { type AttemptRequest, type ModelInputs, ProviderFailure } from '../provider.ts';
import { buildDuration } from './duration.ts';
import { COUNT_NAMES, findImageFields, findReservation, NEGATIVE_PROMPT_NAMES } from './field-roles.ts';
import type { InputField, InputFields } from './schema.ts';
import { readSettings } from './settings.ts';
import { kindAgainst } from './model-kind.ts';
import { buildShape, type Sides } from './shape.ts';

export type ModelInput = Record<string, unknown>;

/** What an attempt asks of a model. */
export type Wish = Pick<
  AttemptRequest,
  'kind' | 'prompt' | 'negativePrompt' | 'aspectRatio' | 'seed' | 'settings' | 'durationSeconds'
> & {
  /** The sides of the pictures it starts from: they decide the shape where nobody asked for one. */
  images: readonly Sides[];
};

export interface BuiltInput {
  input: ModelInput;
  /** What was sent otherwise than asked. */
  changes: InputChange[];
}

/** Of a model whose schema is not known. */
const NO_FIELDS: InputFields = new Map();
/** The largest seed an attempt has, whatever the model allows. */
const LARGEST_SEED = 2 ** 31 - 1;

/** Whether the model can be told what to draw. Unknown inputs are ignored by Cog, so one that cannot would draw anything, for money. */
export function takesPrompt(fields: InputFields | null): boolean {
  return fields === null || fields.has('prompt');
}

/**
 * Why the model cannot do what is wished, as far as its schema tells; null: nothing speaks against it. `images` counts
 * the reference pictures; `instead` is a model that takes some, to be named where this one takes none.
 */
export function refuseWish(
  wish: { kind: Kind; model: string; settings: Wish['settings']; images: number; instead?: string | null },
  fields: InputFields | null,
): Failure | null {
  const other = kindAgainst(wish.kind, wish.model, fields);
  if (other !== null) return refuseInput(`${wish.model} makes ${other}s`);
  const refusedSettings = readSettings(wish.settings, fields, wish.kind).failure;
  if (refusedSettings !== null || fields === null) return refusedSettings;
  const { first, last } = findImageFields(fields);
  const needsImage = first?.isRequired === true || last?.isRequired === true;
  const details = { model: wish.model };
  if (wish.images === 0 && needsImage) return failure('image-needed', 'give-up', { details });
  // It would be paid for and drawn without what it was to start from.
  if (wish.images > 0 && first === null) {
    const { instead = null } = wish;
    const named = instead === null ? {} : { instead };
    return failure('image-not-taken', 'give-up', { details: { ...details, ...named } });
  }
  return wish.images === 0 && !takesPrompt(fields) ? refuseInput(`${wish.model} takes no prompt`) : null;
}

/**
 * What to send; with unknown fields (null) only what nearly every model takes. `images`: addresses the model can fetch
 * the pictures of the wish from, in their order. The same wish and fields give the same input. Throws ProviderFailure
 * for a setting that the schema refuses, and for pictures when the fields are unknown: Cog would ignore a wrong name,
 * for money.
 */
export function buildInput(wish: Wish, fields: InputFields | null, images: readonly string[] = []): BuiltInput {
  const read = readSettings(wish.settings, fields, wish.kind);
  if (read.failure !== null) throw new ProviderFailure(read.failure);
  const length = buildDuration(wish.durationSeconds, fields ?? NO_FIELDS, read.values);
  if (fields === null) return { input: { ...buildBlind(wish, images), ...read.values }, changes: length.changes };
  const shape = buildShape(wish.aspectRatio, fields, wish.images[0] ?? null);
  const pictures = buildPictures(images, fields);
  const input = {
    ...buildWords(wish, fields),
    ...buildSeed(wish.seed, fields.get('seed')),
    ...shape.input,
    ...length.input,
    ...(wish.kind === 'image' && fields.get('output_format')?.choices?.includes('png') === true
      ? { output_format: 'png' }
      : {}),
    ...buildCounts(fields),
    ...pictures.input,
  };
  return {
    input: { ...input, ...buildOwnSides(wish, read.values, fields), ...read.values },
    changes: [...shape.changes, ...length.changes, ...pictures.changes],
  };
}

/** The fields as a user is told of them: what nobody may set is left out. */
export function presentInputs(model: string, kind: Kind | null, fields: InputFields | null): ModelInputs {
  const shown = [...(fields?.values() ?? [])].filter(
    (field) => findReservation(field.name, field, kind)?.kind !== 'fixed',
  );
  return {
    model,
    kind,
    fields: shown.map((field) => ({
      name: field.name,
      type: field.type,
      choices: field.choices,
      minimum: field.minimum,
      maximum: field.maximum,
      default: field.default,
      description: field.description,
      isRequired: field.isRequired,
      isOwnOption: findReservation(field.name, field, kind) !== null,
    })),
  };
}

function refuseInput(fields: string): Failure {
  return failure('input-refused', 'give-up', { details: { fields } });
}

function buildBlind(wish: Wish, images: readonly string[]): ModelInput {
  if (images.length > 0) {
    throw new ProviderFailure(failure('provider-error', 'retry', { providerStatus: 'the inputs are not known' }));
  }
  return {
    prompt: foldNegative(wish),
    seed: wish.seed,
    ...(wish.aspectRatio === null ? {} : { aspect_ratio: wish.aspectRatio }),
  };
}

function buildWords(wish: Wish, fields: InputFields): ModelInput {
  const negativeName = NEGATIVE_PROMPT_NAMES.find((name) => fields.has(name));
  const negative = readNegative(wish);
  if (!takesPrompt(fields)) return {};
  return {
    prompt: negativeName === undefined ? foldNegative(wish) : wish.prompt,
    ...(negativeName === undefined || negative === null ? {} : { [negativeName]: negative }),
  };
}

function buildSeed(seed: number, field: InputField | undefined): ModelInput {
  if (field === undefined || field.type === 'text') return {};
  const minimum = field.minimum ?? 0;
  const maximum = field.maximum ?? Infinity;
  if (seed >= minimum && seed <= maximum) return { seed };
  return { seed: minimum + (seed % (Math.min(maximum, LARGEST_SEED) - minimum + 1)) };
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

/**
 * A list takes all pictures. Else the first is what is started from, and a second one the last frame where there is a
 * place for it; more are left out.
 */
function buildPictures(images: readonly string[], fields: InputFields): BuiltInput {
  const { first, last } = findImageFields(fields);
  const [start, end] = images;
  if (start === undefined || first === null) return { input: {}, changes: leftOut(images.length, 0) };
  if (first.type === 'files') {
    const sent = images.slice(0, first.mostItems ?? images.length);
    return { input: { [first.name]: sent }, changes: leftOut(images.length, sent.length) };
  }
  const input: ModelInput = { [first.name]: start };
  if (end === undefined || last === null) return { input, changes: leftOut(images.length, 1) };
  input[last.name] = last.type === 'files' ? [end] : end;
  return { input, changes: leftOut(images.length, 2) };
}

function leftOut(given: number, sent: number): InputChange[] {
  return given === sent ? [] : [{ field: 'image', from: String(given), to: sent === 0 ? null : String(sent) }];
}

/** Sides somebody set count with some models only beside this word. */
function buildOwnSides(wish: Wish, values: ModelInput, fields: InputFields): ModelInput {
  const hasSides = 'width' in values || 'height' in values;
  const isNamed = fields.get('aspect_ratio')?.choices?.includes('custom') === true;
  return hasSides && isNamed && wish.aspectRatio === null ? { aspect_ratio: 'custom' } : {};
}

/** The prompt of a model without a place for what should not be there. */
export function foldNegative(wish: Wish): string {
  const negative = readNegative(wish);
  return negative === null ? wish.prompt : `${wish.prompt}\n\nAvoid: ${negative}`;
}

/** null: nothing should be kept out. */
export function readNegative({ negativePrompt }: Wish): string | null {
  return negativePrompt === null || negativePrompt.trim() === '' ? null : negativePrompt;
}
