/**
 * Mends an input that was refused with the names of its faults: each named field is moved to what is allowed, or
 * left out. The prompt and the pictures are what was asked for and are never touched. Pure.
 */
import type { InputChange } from '../../jobs/job.ts';
import type { ModelInputField } from '../provider.ts';
import type { ModelInput } from './inputs.ts';
import { nearestRatio } from '../aspect-ratio.ts';
import type { RefusedField } from './refusals.ts';

type KnownField = Pick<ModelInputField, 'type' | 'choices' | 'minimum' | 'maximum' | 'default' | 'isRequired'>;
export type KnownFields = ReadonlyMap<string, KnownField>;

export interface Refusal {
  /** What was refused. */
  sent: ModelInput;
  /** What the schema as it is now would have made of the same request. */
  fresh: ModelInput;
  refused: readonly RefusedField[];
  /** The schema as it is now; null: not known. */
  fields: KnownFields | null;
  /** As they stand in the input. */
  images: readonly string[];
}

/** What becomes of a field: another value, nothing (`undefined`), or it cannot be mended. */
type Mended = { value: unknown } | null;

interface Broken {
  rule: RefusedField;
  value: unknown;
  known: KnownField | undefined;
}

const LEFT_OUT: Mended = { value: undefined };
/** Longest value that a change tells. */
const LONGEST_SHOWN = 60;
/** `720p`, `5`, `1.5x`: a number with what it counts. */
const AMOUNT = /^(-?\d+(?:\.\d+)?)\s*([a-z%]*)$/i;

/** By the rule that was broken; any other rule leaves the field out. */
const MENDERS: Readonly<Record<string, (broken: Broken) => Mended>> = {
  enum: (broken) => pickNearest(broken) ?? leaveOut(broken),
  number_lte: (broken) => clamp(broken, Math.min) ?? leaveOut(broken),
  number_gte: (broken) => clamp(broken, Math.max) ?? leaveOut(broken),
  additional_property_not_allowed: () => LEFT_OUT,
  required: readDefault,
};

/** The input to send instead; null: it cannot be mended, or nothing would change. */
export function repairInput({ sent, fresh, refused, fields, images }: Refusal): ModelInput | null {
  const repaired = { ...fresh };
  for (const rule of refused) {
    const { name } = rule;
    const value = repaired[name];
    // The schema as it is now asks for something else already.
    if (!isSame(value, sent[name])) continue;
    if (name === 'prompt' || holdsImage(value, images)) return null;
    if (value === undefined && rule.type !== 'required') continue;
    const mend = name === 'seed' ? dropSeed : (MENDERS[rule.type] ?? leaveOut);
    const mended = mend({ rule, value, known: fields?.get(name) });
    if (mended === null) return null;
    repaired[name] = mended.value;
  }
  const left = Object.fromEntries(Object.entries(repaired).filter(([, value]) => value !== undefined));
  return isSame(left, sent) ? null : left;
}

/** What a user may want to know of a repair, together with what was sent otherwise than asked before it. */
export function listChanges(earlier: readonly InputChange[], sent: ModelInput, repaired: ModelInput): InputChange[] {
  const changes = new Map(earlier.map((change) => [change.field, change]));
  for (const field of new Set([...Object.keys(sent), ...Object.keys(repaired)])) {
    if (isSame(sent[field], repaired[field])) continue;
    const from = changes.get(field)?.from ?? show(sent[field]) ?? '';
    changes.set(field, { field, from, to: show(repaired[field]) });
  }
  return [...changes.values()];
}

/**
 * Whether a prediction's input may be a repair of `sent` that nobody remembers: the same prompt and seed, and each
 * other value is there, or left out, or one that the schema would not have taken. Where the seed was left out, all
 * else is as it was.
 */
export function isRepairOf(listed: unknown, sent: ModelInput, fields: KnownFields | null): boolean {
  if (typeof listed !== 'object' || listed === null || sent.seed === undefined) return false;
  const input = listed as ModelInput;
  return Object.entries(sent).every(([name, value]) => {
    const found = input[name];
    if (isSame(found, value)) return true;
    if (input.seed === undefined) return name === 'seed';
    if (name === 'prompt' || name === 'seed') return false;
    return found === undefined || !isAllowed(value, fields?.get(name));
  });
}

function isAllowed(value: unknown, known: KnownField | undefined): boolean {
  if (known === undefined) return true;
  if (known.choices !== null) return known.choices.some((choice) => choice === value);
  if (typeof value !== 'number') return true;
  return value >= (known.minimum ?? -Infinity) && value <= (known.maximum ?? Infinity);
}

/** The service's own list comes first: it is the one that was broken. */
function pickNearest({ rule, value, known }: Broken): Mended {
  const choices = (rule.choices ?? known?.choices ?? []).filter((choice) => choice !== value);
  const alike = choices.find((choice) => String(choice) === String(value));
  const nearest = alike ?? nearestAmount(value, choices) ?? nearestRatio(String(value), choices);
  return nearest === undefined ? null : { value: nearest };
}

function nearestAmount(value: unknown, choices: readonly (string | number)[]): string | number | undefined {
  const [, amount, unit] = AMOUNT.exec(String(value)) ?? [];
  if (amount === undefined) return undefined;
  const distanceOf = (choice: string | number): number => {
    const [, other, otherUnit] = AMOUNT.exec(String(choice)) ?? [];
    return other === undefined || otherUnit !== unit ? Infinity : Math.abs(Number(other) - Number(amount));
  };
  const nearest = choices.toSorted((one, other) => distanceOf(one) - distanceOf(other))[0];
  return nearest === undefined || distanceOf(nearest) === Infinity ? undefined : nearest;
}

function clamp({ rule, value, known }: Broken, nearer: (...values: number[]) => number): Mended {
  const limit = rule.limit ?? (rule.type === 'number_lte' ? known?.maximum : known?.minimum) ?? null;
  return typeof value !== 'number' || limit === null ? null : { value: nearer(value, limit) };
}

/** What a model cannot do without is not left out: its default, or nothing can be done. */
function leaveOut(broken: Broken): Mended {
  return broken.known?.isRequired === true ? readDefault(broken) : LEFT_OUT;
}

/** Work whose answer is lost is known by our seed: with another one nobody would find it, and it would be paid again. */
function dropSeed({ known }: Broken): Mended {
  return known?.isRequired === true ? null : LEFT_OUT;
}

function readDefault({ known, value: sent }: Broken): Mended {
  if (known === undefined || known.default === null) return null;
  const { default: preset, type, choices } = known;
  const value = choices?.find((choice) => String(choice) === preset) ?? readAs(type, preset);
  return value === undefined || isSame(value, sent) ? null : { value };
}

function readAs(type: KnownField['type'], text: string): unknown {
  if (type === 'text') return text;
  if (type === 'boolean') return text === 'true';
  return type === 'integer' || type === 'number' ? Number(text) : undefined;
}

/** Without the pictures: the service may name them otherwise than we did. */
export function dropImages(input: ModelInput, images: readonly string[]): ModelInput {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => !holdsImage(value, images)));
}

function holdsImage(value: unknown, images: readonly string[]): boolean {
  return (Array.isArray(value) ? value : [value]).some((part) => images.includes(part));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Short, and without an address, which may be a signed one. null: left out. */
function show(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = text.replace(/\w+:\/\/[^\s"]+|\bdata:[^\s"]+/g, '…');
  return safe.length <= LONGEST_SHOWN ? safe : `${safe.slice(0, LONGEST_SHOWN - 1)}…`;
}
