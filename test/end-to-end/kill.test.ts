/**
 * The promise Darkroom exists for, on real parts: the bot's process is killed with SIGKILL in each state a
 * job can be in, started again, and the same card is finished with the same paid work.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startBot } from '../../sandbox/bot.ts';
import { picturesOf, World, type WorldOptions } from './world.ts';

const PROMPT = 'a beautiful sunset over mountains';

/** After the restart: the same card is done, shows its picture, and nothing was paid twice. */
async function assertFinishedOnce(world: World, card: string): Promise<void> {
  await world.whenCard(card, /Done/);
  assert.equal(picturesOf(world.message(card).message).length, 1, 'the card shows one picture');
  assert.equal(world.predictions().length, 1, 'one prediction was paid for');
  assert.equal(world.predictions()[0]?.status, 'succeeded');
  const cards = world.sandbox.discord.messages(world.channelId, world.userId('member'));
  assert.equal(cards.length, 1, 'there is one card and nothing else in the channel');
}

async function startWorld(context: TestContext, options: WorldOptions = {}): Promise<World> {
  return World.start(context, { pace: { queueMs: 100, workMs: 1_500 }, ...options });
}

test('killed while queued: the picture is made after the restart, on the same card', async (context) => {
  const world = await startWorld(context, { env: { CONCURRENCY: '1' } });
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'never-ends' });
  const first = await world.generate({ prompt: 'keeps the only slot' });
  await world.whenCard(first, /Generating/);
  await world.waitUntil('it is begun', () => world.predictions().length === 1);
  const second = await world.generate({ prompt: PROMPT }, 'member2');
  assert.match(world.text(second), /Queued/);
  await world.kill();
  await world.startAgain();
  await world.press(first, 'Cancel');
  await world.whenCard(first, /Cancelled/);
  await world.whenCard(second, /Done/);
  assert.equal(world.predictions().filter((made) => made.input['prompt'] === PROMPT).length, 1);
});

