import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InputField, readInputFields } from '../../../src/providers/replicate/schema.ts';
import { cogSchema, readFields } from './cog-schema.ts';

/** What a test asks about, of one input. */
function read(property: Record<string, unknown>, enums: Record<string, unknown> = {}): InputField {
  return readFields({ input: property }, enums).get('input') ?? assert.fail('the input was not read');
}

test('inputs come in the order of their author, whatever order the schema writes them in', () => {
  const fields = readFields({ seed: { 'x-order': 2 }, odd: {}, prompt: { 'x-order': 0 }, steps: { 'x-order': 1 } });
  assert.deepEqual([...fields.keys()], ['prompt', 'steps', 'seed', 'odd']);
});

test('the values of a list are found in every way that Cog writes one', () => {
  const words = { enum: ['webp', 'png'], type: 'string' };
  const ways: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['apart, by allOf', { allOf: [{ $ref: '#/components/schemas/Words' }], default: 'webp' }, { Words: words }],
    ['apart, referred to', { $ref: '#/components/schemas/Words' }, { Words: words }],
    ['in place', words, {}],
    ['without a type', { enum: ['webp', 'png'] }, {}],
    ['optional', { anyOf: [{ $ref: '#/components/schemas/Words' }, { type: 'null' }] }, { Words: words }],
    ['as single values', { anyOf: [{ const: 'webp' }, { const: 'png' }] }, {}],
  ];
  for (const [way, property, enums] of ways) {
    const { type, choices } = read(property, enums);
    assert.deepEqual([type, choices], ['text', ['webp', 'png']], way);
  }
});

test('a list of whole numbers is one of whole numbers, and a free text beside a list frees the input', () => {
  assert.deepEqual(read({ enum: [5, 10] }).type, 'integer');
  const { type, choices } = read({ anyOf: [{ type: 'string', enum: ['auto'] }, { type: 'string' }] });
  assert.deepEqual([type, choices], ['text', null]);
  assert.equal(read({ anyOf: [{ type: 'string' }, { type: 'integer' }] }).type, 'other');
});

test('bounds are read, also under the names that pydantic left over', () => {
  const { minimum, maximum, type } = read({ type: 'integer', ge: 4, maximum: 12 });
  assert.deepEqual([type, minimum, maximum], ['integer', 4, 12]);
  assert.equal(read({ type: 'number', minimum: 'low' }).minimum, null);
});

test('what may be left out stays what it is', () => {
  for (const property of [
    { type: 'integer', nullable: true, maximum: 9 },
    { type: ['integer', 'null'], maximum: 9 },
    { anyOf: [{ type: 'integer', maximum: 9 }, { type: 'null' }] },
  ]) {
    const { type, maximum, isNullable } = read(property);
    assert.deepEqual([type, maximum, isNullable], ['integer', 9, true]);
  }
});

test('files, lists of files, secrets and what is deprecated are told apart', () => {
  assert.equal(read({ type: 'string', format: 'uri' }).type, 'file');
  const files = read({ type: 'array', items: { type: 'string', format: 'uri' }, maxItems: 4 });
  assert.deepEqual([files.type, files.mostItems], ['files', 4]);
  assert.equal(read({ anyOf: [{ type: 'string', format: 'uri' }, { type: 'null' }] }).type, 'file');
  assert.equal(read({ type: 'array', items: { type: 'string' } }).type, 'other');
  assert.ok(read({ type: 'string', format: 'password' }).isSecret);
  assert.ok(read({ type: 'string', 'x-cog-secret': true }).isSecret);
  assert.ok(readFields({ openai_api_key: { type: 'string' } }).get('openai_api_key')?.isSecret);
  assert.ok(!readFields({ max_tokens: { type: 'integer' } }).get('max_tokens')?.isSecret);
  assert.ok(read({ type: 'string', description: 'Deprecated: use start_image.' }).isDeprecated);
});

test('an input is required when the schema says so and gives no default', () => {
  const schema = cogSchema({ prompt: { type: 'string' }, seed: {}, size: { default: 1 } }, {}, ['prompt', 'size']);
  const required = [...(readInputFields(schema)?.values() ?? [])].filter(({ isRequired }) => isRequired);
  assert.deepEqual(
    required.map(({ name }) => name),
    ['prompt'],
  );
  assert.equal(readFields({ prompt: { type: 'string' } }).get('prompt')?.isRequired, false, 'without a list of them');
});

test('a default is shown as it would be typed, and an empty one is none', () => {
  const presets = [7.5, true, 'webp', '', null, {}].map((preset) => read({ default: preset }).default);
  assert.deepEqual(presets, ['7.5', 'true', 'webp', null, null, null]);
});

test('a schema that is none, or refers to itself, or would take for ever, is not checked and harms nobody', () => {
  for (const broken of [null, undefined, 'x', [], {}, { components: { schemas: { Input: { type: 'object' } } } }]) {
    assert.equal(readInputFields(broken), null);
  }
  const circle = { a: { allOf: [{ $ref: '#/components/schemas/b' }] }, b: { $ref: '#/components/schemas/a' } };
  assert.equal(read({ allOf: [{ $ref: '#/components/schemas/a' }] }, circle).type, 'other');
  const again = { $ref: '#/components/schemas/many' };
  const many = { allOf: Array.from({ length: 20 }, () => again), anyOf: Array.from({ length: 20 }, () => again) };
  const startedAt = performance.now();
  assert.equal(read(again, { many }).choices, null);
  assert.equal(read({ enum: Array.from({ length: 100_000 }, (_, index) => index) }).choices, null);
  assert.ok(performance.now() - startedAt < 1_000);
  const hostile = readFields(JSON.parse('{"__proto__": {"type": "string"}, "a b": {}, "ok": 5, "list": []}'));
  assert.deepEqual([...hostile.keys()], ['ok', 'list']);
  assert.equal(hostile.get('ok')?.type, 'other');
});
