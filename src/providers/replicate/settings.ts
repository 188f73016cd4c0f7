/** What a user set of a model's own inputs: from texts to the values its schema asks for. Pure. */
import { failure, type Failure, type Kind } from '../../jobs/job.ts';
import { findReservation } from './field-roles.ts';
import type { InputField, InputFields } from './schema.ts';
import { checkValues } from './value-check.ts';

export type ReadSettings = { values: Record<string, unknown>; failure: null } | { failure: Failure };

const TRUTHS: ReadonlyMap<string, string> = new Map([
  ['yes', 'true'],
  ['on', 'true'],
  ['1', 'true'],
  ['no', 'false'],
  ['off', 'false'],
  ['0', 'false'],
]);
/** So many names are offered for one that is not there. */
const MOST_SUGGESTED = 3;
const SHORTEST_WORD = 4;

/**
 * The values to send. The failure (`setting-refused`) names the `field`, what was `got`, and one of: `allowed` (the
 * values, the range or the type), `option` (the option to use instead), `fixed` (nobody may set it), or `nearest`
 * (names that the model has). `kind`: what the model makes; null: not known. With unknown fields (null) only the
 * reserved ones are refused.
 */
export function readSettings(
  settings: Readonly<Record<string, string>>,
  fields: InputFields | null,
  kind: Kind | null,
): ReadSettings {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(settings)) {
    const field = fields?.get(name);
    const refused = refuseName({ name, got: text, kind }, fields, field);
    if (refused !== null) return { failure: refused };
    const value = field === undefined ? guessValue(text) : readValue(text, field);
    if (value === undefined) return { failure: refuse({ field: name, got: text, allowed: 'an https address' }) };
    Object.defineProperty(values, name, { value, enumerable: true, writable: true, configurable: true });
  }
  if (fields === null) return { values, failure: null };
  const checked = checkValues(values, fields);
  if (checked.rejection === null) return { values: checked.values, failure: null };
  const { field, allowed } = checked.rejection;
  return { failure: refuse({ field, got: settings[field] ?? '', allowed }) };
}

/** The names most like it, the likest first; none where nothing is like it. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const farthest = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((known) => ({ known, distance: distanceOf(wanted, known.toLowerCase()) }))
    .filter(({ known, distance }) => distance <= farthest || sharesWord(wanted, known.toLowerCase()))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, MOST_SUGGESTED)
    .map(({ known }) => known);
}

function refuseName(
  { name, got, kind }: { name: string; got: string; kind: Kind | null },
  fields: InputFields | null,
  field: InputField | undefined,
): Failure | null {
  const reservation = findReservation(name, field, kind);
  if (reservation?.kind === 'fixed') return refuse({ field: name, got, fixed: 'yes' });
  if (reservation?.kind === 'option') return refuse({ field: name, got, option: reservation.option });
  if (fields === null || field !== undefined) return null;
  const settable = [...fields.values()].filter((known) => findReservation(known.name, known, kind) === null);
  const nearest = nearestNames(
    name,
    settable.map((known) => known.name),
  );
  return refuse({ field: name, got, nearest: nearest.join(', ') });
}

function refuse(details: Record<string, string>): Failure {
  return failure('setting-refused', 'give-up', { details });
}

/** As near to the schema's own spelling as a text can be brought without guessing; ajv does the rest. undefined: no address. */
function readValue(text: string, field: InputField): unknown {
  const { type, choices } = field;
  if (choices !== null) return findChoice(text, choices) ?? text;
  // Coercion would take `Infinity` and `0x10` as well.
  if (type === 'integer' || type === 'number') return isPlainNumber(text) ? text : '';
  if (type === 'boolean') return TRUTHS.get(text.toLowerCase()) ?? text.toLowerCase();
  if (type === 'file') return isAddress(text) ? text : undefined;
  if (type === 'files') {
    const addresses = text.split(/[\s,]+/).filter((part) => part !== '');
    return addresses.every(isAddress) ? addresses : undefined;
  }
  return type === 'other' ? guessValue(text) : text;
}

function findChoice(text: string, choices: readonly (string | number)[]): string | number | undefined {
  const lower = text.toLowerCase();
  return (
    choices.find((choice) => String(choice) === text) ??
    choices.find((choice) => String(choice).toLowerCase() === lower) ??
    choices.find((choice) => typeof choice === 'number' && text !== '' && Number(text) === choice)
  );
}

/** Where no schema tells: what looks like a number, a truth or JSON is one. */
function guessValue(text: string): unknown {
  if (!/^(?:-?\d+(?:\.\d+)?|true|false|[[{].*[\]}])$/s.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isPlainNumber(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text));
}

function isAddress(text: string): boolean {
  return text.startsWith('https://') && URL.canParse(text);
}

/** `steps` is in `num_inference_steps`. A short word says too little. */
function sharesWord(one: string, other: string): boolean {
  const words = new Set(other.split('_'));
  return one.split('_').some((word) => word.length >= SHORTEST_WORD && words.has(word));
}

/** Letters to change, add or leave out (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let line = 0; line < one.length; line++) {
    const next = [line + 1];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (one[line] === other[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
