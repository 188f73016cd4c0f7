/** Why something was not made, in the user's words. Pure. */
import type { Failure, Kind } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { plainText } from './markdown.ts';

/** The user's sentence for a failure. Details may come from a provider, and a model name from a user: shown, never obeyed. */
export function describeFailure({ reason, details }: Failure, locale: Locale, kind: Kind = 'image'): string {
  const inert = Object.fromEntries(
    // The sentences put them in code, where a grave accent is the only way out.
    Object.entries(details).map(([name, value]) => [name, plainText(value, 200).replaceAll('`', "'")]),
  );
  return locale.failures[reason]({ ...inert, kind });
}

/** What happened, without advice: there is nothing to be done, or no button for it. */
export function describeCause({ code, reason }: Failure, { card, causes }: Locale, kind: Kind): string {
  return reason === 'answer-lost' ? card.answerLost : causes[code](kind);
}
