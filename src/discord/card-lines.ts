/** What a card says above its pictures: the status, what was asked, and what is happening or came of it. Pure. */
import type { ErrorCode, Failure, Item, Job } from '../jobs/job.ts';
import { hasReferences, isFinal, isOpenItem } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { isToldHold, offersPreview } from './card-buttons.ts';
import { describeCause, describeFailure } from './failure-words.ts';
import { fractionOf, itemLine, nameItem, positionWords } from './item-words.ts';
import { quoteLine } from './markdown.ts';
import { seconds } from './private-card.ts';
import type { CardContext } from './render.ts';
import { resultLines } from './result-lines.ts';

export type CardStatus = keyof Locale['status'];

const PROMPT_SHOWN = 300;
const FEATURE_SHOWN = 80;
const BAR_CELLS = 10;
/** What the same request meets again, however often. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AUTH_ERROR', 'QUOTA_EXCEEDED', 'VALIDATION_ERROR']);
/** What no other try mends soon. */
const PREVIEW_HELPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['TIMEOUT', 'AUTH_ERROR', 'QUOTA_EXCEEDED']);

/** `retrying` only while every open item waits: as long as one is at work, the job is. */
export function statusOf(job: Job): CardStatus {
  if (job.state === 'queued' || isFinal(job)) return job.state as CardStatus;
  return job.items.filter(isOpenItem).every((item) => item.state === 'waiting') ? 'retrying' : 'generating';
}

/** The word, and what is worth as much as it: where in line, which attempt, how many of a set. */
export function headline(job: Job, status: CardStatus, context: CardContext): string {
  const { locale } = context;
  const facts =
    job.cancelRequest !== null && !isFinal(job) ? [locale.card.cancelling] : headlineFacts(job, status, context);
  return `### ${[locale.status[status], ...facts].join(' · ')}`;
}

function headlineFacts(job: Job, status: CardStatus, { locale, positions }: CardContext): string[] {
  const [item] = job.items;
  if (item === undefined) return [];
  const isSet = job.items.length > 1;
  const done = countDone(job);
  const place = status === 'queued' ? positionWords(firstPlace(job, positions), locale) : [];
  if (isSet && (status === 'partial' || (!isFinal(job) && (status !== 'queued' || done > 0)))) {
    return [locale.card.of(done, job.items.length), ...place];
  }
  if (status === 'queued') return place;
  return status === 'retrying' ? [locale.card.attempt(item.attempt + 1, job.maxRetries + 1)] : [];
}

/** The place of the item whose turn comes first. */
function firstPlace({ items }: Job, positions: CardContext['positions']): number | undefined {
  const places = items.map(({ name }) => positions.get(name)).filter((place) => place !== undefined);
  return places.length === 0 ? undefined : Math.min(...places);
}

function countDone(job: Job): number {
  return job.items.filter((item) => item.state === 'done').length;
}

/** The prompt; of a product its title, and small what is special about it. */
export function quote({ input }: Job): string {
  const line = `> ${quoteLine(input.prompt, PROMPT_SHOWN)}`;
  if (input.product === null) return line;
  return `${line}\n-# ${input.product.features.map((feature) => quoteLine(feature, FEATURE_SHOWN)).join(' · ')}`;
}

export function bodyLines(job: Job, status: CardStatus, context: CardContext): string {
  const [item] = job.items;
  if (item === undefined) return '';
  switch (status) {
    case 'done':
      return resultLines(job, context);
    case 'partial':
      return [missingLines(job, context), resultLines(job, context)].filter((part) => part !== '').join('\n');
    case 'cancelled':
      return stoppedLine(job, context.locale);
    case 'failed':
      return failureLines(job, context);
    default:
      return job.items.length > 1 ? openLines(job, context) : openLine(job, item, context);
  }
}

function openLine(job: Job, item: Item, context: CardContext): string {
  switch (item.state) {
    case 'queued':
      return copyingLine(job, context.locale) || holdLine(job, context);
    case 'waiting':
      return waitLines(job, item, context);
    case 'collecting':
      return context.locale.card.fetching(job.input.kind);
    default:
      return progressLine(item, context);
  }
}

/** One line for each; above them what holds all of them. */
function openLines(job: Job, context: CardContext): string {
  const isIdle = job.items.every((item) => item.state !== 'starting' && item.state !== 'running');
  const held = copyingLine(job, context.locale) || (isIdle ? holdLine(job, context) : '');
  return [...(held === '' ? [] : [held]), ...job.items.map((item) => itemLine(job, item, context))].join('\n');
}

/** What it starts from is not the job's own yet. */
function copyingLine(job: Job, { card }: Locale): string {
  if (hasReferences(job)) return '';
  const isGiven = job.references.some(({ state, fromJobId }) => state === 'coming' && fromJobId === null);
  return isGiven ? card.copying : card.copyingOwn;
}

