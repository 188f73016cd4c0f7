/** Each row of what Replicate can answer, met through its own client: what it means, and how often it is worth a retry. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClock } from '../../../sandbox/clock.ts';
import type { ReplicateFault } from '../../../sandbox/interface.ts';
import { startReplicate, type StartedReplicate } from '../../../sandbox/replicate/index.ts';
import type { Failure, FailureReason } from '../../../src/jobs/job.ts';
import type { ProviderFailure } from '../../../src/providers/provider.ts';
import {
  createReplicateProvider,
  type ReplicateProvider,
} from '../../../src/providers/replicate/replicate-provider.ts';
import { checkFailure, failureOf, find, FLUX, NEVER, PACE, posts, start } from './set-up.ts';

/** Reason, what next, and the most retries after it (null: as many as the item has). */
type Meaning = readonly [FailureReason, Failure['next'], number | null];
type FaultOf<On extends ReplicateFault['on']> = Extract<ReplicateFault, { on: On }>['kind'];

const INFRASTRUCTURE: Meaning = ['provider-error', 'retry', null];
const SERVICE_DOWN: Meaning = ['provider-error', 'retry', null];
const NETWORK: Meaning = ['network', 'retry', null];
const THROTTLED: Meaning = ['rate-limit', 'retry', null];
const KEY_REFUSED: Meaning = ['key-refused', 'give-up', null];
const PROMPT_BLOCKED: Meaning = ['prompt-blocked', 'give-up', null];
const OUTPUT_BLOCKED: Meaning = ['output-blocked', 'vary', 2];
const NO_OUTPUT: Meaning = ['no-output', 'vary', 2];
const TOO_LONG_ONCE: Meaning = ['attempt-timeout', 'retry', 1];
const OUT_OF_MEMORY: Meaning = ['out-of-memory', 'give-up', null];
const INPUT_REFUSED: Meaning = ['input-refused', 'give-up', null];
const GONE: Meaning = ['file-gone', 'give-up', null];

const clock = createClock();
let service: StartedReplicate;
let provider: ReplicateProvider;
/** For what never answers. */
let hasty: ReplicateProvider;

before(async () => {
  service = await startReplicate({ clock, pace: PACE, rateLimits: false });
  const options = { token: service.token, baseUrl: service.url, imageModel: FLUX, clock };
  provider = createReplicateProvider(options);
  const timeouts = { createMs: 100, getMs: 100, fileMs: 100, uploadMs: 100 };
  hasty = createReplicateProvider({ ...options, timeouts });
});
after(() => service.close());

function patientWith(kind: string): ReplicateProvider {
  return kind === 'hang' ? hasty : provider;
}

function assertMeans({ reason, next, mostRetries }: Failure, meaning: Meaning): void {
  assert.deepEqual([reason, next, mostRetries], meaning);
}

// ------------------------------------------------------------------------------------------ work that failed

