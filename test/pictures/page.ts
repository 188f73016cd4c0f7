/** The two pictures of README that stand alone: one finished card, and the whole page. */
import type { Browser } from 'playwright-core';
import type { CommandOptions } from '../../sandbox/interface.ts';
import { photographMessage, whenDrawn } from './looks.ts';
import { openPage, type OpenPage } from './stage.ts';

/** Its seed gives a composition to look at. */
const SUNSET = { prompt: 'a beautiful sunset over mountains', aspect_ratio: '16:9', seed: 7 };
/** Both cards fit the window whole, or nearly. */
const WIDE_SUNSET = { ...SUNSET, aspect_ratio: '21:9' };
const HARBOUR = { prompt: 'a quiet harbour at night', aspect_ratio: '16:9' };
const USUAL = { queueMs: 300, workMs: 2_400 };
/** Long enough in its second half to be photographed. */
const SLOW = { queueMs: 0, workMs: 16_000 };

/** A finished card, dark, twice as sharp; a PNG. */
export async function photographCard(browser: Browser): Promise<Buffer> {
  const opened = await openPage(browser, { pace: USUAL, viewport: { width: 1290, height: 1200 }, scale: 2 });
  try {
    await ask(opened, SUNSET, /Done/);
    return await photographMessage(card(opened, SUNSET));
  } finally {
    await opened.close();
  }
}

/** The page as a newcomer has it after two pictures, one of them under way; a PNG. */
export async function photographPage(browser: Browser): Promise<Buffer> {
  const opened = await openPage(browser, { pace: USUAL, viewport: { width: 1280, height: 800 } });
  try {
    await ask(opened, WIDE_SUNSET, /Done/);
    opened.sandbox.replicate.setPace(SLOW);
    await ask(opened, HARBOUR, /50%/);
    return await opened.page.screenshot({ animations: 'disabled' });
  } finally {
    await opened.close();
  }
}

/** Resolves when the card shows these words, and its picture where it has one. */
async function ask(opened: OpenPage, options: CommandOptions & { prompt: string }, words: RegExp): Promise<void> {
  const { discord } = opened.sandbox;
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  await opened.page.getByRole('article').or(opened.page.getByText('Welcome')).first().waitFor();
  await discord.runCommand({ userId: discord.users.member.id, channelId, name: 'generate', options });
  await card(opened, options).getByText(words).first().waitFor();
  await whenDrawn(opened.page);
}

function card({ page }: OpenPage, { prompt }: { prompt: string }) {
  return page.getByRole('article').filter({ hasText: prompt }).first();
}
