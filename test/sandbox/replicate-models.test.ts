import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test, type TestContext } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import type { Model } from 'replicate';
import { drawVideo } from '../../sandbox/video.ts';
import { PACE, setUp, type Setup } from './replicate-client.ts';

/** A JSON schema, as far as the tests look into it. */
interface Schema {
  type?: string;
  enum?: unknown[];
  allOf?: { $ref: string }[];
  anyOf?: Schema[];
  items?: Schema;
  format?: string;
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  deprecated?: boolean;
  'x-order'?: number;
}

interface Listed {
  name: string;
  isOfficial: boolean;
  version: string;
  document: Record<string, unknown>;
  input: { required?: string[]; properties: Record<string, Schema>; additionalProperties?: boolean };
  schemas: Record<string, Schema>;
}

type ModelPage = Awaited<ReturnType<Setup['client']['models']['list']>>;

const PICTURE = 'https://example.com/fox.png';

/** Every model, over all pages of the list. */
async function listModels({ client, service }: Setup): Promise<Listed[]> {
  const pages: ModelPage[] = [await client.models.list()];
  for (let next = pages[0]?.next; typeof next === 'string' && pages.length < 9; next = pages.at(-1)?.next) {
    const response = await client.request(next.slice(service.url.length), { method: 'GET' });
    pages.push((await response.json()) as ModelPage);
  }
  assert.ok(pages.length >= 2);
  return pages.flatMap(({ results }) => results).map(readModel);
}

function readModel(model: Model): Listed {
  const document = JSON.parse(JSON.stringify(model.latest_version?.openapi_schema)) as Record<string, unknown>;
  const { schemas } = (document as { components: { schemas: Record<string, Schema> } }).components;
  return {
    name: `${model.owner}/${model.name}`,
    isOfficial: (model as Model & { is_official: boolean }).is_official,
    version: model.latest_version?.id ?? '',
    document,
    input: schemas.Input as Listed['input'],
    schemas,
  };
}

async function setUpModels(context: TestContext): Promise<Setup & { models: Listed[] }> {
  const setup = await setUp(context, { rateLimits: false });
  return { ...setup, models: await listModels(setup) };
}

function choicesOf(model: Listed, schema: Schema): unknown[] | undefined {
  const name = schema.allOf?.[0]?.$ref.split('/').at(-1);
  return name === undefined ? schema.enum : model.schemas[name]?.enum;
}

async function createOf(setup: Setup, model: Listed, input: Record<string, unknown>): Promise<Response> {
  const version = model.isOfficial ? model.name : model.version;
  return setup.call('/predictions', { method: 'POST', body: JSON.stringify({ version, input }) });
}

/** What a person has to give. */
function requiredInput({ input }: Listed): Record<string, unknown> {
  const names = input.required ?? [];
  const valueOf = ({ type, format }: Schema = {}): unknown => {
    if (type === 'array') return [PICTURE];
    return format === 'uri' ? PICTURE : 'a fox';
  };
  return Object.fromEntries(names.map((name) => [name, valueOf(input.properties[name])]));
}

test('every model has a schema that compiles, whose defaults are allowed by it and by the service', async (t) => {
  const setup = await setUpModels(t);
  assert.ok(setup.models.length >= 18, String(setup.models.length));
  for (const model of setup.models) {
    const ajv = addFormats.default(new Ajv({ strict: false, formats: { password: true } }));
    ajv.addSchema({ $id: 'model', ...model.document });
    const isAllowed = ajv.compile({ $ref: 'model#/components/schemas/Input' });
    const defaults = Object.entries(model.input.properties).filter(([, schema]) => schema.default !== undefined);
    const input = {
      ...Object.fromEntries(defaults.map(([name, schema]) => [name, schema.default])),
      ...requiredInput(model),
    };
    assert.ok(isAllowed(input), `${model.name}: ${JSON.stringify(isAllowed.errors)}`);
    assert.equal((await createOf(setup, model, input)).status, 201, model.name);
  }
});

