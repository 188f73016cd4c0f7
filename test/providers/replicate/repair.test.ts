/** What was refused with the names of its faults is mended once, told, and paid once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputChange } from '../../../src/jobs/job.ts';
import type { ModelInput } from '../../../src/providers/replicate/inputs.ts';
import { readRefused } from '../../../src/providers/replicate/refusals.ts';
import { isRepairOf, listChanges, repairInput } from '../../../src/providers/replicate/repair.ts';
import { type InputFields, readInputFields } from '../../../src/providers/replicate/schema.ts';
import { attempt } from '../attempt.ts';
import { failureOf, find, FLUX, NEVER, posts, serve, setUp, start } from './set-up.ts';
import { createReplicateProvider } from '../../../src/providers/replicate/replicate-provider.ts';

const PROMPT = { type: 'string', description: 'Prompt' };
const SEED = { type: 'integer', description: 'Seed' };

function fieldsOf(properties: Record<string, object>, required: string[] = ['prompt']): InputFields {
  const fields = readInputFields({ components: { schemas: { Input: { type: 'object', properties, required } } } });
  return fields ?? assert.fail('no fields were read');
}

const SENT: ModelInput = {
  prompt: 'a lake',
  seed: 42,
  aspect_ratio: '16:9',
  steps: 50,
  resolution: '720p',
  extra: 'x',
};
const FIELDS = fieldsOf({
  prompt: PROMPT,
  seed: SEED,
  aspect_ratio: { type: 'string', default: '1:1' },
  steps: { type: 'integer', default: 4 },
  resolution: { type: 'string' },
  style: { type: 'string', default: 'plain' },
  sharpness: { type: 'integer' },
});

/** A field as the service names it, what stays of it, and what the card tells; null: nothing can be done. */
const RULES: readonly (readonly [string, string, string, Record<string, unknown> | null])[] = [
  ['enum', 'input.aspect_ratio', 'aspect_ratio must be one of the following: "1:1", "3:2"', { aspect_ratio: '3:2' }],
  ['enum', 'input.steps', 'steps must be one of the following: 10, 40, 90', { steps: 40 }],
  [
    'enum',
    'input.resolution',
    'resolution must be one of the following: "480p", "1080p", "2k"',
    { resolution: '480p' },
  ],
  ['enum', 'input.resolution', 'resolution must be one of the following: "auto", "none"', { resolution: undefined }],
  ['number_lte', 'input.steps', 'Must be less than or equal to 4', { steps: 4 }],
  ['number_gte', 'input.steps', 'Must be greater than or equal to 60', { steps: 60 }],
  ['additional_property_not_allowed', 'input', 'Additional property extra is not allowed', { extra: undefined }],
  ['required', 'input', 'style is required', { style: 'plain' }],
  ['required', 'input', 'sharpness is required', null],
  ['invalid_type', 'input.extra', 'Invalid type. Expected: integer, given: string', { extra: undefined }],
  ['enum', 'input.prompt', 'prompt must be one of the following: "a", "b"', null],
  ['additional_property_not_allowed', '', 'Additional property model is not allowed', null],
];

for (const [type, field, description, expected] of RULES) {
  test(`"${description}" (${type}) ${expected === null ? 'cannot be mended' : 'is mended, and nothing else is touched'}`, () => {
    const refused = readRefused({ invalid_fields: [{ type, field, description }] });
    const repaired = repairInput({ sent: SENT, fresh: SENT, refused, fields: FIELDS, images: [] });
    const whole = expected === null ? null : JSON.parse(JSON.stringify({ ...SENT, ...expected }));
    assert.deepEqual(repaired, whole);
  });
}

test('a field with a default is left to it; one that the model cannot do without stays refused', () => {
  const refused = readRefused({
    invalid_fields: [{ type: 'format', field: 'input.mode', description: 'Does not match' }],
  });
  const sent = { prompt: 'a lake', mode: 'wild' };
  const repair = (mode: object): ModelInput | null =>
    repairInput({
      sent,
      fresh: sent,
      refused,
      fields: fieldsOf({ prompt: PROMPT, mode }, ['prompt', 'mode']),
      images: [],
    });
  assert.equal(repair({ type: 'string' }), null);
  assert.deepEqual(repair({ type: 'string', default: 'calm' }), { prompt: 'a lake' });
});

