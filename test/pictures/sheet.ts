/** One picture of every scene, in every look, with captions. */
import type { Browser } from 'playwright-core';
import { composeSheet, type SheetRow } from './compose.ts';
import { findMessage, LOOKS, openContext, photograph, photographMessage, type Look } from './looks.ts';
import type { Scene } from './scene-steps.ts';
import { openStage, type Stage } from './stage.ts';

export interface Sheet {
  /** A PNG; null when there is not one scene to show. */
  picture: Buffer | null;
  /** A sentence for each scene that is not on it. */
  failures: string[];
}

/** Scenes hold still for half a minute; more at once would make them wait for the machine that long. */
const AT_ONCE = 2;

export async function makeSheet(browser: Browser, scenes: readonly Scene[]): Promise<Sheet> {
  const rows: SheetRow[] = [];
  const failures: string[] = [];
  for (let first = 0; first < scenes.length; first += AT_ONCE) {
    const some = scenes.slice(first, first + AT_ONCE);
    const played = await Promise.allSettled(some.map((scene) => play(browser, scene)));
    for (const [index, scene] of some.entries()) {
      const result = played[index];
      if (result?.status === 'fulfilled') rows.push({ title: scene.name, note: scene.note, pictures: result.value });
      else failures.push(`${scene.name}: ${sentenceOf(result?.reason)}`);
    }
  }
  return { picture: rows.length === 0 ? null : await composeSheet(browser, rows), failures };
}

async function play(browser: Browser, scene: Scene): Promise<Buffer[]> {
  const stage = await openStage(scene);
  try {
    const messageId = await scene.prepare(stage.world);
    return await Promise.all(LOOKS.map((look) => photographIn(browser, look, { stage, scene, messageId })));
  } finally {
    await stage.close();
  }
}

interface Played {
  stage: Stage;
  scene: Scene;
  messageId: string;
}

async function photographIn(browser: Browser, look: Look, { stage, scene, messageId }: Played): Promise<Buffer> {
  const context = await openContext(browser, look);
  try {
    const page = await context.newPage();
    await page.goto(addressFor(stage, scene));
    const message = await findMessage(page, messageId);
    if (scene.open === undefined) return await photographMessage(message);
    return await photograph(await scene.open(page, message));
  } finally {
    await context.close();
  }
}

function addressFor({ url, world }: Stage, { viewer = 'member' }: Scene): string {
  const query = new URLSearchParams({ user: world.userId(viewer), channel: world.channelId, panel: 'closed' });
  return `${url}/?${query.toString()}`;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