test('every input of every model refuses what its schema does not allow, and names the field and the reason', async (t) => {
  const setup = await setUpModels(t);
  const seen = new Set<string>();
  const refuse = async (model: Listed, input: Record<string, unknown>, type: string, field: string): Promise<void> => {
    const response = await createOf(setup, model, input);
    assert.equal(response.status, 422, `${model.name} ${field} ${type}`);
    const body = (await response.json()) as { detail: string; invalid_fields: { type: string; field: string }[] };
    assert.ok(
      body.invalid_fields.some((found) => found.type === type && found.field === field),
      `${model.name}: ${body.detail}`,
    );
    seen.add(type);
  };
  for (const model of setup.models) {
    const good = requiredInput(model);
    for (const name of Object.keys(good)) {
      const { [name]: _left, ...rest } = good;
      await refuse(model, rest, 'required', 'input');
    }
    for (const [name, schema] of Object.entries(model.input.properties)) {
      const field = `input.${name}`;
      await refuse(model, { ...good, [name]: { no: 'such' } }, 'invalid_type', field);
      const choices = choicesOf(model, schema);
      if (choices !== undefined) {
        const wrong = typeof choices[0] === 'number' ? 9_999 : 'no such';
        await refuse(model, { ...good, [name]: wrong }, 'enum', field);
      }
      const { minimum, maximum } = schema;
      if (minimum !== undefined) await refuse(model, { ...good, [name]: minimum - 1 }, 'number_gte', field);
      if (maximum !== undefined) await refuse(model, { ...good, [name]: maximum + 1 }, 'number_lte', field);
    }
    const more = { ...good, no_such_input: 1 };
    if (model.input.additionalProperties === false) {
      await refuse(model, more, 'additional_property_not_allowed', 'input');
    } else {
      assert.equal((await createOf(setup, model, more)).status, 201);
    }
  }
  const types = ['additional_property_not_allowed', 'enum', 'invalid_type', 'number_gte', 'number_lte', 'required'];
  assert.deepEqual([...seen].toSorted(), types);
});

const isEnum = (schema: Schema): boolean => schema.allOf !== undefined && schema.type === undefined;

/** The odd shapes of real schemas, each of which some input here must have. */
const SHAPES: Record<string, (schema: Schema, model: Listed) => boolean> = {
  'an enum of texts behind a reference': (schema, model) =>
    isEnum(schema) && typeof choicesOf(model, schema)?.[0] === 'string',
  'an enum of integers behind a reference': (schema, model) =>
    isEnum(schema) && typeof choicesOf(model, schema)?.[0] === 'number',
  'an enum in place': (schema) => schema.enum !== undefined,
  'an input that may be null': (schema) => schema.nullable === true,
  'one of two, where one is null': (schema) => schema.anyOf?.some(({ type }) => type === 'null') === true,
  'a file': (schema) => schema.format === 'uri',
  'a list of files': (schema) => schema.type === 'array' && schema.items?.format === 'uri',
  'a password': (schema) => schema.format === 'password',
  'a range of integers': (schema) => schema.type === 'integer' && schema.maximum !== undefined,
  'a deprecated file': (schema) => schema.deprecated === true && schema.description?.startsWith('Deprecated') === true,
};

test('the odd shapes of real schemas are all there', async (t) => {
  const { models } = await setUpModels(t);
  for (const [shape, isSo] of Object.entries(SHAPES)) {
    const has = (model: Listed): boolean => Object.values(model.input.properties).some((schema) => isSo(schema, model));
    assert.ok(models.some(has), shape);
  }
  assert.ok(models.some(({ input }) => input.required === undefined));
  const orders = models.map(({ input }) => Object.values(input.properties).map((schema) => schema['x-order'] ?? -1));
  for (const [index, order] of orders.entries()) {
    const places = order.map((_, place) => place);
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      places,
      models[index]?.name,
    );
  }
  assert.ok(orders.some((order) => order[0] !== 0));
});

