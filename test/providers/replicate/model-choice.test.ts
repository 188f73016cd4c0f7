/** Who makes what starts from a picture: the model that was asked for, its like that takes one, or nobody. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { InputChange } from '../../../src/jobs/job.ts';
import { en } from '../../../src/locales/en.ts';
import type { AttemptRequest, RequestCheck } from '../../../src/providers/provider.ts';
import { siblingsOf } from '../../../src/providers/replicate/model-choice.ts';
import type { ReplicateProvider } from '../../../src/providers/replicate/replicate-provider.ts';
import { attempt } from '../attempt.ts';
import { drawPicture, failureOf, find, FLUX, NEVER, PACE, posts, setUp, start, type Setup } from './set-up.ts';

const VIDEO = 'bytedance/seedance-1-pro';
const TEXT_ONLY = 'wan-video/wan-2.2-t2v-fast';
const SIBLING = 'wan-video/wan-2.2-i2v-fast';
const ALONE = 'tencent/hunyuan-video';
const EDITOR = 'black-forest-labs/flux-2-klein-4b';
const NO_PICTURES = { prompt: { type: 'string' }, seed: { type: 'integer' } };

interface Sent {
  model: string;
  changes: InputChange[];
  input: Record<string, unknown>;
}

async function sentBy({ provider, service }: Setup, changes: Partial<AttemptRequest>): Promise<Sent> {
  const started = await provider.start(attempt(changes), { signal: NEVER });
  const { input = {}, model } = service.predictions().at(-1) ?? {};
  assert.equal(model, started.model);
  return { model: started.model, changes: started.changes, input };
}

async function refusalOf(provider: ReplicateProvider, request: Partial<RequestCheck>): Promise<string | null> {
  const check = { kind: 'video', model: null, settings: {}, images: 1, ...request } as const;
  const refused = await provider.refuse(check, { signal: NEVER });
  return refused === null ? null : en.failures[refused.reason](refused.details);
}

function setUpVideo(context: TestContext, videoModel = VIDEO): Promise<Setup> {
  return setUp(context, { videoModel });
}

test('a model that starts from text is known by its name, and so is its sibling', () => {
  assert.deepEqual(siblingsOf(TEXT_ONLY), [SIBLING]);
  assert.deepEqual(siblingsOf('a/b-text-to-video-hd'), ['a/b-image-to-video-hd']);
  assert.deepEqual(siblingsOf('a/t2v'), ['a/i2v']);
  assert.deepEqual(siblingsOf('t2v/painter'), [], 'the maker is not renamed');
  assert.deepEqual(siblingsOf('a/list2video'), []);
});

test('a picture for a text-only video model goes to its sibling, with its length and shape, and the card says so', async (context) => {
  const setup = await setUpVideo(context);
  assert.equal(await refusalOf(setup.provider, { model: TEXT_ONLY }), null);
  const images = [await drawPicture('teal')];
  const asked = { kind: 'video', model: TEXT_ONLY, images, durationSeconds: 10, aspectRatio: '1:1' } as const;
  const { model, changes, input } = await sentBy(setup, asked);
  assert.equal(model, SIBLING);
  assert.match(String(input.image), /^data:image\/png;base64,/);
  assert.deepEqual(changes, [
    { field: 'model', from: TEXT_ONLY, to: SIBLING },
    { field: 'aspect_ratio', from: '1:1', to: null },
    { field: 'duration', from: '10', to: '7.6' },
  ]);
  const words = await sentBy(setup, { kind: 'video', model: TEXT_ONLY });
  assert.deepEqual([words.model, words.changes], [TEXT_ONLY, []], 'without a picture it is asked itself');
});

test('a text-only video model without a sibling is refused with one that takes pictures, unpaid', async (context) => {
  const { provider, service } = await setUpVideo(context);
  assert.equal(
    await refusalOf(provider, { model: ALONE }),
    `The model \`${ALONE}\` takes no picture to start from. Choose a \`model\` that does, such as \`${VIDEO}\`, or leave the picture out.`,
  );
  const images = [await drawPicture('teal', true)];
  const lost = await failureOf(start(provider, { kind: 'video', model: ALONE, images }));
  assert.deepEqual([lost.failure.reason, lost.failure.next], ['image-not-taken', 'give-up']);
  assert.deepEqual([posts(service), service.uploads().length], [0, 0]);
});

test('a sibling that the service does not have, or that takes no picture either, steps in for nobody', async (context) => {
  const { provider, service } = await setUpVideo(context);
  service.changeModel(SIBLING, NO_PICTURES);
  assert.match((await refusalOf(provider, { model: TEXT_ONLY })) ?? '', /takes no picture/);
  assert.match((await refusalOf(provider, { model: 'nobody/t2v' })) ?? '', /There is no model `nobody\/t2v`/);
});

test('a configured model that takes no picture is replaced by one that does, and the card says so', async (context) => {
  const setup = await setUpVideo(context, ALONE);
  const images = [await drawPicture('teal')];
  assert.equal(await refusalOf(setup.provider, { kind: 'image' }), null);
  const picture = await sentBy(setup, { images });
  assert.deepEqual(picture.changes, [{ field: 'model', from: FLUX, to: EDITOR }]);
  assert.deepEqual(
    [Object.keys(picture.input).includes('images'), picture.input.aspect_ratio],
    [true, 'match_input_image'],
  );
  const video = await sentBy(setup, { kind: 'video', images });
  assert.deepEqual(video.changes, [{ field: 'model', from: ALONE, to: SIBLING }]);
  assert.deepEqual((await sentBy(setup, {})).changes, [], 'without a picture the configured one does the work');
});

test('a named image model that takes no picture is refused with one that does, unpaid', async (context) => {
  const { provider, service } = await setUpVideo(context);
  const sentence = await refusalOf(provider, { kind: 'image', model: 'google/imagen-4' });
  assert.match(sentence ?? '', new RegExp(`takes no picture to start from\\. .*such as \`${EDITOR}\``));
  assert.equal(await refusalOf(provider, { kind: 'image', model: EDITOR }), null);
  assert.equal(posts(service), 0);
});

test('a model that needs a picture and has none is refused before it is paid for', async (context) => {
  const { provider, service } = await setUpVideo(context);
  for (const [kind, model] of [
    ['video', 'kwaivgi/kling-v2.1'],
    ['video', 'sandbox/flip-book'],
    ['image', 'qwen/qwen-image-edit'],
  ] as const) {
    assert.match(
      (await refusalOf(provider, { kind, model, images: 0 })) ?? '',
      /starts from a picture: add `image`/,
      model,
    );
    assert.equal((await failureOf(start(provider, { kind, model }))).failure.reason, 'image-needed');
  }
  assert.equal(posts(service), 0);
});

test('where the service does not tell who could step in, the attempt is tried again and nothing is paid', async (context) => {
  const { provider, service } = await setUp(context, {
    videoModel: VIDEO,
    fetch: (input, init) =>
      new Request(input).url.includes('i2v')
        ? Promise.resolve(new Response('{}', { status: 503 }))
        : fetch(input, init),
  });
  const request = { kind: 'video', model: TEXT_ONLY, images: [await drawPicture('teal')] } as const;
  assert.equal(await refusalOf(provider, { model: TEXT_ONLY }), null, 'not known: the attempt will tell');
  const lost = await failureOf(start(provider, request));
  assert.deepEqual([lost.failure.next, lost.isAccepted, posts(service)], ['retry', 'no', 0]);
});

test('a lost start that went to another model is found there, by another process too, and nothing is uploaded again', async (context) => {
  const { service, clock, provider } = await setUpVideo(context);
  const restarted = await setUpSecond(context, service, clock);
  for (const request of [
    { kind: 'video', model: TEXT_ONLY, durationSeconds: 10 },
    { kind: 'image', model: null, seed: 7 },
  ] as const) {
    const mine = { ...request, images: [await drawPicture('teal', true)] };
    const since = clock.now();
    service.addFault({ on: 'create', kind: 'cut-after' });
    assert.equal((await failureOf(start(provider, mine))).isAccepted, 'unknown');
    clock.advance(1_000);
    const uploads = service.uploads().length;
    const { id, model } = service.predictions().at(-1) ?? {};
    const found = await find(restarted, since, [], mine);
    assert.deepEqual([found?.operation.id, found?.model], [id, model]);
    assert.equal(await find(restarted, since, [String(id)], mine), null, 'another item holds it');
    assert.equal(service.uploads().length, uploads);
    const { changes } = await provider.start(attempt(mine), { signal: NEVER });
    assert.deepEqual(found?.changes, changes, 'the card tells it as if the answer had come');
    assert.equal(changes[0]?.field, 'model');
  }
});

/** The same settings after a restart. */
async function setUpSecond(
  context: TestContext,
  { url, token }: Setup['service'],
  clock: Setup['clock'],
): Promise<ReplicateProvider> {
  const { provider } = await setUp(context, { videoModel: VIDEO, token, baseUrl: url, clock });
  return provider;
}

