/**
 * Whether Replicate was paid exactly for the attempts that the records tell of.
 *
 * - An attempt names the prediction that worked for it; no two attempts name the same one, none names an unknown
 *   one, and it was asked for with that attempt's prompt and seed.
 * - A prediction that no attempt names is explained by one thing alone: an item that was cancelled or failed while
 *   nobody knew whether its last start was accepted, with that very prompt and seed. Each such item explains one.
 *   Work for an item that was done is always named, or it was paid twice.
 */
import type { SandboxPrediction } from '../../sandbox/interface.ts';
import type { Attempt, Item, Job } from '../../src/jobs/job.ts';
import { varyPrompt } from '../../src/jobs/variations.ts';
import { ownItems } from './carried.ts';

export interface PaymentResult {
  named: number;
  /** Not named, and cancelled upstream. */
  cancelled: number;
  /** Not named, explained, and not cancelled: killed before it could be, or its cancel was lost. */
  left: number;
  violations: string[];
}

interface Fingerprint {
  prompt: string;
  seed: number;
}

export function checkPayments(jobs: readonly Job[], predictions: readonly SandboxPrediction[]): PaymentResult {
  const result: PaymentResult = { named: 0, cancelled: 0, left: 0, violations: [] };
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  const holders = new Map<string, string>();
  for (const { job, item, attempt } of listAttempts(jobs)) {
    const id = attempt.operationId;
    if (id === null || attempt.provider !== 'replicate') continue;
    const holder = `attempt ${attempt.number} of ${job.id}:${item.name}`;
    const other = holders.get(id);
    const made = byId.get(id);
    if (other !== undefined) result.violations.push(`${id} is named by ${other} and by ${holder}.`);
    if (made === undefined) result.violations.push(`${id}, named by ${holder}, is unknown to Replicate.`);
    else if (!isOf(made, { prompt: varyPrompt(job.input, item.name, attempt.variation), seed: attempt.seed })) {
      result.violations.push(`${id}, named by ${holder}, was asked for with another prompt or seed.`);
    }
    holders.set(id, holder);
  }
  result.named = holders.size;
  explainOthers(
    predictions.filter(({ id }) => !holders.has(id)),
    jobs,
    result,
  );
  return result;
}

function explainOthers(unnamed: readonly SandboxPrediction[], jobs: readonly Job[], result: PaymentResult): void {
  const reasons = jobs.flatMap((job) => job.items.flatMap((item) => lostWorkOf(job, item)));
  for (const prediction of unnamed) {
    const index = reasons.findIndex((reason) => isOf(prediction, reason));
    if (index === -1) {
      const { id, status, input } = prediction;
      const asked = `"${String(input['prompt'])}", seed ${String(input['seed'])}`;
      result.violations.push(`${id} (${status}, ${asked}) was paid for and no attempt names it.`);
      continue;
    }
    reasons.splice(index, 1);
    if (prediction.cancels > 0) result.cancelled += 1;
    else result.left += 1;
  }
}

/** What an item that ended in doubt may have asked for without ever hearing of it. */
function lostWorkOf(job: Job, item: Item): Fingerprint[] {
  if (job.input.provider !== 'replicate' || (item.state !== 'cancelled' && item.state !== 'failed')) return [];
  const isInDoubt = item.inDoubtSince !== null || item.attempts.at(-1)?.operationId === null;
  return isInDoubt ? [{ prompt: varyPrompt(job.input, item.name, item.variation), seed: item.seed }] : [];
}

/** A seed that was refused is left out. */
function isOf({ input }: SandboxPrediction, { prompt, seed }: Fingerprint): boolean {
  return input['prompt'] === prompt && (input['seed'] === undefined || input['seed'] === seed);
}

function listAttempts(jobs: readonly Job[]): { job: Job; item: Item; attempt: Attempt }[] {
  return jobs.flatMap((job) =>
    ownItems(job).flatMap((item) => item.attempts.map((attempt) => ({ job, item, attempt }))),
  );
}
