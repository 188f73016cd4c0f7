/** An attempt that went well, with what a test asks about changed. */
import type { Attempt } from '../../src/jobs/job.ts';
import { NOW } from '../store/samples.ts';

export function attempt(change: Partial<Attempt>): Attempt {
  return {
    number: 1,
    provider: 'replicate',
    model: 'black-forest-labs/flux-schnell',
    operationId: 'op',
    seed: 7,
    variation: 0,
    changes: [],
    fetches: { tries: 1, lastFailure: null },
    startedAt: NOW,
    endedAt: NOW + 4_200,
    failure: null,
    ...change,
  };
}
