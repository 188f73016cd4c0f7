/** Where pictures are made: a sandbox with the real bot beside it, and the sandbox's page in a browser. */
import type { Browser, Page } from 'playwright-core';
import { startBot } from '../../sandbox/bot.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { World } from '../end-to-end/world.ts';
import { openContext } from './looks.ts';

export interface StageOptions {
  /** Settings of the bot beside the sandbox's. */
  settings?: Record<string, string>;
  /** How long Replicate queues and works; default: as good as at once. */
  pace?: { queueMs: number; workMs: number };
}

export interface Stage {
  world: World;
  /** Where the page is. */
  url: string;
  close(): Promise<void>;
}

const PACE = { queueMs: 20, workMs: 200 };
/** Nobody waits for a retry unless the scene is about one. */
const SETTINGS = { RETRY_BASE_SECONDS: '0.05', RETRY_MAX_SECONDS: '60', LOG_LEVEL: 'warn' };
/** A bot starts in about a second; more only on a machine with other work. */
const START_MS = 30_000;

/** A bot that a scene drives in code. Resolves when it is online; the caller closes it. */
export async function openStage({ settings = {}, pace = PACE }: StageOptions = {}): Promise<Stage> {
  const sandbox = await startSandbox({ controlPort: 0, replicate: { pace } });
  const env = sandbox.env({ ...SETTINGS, ...settings });
  const world = new World(sandbox, env, startBot({ env }));
  const close = async (): Promise<void> => {
    await world.bot.end('SIGKILL');
    await sandbox.close();
  };
  try {
    await world.whenOnline();
  } catch (error) {
    await close();
    throw error;
  }
  return { world, url: sandbox.control?.url ?? '', close };
}

export interface OpenPage {
  sandbox: Sandbox;
  page: Page;
  close(): Promise<void>;
}

/** The page in the dark theme with the bot that its own buttons start and kill. The caller closes it. */
export async function openPage(
  browser: Browser,
  { settings = {}, pace = PACE, viewport, scale = 1 }: StageOptions & { viewport: Viewport; scale?: number },
): Promise<OpenPage> {
  const sandbox = await startSandbox({ controlPort: 0, replicate: { pace }, botEnv: { ...SETTINGS, ...settings } });
  const context = await openContext(browser, { theme: 'dark', viewport, scale });
  const close = async (): Promise<void> => {
    await context.close();
    await sandbox.close();
  };
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(START_MS);
    sandbox.control?.startBot();
    await sandbox.discord.waitForBot(START_MS);
    await page.goto(sandbox.control?.url ?? '');
    await page.getByText('Online').first().waitFor();
    return { sandbox, page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Viewport = { width: number; height: number };
