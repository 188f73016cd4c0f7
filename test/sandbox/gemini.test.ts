import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageSize } from 'image-size';
import { ASK, FLASH, OMNI, PACE, PIXEL, PRO, readError, setUp, type Setup } from './gemini-client.ts';

/** The bytes of the one picture that is no thought. */
async function picture({ client }: Setup, prompt: string, imageConfig: object = {}, model = FLASH): Promise<Buffer> {
  const answer = await client.models.generateContent({
    model,
    contents: [{ role: 'user', parts: [{ text: prompt }] }],
    config: { responseModalities: ['IMAGE'], imageConfig },
  });
  const parts = answer.candidates?.[0]?.content?.parts ?? [];
  const final = parts.filter((part) => part.thought !== true && part.inlineData !== undefined);
  assert.equal(final.length, 1);
  return Buffer.from(final[0]?.inlineData?.data ?? '', 'base64');
}

test('the real client gets one PNG in the shape it asked for, and it is counted as paid', async (t) => {
  const setup = await setUp(t);
  const bytes = await picture(setup, 'a lake', { aspectRatio: '16:9', imageSize: '1K' });
  const { width, height, type } = imageSize(bytes);
  assert.deepEqual([width, height, type], [1376, 768, 'png']);
  const [made] = setup.gemini.generations();
  assert.deepEqual(
    [made?.kind, made?.model, made?.prompt, made?.images, made?.status],
    ['image', FLASH, 'a lake', 0, 'completed'],
  );
  assert.equal(setup.gemini.requests.length, 1);
  assert.deepEqual(
    [setup.gemini.requests[0]?.path, setup.gemini.requests[0]?.status],
    [`/models/${FLASH}:generateContent`, 200],
  );
});

test('another prompt is another picture, and a larger size is larger', async (t) => {
  const setup = await setUp(t);
  const lake = await picture(setup, 'a lake', { imageSize: '512' });
  const hill = await picture(setup, 'a hill', { imageSize: '512' });
  assert.equal(imageSize(lake).width, 512);
  assert.notDeepEqual(lake, hill);
  assert.equal(imageSize(await picture(setup, 'a lake', { imageSize: '2K', aspectRatio: '4:1' })).width, 4096);
});

test('the pro model thinks first: an interim picture comes before the final one', async (t) => {
  const { client } = await setUp(t);
  const answer = await client.models.generateContent({ model: PRO, contents: 'a lake' });
  const parts = answer.candidates?.[0]?.content?.parts ?? [];
  assert.deepEqual(
    parts.map((part) => [part.thought === true, part.inlineData === undefined ? 'text' : part.inlineData.mimeType]),
    [
      [true, 'text'],
      [true, 'image/jpeg'],
      [false, 'text'],
      [false, 'image/jpeg'],
    ],
  );
  assert.notEqual(parts[1]?.inlineData?.data, parts[3]?.inlineData?.data);
  assert.equal(answer.candidates?.[0]?.finishReason, 'STOP');
  assert.equal(answer.modelVersion, PRO);
  assert.match(answer.responseId ?? '', /^[\w-]{20,}$/);
  assert.equal(answer.usageMetadata?.candidatesTokenCount, 1_120);
});

test('a picture that was given is what every image gives, byte for byte', async (t) => {
  const bytes = Buffer.from('any bytes');
  const setup = await setUp(t, { picture: { bytes, mimeType: 'image/webp' } });
  assert.deepEqual(await picture(setup, 'a lake'), bytes);
});

test('a picture takes as long as the pace says, and is being worked on meanwhile', async (t) => {
  const setup = await setUp(t, { pace: { ...PACE, imageMs: 60_000 } });
  const coming = picture(setup, 'a lake', { imageSize: '512' });
  while (setup.gemini.generations().length === 0) await new Promise(setImmediate);
  assert.equal(setup.gemini.generations()[0]?.status, 'working');
  setup.clock.advance(60_000);
  assert.equal(imageSize(await coming).width, 512);
  assert.equal(setup.gemini.generations()[0]?.status, 'completed');
});

