/**
 * Whether Gemini was paid exactly for the attempts that the records tell of. It has no list and its pictures no name, so
 * a picture and an attempt belong together by prompt and time. A video has a name, which its attempt knows once it was
 * answered:
 *
 * - Each accepted generation is explained by one attempt with that prompt that was under way when it came, and an
 *   attempt explains one at most. An attempt that was done had one.
 * - An attempt whose answer a crash took says so (`answer-lost`), and there was a kill while it was under way.
 * - An answer that a crash took never ends its item; one that was lost on the way is tried once more and no oftener.
 */
import type { SandboxGeneration } from '../../sandbox/interface.ts';
import type { Attempt, Failure, Item, Job, Kind } from '../../src/jobs/job.ts';
import { areAlike } from '../../src/jobs/retry.ts';
import { varyPrompt } from '../../src/jobs/variations.ts';
import { loseAnswer } from '../../src/providers/provider.ts';
import { ownItems } from './carried.ts';
import { findUnmatched } from './matching.ts';

export interface GeminiPaymentResult {
  attempts: number;
  /** Attempts whose answer a crash took. */
  lost: number;
  /** Items that failed because their answer was lost on the way twice. */
  'given up': number;
  violations: string[];
}

interface Listed {
  holder: string;
  prompt: string;
  kind: Kind;
  attempt: Attempt;
}

/** A call that was broken off may be taken a moment after its attempt was closed; a done one had its answer. */
const LATE_MS = 1_000;
/** With the second one the attempts end: each may have been paid. */
const MOST_LOSSES = 2;
/** With all that counts against it: what may be paid and came to nothing is tried once more together. */
const LOST_ON_THE_WAY = loseAnswer(null);
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
    'given up': jobs.flatMap((job) => ownItems(job).filter(isGivenUp)).length,
    violations: [
      ...unexplained.map(({ id, prompt }) => `generation ${id} ("${prompt}") was paid for and no attempt explains it.`),
      ...unpaid.map(({ holder }) => `${holder} was done without a generation.`),
      ...unkilled.map(({ holder }) => `${holder} lost its answer with the process, and none was killed meanwhile.`),
      ...jobs.flatMap((job) => ownItems(job).flatMap((item) => checkItem(`${job.id}:${item.name}`, item))),
    ],
  };
}

/** Whether a crash took the answer, rather than a fault on the way. */
export function isLostWithProcess(lost: Failure | null): boolean {
  return lost?.reason === 'answer-lost' && lost.providerStatus === LOST_WITH_PROCESS;
}

function checkItem(key: string, item: Item): string[] {
  const { attempts } = item;
  const losses = attempts.filter(({ failure }) => failure !== null && areAlike(failure, LOST_ON_THE_WAY)).length;
  const violations: string[] = [];
  if (losses > MOST_LOSSES) violations.push(`item ${key} was tried again after ${losses - 1} lost answers.`);
  if (isGivenUp(item) && losses < MOST_LOSSES) {
    violations.push(`item ${key} was given up after ${losses} answers lost on the way.`);
  }
  if (attempts.some(({ number }, index) => number !== index + 1)) {
    violations.push(`item ${key} has attempts ${attempts.map(({ number }) => number).join(', ')}.`);
  }
  return violations;
}

function isGivenUp(item: Item): boolean {
  return item.state === 'failed' && item.failure.reason === 'answer-lost';
}

function listAttempts(jobs: readonly Job[]): Listed[] {
  return jobs.flatMap((job) =>
    ownItems(job).flatMap((item) =>
      item.attempts
        .filter(({ provider }) => provider === 'gemini')
        .map((attempt) => ({
          holder: `attempt ${attempt.number} of ${job.id}:${item.name}`,
          prompt: varyPrompt(job.input, item.name, attempt.variation),
          kind: job.input.kind,
          attempt,
        })),
    ),
  );
}

function isOf(generation: SandboxGeneration, { prompt, kind, attempt }: Listed): boolean {
  if (attempt.operationId !== null) return generation.id === attempt.operationId;
  return generation.kind === kind && generation.prompt === prompt && isWithin(generation.createdAt, attempt);
}

function isWithin(at: number, { startedAt, endedAt, failure }: Attempt): boolean {
  return at >= startedAt && at <= endedAt + (failure === null ? 0 : LATE_MS);
}
