/** A video that takes longer than an interaction lives, with deaths of the bot on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import type { Job } from '../../src/jobs/job.ts';
import { openStores } from '../store/open-stores.ts';
import { picturesOf, World } from './world.ts';

const PROMPT = 'a lighthouse in fog';
const MINUTE_MS = 60_000;
/** Its own 12 minutes, and so long in line before that the token of the command (15 minutes) is over at the end. */
const PACE = { queueMs: 4 * MINUTE_MS, workMs: 12 * MINUTE_MS };

test('a video of 12 minutes outlives its command, and kills of the bot before and in the middle of it: same card, paid once', async (context) => {
  const world = await World.start(context, { pace: PACE, env: { CONCURRENCY: '1' } });
  const { gemini, discord } = world.sandbox;
  const card = await beginVideo(world);
  await world.waitUntil('its handle is kept', () => world.moves().includes('starting>running'));
  await killFor(world, 10 * MINUTE_MS);
  await world.whenCard(card, /Generating/);
  await world.waitUntil('it is asked about', () => videosOf(world)[0]?.gets === 1);
  await killFor(world, 7 * MINUTE_MS);
  await world.whenCard(card, /Done/);

  const [file, ...others] = picturesOf(world.message(card).message);
  assert.ok(file !== undefined && others.length === 0, 'the card shows one video');
  const bytes = discord.readFile(file.url);
  assert.equal(bytes?.toString('latin1', 4, 8), 'ftyp', 'which is an MP4');
  assert.match(JSON.stringify(world.message(card).message.components), /"type":12/, 'in a media gallery');
  assert.deepEqual(
    videosOf(world).map(({ status, images, fileFetches }) => [status, images, fileFetches]),
    [['completed', 1, 1]],
  );
  assert.equal(gemini.requests.filter(({ method, path }) => method === 'POST' && path === '/interactions').length, 1);
});

/** What was running before is asked about at once after a start; otherwise every five seconds. */
async function killFor(world: World, ms: number): Promise<void> {
  await world.kill();
  world.sandbox.clock.advance(ms);
  await world.startAgain();
}

function videosOf({ sandbox }: World): ReturnType<World['sandbox']['gemini']['generations']> {
  return sandbox.gemini.generations().filter(({ kind }) => kind === 'video');
}

/** The card of a video that starts from a picture: a job that stood in line when the bot ended is one when it starts again. */
async function beginVideo(world: World): Promise<string> {
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'never-ends' });
  await world.generate({ prompt: 'keeps the only slot' });
  await world.waitUntil('it is begun', () => world.predictions().length === 1);
  const background = '#c81030';
  const bytes = await sharp({ create: { width: 90, height: 160, channels: 3, background } })
    .png()
    .toBuffer();
  const image = { name: 'start.png', contentType: 'image/png', data: bytes.toString('base64') };
  const card = await world.generate({ prompt: PROMPT, model: 'black-forest-labs/flux-dev', image }, 'member2');
  assert.match(world.text(card), /Queued/);
  await world.kill();
  const { jobs, close } = await openStores(world.sandbox.folder);
  const job = (await jobs.listOpen()).find(({ input }) => input.prompt === PROMPT);
  assert.ok(job);
  const input: Job['input'] = { ...job.input, kind: 'video', provider: 'gemini', model: null, durationSeconds: 3 };
  await jobs.save({ ...job, input, items: job.items.map((item) => ({ ...item, name: 'video', model: null })) });
  await close();
  await world.startAgain();
  return card;
}
