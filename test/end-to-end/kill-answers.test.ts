/** Killed around an answer to Discord: no card is left behind, none is made twice, and what never reached its asker is not paid. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBot } from '../../sandbox/bot.ts';
import { assertFinishedOnce, PROMPT, startWorld } from './killed-world.ts';

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
