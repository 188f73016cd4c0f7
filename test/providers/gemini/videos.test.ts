import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindOn } from '../../../sandbox/fault-queue.ts';
import type { GeminiFault } from '../../../sandbox/interface.ts';
import { failure } from '../../../src/jobs/job.ts';
import { attempt } from '../attempt.ts';
import { beginVideo, checkFailure, create, createTold, failureOf, listPosts, type Meaning, NO_SEED } from './setup.ts';
import { meaningOf, NEVER, OMNI, PACE, RED, REFERENCE, serve, setUp } from './setup.ts';

/** An interaction as the service tells it. */
const interaction = (more: object): object => ({ id: 'v1_x', model: OMNI, status: 'in_progress', steps: [], ...more });
const OPERATION = { provider: 'gemini', id: 'v1_x', data: {} };

test('a video goes from the prompt to its bytes, for one payment, and is asked about meanwhile', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const started = await provider.start(attempt({ kind: 'video', aspectRatio: '16:9' }), { signal: NEVER });
  assert.ok(started.status === 'running');
  assert.deepEqual([started.model, started.changes], [OMNI, [NO_SEED]]);
  const { operation } = started;
  assert.deepEqual(operation, JSON.parse(JSON.stringify(operation)));

  const check = () => provider.check(operation, { signal: NEVER });
  assert.deepEqual(await check(), { status: 'running', begun: false, progress: null });
  clock.advance(PACE.queueMs + PACE.workMs / 2);
  assert.deepEqual(await check(), { status: 'running', begun: true, progress: null });
  clock.advance(PACE.workMs);
  const finished = await check();
  assert.ok(finished.status === 'finished');
  const [output] = finished.outputs;
  assert.ok(output?.kind === 'url' && finished.outputs.length === 1);
  const file = await provider.fetchFile(output, { signal: NEVER });
  assert.deepEqual([file.mimeType, file.extension], ['video/mp4', '.mp4']);
  assert.equal(listPosts(service).length, 1);
  assert.equal(service.requests.length, 6, 'one HTTP request for each call, and one about the file');
});

test('a video is sent with its first frame, its settings and what to avoid, to be made in the background', async (context) => {
  const { service, provider } = await setUp(context);
  const settings = { resolution: '1080P' };
  const changes = { images: [REFERENCE], settings, durationSeconds: 5, negativePrompt: 'rain', aspectRatio: '3:4' };
  const started = await provider.start(attempt({ kind: 'video', ...changes }), { signal: NEVER });
  assert.deepEqual(started.changes, [{ field: 'aspect_ratio', from: '3:4', to: '9:16' }, NO_SEED]);
  assert.deepEqual(listPosts(service)[0]?.body, {
    model: OMNI,
    input: [
      { type: 'text', text: `${attempt().prompt}\n\nAvoid: rain` },
      { type: 'image', data: RED.toString('base64'), mime_type: 'image/png' },
    ],
    response_format: { type: 'video', delivery: 'uri', aspect_ratio: '9:16', duration: '5s', resolution: '1080p' },
    generation_config: { video_config: { task: 'image_to_video' } },
    background: true,
    store: true,
  });
});

test('a video that is not awaited is cancelled, which may be asked for again and after the end', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const operation = await beginVideo(provider);
  await provider.cancel(operation, { signal: NEVER });
  await provider.cancel(operation, { signal: NEVER });
  await provider.cancel({ ...operation, id: 'unknown' }, { signal: NEVER });
  assert.equal(service.generations()[0]?.status, 'cancelled');
  const { reason, next } = await checkFailure(provider, operation);
  assert.deepEqual([reason, next], ['attempt-timeout', 'retry']);

  const done = await beginVideo(provider);
  clock.advance(PACE.queueMs + PACE.workMs);
  await provider.cancel(done, { signal: NEVER });
  assert.equal((await provider.check(done, { signal: NEVER })).status, 'finished');
});

test('each way for a video to end badly says what to do next', async (context) => {
  const { service, clock, provider } = await setUp(context);
  const expected: Record<Exclude<KindOn<GeminiFault, 'video'>, 'slow' | 'never-ends' | 'large'>, Meaning> = {
    blocked: ['output-blocked', 'vary', 1],
    'fails-internal': ['provider-error', 'retry', null],
    'fails-invalid': ['input-refused', 'give-up', null],
    nothing: ['no-output', 'vary', 2],
    cancelled: ['attempt-timeout', 'retry', null],
    incomplete: ['provider-error', 'retry', 1],
    'budget-exceeded': ['no-credit', 'give-up', null],
    'get-400': ['prompt-blocked', 'retry', 1],
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'video', kind: kind as keyof typeof expected });
    const operation = await beginVideo(provider);
    clock.advance(PACE.queueMs + PACE.workMs);
    const ended = await checkFailure(provider, operation);
    assert.deepEqual(meaningOf({ failure: ended, isAccepted: 'no' }), meaning, kind);
  }
});

