/** The accent of a card in each status, from Discord's own palette. State is never told by colour alone. */
import type { Locale } from '../locales/locale.ts';

export const COLOURS: Readonly<Record<keyof Locale['status'], number>> = {
  queued: 0x80848e,
  generating: 0x5865f2,
  retrying: 0xf0b232,
  done: 0x23a55a,
  partial: 0xf0b232,
  failed: 0xf23f43,
  cancelled: 0x80848e,
};