/** `error` as users of Replicate and its documentation have it, what it means, and what the log says. */
const ERRORS: readonly (readonly [string, Meaning, string])[] = [
  ['Unknown error (E1000)', INFRASTRUCTURE, 'failed E1000'],
  ['Service is temporarily unavailable. Please try again later. (E004)', INFRASTRUCTURE, 'failed E004'],
  ['Timed out starting prediction (E6716)', INFRASTRUCTURE, 'failed E6716'],
  ['Prediction stopped in a non-terminal state (E8367)', INFRASTRUCTURE, 'failed E8367'],
  ['Model health check failed (E8765)', INFRASTRUCTURE, 'failed E8765'],
  ['Error starting prediction (E9243)', INFRASTRUCTURE, 'failed E9243'],
  ['Failed to upload a file (E9825)', INFRASTRUCTURE, 'failed E9825'],
  ['Director: unexpected error handling prediction (E9828)', INFRASTRUCTURE, 'failed E9828'],
  ['Prediction interrupted; please retry (code: PA)', INFRASTRUCTURE, 'failed PA'],
  ['The model is busy, try again later', INFRASTRUCTURE, 'failed'],
  ['Webhook URL is empty (E4875)', ['provider-error', 'retry', 1], 'failed E4875'],
  ['something nobody has seen', ['provider-error', 'retry', 1], 'failed'],
  ['', ['provider-error', 'retry', 1], 'failed'],
  ['NSFW content detected. Try running it again, or try a different prompt.', OUTPUT_BLOCKED, 'failed'],
  ['Image was flagged by the safety checker', OUTPUT_BLOCKED, 'failed'],
  ['The output was blocked', OUTPUT_BLOCKED, 'failed'],
  [
    'The input or output was flagged as sensitive. Please try again with different inputs. (E005)',
    PROMPT_BLOCKED,
    'failed E005',
  ],
  ['Your prompt was flagged by our moderation system', PROMPT_BLOCKED, 'failed'],
  ['Your request was rejected by the safety system', PROMPT_BLOCKED, 'failed'],
  ['NSFW words in your prompt', PROMPT_BLOCKED, 'failed'],
  ["This violates the maker's content policy", PROMPT_BLOCKED, 'failed'],
  ['PROHIBITED_CONTENT: prohibited', PROMPT_BLOCKED, 'failed'],
  ['Filtered by responsible AI practices', PROMPT_BLOCKED, 'failed'],
  ['Prediction timed out', TOO_LONG_ONCE, 'failed'],
  ['CUDA out of memory. Tried to allocate 2.00 GiB', OUT_OF_MEMORY, 'failed'],
  ['Out of memory (E1001)', OUT_OF_MEMORY, 'failed E1001'],
  ['ValueError: width must be divisible by 8', INPUT_REFUSED, 'failed'],
  ['height must be at most 2048', INPUT_REFUSED, 'failed'],
  ['cannot identify image file data:image/png;base64,AAAA', INPUT_REFUSED, 'failed'],
  ['access violation reading 0x0', ['provider-error', 'retry', 1], 'failed'],
];

for (const [error, meaning, providerStatus] of ERRORS) {
  test(`work that failed with "${error}" is known for what it is: ${meaning[0]}, ${meaning[1]}`, async () => {
    service.addFault({ on: 'prediction', kind: 'error', error });
    const operation = await start(provider);
    clock.advance(PACE.queueMs + PACE.workMs);
    const lost = await checkFailure(provider, operation);
    assertMeans(lost, meaning);
    assert.equal(lost.providerStatus, providerStatus);
    assert.ok(!JSON.stringify(lost).includes('base64'));
  });
}

type BadEnding = Exclude<FaultOf<'prediction'>, 'error' | 'slow' | '12-minutes' | 'never-ends'>;
const ENDINGS: Readonly<Record<BadEnding, readonly [Meaning, string]>> = {
  fails: [INFRASTRUCTURE, 'failed E9828'],
  interrupted: [INFRASTRUCTURE, 'failed PA'],
  nsfw: [OUTPUT_BLOCKED, 'failed'],
  nothing: [NO_OUTPUT, 'succeeded'],
  'empty-list': [NO_OUTPUT, 'succeeded'],
  'data-removed': [GONE, 'data removed'],
  canceled: [['attempt-timeout', 'retry', null], 'canceled'],
  aborted: [TOO_LONG_ONCE, 'aborted'],
};

for (const [kind, [meaning, providerStatus]] of Object.entries(ENDINGS)) {
  test(`work that ends as "${kind}" is known for what it is: ${meaning[0]}, ${meaning[1]}`, async () => {
    service.addFault({ on: 'prediction', kind } as ReplicateFault);
    const operation = await start(provider);
    clock.advance(PACE.queueMs + PACE.workMs);
    const lost = await checkFailure(provider, operation);
    assertMeans(lost, meaning);
    assert.equal(lost.providerStatus, providerStatus);
  });
}

