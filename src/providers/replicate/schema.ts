/**
 * A model's inputs, read from Cog's OpenAPI schema. Anybody may publish a model, so nothing in a schema is
 * believed: what cannot be read, or is too large, means "not checked". Pure; never throws.
 */
import type { ModelInputField } from '../provider.ts';

export interface InputField extends Omit<ModelInputField, 'isOwnOption'> {
  /** Asks for a key or a password: never shown, never filled. */
  isSecret: boolean;
  isDeprecated: boolean;
  /** For `files`, and lists of other things: how many at most; null: not told. */
  mostItems: number | null;
  isNullable: boolean;
}

/** By name, in the author's order. */
export type InputFields = ReadonlyMap<string, InputField>;

/** A part of a schema with all it refers to folded in. */
interface Resolved {
  type: string | null;
  choices: (string | number)[] | null;
  minimum: number | null;
  maximum: number | null;
  format: string | null;
  items: Resolved | null;
  mostItems: number | null;
  isNullable: boolean;
}

/** The definitions a field may refer to, and how many more parts may be looked at for it. */
interface Walk {
  schemas: unknown;
  stepsLeft: number;
}

/** A `$ref` that leads to a `$ref`: deeper is a circle. */
const DEEPEST_REFERENCE = 6;
/** The largest public model of January 2025 has 73 inputs. */
const MOST_FIELDS = 250;
/** A list nobody could read is not checked here: the service does. */
const MOST_CHOICES = 1_000;
const MOST_PARTS = 20;
/** Lists of lists of references multiply. */
const MOST_STEPS_OF_A_FIELD = 200;
const LONGEST_DESCRIPTION = 1_000;
const NAME = /^[a-z_][\w.-]{0,99}$/i;
/** Would be no plain property of an object. */
const NO_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const SECRET_NAME = /(?:^|_)(?:api_?key|api_?token|auth_?token|access_?token|hf_?token|password|secret)$/i;
const DEPRECATED = /\bdeprecated\b/i;
const UNKNOWN: Resolved = {
  type: null,
  choices: null,
  minimum: null,
  maximum: null,
  format: null,
  items: null,
  mostItems: null,
  isNullable: false,
};
const TYPES: Readonly<Record<string, InputField['type']>> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
};

/** The inputs named in a version's `openapi_schema`; null when it has none that can be read. */
export function readInputFields(openapiSchema: unknown): InputFields | null {
  const schemas = getObject(getObject(openapiSchema, 'components'), 'schemas');
  const input = getObject(schemas, 'Input');
  const properties = getObject(input, 'properties');
  if (input === null || properties === null) return null;
  const required = new Set(Array.isArray(input.required) ? input.required : []);
  const named = Object.entries(properties)
    .filter(([name]) => NAME.test(name) && !NO_NAMES.has(name))
    .toSorted(([, one], [, other]) => orderOf(one) - orderOf(other))
    .slice(0, MOST_FIELDS);
  return new Map(named.map(([name, property]) => [name, readField(name, property, required.has(name), schemas)]));
}

function readField(name: string, property: unknown, isRequired: boolean, schemas: unknown): InputField {
  const resolved = resolve(property, { schemas, stepsLeft: MOST_STEPS_OF_A_FIELD }, DEEPEST_REFERENCE);
  const own = isObject(property) ? property : {};
  const description = typeof own.description === 'string' ? own.description.slice(0, LONGEST_DESCRIPTION) : '';
  const type = typeOf(resolved);
  return {
    name,
    type,
    choices: resolved.choices,
    minimum: resolved.minimum,
    maximum: resolved.maximum,
    default: showDefault(own.default),
    description,
    // Cog lists an input with a default as required now and then; it fills that in.
    isRequired: isRequired && (own.default === undefined || own.default === null),
    isSecret: resolved.format === 'password' || own['x-cog-secret'] === true || SECRET_NAME.test(name),
    isDeprecated: own.deprecated === true || DEPRECATED.test(description),
    mostItems: resolved.mostItems,
    isNullable: resolved.isNullable,
  };
}

function typeOf({ type, format, items }: Resolved): InputField['type'] {
  if (type === 'array') return items?.format === 'uri' ? 'files' : 'other';
  if (type === 'string' && format === 'uri') return 'file';
  return TYPES[type ?? ''] ?? 'other';
}