test('the list can be sorted, and refuses a sorting or a cursor that is none', async (t) => {
  const setup = await setUp(t);
  const first = async (query: string): Promise<string | undefined> => {
    const response = await setup.client.request(`/models?${query}`, { method: 'GET' });
    return ((await response.json()) as ModelPage).results[0]?.name;
  };
  assert.equal(await first('sort_by=model_created_at&sort_direction=asc'), 'sdxl');
  assert.equal(await first('sort_by=model_created_at'), 'storyboard');
  setup.service.changeModel('stability-ai/sdxl', { prompt: { type: 'string' } });
  assert.equal(await first(''), 'sdxl');
  for (const query of ['sort_by=name', 'sort_direction=up', 'cursor=x']) {
    assert.equal((await setup.call(`/models?${query}`)).status, 400, query);
  }
});

test('collections tell which models make images and which make videos, from a text or from an image', async (t) => {
  const { client, call } = await setUp(t);
  const slugs = (await client.collections.list()).results.map(({ slug }) => slug);
  const expected = {
    'text-to-image': [/^black-forest-labs\/flux-schnell$/m, /^google\/imagen-4$/m],
    'image-to-video': [/^wan-video\/wan-2\.2-i2v-fast$/m, /^kwaivgi\/kling-v2\.1$/m],
    'text-to-video': [/^wan-video\/wan-2\.2-t2v-fast$/m, /^google\/veo-3\.1-fast$/m],
  };
  for (const [slug, names] of Object.entries(expected)) {
    assert.ok(slugs.includes(slug));
    const collection = await client.collections.get(slug);
    const listed = (collection.models ?? []).map(({ owner, name }) => `${owner}/${name}`).join('\n');
    for (const name of names) assert.match(listed, name);
    assert.ok(collection.models?.every((model) => model.latest_version?.openapi_schema !== undefined));
  }
  assert.equal((await call('/collections/no-such')).status, 404);
});

test(
  'the search finds models by words of their names and descriptions',
  { skip: METHODS.includes('QUERY') ? false : 'this Node cannot read the method QUERY' },
  async (t) => {
    const { client } = await setUp(t);
    const found = async (words: string): Promise<string[]> =>
      (await client.models.search(words)).results.map(({ name }) => name);
    assert.deepEqual(await found('kling'), ['kling-v2.1', 'kling-v2.5-turbo-pro']);
    assert.deepEqual(await found('wan image-to-video'), ['wan-2.2-i2v-fast']);
    assert.deepEqual(await found('no-such-model'), []);
  },
);

test('the versions of a model are listed, the newest first', async (t) => {
  const { client, service } = await setUp(t);
  const { id } = (await client.models.get('google', 'veo-3.1-fast')).latest_version ?? {};
  service.changeModel('google/veo-3.1-fast', { prompt: { type: 'string' } }, ['prompt']);
  const { results } = await client.models.versions.list('google', 'veo-3.1-fast');
  assert.equal(results.length, 2);
  assert.equal(results[1]?.id, id);
  assert.equal((await client.models.get('google', 'veo-3.1-fast')).latest_version?.id, results[0]?.id);
});

/** Runs to the end. */
async function outputOf(setup: Setup, version: string, input: Record<string, unknown>): Promise<unknown> {
  const { id } = await setup.client.predictions.create({ version, input });
  setup.clock.advance(PACE.queueMs + PACE.workMs);
  return (await setup.client.predictions.get(id)).output;
}

