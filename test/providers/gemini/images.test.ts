import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindOn } from '../../../sandbox/fault-queue.ts';
import type { GeminiFault } from '../../../sandbox/interface.ts';
import { attempt } from '../attempt.ts';
import { BLUE, createTold, FLASH, failureOf, listPosts, makePicture, type Meaning, NO_SEED } from './setup.ts';
import { meaningOf, PRO, RED, REFERENCE, setUp } from './setup.ts';

type HttpRefusal = Exclude<KindOn<GeminiFault, 'generate'>, (typeof LOSSES)[number]>;

const LOSSES = ['http-500', 'http-504', 'broken-json', 'hang', 'cut-before', 'cut-after'] as const;

test('a picture comes with the answer to one call, in the shape and size asked for, with what it starts from', async (context) => {
  const { service, provider } = await setUp(context);
  const started = await makePicture(provider, {
    aspectRatio: '16:9',
    negativePrompt: 'rain',
    settings: { image_size: '2k' },
    images: [REFERENCE, REFERENCE],
  });
  assert.deepEqual(started, {
    status: 'finished',
    outputs: [{ kind: 'inline', mimeType: 'image/png' }],
    bytes: started.bytes,
    model: FLASH,
    changes: [NO_SEED],
  });
  assert.deepEqual(started.bytes[0], RED);
  assert.deepEqual(listPosts(service)[0]?.body, {
    contents: [
      {
        role: 'user',
        parts: [
          { text: `${attempt().prompt}\n\nAvoid: rain` },
          { inlineData: { mimeType: 'image/png', data: RED.toString('base64') } },
          { inlineData: { mimeType: 'image/png', data: RED.toString('base64') } },
        ],
      },
    ],
    generationConfig: { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '16:9', imageSize: '2K' } },
  });
  assert.equal(service.requests.length, 1);
});

test('a plain prompt is sent with nothing else, and the model chooses the rest', async (context) => {
  const { service, provider } = await setUp(context);
  await makePicture(provider, { model: `models/${PRO}` });
  const [post] = listPosts(service);
  assert.match(post?.path ?? '', /gemini-3-pro-image:generateContent$/);
  assert.deepEqual(post?.body, {
    contents: [{ role: 'user', parts: [{ text: attempt().prompt }] }],
    generationConfig: { responseModalities: ['IMAGE'] },
  });
});

test('a shape the model does not have becomes the nearest, and the card can tell', async (context) => {
  const { service, provider } = await setUp(context);
  const cases: [model: string, asked: string, sent: string | null][] = [
    [FLASH, '1:4', '1:4'],
    [PRO, '1:4', '9:16'],
    [FLASH, '5:3', '16:9'],
    [FLASH, '1024x1000', '1:1'],
    [FLASH, 'wide', null],
  ];
  for (const [model, asked, sent] of cases) {
    const { changes } = await makePicture(provider, { model, aspectRatio: asked });
    assert.deepEqual(
      changes,
      [...(asked === sent ? [] : [{ field: 'aspect_ratio', from: asked, to: sent }]), NO_SEED],
      asked,
    );
    const { generationConfig } = (listPosts(service).at(-1)?.body ?? {}) as {
      generationConfig?: { imageConfig?: { aspectRatio: string } };
    };
    assert.equal(generationConfig?.imageConfig?.aspectRatio ?? null, sent, asked);
  }
});

test('the interim pictures of a model that thinks are left out, and bytes are believed before their type', async (context) => {
  const { provider, words } = await createTold(context);
  const inline = (bytes: Buffer) => ({ inlineData: { mimeType: 'image/jpeg', data: bytes.toString('base64') } });
  const parts = [{ text: 'hm', thought: true }, { ...inline(RED), thought: true }, { text: 'Here:' }, inline(BLUE)];
  words.now = { body: { candidates: [{ content: { parts }, finishReason: 'STOP' }] } };
  const { bytes, outputs } = await makePicture(provider);
  assert.deepEqual(bytes, [BLUE]);
  assert.deepEqual(outputs, [{ kind: 'inline', mimeType: 'image/png' }]);

  words.now = { body: { candidates: [{ content: { parts: [inline(Buffer.from('no picture'))] } }] } };
  assert.deepEqual(meaningOf(await failureOf(makePicture(provider))), ['provider-error', 'retry', 1]);
});

