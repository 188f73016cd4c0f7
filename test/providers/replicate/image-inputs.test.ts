/** Where the pictures of a user go, in the models people use; inputs as on the models' own pages (April 2026). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProviderFailure } from '../../../src/providers/provider.ts';
import { buildInput, refuseWish, type Wish } from '../../../src/providers/replicate/inputs.ts';
import { KNOWN_MODELS } from '../../../src/providers/replicate/known-models.ts';
import type { InputFields } from '../../../src/providers/replicate/schema.ts';
import { FILE, FILES, PROMPT, readFields, SEED } from './cog-schema.ts';

const A = 'https://files.example/a.png';
const B = 'https://files.example/b.png';
const TEXT = { type: 'string' };
const WHOLE = { type: 'integer' };
const DURATION = { enum: [5, 10], type: 'integer' };
const RATIOS = { enum: ['1:1', '16:9', '9:16'] };
const FOR_A_MASK = { ...FILE, description: 'An image file to use for inpainting. You must also use a mask.' };
const FOR_BOTH = { ...FILE, description: 'Input image for img2img or inpaint mode' };
const DEPRECATED_FILE = { ...FILE, description: 'Deprecated: Use start_image instead.' };

interface ModelInputs {
  /** Its inputs beside the prompt. */
  inputs: Record<string, unknown>;
  required?: string[];
  /** What one picture becomes; null: the model takes none. */
  one: Record<string, unknown> | null;
  /** What two become, where that is something else. */
  two?: Record<string, unknown>;
}

