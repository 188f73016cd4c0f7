import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../../../src/locales/en.ts';
import type { InputFields } from '../../../src/providers/replicate/schema.ts';
import { nearestNames, readSettings } from '../../../src/providers/replicate/settings.ts';
import { enumField, FILE, FILES, PROMPT, readFields, SEED } from './cog-schema.ts';

const FIELDS = readFields(
  {
    prompt: PROMPT,
    image: FILE,
    mask: FILE,
    style_files: { ...FILES, description: 'LoRA' },
    lora_weights: { type: 'array', items: FILE, maxItems: 2 },
    seed: SEED,
    num_outputs: { type: 'integer', minimum: 1, maximum: 4 },
    guidance: { type: 'number', minimum: 0, maximum: 10 },
    num_inference_steps: { type: 'integer', minimum: 4, maximum: 12 },
    least: { type: 'integer', minimum: 1 },
    duration: enumField('duration'),
    output_format: enumField('output_format'),
    go_fast: { type: 'boolean' },
    style: { type: 'string' },
    disable_safety_checker: { type: 'boolean' },
    openai_api_key: { type: 'string', format: 'password' },
    webhook_url: { type: 'string' },
    anything: {},
  },
  { duration: { enum: [5, 10], type: 'integer' }, output_format: { enum: ['webp', 'jpg', 'png'], type: 'string' } },
);

function valuesOf(settings: Record<string, string>, fields: InputFields | null = FIELDS): Record<string, unknown> {
  const read = readSettings(settings, fields, 'image');
  return read.failure === null ? read.values : assert.fail(JSON.stringify(read.failure.details));
}

function detailsOf(settings: Record<string, string>, fields: InputFields | null = FIELDS): Record<string, string> {
  const { failure } = readSettings(settings, fields, 'image');
  assert.equal(failure?.reason, 'setting-refused');
  assert.equal(failure.next, 'give-up');
  return failure.details;
}

test('texts become what the schema asks for: numbers, whole numbers, truths, values of a list', () => {
  assert.deepEqual(
    valuesOf({
      guidance: '3.5',
      num_inference_steps: '8',
      duration: '10',
      output_format: 'PNG',
      go_fast: 'off',
      style: '42',
      anything: '[1, 2]',
    }),
    {
      guidance: 3.5,
      num_inference_steps: 8,
      duration: 10,
      output_format: 'png',
      go_fast: false,
      style: '42',
      anything: [1, 2],
    },
  );
});

test('a value that does not fit names the input, what came and what is allowed', () => {
  const cases: [Record<string, string>, string][] = [
    [{ num_inference_steps: '20' }, '4 to 12'],
    [{ num_inference_steps: '3' }, '4 to 12'],
    [{ num_inference_steps: 'many' }, 'a whole number, 4 to 12'],
    [{ num_inference_steps: '4.5' }, 'a whole number, 4 to 12'],
    [{ guidance: 'Infinity' }, 'a number, 0 to 10'],
    [{ guidance: '1e999' }, 'a number, 0 to 10'],
    [{ guidance: '0x5' }, 'a number, 0 to 10'],
    [{ guidance: '' }, 'a number, 0 to 10'],
    [{ least: '0' }, '1 or more'],
    [{ go_fast: 'maybe' }, 'true or false'],
    [{ duration: '7' }, '5, 10'],
    [{ output_format: 'gif' }, 'webp, jpg, png'],
    [{ mask: 'http://example.com/a.png' }, 'an https address'],
    [{ lora_weights: 'https://a.example https://b.example https://c.example' }, 'at most 2'],
  ];
  for (const [settings, allowed] of cases) {
    const [[field, got] = []] = Object.entries(settings);
    assert.deepEqual(detailsOf(settings), { field, got, allowed });
  }
});

test('a list too long for a sentence is cut, and says so', () => {
  const voices = Array.from({ length: 300 }, (_, index) => `voice-${index}`);
  const { allowed = '' } = detailsOf({ voice: 'mine' }, readFields({ voice: { enum: voices } }));
  assert.match(allowed, /^voice-0, voice-1, .*, \d+ more$/);
  assert.ok(allowed.length <= 200);
});

test('an input the model does not have is refused with the names most like it', () => {
  assert.equal(detailsOf({ guidence: '3' }).nearest, 'guidance');
  assert.equal(detailsOf({ steps: '3' }).nearest, 'num_inference_steps');
  assert.equal(detailsOf({ guidance_strength: '3' }).nearest, 'guidance');
  assert.equal(detailsOf({ xyzzy: '3' }).nearest, '');
  assert.deepEqual(nearestNames('promt', ['prompt', 'seed']), ['prompt']);
});

test('what has an option of its own is sent there, and what nobody may set is said to be fixed', () => {
  const options = {
    prompt: 'prompt',
    seed: 'seed',
    aspect_ratio: 'aspect_ratio',
    num_outputs: 'count',
    image: 'image',
  };
  for (const [name, option] of Object.entries(options)) assert.equal(detailsOf({ [name]: '1' }).option, option, name);
  for (const name of ['disable_safety_checker', 'openai_api_key', 'webhook_url', 'enable_safety_checker']) {
    assert.equal(detailsOf({ [name]: 'true' }).fixed, 'yes', name);
  }
  assert.equal(detailsOf({ disable_safety_checker: 'true' }, null).fixed, 'yes', 'also when the schema is not known');
});

test('how long a video lasts is an option of its own; what only sounds like it, and a picture has, is a setting', () => {
  const { failure } = readSettings({ duration: '5' }, FIELDS, 'video');
  assert.equal(failure?.details.option, 'duration');
  assert.match(en.failures['setting-refused'](failure.details), /use `duration:` for it/);
  assert.deepEqual(readSettings({ duration: '5' }, FIELDS, 'image'), { values: { duration: 5 }, failure: null });
  const frames = readFields({ video_length: { type: 'integer', description: 'Number of frames' } });
  assert.deepEqual(readSettings({ video_length: '49' }, frames, 'video'), {
    values: { video_length: 49 },
    failure: null,
  });
});

test('without a schema nothing else is checked, and what looks like a number is one', () => {
  assert.deepEqual(valuesOf({ guidance: '3.5', go_fast: 'true', style: 'oil, on canvas', list: '["a"]' }, null), {
    guidance: 3.5,
    go_fast: true,
    style: 'oil, on canvas',
    list: ['a'],
  });
});

test('each refusal is a sentence that says what to do', () => {
  const sentences = [
    [
      { num_inference_steps: '20' },
      /`num_inference_steps` cannot be `20`; expected 4 to 12\. Nothing was made or paid\./,
    ],
    [{ guidance: '' }, /`guidance` cannot be empty; expected a number, 0 to 10\./],
    [{ guidence: '3' }, /no input `guidence`\. Did you mean guidance\? All of them are in \/models inputs/],
    [{ xyzzy: '3' }, /no input `xyzzy`\. All of them are in \/models inputs/],
    [{ seed: '3' }, /`seed` has an option of its own: use `seed:`/],
    [{ num_outputs: '3' }, /`num_outputs` has an option of its own: use `count:`/],
    [{ image: '3' }, /`image` has an option of its own: use `image:`/],
    [{ disable_safety_checker: 'true' }, /`disable_safety_checker` cannot be changed here/],
  ] as const;
  for (const [settings, sentence] of sentences) {
    assert.match(en.failures['setting-refused'](detailsOf(settings)), sentence);
  }
});