/** A part of a schema with everything it refers to: Cog writes an enum as `allOf` of a `$ref`, an optional as `anyOf` with null. */
function resolve(part: unknown, walk: Walk, depth: number): Resolved {
  if (!isObject(part) || depth === 0 || walk.stepsLeft === 0) return UNKNOWN;
  walk.stepsLeft -= 1;
  const referred = typeof part.$ref === 'string' ? getObject(walk.schemas, part.$ref.split('/').at(-1) ?? '') : null;
  const below = [...(referred === null ? [] : [referred]), ...listOf(part.allOf)];
  const all = below.map((inner) => resolve(inner, walk, depth - 1));
  const any = [part.anyOf, part.oneOf].map((list) => resolveAny(listOf(list), walk, depth - 1));
  return [readOwn(part, walk, depth), ...all, ...any].reduce(both);
}

/** What a part says itself. */
function readOwn(part: Record<string, unknown>, walk: Walk, depth: number): Resolved {
  const types = (Array.isArray(part.type) ? part.type : [part.type]).filter((type) => typeof type === 'string');
  const kinds = types.filter((type) => type !== 'null');
  const choices = readChoices(part.const === undefined ? part.enum : [part.const]);
  return {
    type: kinds.length === 1 ? (kinds[0] ?? null) : kinds.length === 0 ? typeOfChoices(choices) : null,
    choices,
    // pydantic's names are left over in some.
    minimum: finite(part.minimum) ?? finite(part.ge),
    maximum: finite(part.maximum) ?? finite(part.le),
    format: typeof part.format === 'string' ? part.format : null,
    items: isObject(part.items) ? resolve(part.items, walk, depth - 1) : null,
    mostItems: finite(part.maxItems),
    isNullable: part.nullable === true || types.includes('null'),
  };
}

/** One of several: null makes it optional; of what is left only what holds for all can be checked. */
function resolveAny(parts: readonly unknown[], walk: Walk, depth: number): Resolved {
  const resolved = parts
    .filter((part) => !isNull(part))
    .slice(0, MOST_PARTS)
    .map((part) => resolve(part, walk, depth));
  const isNullable = resolved.length < parts.length;
  const [first, ...others] = resolved;
  return first === undefined ? { ...UNKNOWN, isNullable } : { ...others.reduce(either, first), isNullable };
}

function both(one: Resolved, other: Resolved): Resolved {
  return {
    type: one.type ?? other.type,
    choices: one.choices ?? other.choices,
    minimum: one.minimum ?? other.minimum,
    maximum: one.maximum ?? other.maximum,
    format: one.format ?? other.format,
    items: one.items ?? other.items,
    mostItems: one.mostItems ?? other.mostItems,
    isNullable: one.isNullable || other.isNullable,
  };
}

function either(one: Resolved, other: Resolved): Resolved {
  if (one.type !== other.type) return UNKNOWN;
  const choices = one.choices === null || other.choices === null ? null : [...one.choices, ...other.choices];
  return {
    ...UNKNOWN,
    type: one.type,
    choices,
    format: one.format === other.format ? one.format : null,
    items: one.items,
  };
}

function readChoices(list: unknown): (string | number)[] | null {
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_CHOICES) return null;
  const choices = list.filter((choice) => typeof choice === 'string' || typeof choice === 'number');
  return choices.length === 0 ? null : [...new Set(choices)];
}

/** Some enums name no type. */
function typeOfChoices(choices: readonly (string | number)[] | null): string | null {
  if (choices === null) return null;
  if (choices.every((choice) => typeof choice === 'string')) return 'string';
  return choices.every((choice) => Number.isInteger(choice)) ? 'integer' : null;
}

function showDefault(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value.slice(0, LONGEST_DESCRIPTION);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function orderOf(property: unknown): number {
  return (isObject(property) ? finite(property['x-order']) : null) ?? MOST_FIELDS;
}

function isNull(part: unknown): boolean {
  return isObject(part) && (part.type === 'null' || part.const === null);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_PARTS) : [];
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function getObject(parent: unknown, name: string): Record<string, unknown> | null {
  const child = isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : null;
  return isObject(child) ? child : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
