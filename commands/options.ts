/** Reading what was typed for an option. */
import type { CommandAsk } from '../src/discord/ask.ts';

/** An option of spaces alone counts as not given. */
export function readText(ask: CommandAsk, name: string): string | null {
  const value = ask.options.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

export function readInteger(ask: CommandAsk, name: string): number | null {
  const value = ask.options.get(name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}
