/** A Chromium for the tests that drive the page. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** `path`, or why there is none, for a test's `skip`. CHROMIUM_PATH is believed alone where it is set. */
export type FoundBrowser = { path: string; skip: false } | { path: null; skip: string };

export function findBrowser(): FoundBrowser {
  const wished = process.env['CHROMIUM_PATH'];
  const candidates = wished ? [wished] : USUAL_PATHS;
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path !== undefined) return { path, skip: false };
  const skip = wished
    ? `CHROMIUM_PATH names ${wished}, and there is no such file`
    : `no Chromium at ${USUAL_PATHS.join(', ')}; set CHROMIUM_PATH to test the page`;
  return { path: null, skip };
}

/** Whoever launches it closes it. Rejects with a sentence when there is no Chromium. */
export async function launchBrowser(): Promise<Browser> {
  const { path, skip } = findBrowser();
  if (path === null) throw new Error(`Expected a Chromium: ${skip}.`);
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      // Containers and CI run as root, where Chromium's sandbox refuses to start.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
