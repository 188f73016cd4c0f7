/** The promise in ten frames: a picture is asked for, the bot is killed half way, and the same card is finished. */
import type { Browser, Locator, Page } from 'playwright-core';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { whenDrawn } from './looks.ts';
import { openPage, type OpenPage } from './stage.ts';

export interface Frame {
  caption: string;
  /** How long the animation stays on it. */
  showMs: number;
  /** Whether the still strip has it too. */
  isKey: boolean;
  /** Where the mouse is, in pixels of the picture, where it does something. */
  pointer: { x: number; y: number } | null;
  /** A PNG of the whole page. */
  picture: Buffer;
}

/** Just wide enough that the page keeps its panel. */
export const DEMO_VIEWPORT = { width: 1080, height: 720 };
/** Ten seconds of looking. */
const MOST_LOOKS = 500;
const PROMPT = 'a beautiful sunset over mountains';
/** Time for a photograph of each quarter. */
const PACE = { queueMs: 500, workMs: 16_000 };
/** Keeps the one lane busy while the demo's own card waits. */
const PACE_BEFORE = { queueMs: 500, workMs: 6_500 };

/** About half a minute. */
export async function playDemo(browser: Browser): Promise<Frame[]> {
  const settings = { CONCURRENCY: '1' };
  const opened = await openPage(browser, { settings, pace: PACE_BEFORE, viewport: DEMO_VIEWPORT });
  try {
    return await new Demo(opened).play();
  } finally {
    await opened.close();
  }
}

class Demo {
  readonly #page: Page;
  readonly #sandbox: Sandbox;
  readonly #frames: Frame[] = [];

  constructor({ page, sandbox }: OpenPage) {
    this.#page = page;
    this.#sandbox = sandbox;
  }

  async play(): Promise<Frame[]> {
    await this.#ask();
    await this.#watch();
    await this.#kill();
    await this.#finish();
    return this.#frames;
  }

  async #ask(): Promise<void> {
    const page = this.#page;
    const composer = page.getByRole('textbox', { name: 'Message' });
    await composer.fill('/gen');
    await page
      .getByRole('option', { name: /generate/ })
      .first()
      .waitFor();
    await this.#take('Type /generate', 1_400, true);
    await composer.press('Enter');
    await page.keyboard.type(PROMPT);
    await this.#take('Say what you want to see', 1_600);
    await page.getByRole('button', { name: /^\+\d+ more$/ }).click();
    await page.getByRole('button', { name: /^aspect_ratio/ }).click();
    await page.keyboard.type('16:9');
    await this.#take('Add options where you like', 1_200);
    await this.#keepLaneBusy();
    this.#sandbox.replicate.setPace(PACE);
    await page.keyboard.press('Enter');
  }

  /** Somebody asks in the other channel, so that our card is seen in line. */
  async #keepLaneBusy(): Promise<void> {
    const { discord } = this.#sandbox;
    const channelId = discord.guilds[0]?.channels[1]?.id ?? '';
    const options = { prompt: 'a lighthouse in fog' };
    await discord.runCommand({ userId: discord.users.member2.id, channelId, name: 'generate', options });
    for (let tries = 0; this.#sandbox.replicate.predictions().length === 0; tries += 1) {
      if (tries === MOST_LOOKS)
        throw new Error('Expected Replicate to get the picture of the other channel, got nothing.');
      await this.#page.waitForTimeout(20);
    }
  }

  async #watch(): Promise<void> {
    await this.#card.getByText('Queued').waitFor();
    // Its place in line comes with its first edit, about two seconds later.
    await this.#page.waitForTimeout(2_600);
    await this.#take('One card answers at once: Queued', 1_400, true);
    await this.#card.getByText(/25%/).waitFor();
    await this.#take('It tells how far the picture is', 1_000);
    await this.#card.getByText(/50%/).waitFor();
    await this.#take('It tells how far the picture is', 1_200, true);
  }

  async #kill(): Promise<void> {
    const kill = this.#page.getByRole('button', { name: 'Kill the bot' });
    await kill.hover();
    await this.#take('Half way, the bot is killed', 1_200, false, await centre(kill));
    await kill.click();
    await this.#page.getByText('Stopped').waitFor();
    await this.#take('The bot is dead, the work is saved', 1_600, true, await centre(kill));
    const start = this.#page.getByRole('button', { name: 'Start the bot' });
    await start.hover();
    await this.#take('The bot is dead, the work is saved', 900, false, await centre(start));
    await start.click();
    await this.#sandbox.discord.waitForBot(30_000);
  }

  async #finish(): Promise<void> {
    await this.#page.getByText('Online').waitFor();
    // A slow machine may have the bot back only when the picture is there.
    await this.#card
      .getByText(/75%|Done/)
      .first()
      .waitFor();
    await this.#take('Started again: the same work goes on', 1_400, true);
    await this.#card.getByText('Done').waitFor();
    await this.#card.getByRole('button', { name: 'Download' }).waitFor();
    await this.#take('The same card is finished, and paid for once', 2_600, true);
    const picture = this.#card.getByRole('button', { name: /Open the picture/ });
    await picture.hover();
    await this.#take('The same card is finished, and paid for once', 700, false, await centre(picture));
    await picture.click();
    await this.#take('A click opens the picture', 2_600);
  }

  get #card(): Locator {
    return this.#page.getByRole('article').filter({ hasText: PROMPT }).first();
  }

  async #take(caption: string, showMs: number, isKey = false, pointer: Frame['pointer'] = null): Promise<void> {
    if (pointer === null) await this.#page.mouse.move(0, 0);
    await whenDrawn(this.#page);
    const picture = await this.#page.screenshot({ animations: 'disabled', caret: 'initial' });
    this.#frames.push({ caption, showMs, isKey, pointer, picture });
  }
}

async function centre(element: Locator): Promise<Frame['pointer']> {
  const box = await element.boundingBox();
  return box === null ? null : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
