import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildInput as build,
  type ModelInput,
  presentInputs,
  refuseWish,
  takesPrompt,
  type Wish,
} from '../../../src/providers/replicate/inputs.ts';
import { recognizeInput } from '../../../src/providers/replicate/recognition.ts';
import type { InputFields } from '../../../src/providers/replicate/schema.ts';
import { nearestRatio } from '../../../src/providers/aspect-ratio.ts';
import { enumField, FILE, FILES, PROMPT, readFields as read, SEED } from './cog-schema.ts';

/** What is sent; the changes have a test of their own. */
const buildInput = (wanted: Wish, fields: InputFields | null): ModelInput => build(wanted, fields).input;

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

/** Where a picture was uploaded now. */
const ONE = ['https://now.example/c.png'];

function wish(changes: Partial<Wish> = {}): Wish {
  return {
    kind: 'image',
    prompt: 'a lake',
    negativePrompt: null,
    aspectRatio: null,
    seed: 42,
    settings: {},
    durationSeconds: null,
    images: [],
    ...changes,
  };
}

function isInputOf(...given: Parameters<typeof recognizeInput>): boolean {
  return recognizeInput(...given) !== null;
}

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

test('a shape the model has to change, or leave out, is told', () => {
  const changesFor = (aspectRatio: string, fields: InputFields): unknown =>
    build(wish({ aspectRatio }), fields).changes;
  assert.deepEqual(changesFor('3:4', FLUX), [{ field: 'aspect_ratio', from: '3:4', to: '4:5' }]);
  assert.deepEqual(changesFor('16:9', read({ prompt: PROMPT })), [{ field: 'aspect_ratio', from: '16:9', to: null }]);
  const sizes = read({ prompt: PROMPT, size: { enum: ['1024x1024', '1365x1024'] } });
  assert.deepEqual(changesFor('1:1', sizes), [], 'the same shape in other words');
  assert.deepEqual(changesFor('16:9', FLUX), []);
  assert.deepEqual(changesFor('16:9', SDXL), [], 'sides in this shape');
});

test('settings win over what the bot would choose, and come as the schema wants them', () => {
  const settings = { output_format: 'webp', go_fast: 'true', steps: '4' };
  const fields = read(
    {
      prompt: PROMPT,
      output_format: enumField('output_format'),
      go_fast: { type: 'boolean' },
      steps: { type: 'integer' },
    },
    { output_format: { enum: ['webp', 'png'] } },
  );
  assert.deepEqual(buildInput(wish({ settings }), fields), {
    prompt: 'a lake',
    output_format: 'webp',
    go_fast: true,
    steps: 4,
  });
  const refused = { ...settings, steps: 'many' };
  assert.throws(() => buildInput(wish({ settings: refused }), fields), /setting-refused/);
  assert.equal(
    refuseWish({ kind: 'image', model: 'a/b', settings: refused, images: 0 }, fields)?.details.field,
    'steps',
  );
  assert.equal(refuseWish({ kind: 'image', model: 'a/b', settings, images: 0 }, fields), null);
});

test('sides set by hand count also where the model has a word for that', () => {
  const fields = read({
    prompt: PROMPT,
    aspect_ratio: { enum: ['custom', '1:1'] },
    width: { type: 'integer' },
    height: { type: 'integer' },
  });
  const input = buildInput(wish({ settings: { width: '640', height: '480' } }), fields);
  assert.deepEqual(input, { prompt: 'a lake', aspect_ratio: 'custom', width: 640, height: 480 });
});

test('our own input with settings and pictures is recognised, wherever the pictures were uploaded', () => {
  const ours = wish({ settings: { go_fast: 'on', steps: '4.0' } });
  const fields = read({
    prompt: PROMPT,
    seed: SEED,
    image: FILE,
    go_fast: { type: 'boolean' },
    steps: { type: 'number' },
  });
  const { input } = build(ours, fields, ['https://one.example/a.png']);
  assert.equal(input.image, 'https://one.example/a.png');
  assert.ok(isInputOf(input, ours, fields, ONE));
  assert.ok(isInputOf({ ...input, image: 'https://two.example/b.png' }, ours, fields, ONE));
  assert.ok(isInputOf(input, ours, null, ONE), 'also when the schema is not known now');
  assert.ok(!isInputOf({ ...input, image: undefined }, ours, fields, ONE));
  for (const known of [fields, null]) {
    assert.ok(!isInputOf({ ...input, go_fast: false }, ours, known, ONE));
    assert.ok(!isInputOf({ ...input, steps: 5 }, ours, known, ONE));
  }
  const blind = buildInput(ours, null);
  assert.ok(isInputOf(blind, ours, fields));
  assert.ok(isInputOf(blind, ours, null));
});

test('a picture that travelled inside a request is told from another one', () => {
  const fields = read({ prompt: PROMPT, image: FILE });
  const ours = ['data:image/png;base64,QUFB'];
  const listed = (image: unknown): object => ({ prompt: 'a lake', image });
  assert.ok(isInputOf(listed('data:image/png;base64,QUFB'), wish(), fields, ours));
  assert.ok(!isInputOf(listed('data:image/png;base64,QkJC'), wish(), fields, ours));
  assert.ok(isInputOf(listed('https://replicate.delivery/kept.png'), wish(), fields, ours), 'the service moved it');
  assert.ok(
    !isInputOf(listed('data:image/png;base64,QUFB'), wish(), fields, ['upload:0']),
    'ours is too large for that',
  );
  const several = read({ prompt: PROMPT, images: FILES });
  const two = { prompt: 'a lake', images: ['https://a.example', 'https://b.example'] };
  assert.ok(isInputOf(two, wish(), several, ['upload:0', 'upload:1']));
  assert.ok(!isInputOf({ ...two, images: ['https://a.example'] }, wish(), several, ['upload:0', 'upload:1']));
});

test('a model that makes something else is refused before it is paid for', () => {
  const refuse = (kind: Wish['kind'], model: string, fields: InputFields | null): string | undefined =>
    refuseWish({ kind, model, settings: {}, images: 0 }, fields)?.details.fields;
  const video = read({ prompt: PROMPT, num_frames: {} });
  assert.equal(refuse('image', 'google/veo-3.1', null), 'google/veo-3.1 makes videos');
  assert.equal(refuse('video', 'google/imagen-4', FLUX), 'google/imagen-4 makes images');
  assert.equal(refuse('image', 'somebody/nice-video', video), 'somebody/nice-video makes videos');
  assert.equal(refuse('image', 'somebody/nice', video), undefined, 'it cannot be told');
  assert.equal(refuse('video', 'somebody/nice', null), undefined);
  assert.equal(refuse('image', 'black-forest-labs/flux-schnell', FLUX), undefined);
});

test('what a user is told of a model leaves out what nobody may set, and marks what has an option of its own', () => {
  const fields = read({
    prompt: PROMPT,
    key: { type: 'string', format: 'password', 'x-order': 1 },
    style: { type: 'string' },
    disable_safety_checker: { type: 'boolean' },
  });
  const { fields: told } = presentInputs('a/b', 'image', fields);
  assert.deepEqual(
    told.map(({ name, isOwnOption }) => [name, isOwnOption]),
    [
      ['prompt', true],
      ['style', false],
    ],
  );
  assert.deepEqual(presentInputs('a/b', null, null).fields, []);
});