test('a picture that the user gave is never left out to have its way', () => {
  const image = 'data:image/png;base64,AAAA';
  const description = 'Additional property image is not allowed';
  const refused = readRefused({
    invalid_fields: [{ type: 'additional_property_not_allowed', field: 'input', description }],
  });
  for (const value of [image, [image]]) {
    const sent = { prompt: 'a lake', image: value };
    assert.equal(repairInput({ sent, fresh: sent, refused, fields: null, images: [image] }), null);
  }
});

test('what the schema has mended by itself is left to it, and changes are told from what was asked', () => {
  const refused = readRefused({
    invalid_fields: [{ type: 'enum', field: 'input.aspect_ratio', description: 'aspect_ratio must be one of "1:1"' }],
  });
  const fresh = { ...SENT, aspect_ratio: '21:9' };
  assert.deepEqual(repairInput({ sent: SENT, fresh, refused, fields: FIELDS, images: [] }), fresh);
  const earlier: InputChange[] = [{ field: 'aspect_ratio', from: '17:9', to: '16:9' }];
  const { extra: _extra, ...rest } = SENT;
  const left = { ...rest, aspect_ratio: '1:1', image: 'https://x.example/?sig=1', style: 'a'.repeat(99) };
  assert.deepEqual(listChanges(earlier, SENT, left), [
    { field: 'aspect_ratio', from: '17:9', to: '1:1' },
    { field: 'extra', from: 'x', to: null },
    { field: 'image', from: '', to: '…' },
    { field: 'style', from: '', to: `${'a'.repeat(59)}…` },
  ]);
});

test('after a restart a mended input is known by its prompt and seed, and by nothing that would have been allowed', () => {
  const fields = fieldsOf({
    prompt: PROMPT,
    seed: SEED,
    aspect_ratio: { enum: ['1:1', '3:2'] },
    steps: { type: 'integer', maximum: 4 },
  });
  const sent = { prompt: 'a lake', seed: 42, aspect_ratio: '16:9', steps: 50 };
  assert.ok(isRepairOf({ prompt: 'a lake', seed: 42, aspect_ratio: '3:2', steps: 4 }, sent, fields));
  assert.ok(isRepairOf({ prompt: 'a lake', seed: 42 }, sent, fields));
  for (const other of [{ ...sent, seed: 43 }, { ...sent, prompt: 'a hill' }, { prompt: 'a lake' }, null, 'x'])
    assert.ok(!isRepairOf(other, sent, fields));
  const allowed = { ...sent, aspect_ratio: '3:2' };
  assert.ok(!isRepairOf({ ...allowed, aspect_ratio: '1:1' }, allowed, fields));
});

test('a refused seed is left out, never changed, so that after a restart its work is still known by all else', () => {
  const fields = fieldsOf({ prompt: PROMPT, seed: SEED, aspect_ratio: { enum: ['1:1', '3:2'] } });
  const sent = { prompt: 'a lake', seed: 42, aspect_ratio: '3:2' };
  const refusals = [
    { name: 'seed', type: 'enum', choices: [43, 44], limit: null },
    { name: 'seed', type: 'number_lte', choices: null, limit: 40 },
    { name: 'seed', type: 'additional_property_not_allowed', choices: null, limit: null },
  ];
  for (const refused of refusals) {
    const repaired = repairInput({ sent, fresh: sent, refused: [refused], fields, images: [] });
    assert.deepEqual(repaired, { prompt: 'a lake', aspect_ratio: '3:2' });
    assert.ok(isRepairOf(repaired, sent, fields));
  }
  assert.ok(!isRepairOf({ prompt: 'a lake', aspect_ratio: '1:1' }, sent, fields));
});

// ------------------------------------------------------------------------------------------ with the service

test('a value that the service does not take becomes the nearest one it takes, and the change is told', async (context) => {
  const { service, provider } = await setUp(context);
  service.addFault({ on: 'create', kind: 'http-422' });
  const started = await provider.start(attempt({ aspectRatio: '16:9' }), { signal: NEVER });
  assert.deepEqual(started.changes, [{ field: 'aspect_ratio', from: '16:9', to: '3:2' }]);
  assert.equal(service.predictions()[0]?.input.aspect_ratio, '3:2');
  assert.equal(service.predictions()[0]?.input.prompt, attempt().prompt);
  assert.deepEqual([posts(service), service.predictions().length], [2, 1]);
});

