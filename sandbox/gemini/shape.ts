/**
 * Reads a JSON body as Google's servers read one into a protocol buffer: field names in camelCase or
 * snake_case, unknown names refused, every violation told at once, a single value taken for a list of one.
 */
import { isObject } from '../replicate/validate.ts';

export type Shape =
  | { is: 'string' | 'bytes' | 'number' | 'integer' | 'boolean' | 'any' }
  /** `type` is the enum's full name, as the refusal gives it. */
  | { is: 'enum'; type: string; values: readonly string[] }
  | { is: 'list'; of: Shape }
  | { is: 'message'; fields: Readonly<Record<string, Shape>>; naming: Naming }
  /** A message whose own `type` says which of several it is. */
  | { is: 'variant'; of: Readonly<Record<string, Shape>> };

/** Protocol buffers take camelCase and snake_case; interactions take their names as they are. */
type Naming = 'both' | 'exact';

type Message = Extract<Shape, { is: 'message' }>;

export interface Violation {
  kind: 'unknown' | 'invalid';
  /** In snake_case: `contents[0].parts[1]`; of the message that holds an unknown name. */
  path: string;
  /** The unknown name, as it was sent. */
  name: string;
  /** As Google words it. */
  description: string;
}

export interface Reading {
  /** With names in camelCase where both ways are taken. */
  value: unknown;
  violations: Violation[];
}

export const TEXT: Shape = { is: 'string' };
export const BYTES: Shape = { is: 'bytes' };
export const NUMBER: Shape = { is: 'number' };
export const INTEGER: Shape = { is: 'integer' };
export const BOOLEAN: Shape = { is: 'boolean' };
/** Taken as it is: nothing here depends on it. */
export const ANY: Shape = { is: 'any' };

/** Keys in camelCase. */
export function message(fields: Readonly<Record<string, Shape>>): Shape {
  return { is: 'message', fields, naming: 'both' };
}

/** Keys as they are sent. */
export function exactMessage(fields: Readonly<Record<string, Shape>>): Shape {
  return { is: 'message', fields, naming: 'exact' };
}

/** By the value of `type`. */
export function variant(of: Readonly<Record<string, Shape>>): Shape {
  return { is: 'variant', of };
}

export function listOf(of: Shape): Shape {
  return { is: 'list', of };
}

export function oneOf(type: string, ...values: string[]): Shape {
  return { is: 'enum', type, values };
}

const PROTO_TYPES: Readonly<Record<string, string>> = {
  string: 'TYPE_STRING',
  bytes: 'TYPE_BYTES',
  number: 'TYPE_FLOAT',
  integer: 'TYPE_INT32',
  boolean: 'TYPE_BOOL',
};

export function readShape(shape: Shape, value: unknown, path = ''): Reading {
  switch (shape.is) {
    case 'any':
      return { value, violations: [] };
    case 'list':
      return readList(shape.of, value, path);
    case 'message':
      return readMessage(shape, value, path);
    case 'variant':
      return readVariant(shape.of, value, path);
    case 'enum':
      return shape.values.some((name) => name === value) ? { value, violations: [] } : invalid(path, shape.type, value);
    default:
      return fitsScalar(shape.is, value)
        ? { value, violations: [] }
        : invalid(path, PROTO_TYPES[shape.is] ?? shape.is, value);
  }
}

function readList(shape: Shape, value: unknown, path: string): Reading {
  if (!Array.isArray(value)) return readList(shape, [value], path);
  const read = value.map((entry, index) => readShape(shape, entry, `${path}[${index}]`));
  return { value: read.map((entry) => entry.value), violations: read.flatMap(({ violations }) => violations) };
}

function readVariant(shapes: Readonly<Record<string, Shape>>, value: unknown, path: string): Reading {
  if (!isObject(value)) return invalid(path, 'TYPE_MESSAGE', value);
  const type = String(value.type);
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  return shape === undefined ? invalid(`${path}.type`, 'TYPE_ENUM', value.type) : readShape(shape, value, path);
}

function readMessage({ fields, naming }: Message, value: unknown, path: string): Reading {
  if (!isObject(value)) return invalid(path, 'TYPE_MESSAGE', value);
  const violations: Violation[] = [];
  const read: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    const key = naming === 'exact' ? name : toCamelCase(name);
    const shape = Object.hasOwn(fields, key) ? fields[key] : undefined;
    // proto3 takes null for a field that was left out.
    if (shape !== undefined && entry === null) continue;
    if (shape === undefined) {
      violations.push(unknownName(path, name));
      continue;
    }
    const inner = readShape(shape, entry, path === '' ? toSnakeCase(key) : `${path}.${toSnakeCase(key)}`);
    read[key] = inner.value;
    violations.push(...inner.violations);
  }
  return { value: read, violations };
}

function unknownName(path: string, name: string): Violation {
  const place = path === '' ? '' : ` at '${path}'`;
  const description = `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
  return { kind: 'unknown', path, name, description };
}

function invalid(path: string, type: string, value: unknown): Reading {
  const description = `Invalid value at '${path}' (${type}), ${shorten(JSON.stringify(value) ?? 'nothing')}`;
  return { value: undefined, violations: [{ kind: 'invalid', path, name: '', description }] };
}

function fitsScalar(is: string, value: unknown): boolean {
  if (is === 'string') return typeof value === 'string';
  if (is === 'boolean') return typeof value === 'boolean';
  if (is === 'bytes') return typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value);
  return typeof value === 'number' && (is === 'number' || Number.isInteger(value));
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