test('up to 14 reference pictures are taken and counted, in either way of writing names', async (t) => {
  const { gemini, generate } = await setUp(t);
  const image = { inline_data: { mime_type: 'image/png', data: PIXEL } };
  const ask = (count: number): object => ({
    contents: [{ parts: [{ text: 'a lake' }, ...Array.from({ length: count }, () => image)] }],
    generation_config: { image_config: { aspect_ratio: '1:1', imageSize: '512' } },
  });
  assert.equal((await generate(ask(14))).status, 200);
  assert.equal(gemini.generations()[0]?.images, 14);
  assert.match(String((await readError(await generate(ask(15)))).message), /up to 14, got 15/);
  assert.equal(gemini.generations().length, 1);
});

test('the list of models comes in pages, and tells of each what it can do', async (t) => {
  const { client, call } = await setUp(t);
  const names: string[] = [];
  for await (const model of await client.models.list({ config: { pageSize: 3 } })) names.push(String(model.name));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length > 6);
  for (const name of [FLASH, PRO, OMNI]) assert.ok(names.includes(`models/${name}`));
  const model = await client.models.get({ model: FLASH });
  assert.deepEqual(model.supportedActions, ['generateContent', 'countTokens']);
  assert.equal((await call('/v1beta/models?pageToken=x')).status, 400);
});

test('a model that was retired leaves the list and answers 404', async (t) => {
  const { gemini, client, generate } = await setUp(t);
  gemini.retireModel(FLASH);
  const names: unknown[] = [];
  for await (const model of await client.models.list()) names.push(model.name);
  assert.ok(!names.includes(`models/${FLASH}`));
  const error = await readError(await generate());
  assert.deepEqual([error.code, error.status], [404, 'NOT_FOUND']);
  assert.match(String(error.message), /is no longer available/);
});

/** A body, and the words it is refused with. */
const REFUSED: [string, object, RegExp][] = [
  ['an unknown name', { ...ASK, foo: 1 }, /^Invalid JSON payload received\. Unknown name "foo": Cannot find field\.$/],
  [
    'an unknown name deep inside',
    { ...ASK, generationConfig: { imageConfig: { seed: 1 }, bar: 2 } },
    /Unknown name "seed" at 'generation_config\.image_config': Cannot find field\.\n.+ Unknown name "bar" at 'generation_config'/,
  ],
  [
    'an unknown modality',
    { ...ASK, generationConfig: { responseModalities: ['PICTURE'] } },
    /^Invalid value at 'generation_config\.response_modalities\[0\]' \(.+Modality\), "PICTURE"$/,
  ],
  ['a modality that the model does not make', { ...ASK, generationConfig: { responseModalities: ['AUDIO'] } }, /AUDIO/],
  [
    'an aspect ratio that is none',
    { ...ASK, generationConfig: { imageConfig: { aspectRatio: '7:3' } } },
    /^\* GenerateContentRequest\.generation_config\.image_config\.aspect_ratio: aspect_ratio must be one of '1:1', .+, or '21:9'\.\n$/,
  ],
  [
    'a size that is none',
    { ...ASK, generationConfig: { imageConfig: { imageSize: '2k' } } },
    /image_size must be one of '512', '1K', '2K', or '4K'/,
  ],
  ['no contents', { contents: [] }, /contents is not specified/],
  ['contents without parts', { contents: [{ parts: [] }] }, /must not be empty/],
  ['a part without data', { contents: [{ parts: [{}] }] }, /parts\[0\]\.data: required oneof field 'data'/],
  ['a role that is none', { contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
  ['two candidates', { ...ASK, generationConfig: { candidateCount: 2 } }, /Multiple candidates/],
  [
    'inline data that is no image',
    { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'aGVsbG8=' } }] }] },
    /Unable to process input image/,
  ],
  [
    'inline data of another type',
    { contents: [{ parts: [{ inlineData: { mimeType: 'image/gif', data: PIXEL } }] }] },
    /Unsupported MIME type: image\/gif/,
  ],
  [
    'inline data that is no base64',
    { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: '§' } }] }] },
    /Invalid value at 'contents\[0\]\.parts\[0\]\.inline_data\.data' \(TYPE_BYTES\)/,
  ],
];