test('each answer without a picture says what to do next', async (context) => {
  const { service, provider } = await setUp(context);
  const expected: Record<Exclude<KindOn<GeminiFault, 'image'>, 'slow'>, Meaning> = {
    'blocked-safety': ['prompt-blocked', 'give-up', null],
    'blocked-other': ['prompt-blocked', 'retry', 1],
    'blocked-list': ['prompt-blocked', 'give-up', null],
    'blocked-prohibited': ['prompt-blocked', 'give-up', null],
    'finish-image-safety': ['output-blocked', 'vary', 1],
    'finish-safety': ['output-blocked', 'vary', 1],
    'finish-prohibited': ['prompt-blocked', 'give-up', null],
    'finish-spii': ['prompt-blocked', 'give-up', null],
    'finish-recitation': ['output-copied', 'vary', 1],
    'finish-no-image': ['no-output', 'vary', 2],
    'finish-other': ['no-output', 'vary', 2],
    'finish-max-tokens': ['provider-error', 'retry', 1],
    'finish-malformed': ['provider-error', 'retry', 1],
    'text-only': ['words-only', 'vary', 2],
    'thought-only': ['no-output', 'vary', 2],
    empty: ['no-output', 'retry', 2],
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'image', kind: kind as keyof typeof expected });
    assert.deepEqual(meaningOf(await failureOf(makePicture(provider), service.key)), meaning, kind);
  }
  assert.equal(service.requests.length, Object.keys(expected).length);
});

test('each reason to stop or to block that the API names, and one it does not name yet, says what to do next', async (context) => {
  const { provider, words } = await createTold(context);
  const gaveUp: Meaning = ['prompt-blocked', 'give-up', null];
  const nothing: Meaning = ['no-output', 'vary', 2];
  const once: Meaning = ['provider-error', 'retry', 1];
  const finishes: Record<string, Meaning> = {
    FINISH_REASON_UNSPECIFIED: ['no-output', 'retry', 2],
    STOP: nothing,
    OTHER: nothing,
    NO_IMAGE: nothing,
    IMAGE_OTHER: nothing,
    SAFETY: ['output-blocked', 'vary', 1],
    IMAGE_SAFETY: ['output-blocked', 'vary', 1],
    RECITATION: ['output-copied', 'vary', 1],
    IMAGE_RECITATION: ['output-copied', 'vary', 1],
    BLOCKLIST: gaveUp,
    PROHIBITED_CONTENT: gaveUp,
    IMAGE_PROHIBITED_CONTENT: gaveUp,
    SPII: gaveUp,
    ESCALATION: gaveUp,
    MAX_TOKENS: once,
    LANGUAGE: once,
    MALFORMED_FUNCTION_CALL: once,
    MALFORMED_RESPONSE: once,
    UNEXPECTED_TOOL_CALL: once,
    TOO_MANY_TOOL_CALLS: once,
    MISSING_THOUGHT_SIGNATURE: once,
    SOMETHING_NEW: once,
  };
  for (const [finishReason, meaning] of Object.entries(finishes)) {
    words.now = { body: { candidates: [{ content: {}, finishReason, finishMessage: 'secret words' }] } };
    const lost = await failureOf(makePicture(provider));
    assert.deepEqual(meaningOf(lost), meaning, finishReason);
    assert.match(lost.failure.providerStatus ?? '', /^(finished [A-Z_]+|no finish reason)$/);
  }
  const blocks: Record<string, Meaning> = {
    BLOCK_REASON_UNSPECIFIED: ['prompt-blocked', 'retry', 1],
    OTHER: ['prompt-blocked', 'retry', 1],
    SAFETY: gaveUp,
    BLOCKLIST: gaveUp,
    PROHIBITED_CONTENT: gaveUp,
    IMAGE_SAFETY: gaveUp,
    SOMETHING_NEW: gaveUp,
  };
  for (const [blockReason, meaning] of Object.entries(blocks)) {
    words.now = { body: { promptFeedback: { blockReason } } };
    assert.deepEqual(meaningOf(await failureOf(makePicture(provider))), meaning, blockReason);
  }
});

