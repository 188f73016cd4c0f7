import type { AttemptRequest } from '../../src/providers/provider.ts';

/** An attempt as the engine sends it, with what a test asks about changed. */
export function attempt(changes: Partial<AttemptRequest> = {}): AttemptRequest {
  return {
    jobId: 'job-1',
    item: 'image',
    attempt: 1,
    kind: 'image',
    model: null,
    prompt: 'a beautiful sunset over mountains',
    negativePrompt: null,
    aspectRatio: null,
    seed: 42,
    settings: {},
    durationSeconds: null,
    images: [],
    expiresAfterMs: 240_000,
    ...changes,
  };
}
