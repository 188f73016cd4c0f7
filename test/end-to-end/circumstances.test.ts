/** Discord in trouble around a running bot: the process lives, and what was made reaches whoever asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buttonsOf, picturesOf, shareWorld, textOf, World } from './world.ts';

const share = shareWorld();

const EVERYTHING = { method: '*', route: /./, times: 1_000_000 };

test('Discord goes away while pictures are made, and comes back: each is on its card, once', async () => {
  const world = await share();
  const { discord } = world.sandbox;
  const cards = [
    await world.generate({ prompt: 'a red boat', provider: 'local' }),
    await world.generate({ prompt: 'a bare rock', provider: 'local' }, 'member2'),
  ];
  discord.addFault({ ...EVERYTHING, kind: { status: 503 } });
  discord.dropGateway(true);
  await world.waitUntil('both are made', () => world.moves().filter((move) => move.endsWith('>done')).length === 2);
  await world.waitUntil('an edit was refused', () =>
    world.requests().some(({ method, status }) => method === 'PATCH' && status === 503),
  );
  discord.clearFaults();
  for (const card of cards) {
    await world.whenCard(card, /Done/);
    await world.waitUntil('it has its picture', () => picturesOf(world.message(card).message).length === 1);
  }
  const next = await world.generate({ prompt: 'a green hill', provider: 'local' });
  await world.whenCard(next, /Done/);
  assert.equal(world.messages().length, 3);
});

test('a picture whose channel is gone is handed out after the next command, also over a restart', async () => {
  const world = await share();
  const { discord } = world.sandbox;
  await world.generate({ prompt: 'a slow river', provider: 'local' });
  discord.addFault({
    method: 'PATCH',
    route: /@original$/,
    kind: { status: 404, code: 10003, message: 'x' },
    times: 99,
  });
  const kept = (line: Record<string, unknown>): boolean => String(line['msg']).includes('kept for its asker');
  await world.waitUntil('it is kept', () => world.logs().some(kept));
  await world.kill();
  discord.clearFaults();
  await world.startAgain();

  const general = discord.guilds[0]?.channels[1]?.id ?? '';
  await world.run({ name: 'help' }, 'member', general);
  const seen = (): ReturnType<typeof discord.messages> =>
    discord
      .messages(general, world.userId('member'))
      .filter(({ message }) => /could not be posted/.test(textOf(message)));
  await world.waitUntil('the asker is told', () => seen().length === 1);
  const [told] = seen();
  assert.ok(told);
  assert.deepEqual([...buttonsOf(told.message).keys()], ['Download', 'Details']);
  const answer = await world.pressForMessage(told.message.id, 'Download');
  assert.equal(answer.message.attachments.length, 1);
  assert.equal(answer.ephemeralFor, world.userId('member'));
  await world.run({ name: 'help' }, 'member', general);
  assert.equal(seen().length, 1, 'and not again');
});

test('a bot whose token Discord takes back ends with exit code 78 and a sentence', async (context) => {
  const world = await World.start(context);
  await world.generate({ prompt: 'a slow river', provider: 'local' });
  world.sandbox.clock.advance(16 * 60_000);
  const kind = { status: 401 };
  world.sandbox.discord.addFault({ method: '*', route: /^\/(?:channels|users)\//, kind, times: 1_000_000 });
  const { code } = await world.bot.exited;
  assert.equal(code, 78);
  assert.ok(world.bot.lines.some((line) => line.startsWith('Discord refused DISCORD_TOKEN')));
});
