/** The real `replicate` client against the sandbox's Replicate, one HTTP call for each call. */
import type { TestContext } from 'node:test';
import Replicate from 'replicate';
import { createClock } from '../../sandbox/clock.ts';
import type { SandboxClock } from '../../sandbox/interface.ts';
import { startReplicate, type ReplicateOptions, type StartedReplicate } from '../../sandbox/replicate/index.ts';

export const FLUX = 'black-forest-labs/flux-schnell';

/** Long against a test's own time, short against the hour that data is kept: only `clock.advance` moves a prediction. */
export const PACE = { queueMs: 60_000, workMs: 80_000 };

export interface Setup {
  service: StartedReplicate;
  clock: SandboxClock;
  client: Replicate;
  /** A plain call with the token; `path` begins after /v1. */
  call: (path: string, init?: CallInit) => Promise<Response>;
  /** Creates a flux-schnell prediction. */
  create: (input?: Record<string, unknown>, headers?: Record<string, string>) => Promise<Response>;
}

/** Headers as a plain object: the token is put beside them. */
type CallInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

export async function setUp(context: TestContext, options: ReplicateOptions = {}): Promise<Setup> {
  const clock = options.clock ?? createClock();
  const service = await startReplicate({ pace: PACE, ...options, clock });
  context.after(() => service.close());
  const call: Setup['call'] = (path, init = {}) =>
    fetch(`${service.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json', ...init.headers },
    });
  return {
    service,
    clock,
    client: new Replicate({
      auth: service.token,
      baseUrl: service.url,
      useFileOutput: false,
      fetch: singleAttemptFetch(),
    }),
    call,
    create: (input = {}, headers = {}) =>
      call('/predictions', {
        method: 'POST',
        headers,
        body: JSON.stringify({ version: FLUX, input: { prompt: 'a lake', ...input } }),
      }),
  };
}

/** The client hands the same `init` to each of its own retries: the first answer is given again. */
function singleAttemptFetch(): typeof fetch {
  const answers = new WeakMap<object, Promise<Response>>();
  return (input, init) => {
    if (init === undefined) return fetch(input);
    const answer = answers.get(init) ?? fetch(input, init);
    answers.set(init, answer);
    return answer;
  };
}