test('work the service does not know any more is gone for good', async () => {
  assertMeans(await checkFailure(provider, { provider: 'replicate', id: 'unknown', data: {} }), GONE);
});

// ------------------------------------------------------------------------------------------ creates

type CreateRow = readonly [Meaning, ProviderFailure['isAccepted'], Partial<Failure>];
/** Refused inputs are mended: repair.test.ts. */
const CREATES: Readonly<Record<Exclude<FaultOf<'create'>, 'http-422' | 'http-422-extra'>, CreateRow>> = {
  'http-401': [KEY_REFUSED, 'no', { providerStatus: 'HTTP 401' }],
  'http-402': [['no-credit', 'give-up', null], 'no', { providerStatus: 'HTTP 402', details: {} }],
  'http-403': [KEY_REFUSED, 'no', { providerStatus: 'HTTP 403' }],
  'http-404': [['model-unknown', 'give-up', null], 'no', { providerStatus: 'HTTP 404', details: { model: FLUX } }],
  'http-408': [SERVICE_DOWN, 'unknown', { providerStatus: 'HTTP 408' }],
  'http-422-version': [['model-unknown', 'give-up', null], 'no', { providerStatus: 'HTTP 422' }],
  'http-429': [THROTTLED, 'no', { retryAfterMs: 2_000, details: {} }],
  'http-429-credit': [THROTTLED, 'no', { retryAfterMs: 2_000, details: { account: 'low-credit' } }],
  'http-429-card': [THROTTLED, 'no', { retryAfterMs: 2_000, details: { account: 'low-credit' } }],
  'http-500': [SERVICE_DOWN, 'unknown', { providerStatus: 'HTTP 500' }],
  'http-502': [SERVICE_DOWN, 'unknown', { providerStatus: 'HTTP 502' }],
  'http-503': [SERVICE_DOWN, 'unknown', { providerStatus: 'HTTP 503' }],
  'http-504': [SERVICE_DOWN, 'unknown', { providerStatus: 'HTTP 504' }],
  'broken-json': [SERVICE_DOWN, 'unknown', { providerStatus: 'unreadable answer' }],
  hang: [NETWORK, 'unknown', { providerStatus: 'no answer in 0.1 s' }],
  'cut-before': [NETWORK, 'unknown', {}],
  'cut-after': [NETWORK, 'unknown', {}],
};

for (const [kind, [meaning, isAccepted, more]] of Object.entries(CREATES)) {
  test(`a create that meets "${kind}" is sent once and means ${meaning[0]}, ${meaning[1]}`, async () => {
    const sent = posts(service);
    service.addFault({ on: 'create', kind } as ReplicateFault);
    const lost = await failureOf(start(patientWith(kind)), service.token);
    assertMeans(lost.failure, meaning);
    assert.equal(lost.isAccepted, isAccepted);
    for (const [name, value] of Object.entries(more))
      assert.deepEqual(lost.failure[name as keyof Failure], value, name);
    assert.equal(posts(service) - sent, 1);
  });
}

// ------------------------------------------------------------------------------------------ questions

const GETS: Readonly<Record<Exclude<FaultOf<'get'>, 'http-404'>, Meaning>> = {
  'http-401': KEY_REFUSED,
  'http-429': THROTTLED,
  'http-500': SERVICE_DOWN,
  'http-503': SERVICE_DOWN,
  'broken-json': SERVICE_DOWN,
  hang: NETWORK,
  'cut-before': NETWORK,
};

for (const [kind, meaning] of Object.entries(GETS)) {
  test(`a question that meets "${kind}" is asked once, means ${meaning[0]}, and the work goes on`, async () => {
    const operation = await start(provider);
    const gets = (): number => service.predictions().at(-1)?.gets ?? 0;
    service.addFault({ on: 'get', kind } as ReplicateFault);
    const lost = await failureOf(patientWith(kind).check(operation, { signal: NEVER }), service.token);
    assertMeans(lost.failure, meaning);
    assert.equal(gets(), 1);
    assert.equal((await provider.check(operation, { signal: NEVER })).status, 'running');
  });
}