test('killed while waiting for the next attempt: the attempt is made after the restart', async (context) => {
  const world = await startWorld(context, { env: { RETRY_BASE_SECONDS: '2', RETRY_MAX_SECONDS: '2' } });
  world.sandbox.replicate.addFault({ on: 'create', kind: 'http-503' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Retrying/);
  await world.kill();
  assert.equal(world.predictions().length, 0);
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed inside the paid call, after the service took it: the work is found, not paid again', async (context) => {
  const world = await startWorld(context);
  // The service accepts and never answers: the process ends while it waits for that answer.
  world.sandbox.replicate.addFault({ on: 'create', kind: 'hang' });
  const card = await world.generate({ prompt: PROMPT });
  await world.waitUntil('the service has taken it', () => world.predictions().length === 1);
  assert.deepEqual(world.moves().slice(-1), ['queued>starting']);
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed inside the paid call, before the service took it: it is asked for after the restart', async (context) => {
  const world = await startWorld(context, { env: { RETRY_BASE_SECONDS: '30', RETRY_MAX_SECONDS: '30' } });
  world.sandbox.replicate.addFault({ on: 'create', kind: 'cut-before' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('starting');
  await world.kill();
  assert.equal(world.predictions().length, 0);
  await world.startAgain();
  await world.waitUntil(
    'one prediction is made',
    () => world.predictions().length === 1 || /Retrying/.test(world.text(card)),
  );
  if (world.predictions().length === 1) await assertFinishedOnce(world, card);
});

test('killed while running: the same prediction is picked up', async (context) => {
  const world = await startWorld(context);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while the prediction finishes without us: its picture is fetched after the restart', async (context) => {
  const world = await startWorld(context);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  await world.kill();
  await world.waitUntil('the service is done', () => world.predictions()[0]?.status === 'succeeded');
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while the file is fetched: it is fetched again, and the picture is not made again', async (context) => {
  const world = await startWorld(context);
  world.sandbox.replicate.addFault({ on: 'file', kind: 'hang' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('collecting');
  await world.kill();
  world.sandbox.replicate.clearFaults();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed again and again at short distances: still one card, one payment, one picture', async (context) => {
  const world = await startWorld(context, { pace: { queueMs: 100, workMs: 6_000 } });
  const card = await world.generate({ prompt: PROMPT });
  for (let kills = 0; kills < 3; kills++) {
    await world.kill();
    await world.startAgain();
    await world.waitUntil('the prediction was asked about', () => (world.predictions()[0]?.gets ?? 0) > kills);
  }
  await assertFinishedOnce(world, card);
});

test('ended with SIGTERM: exit code 0, and the work goes on after the next start', async (context) => {
  const world = await startWorld(context);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  const ended = await world.bot.end('SIGTERM');
  assert.deepEqual(ended, { code: 0, signal: null });
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed between the answer and its record: the card is found again and its picture is made', async (context) => {
  const world = await startWorld(context);
  const { discord } = world.sandbox;
  // Discord takes the answer, its reply is lost, and the process ends while it asks what became of it.
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  discord.addFault({ method: 'GET', route: /@original/, kind: 'hang', times: 1 });
  const card = await world.generate({ prompt: PROMPT });
  await world.waitUntil('the bot asks', () =>
    discord.requests.some(({ method, status }) => method === 'GET' && status === 'hang'),
  );
  await world.kill();
  assert.equal(world.predictions().length, 0, 'nothing was paid before the card was known to stand');
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed before the answer reached Discord: nothing is paid, and nothing is posted later', async (context) => {
  const world = await startWorld(context);
  const { discord } = world.sandbox;
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'hang', times: 1 });
  const outcome = world.command({ prompt: PROMPT });
  await world.waitUntil('the answer is on its way', () =>
    discord.requests.some(({ path, status }) => path.includes('/callback') && status === 'hang'),
  );
  await world.kill();
  assert.equal((await outcome).status, 'no-answer');
  await world.startAgain();
  await world.whenMoved('cancelled');
  assert.equal(world.predictions().length, 0);
  assert.equal(discord.messages(world.channelId, world.userId('member')).length, 0);
});

test('killed in the middle of a Retry: the new attempt is made on the same card, once', async (context) => {
  const world = await startWorld(context, { env: { MAX_RETRIES: '0' } });
  const { discord, replicate } = world.sandbox;
  replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  discord.addFault({ method: 'GET', route: /@original/, kind: 'hang', times: 1 });
  await world.press(card, 'Retry');
  await world.waitUntil('the bot asks', () =>
    discord.requests.some(({ method, status }) => method === 'GET' && status === 'hang'),
  );
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while Discord is away: the card is finished when Discord is back', async (context) => {
  const world = await startWorld(context);
  const { discord } = world.sandbox;
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  discord.addFault({ method: 'PATCH', route: /./, kind: { status: 503 }, times: 6 });
  await world.whenMoved('done');
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed in the middle of a Retry on a private card: a press brings the card up to date', async (context) => {
  const world = await startWorld(context, { env: { MAX_RETRIES: '0' } });
  const { discord, replicate } = world.sandbox;
  replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
  const card = await world.generate({ prompt: PROMPT, private: true });
  await world.whenCard(card, /Failed/);
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'hang', times: 1 });
  const pressed = world.press(card, 'Retry');
  await world.waitUntil('the answer is on its way', () =>
    discord.requests.some(({ path, status }) => path.includes('/callback') && status === 'hang'),
  );
  await world.kill();
  await pressed;
  await world.startAgain();
  await world.whenMoved('done');
  await world.press(card, 'Retry');
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 1);
});

for (const trouble of ['none', 'cut-before', 'cut-after'] as const) {
  test(`two processes with stores of their own answer the same command, trouble ${trouble}: one job is paid`, async (context) => {
    const world = await startWorld(context);
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-other-'));
    const other = startBot({
      env: world.sandbox.env({ STORE_URL: `sqlite://${folder}/other.sqlite`, DATA_DIR: folder }),
    });
    context.after(async () => {
      await other.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    });
    await world.waitUntil('the other is online', () => other.logs().some((line) => 'botName' in line));
    if (trouble !== 'none') {
      world.sandbox.discord.addFault({ method: 'POST', route: /\/callback/, kind: trouble, times: 1 });
    }
    const card = await world.generate({ prompt: PROMPT });
    await world.whenCard(card, /Done/);
    await world.waitUntil('the loser has dropped its own', () =>
      [...world.bot.logs(), ...other.logs()].some((line) => line['to'] === 'cancelled'),
    );
    assert.equal(world.predictions().length, 1);
  });
}