const MODELS: Record<string, ModelInputs> = {
  'black-forest-labs/flux-schnell': { inputs: { aspect_ratio: RATIOS, num_outputs: WHOLE, seed: SEED }, one: null },
  'black-forest-labs/flux-dev': { inputs: { image: FILE, prompt_strength: {}, guidance: {} }, one: { image: A } },
  'black-forest-labs/flux-1.1-pro': {
    inputs: { image_prompt: FILE, aspect_ratio: RATIOS },
    one: { image_prompt: A, aspect_ratio: '9:16' },
  },
  'black-forest-labs/flux-1.1-pro-ultra': {
    inputs: { image_prompt: FILE, image_prompt_strength: { type: 'number' }, raw: {} },
    one: { image_prompt: A },
  },
  'black-forest-labs/flux-kontext-pro': {
    inputs: { input_image: FILE, aspect_ratio: { enum: ['match_input_image', '1:1'] } },
    one: { input_image: A, aspect_ratio: 'match_input_image' },
  },
  'black-forest-labs/flux-2-pro': {
    inputs: { input_images: FILES },
    one: { input_images: [A] },
    two: { input_images: [A, B] },
  },
  'black-forest-labs/flux-2-max': { inputs: { input_images: FILES }, one: { input_images: [A] } },
  'black-forest-labs/flux-2-flex': { inputs: { input_images: FILES, steps: WHOLE }, one: { input_images: [A] } },
  'black-forest-labs/flux-2-klein-4b': { inputs: { images: FILES, output_megapixels: TEXT }, one: { images: [A] } },
  'stability-ai/sdxl': { inputs: { width: WHOLE, height: WHOLE, mask: FILE, image: FOR_BOTH }, one: { image: A } },
  'stability-ai/stable-diffusion-3.5-large': { inputs: { image: FILE, cfg: {} }, one: { image: A } },
  'stability-ai/stable-diffusion-3.5-large-turbo': { inputs: { image: FILE, cfg: {} }, one: { image: A } },
  'stability-ai/stable-diffusion-3.5-medium': { inputs: { image: FILE, cfg: {} }, one: { image: A } },
  'ideogram-ai/ideogram-v3-turbo': {
    inputs: { style_type: TEXT, mask: FILE, style_reference_images: FILES, image: FOR_A_MASK },
    one: { style_reference_images: [A] },
  },
  'recraft-ai/recraft-v3': { inputs: { size: { enum: ['1024x1024'] }, style: TEXT }, one: null },
  'recraft-ai/recraft-v4': { inputs: { size: { enum: ['1024x1024'] }, aspect_ratio: RATIOS }, one: null },
  'google/imagen-4': { inputs: { aspect_ratio: RATIOS, safety_filter_level: TEXT }, one: null },
  'google/imagen-4-fast': { inputs: { aspect_ratio: RATIOS }, one: null },
  'google/imagen-4-ultra': { inputs: { aspect_ratio: RATIOS }, one: null },
  'google/nano-banana': { inputs: { image_input: FILES }, one: { image_input: [A] }, two: { image_input: [A, B] } },
  'google/nano-banana-pro': { inputs: { image_input: FILES, resolution: TEXT }, one: { image_input: [A] } },
  'google/nano-banana-2': { inputs: { image_input: FILES, google_search: {} }, one: { image_input: [A] } },
  'bytedance/seedream-4': {
    inputs: { image_input: FILES, max_images: WHOLE },
    one: { image_input: [A], max_images: 1 },
  },
  'bytedance/seedream-4.5': { inputs: { image_input: { ...FILES, maxItems: 1 } }, one: { image_input: [A] } },
  'bytedance/seedream-5-lite': { inputs: { image_input: FILES }, one: { image_input: [A] } },
  'openai/gpt-image-1.5': {
    inputs: { input_images: FILES, number_of_images: WHOLE, openai_api_key: { ...TEXT, format: 'password' } },
    one: { input_images: [A], number_of_images: 1 },
  },
  'openai/gpt-image-2': { inputs: { input_images: FILES }, one: { input_images: [A] } },
  'qwen/qwen-image': { inputs: { image: FILE, lora_weights: TEXT }, one: { image: A } },
  'qwen/qwen-image-edit': { inputs: { image: FILE }, required: ['image'], one: { image: A } },
  'qwen/qwen-image-2-pro': { inputs: { image: FILE }, one: { image: A } },
  'minimax/image-01': {
    inputs: { subject_reference: FILE, number_of_images: WHOLE },
    one: { subject_reference: A, number_of_images: 1 },
  },
  'kwaivgi/kling-v2.1': {
    inputs: { end_image: FILE, start_image: FILE, duration: DURATION },
    required: ['start_image'],
    one: { start_image: A },
    two: { start_image: A, end_image: B },
  },
  'kwaivgi/kling-v2.5-turbo-pro': {
    inputs: { image: DEPRECATED_FILE, start_image: FILE, end_image: FILE },
    one: { start_image: A },
    two: { start_image: A, end_image: B },
  },
  'kwaivgi/kling-v3-video': { inputs: { start_image: FILE, end_image: FILE, mode: TEXT }, one: { start_image: A } },
  'kwaivgi/kling-v3-omni-video': {
    inputs: { reference_images: FILES, reference_video: FILE, start_image: FILE, end_image: FILE },
    one: { start_image: A },
  },
  'minimax/video-01': { inputs: { subject_reference: FILE, first_frame_image: FILE }, one: { first_frame_image: A } },
  'minimax/video-01-live': {
    inputs: { first_frame_image: FILE },
    required: ['first_frame_image'],
    one: { first_frame_image: A },
  },
  'minimax/hailuo-02': {
    inputs: { last_frame_image: FILE, first_frame_image: FILE, duration: DURATION },
    one: { first_frame_image: A },
    two: { first_frame_image: A, last_frame_image: B },
  },
  'minimax/hailuo-2.3': { inputs: { first_frame_image: FILE }, one: { first_frame_image: A } },
  'minimax/hailuo-2.3-fast': {
    inputs: { first_frame_image: FILE },
    required: ['first_frame_image'],
    one: { first_frame_image: A },
  },
  'bytedance/seedance-1-pro': { inputs: { image: FILE, last_frame_image: FILE }, one: { image: A } },
  'bytedance/seedance-1-lite': {
    inputs: { reference_images: FILES, image: FILE, last_frame_image: FILE },
    one: { image: A },
  },
  'bytedance/seedance-1.5-pro': { inputs: { image: FILE, last_frame_image: FILE }, one: { image: A } },
  'bytedance/seedance-2.0': {
    inputs: {
      reference_images: FILES,
      reference_videos: FILES,
      reference_audios: FILES,
      image: FILE,
      last_frame_image: FILE,
    },
    one: { image: A },
    two: { image: A, last_frame_image: B },
  },
  'google/veo-3.1': {
    inputs: { reference_images: FILES, image: FILE, last_frame: FILE },
    one: { image: A },
    two: { image: A, last_frame: B },
  },
  'google/veo-3.1-fast': { inputs: { image: FILE, last_frame: FILE }, one: { image: A } },
  'wan-video/wan-2.2-i2v-fast': {
    inputs: { image: FILE, last_image: FILE, lora_weights_transformer: FILE },
    required: ['image'],
    one: { image: A },
    two: { image: A, last_image: B },
  },
  'wan-video/wan-2.2-t2v-fast': { inputs: { num_frames: WHOLE, lora_weights_transformer: FILE }, one: null },
  'wan-video/wan-2.5-i2v': { inputs: { image: FILE, audio: FILE }, required: ['image'], one: { image: A } },
  'wan-video/wan-2.5-i2v-fast': { inputs: { audio: FILE, image: FILE }, required: ['image'], one: { image: A } },
  'tencent/hunyuan-video': { inputs: { fps: WHOLE, video_length: WHOLE }, one: null },
  'pixverse/pixverse-v5': { inputs: { image: FILE, last_frame_image: FILE, effect: TEXT }, one: { image: A } },
  'runwayml/gen4-turbo': { inputs: { image: FILE }, required: ['image'], one: { image: A } },
  'runwayml/gen-4.5': { inputs: { image: FILE, aspect_ratio: RATIOS }, one: { image: A, aspect_ratio: '9:16' } },
  'luma/ray': {
    inputs: { start_image_url: DEPRECATED_FILE, start_image: FILE, end_image: FILE },
    one: { start_image: A },
    two: { start_image: A, end_image: B },
  },
  'openai/sora-2': { inputs: { input_reference: FILE, seconds: DURATION }, one: { input_reference: A } },
  'xai/grok-imagine-video': { inputs: { image: FILE, video: FILE }, one: { image: A } },
  'lightricks/ltx-video': { inputs: { image: FILE }, one: { image: A } },
  'thudm/cogvideox-i2v': { inputs: { image: FILE }, required: ['image'], one: { image: A } },
  'stability-ai/stable-video-diffusion': {
    inputs: { input_image: FILE },
    required: ['input_image'],
    one: { input_image: A },
  },
};

