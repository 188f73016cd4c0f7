/** A service that refuses or breaks, as a member sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './world.ts';

/** `#general` of the sandbox's first server. */
const OWNER_CHANNEL_ID = '1000000000000000302';

test('behind a service with trouble a card says so and offers the others; one press, and the picture is painted here', async (context) => {
  const world = await World.start(context, {
    env: { ALERT_AFTER_FAILURES: '1', CONCURRENCY: '1', RETRY_BASE_SECONDS: '20', RETRY_MAX_SECONDS: '20' },
  });
  world.sandbox.gemini.addFault({ on: 'generate', kind: 'http-503' });
  const first = await world.generate({ prompt: 'a lighthouse', provider: 'gemini' });
  await world.whenCard(first, /Retrying/);
  const second = await world.generate({ prompt: 'a red boat', provider: 'gemini' }, 'member2');
  await world.whenCard(second, /Gemini has trouble and is asked again/);
  assert.deepEqual([...world.buttons(second).keys()], ['Cancel', 'Fallback: local', 'Fallback: replicate']);
  await world.press(second, 'Fallback: local', 'member2');
  await world.whenCard(second, /Done/);
  assert.equal(world.sandbox.gemini.generations().length, 0, 'nothing was paid');
});

test('when the account is used up the first is told, the next is not even asked for, each can fall back, and the owner hears of it once', async (context) => {
  const world = await World.start(context, { env: { OWNER_CHANNEL_ID } });
  world.sandbox.replicate.addFault({ on: 'create', kind: 'http-402' });
  const first = await world.generate({ prompt: 'a lighthouse' });
  await world.whenCard(first, /\[QUOTA_EXCEEDED\]/);
  const second = await world.generate({ prompt: 'a red boat' }, 'member2');
  await world.whenCard(second, /\[API_ERROR\]/);
  assert.match(world.text(second), /Replicate is not asked just now/);
  assert.equal(refusalsOf(world).length, 1, 'the service was asked once');
  await world.press(second, 'Fallback: local', 'member2');
  await world.whenCard(second, /Done/);
  const told = world.sandbox.discord.messages(OWNER_CHANNEL_ID, world.userId('moderator'));
  assert.deepEqual(
    told.map(({ message }) => /Add credit at Replicate/.test(JSON.stringify(message))),
    [true],
  );
});

/** Creates that were answered, and not with a prediction. */
function refusalsOf(world: World): unknown[] {
  return world.sandbox.replicate.requests.filter(
    ({ method, path, status }) => method === 'POST' && path.endsWith('/predictions') && status !== 201,
  );
}
