/** Schemas in Cog's shape, for tests. */
import assert from 'node:assert/strict';
import { type InputFields, readInputFields } from '../../../src/providers/replicate/schema.ts';

type Parts = Record<string, unknown>;

/** As a version's `openapi_schema`; without a list of required inputs where none is given, as Cog leaves it out. */
export function cogSchema(properties: Parts, enums: Parts = {}, required: string[] = []): object {
  const listed = required.length === 0 ? {} : { required };
  const input = { type: 'object', title: 'Input', properties, ...listed };
  return { openapi: '3.0.2', components: { schemas: { Input: input, ...enums } } };
}

export function readFields(properties: Parts, enums: Parts = {}, required: string[] = []): InputFields {
  return readInputFields(cogSchema(properties, enums, required)) ?? assert.fail('the schema was not read');
}

/** A list of values as Cog writes it: apart, and referred to without a type. */
export function enumField(name: string, more: Parts = {}): Parts {
  return { allOf: [{ $ref: `#/components/schemas/${name}` }], description: name, 'x-order': 1, ...more };
}

export const PROMPT = { type: 'string', title: 'Prompt', 'x-order': 0 };
export const SEED = { type: 'integer', title: 'Seed', description: 'Random seed', 'x-order': 3 };
export const FILE = { type: 'string', format: 'uri' };
export const FILES = { type: 'array', items: FILE };
