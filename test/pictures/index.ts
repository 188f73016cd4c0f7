/**
 * `npm run pictures`: the pictures of README, made from the real bot on the sandbox's page.
 *
 *   --only sheet|strip|page|painter   makes one kind of them
 *   --scene words                     only the sheet's scenes with these words in their name; they go into a
 *                                     temporary folder, for looking at one while it is made
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { packageRoot } from '../../sandbox/package-root.ts';
import { findBrowser, launchBrowser } from '../browser.ts';
import { ANSWERS } from './answer-scenes.ts';
import { CARDS } from './card-scenes.ts';
import { composeFrame, composeStrip, type CaptionedFrame } from './compose.ts';
import { DEMO_VIEWPORT, playDemo, type Frame } from './demo.ts';
import { photographCard, photographPage } from './page.ts';
import { makeSheet } from './sheet.ts';

const DOCS = join(packageRoot, 'docs');
const ANIMATION_WIDTH = 900;
/** Of the page, on a desktop. */
const SIDEBAR_WIDTH = 250;
const STRIP = { columns: 3, width: 600 };

interface Wish {
  browser: Browser;
  /** A part of the name of the scenes wanted, or null for all. */
  scene: string | null;
  /** Where the pictures go. */
  folder: string;
}

/** Each makes its files and gives a sentence for each thing that failed. */
const PARTS: Readonly<Record<string, (wish: Wish) => Promise<string[]>>> = {
  sheet: makeSheets,
  strip: makeDemo,
  page: makePage,
  painter: makePainter,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, scene: { type: 'string' } } });
  const scene = values.scene ?? null;
  const names = values.only === undefined ? usualParts(values.scene) : [values.only];
  const refusal = refuseToStart(names, scene);
  if (refusal !== null) {
    console.error(refusal);
    return 1;
  }
  const folder = scene === null ? DOCS : await mkdtemp(join(tmpdir(), 'darkroom-pictures-'));
  await mkdir(folder, { recursive: true });
  const browser = await launchBrowser();
  try {
    const failures = await makeParts(names, { browser, scene, folder });
    for (const failure of failures) console.error(`Failed: ${failure}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

/** A sentence when something that is needed or named is not there. */
function refuseToStart(names: readonly string[], scene: string | null): string | null {
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) return `Expected --only ${Object.keys(PARTS).join(', ')}, got ${unknown}.`;
  const known = [...CARDS, ...ANSWERS].map(({ name }) => name);
  if (scene !== null && !known.some((name) => isNamed(name, scene))) {
    return `Expected --scene with words of one of: ${known.join('; ')}. Got ${scene}.`;
  }
  const { path, skip } = findBrowser();
  return path === null ? `The pictures need a Chromium: ${skip}.` : null;
}

function isNamed(name: string, words: string): boolean {
  return name.toLowerCase().includes(words.toLowerCase());
}

/** Only the sheet has scenes. */
function usualParts(scene: string | undefined): string[] {
  return scene === undefined ? Object.keys(PARTS) : ['sheet'];
}

/** One after the other; a part that fails does not keep the others from being made. */
async function makeParts(names: readonly string[], wish: Wish): Promise<string[]> {
  const failures: string[] = [];
  for (const name of names) {
    try {
      failures.push(...((await PARTS[name]?.(wish)) ?? []));
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures;
}

async function makeSheets({ browser, scene, folder }: Wish): Promise<string[]> {
  const sheets = { 'cards.webp': CARDS, 'answers.webp': ANSWERS };
  const failures: string[] = [];
  for (const [name, all] of Object.entries(sheets)) {
    const scenes = all.filter(({ name: title }) => scene === null || isNamed(title, scene));
    const sheet = await makeSheet(browser, scenes);
    failures.push(...sheet.failures);
    if (sheet.picture === null) continue;
    const picture = sharp(sheet.picture).webp({ quality: 80, effort: 6, smartSubsample: true });
    await keep(folder, name, await picture.toBuffer());
  }
  return failures;
}

async function makeDemo({ browser, folder }: Wish): Promise<string[]> {
  const frames = await playDemo(browser);
  const whole = frames.map((frame) => ({ ...frame, pointer: toFractions(frame.pointer) }));
  const pictures = await Promise.all(whole.map((frame) => composeFrame(browser, frame, ANIMATION_WIDTH)));
  const animation = sharp(pictures, { join: { animated: true } });
  const delay = frames.map(({ showMs }) => showMs);
  await keep(folder, 'demo.webp', await animation.webp({ quality: 86, effort: 6, loop: 0, delay }).toBuffer());
  const keys = await Promise.all(frames.filter(({ isKey }) => isKey).map(withoutSidebar));
  const strip = await composeStrip(browser, keys, STRIP);
  await keep(
    folder,
    'demo-strip.webp',
    await sharp(strip).webp({ quality: 82, effort: 6, smartSubsample: true }).toBuffer(),
  );
  return [];
}

async function makePage({ browser, folder }: Wish): Promise<string[]> {
  const card = await photographCard(browser);
  await keep(
    folder,
    'card-done.webp',
    await sharp(card).webp({ quality: 84, effort: 6, smartSubsample: true }).toBuffer(),
  );
  const page = await photographPage(browser);
  await keep(
    folder,
    'sandbox.webp',
    await sharp(page).webp({ quality: 86, effort: 6, smartSubsample: true }).toBuffer(),
  );
  return [];
}

function toFractions(pointer: Frame['pointer']): Frame['pointer'] {
  return pointer === null ? null : { x: pointer.x / DEMO_VIEWPORT.width, y: pointer.y / DEMO_VIEWPORT.height };
}

/** In a strip every pixel counts, and the list of channels never changes. */
async function withoutSidebar({ caption, picture }: Frame): Promise<CaptionedFrame> {
  const { width, height } = DEMO_VIEWPORT;
  const left = SIDEBAR_WIDTH;
  const cut = await sharp(picture)
    .extract({ left, top: 0, width: width - left, height })
    .png()
    .toBuffer();
  return { caption, picture: cut, pointer: null };
}

/** The painter's own grid needs no browser, and its threads start only when it is wanted. */
async function makePainter({ folder }: Wish): Promise<string[]> {
  const { paintGrid } = await import('./grid.ts');
  await keep(folder, 'painter.webp', await paintGrid());
  return [];
}

async function keep(folder: string, name: string, bytes: Buffer): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const shown = folder === DOCS ? relative(packageRoot, path) : path;
  console.log(`${shown}  ${Math.round(bytes.length / 1000)} kB`);
}
