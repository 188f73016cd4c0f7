import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProviderFailure } from '../../../src/providers/provider.ts';
import type { ModelCatalog, RequestCheck } from '../../../src/providers/provider.ts';
import { createGeminiProvider, type GeminiOptions } from '../../../src/providers/gemini/gemini-provider.ts';
import { create, failureOf, FLASH, meaningOf, NEVER, OMNI, PRO, serve, setUp, type Setup } from './setup.ts';

async function setUpCatalog(
  context: TestContext,
  options: Partial<GeminiOptions> = {},
): Promise<Setup & { catalog: ModelCatalog }> {
  const setup = await setUp(context, options);
  assert.ok(setup.provider.catalog !== null);
  return { ...setup, catalog: setup.provider.catalog };
}

const request = (changes: Partial<RequestCheck> = {}): RequestCheck => ({
  kind: 'image',
  model: null,
  settings: {},
  images: 0,
  ...changes,
});
const ALL = { kind: null, search: '' };

test('models that make pictures or videos are listed, the configured ones first, and searched in any order of words', async (context) => {
  const { catalog, service } = await setUpCatalog(context);
  const names = async (ask: Parameters<ModelCatalog['listModels']>[0]): Promise<string[]> =>
    (await catalog.listModels(ask, { signal: NEVER })).map(({ name }) => name);
  const all = await names(ALL);
  assert.deepEqual(all.slice(0, 2), [FLASH, OMNI]);
  assert.ok(all.includes(PRO));
  assert.ok(!all.some((name) => /^gemini-3\.\d-flash$|embedding/.test(name)), 'models of words are left out');
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual((await names({ kind: 'image', search: 'PRO gemini' }))[0], PRO);
  assert.ok((await names({ kind: 'video', search: '' })).every((name) => name.includes('omni')));
  assert.deepEqual(await names({ kind: 'video', search: 'banana' }), []);
  assert.equal(service.requests.length, 1, 'asked for once an hour');
});

test('known models answer from memory: the configured ones before the list is known, all of it after', async (context) => {
  const { catalog, clock, service } = await setUpCatalog(context);
  const before = catalog.knownModels({ ...ALL, limit: 25 });
  assert.deepEqual(
    before.map(({ name, kind, isDefault }) => [name, kind, isDefault]),
    [
      [FLASH, 'image', true],
      [OMNI, 'video', true],
    ],
  );
  assert.equal(service.requests.length, 0);
  assert.deepEqual(await catalog.warm({ signal: NEVER }), []);
  assert.ok(catalog.knownModels({ ...ALL, limit: 25 }).length > 2);
  assert.equal(catalog.knownModels({ ...ALL, limit: 1 }).length, 1);
  clock.advance(61 * 60_000);
  assert.ok(catalog.knownModels({ ...ALL, limit: 25 }).length > 2);
  assert.equal(service.requests.length, 1);
  await catalog.listModels(ALL, { signal: NEVER });
  assert.equal(service.requests.length, 2);
});

test('a long list is read page by page, each page once', async (context) => {
  const asked: (string | null)[] = [];
  const baseUrl = await serve(context, ({ url = '' }, response) => {
    const token = new URL(url, 'http://x').searchParams.get('pageToken');
    asked.push(token);
    const number = Number(token ?? 0);
    const models = [{ name: `models/gemini-${number}-image`, supportedGenerationMethods: ['generateContent'] }];
    const others = [
      { name: 'models/imagen-9-image', supportedGenerationMethods: ['predict'] },
      { name: 'models/veo-video', supportedGenerationMethods: ['predictLongRunning'] },
      { name: 'models/gemini-words', supportedGenerationMethods: ['generateContent'] },
      {},
      null,
    ];
    const next = number < 2 ? { nextPageToken: String(number + 1) } : {};
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ models: number === 0 ? [...models, ...others.slice(0, 4)] : models, ...next }));
  });
  const entries = await create(baseUrl).catalog?.listModels({ kind: 'image', search: '' }, { signal: NEVER });
  assert.deepEqual(
    entries?.map(({ name }) => name),
    [FLASH, 'gemini-0-image', 'gemini-1-image', 'gemini-2-image'],
  );
  assert.deepEqual(asked, [null, '1', '2']);
});

