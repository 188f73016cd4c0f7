/** Replicate tells when work ends: the bot asks back at once, and believes only what it is told then. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { findFreePort } from '../../sandbox/free-port.ts';
import { World } from './world.ts';

async function startWorld(context: TestContext): Promise<World> {
  const port = String(await findFreePort());
  return World.start(context, { env: { HTTP_PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` } });
}

test('a picture is on its card as soon as Replicate says so, whatever else comes: doubled, reordered, forged', async (context) => {
  const world = await startWorld(context);
  const { replicate } = world.sandbox;
  for (const kind of ['doubled', 'reordered', 'bad-signature'] as const) {
    replicate.addFault({ on: 'webhook', kind });
    const card = await world.generate({ prompt: `a boat, ${kind}` });
    await world.whenCard(card, /Done/);
    const made = world.predictions().at(-1);
    // Without webhooks it would be asked about every half second; beneath them only after ten.
    assert.ok((made?.gets ?? 0) <= 4, `asked ${made?.gets} times`);
    assert.equal(made?.fileFetches, 1);
  }
  assert.equal(world.predictions().length, 3);
  assert.ok(
    replicate.webhooks.some(({ status }) => status === 401),
    'the forged one was turned away',
  );
  const healthy = await fetch(`${world.env.PUBLIC_URL}/readyz`);
  assert.equal(healthy.status, 200);
});

test('the answer of a create is lost, and the webhook of its start names the work: it is not paid again', async (context) => {
  const world = await startWorld(context);
  world.sandbox.replicate.addFault({ on: 'create', kind: 'cut-after' });
  const card = await world.generate({ prompt: 'a lighthouse' });
  await world.whenCard(card, /Done/);
  assert.equal(world.predictions().length, 1);
});