test('each code of a failed interaction that the API names, and one it does not name yet, says what to do next', async (context) => {
  const { provider, words } = await createTold(context);
  const gaveUp: Meaning = ['prompt-blocked', 'give-up', null];
  const broken: Meaning = ['provider-error', 'retry', null];
  const once: Meaning = ['provider-error', 'retry', 1];
  const refused: Meaning = ['input-refused', 'give-up', null];
  const codes: Record<string, Meaning> = {
    safety: ['output-blocked', 'vary', 1],
    image_safety: ['output-blocked', 'vary', 1],
    recitation: ['output-copied', 'vary', 1],
    image_recitation: ['output-copied', 'vary', 1],
    prohibited_content: gaveUp,
    image_prohibited_content: gaveUp,
    blocklist: gaveUp,
    spii: gaveUp,
    content_blocked: ['prompt-blocked', 'retry', 1],
    image_other: ['no-output', 'vary', 2],
    language: once,
    invalid_request: refused,
    parameter_unknown: refused,
    out_of_range: refused,
    failed_precondition: ['no-credit', 'give-up', null],
    payment_required: ['no-credit', 'give-up', null],
    authentication: ['key-refused', 'give-up', null],
    permission_denied: ['key-refused', 'give-up', null],
    model_not_found: ['model-retired', 'give-up', null],
    rate_limit_exceeded: ['rate-limit', 'retry', null],
    too_many_requests: ['rate-limit', 'retry', null],
    quota_exceeded: ['daily-quota', 'give-up', null],
    aborted: broken,
    already_exists: broken,
    cancelled: broken,
    api_error: broken,
    service_unavailable: broken,
    unimplemented: ['provider-error', 'give-up', null],
    deadline_exceeded: ['attempt-timeout', 'retry', 1],
    'https://ai.google.dev/errors/image_safety': ['output-blocked', 'vary', 1],
    something_new: once,
    '': once,
  };
  for (const [code, meaning] of Object.entries(codes)) {
    words.now = { body: interaction({ status: 'failed', errors: [{ code, message: 'as it is' }] }) };
    const ended = await checkFailure(provider, OPERATION);
    assert.deepEqual(meaningOf({ failure: ended, isAccepted: 'no' }), meaning, code);
    assert.match(ended.providerStatus ?? '', /^failed/);
  }
  words.now = { body: interaction({ status: 'failed' }) };
  assert.equal((await checkFailure(provider, OPERATION)).reason, 'provider-error');
});

test('an interaction in a state that is not known yet counts as running, and words alone are no video', async (context) => {
  const { provider, words } = await createTold(context);
  for (const status of ['in_progress', 'requires_action', 'requires_continuation', 'something_new']) {
    words.now = { body: interaction({ status }) };
    assert.deepEqual(await provider.check(OPERATION, { signal: NEVER }), {
      status: 'running',
      begun: true,
      progress: null,
    });
  }
  const content = [{ type: 'text', text: 'I would rather not.' }];
  words.now = { body: interaction({ status: 'completed', steps: [{ type: 'model_output', content }] }) };
  assert.deepEqual(
    await checkFailure(provider, OPERATION),
    failure('words-only', 'vary', {
      mostRetries: 2,
      providerStatus: 'completed',
      details: { words: 'I would rather not' },
    }),
  );
});

test('a video is done when its file is, and a file that failed is no video', async (context) => {
  const uri = 'https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media';
  const content = [{ type: 'video', mime_type: 'video/mp4', uri }];
  const done = interaction({ status: 'completed', steps: [{ type: 'model_output', content }] });
  const finished = { status: 'finished', outputs: [{ kind: 'url', url: uri }] };
  let file: { status: number; state?: string } = { status: 200 };
  const paths: (string | undefined)[] = [];
  const baseUrl = await serve(context, ({ url }, response) => {
    const isFile = url?.includes('/files/') === true;
    if (isFile) paths.push(url);
    response.writeHead(isFile ? file.status : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isFile ? { name: 'files/abc', state: file.state } : done));
  });
  const check = () => create(baseUrl).check(OPERATION, { signal: NEVER });

  file = { status: 200, state: 'PROCESSING' };
  assert.deepEqual(await check(), { status: 'running', begun: true, progress: null });
  file = { status: 200, state: 'FAILED' };
  const failed = await check();
  assert.ok(failed.status === 'failed');
  assert.deepEqual(meaningOf({ failure: failed.failure, isAccepted: 'no' }), ['provider-error', 'retry', 1]);
  for (file of [{ status: 200, state: 'ACTIVE' }, { status: 200 }, { status: 400 }, { status: 403 }, { status: 404 }])
    assert.deepEqual(await check(), finished);
  file = { status: 503 };
  assert.equal((await failureOf(check())).failure.reason, 'provider-error');
  assert.deepEqual(new Set(paths), new Set(['/v1beta/files/abc']));
});