test('a video model gives one address of a real MP4, and tells the seconds to pay for', async (t) => {
  const setup = await setUp(t);
  const input = { prompt: 'a fox runs', start_image: PICTURE, duration: 10 };
  const output = await outputOf(setup, 'kwaivgi/kling-v2.1', input);
  assert.match(String(output), /\/output\.mp4$/);
  const response = await fetch(String(output));
  assert.equal(response.headers.get('content-type'), 'video/mp4');
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal((await fileTypeFromBuffer(bytes))?.mime, 'video/mp4');
  assert.deepEqual(bytes, drawVideo('a fox runs', { seconds: 10 }));
  assert.notDeepEqual(bytes, drawVideo('another fox', { seconds: 10 }));
  const { results } = await setup.client.predictions.list();
  assert.deepEqual(
    [results[0]?.metrics?.predict_time, Object.entries(results[0]?.metrics ?? {}).slice(0, 2)],
    [
      80,
      [
        ['video_output_count', 1],
        ['video_output_duration_seconds', 10],
      ],
    ],
  );
});

test('each box of a video is as long as it says, and the table of frames points at each frame', () => {
  const bytes = drawVideo('a fox');
  const types: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    types.push(bytes.toString('latin1', at + 4, at + 8));
  assert.deepEqual(types, ['ftyp', 'moov', 'mdat']);
  const sizes = bytes.indexOf('stsz') + 12;
  const count = bytes.readUInt32BE(sizes);
  let at = bytes.readUInt32BE(bytes.indexOf('stco') + 12);
  assert.equal(at, bytes.indexOf('mdat') + 4);
  for (let frame = 0; frame < count; frame += 1) {
    const length = bytes.readUInt32BE(sizes + 4 + frame * 4);
    assert.equal(bytes.readUInt32BE(at), length - 4);
    // The first can be shown by itself, each other one builds on it.
    assert.equal(bytes[at + 4], frame === 0 ? 0x65 : 0x61);
    at += length;
  }
  assert.equal(at, bytes.length);
});

test('outputs have the shapes that models give: a text, a list, an object', async (t) => {
  const setup = await setUp(t);
  const models = await listModels(setup);
  const storyboard = models.find(({ name }) => name === 'sandbox/storyboard')?.version ?? '';
  const single = await outputOf(setup, 'google/nano-banana', { prompt: 'a fox', image_input: [PICTURE] });
  assert.match(String(single), /\/output\.jpg$/);
  const list = await outputOf(setup, 'bytedance/seedream-4', { prompt: 'a fox', max_images: 3 });
  assert.deepEqual(Array.isArray(list) && list.map((url) => String(url).split('/').at(-1)), [
    'out-0.png',
    'out-1.png',
    'out-2.png',
  ]);
  const object = await outputOf(setup, storyboard, { prompt: 'a fox', num_images: 2, seed: 5 });
  const { images, payload } = object as { images: string[]; payload: string };
  assert.equal(images.length, 2);
  assert.deepEqual(JSON.parse(payload), { prompt: 'a fox', seed: 5 });
  assert.equal((await fetch(images[1] ?? '')).status, 200);
});

test('a picture has the pixels that a size, a side or a resolution asked for', async (t) => {
  const setup = await setUp(t);
  const inputs: [string, Record<string, unknown>, [number, number]][] = [
    ['recraft-ai/recraft-v3', { size: '1365x1024' }, [1365, 1024]],
    ['ideogram-ai/ideogram-v3-turbo', { resolution: '1024x576' }, [1024, 576]],
    ['bytedance/seedream-4', { size: 'custom', aspect_ratio: '16:9', width: 1024, height: 1100 }, [1024, 1100]],
    ['bytedance/seedream-4', { size: '1K', width: 2000, height: 1100, aspect_ratio: '1:1' }, [1024, 1024]],
  ];
  for (const [version, input, size] of inputs) {
    const output = await outputOf(setup, version, { prompt: 'a fox', ...input });
    const bytes = Buffer.from(await (await fetch(String([output].flat()[0]))).arrayBuffer());
    const { width, height } = imageSize(bytes);
    assert.deepEqual([width, height], size, version);
  }
});
