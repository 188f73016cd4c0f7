/** Reading what was typed for an option. */
import { ApplicationCommandOptionType, type APIApplicationCommandBasicOption } from 'discord-api-types/v10';
import type { CommandAsk, CompletionAsk } from '../src/discord/ask.ts';
import type { Reference } from '../src/jobs/job.ts';
import type { Locale } from '../src/locales/locale.ts';

const PROVIDERS = ['replicate', 'gemini', 'local'] as const;
/** Which of them are set up, the answer tells: a list of commands is the same for every bot. */
export const PROVIDER_CHOICES = PROVIDERS.map((name) => ({ name, value: name }));

/** Longer than any id, and short enough for a button to carry. */
const LONGEST_JOB_ID = 20;

/** What is larger would be refused once it is fetched (`GIVEN_LIMITS` of the pictures): it need not be. */
const MOST_GIVEN_BYTES = 20 * 1024 * 1024;

/** The same in every command that makes something; the words differ. */
export function providerOption(description: string): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.String, name: 'provider', description, choices: PROVIDER_CHOICES };
}

export function modelOption(description: string): APIApplicationCommandBasicOption {
  const type = ApplicationCommandOptionType.String;
  return { type, name: 'model', description, max_length: 200, autocomplete: true };
}

export function privateOption(description: string): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.Boolean, name: 'private', description };
}

/** Options come the same way while they are typed and when they are sent. */
type Typed = Pick<CommandAsk | CompletionAsk, 'options'>;

/** An option of spaces alone counts as not given. */
export function readText(ask: Typed, name: string): string | null {
  const value = ask.options.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/**
 * The id of a job, copied from its card with its quotes, perhaps. What has no letter or digit names no job, which is
 * not the same as naming none.
 */
export function readJobId(ask: Typed, name: string): string | null {
  const text = readText(ask, name);
  return text === null ? null : text.replaceAll(/[^a-z0-9]/gi, '').slice(0, LONGEST_JOB_ID) || '-';
}

export function readInteger(ask: Typed, name: string): number | null {
  const value = ask.options.get(name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** The file of an option as a picture to start from, none where it was not given; or the sentence that refuses it. */
export function readReferences(
  { options, attachments }: CommandAsk,
  name: string,
  { failures }: Locale,
): Reference[] | string {
  const file = attachments.get(String(options.get(name) ?? ''));
  if (file === undefined) return [];
  if (file.bytes > MOST_GIVEN_BYTES) return failures['reference-refused']({ why: 'too-many-bytes' });
  return [{ name: file.name, fromJobId: null, state: 'coming', source: { kind: 'address', url: file.url } }];
}