function fieldsOf({ inputs, required = [] }: ModelInputs): InputFields {
  return readFields({ prompt: PROMPT, ...inputs }, {}, ['prompt', ...required]);
}

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

/** Each is upright, as a telephone takes it. */
function sidesOf(images: string[]): Wish['images'] {
  return images.map(() => ({ width: 600, height: 1_000 }));
}

/** What was sent beside the words and the seed. */
function sentBeside(fields: InputFields, images: string[]): Record<string, unknown> {
  const { prompt: _prompt, seed: _seed, ...rest } = buildInput(wish({ images: sidesOf(images) }), fields, images).input;
  return rest;
}

test('every model that is offered is in the table', () => {
  assert.deepEqual(Object.keys(MODELS).toSorted(), [...KNOWN_MODELS.keys()].toSorted());
});

test('a picture goes where each model starts from one; two go into a list, or to the start and the end', () => {
  for (const [name, model] of Object.entries(MODELS)) {
    const fields = fieldsOf(model);
    if (model.one === null) continue;
    assert.deepEqual(sentBeside(fields, [A]), model.one, name);
    if (model.two !== undefined) assert.deepEqual(sentBeside(fields, [A, B]), model.two, `${name}, two`);
  }
});

test('a model that takes no picture is refused with one, and one that needs a picture without', () => {
  for (const [name, model] of Object.entries(MODELS)) {
    const fields = fieldsOf(model);
    const reasonFor = (images: number): string | undefined =>
      refuseWish({ kind: KNOWN_MODELS.get(name) ?? 'image', model: name, settings: {}, images }, fields)?.reason;
    assert.equal(reasonFor(1), model.one === null ? 'image-not-taken' : undefined, name);
    assert.equal(reasonFor(0), model.required === undefined ? undefined : 'image-needed', name);
  }
});

test('pictures that find no place are left out, and that is told', () => {
  const changesOf = (name: string, images: string[]): unknown =>
    buildInput(wish({ images: sidesOf(images) }), fieldsOf(MODELS[name] ?? assert.fail(name)), images).changes;
  assert.deepEqual(changesOf('black-forest-labs/flux-dev', [A, B]), [{ field: 'image', from: '2', to: '1' }]);
  assert.deepEqual(changesOf('kwaivgi/kling-v2.1', [A, B, A]), [{ field: 'image', from: '3', to: '2' }]);
  assert.deepEqual(changesOf('bytedance/seedream-4.5', [A, B]), [{ field: 'image', from: '2', to: '1' }]);
  assert.deepEqual(changesOf('google/nano-banana', [A, B]), []);
});