for (const [what, body, words] of REFUSED) {
  test(`${what} is refused with 400 in Google's words, and nothing is made`, async (t) => {
    const { gemini, generate } = await setUp(t);
    const response = await generate(body);
    assert.equal(response.status, 400);
    const error = await readError(response);
    assert.deepEqual([error.code, error.status], [400, 'INVALID_ARGUMENT']);
    assert.match(String(error.message), words);
    assert.equal(gemini.generations().length, 0);
    assert.equal(gemini.requests[0]?.error?.message, error.message);
  });
}

test('a body above 20 MB is refused', async (t) => {
  const { generate } = await setUp(t);
  const response = await generate({ contents: [{ parts: [{ text: 'x'.repeat(20 * 1024 * 1024) }] }] });
  assert.equal(response.status, 400);
  assert.match(String((await readError(response)).message), /payload size exceeds the limit: 20971520 bytes/);
});

test('a call without a key is 403, one with a wrong key 400 with its reason', async (t) => {
  const { generate, gemini } = await setUp(t);
  const none = await readError(await fetch(`${gemini.url}/v1beta/models`));
  assert.deepEqual([none.code, none.status], [403, 'PERMISSION_DENIED']);
  const wrong = await readError(await generate(ASK, { headers: { 'x-goog-api-key': 'wrong' } }));
  assert.deepEqual([wrong.code, wrong.status], [400, 'INVALID_ARGUMENT']);
  assert.match(JSON.stringify(wrong.details), /"reason":"API_KEY_INVALID"/);
  assert.equal(gemini.generations().length, 0);
});

for (const [model, words] of [
  [OMNI, /is not supported for generateContent/],
  ['gemini-embedding-001', /is not supported for generateContent/],
  ['gemini-9-image', /is not found for API version v1beta/],
  ['gemini-2.5-flash-image', /is no longer available/],
  ['imagen-4.0-generate-001', /is no longer available/],
  ['veo-3.1-generate-preview', /is no longer available/],
] as const) {
  test(`generateContent of ${model} is 404, as the real client tells it`, async (t) => {
    const { client } = await setUp(t);
    await assert.rejects(client.models.generateContent({ model, contents: 'x' }), (error) => {
      assert.ok(error instanceof Error && 'status' in error);
      assert.equal(error.status, 404);
      assert.match(error.message, /"status":"NOT_FOUND"/);
      assert.match(error.message, words);
      return true;
    });
  });
}

test('v1 answers as v1beta does, and the Date header follows the clock of the sandbox', async (t) => {
  const { call, clock } = await setUp(t);
  clock.advance(86_400_000);
  const response = await call('/v1/models');
  assert.equal(response.status, 200);
  const date = Date.parse(response.headers.get('date') ?? '');
  assert.ok(Math.abs(date - clock.now()) < 5_000);
});

test('more calls in a minute than the plan has are refused with the wait', async (t) => {
  const { generate, clock, gemini } = await setUp(t, {
    picture: { bytes: Buffer.from('x'), mimeType: 'image/png' },
  });
  for (let batch = 0; batch < 6; batch += 1) await Promise.all(Array.from({ length: 50 }, () => generate()));
  const error = await readError(await generate());
  assert.deepEqual([error.code, error.status], [429, 'RESOURCE_EXHAUSTED']);
  assert.match(String(error.message), /limit: 300, model: gemini-3\.1-flash-image\nPlease retry in \d+s\.$/);
  assert.equal(gemini.generations().length, 300);
  clock.advance(60_000);
  assert.equal((await generate()).status, 200);
});
