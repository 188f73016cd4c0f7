/**
 * The promise Darkroom exists for, on real parts: the bot's process is killed with SIGKILL in each state a
 * job can be in, started again, and the same card is finished with the same paid work.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFinishedOnce, PACE, PROMPT } from './killed-world.ts';
import { shareWorld, World } from './world.ts';

/** One slot, and retries far enough apart to be killed between them. */
const share = shareWorld({ pace: PACE, env: { CONCURRENCY: '1', RETRY_BASE_SECONDS: '2', RETRY_MAX_SECONDS: '2' } });

test('killed while queued: the picture is made after the restart, on the same card', async () => {
  const world = await share();
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

test('killed while waiting for the next attempt: the attempt is made after the restart', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'create', kind: 'http-429' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenCard(card, /Retrying/);
  await world.kill();
  assert.equal(world.predictions().length, 0);
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed inside the paid call, after the service took it: the work is found, not paid again', async () => {
  const world = await share();
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
  const world = await World.start(context, { pace: PACE, env: { RETRY_BASE_SECONDS: '30', RETRY_MAX_SECONDS: '30' } });
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

test('killed while running: the same prediction is picked up', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  await world.kill();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while the prediction finishes without us: its picture is fetched after the restart', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  await world.kill();
  await world.waitUntil('the service is done', () => world.predictions()[0]?.status === 'succeeded');
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed while the file is fetched: it is fetched again, and the picture is not made again', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'file', kind: 'hang' });
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('collecting');
  await world.kill();
  world.sandbox.replicate.clearFaults();
  await world.startAgain();
  await assertFinishedOnce(world, card);
});

test('killed again and again at short distances: still one card, one payment, one picture', async () => {
  const world = await share();
  world.setPace({ queueMs: 100, workMs: 6_000 });
  const card = await world.generate({ prompt: PROMPT });
  for (let kills = 0; kills < 3; kills++) {
    await world.kill();
    await world.startAgain();
    await world.waitUntil('the prediction was asked about', () => (world.predictions()[0]?.gets ?? 0) > kills);
  }
  await assertFinishedOnce(world, card);
});

test('ended with SIGTERM: exit code 0, and the work goes on after the next start', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT });
  await world.whenMoved('running');
  const ended = await world.bot.end('SIGTERM');
  assert.deepEqual(ended, { code: 0, signal: null });
  await world.startAgain();
  await assertFinishedOnce(world, card);
});