test('a description tells where the picture goes when no name does', () => {
  const strange = { control_file: FILE, start: { ...FILE, description: 'First frame of the video' }, mask_image: FILE };
  assert.deepEqual(sentBeside(readFields({ prompt: PROMPT, ...strange }), [A]), { start: A });
  assert.deepEqual(sentBeside(readFields({ prompt: PROMPT, audio_file: FILE, my_photo: FILE }), [A]), { my_photo: A });
  assert.deepEqual(sentBeside(readFields({ prompt: PROMPT, mask: FILE, face: FILES }), [A]), { face: [A] });
});

test('a picture is not sent where it would need a mask, nor to a file that may be anything', () => {
  for (const inputs of [{ image: FOR_A_MASK, mask: FILE }, { image: FOR_A_MASK }, { attachment: FILE }]) {
    const fields = readFields({ prompt: PROMPT, ...inputs });
    assert.deepEqual(sentBeside(fields, [A]), {});
    assert.equal(
      refuseWish({ kind: 'image', model: 'a/b', settings: {}, images: 1 }, fields)?.reason,
      'image-not-taken',
    );
  }
});

test('a shape that the first frame decides is left out, and that is told', () => {
  const ratio = { ...RATIOS, description: 'Aspect ratio. Ignored if a start image is given.' };
  const fields = readFields({ prompt: PROMPT, start_image: FILE, aspect_ratio: ratio });
  const asked = wish({ aspectRatio: '16:9', images: sidesOf([A]) });
  const built = buildInput(asked, fields, [A]);
  assert.deepEqual(built.input, { prompt: 'a lake', start_image: A });
  assert.deepEqual(built.changes, [{ field: 'aspect_ratio', from: '16:9', to: null }]);
  assert.equal(buildInput(wish({ aspectRatio: '16:9' }), fields).input['aspect_ratio'], '16:9');
});

test('a video keeps the shape of its first picture where nobody asked for one, as nearly as the model can', () => {
  const shapeOf = (aspect_ratio: object, image: { width: number; height: number }, more: Partial<Wish> = {}): unknown =>
    buildInput(wish({ images: [image], ...more }), readFields({ prompt: PROMPT, image: FILE, aspect_ratio }), [A]).input
      .aspect_ratio;
  const tall = { width: 768, height: 1_024 };
  assert.equal(shapeOf({ enum: ['16:9', '9:16', '1:1'] }, tall), '1:1');
  assert.equal(shapeOf({ enum: ['16:9', '3:4'] }, tall), '3:4');
  assert.equal(shapeOf({ enum: ['16:9', 'adaptive'] }, tall), 'adaptive');
  assert.equal(shapeOf({ enum: ['portrait', 'landscape'] }, tall), 'portrait');
  assert.equal(shapeOf({ enum: ['portrait', 'landscape'] }, tall, { aspectRatio: '16:9' }), 'landscape');
  assert.equal(shapeOf({ enum: ['16:9', '3:4'], description: 'Ignored if an image is given' }, tall), undefined);
});

test('a picture that will be cut to a shape the model has is told, unless nobody would see it', () => {
  const fields = readFields({ prompt: PROMPT, image: FILE, aspect_ratio: { enum: ['16:9', '9:16', '1:1'] } });
  const changesFor = (width: number, height: number): unknown =>
    buildInput(wish({ images: [{ width, height }] }), fields, [A]).changes;
  assert.deepEqual(changesFor(768, 1_024), [{ field: 'aspect_ratio', from: '768x1024', to: '1:1' }]);
  assert.deepEqual(changesFor(1_024, 576), []);
  assert.deepEqual(changesFor(1_000, 1_050), [], 'a twentieth');
});

test('pictures are not sent to a model whose inputs are not known: it might be paid to ignore them', () => {
  assert.throws(
    () => buildInput(wish(), null, [A]),
    (error) => error instanceof ProviderFailure && error.failure.next === 'retry' && error.isAccepted === 'no',
  );
});