test('at the start the owner can be told which configured models are gone, or why that is not known', async (context) => {
  const { catalog, service } = await setUpCatalog(context, { timeouts: { getMs: 150 } });
  for (const kind of ['http-500', 'hang'] as const) {
    service.addFault({ on: 'models', kind });
    assert.equal((await failureOf(catalog.warm({ signal: NEVER }), service.key)).isAccepted, 'no');
  }
  service.retireModel(OMNI);
  assert.deepEqual(await catalog.warm({ signal: NEVER }), [OMNI]);
});

test('the inputs of a model are told without asking, and those of no model are refused', async (context) => {
  const { catalog, service } = await setUpCatalog(context);
  const settings = (kind: 'image' | 'video', model: string | null = null): unknown[] =>
    catalog
      .knownInputs(model, kind)
      ?.fields.filter(({ isOwnOption }) => !isOwnOption)
      .map(({ name, choices, minimum, maximum }) => [name, choices, minimum, maximum]) ?? [];
  assert.deepEqual(settings('image'), [['image_size', ['512', '1K', '2K', '4K'], null, null]]);
  assert.deepEqual(settings('image', PRO), [['image_size', ['1K', '2K', '4K'], null, null]]);
  assert.deepEqual(settings('image', 'gemini-3.1-flash-lite-image'), [['image_size', ['1K'], null, null]]);
  assert.deepEqual(settings('video'), [['resolution', ['360p', '720p', '1080p', '4k'], null, null]]);
  const own = (kind: 'image' | 'video', model: string | null = null): unknown[] =>
    catalog
      .knownInputs(model, kind)
      ?.fields.filter(({ isOwnOption }) => isOwnOption)
      .map(({ name, minimum, maximum }) => (maximum === null ? name : [name, minimum, maximum])) ?? [];
  const both = ['prompt', 'aspect_ratio', 'image', 'negative_prompt'];
  assert.deepEqual(own('image'), [...both, ['count', 1, 4]]);
  assert.deepEqual(own('video'), [...both, ['duration', 3, 10]]);
  assert.deepEqual(own('video', 'gemini-omni-1.2-flash'), [...both, ['duration', 3, 15]]);
  assert.equal(catalog.knownInputs(null, 'video')?.model, OMNI);
  assert.equal(service.requests.length, 0);

  const described = await catalog.describeInputs(PRO, 'image', { signal: NEVER });
  assert.deepEqual(described, catalog.knownInputs(PRO, 'image'));
  const video = await catalog.describeInputs(OMNI, 'image', { signal: NEVER });
  assert.equal(video.kind, 'video', 'what it makes is told by its name');
  const unknown = await failureOf(catalog.describeInputs('gemini-none-image', 'image', { signal: NEVER }), service.key);
  assert.deepEqual(meaningOf(unknown), ['model-unknown', 'give-up', null]);
});

test('a model that is not there, makes something else or has no method for us is refused before anything is paid', async (context) => {
  const { provider, service } = await setUp(context);
  const refuse = async (model: string, kind: 'image' | 'video' = 'image') => {
    const refused = await provider.refuse(request({ model, kind }), { signal: NEVER });
    return refused === null ? null : (refused.details.fields ?? refused.reason);
  };
  assert.equal(await refuse(PRO), null);
  assert.equal(await refuse(`models/${PRO}`), null);
  assert.equal(await refuse('gemini-omni-1.2-flash', 'video'), null);
  for (const model of ['gemini-none-image', 'black-forest-labs/flux-schnell', '../x'])
    assert.equal(await refuse(model), 'model-unknown', model);
  assert.equal(await refuse('gemini-embedding-001'), 'gemini-embedding-001 cannot be asked by this bot');
  assert.equal(await refuse(OMNI), `${OMNI} makes videos`);
  assert.equal(await refuse(PRO, 'video'), `${PRO} makes pictures`);
  assert.equal(await refuse('gemini-3.8-flash'), 'gemini-3.8-flash makes no pictures');
  assert.equal(await refuse('gemini-3.8-flash', 'video'), 'gemini-3.8-flash makes no videos');
  assert.equal(service.generations().length, 0);
});