test('a video that comes inside the answer all the same is fetched from it', async (context) => {
  const { provider, words } = await createTold(context);
  // The first box of an MP4 tells what it is.
  const clip = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isommp42')]);
  const content = [{ type: 'video', mime_type: 'video/mp4', data: clip.toString('base64') }];
  words.now = { body: interaction({ status: 'completed', steps: [{ type: 'model_output', content }] }) };
  const checked = await provider.check(OPERATION, { signal: NEVER });
  assert.ok(checked.status === 'finished' && checked.outputs[0]?.kind === 'url');
  const file = await provider.fetchFile(checked.outputs[0], { signal: NEVER });
  assert.deepEqual([file.mimeType, file.bytes], ['video/mp4', clip]);
});

test('a video that was refused before any work says why, and was begun once when its answer was lost', async (context) => {
  const { service, provider } = await setUp(context, { timeouts: { createMs: 150 } });
  const lost: Meaning = ['answer-lost', 'retry', 1, 'unknown'];
  const expected: Record<KindOn<GeminiFault, 'interaction'>, Meaning> = {
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
    'http-500': lost,
    'http-504': lost,
    'broken-json': lost,
    hang: ['attempt-timeout', 'retry', 1, 'unknown'],
    'cut-before': lost,
    'cut-after': lost,
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'interaction', kind: kind as keyof typeof expected });
    assert.deepEqual(meaningOf(await failureOf(beginVideo(provider), service.key)), meaning, kind);
  }
  assert.equal(service.requests.length, Object.keys(expected).length, 'the client repeats nothing by itself');
});

test('a question that fails is asked again later, and one about work that is gone is not', async (context) => {
  const { service, provider } = await setUp(context, { timeouts: { getMs: 150 } });
  const operation = await beginVideo(provider);
  const expected: Record<Exclude<KindOn<GeminiFault, 'get'>, 'http-404'>, Meaning> = {
    'http-429-minute': ['rate-limit', 'retry', null],
    'http-500': ['provider-error', 'retry', null],
    'http-503': ['provider-error', 'retry', null],
    hang: ['network', 'retry', null],
    'cut-before': ['network', 'retry', null],
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'get', kind: kind as keyof typeof expected });
    const lost = await failureOf(provider.check(operation, { signal: NEVER }), service.key);
    assert.deepEqual(meaningOf(lost), meaning, kind);
  }
  service.addFault({ on: 'get', kind: 'http-404' });
  const { reason, next } = await checkFailure(provider, operation);
  assert.deepEqual([reason, next], ['file-gone', 'give-up']);
  assert.equal(service.generations()[0]?.gets, Object.keys(expected).length + 1);
});

test('a key that is refused while a video is made ends no video', async (context) => {
  const { service, provider } = await setUp(context);
  const operation = await beginVideo(provider);
  const other = create(service.url);
  for (const call of [other.check(operation, { signal: NEVER }), other.cancel(operation, { signal: NEVER })])
    assert.deepEqual(meaningOf(await failureOf(call)), ['key-refused', 'give-up', null]);
});

test('a file that fails to come is fetched again, or is gone', async (context) => {
  const { service, clock, provider } = await setUp(context, { timeouts: { fileMs: 150 } });
  const operation = await beginVideo(provider);
  clock.advance(PACE.queueMs + PACE.workMs);
  const finished = await provider.check(operation, { signal: NEVER });
  assert.ok(finished.status === 'finished' && finished.outputs[0]?.kind === 'url');
  const [output] = finished.outputs;
  const expected: Record<KindOn<GeminiFault, 'file'>, Meaning> = {
    'http-403': ['file-gone', 'give-up', null],
    'http-404': ['file-gone', 'give-up', null],
    'http-500': ['provider-error', 'retry', null],
    hang: ['network', 'retry', null],
    'cut-half': ['network', 'retry', null],
  };
  for (const [kind, meaning] of Object.entries(expected)) {
    service.addFault({ on: 'file', kind: kind as keyof typeof expected });
    const lost = await failureOf(provider.fetchFile(output, { signal: NEVER }), service.key);
    assert.deepEqual(meaningOf(lost), meaning, kind);
  }
});
