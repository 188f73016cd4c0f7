/** The real `@google/genai` client against the sandbox's Gemini, one HTTP call for each call. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import { createClock } from '../../sandbox/clock.ts';
import { startGemini, type GeminiOptions, type StartedGemini } from '../../sandbox/gemini/index.ts';
import type { SandboxClock } from '../../sandbox/interface.ts';
import { isObject } from '../../sandbox/replicate/validate.ts';

export const FLASH = 'gemini-3.1-flash-image';
export const PRO = 'gemini-3-pro-image';
export const OMNI = 'gemini-omni-1.1-flash';

/** Images at once; videos so long against a test's own time that only `clock.advance` moves them. */
export const PACE = { imageMs: 0, queueMs: 60_000, workMs: 80_000 };

/** A call that waits this long for an answer has none coming: everything is on this machine. */
export const NO_ANSWER_MS = 300;

/** The smallest PNG: one pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export interface Setup {
  gemini: StartedGemini;
  clock: SandboxClock;
  client: GoogleGenAI;
  /** A plain call with the key; `path` begins with the version. */
  call: (path: string, init?: CallInit) => Promise<Response>;
  /** Asks FLASH for a picture. */
  generate: (body?: object, init?: CallInit) => Promise<Response>;
}

/** Headers as a plain object: the key is put beside them. */
type CallInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** For the smallest picture there is. */
export const ASK = {
  contents: [{ role: 'user', parts: [{ text: 'a lake' }] }],
  generationConfig: { imageConfig: { imageSize: '512' } },
};

export async function setUp(context: TestContext, options: GeminiOptions = {}): Promise<Setup> {
  const clock = options.clock ?? createClock();
  const gemini = await startGemini({ pace: PACE, ...options, clock });
  context.after(() => gemini.close());
  const call: Setup['call'] = (path, init = {}) =>
    fetch(`${gemini.url}${path}`, {
      ...init,
      headers: { 'x-goog-api-key': gemini.key, 'content-type': 'application/json', ...init.headers },
    });
  return {
    gemini,
    clock,
    client: new GoogleGenAI({ apiKey: gemini.key, httpOptions: { baseUrl: gemini.url } }),
    call,
    generate: (body = ASK, init = {}) =>
      call(`/v1beta/models/${FLASH}:generateContent`, { method: 'POST', body: JSON.stringify(body), ...init }),
  };
}

export async function readObject(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  assert.ok(isObject(body));
  return body;
}

/** The `error` of a body that has one. */
export async function readError(response: Response): Promise<Record<string, unknown>> {
  const { error } = await readObject(response);
  assert.ok(isObject(error));
  return error;
}
