/** The items of a job in words: what they are called, who made each, and what it is at. Pure. */
import type { Item, Job } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import type { CardContext } from './render.ts';
import { describeCause } from './failure-words.ts';
import { plainText } from './markdown.ts';
import { seconds } from './private-card.ts';

/** From this place on the line is too long to be worth a number. */
const LAST_SHOWN_POSITION = 10;

/** `Main`, `Picture 2`; a name that no language knows is shown as it is. */
export function nameItem(name: string, { listing }: Locale): string {
  if (Object.hasOwn(listing.names, name)) return listing.names[name] ?? name;
  const [, kind, number] = /^(image|video)(?:_(\d+))?$/.exec(name) ?? [];
  if (kind !== 'image' && kind !== 'video') return plainText(name, 40);
  return listing.numbered(kind, Number(number ?? 1));
}

/** Who made it: a set may hold the work of two. */
export function makerOf({ attempts }: Item, { input }: Job): string {
  return attempts.at(-1)?.provider ?? input.provider;
}

/** One line for an item among others; why it is tried again stands small below it. */
export function itemLine(job: Job, item: Item, context: CardContext): string {
  const line = `**${nameItem(item.name, context.locale)}** ${itemState(job, item, context).join(' · ')}`;
  return item.state === 'waiting' ? `${line}\n-# ${reasonFacts(item, context.locale).join(' · ')}` : line;
}

function itemState(job: Job, item: Item, context: CardContext): string[] {
  const { listing, card } = context.locale;
  switch (item.state) {
    case 'queued':
      // The place of the first is in the headline; those of its own others say little.
      return [listing.queued];
    case 'starting':
    case 'running':
      return [listing.generating, ...percentWords(item, context), ...attemptWords(job, item, context.locale)];
    case 'collecting':
      return [listing.fetching];
    case 'waiting':
      return [card.attempt(item.attempt + 1, job.maxRetries + 1), card.at(seconds(item.until))];
    case 'failed':
      return [`${listing.failed} ${card.reason(item.failure.code)} ${causeOf(job, item.failure, context.locale)}`];
    case 'done':
      return [listing.done];
    case 'cancelled':
      return [listing.cancelled];
  }
}

function causeOf({ input }: Job, failure: Parameters<typeof describeCause>[0], locale: Locale): string {
  return describeCause(failure, locale, input.kind);
}

/** Why, and what is changed. */
function reasonFacts({ failure, variation }: Item & { state: 'waiting' }, { card }: Locale): string[] {
  return [card.reason(failure.code), ...(variation > 0 ? [card.variation(variation)] : [])];
}

/** The first one needs no number. */
function attemptWords({ maxRetries }: Job, { attempt }: Item, { card }: Locale): string[] {
  return attempt > 1 ? [card.attempt(attempt, maxRetries + 1)] : [];
}

function percentWords({ name }: Item, context: CardContext): string[] {
  const percent = Math.round(fractionOf(name, context) * 100);
  return percent === 0 ? [] : [context.locale.card.percent(percent)];
}

/** From 0 to 1, whatever was told. */
export function fractionOf(name: string, { progress }: CardContext): number {
  const told = progress.get(name);
  return told === undefined || Number.isNaN(told) ? 0 : Math.min(1, Math.max(0, told));
}

/** None where the line is too long to be worth a number. */
export function positionWords(position: number | undefined, { card }: Locale): string[] {
  return position === undefined || position > LAST_SHOWN_POSITION ? [] : [card.position(position)];
}
