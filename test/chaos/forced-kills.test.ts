/**
 * Kills that a random run only hopes for: between any two writes of a job's life, between the answer to the paid call
 * and its record, and half way through a download. (Inside the paid call: test/end-to-end/kill.test.ts.)
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBot } from '../../sandbox/bot.ts';
import type { SandboxPrediction } from '../../sandbox/interface.ts';
import { picturesOf, World } from '../end-to-end/world.ts';
import { FINAL_WORDS, readCard, readChannel } from './cards.ts';

const DYING_BOT = join(import.meta.dirname, 'dying-bot.js');
const PACE = { queueMs: 20, workMs: 80 };
const FAST = { RETRY_BASE_SECONDS: '0.05', RETRY_MAX_SECONDS: '0.2' };
const HALF_FILE = 'a lighthouse in the fog';
/** As `dying-bot` says it. */
const DIES_BEFORE = 'dies before ';
/** In the write that saves what the service answered. */
const RECORD = '"operation":{';
/** A job of one picture has fewer writes. */
const MOST_WRITES = 30;
/** After the card says Done. */
const LAST_WRITE_MS = 400;
/** Its record and its card, starting, running, its claim, collecting, done: fewer would mean that kills were missed. */
const FEWEST_WRITES = 7;

/** In place of the world's bot, which has ended: one that dies at a write. */
async function startDying(world: World, when: Record<string, string>): Promise<void> {
  world.bot = startBot({ env: world.sandbox.env({ ...FAST, ...when }), entry: DYING_BOT });
  await world.whenOnline();
}

/** Whether the bot died while it made the picture, or right behind it: the last write comes after the card's last edit. */
async function diesMaking(world: World, prompt: string): Promise<boolean> {
  let hasDied = false;
  void world.bot.exited.then(() => (hasDied = true));
  // Its answer may never come: that is the point.
  void world.command({ prompt });
  await world.waitUntil('the card is done or the bot is dead', () => hasDied || isDone(world, prompt));
  if (!hasDied) await Promise.race([world.bot.exited, sleep(LAST_WRITE_MS)]);
  return hasDied;
}

async function untilNothingIsOpen(world: World): Promise<void> {
  await world.waitUntil('no card is open', () => cardsOf(world).every(({ word }) => FINAL_WORDS.has(word)));
}

function isDone(world: World, prompt: string): boolean {
  return cardsOf(world).some(({ messageId, word }) => word === 'Done' && world.text(messageId).includes(`${prompt}⁩`));
}

function cardsOf(world: World): { messageId: string; word: string }[] {
  return readChannel(world.sandbox, [world.userId('member')]).flatMap((message) => readCard(message) ?? []);
}

test('killed half way through a file, between the answer to the paid call and its record, and before any write of a job’s life: every card that stands is done, and each picture is paid for once', async (context) => {
  // One world for all of them: each bot that dies first brings to its end what the one before it left.
  const world = await World.start(context, { pace: PACE });
  await dieWithHalfFile(world);
  const deaths = await dieAtEachWrite(world);

  const kills = deaths.length;
  context.diagnostic(`${kills} kills`);
  assert.ok(kills >= FEWEST_WRITES && kills < MOST_WRITES, `${kills} kills went through a whole life`);
  assert.ok(
    deaths.some((death) => death.includes(RECORD)),
    'one of them between the answer to the paid call and its record',
  );
  const cards = cardsOf(world);
  const prompts = world.predictions().map(({ input }) => String(input['prompt']));
  assert.deepEqual(prompts.toSorted(), [...new Set(prompts)].toSorted(), 'each was paid for once');
  assert.equal(cards.length, prompts.length, 'each that was paid for has its one card');
  assert.ok(cards.every(({ word }) => word === 'Done'));
  // Before the first write there is no job yet, and the command says that the bot did not answer.
  assert.equal(cards.length, kills + 1, 'none but the first is missing; the half file and the last job have theirs');
  const { fileFetches } = predictionOf(world, HALF_FILE);
  assert.equal(fileFetches, 2, 'the file that was cut in half was fetched again');
  const [{ messageId } = { messageId: '' }] = cards;
  assert.equal(picturesOf(world.message(messageId).message).length, 1, 'its card shows one picture');
});

test('killed before a set that goes on is saved, and before its card is: what was done stays done, and the rest is made once', async (context) => {
  const world = await World.start(context, { pace: PACE, env: FAST });
  const prompt = 'two boats on a lake';
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'error', error: 'Flagged as sensitive (E005)' });
  const card = await world.generate({ prompt, count: 2 });
  await world.whenCard(card, /### Partly done/);
  const [kept = ''] = await fileHashes(world, card);

  for (const write of ['1', '2']) {
    await world.kill();
    await startDying(world, { DIE_ABOUT: prompt, DIE_AT_WRITE: write });
    assert.match(world.text(card), /### Partly done/, 'nothing has changed before it is saved');
    void world.press(card, 'Retry failed');
    assert.equal((await world.bot.exited).signal, 'SIGKILL');
  }
  await world.startAgain();
  await world.whenCard(card, /### Done/);
  assert.equal(world.predictions().length, 3, 'two at first, and the one that had failed');
  await world.waitUntil('both are shown', () => picturesOf(world.message(card).message).length === 2);
  assert.ok((await fileHashes(world, card)).includes(kept), 'the picture that was done is still the same');
});

/** SHA-256 of the originals that the card hands out. */
async function fileHashes(world: World, card: string): Promise<string[]> {
  const { message } = await world.pressForMessage(card, 'Download');
  return message.attachments.map(({ url }) => {
    const bytes = world.sandbox.discord.readFile(url) ?? Buffer.alloc(0);
    return createHash('sha256').update(bytes).digest('hex');
  });
}

/** Half of the file is out, and the connection still stands. */
async function dieWithHalfFile(world: World): Promise<void> {
  const { replicate } = world.sandbox;
  replicate.addFault({ on: 'file', kind: 'cut-half' });
  const stop = replicate.onChange(({ path, status }) => {
    if (path.startsWith('/files/') && status === 'cut') process.kill(world.bot.pid, 'SIGKILL');
  });
  await world.generate({ prompt: HALF_FILE });
  assert.equal((await world.bot.exited).signal, 'SIGKILL');
  stop();
}

/** Returns before what each of them died: one for each write of a job. The last bot has found none to die at, and lives. */
async function dieAtEachWrite(world: World): Promise<string[]> {
  const deaths: string[] = [];
  while (deaths.length < MOST_WRITES) {
    const prompt = `a lighthouse at dawn, number ${deaths.length + 1}`;
    await startDying(world, { DIE_ABOUT: prompt, DIE_AT_WRITE: String(deaths.length + 1) });
    // One kill meets one job: the one before has come to its end.
    await untilNothingIsOpen(world);
    if (!(await diesMaking(world, prompt))) break;
    deaths.push(world.bot.lines.findLast((line) => line.startsWith(DIES_BEFORE)) ?? '');
    // Else the kill came before it was asked for.
    if (deaths.at(-1)?.includes(RECORD) === true) predictionOf(world, prompt);
  }
  return deaths;
}

function predictionOf(world: World, prompt: string): SandboxPrediction {
  const [found, ...more] = world.predictions().filter(({ input }) => input['prompt'] === prompt);
  assert.ok(found !== undefined && more.length === 0, `"${prompt}" was paid for once`);
  return found;
}
