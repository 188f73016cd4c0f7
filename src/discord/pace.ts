/** How often a card is edited. Pure. */
import type { Job } from '../jobs/job.ts';

/** Progress alone is shown at most so often; a longer-running card less (facts: editors of other bots use 2 to 10 s). */
const PROGRESS_INTERVAL_MS = { first: 2_000, later: 5_000, laterAfter: 60_000 };
const RETRY_MS = { first: 500, most: 10_000, jitter: 0.25 };

/** How long progress still waits; 0 or less: it may be shown. A clock that was set back adds no wait. */
export function progressPauseMs(job: Job, shownAt: number, now: number): number {
  const age = now - (job.startedAt ?? job.createdAt);
  const intervalMs = age < PROGRESS_INTERVAL_MS.laterAfter ? PROGRESS_INTERVAL_MS.first : PROGRESS_INTERVAL_MS.later;
  return Math.min(shownAt + intervalMs - now, intervalMs);
}

/** Doubling; a little apart, so that hundreds of cards do not come back to Discord in one moment. */
export function retryDelayMs(failures: number): number {
  const delayMs = Math.min(RETRY_MS.first * 2 ** failures, RETRY_MS.most);
  return delayMs * (1 + Math.random() * RETRY_MS.jitter);
}
