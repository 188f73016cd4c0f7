/**
 * Whether Gemini was paid exactly for the attempts that the records tell of. It has no list and its pictures no name, so
 * a picture and an attempt belong together by prompt and time:
 *
 * - Each accepted generation is explained by one attempt with that prompt that was under way when it came, and an
 *   attempt explains one at most. An attempt that was done had one.
 * - An attempt whose answer a crash took says so (`answer-lost`), there was a kill while it was under way, and one
 *   more attempt follows it unless a member cancelled.
 * - Kills alone never use up an item's attempts.
 */
import type { SandboxGeneration } from '../../sandbox/interface.ts';
import type { Attempt, Failure, Item, Job } from '../../src/jobs/job.ts';
import { varyPrompt } from '../../src/jobs/variations.ts';
import { findUnmatched } from './matching.ts';

export interface GeminiPaymentResult {
  attempts: number;
  /** Attempts whose answer a crash took. */
  lost: number;
  /** Items that one fault failed, since an answer lost to a crash had counted against them. */
  'cut short': number;
  violations: string[];
}

interface Listed {
  holder: string;
  prompt: string;
  attempt: Attempt;
}

/** A call that was broken off may be taken a moment after its attempt was closed; a done one had its answer. */
const LATE_MS = 1_000;
/** What the engine says of an answer that went with its process. */
const LOST_WITH_PROCESS = 'lost with the process';

/** `killedAt`: when processes were killed, as `Date.now()` tells it. */
export function checkGeminiPayments(
  jobs: readonly Job[],
  generations: readonly SandboxGeneration[],
  killedAt: readonly number[],
): GeminiPaymentResult {
  const attempts = listAttempts(jobs);
  const done = attempts.filter(({ attempt }) => attempt.failure === null);
  const unexplained = findUnmatched(generations, attempts, isOf);
  const unpaid = findUnmatched(done, generations, (listed, generation) => isOf(generation, listed));
  const lost = attempts.filter(({ attempt }) => isLostWithProcess(attempt.failure));
  const unkilled = lost.filter(({ attempt }) => !killedAt.some((at) => isWithin(at, attempt)));
  return {
    attempts: attempts.length,
    lost: lost.length,
    'cut short': jobs.flatMap(({ items }) => items.filter(isCutShort)).length,
    violations: [
      ...unexplained.map(({ id, prompt }) => `generation ${id} ("${prompt}") was paid for and no attempt explains it.`),
      ...unpaid.map(({ holder }) => `${holder} was done without a generation.`),
      ...unkilled.map(({ holder }) => `${holder} lost its answer with the process, and none was killed meanwhile.`),
      ...jobs.flatMap(({ id, items }) => items.flatMap((item) => checkSequence(`${id}:${item.name}`, item))),
    ],
  };
}

/** Whether a crash took the answer, rather than a fault on the way. */
export function isLostWithProcess(lost: Failure | null): boolean {
  return lost?.reason === 'answer-lost' && lost.providerStatus === LOST_WITH_PROCESS;
}

/** What a fault lost is tried once more; an answer that went with a process should not use that up. */
function isCutShort({ state, attempts }: Item): boolean {
  const last = attempts.at(-1)?.failure ?? null;
  if (state !== 'failed' || last?.reason !== 'answer-lost' || isLostWithProcess(last)) return false;
  const byFault = attempts.filter(({ failure }) => failure?.reason === 'answer-lost' && !isLostWithProcess(failure));
  return byFault.length <= (last.mostRetries ?? 0);
}

function checkSequence(key: string, item: Item): string[] {
  const violations: string[] = [];
  const last = item.attempts.at(-1);
  const isFollowed = item.state === 'cancelled' || !isLostWithProcess(last?.failure ?? null);
  if (!isFollowed) violations.push(`item ${key} is ${item.state}, and kills alone took its last answer.`);
  if (item.attempts.some(({ number }, index) => number !== index + 1)) {
    violations.push(`item ${key} has attempts ${item.attempts.map(({ number }) => number).join(', ')}.`);
  }
  return violations;
}

function listAttempts(jobs: readonly Job[]): Listed[] {
  return jobs.flatMap((job) =>
    job.items.flatMap((item) =>
      item.attempts
        .filter(({ provider }) => provider === 'gemini')
        .map((attempt) => ({
          holder: `attempt ${attempt.number} of ${job.id}:${item.name}`,
          prompt: varyPrompt(job.input, attempt.variation),
          attempt,
        })),
    ),
  );
}

function isOf(generation: SandboxGeneration, { prompt, attempt }: Listed): boolean {
  return generation.prompt === prompt && isWithin(generation.createdAt, attempt);
}

function isWithin(at: number, { startedAt, endedAt, failure }: Attempt): boolean {
  return at >= startedAt && at <= endedAt + (failure === null ? 0 : LATE_MS);
}
