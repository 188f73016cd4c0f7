/** The languages there are. Another one is one new file and one line here. */
import { en } from './en.ts';

export type Locale = typeof en;

/** By the language part of Discord's locale codes (`en-US`, `ja`). */
const LOCALES: ReadonlyMap<string, Locale> = new Map([['en', en]]);

/** The words for a Discord locale; English where the language is not there yet. */
export function localeFor(code: string): Locale {
  return LOCALES.get(code.split('-')[0] ?? '') ?? en;
}
