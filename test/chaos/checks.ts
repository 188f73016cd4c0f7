/** What must hold when a run is over, each check with what it counted and what it found wrong. */
import { type Attempt, type FailureReason, isFinal, type Item, type Job } from '../../src/jobs/job.ts';
import type { Evidence } from './evidence.ts';
import { checkAnswers } from './answers.ts';
import { checkCarried, ownItems } from './carried.ts';
import { checkFiles } from './files.ts';
import { checkFolders } from './folders.ts';
import { checkGeminiPayments, isLostWithProcess } from './gemini-payments.ts';
import { checkHandouts } from './handouts.ts';
import { checkChains } from './log-chain.ts';
import { checkPayments } from './payments.ts';
import { checkCards, isUndelivered } from './standing-cards.ts';
import { checkThinking } from './thinking.ts';
import { checkWebhooks } from './webhooks.ts';

export interface CheckResult {
  what: string;
  counts: Record<string, number>;
  /** Sentences with ids; none: it holds. */
  violations: string[];
}

/** So many ends while it ran alone (`engine.ts`). */
const FATAL_ENDS = 7;

/** In the order they are printed. */
const CHECKS: readonly ((evidence: Evidence) => CheckResult)[] = [
  checkFinal,
  checkHistory,
  checkInteractions,
  (evidence) => {
    const { violations, ...counts } = checkAnswers(evidence);
    return { what: 'every press and command is answered by a bot that lives', counts, violations };
  },
  ({ jobs, predictions }) => {
    const { violations, ...counts } = checkPayments(jobs, predictions);
    return {
      what: 'nothing was paid twice at Replicate',
      counts: { predictions: predictions.length, ...counts },
      violations,
    };
  },
  ({ jobs, generations, killedAt }) => {
    const { violations, ...counts } = checkGeminiPayments(jobs, generations, killedAt);
    return {
      what: 'Gemini was paid once for each attempt',
      counts: { generations: generations.length, ...counts },
      violations,
    };
  },
  ({ webhooks, faults }) => {
    const { violations, ...counts } = checkWebhooks(webhooks ?? [], faults);
    return { what: 'rightly signed webhooks are heard and others are not', counts, violations };
  },
  ({ jobs }) => {
    const { violations, ...counts } = checkCarried(jobs);
    return { what: 'what a set had done is carried as it was, and never made again', counts, violations };
  },
  ({ jobs, messages, asked }) => {
    const { violations, ...counts } = checkCards(jobs, messages, asked);
    return { what: 'every job stands on one card of its own, and every card shows its end', counts, violations };
  },
  ({ messages, killedAt }) => {
    const { violations, ...counts } = checkThinking(messages, killedAt);
    return { what: 'no message is left thinking', counts, violations };
  },
  ({ jobs, lines, removed, lives }) => {
    const items = new Map(
      jobs.flatMap((job) => ownItems(job).map((item) => [`${job.id}:${item.name}`, item] as const)),
    );
    const { violations, ...counts } = checkChains(lines, { items, removed, lives });
    return { what: 'every logged move is legal and follows from the one before', counts, violations };
  },
  checkFailures,
  checkInnocent,
  ({ jobs, assetFolder }) => {
    const { violations, ...counts } = checkFiles(jobs, assetFolder);
    return { what: 'every file is there as it was saved', counts, violations };
  },
  ({ folders, ...evidence }) => {
    const { violations, ...counts } = checkFolders(folders, evidence);
    return { what: 'every folder belongs to a job or to a draft', counts, violations };
  },
  ({ jobs, handouts }) => {
    const { violations, ...counts } = checkHandouts(jobs, handouts);
    return { what: 'finished cards hand out their originals and details', counts, violations };
  },
  ({ lives, brokenEnds }) => ({
    what: 'no process ended by itself',
    counts: { processes: lives },
    violations: [...brokenEnds],
  }),
];

export function checkAll(evidence: Evidence): CheckResult[] {
  return CHECKS.map((check) => check(evidence));
}

function checkFinal({ jobs, open, unreadable }: Evidence): CheckResult {
  const count = (state: Job['state']): number => jobs.filter((job) => job.state === state).length;
  return {
    what: 'every job is final',
    counts: {
      jobs: jobs.length,
      done: count('done'),
      'partly done': count('partial'),
      failed: count('failed'),
      cancelled: count('cancelled'),
    },
    violations: [
      ...jobs.filter((job) => !isFinal(job)).map((job) => `job ${job.id} is ${job.state} (${statesOf(job)}).`),
      ...open.map((id) => `job ${id} is still listed as open.`),
      ...unreadable.map((key) => `the record ${key} could not be read.`),
    ],
  };
}

