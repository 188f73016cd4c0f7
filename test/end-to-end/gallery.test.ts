/** `/gallery`, `/show` and `Post here`, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import { picturesOf, textOf, World, type Person } from './world.ts';

const QUICK = { queueMs: 0, workMs: 50 };
const PATCHES = { method: 'PATCH', route: /@original/ };

async function makeDone(world: World, options: { prompt: string; private?: boolean }, by?: Person): Promise<string> {
  const card = await world.generate(options, by);
  await world.whenCard(card, /Done/);
  return card;
}

function jobIdOf(text: string): string {
  const [, id] = /Job\s`([a-z0-9]{12})`/.exec(text) ?? [];
  assert.ok(id !== undefined, `a job id in ${text}`);
  return id;
}

/** Opens the job at this place of the page, from 1. */
async function openNumber(world: World, page: string, number: number): Promise<void> {
  const words = JSON.stringify(world.message(page).message.components);
  const [, customId] = /"custom_id":"(v1:gallery:open[^"]*)"/.exec(words) ?? [];
  const value = [...words.matchAll(/"value":"([^"]+)"/g)].map(([, each]) => each)[number - 1];
  assert.ok(customId !== undefined && value !== undefined, `a select with ${number} jobs in ${words}`);
  await world.sandbox.discord.press({ userId: world.userId('member'), messageId: page, customId, values: [value] });
  await world.waitUntil('it is open', () => world.buttons(page).has('Post here'));
}

async function show(world: World, job: string, by?: Person, channelId?: string): Promise<SandboxMessage> {
  return world.run({ name: 'show', options: { job } }, by, channelId);
}

test('the gallery has pages there and back, opens a job, hands it out, and lives on after a restart', async (context) => {
  const world = await World.start(context, { pace: QUICK, env: { USER_RUNNING_LIMIT: '7' } });
  const numbers = ['1', '2', '3', '4', '5', '6', '7'];
  await Promise.all(numbers.map((number) => makeDone(world, { prompt: `boat number ${number}` })));
  const { message, ephemeralFor } = await world.run({ name: 'gallery' });
  const page = message.id;
  assert.equal(ephemeralFor, world.userId('member'));
  const shownNumbers = (): string[] =>
    [...world.text(page).matchAll(/boat number (\d)/g)].map(([, each]) => each ?? '');
  const newest = shownNumbers();
  assert.equal(newest.length, 6);
  assert.equal(picturesOf(message).length, 6);
  const [thumbnail] = message.attachments;
  assert.ok(thumbnail !== undefined && thumbnail.size < 30_000, 'a small one');
  await world.press(page, 'Older');
  await world.waitUntil('the older page is shown', () => shownNumbers().length === 1);
  assert.deepEqual([...newest, ...shownNumbers()].toSorted(), numbers, 'each job on one page');
  assert.ok(!world.buttons(page).has('Older'));
  await world.kill();
  await world.startAgain();
  await world.press(page, 'Newer');
  await world.waitUntil('the newest page is shown', () => shownNumbers().length === 6);
  assert.deepEqual(shownNumbers(), newest);

  await openNumber(world, page, 2);
  assert.deepEqual([...world.buttons(page).keys()], ['Post here', 'Download', 'Animate', 'Details', 'Back']);
  assert.deepEqual(shownNumbers(), newest.slice(1, 2));
  assert.match(world.text(page), /Done ✅[\s\S]*for <@\d+> · <t:\d+:R> · Replicate/);
  const original = await world.pressForMessage(page, 'Download');
  const [shown] = world.message(page).message.attachments;
  assert.equal(shown?.size, original.message.attachments[0]?.size, 'the picture itself');
  const details = await world.pressForMessage(page, 'Details');
  assert.ok(textOf(details.message).includes(`boat number ${newest[1]}`));

  const posted = (await world.pressForMessage(page, 'Post here')).message.id;
  assert.equal(world.message(posted).ephemeralFor, null);
  await world.waitUntil('it has its picture', () => picturesOf(world.message(posted).message).length === 1);
  assert.deepEqual([...world.buttons(posted).keys()], ['Download', 'Again', 'Edit prompt', 'Animate', 'Details']);
  await world.press(page, 'Back');
  await world.waitUntil('the same page is back', () => shownNumbers().length === 6);
  assert.equal(picturesOf(world.message(page).message).length, 6);
});

