import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type ModelEntry, ProviderFailure } from '../../../src/providers/provider.ts';
import { FLUX, NEVER, SDXL, serve, setUp, type Setup } from './set-up.ts';

const VIDEO = 'bytedance/seedance-1-pro';
const HOUR_MS = 3_600_000;
const ALL = { kind: null, search: '', limit: 25 } as const;

function setUpCatalog(context: TestContext, options: Parameters<typeof setUp>[1] = {}): Promise<Setup> {
  return setUp(context, { videoModel: VIDEO, ...options });
}

function namesOf(entries: readonly ModelEntry[]): string[] {
  return entries.map(({ name }) => name);
}

/** Calls to the service whose path ends so. */
function countCalls({ service }: Setup, end: string): number {
  return service.requests.filter(({ path }) => path.endsWith(end)).length;
}

async function waitUntil(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('the configured models come first, then the well-known ones that the service lists, by kind', async (context) => {
  const { provider } = await setUpCatalog(context, { imageModel: SDXL });
  assert.deepEqual(await provider.catalog?.warm({ signal: NEVER }), []);
  const all = (await provider.catalog?.listModels({ kind: null, search: '' }, { signal: NEVER })) ?? [];
  assert.deepEqual(namesOf(all).slice(0, 3), [SDXL, VIDEO, FLUX]);
  assert.deepEqual(namesOf(all.filter(({ isDefault }) => isDefault)), [SDXL, VIDEO]);
  assert.ok(!namesOf(all).includes('google/nano-banana-2'), 'well known, but this service does not list it');
  assert.equal(new Set(namesOf(all)).size, all.length);
  const videos = provider.catalog?.knownModels({ ...ALL, kind: 'video' }) ?? [];
  assert.ok(videos.length >= 5 && videos.every(({ kind }) => kind === 'video'));
  assert.match(videos[0]?.description ?? '', /Seedance/);
});

test('before the service has answered the well-known models are offered at once, in a moment', async (context) => {
  const { provider } = await setUpCatalog(context);
  const startedAt = performance.now();
  const known = provider.catalog?.knownModels({ ...ALL, kind: 'image' }) ?? [];
  assert.ok(performance.now() - startedAt < 50);
  assert.equal(known[0]?.name, FLUX);
  assert.ok(namesOf(known).includes('google/nano-banana-pro'));
});

test('words are found in any order and case, in names before descriptions', async (context) => {
  const { provider } = await setUpCatalog(context);
  await provider.catalog?.warm({ signal: NEVER });
  const find = (search: string): string[] => namesOf(provider.catalog?.knownModels({ ...ALL, search }) ?? []);
  assert.deepEqual(find('SCHNELL flux'), [FLUX]);
  assert.equal(find('seedance')[0], VIDEO);
  assert.deepEqual(find('zzz nothing'), []);
});

test('a search asks the service for what no list has, and says what that makes', async (context) => {
  const setup = await setUpCatalog(context);
  const { provider } = setup;
  const search = { kind: null, search: 'storyboard' };
  const found = (await provider.catalog?.listModels(search, { signal: NEVER })) ?? [];
  assert.deepEqual(
    found.map(({ name, kind, isDefault }) => ({ name, kind, isDefault })),
    [{ name: 'sandbox/storyboard', kind: 'image', isDefault: false }],
  );
  await provider.catalog?.listModels({ ...search, search: ' Storyboard ' }, { signal: NEVER });
  assert.equal(setup.service.requests.filter(({ method }) => method === 'QUERY').length, 1, 'the same search is one');
});

test('while somebody types, the service is searched behind the answers, one call at a time', async (context) => {
  const setup = await setUpCatalog(context);
  const { provider, service } = setup;
  await provider.catalog?.warm({ signal: NEVER });
  const type = (text: string): string[] => namesOf(provider.catalog?.knownModels({ ...ALL, search: text }) ?? []);
  const words = ['storyb', 'storybo', 'storyboa', 'storyboard'];
  for (const word of words) assert.deepEqual(type(word), []);
  const searches = (): number => service.requests.filter(({ method }) => method === 'QUERY').length;
  await waitUntil(() => type('storyboard').length > 0);
  assert.deepEqual(type('storyboard'), ['sandbox/storyboard']);
  assert.equal(searches(), 2, 'the first and the last of what was typed');
});

test('many who ask cost one call, an hour long; then the old answer stands while a new one is fetched', async (context) => {
  const setup = await setUpCatalog(context);
  const { provider, clock, service } = setup;
  await Promise.all([1, 2, 3].map(async () => provider.catalog?.warm({ signal: NEVER })));
  const schema = await provider.catalog?.describeInputs(SDXL, 'image', { signal: NEVER });
  assert.equal(schema?.fields.find(({ name }) => name === 'guidance_scale')?.maximum, 50);
  assert.equal(countCalls(setup, '/collections/text-to-image'), 1);
  service.changeModel(SDXL, { prompt: { type: 'string' }, guidance_scale: { type: 'number', maximum: 9 } });
  clock.advance(HOUR_MS + 1);
  const maximum = (): number | null | undefined =>
    provider.catalog?.knownInputs(SDXL, 'image')?.fields.find(({ name }) => name === 'guidance_scale')?.maximum;
  assert.equal(maximum(), 50, 'the old one, at once');
  await waitUntil(() => maximum() === 9);
});

test('the inputs of a model are told in the order of its author, and of a listed model without another call', async (context) => {
  const setup = await setUpCatalog(context);
  const { catalog } = setup.provider;
  assert.equal(catalog?.knownInputs(null, 'image'), undefined, 'not known yet');
  await waitUntil(() => catalog?.knownInputs(null, 'image') !== undefined);
  const flux = catalog?.knownInputs(null, 'image');
  assert.deepEqual(
    flux?.fields.slice(0, 4).map(({ name, isOwnOption }) => [name, isOwnOption]),
    [
      ['prompt', true],
      ['aspect_ratio', true],
      ['num_outputs', true],
      ['num_inference_steps', false],
    ],
  );
  assert.equal(flux?.kind, 'image');
  await catalog?.warm({ signal: NEVER });
  const before = setup.service.requests.length;
  assert.equal(catalog?.knownInputs('kwaivgi/kling-v2.1', 'video')?.kind, 'video');
  assert.equal(setup.service.requests.length, before);
});

test('a model that is not there, or is no name at all, is told from a service in trouble', async (context) => {
  const setup = await setUpCatalog(context);
  const { catalog } = setup.provider;
  const reasonOf = async (model: string | null): Promise<string> => {
    const error = await catalog?.describeInputs(model, 'image', { signal: NEVER }).catch((thrown: unknown) => thrown);
    return error instanceof ProviderFailure ? error.failure.reason : 'answered';
  };
  assert.equal(await reasonOf('nobody/nothing'), 'model-unknown');
  assert.equal(await reasonOf('no name'), 'model-unknown');
  const before = setup.service.requests.length;
  assert.equal(catalog?.knownInputs('half typ', 'image'), undefined);
  assert.equal(setup.service.requests.length, before, 'nobody is asked about what is half typed');
});

test('a configured model that the service no longer has is named at the start', async (context) => {
  const gone = 'black-forest-labs/flux-0';
  const { provider } = await setUpCatalog(context, { imageModel: gone });
  assert.deepEqual(await provider.catalog?.warm({ signal: NEVER }), [gone]);
});

test('a service in trouble is not asked at every letter, and what is known is offered all the same', async (context) => {
  let calls = 0;
  const baseUrl = await serve(context, (_request, response) => {
    calls += 1;
    response.writeHead(503).end('{}');
  });
  const { provider, clock } = await setUpCatalog(context, { baseUrl });
  const { catalog } = provider;
  await assert.rejects(async () => catalog?.warm({ signal: NEVER }), ProviderFailure);
  await waitUntil(() => calls === 5);
  for (let letter = 0; letter < 20; letter++) {
    assert.equal(catalog?.knownModels({ ...ALL, kind: 'image' })[0]?.name, FLUX);
    assert.equal(catalog.knownInputs(null, 'image'), undefined);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(calls, 5);
  clock.advance(60_001);
  assert.equal(catalog?.knownInputs(null, 'image'), undefined);
  await waitUntil(() => calls === 6);
});

test('whoever waits no longer is let go; the others get their answer', async (context) => {
  const held: (() => void)[] = [];
  const baseUrl = await serve(context, (_request, response) => {
    held.push(() => response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"not found"}'));
  });
  const { catalog } = (await setUpCatalog(context, { baseUrl })).provider;
  const describe = async (signal: AbortSignal): Promise<unknown> =>
    catalog?.describeInputs('some/model', 'image', { signal });
  const [impatient, patient] = [describe(AbortSignal.timeout(20)), describe(NEVER)];
  await assert.rejects(impatient, { name: 'TimeoutError' });
  await assert.rejects(describe(AbortSignal.abort(new Error('over'))), /over/);
  await waitUntil(() => held.length > 0);
  assert.equal(held.length, 1, 'all of them cost one call');
  for (const answer of held) answer();
  await assert.rejects(patient, ProviderFailure);
});

test('a setting is refused before anything is paid, with what is allowed', async (context) => {
  const { provider, service } = await setUpCatalog(context);
  const refused = await provider.refuse(
    { kind: 'image', model: null, settings: { num_inference_steps: '20' }, images: 0 },
    { signal: NEVER },
  );
  assert.equal(refused?.reason, 'setting-refused');
  assert.deepEqual(refused.details, { field: 'num_inference_steps', got: '20', allowed: '1 to 4' });
  assert.equal(service.predictions().length, 0);
});
