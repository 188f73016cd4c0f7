/** The page in a browser, its real server and Discord, and a small bot in this process that a test scripts. */
import { after, before, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Client, type Interaction } from 'discord.js';
import type { Browser, Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { launchBrowser } from '../browser.ts';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 375, height: 844 };

export const GENERATE = {
  name: 'generate',
  description: 'Make a picture',
  options: [
    { type: 3, name: 'prompt', description: 'What to show', required: true },
    { type: 3, name: 'model', description: 'Which model', autocomplete: true },
    {
      type: 3,
      name: 'aspect_ratio',
      description: 'Width to height',
      choices: ['1:1', '3:2', '16:9'].map((ratio) => ({ name: ratio, value: ratio })),
    },
    { type: 4, name: 'seed', description: 'Same seed, same picture', min_value: 0, max_value: 100 },
    { type: 5, name: 'private', description: 'Only you see it' },
  ],
};

/** What the page offers beyond words: a person, a file, commands for messages, subcommands. */
export const MORE_COMMANDS = [
  {
    name: 'gallery',
    description: 'What was made here',
    options: [
      { type: 6, name: 'user', description: 'Whose' },
      { type: 4, name: 'count', description: 'How many', min_value: 1, max_value: 4 },
      { type: 3, name: 'model', description: 'Which model', autocomplete: true },
    ],
  },
  {
    name: 'animate',
    description: 'Move a picture',
    options: [
      { type: 11, name: 'image', description: 'The picture', required: true, file_types: ['image'] },
      { type: 3, name: 'prompt', description: 'What moves' },
    ],
  },
  {
    name: 'jobs',
    description: 'Moderate',
    default_member_permissions: '8192',
    options: [{ type: 1, name: 'list', description: 'Open work' }],
  },
  { name: 'Animate image', type: 3 },
  { name: 'Moderate', type: 3, default_member_permissions: '8192' },
];

export interface OpenPage {
  sandbox: Sandbox;
  page: Page;
  /** Where the page opens: the first channel of the first server. */
  channelId: string;
  /** Posts as the bot, with files where given. */
  post(body: Record<string, unknown>, files?: { name: string; data: Buffer }[]): Promise<void>;
  /** Takes out of the list what a test expects the browser to complain of. */
  complaints: string[];
}

export interface OpenOptions {
  viewport?: { width: number; height: number };
  /** How the bot answers. `null`: no bot comes to the gateway; its commands are registered all the same. */
  answer: ((interaction: Interaction) => Promise<unknown>) | null;
  /** Beside GENERATE. */
  commands?: readonly unknown[];
  /** What comes after the page's address, such as `?theme=light`. */
  query?: string | ((sandbox: Sandbox) => string);
  /** A script to run as the bot that the page starts. */
  botEntry?: string;
}

let browser: Browser | undefined;

/** One browser for all tests of the file that calls it. */
export function useBrowser(skip: string | false): void {
  before(async () => {
    if (skip === false) browser = await launchBrowser();
  });
  after(() => browser?.close());
}

/** Everything is closed after the test, which fails when the browser's console had a complaint. */
export async function openPage(t: TestContext, options: OpenOptions): Promise<OpenPage> {
  assert.ok(browser, 'useBrowser comes first');
  const { viewport = DESKTOP, answer, commands = [], query = '', botEntry } = options;
  const sandbox = await startSandbox({
    controlPort: 0,
    discordRateLimits: false,
    ...(botEntry === undefined ? {} : { botEntry }),
  });
  t.after(() => sandbox.close());
  const client = new Client({ intents: [], rest: { api: sandbox.discord.url } }).setMaxListeners(0);
  t.after(() => client.destroy());
  client.rest.setToken(sandbox.discord.token);
  if (answer !== null) {
    client.on('interactionCreate', (interaction) => void answer(interaction));
    await client.login(sandbox.discord.token);
    await sandbox.discord.waitForBot(10_000);
  }
  await client.rest.put(`/applications/${sandbox.discord.applicationId}/commands`, {
    body: [GENERATE, ...commands],
  });

  const context = await browser.newContext({ viewport, acceptDownloads: true });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = listComplaints(page);
  t.after(() => assert.deepEqual(complaints, []));
  assert.ok(sandbox.control);
  await page.goto(`${sandbox.control.url}/${typeof query === 'string' ? query : query(sandbox)}`);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  const channelId = sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
  const post: OpenPage['post'] = async (body, files = []) => {
    await client.rest.post(`/channels/${channelId}/messages`, { body, files });
  };
  return { sandbox, page, channelId, post, complaints };
}

function listComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** Components as the bot sends them. */
export const V2 = 32_768;
export const text = (content: string) => ({ type: 10, content });
export const button = (label: string, more: Record<string, unknown> = {}) => ({
  type: 2,
  style: 2,
  label,
  custom_id: `press:${label}`,
  ...more,
});
export const row = (...components: unknown[]) => ({ type: 1, components });
export const container = (...components: unknown[]) => ({ type: 17, accent_color: 0x3ba55d, components });