test('of two lost starts that differ in their picture alone, each is found for its own', async (context) => {
  const { service, clock, provider } = await setUpVideo(context);
  const request = { kind: 'video', model: 'kwaivgi/kling-v2.1' } as const;
  const since = clock.now();
  const pictures = [await drawPicture('teal'), await drawPicture('crimson')];
  for (const image of pictures) {
    service.addFault({ on: 'create', kind: 'cut-after' });
    await failureOf(start(provider, { ...request, images: [image] }));
  }
  clock.advance(1_000);
  const [first, second] = service.predictions().map(({ id }) => id);
  const foundFor = async (index: number): Promise<string | undefined> =>
    (await find(provider, since, [], { ...request, images: pictures.slice(index, index + 1) }))?.operation.id;
  assert.deepEqual([await foundFor(1), await foundFor(0)], [second, first]);
});

test('of two lost starts that differ in an uploaded picture alone, each is found for its own', async (context) => {
  const { service, clock, provider } = await setUpVideo(context);
  const request = { kind: 'video', model: 'kwaivgi/kling-v2.1' } as const;
  const since = clock.now();
  const pictures = [await drawPicture('teal', true), await drawPicture('crimson', true)];
  for (const image of pictures) {
    service.addFault({ on: 'create', kind: 'cut-after' });
    await failureOf(start(provider, { ...request, images: [image] }));
  }
  clock.advance(1_000);
  const [first, second] = service.predictions().map(({ id }) => id);
  const restarted = await setUpSecond(context, service, clock);
  const foundFor = async (index: number, claimed: (string | undefined)[] = []): Promise<string | undefined> => {
    const images = pictures.slice(index, index + 1);
    const ids = claimed.filter((id) => id !== undefined);
    return (await find(restarted, since, ids, { ...request, images }))?.operation.id;
  };
  assert.deepEqual([await foundFor(1), await foundFor(0)], [second, first]);
  assert.equal(await foundFor(0, [first]), undefined, 'what another one started is not taken for it');
  assert.equal(service.uploads().length, 2);
});