test('words in place of a picture are kept for the card: one short line without addresses', async (context) => {
  const { provider, words } = await createTold(context);
  const text = `I cannot draw that.\nSee https://example.com/x?key=1 or www.example.com, or write to a@example.com. ${'word '.repeat(90)}`;
  words.now = { body: { candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }] } };
  const { failure } = await failureOf(makePicture(provider));
  const told = failure.details.words ?? '';
  assert.ok(told.startsWith('I cannot draw that. See … or … or write to …'), told);
  assert.ok(told.length <= 200);
  assert.doesNotMatch(failure.providerStatus ?? '', /draw/);
});

test('a picture that was refused before any work costs nothing and may be asked for again without doubt', async (context) => {
  const { service, provider } = await setUp(context);
  const expected: Record<HttpRefusal, Meaning> = {
    'http-400-key': ['key-refused', 'give-up', null],
    'http-400-input': ['input-refused', 'give-up', null],
    'http-400-billing': ['no-credit', 'give-up', null],
    'http-401': ['key-refused', 'give-up', null],
    'http-403': ['key-refused', 'give-up', null],
    'http-404-retired': ['model-retired', 'give-up', null],
    'http-429-minute': ['rate-limit', 'retry', null],
    'http-429-day': ['daily-quota', 'give-up', null],
    'http-429-no-quota': ['no-quota', 'give-up', null],
    'http-429-bare': ['rate-limit', 'retry', null],
    'http-503': ['provider-error', 'retry', null],
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'generate', kind: kind as HttpRefusal });
    assert.deepEqual(meaningOf(await failureOf(makePicture(provider), service.key)), meaning, kind);
  }
  assert.equal(service.requests.length, Object.keys(expected).length);
  assert.equal(service.generations().length, 0);
});

test('a picture whose answer was lost is tried once more at most, for it may have been paid', async (context) => {
  const { service, provider } = await setUp(context, { timeouts: { imageMs: 150 } });
  for (const kind of LOSSES) {
    service.addFault({ on: 'generate', kind });
    const lost = await failureOf(makePicture(provider), service.key);
    const reason = kind === 'hang' ? 'attempt-timeout' : 'answer-lost';
    assert.deepEqual(meaningOf(lost), [reason, 'retry', 1, 'unknown'], kind);
  }
  assert.equal(service.requests.length, LOSSES.length, 'the client repeats nothing by itself');
});

test('a picture is waited for no longer than it is worth anything', async (context) => {
  const { service, provider } = await setUp(context);
  service.addFault({ on: 'generate', kind: 'hang' });
  const lost = await failureOf(makePicture(provider, { expiresAfterMs: 100 }), service.key);
  assert.deepEqual(meaningOf(lost), ['attempt-timeout', 'retry', 1, 'unknown']);
  assert.equal(lost.failure.providerStatus, 'no answer in 0.1 s');
});

test('a service that cannot be reached was sent nothing', async (context) => {
  const { service, provider } = await setUp(context);
  await service.close();
  const lost = await failureOf(makePicture(provider), service.key);
  assert.deepEqual(meaningOf(lost), ['network', 'retry', null]);
});

test('what is no model, and a setting that is none, are refused without a call', async (context) => {
  const { service, provider } = await setUp(context);
  for (const model of ['../files', 'a/b?c=d', 'a..b', ''])
    assert.deepEqual(meaningOf(await failureOf(makePicture(provider, { model }))), ['model-unknown', 'give-up', null]);
  const refused = await failureOf(makePicture(provider, { settings: { image_size: '3K' } }));
  assert.equal(refused.failure.reason, 'setting-refused');
  assert.equal(service.requests.length, 0);
});
