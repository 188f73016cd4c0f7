import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildInput as build,
  isInputOf,
  nearestRatio,
  readInputFields,
  takesPrompt,
  type InputFields,
  type ModelInput,
  type Wish,
} from '../../../src/providers/replicate/inputs.ts';

const buildInput = (wanted: Wish, fields: InputFields | null): ModelInput => build(wanted, fields).input;

const PROMPT = { type: 'string', title: 'Prompt', 'x-order': 0 };
const SEED = { type: 'integer', title: 'Seed', description: 'Random seed', 'x-order': 3 };

/** As Cog writes it: enums apart, referred to without a type. */
function read(properties: Record<string, unknown>, enums: Record<string, unknown> = {}): InputFields {
  const fields = readInputFields({
    openapi: '3.0.2',
    components: { schemas: { Input: { type: 'object', title: 'Input', properties }, ...enums } },
  });
  return fields ?? assert.fail('the schema was not read');
}

function enumField(name: string): Record<string, unknown> {
  return { allOf: [{ $ref: `#/components/schemas/${name}` }], description: name, 'x-order': 1 };
}

function wish(changes: Partial<Wish> = {}): Wish {
  return {
    kind: 'image',
    prompt: 'a lake',
    negativePrompt: null,
    aspectRatio: null,
    seed: 42,
    settings: {},
    ...changes,
  };
}

const FLUX = read(
  {
    prompt: PROMPT,
    aspect_ratio: enumField('aspect_ratio'),
    num_outputs: { type: 'integer', minimum: 1, maximum: 4, default: 1 },
    seed: SEED,
    output_format: enumField('output_format'),
    disable_safety_checker: { type: 'boolean', default: false },
  },
  {
    aspect_ratio: { enum: ['1:1', '16:9', '21:9', '2:3', '4:5', '9:16'], type: 'string' },
    output_format: { enum: ['webp', 'jpg', 'png'], type: 'string' },
  },
);
const SDXL = read({
  prompt: PROMPT,
  negative_prompt: { type: 'string', default: '' },
  width: { type: 'integer', default: 1024 },
  height: { type: 'integer', default: 1024 },
  seed: SEED,
});

test('a model with the usual inputs gets prompt, seed, shape, PNG and one picture, and never its safety switched off', () => {
  assert.deepEqual(buildInput(wish({ aspectRatio: '16:9' }), FLUX), {
    prompt: 'a lake',
    seed: 42,
    aspect_ratio: '16:9',
    output_format: 'png',
    num_outputs: 1,
  });
});

test('nothing is said about the shape when none was asked for', () => {
  assert.deepEqual(Object.keys(buildInput(wish(), SDXL)).toSorted(), ['prompt', 'seed']);
});

test('a shape the model does not know becomes its nearest one', () => {
  assert.equal(buildInput(wish({ aspectRatio: '3:4' }), FLUX).aspect_ratio, '4:5');
  assert.equal(buildInput(wish({ aspectRatio: '2:1' }), FLUX).aspect_ratio, '16:9');
  assert.equal(nearestRatio('1:2', ['match_input_image', 'custom', '2:1', '9:16']), '9:16');
  assert.equal(nearestRatio('1:2', ['match_input_image']), undefined);
});

test('a model without aspect ratios gets sides of about a megapixel in steps of 64', () => {
  assert.deepEqual(buildInput(wish({ aspectRatio: '16:9' }), SDXL), {
    prompt: 'a lake',
    seed: 42,
    width: 1344,
    height: 768,
  });
  const { width, height } = buildInput(wish({ aspectRatio: '1:1' }), SDXL);
  assert.deepEqual([width, height], [1024, 1024]);
});

test('sides stay within the bounds and lists of the model', () => {
  const bounded = read({
    prompt: PROMPT,
    width: { type: 'integer', minimum: 256, maximum: 1000 },
    height: { type: 'integer', minimum: 256, maximum: 1000 },
  });
  assert.deepEqual(buildInput(wish({ aspectRatio: '16:9' }), bounded), { prompt: 'a lake', width: 960, height: 576 });
  const listed = read(
    { prompt: PROMPT, width: enumField('width'), height: enumField('height') },
    {
      width: { enum: [128, 256, 512, 768, 1024], type: 'integer' },
      height: { enum: [128, 256, 512, 768], type: 'integer' },
    },
  );
  assert.deepEqual(buildInput(wish({ aspectRatio: '3:2' }), listed), { prompt: 'a lake', width: 1024, height: 768 });
});

