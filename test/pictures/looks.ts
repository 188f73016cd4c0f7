/** How people look at a card: the widths and themes every state is photographed in. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import sharp from 'sharp';

export interface Look {
  name: 'dark' | 'light' | 'phone';
  theme: 'dark' | 'light';
  viewport: { width: number; height: number };
}

/** Tall enough that no message is cut; wide enough that a card has its full 600 px on a desktop. */
export const LOOKS: readonly Look[] = [
  { name: 'dark', theme: 'dark', viewport: { width: 942, height: 1600 } },
  { name: 'light', theme: 'light', viewport: { width: 942, height: 1600 } },
  { name: 'phone', theme: 'dark', viewport: { width: 375, height: 1600 } },
];

/** What the page lays over a message while it is scrolled. */
const HIDDEN = '.to-end { display: none !important }';

/** The page follows the system's theme until a person chooses, so the context decides it. The caller closes it. */
export function openContext(
  browser: Browser,
  { theme, viewport, scale = 1 }: Pick<Look, 'theme' | 'viewport'> & { scale?: number },
): Promise<BrowserContext> {
  return browser.newContext({
    viewport,
    colorScheme: theme,
    deviceScaleFactor: scale,
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
}

/** The message with this id on the page, once all its pictures are drawn. */
export async function findMessage(page: Page, messageId: string): Promise<Locator> {
  const message = page.locator(`[data-message-id="${messageId}"]`);
  await message.waitFor();
  await whenDrawn(page);
  return message;
}

/** Runs in the page, which this program's types know nothing of. */
const ALL_DRAWN = `Promise.all([
  document.fonts.ready,
  ...[...document.images].map((image) => image.decode().catch(() => undefined)),
]).then(() => undefined)`;

/** Resolves when letters and pictures are there. */
export async function whenDrawn(page: Page): Promise<void> {
  await page.evaluate(ALL_DRAWN);
}

/** Air above and below; a message has its own at the sides. */
const MARGIN_PX = 14;
const EDGE_PX = 2;

/** A PNG of this element alone, with nothing hovered. */
export async function photograph(element: Locator): Promise<Buffer> {
  await element.page().mouse.move(0, 0);
  return element.screenshot({ style: HIDDEN, animations: 'disabled' });
}

/** The same of a message, on a little more of the ground it stands on. */
export async function photographMessage(message: Locator): Promise<Buffer> {
  const picture = await photograph(message);
  const margin = MARGIN_PX * (await message.page().evaluate<number>('devicePixelRatio'));
  const { width, height } = await sharp(picture).metadata();
  // The outermost rows may be half the page's: a message seldom begins on a whole pixel.
  const inner = { left: 0, top: EDGE_PX, width, height: height - 2 * EDGE_PX };
  return sharp(picture).extract(inner).extend({ top: margin, bottom: margin, extendWith: 'copy' }).png().toBuffer();
}
