/** Whether work on the service's list is what a request would have sent: by its input, for the list tells nothing else. Pure. */
import type { InputChange } from '../../jobs/job.ts';
import { ProviderFailure } from '../provider.ts';
import { findImageFields, NEGATIVE_PROMPT_NAMES } from './field-roles.ts';
import { buildInput, type BuiltInput, foldNegative, type ModelInput, readNegative, type Wish } from './inputs.ts';
import type { InputFields } from './schema.ts';

export interface Recognized {
  /** What was sent otherwise than asked. */
  changes: InputChange[];
  /** Known by what is sent when no schema is known: what the schema would have added, or a repair took out, is not told. */
  isBlind: boolean;
}

/**
 * Whether a prediction's input is what this wish would have sent: each value we send is there, and a picture where one
 * goes. null: it is not. `images`: what `buildInput` would be given now. An uploaded
 * picture has another address each time, so any will do; one that travelled inside the request must be the same. The
 * schema may have been unknown when it was sent, or may be now; the prompt, the seed and the settings tell then.
 */
export function recognizeInput(
  listed: unknown,
  wish: Wish,
  fields: InputFields | null,
  images: readonly string[] = [],
): Recognized | null {
  if (!isObject(listed)) return null;
  const whole = fields === null ? null : matchBuilt(listed, wish, fields, images);
  if (whole !== null) return { changes: whole.changes, isBlind: false };
  const blind = images.length === 0 ? matchBuilt(listed, wish, null, images) : null;
  if (blind !== null) return { changes: blind.changes, isBlind: true };
  return fields === null && isLike(listed, wish) ? { changes: [], isBlind: true } : null;
}

/** A picture of the wish as it stands in a prediction's input. */
export interface ListedPicture {
  address: string;
  /** Which of the wish's pictures belongs there. */
  index: number;
}

/** The addresses in a prediction's input where this wish has its pictures. */
export function listPictures(listed: unknown, wish: Wish, fields: InputFields | null): ListedPicture[] {
  if (!isObject(listed) || fields === null) return [];
  const marks = wish.images.map((_, index) => `picture:${index}`);
  const { input } = buildInput({ ...wish, settings: {} }, fields, marks);
  return Object.entries(input).flatMap(([name, value]) =>
    toList(value).flatMap((mark, place): ListedPicture[] => {
      const index = marks.findIndex((each) => each === mark);
      const address = toList(listed[name])[place];
      return index === -1 || typeof address !== 'string' ? [] : [{ address, index }];
    }),
  );
}

/** null: another input was sent. */
function matchBuilt(
  listed: ModelInput,
  wish: Wish,
  fields: InputFields | null,
  images: readonly string[],
): BuiltInput | null {
  const { first, last } = fields === null ? { first: null, last: null } : findImageFields(fields);
  const pictureNames = [first?.name, last?.name];
  try {
    const built = buildInput(wish, fields, images);
    const isSent = Object.entries(built.input).every(([name, value]) =>
      pictureNames.includes(name) ? isSamePicture(listed[name], value) : isSame(listed[name], value),
    );
    return isSent ? built : null;
  } catch (error) {
    // What the schema of today refuses was not sent by it.
    if (error instanceof ProviderFailure) return null;
    throw error;
  }
}

function isLike(listed: ModelInput, wish: Wish): boolean {
  const isNegativeApart = NEGATIVE_PROMPT_NAMES.some((name) => listed[name] === readNegative(wish));
  const isPrompt = isSame(listed.prompt, foldNegative(wish)) || (isSame(listed.prompt, wish.prompt) && isNegativeApart);
  const isSeed = listed.seed === undefined || isSame(listed.seed, wish.seed);
  const isSet = Object.entries(wish.settings).every(([name, text]) => isAlike(listed[name], text));
  return isPrompt && isSeed && isSet;
}

/** The service may keep what travelled inside a request under an address of its own. */
function isSamePicture(listed: unknown, sent: unknown): boolean {
  if (Array.isArray(sent)) {
    return Array.isArray(listed) && sent.every((one, index) => isSamePicture(listed[index], one));
  }
  return typeof listed === 'string' && (!listed.startsWith('data:') || listed === sent);
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isSame(one: unknown, other: unknown): boolean {
  // A service may keep a number as text, or a text without the space at its end.
  if (isPlain(one) && isPlain(other)) return String(one).trim() === String(other).trim();
  return one === other || (typeof other === 'object' && JSON.stringify(one) === JSON.stringify(other));
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** A value as a schema made it of this text: `8` of `8.0`, `png` of `PNG`. */
function isAlike(value: unknown, text: string): boolean {
  if (typeof value === 'number') return Number(text) === value;
  if (typeof value === 'boolean') return value === /^(?:true|yes|on|1)$/i.test(text);
  return typeof value === 'string' ? value.toLowerCase() === text.toLowerCase() : value !== undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
