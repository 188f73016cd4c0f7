/** A Replicate on this machine, a provider that talks to it, and how tests look at both. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { createClock } from '../../../sandbox/clock.ts';
import type { SandboxClock } from '../../../sandbox/interface.ts';
import sharp from 'sharp';
import { startReplicate, type StartedReplicate } from '../../../sandbox/replicate/index.ts';
import type { Failure, Operation } from '../../../src/jobs/job.ts';
import {
  type AttemptRequest,
  type FoundOperation,
  ProviderFailure,
  type ReferenceImage,
} from '../../../src/providers/provider.ts';
import {
  createReplicateProvider,
  type ReplicateOptions,
  type ReplicateProvider,
} from '../../../src/providers/replicate/replicate-provider.ts';
import { attempt } from '../attempt.ts';

export const FLUX = 'black-forest-labs/flux-schnell';
export const SDXL = 'stability-ai/sdxl';
export const NEVER: AbortSignal = new AbortController().signal;
/** Long against a test's own time: only the clock moves a prediction. */
export const PACE = { queueMs: 60_000, workMs: 80_000 };

export interface Setup {
  service: StartedReplicate;
  clock: SandboxClock;
  provider: ReplicateProvider;
}

export async function setUp(context: TestContext, options: Partial<ReplicateOptions> = {}): Promise<Setup> {
  const clock = createClock();
  const service = await startReplicate({ clock, pace: PACE });
  context.after(() => service.close());
  const provider = createReplicateProvider({
    token: service.token,
    baseUrl: service.url,
    imageModel: FLUX,
    clock,
    ...options,
  });
  return { service, clock, provider };
}

/** A picture of one colour; `isLarge`: of noise, so that it is too large to travel inside a request. */
export async function drawPicture(colour: string, isLarge = false): Promise<ReferenceImage> {
  const [width, height] = isLarge ? [480, 320] : [96, 64];
  const channels = 3;
  const picture = isLarge
    ? sharp(randomBytes(width * height * channels), { raw: { width, height, channels } })
    : sharp({ create: { width, height, channels, background: colour } });
  return { bytes: await picture.png().toBuffer(), mimeType: 'image/png', width, height };
}

/** A service in its own words: what `answer` writes for each request. */
export async function serve(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

export async function start(provider: ReplicateProvider, changes: Partial<AttemptRequest> = {}): Promise<Operation> {
  const started = await provider.start(attempt(changes), { signal: NEVER });
  assert.ok(started.status === 'running');
  return started.operation;
}

/** The ProviderFailure of a call, seen to hold no key in any form it could be logged in. */
export async function failureOf(call: Promise<unknown>, token?: string): Promise<ProviderFailure> {
  const error = await call.then(
    (value) => assert.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ProviderFailure, inspect(error));
  if (token !== undefined) assertKeyless(error, token);
  return error;
}

export function assertKeyless(error: Error, token: string): void {
  const texts = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error), String(error), error.stack];
  for (const text of texts) assert.ok(!text?.includes(token), 'the key is in an error');
  assert.equal(error.cause, undefined);
}

export async function checkFailure(provider: ReplicateProvider, operation: Operation): Promise<Failure> {
  const checked = await provider.check(operation, { signal: NEVER });
  assert.ok(checked.status === 'failed', inspect(checked));
  return checked.failure;
}

export function posts(service: StartedReplicate): number {
  return service.requests.filter(({ method, path }) => method === 'POST' && path === '/predictions').length;
}

/** What a provider makes of a start that may have been accepted; `claimed` are operations that items hold. */
export function find(
  provider: ReplicateProvider,
  since: number,
  claimed: string[] = [],
  changes: Partial<AttemptRequest> = {},
  heard: string[] = [],
): Promise<FoundOperation | null> {
  return provider.find(attempt(changes), {
    since,
    isClaimed: async (id) => claimed.includes(id),
    heard,
    signal: NEVER,
  });
}
