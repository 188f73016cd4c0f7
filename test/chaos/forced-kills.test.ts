/**
 * Kills that a random run only hopes for: between any two writes of a job's life, between the answer to the paid call
 * and its record, and half way through a download. (Inside the paid call: test/end-to-end/kill.test.ts.)
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBot } from '../../sandbox/bot.ts';
import { picturesOf, World } from '../end-to-end/world.ts';
import { FINAL_WORDS, readCard, readChannel } from './cards.ts';

const DYING_BOT = join(import.meta.dirname, 'dying-bot.js');
const PACE = { queueMs: 20, workMs: 80 };
const FAST = { RETRY_BASE_SECONDS: '0.05', RETRY_MAX_SECONDS: '0.2' };
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

test('killed before any write of a job’s life: every card that stands is done, and each picture is paid for once', async (context) => {
  const world = await World.start(context, { pace: PACE });
  await world.kill();
  let kills = 0;
  for (let write = 1; write <= MOST_WRITES && kills === write - 1; write++) {
    const prompt = `a lighthouse at dawn, number ${write}`;
    await startDying(world, { DIE_ABOUT: prompt, DIE_AT_WRITE: String(write) });
    // One kill meets one job: the one before has come to its end.
    await untilNothingIsOpen(world);
    if (await diesMaking(world, prompt)) kills += 1;
    await world.kill();
  }
  await world.startAgain();
  await untilNothingIsOpen(world);

  context.diagnostic(`${kills} kills`);
  assert.ok(kills >= FEWEST_WRITES && kills < MOST_WRITES, `${kills} kills went through a whole life`);
  const cards = cardsOf(world);
  const prompts = world.predictions().map(({ input }) => String(input['prompt']));
  assert.deepEqual(prompts.toSorted(), [...new Set(prompts)].toSorted(), 'each was paid for once');
  assert.equal(cards.length, prompts.length, 'each that was paid for has its one card');
  assert.ok(cards.every(({ word }) => word === 'Done'));
  // Before the first write there is no job yet, and the command says that the bot did not answer.
  assert.equal(cards.length, kills, 'none but the first is missing, and the last was not killed');
});

test('killed between the answer to the paid call and its record: the work is found, not paid again', async (context) => {
  const world = await World.start(context, { pace: PACE });
  await world.kill();
  const prompt = 'a lighthouse at dusk';
  await startDying(world, { DIE_ABOUT: prompt, DIE_AT_TEXT: '"operation":{' });
  assert.equal(await diesMaking(world, prompt), true);
  assert.equal(world.predictions().length, 1, 'the service had answered');
  const [card] = cardsOf(world);
  assert.ok(card !== undefined);
  await world.startAgain();
  await assertMadeOnce(world, card.messageId);
});

test('killed with half of the file received: it is fetched again, and the picture is not made again', async (context) => {
  const world = await World.start(context, { pace: PACE });
  world.sandbox.replicate.addFault({ on: 'file', kind: 'cut-half' });
  const stop = world.sandbox.replicate.onChange(({ path, status }) => {
    // Half of it is out, and the connection still stands.
    if (path.startsWith('/files/') && status === 'cut') process.kill(world.bot.pid, 'SIGKILL');
  });
  const card = await world.generate({ prompt: 'a lighthouse in the fog' });
  assert.equal((await world.bot.exited).signal, 'SIGKILL');
  stop();
  await world.startAgain();
  await assertMadeOnce(world, card);
  assert.equal(world.predictions()[0]?.fileFetches, 2);
});

async function assertMadeOnce(world: World, card: string): Promise<void> {
  await world.whenCard(card, /Done/);
  assert.equal(picturesOf(world.message(card).message).length, 1, 'the card shows one picture');
  assert.equal(world.predictions().length, 1, 'one prediction was paid for');
  assert.deepEqual(
    cardsOf(world).map(({ messageId }) => messageId),
    [card],
  );
}
