/** The provider through the real client: against the sandbox's Gemini, or against answers in a test's own words. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { createClock } from '../../../sandbox/clock.ts';
import { startGemini, type StartedGemini } from '../../../sandbox/gemini/index.ts';
import type { RecordedRequest, SandboxClock } from '../../../sandbox/interface.ts';
import type { Failure, Operation } from '../../../src/jobs/job.ts';
import { createGeminiProvider, type GeminiOptions } from '../../../src/providers/gemini/gemini-provider.ts';
import { type AttemptRequest, type Provider, ProviderFailure, type Started } from '../../../src/providers/provider.ts';
import { attempt } from '../attempt.ts';

export const FLASH = 'gemini-3.1-flash-image';
export const PRO = 'gemini-3-pro-image';
export const OMNI = 'gemini-omni-1.1-flash';
export const NEVER: AbortSignal = new AbortController().signal;
export const SECRET = 'secret-of-the-owner';
/** Pictures at once; videos so long against a test's own time that only the clock moves them. */
export const PACE = { imageMs: 0, queueMs: 60_000, workMs: 80_000 };
/** One pixel each, of different bytes. */
export const RED = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);
export const BLUE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC',
  'base64',
);
export const REFERENCE = { bytes: RED, mimeType: 'image/png', width: 1, height: 1 };

/** What follows from a failure: reason, next, most retries, whether the start may have been accepted. */
export type Meaning = [
  reason: Failure['reason'],
  next: Failure['next'],
  mostRetries: number | null,
  isAccepted?: 'unknown',
];

export interface Setup {
  service: StartedGemini;
  clock: SandboxClock;
  provider: Provider;
}

export async function setUp(context: TestContext, options: Partial<GeminiOptions> = {}): Promise<Setup> {
  const clock = createClock();
  const picture = { bytes: RED, mimeType: 'image/png' };
  const service = await startGemini({ clock, pace: PACE, picture, rateLimits: false });
  context.after(() => service.close());
  return { service, clock, provider: create(service.url, { apiKey: service.key, clock, ...options }) };
}

export function create(baseUrl: string, options: Partial<GeminiOptions> = {}): Provider {
  return createGeminiProvider({ apiKey: SECRET, baseUrl, imageModel: FLASH, videoModel: OMNI, ...options });
}

/** A service in its own words: what `answer` writes for each request. */
export async function serve(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Words {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a text as it is. */
  body: unknown;
}

/** A provider whose service answers everything with `words.now`; counts the calls. */
export async function createTold(
  context: TestContext,
): Promise<{ provider: Provider; words: { now: Words; calls: number } }> {
  const words = { now: { body: {} } as Words, calls: 0 };
  const baseUrl = await serve(context, (_request, response) => {
    words.calls += 1;
    const { status = 200, headers = {}, body } = words.now;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return { provider: create(baseUrl), words };
}

export async function makePicture(
  provider: Provider,
  changes: Partial<AttemptRequest> = {},
): Promise<Extract<Started, { status: 'finished' }>> {
  const started = await provider.start(attempt(changes), { signal: NEVER });
  assert.ok(started.status === 'finished');
  return started;
}

export async function beginVideo(provider: Provider, changes: Partial<AttemptRequest> = {}): Promise<Operation> {
  const started = await provider.start(attempt({ kind: 'video', ...changes }), { signal: NEVER });
  assert.ok(started.status === 'running');
  return started.operation;
}

export async function checkFailure(provider: Provider, operation: Operation): Promise<Failure> {
  const checked = await provider.check(operation, { signal: NEVER });
  assert.ok(checked.status === 'failed', inspect(checked));
  return checked.failure;
}

/** The ProviderFailure of a call, seen to hold no key in any form it could be logged in. */
export async function failureOf(call: Promise<unknown>, key = SECRET): Promise<ProviderFailure> {
  const error = await call.then(
    (value) => assert.fail(`expected a failure, got ${inspect(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ProviderFailure, inspect(error));
  assertKeyless(error, key);
  return error;
}

export function assertKeyless(error: Error, key: string): void {
  const texts = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error), String(error), error.stack];
  for (const text of texts) assert.ok(!text?.includes(key), 'the key is in an error');
  assert.equal(error.cause, undefined);
}

export function meaningOf({ failure, isAccepted }: Pick<ProviderFailure, 'failure' | 'isAccepted'>): Meaning {
  const { reason, next, mostRetries } = failure;
  return isAccepted === 'unknown' ? [reason, next, mostRetries, isAccepted] : [reason, next, mostRetries];
}

/** The paid calls that came in, one for each HTTP request. */
export function listPosts(service: StartedGemini): RecordedRequest[] {
  return service.requests.filter(({ method, path }) => method === 'POST' && !path.endsWith('/cancel'));
}

/** What every attempt tells: Gemini takes no seed. */
export const NO_SEED = { field: 'seed', from: '42', to: null };
