/**
 * Whether every job stands on exactly one card of its own, and every card shows the end of its job.
 *
 * A job that another one took over from (Retry, Fallback) stands on no card any more. A job that was ended because its
 * answer never reached Discord never had one. A private card can be edited by a token alone: when the process died
 * before the press that took it over was answered, it goes on showing the job before until the next press. Beside its
 * own card a job stands on as many as it was shown on again (`/show`, `Post here`).
 */
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Job, JobState } from '../../src/jobs/job.ts';
import { readCard, type SeenCard } from './cards.ts';
import { ownItems } from './carried.ts';
import type { Asked } from './members.ts';

export interface CardResult {
  cards: number;
  /** That show their job once more. */
  again: number;
  /** Private cards that show the job before the last one. */
  behind: number;
  /** Jobs whose answer never stood. */
  undelivered: number;
  violations: string[];
}

interface Standing {
  byId: ReadonlyMap<string, Job>;
  /** Messages that came as answers to those who wanted to see a job again. */
  shownAgain: ReadonlySet<string>;
  /** By job. */
  cards: Map<string, SeenCard[]>;
  result: CardResult;
}

const WORDS: Partial<Record<JobState, string>> = {
  done: 'Done',
  partial: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};
/** What asks for a card of a job that is there already. */
const SHOWING: ReadonlySet<string> = new Set(['show', 'Post here']);

export function checkCards(
  jobs: readonly Job[],
  messages: readonly SandboxMessage[],
  asked: readonly Asked[],
): CardResult {
  const result: CardResult = { cards: 0, again: 0, behind: 0, undelivered: 0, violations: [] };
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const shownAgain = new Set(asked.flatMap(({ what, messageId }) => (SHOWING.has(what) ? [messageId ?? ''] : [])));
  const standing: Standing = { byId, shownAgain, cards: new Map(), result };
  for (const message of messages) noteCard(message, standing);
  for (const [jobId, cards] of standing.cards) checkOwn(jobId, cards, standing);
  for (const job of jobs) checkStanding(job, jobs, standing);
  return result;
}

function noteCard(message: SandboxMessage, { byId, cards, result }: Standing): void {
  const card = readCard(message);
  if (card === null) {
    if (message.ephemeralFor === null) result.violations.push(`message ${message.message.id} is no card.`);
    return;
  }
  result.cards += 1;
  cards.set(card.jobId, [...(cards.get(card.jobId) ?? []), card]);
  checkShown(card, byId.get(card.jobId), result);
}

function checkShown(card: SeenCard, job: Job | undefined, result: CardResult): void {
  const kind = card.isPrivate ? 'private card' : 'card';
  if (job === undefined) {
    result.violations.push(`card ${card.messageId} names job ${card.jobId}, which is in no record.`);
  } else if (WORDS[job.state] !== card.word) {
    result.violations.push(`${kind} ${card.messageId} says "${card.word}" while job ${job.id} is ${job.state}.`);
  } else if (card.media !== job.result.length) {
    const { length } = job.result;
    result.violations.push(`${kind} ${card.messageId} shows ${card.media} of the ${length} files of job ${job.id}.`);
  }
}

/** One that shows its job again became the job's own when something pressed there took it over. */
function checkOwn(jobId: string, cards: readonly SeenCard[], { byId, shownAgain, result }: Standing): void {
  const place = byId.get(jobId)?.origin.cardMessageId;
  const own = cards.filter(({ messageId }) => messageId === place || !shownAgain.has(messageId));
  result.again += cards.length - own.length;
  if (own.length <= 1) return;
  const ids = own.map(({ messageId }) => messageId).join(' and ');
  result.violations.push(`job ${jobId} stands on two cards: ${ids}.`);
}

function checkStanding(job: Job, jobs: readonly Job[], { cards, shownAgain, result }: Standing): void {
  const isOwn = ({ messageId }: SeenCard): boolean =>
    messageId === job.origin.cardMessageId || !shownAgain.has(messageId);
  if (cards.get(job.id)?.some(isOwn) === true || jobs.some((next) => isTakenOver(job, next))) return;
  if (isUndelivered(job)) {
    result.undelivered += 1;
    return;
  }
  const before = (cards.get(job.retryOf ?? '') ?? []).find(({ messageId }) => messageId === job.origin.cardMessageId);
  if (before?.isPrivate === true) result.behind += 1;
  else if (before !== undefined) {
    result.violations.push(`card ${before.messageId} shows ${before.jobId} instead of job ${job.id}.`);
  } else result.violations.push(`job ${job.id} (${job.state}) stands on no card.`);
}

/** On the same card, and not in vain. */
function isTakenOver(job: Job, next: Job): boolean {
  return next.retryOf === job.id && next.origin.cardMessageId !== null && !isUndelivered(next);
}

/** Nothing of it was made, because nobody would have seen it. */
export function isUndelivered(job: Job): boolean {
  return ownItems(job).every((item) => item.state === 'cancelled' && item.failure.reason === 'cancelled-undelivered');
}