test('while nobody tells what the configured model takes, no lost start with a picture counts as never made', async (context) => {
  const { service, clock, provider } = await setUpVideo(context);
  const mine = { images: [await drawPicture('teal')] };
  const since = clock.now();
  service.addFault({ on: 'create', kind: 'cut-after' });
  await failureOf(start(provider, mine));
  clock.advance(1_000);
  let isDown = true;
  const { provider: restarted } = await setUp(context, {
    token: service.token,
    baseUrl: service.url,
    clock,
    fetch: (input, init) =>
      isDown && new Request(input).url.includes(`/models/${FLUX}`)
        ? Promise.resolve(new Response('{}', { status: 503 }))
        : fetch(input, init),
  });
  assert.equal((await failureOf(find(restarted, since, [], mine))).failure.next, 'retry');
  isDown = false;
  const found = await find(restarted, since, [], mine);
  assert.equal(found?.operation.id, service.predictions()[0]?.id);
  assert.deepEqual(found?.changes, [{ field: 'model', from: FLUX, to: EDITOR }]);
});

test('a model that lost its picture input within the hour is not paid to draw without it', async (context) => {
  const { service, provider } = await setUpVideo(context);
  const request = { kind: 'video', images: [await drawPicture('teal')] } as const;
  await start(provider, request);
  service.changeModel(VIDEO, NO_PICTURES, ['prompt']);
  service.addFault({ on: 'create', kind: 'http-422' });
  const lost = await failureOf(start(provider, request));
  assert.deepEqual([lost.failure.reason, service.predictions().length], ['input-refused', 1]);
});

test('a mended input keeps telling which model took over, and its picture is uploaded once', async (context) => {
  const setup = await setUpVideo(context);
  setup.service.addFault({ on: 'create', kind: 'http-422' });
  const { changes } = await sentBy(setup, { images: [await drawPicture('teal', true)] });
  assert.equal(setup.service.uploads().length, 1);
  assert.deepEqual(changes[0], { field: 'model', from: FLUX, to: EDITOR });
  assert.equal(changes.length, 2);
});

test('the length of a video goes to each model in its own words, with its start in its own input', async (context) => {
  const setup = await setUpVideo(context);
  const images = [await drawPicture('teal')];
  const sent: [string, string, unknown, string | undefined][] = [
    ['kwaivgi/kling-v2.1', 'start_image', { duration: 5 }, '5'],
    ['minimax/hailuo-02', 'first_frame_image', { duration: 6 }, undefined],
    [VIDEO, 'image', { duration: 6 }, undefined],
    ['google/veo-3.1-fast', 'image', { duration: 6 }, undefined],
    ['openai/sora-2', 'input_reference', { seconds: 4 }, '4'],
    [SIBLING, 'image', { num_frames: 97 }, undefined],
    ['sandbox/living-picture', 'input_image', { duration: '5s' }, '5'],
    ['sandbox/flip-book', 'images', { num_frames: 145 }, undefined],
  ];
  for (const [model, field, length, told] of sent) {
    const { input, changes } = await sentBy(setup, { kind: 'video', model, images, durationSeconds: 6 });
    assert.ok(String(input[field]).startsWith('data:image/png'), model);
    const [name = '', value] = Object.entries(length as object)[0] ?? [];
    assert.equal(input[name], value, model);
    assert.equal(changes.find((change) => change.field === 'duration')?.to, told, model);
  }
  setup.clock.advance(PACE.queueMs + PACE.workMs);
  assert.deepEqual(new Set(setup.service.predictions().map(({ status }) => status)), new Set(['succeeded']));
});
