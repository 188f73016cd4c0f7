/** Killed around an answer to Discord: no card is left behind, none is made twice, and what never reached its asker is not paid. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBot } from '../../sandbox/bot.ts';
import type { BotProcess } from '../../sandbox/interface.ts';
import { assertFinishedOnce, PACE, PROMPT } from './killed-world.ts';
import { shareWorld, type World } from './world.ts';

const share = shareWorld({ pace: PACE, env: { MAX_RETRIES: '0' } });

test('killed between the answer and its record: the card is found again and its picture is made', async () => {
  const world = await share();
  const { discord } = world.sandbox;
  // Discord takes the answer, its reply is lost, and the process ends while it asks what became of it.
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  discord.addFault({ method: 'GET', route: /@original/, kind: 'hang', times: 1 });
  const card = await world.generate({ prompt: PROMPT });
  await world.waitUntil('the bot asks', () =>
    world.requests().some(({ method, status }) => method === 'GET' && status === 'hang'),
  );
  await world.kill();
  assert.equal(world.predictions().length, 0, 'nothing was paid before the card was known to stand');
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed before the answer reached Discord: nothing is paid, and nothing is posted later', async () => {
  const world = await share();
  const { discord } = world.sandbox;
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'hang', times: 1 });
  const outcome = world.command({ prompt: PROMPT });
  await world.waitUntil('the answer is on its way', () =>
    world.requests().some(({ path, status }) => path.includes('/callback') && status === 'hang'),
  );
  await world.kill();
  assert.equal((await outcome).status, 'no-answer');
  await world.startAgain();
  await world.whenMoved('cancelled');
  assert.equal(world.predictions().length, 0);
  assert.equal(world.messages().length, 0);
});

test('killed in the middle of a Retry: the new attempt is made on the same card, once', async () => {
  const world = await share();
  const { discord, replicate } = world.sandbox;
  replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Failed/);
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  discord.addFault({ method: 'GET', route: /@original/, kind: 'hang', times: 1 });
  await world.press(card, 'Retry');
  await world.waitUntil('the bot asks', () =>
    world.requests().some(({ method, status }) => method === 'GET' && status === 'hang'),
  );
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while Discord is away: the card is finished when Discord is back', async () => {
  const world = await share();
  const { discord } = world.sandbox;
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  discord.addFault({ method: 'PATCH', route: /./, kind: { status: 503 }, times: 6 });
  await world.whenMoved('done');
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed in the middle of a Retry on a private card: a press brings the card up to date', async () => {
  const world = await share();
  const { discord, replicate } = world.sandbox;
  replicate.addFault({ on: 'create', kind: 'http-422' }, 2);
  const card = await world.generate({ prompt: PROMPT, private: true });
  await world.whenCard(card, /Failed/);
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'hang', times: 1 });
  const pressed = world.press(card, 'Retry');
  await world.waitUntil('the answer is on its way', () =>
    world.requests().some(({ path, status }) => path.includes('/callback') && status === 'hang'),
  );
  await world.kill();
  await pressed;
  await world.startAgain();
  await world.whenMoved('done');
  await world.press(card, 'Retry');
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 1);
});

const shareWithTwo = shareWorld();
let second: BotProcess | undefined;
after(() => second?.end('SIGKILL'));

/** A second process beside the one of the world, with a store of its own; for all tests that ask for it. */
async function startOther(world: World): Promise<BotProcess> {
  if (second !== undefined) return second;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-other-'));
  const started = startBot({
    env: world.sandbox.env({ STORE_URL: `sqlite://${folder}/other.sqlite`, DATA_DIR: folder }),
  });
  second = started;
  void started.exited.then(() => rm(folder, { recursive: true, force: true }));
  await world.waitUntil('the other is online', () => started.logs().some((line) => 'botName' in line));
  return started;
}

for (const trouble of ['none', 'cut-before', 'cut-after'] as const) {
  test(`two processes with stores of their own answer the same command, trouble ${trouble}: one job is paid`, async () => {
    const world = await shareWithTwo();
    const beside = await startOther(world);
    const cancelled = (): number =>
      [...world.bot.logs(), ...beside.logs()].filter((line) => line['to'] === 'cancelled').length;
    const before = cancelled();
    if (trouble !== 'none') {
      world.sandbox.discord.addFault({ method: 'POST', route: /\/callback/, kind: trouble, times: 1 });
    }
    const card = await world.generate({ prompt: PROMPT });
    await world.whenCard(card, /Done/);
    await world.waitUntil('the loser has dropped its own', () => cancelled() > before);
    assert.equal(world.predictions().length, 1);
  });
}