function checkHistory({ jobs, history }: Evidence): CheckResult {
  const entries = new Map<string, number>();
  for (const { id } of history) entries.set(id, (entries.get(id) ?? 0) + 1);
  const wrong = jobs.filter((job) => isFinal(job) && entries.get(job.id) !== 1);
  const known = new Set(jobs.map(({ id }) => id));
  return {
    what: 'the history names every final job once',
    counts: { entries: history.length },
    violations: [
      ...wrong.map((job) => `job ${job.id} stands in the history ${entries.get(job.id) ?? 0} times.`),
      ...[...entries.keys()].filter((id) => !known.has(id)).map((id) => `the history names job ${id}, which is gone.`),
    ],
  };
}

/** An interaction that is delivered twice makes one job, and one that nobody sent makes none. */
function checkInteractions({ jobs, asked }: Evidence): CheckResult {
  const sent = new Set(asked.map(({ interactionId }) => interactionId));
  const byInteraction = new Map<string, string>();
  const violations: string[] = [];
  for (const { id, origin } of jobs) {
    const other = byInteraction.get(origin.interactionId);
    if (other !== undefined) violations.push(`interaction ${origin.interactionId} made jobs ${other} and ${id}.`);
    if (!sent.has(origin.interactionId)) violations.push(`job ${id} came from an interaction that nobody sent.`);
    byInteraction.set(origin.interactionId, id);
  }
  const answered = asked.filter(({ outcome }) => outcome === 'answered').length;
  return { what: 'one job for an interaction', counts: { interactions: asked.length, answered }, violations };
}

/** Failed attempts, by reason, are no more than the faults that were met and lead to that reason. */
function checkFailures({ jobs, faults, killedAt }: Evidence): CheckResult {
  const failed = new Map<FailureReason, number>();
  for (const attempt of jobs.flatMap((job) => ownItems(job).flatMap(({ attempts }) => attempts))) {
    const { failure } = attempt;
    if (failure === null || failure.code === 'CANCELLED' || isWornDown(attempt, killedAt)) continue;
    // What a kill took from Gemini has its own check.
    if (!isLostWithProcess(failure)) failed.set(failure.reason, (failed.get(failure.reason) ?? 0) + 1);
  }
  const violations = [...failed].flatMap(([reason, times]) => {
    const met = faults.filter(({ explains }) => explains.includes(reason));
    const most = met.reduce((sum, fault) => sum + fault.times, 0);
    return times <= most ? [] : [`${times} attempts failed with ${reason}, and ${most} faults explain that.`];
  });
  return { what: 'every failed attempt met a fault', counts: Object.fromEntries(failed), violations };
}

/** Killed in one step so often, though alone, that it counts as what ends the process: the engine's rule. */
function isWornDown({ failure, startedAt, endedAt }: Attempt, killedAt: readonly number[]): boolean {
  const kills = killedAt.filter((at) => at >= startedAt && at <= endedAt).length;
  return failure?.reason === 'crashed-alone' && kills >= FATAL_ENDS;
}

/** Only what a fault or a member ended is not done: never a kill, but for what was worn down by many. */
function checkInnocent({ jobs, faults, killedAt }: Evidence): CheckResult {
  const explained = new Set(faults.flatMap(({ explains }) => explains));
  const violations: string[] = [];
  let [innocent, wornDown] = [0, 0];
  for (const job of jobs) {
    for (const item of ownItems(job)) {
      if (item.attempts.every(({ failure }) => failure === null)) innocent += 1;
      const last = item.attempts.at(-1);
      if (last !== undefined && isWornDown(last, killedAt)) {
        wornDown += 1;
        continue;
      }
      // Which kills may end an item of Gemini has its own check.
      const isExplained =
        item.state === 'failed' && (explained.has(item.failure.reason) || isLostWithProcess(item.failure));
      if (item.state === 'failed' && !isExplained) {
        violations.push(`item ${job.id}:${item.name} failed with ${item.failure.reason}, and no fault explains that.`);
      }
      if (item.state === 'cancelled' && job.cancelRequest === null && !isUndelivered(job)) {
        violations.push(`item ${job.id}:${item.name} is cancelled, and nobody asked for that.`);
      }
    }
  }
  const counts = { 'items without a failed attempt': innocent, 'worn down by kills': wornDown };
  return { what: 'no kill failed an item', counts, violations };
}

function statesOf({ items }: Job): string {
  return items.map((item: Item) => `${item.name} ${item.state}`).join(', ');
}