test('a size from a list is chosen by its shape', () => {
  const recraft = read(
    { prompt: PROMPT, size: enumField('size') },
    { size: { enum: ['1024x1024', '1365x1024', '1820x1024'] } },
  );
  assert.equal(buildInput(wish({ aspectRatio: '16:9' }), recraft).size, '1820x1024');
});

test('what to avoid goes to the model as its own input, or into the prompt where there is none', () => {
  assert.equal(buildInput(wish({ negativePrompt: 'rain' }), SDXL).negative_prompt, 'rain');
  assert.equal(buildInput(wish({ negativePrompt: 'rain' }), SDXL).prompt, 'a lake');
  assert.equal(buildInput(wish({ negativePrompt: 'rain' }), read({ prompt: PROMPT, n_prompt: {} })).n_prompt, 'rain');
  assert.equal(buildInput(wish({ negativePrompt: 'rain' }), FLUX).prompt, 'a lake\n\nAvoid: rain');
  assert.equal(buildInput(wish({ negativePrompt: '  ' }), FLUX).prompt, 'a lake');
});

test('a seed is left out where there is none, and brought within the bounds where there are', () => {
  assert.equal('seed' in buildInput(wish(), read({ prompt: PROMPT })), false);
  const small = read({ prompt: PROMPT, seed: { type: 'integer', minimum: 1, maximum: 65535 } });
  const { seed } = buildInput(wish({ seed: 2 ** 31 - 1 }), small);
  assert.ok(typeof seed === 'number' && seed >= 1 && seed <= 65535);
  assert.equal(buildInput(wish({ seed: 1000 }), small).seed, 1000);
});

test('optional inputs, inputs without a type and whole-number lists are understood', () => {
  const fields = read(
    {
      prompt: PROMPT,
      seed: { anyOf: [{ type: 'integer', maximum: 100 }, { type: 'null' }] },
      num_samples: enumField('num_samples'),
      batch_size: { type: ['integer', 'null'], minimum: 2 },
      number_of_images: { $ref: '#/components/schemas/number_of_images' },
    },
    { num_samples: { enum: ['1', '4'] }, number_of_images: { enum: [1, 2], type: 'integer' } },
  );
  assert.deepEqual(buildInput(wish(), fields), { prompt: 'a lake', seed: 42, num_samples: '1', number_of_images: 1 });
});

test('a schema that refers to itself or is none ends quietly', () => {
  const circle = read({ prompt: PROMPT, seed: enumField('a') }, { a: { $ref: '#/components/schemas/a' } });
  assert.equal(circle.get('seed')?.choices, null);
  for (const broken of [null, undefined, 'x', [], {}, { components: { schemas: { Input: { type: 'object' } } } }]) {
    assert.equal(readInputFields(broken), null);
  }
});

test('a model of unknown schema gets only what nearly every model takes', () => {
  assert.deepEqual(buildInput(wish({ negativePrompt: 'rain', aspectRatio: '16:9' }), null), {
    prompt: 'a lake\n\nAvoid: rain',
    seed: 42,
    aspect_ratio: '16:9',
  });
  assert.deepEqual(buildInput(wish(), null), { prompt: 'a lake', seed: 42 });
});

test('a model that takes no prompt is known before it costs anything', () => {
  assert.equal(takesPrompt(read({ image: { type: 'string', format: 'uri' } })), false);
  assert.equal(takesPrompt(FLUX), true);
  assert.equal(takesPrompt(null), true);
});

test('a listed input is ours when everything we send is in it, whatever else there is', () => {
  const ours = wish({ aspectRatio: '16:9' });
  assert.ok(isInputOf({ ...buildInput(ours, FLUX), go_fast: true }, ours, FLUX));
  for (const other of [{ seed: 43 }, { prompt: 'a sea' }, { aspect_ratio: '1:1' }, { seed: undefined }]) {
    assert.ok(!isInputOf({ ...buildInput(ours, FLUX), ...other }, ours, FLUX), JSON.stringify(other));
  }
  for (const broken of [null, undefined, 'x', [], {}]) assert.ok(!isInputOf(broken, ours, FLUX));
});

test('our own input is recognised when the schema was unknown as it was sent, or is now', () => {
  const ours = wish({ negativePrompt: 'rain', aspectRatio: '3:4' });
  for (const then of [null, FLUX, SDXL]) {
    assert.ok(isInputOf(buildInput(ours, then), ours, null));
    assert.ok(!isInputOf(buildInput({ ...ours, seed: 7 }, then), ours, null));
    assert.ok(!isInputOf(buildInput({ ...ours, negativePrompt: 'snow' }, then), ours, null));
  }
  assert.ok(isInputOf(buildInput(ours, null), ours, FLUX));
});
