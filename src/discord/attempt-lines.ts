/** The attempts of an item as `Details` tells them. Pure. */
import type { Attempt, Item } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { plainText } from './markdown.ts';
import { seconds } from './private-card.ts';

const CODE_SHOWN = 100;
/** What a service does not take as asked, of one attempt. */
const CHANGES_SHOWN = 4;

/** At most so many characters together, if one line fits at all; the oldest attempts are left out first. */
export function attemptLines(item: Item, locale: Locale, budget: number): string[] {
  const { details } = locale;
  if (item.attempts.length === 0) return [details.noAttempt];
  const lines = item.attempts.map((attempt, index) => fullLine(attempt, item.attempts[index - 1], locale));
  const shown = fitNewest(lines, budget);
  const last = item.attempts.at(-1);
  if (shown.length === 0 && last !== undefined) shown.push(outcome(last, locale).join(' · '));
  const earlier = lines.length - shown.length;
  return [...(earlier > 0 ? [details.earlier(earlier)] : []), ...shown];
}

/** The last lines that fit so many characters together, with their line breaks. */
function fitNewest(lines: readonly string[], budget: number): string[] {
  let start = lines.length;
  let left = budget;
  while (start > 0) {
    left -= (lines[start - 1] ?? '').length + 1;
    if (left < 0) break;
    start -= 1;
  }
  return lines.slice(start);
}

/** What came of it, how long it took, and what was changed against the one before. */
function fullLine(attempt: Attempt, before: Attempt | undefined, locale: Locale): string {
  const { details } = locale;
  const parts = outcome(attempt, locale);
  const changes = before === undefined ? [] : changesOf(attempt, before, locale);
  if (changes.length > 0) parts.push(details.changed(changes.join(', ')));
  else if (before !== undefined) parts.push(details.unchanged);
  parts.push(...sentOtherwise(attempt, locale), ...fetchFacts(attempt, locale));
  return parts.join(' · ');
}

function outcome({ number, failure, startedAt, endedAt }: Attempt, { details, card, states }: Locale): string[] {
  const status = failure?.providerStatus == null ? '' : ` (${code(failure.providerStatus)})`;
  const result = failure === null ? `**${states.done}**` : `**${card.reason(failure.code)}**${status}`;
  return [`${number}. ${result}`, details.took(duration(endedAt - startedAt)), details.at(seconds(startedAt))];
}

/** Where the service takes none, the bot's own says nothing about the picture. */
export function isSeedLeftOut({ changes }: Pick<Attempt, 'changes'>): boolean {
  return changes.some(({ field, to }) => field === 'seed' && to === null);
}

/** What the service does not take as it was asked for. */
function sentOtherwise({ changes }: Attempt, { details }: Locale): string[] {
  const told = changes.filter(({ field }) => field !== 'seed');
  const lines = told
    .slice(0, CHANGES_SHOWN)
    .map(({ field, to }) => (to === null ? details.leftOut(code(field)) : details.sentAs(code(field), code(to))));
  return told.length > CHANGES_SHOWN ? [...lines, details.moreChanges(told.length - CHANGES_SHOWN)] : lines;
}

/** Only what was not fetched at once is worth a word. */
function fetchFacts({ fetches, failure }: Attempt, { details }: Locale): string[] {
  const { tries, lastFailure } = fetches;
  if (lastFailure === null) return [];
  const status = code(lastFailure.providerStatus ?? lastFailure.code);
  return [failure === null ? details.fetched(tries, status) : details.notFetched(tries, status)];
}

function changesOf(attempt: Attempt, before: Attempt, { details, card }: Locale): string[] {
  const changes = [];
  if (attempt.seed !== before.seed && !isSeedLeftOut(attempt)) changes.push(details.newSeed(attempt.seed));
  if (attempt.variation !== before.variation) changes.push(card.variation(attempt.variation));
  // An attempt that was lost early never heard which model it would be.
  if (attempt.model !== before.model && before.model !== null && attempt.model !== null)
    changes.push(code(attempt.model));
  return changes;
}

/** Words of a provider, shown and never obeyed. */
export function code(words: string): string {
  return `\`${plainText(words, CODE_SHOWN).replaceAll('`', "'")}\``;
}

export function duration(ms: number): string {
  return (Math.max(0, ms) / 1_000).toFixed(1);
}
