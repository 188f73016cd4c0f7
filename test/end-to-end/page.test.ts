/** The demo of the whole promise, driven as a newcomer would: in a browser, on the sandbox's page. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { findBrowser, launchBrowser } from '../browser.ts';

const browser = findBrowser();
const skip = browser === null ? 'no Chromium was found (set CHROMIUM_PATH)' : false;

async function type(page: Page, command: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: 'Message' });
  // A bot that is online registers its commands a moment later, and until then there are none to send.
  await composer.fill('/generate');
  await page.getByRole('option', { name: /\/generate/ }).waitFor();
  await composer.fill(command);
  await composer.press('Enter');
}

function card(page: Page, prompt: string): Locator {
  return page.getByRole('article').filter({ hasText: prompt }).first();
}

test(
  'a newcomer types the command, kills the bot half way, starts it, and gets the same card finished',
  { skip },
  async (context) => {
    const sandbox = await startSandbox({
      controlPort: 0,
      replicate: { pace: { queueMs: 300, workMs: 2_500 } },
      botEnv: { RETRY_BASE_SECONDS: '0.1' },
    });
    context.after(() => sandbox.close());
    const chromium = await launchBrowser();
    context.after(() => chromium.close());
    const page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(sandbox.control?.url ?? '');
    await page.getByRole('button', { name: 'Start the bot' }).click();
    await sandbox.discord.waitForBot(30_000);

    await context.test('the states pass by, and the picture comes', async () => {
      await type(page, '/generate prompt: a beautiful sunset over mountains');
      const first = card(page, 'a beautiful sunset over mountains');
      await first.getByText('Generating').waitFor();
      await first.getByText('Done').waitFor({ timeout: 30_000 });
      await first.getByRole('img', { name: /a beautiful sunset over mountains/ }).waitFor();
    });

    await context.test('Download gives the original, byte for byte', async () => {
      await card(page, 'a beautiful sunset over mountains').getByRole('button', { name: 'Download' }).click();
      const answer = page.getByRole('article').filter({ hasText: 'Only you can see this' }).first();
      await answer.waitFor();
      const [made] = sandbox.replicate.predictions();
      assert.ok(made);
      const link = answer
        .locator(
          'a[href*="generated_image_beautiful_sunset_over_mountains"], img[src*="generated_image_beautiful_sunset_over_mountains"]',
        )
        .first();
      await link.waitFor();
      const address = (await link.getAttribute('href')) ?? (await link.getAttribute('src')) ?? '';
      const downloaded = sandbox.discord.readFile(address);
      const kept = await readKeptFile(sandbox.folder);
      assert.deepEqual(downloaded, kept);
    });

    await context.test(
      'killed while a picture is made, started again: the same card is finished and nothing is paid twice',
      async () => {
        await type(page, '/generate prompt: a quiet harbour at night');
        const killed = card(page, 'a quiet harbour at night');
        await killed.getByText('Generating').waitFor();
        while (sandbox.replicate.predictions().length < 2) await page.waitForTimeout(20);
        await page.getByRole('button', { name: 'Kill the bot' }).click();
        await page.getByRole('button', { name: 'Start the bot' }).waitFor();
        await page.getByRole('button', { name: 'Start the bot' }).click();
        await killed.getByText('Done').waitFor({ timeout: 30_000 });
        assert.equal(sandbox.replicate.predictions().length, 2);
      },
    );

    await context.test('what fails is tried again with Retry, and painted here with Fallback', async () => {
      // Each is mended and sent once more: a request that is refused is refused twice.
      sandbox.replicate.addFault({ on: 'create', kind: 'http-422' }, 4);
      await type(page, '/generate prompt: a lighthouse in fog');
      const failing = card(page, 'a lighthouse in fog');
      await failing.getByText('Failed').waitFor({ timeout: 30_000 });
      await failing.getByRole('button', { name: 'Retry' }).click();
      await failing.getByRole('button', { name: 'Fallback: local' }).waitFor({ timeout: 30_000 });
      while (sandbox.replicate.requests.filter(({ status }) => status === 422).length < 4)
        await page.waitForTimeout(20);
      await failing.getByText('Failed').waitFor();
      await failing.getByRole('button', { name: 'Fallback: local' }).click();
      await failing.getByText('Done').waitFor({ timeout: 30_000 });
    });

    assert.deepEqual(complaints, []);
  },
);

/** The only original that was kept so far. */
async function readKeptFile(folder: string): Promise<Buffer> {
  const names = await readdir(join(folder, 'assets'), { recursive: true });
  const files = names.filter((name) => /\.(png|webp|jpe?g)$/.test(name));
  assert.equal(files.length, 1);
  return readFile(join(folder, 'assets', files[0] ?? ''));
}