/** Why nobody's turn comes. */
function holdLine({ input }: Job, context: CardContext): string {
  const { hold, locale } = context;
  if (hold === null || !isToldHold(context)) return '';
  if (hold.reason === 'disk-full') return locale.card.heldByDisk;
  const provider = locale.providers[input.provider] ?? input.provider;
  const describe = hold.reason === 'rate-limit' ? locale.card.heldByPause : locale.card.heldByTrouble;
  return describe(provider, seconds(hold.until));
}

/** Who stopped it, where it was not the asker. */
function stoppedLine({ cancelRequest, userId, input }: Job, { card }: Locale): string {
  return cancelRequest === null || cancelRequest.userId === userId
    ? card.stopped(input.kind)
    : card.stoppedBy(cancelRequest.userId, input.kind);
}

/** The number before the bar: a screen reader comes to it first. Nothing done yet is told by the time alone. */
function progressLine(item: Item, context: CardContext): string {
  const { card } = context.locale;
  const fraction = fractionOf(item.name, context);
  const percent = Math.round(fraction * 100);
  const facts = [
    ...(item.attemptStartedAt === null ? [] : [card.since(seconds(item.attemptStartedAt))]),
    ...(item.variation > 0 ? [card.variation(item.variation)] : []),
  ];
  const small = facts.length === 0 ? [] : [`-# ${facts.join(' · ')}`];
  if (percent === 0) return small.join('');
  const cells = Math.round(fraction * BAR_CELLS);
  const bar = '▰'.repeat(cells) + '▱'.repeat(BAR_CELLS - cells);
  return [`${card.percent(percent)} ${bar}`, ...small].join('\n');
}

/** What went wrong and when it goes on, in words; the code for those who look it up. */
function waitLines(job: Job, item: Item & { state: 'waiting' }, context: CardContext): string {
  const { locale, hold } = context;
  const { card } = locale;
  const facts = [card.reason(item.failure.code)];
  if (item.variation > 0) facts.push(card.variation(item.variation));
  const cause = describeCause(item.failure, locale, job.input.kind);
  const next = (item.variation > 0 ? card.nextTryChanged : card.nextTry)(seconds(item.until));
  // Its own time means nothing while the service is left alone for longer.
  const held = hold !== null && hold.until > item.until ? holdLine(job, context) : '';
  return `${held === '' ? `${cause} ${next}` : held}\n-# ${facts.join(' · ')}`;
}

/** Items that ended alike. */
interface Ending {
  names: string[];
  /** One sentence. */
  why: string;
  /** Code and retries; empty where it was stopped. */
  facts: string;
}

/** Why none of it was made; by name only where they ended differently. */
function failureLines(job: Job, context: CardContext): string {
  const { locale } = context;
  const groups = groupEndings(job, context);
  const helps = job.items.some((item) => item.state === 'failed' && PREVIEW_HELPS.has(item.failure.code));
  const advice = helps && offersPreview(job, context) ? ` ${locale.card.previewHelps}` : '';
  return groups
    .map(({ names, why, facts }, index) => {
      const whose = groups.length === 1 ? '' : `**${locale.listing.notMade(names)}** `;
      return `${whose}${why}${index === groups.length - 1 ? advice : ''}${facts}`;
    })
    .join('\n');
}

function missingLines(job: Job, context: CardContext): string {
  return groupEndings(job, context)
    .map(({ names, why, facts }) => `**${context.locale.listing.missing(names)}** ${why}${facts}`)
    .join('\n');
}

function groupEndings(job: Job, context: CardContext): Ending[] {
  const groups = new Map<string, Ending>();
  for (const item of job.items) {
    if (item.state !== 'failed' && item.state !== 'cancelled') continue;
    const why = describeEnding(job, item, context.locale);
    const facts = item.state === 'failed' ? `\n-# ${failureFacts(job, item, context.locale)}` : '';
    const group = groups.get(why + facts) ?? { names: [], why, facts };
    group.names.push(nameItem(item.name, context.locale));
    groups.set(why + facts, group);
  }
  return [...groups.values()];
}

function describeEnding(job: Job, item: Item & { state: 'failed' | 'cancelled' }, locale: Locale): string {
  const { cancelRequest, userId, input, state } = job;
  if (item.state === 'failed') {
    const isPartial = state === 'partial';
    // Its advice is another wording, and a card that has pictures already keeps its words.
    if (isPartial && item.failure.code === 'CONTENT_BLOCKED') return describeCause(item.failure, locale, input.kind);
    const { retry, retryFailed } = locale.buttons;
    return describeFailure(item.failure, locale, input.kind, { retry: isPartial ? retryFailed : retry });
  }
  if (cancelRequest === null || cancelRequest.userId === userId) return locale.listing.stopped;
  return locale.listing.stoppedBy(cancelRequest.userId);
}

function failureFacts(
  { maxRetries }: Job,
  { failure, retryCount }: { failure: Failure; retryCount: number },
  { card }: Locale,
): string {
  const isHopeless = HOPELESS.has(failure.code) && retryCount === 0 && maxRetries > 0;
  return `${card.reason(failure.code)} · ${isHopeless ? card.noRetries(maxRetries) : card.retries(retryCount, maxRetries)}`;
}
