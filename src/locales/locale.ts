/** The languages there are. A third one is one new file and one line here. */
import { en } from './en.ts';

export type Locale = typeof en;

/** By the language part of Discord's locale codes (`en-US`, `ja`). */
const LOCALES: Readonly<Record<string, Locale>> = { en };

/** The words for a Discord locale; English where the language is not there yet. */
export function localeFor(code: string): Locale {
  return LOCALES[code.split('-')[0] ?? ''] ?? en;
}
