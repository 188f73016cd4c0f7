/** Why something was not made, in the user's words. Pure. */
import type { Failure, Kind } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { plainText } from './markdown.ts';

/** Where a sentence stands. */
export interface Surroundings {
  /** The label of the button that makes it again; empty: no button of a card is near. */
  retry?: string;
  /** So many characters of each detail are shown. */
  longestDetail?: number;
}

const DETAIL_SHOWN = 200;

/** The user's sentence for a failure. Details may come from a provider, and a model name from a user: shown, never obeyed. */
export function describeFailure(
  { reason, details }: Failure,
  locale: Locale,
  kind: Kind = 'image',
  { retry = locale.buttons.retry, longestDetail = DETAIL_SHOWN }: Surroundings = {},
): string {
  const inert = Object.fromEntries(
    // The sentences put them in code, where a grave accent is the only way out.
    Object.entries(details).map(([name, value]) => [name, plainText(value, longestDetail).replaceAll('`', "'")]),
  );
  return locale.failures[reason]({ ...inert, kind, retry });
}

/** What happened, without advice: there is nothing to be done, or no button for it. */
export function describeCause({ code, reason }: Failure, { card, causes }: Locale, kind: Kind): string {
  return reason === 'answer-lost' ? card.answerLost : causes[code](kind);
}

/**
 * For the record and the log. Of its details only `why`, a word of our own: others may be a provider's words, which
 * may repeat the prompt, or the name of somebody's file. Nobody presses a button there.
 */
export function describeForRecord({ reason, details: { why } }: Failure, locale: Locale, kind: Kind): string {
  return locale.failures[reason]({ ...(why === undefined ? {} : { why }), kind, retry: '' });
}