test('a job shown again has a card of its own in every state, and its buttons act there', async (context) => {
  const world = await World.start(context, { env: { MAX_RETRIES: '0', NOTIFY_AFTER_SECONDS: '0.01' }, pace: QUICK });
  const { discord, replicate } = world.sandbox;
  const first = await makeDone(world, { prompt: 'a red boat' });
  const replies = (): number =>
    discord
      .messages(world.channelId, world.userId('member'))
      .filter(({ message }) => /^<@\d+> your picture/.test(message.content)).length;
  await world.waitUntil('the asker was told', () => replies() === 1);
  const again = (await show(world, jobIdOf(world.text(first)), 'member2')).message.id;
  assert.notEqual(again, first);
  await world.waitUntil('it has its picture', () => picturesOf(world.message(again).message).length === 1);
  assert.equal(world.text(again), world.text(first));
  assert.deepEqual([...world.buttons(again)], [...world.buttons(first)]);
  assert.equal((await world.pressForMessage(again, 'Download')).message.attachments.length, 1);

  replicate.addFault({ on: 'prediction', kind: 'fails' });
  const failed = await world.generate({ prompt: 'a bare rock' });
  await world.whenCard(failed, /Failed/);
  const shownFailed = (await show(world, jobIdOf(world.text(failed)))).message.id;
  await world.press(shownFailed, 'Retry');
  await world.whenCard(shownFailed, /Done/);
  assert.match(world.text(failed), /Failed/, 'the first card stays what it is');

  replicate.setPace({ queueMs: 0, workMs: 1_500 });
  const running = await world.generate({ prompt: 'a slow river' });
  await world.whenCard(running, /Generating/);
  const twin = (await show(world, jobIdOf(world.text(running)))).message.id;
  await world.whenCard(twin, /Generating/);
  await world.whenCard(running, /Done/);
  await world.whenCard(twin, /Done/);
  for (const card of [running, twin])
    await world.waitUntil('it has its picture', () => picturesOf(world.message(card).message).length === 1);
  const cancelled = await world.generate({ prompt: 'a long road' });
  const shownOpen = (await show(world, jobIdOf(world.text(cancelled)))).message.id;
  await world.press(shownOpen, 'Cancel');
  await world.whenCard(cancelled, /Cancelled/);
  await world.whenCard(shownOpen, /Cancelled/);
  await world.waitUntil('all were told once', () => replies() >= 4);
  assert.equal(replies(), 4, 'of each end but the cancelled one, once');
});

test('what is foreign is answered like what is unknown; what is private stays so, and where a card cannot live nothing is posted; only own ones are offered', async (context) => {
  const world = await World.start(context, { pace: QUICK });
  const { discord } = world.sandbox;
  const lounge = discord.guilds[1]?.channels[0]?.id ?? '';
  const openId = jobIdOf(world.text(await makeDone(world, { prompt: 'a red boat' })));
  const secret = jobIdOf(world.text(await makeDone(world, { prompt: 'a secret boat', private: true })));
  const answers = [
    await show(world, 'zzzzzzzzzzzz'),
    await show(world, openId, 'outsider', lounge),
    await show(world, secret, 'member2'),
    await show(world, secret, 'moderator'),
  ];
  const words = answers.map(({ message }) => textOf(message));
  assert.equal(new Set(words).size, 1);
  assert.match(words[0] ?? '', /I do not know this job/);
  assert.ok(answers.every(({ ephemeralFor }) => ephemeralFor !== null));

  const own = await show(world, secret);
  assert.equal(own.ephemeralFor, world.userId('member'));
  await world.waitUntil('it has its picture', () => picturesOf(world.message(own.message.id).message).length === 1);

  discord.setBotPermissions(world.channelId, 1n << 10n);
  const refused = await show(world, openId);
  assert.equal(refused.ephemeralFor, world.userId('member'));
  assert.match(textOf(refused.message), /I lack Send Messages, Attach Files/);

  const offer = (job: string): ReturnType<typeof world.sandbox.discord.autocomplete> =>
    world.sandbox.discord.autocomplete({
      userId: world.userId('member'),
      channelId: world.channelId,
      name: 'show',
      options: { job },
      focused: 'job',
    });
  assert.deepEqual(await offer('red'), [{ name: 'a red boat · Done · just now', value: openId }]);
  assert.deepEqual(
    (await offer('')).map(({ name }) => name),
    ['a secret boat · Done · just now · private', 'a red boat · Done · just now'],
  );
});

test('killed between the answer and its pictures, a card that shows a job again gets them after the restart', async (context) => {
  const world = await World.start(context, { pace: QUICK });
  const { discord } = world.sandbox;
  const jobId = jobIdOf(world.text(await makeDone(world, { prompt: 'a red boat' })));
  discord.addFault({ ...PATCHES, kind: 'hang', times: 99 });
  const card = (await show(world, jobId)).message.id;
  assert.match(world.text(card), /Done[\s\S]*The picture follows\./);
  assert.deepEqual([...world.buttons(card).keys()], ['Download', 'Again', 'Edit prompt', 'Animate', 'Details']);
  // Another one, whose answer was taken and whose reply was lost: the bot does not know that it stands.
  discord.addFault({ method: 'POST', route: /\/callback/, kind: 'cut-after', times: 1 });
  const lost = (await show(world, jobId)).message.id;
  await world.kill();
  discord.clearFaults();
  await world.startAgain();
  for (const each of [card, lost]) {
    await world.waitUntil('it has its picture', () => picturesOf(world.message(each).message).length === 1);
    assert.doesNotMatch(world.text(each), /follows/);
  }
});