test('an input that the service does not know is left out, and the change is told', async (context) => {
  const { service, provider } = await setUp(context);
  service.addFault({ on: 'create', kind: 'http-422-extra' });
  const { changes } = await provider.start(attempt(), { signal: NEVER });
  assert.deepEqual(
    changes.map(({ to }) => to),
    [null],
  );
  const [change] = changes;
  assert.ok(change !== undefined && !Object.hasOwn(service.predictions()[0]?.input ?? {}, change.field));
  assert.deepEqual([posts(service), service.predictions().length], [2, 1]);
});

test('what was mended once and is refused again is given up, with why, and unpaid', async (context) => {
  const { service, provider } = await setUp(context);
  service.addFault({ on: 'create', kind: 'http-422' }, 5);
  const lost = await failureOf(start(provider, { aspectRatio: '16:9' }), service.token);
  assert.deepEqual([lost.failure.reason, lost.failure.next, lost.isAccepted], ['input-refused', 'give-up', 'no']);
  assert.match(lost.failure.details.fields ?? '', /^aspect_ratio must be one of/);
  assert.deepEqual([posts(service), service.predictions().length], [2, 0]);
});

test('a model whose limits changed within the hour gets what it takes by now, settings too', async (context) => {
  const { service, provider } = await setUp(context);
  const aspect_ratio = { enum: ['1:1', '3:2'], default: '1:1' };
  const steps = (maximum: number): object => ({ type: 'integer', minimum: 1, maximum });
  const change = (maximum: number): void =>
    service.changeModel(
      FLUX,
      { prompt: PROMPT, seed: SEED, aspect_ratio, num_inference_steps: { ...steps(maximum) } },
      ['prompt'],
    );
  change(50);
  const request = { aspectRatio: '3:2', settings: { num_inference_steps: '40' } };
  await start(provider, request);
  change(4);
  const { changes } = await provider.start(attempt({ ...request, seed: 43 }), { signal: NEVER });
  assert.deepEqual(changes, [{ field: 'num_inference_steps', from: '40', to: '4' }]);
  assert.deepEqual(
    service.predictions().map(({ input }) => input.num_inference_steps),
    [40, 4],
  );
  assert.equal(posts(service), 3);
});

test('a mended create that lost its answer is found again and not paid twice', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const since = clock.now();
  service.addFault({ on: 'create', kind: 'http-422' });
  service.addFault({ on: 'create', kind: 'cut-after' });
  const request = { aspectRatio: '16:9' };
  assert.equal((await failureOf(start(provider, request))).isAccepted, 'unknown');
  clock.advance(1_000);
  const found = await find(provider, since, [], request);
  assert.equal(found?.operation.id, service.predictions()[0]?.id);
});

test('a mended create is found again after a restart as well, where the schema tells what was mended', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const since = clock.now();
  service.addFault({ on: 'create', kind: 'http-422-extra' });
  service.addFault({ on: 'create', kind: 'cut-after' });
  await failureOf(start(provider));
  clock.advance(1_000);
  const restarted = createReplicateProvider({ token: service.token, baseUrl: service.url, imageModel: FLUX, clock });
  const found = await find(restarted, since);
  assert.equal(found?.operation.id, service.predictions()[0]?.id);
  service.addFault({ on: 'create', kind: 'http-422-extra' });
  const { changes } = await provider.start(attempt(), { signal: NEVER });
  assert.ok(changes.length > 0);
  assert.deepEqual(found?.changes, changes, 'and so is what was mended');
});

test('a refusal that names nothing to mend is not sent again', async (context) => {
  let creates = 0;
  const bodies = [
    { title: 'Input validation failed', invalid_fields: [{ type: 'enum', field: 'input.prompt', description: 'no' }] },
    { title: 'Input validation failed', invalid_fields: 'broken' },
    { title: 'Input validation failed', invalid_fields: [{ type: 'format', field: 'webhook', description: 'no' }] },
    {},
  ];
  let body = {};
  const baseUrl = await serve(context, (request, response) => {
    if (request.method === 'POST') {
      creates += 1;
      return void response.writeHead(422).end(JSON.stringify(body));
    }
    const Input = { type: 'object', properties: { prompt: PROMPT, seed: SEED } };
    const latest = { openapi_schema: { components: { schemas: { Input } } } };
    response.end(JSON.stringify({ is_official: true, latest_version: latest }));
  });
  const provider = createReplicateProvider({ token: 'r8_secret', baseUrl, imageModel: FLUX });
  for (body of bodies) assert.equal((await failureOf(start(provider), 'r8_secret')).failure.reason, 'input-refused');
  assert.equal(creates, bodies.length);
});
