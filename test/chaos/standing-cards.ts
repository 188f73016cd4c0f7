/**
 * Whether every job stands on exactly one card, and every card shows the end of its job.
 *
 * A job that another one took over from (Retry, Fallback) stands on no card any more. A job that was ended because its
 * answer never reached Discord never had one. A private card can be edited by a token alone: when the process died
 * before the press that took it over was answered, it goes on showing the job before until the next press.
 */
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Job, JobState } from '../../src/jobs/job.ts';
import { readCard, type SeenCard } from './cards.ts';

export interface CardResult {
  cards: number;
  /** Private cards that show the job before the last one. */
  behind: number;
  /** Jobs whose answer never stood. */
  undelivered: number;
  violations: string[];
}

const WORDS: Partial<Record<JobState, string>> = {
  done: 'Done',
  partial: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function checkCards(jobs: readonly Job[], messages: readonly SandboxMessage[]): CardResult {
  const result: CardResult = { cards: 0, behind: 0, undelivered: 0, violations: [] };
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const cards = new Map<string, SeenCard>();
  for (const message of messages) {
    const card = readCard(message);
    if (card === null) {
      if (message.ephemeralFor === null) result.violations.push(`message ${message.message.id} is no card.`);
      continue;
    }
    result.cards += 1;
    const other = cards.get(card.jobId);
    if (other !== undefined) {
      result.violations.push(`job ${card.jobId} stands on two cards: ${other.messageId} and ${card.messageId}.`);
    }
    cards.set(card.jobId, card);
    checkWord(card, byId.get(card.jobId), result);
  }
  for (const job of jobs) checkStanding(job, jobs, cards, result);
  return result;
}

function checkWord(card: SeenCard, job: Job | undefined, result: CardResult): void {
  if (job === undefined) {
    result.violations.push(`card ${card.messageId} names job ${card.jobId}, which is in no record.`);
  } else if (WORDS[job.state] !== card.word) {
    const kind = card.isPrivate ? 'private card' : 'card';
    result.violations.push(`${kind} ${card.messageId} says "${card.word}" while job ${job.id} is ${job.state}.`);
  }
}

function checkStanding(job: Job, jobs: readonly Job[], cards: ReadonlyMap<string, SeenCard>, result: CardResult): void {
  if (cards.has(job.id) || jobs.some((next) => isTakenOver(job, next))) return;
  if (isUndelivered(job)) {
    result.undelivered += 1;
    return;
  }
  const before = job.retryOf === null ? undefined : cards.get(job.retryOf);
  const isStale = before !== undefined && before.messageId === job.origin.cardMessageId;
  if (isStale && before.isPrivate) result.behind += 1;
  else if (isStale) result.violations.push(`card ${before.messageId} shows ${before.jobId} instead of job ${job.id}.`);
  else result.violations.push(`job ${job.id} (${job.state}) stands on no card.`);
}

/** On the same card, and not in vain. */
function isTakenOver(job: Job, next: Job): boolean {
  return next.retryOf === job.id && next.origin.cardMessageId !== null && !isUndelivered(next);
}

export function isUndelivered(job: Job): boolean {
  return job.items.every((item) => item.state === 'cancelled' && item.failure.reason === 'cancelled-undelivered');
}
