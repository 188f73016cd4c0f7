/** The owner reads what only they can mend, once a day for each cause, in their own channel. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OwnerNotices } from '../../src/discord/owner-notices.ts';
import { en } from '../../src/locales/en.ts';
import { setUpLive, waitUntil, type LiveSetup } from './live-setup.ts';

const DAY_MS = 24 * 3_600_000;

interface OwnerSetup extends LiveSetup {
  lines: string[];
  owner: OwnerNotices;
  /** As the next process has it, on the same store. */
  startAgain(): OwnerNotices;
  read(): string[];
}

async function setUp(context: TestContext, { hasChannel = true, mostADay = 20 } = {}): Promise<OwnerSetup> {
  const setup = await setUpLive(context, { rateLimits: false });
  const channelId = setup.discord.guilds[0]?.channels[1]?.id ?? '';
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const { api, clock, stores } = setup;
  const startAgain = (): OwnerNotices =>
    new OwnerNotices({
      api,
      clock,
      meta: stores.meta,
      channelId: hasChannel ? channelId : null,
      log: { info: note, warn: note, error: note },
      mostADay,
    });
  return {
    ...setup,
    lines,
    owner: startAgain(),
    startAgain,
    read: () => setup.discord.messages(channelId, setup.discord.users.member.id).map(({ message }) => message.content),
  };
}

test('one message for each cause a day, also over a restart, and again the next day', async (context) => {
  const { owner, startAgain, read, clock } = await setUp(context);
  const refused = en.owner.keyRefused('Replicate');
  await Promise.all([owner.tell('key-refused:replicate', refused), owner.tell('key-refused:replicate', refused)]);
  await owner.tell('key-refused:replicate', refused);
  await owner.tell('key-refused:gemini', en.owner.keyRefused('Gemini'));
  const next = startAgain();
  await next.tell('key-refused:replicate', refused);
  assert.deepEqual(read(), [refused, en.owner.keyRefused('Gemini')]);
  clock.addedMs += DAY_MS;
  await next.tell('key-refused:replicate', refused);
  assert.equal(read().length, 3);
});

test('a day has only so many messages, whatever happens', async (context) => {
  const { owner, read } = await setUp(context, { mostADay: 2 });
  for (const model of ['a', 'b', 'c', 'd']) await owner.tell(`retired-model:${model}`, model);
  assert.deepEqual(read(), ['a', 'b']);
});

test('a message never pings, and Discord away for a while delays it', async (context) => {
  const { owner, read, discord } = await setUp(context);
  discord.addFault({ method: 'POST', route: /\/messages$/, kind: { status: 503 }, times: 12 });
  await owner.tell('disk', 'the disk is full @everyone');
  assert.deepEqual(read(), ['the disk is full @everyone']);
  const [told] = discord.messages(discord.guilds[0]?.channels[1]?.id ?? '', discord.users.member.id);
  assert.equal(told?.message.mention_everyone, false);
});

test('a crash behind the message does not repeat it', async (context) => {
  const { owner, startAgain, read, stores } = await setUp(context);
  await owner.tell('breaker', 'once');
  await stores.meta.set('owner-notices', '{"day":"2000-01-01","causes":["breaker"]}');
  await startAgain().tell('breaker', 'once');
  assert.deepEqual(read(), ['once']);
});

test('a Discord away for very long gives up this time, and the next failure tells it', async (context) => {
  const { owner, read, discord, lines } = await setUp(context);
  discord.addFault({ method: 'POST', route: /\/messages$/, kind: 'cut-before', times: 60 });
  await owner.tell('disk', 'the disk is full');
  assert.deepEqual(read(), []);
  assert.ok(lines.includes('a notice did not reach the owner; check OWNER_CHANNEL_ID'));
  await owner.tell('disk', 'the disk is full');
  assert.deepEqual(read(), ['the disk is full']);
});

test('a channel that refuses the bot is not asked again with every failure', async (context) => {
  const { owner, discord, lines } = await setUp(context);
  discord.setBotPermissions(discord.guilds[0]?.channels[1]?.id ?? '', 0n);
  for (let count = 0; count < 5; count += 1) await owner.tell('no-credit', 'no credit');
  const posts = discord.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/messages'));
  assert.equal(posts.length, 1);
  assert.equal(lines.filter((line) => line.includes('OWNER_CHANNEL_ID')).length, 1);
});

test('without a channel the log says it, once a day', async (context) => {
  const { owner, lines, read } = await setUp(context, { hasChannel: false });
  await owner.tell('low-credit', 'little credit');
  await owner.tell('low-credit', 'little credit');
  assert.deepEqual(lines, ['the owner is told']);
  assert.deepEqual(read(), []);
});

test('trouble in the store stops no telling part of the bot', async (context) => {
  const { discord, api, clock } = await setUp(context);
  const broken = new OwnerNotices({
    api,
    clock,
    channelId: discord.guilds[0]?.channels[1]?.id ?? '',
    meta: {
      get: async () => 'no json',
      set: () => Promise.reject(new Error('the disk is full')),
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  await broken.tell('disk', 'the disk is full');
  await waitUntil(() => discord.requests.some(({ path }) => path.endsWith('/messages')));
});