test('a model that this bot has no way to ask is refused with just that, with a picture and without', async (context) => {
  const models = [{ name: 'models/imagen-9', supportedGenerationMethods: ['predict'] }];
  const baseUrl = await serve(context, (_request, response) => response.end(JSON.stringify({ models })));
  const provider = create(baseUrl);
  const refuse = (images: number) => provider.refuse(request({ model: 'imagen-9', images }), { signal: NEVER });
  for (const images of [0, 1])
    assert.deepEqual((await refuse(images))?.details, { fields: 'imagen-9 cannot be asked by this bot' });
});

test('a model that nobody can tell about now is tried, and the configured one always is', async (context) => {
  const { provider, service } = await setUp(context, { timeouts: { getMs: 150 } });
  for (const kind of ['http-500', 'hang'] as const) {
    service.addFault({ on: 'models', kind });
    assert.equal(await provider.refuse(request({ model: 'gemini-none-image' }), { signal: NEVER }), null);
  }
  assert.equal(await provider.refuse(request({ model: 'some-image' }), { signal: AbortSignal.abort() }), null);
  service.retireModel(FLASH);
  assert.equal(await provider.refuse(request({ model: FLASH }), { signal: NEVER }), null);
});

test('a setting is checked before anything is paid, and the sentence says what can be used', async (context) => {
  const { provider, service } = await setUp(context);
  const cases: [kind: 'image' | 'video', settings: Record<string, string>, refused: Record<string, string> | null][] = [
    ['image', { image_size: '2K' }, null],
    ['image', { Image_Size: '4k' }, null],
    ['image', { image_size: '3K' }, { field: 'image_size', got: '3K', allowed: '512, 1K, 2K, 4K' }],
    ['image', { steps: '4' }, { field: 'steps', got: '4', allowed: 'one of these settings: image_size' }],
    ['image', { prompt: 'x' }, { field: 'prompt', got: 'x', option: 'prompt' }],
    ['image', { count: '3' }, { field: 'count', got: '3', option: 'count' }],
    ['image', { Image: 'https://x' }, { field: 'image', got: 'https://x', option: 'image' }],
    ['image', { negative_prompt: 'x' }, { field: 'negative_prompt', got: 'x', option: 'negative_prompt' }],
    ['image', { duration: '5' }, { field: 'duration', got: '5', allowed: 'one of these settings: image_size' }],
    ['video', { resolution: '720P' }, null],
    ['video', { duration: '8s' }, { field: 'duration', got: '8s', option: 'duration' }],
    ['video', { image: 'x' }, { field: 'image', got: 'x', option: 'image' }],
    ['video', { resolution: '8k' }, { field: 'resolution', got: '8k', allowed: '360p, 720p, 1080p, 4k' }],
    [
      'video',
      { fps: '9'.repeat(80) },
      { field: 'fps', got: '9'.repeat(50), allowed: 'one of these settings: resolution' },
    ],
  ];
  for (const [kind, settings, details] of cases) {
    const refused = await provider.refuse(request({ kind, settings }), { signal: NEVER });
    assert.equal(refused?.reason ?? null, details === null ? null : 'setting-refused');
    assert.deepEqual(refused?.details ?? null, details);
  }
  assert.equal(service.requests.length, 0);
});

test('nothing of it can be found again, which it says itself', async () => {
  const provider = createGeminiProvider({ apiKey: 'k', baseUrl: null, imageModel: FLASH, videoModel: OMNI });
  assert.deepEqual(
    [provider.name, provider.kinds, provider.isPaid, provider.canFind, provider.hasWebhooks],
    ['gemini', ['image', 'video'], true, false, false],
  );
  const find = provider.find({} as never, {} as never);
  await assert.rejects(find, (error) => error instanceof Error && !(error instanceof ProviderFailure));
});