const LISTS: Readonly<Record<FaultOf<'list'>, Meaning>> = {
  'http-500': SERVICE_DOWN,
  'http-503': SERVICE_DOWN,
  hang: NETWORK,
  'cut-before': NETWORK,
};

for (const [kind, meaning] of Object.entries(LISTS)) {
  test(`a search that meets "${kind}" says so, and never that nothing was begun`, async () => {
    service.addFault({ on: 'list', kind } as ReplicateFault);
    assertMeans((await failureOf(find(patientWith(kind), clock.now()), service.token)).failure, meaning);
  });
}

// ------------------------------------------------------------------------------------------ uploads

const UPLOADS: Readonly<Record<FaultOf<'upload'>, Meaning>> = {
  'http-401': KEY_REFUSED,
  'http-413': INPUT_REFUSED,
  'http-429': THROTTLED,
  'http-500': SERVICE_DOWN,
  'http-503': SERVICE_DOWN,
  hang: NETWORK,
  'cut-before': NETWORK,
  'cut-after': NETWORK,
};

for (const [kind, meaning] of Object.entries(UPLOADS)) {
  test(`a picture whose upload meets "${kind}" costs nothing and means ${meaning[0]}, ${meaning[1]}`, async () => {
    const paid = posts(service);
    service.addFault({ on: 'upload', kind } as ReplicateFault);
    const images = [{ bytes: new Uint8Array(300_000), mimeType: 'image/png', width: 8, height: 8 }];
    const lost = await failureOf(start(patientWith(kind), { images }), service.token);
    assertMeans(lost.failure, meaning);
    assert.deepEqual([lost.isAccepted, posts(service)], ['no', paid]);
  });
}

// ------------------------------------------------------------------------------------------ files

type FileRow = readonly [Meaning, Partial<Failure>];
const FILES: Readonly<Record<Exclude<FaultOf<'file'>, '30-mb'>, FileRow>> = {
  'http-403': [GONE, { providerStatus: 'file HTTP 403' }],
  'http-404': [GONE, { providerStatus: 'file HTTP 404' }],
  'http-410': [GONE, { providerStatus: 'file HTTP 410' }],
  'http-429': [THROTTLED, { retryAfterMs: 1_000 }],
  'http-500': [SERVICE_DOWN, { providerStatus: 'file HTTP 500' }],
  'http-503': [SERVICE_DOWN, { providerStatus: 'file HTTP 503' }],
  hang: [NETWORK, { providerStatus: 'file timed out' }],
  'cut-half': [NETWORK, {}],
  'too-large': [['file-too-large', 'give-up', null], {}],
  'too-many-pixels': [['file-too-large', 'give-up', null], { providerStatus: 'file of 30000 × 30000 pixels' }],
  'wrong-type': [['file-refused', 'retry', 3], { providerStatus: 'file refused: not a picture or video' }],
  'redirect-away': [
    ['file-refused', 'give-up', null],
    { providerStatus: 'file refused: host files.elsewhere.invalid' },
  ],
};

for (const [kind, [meaning, more]] of Object.entries(FILES)) {
  test(`a file that meets "${kind}" means ${meaning[0]}, ${meaning[1]}`, async () => {
    const operation = await start(provider);
    clock.advance(PACE.queueMs + PACE.workMs);
    const finished = await provider.check(operation, { signal: NEVER });
    assert.ok(finished.status === 'finished' && finished.outputs[0]?.kind === 'url');
    service.addFault({ on: 'file', kind } as ReplicateFault);
    const lost = await failureOf(patientWith(kind).fetchFile(finished.outputs[0], { signal: NEVER }), service.token);
    assertMeans(lost.failure, meaning);
    for (const [name, value] of Object.entries(more))
      assert.deepEqual(lost.failure[name as keyof Failure], value, name);
  });
}
