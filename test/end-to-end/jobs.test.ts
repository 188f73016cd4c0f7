/** `/jobs`, `Details`, `Delete`, `Edit prompt`, `/help` and the notice, with the real bot as a process of its own. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { picturesOf, shareWorld, textOf, World, type Person } from './world.ts';

const list = (world: World, options = {}, by: Person = 'moderator', channelId = world.channelId): Promise<string> =>
  world.run({ name: 'jobs', subcommand: 'list', options }, by, channelId).then(({ message }) => textOf(message));

const askToClear = async (
  world: World,
  options = {},
  by: Person = 'moderator',
  channelId = world.channelId,
): Promise<string> => (await world.run({ name: 'jobs', subcommand: 'clear', options }, by, channelId)).message.id;

const share = shareWorld({ env: { MAX_RETRIES: '1' } });

/** Where other tests left no job in the first server. */
async function shareEmpty(): Promise<World> {
  const world = await share();
  const question = await askToClear(world);
  const [yes] = [...world.buttons(question).keys()].filter((label) => label.startsWith('Clear '));
  if (yes !== undefined) await world.press(question, yes, 'moderator');
  await world.whenCard(question, /Cleared|Nothing to clear/);
  world.begin();
  return world;
}

function jobIdOf(text: string): string {
  const [, id] = /Job\s`([a-z0-9]{12})`/.exec(text) ?? [];
  assert.ok(id !== undefined, `a job id in ${text}`);
  return id;
}

async function makeDone(world: World, prompt: string, by: Person = 'member', channelId?: string): Promise<string> {
  const card = await world.generate({ prompt }, by, channelId);
  await world.whenCard(card, /Done/);
  return card;
}

test('a moderator lists the jobs of the server, newest first, by state and by member', async () => {
  const world = await shareEmpty();
  await makeDone(world, 'a red boat');
  await makeDone(world, 'a green hill', 'member2');
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nsfw' }, 9);
  const failed = await world.generate({ prompt: 'a bare rock' });
  await world.whenCard(failed, /Failed/);

  const all = await list(world);
  const places = ['a bare rock', 'a green hill', 'a red boat'].map((prompt) => all.indexOf(prompt));
  assert.ok(
    places.every((place) => place >= 0),
    all,
  );
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
    'newest first',
  );
  assert.match(await list(world, { status: 'failed' }), /a bare rock/);
  assert.doesNotMatch(await list(world, { status: 'failed' }), /green hill|red boat/);
  const ofOne = await list(world, { user: world.userId('member2') });
  assert.match(ofOne, /green hill/);
  assert.doesNotMatch(ofOne, /bare rock|red boat/);
});

test('a long list has pages, there and back', async () => {
  const world = await shareEmpty();
  world.setPace({ queueMs: 0, workMs: 50 });
  for (let number = 1; number <= 10; number += 1) await makeDone(world, `picture number ${number}`);
  const first = await world.run({ name: 'jobs', subcommand: 'list' }, 'moderator');
  assert.equal(first.ephemeralFor, world.userId('moderator'));
  const { id } = first.message;
  assert.match(world.text(id), /number 10/);
  assert.doesNotMatch(world.text(id), /number 2\b/);
  assert.deepEqual([...world.buttons(id).keys()].slice(-1), ['Older']);
  await world.press(id, 'Older', 'moderator');
  await world.whenCard(id, /number 2\b/);
  assert.doesNotMatch(world.text(id), /number 10/);
  assert.ok(!world.buttons(id).has('Older'));
  await world.press(id, 'Newer', 'moderator');
  await world.whenCard(id, /number 10/);
});

test('a moderator of one server sees and clears nothing of another', async () => {
  const world = await share();
  const lounge = world.sandbox.discord.guilds[1]?.channels[0]?.id ?? '';
  const card = await makeDone(world, 'a red boat');
  const foreign = await makeDone(world, 'a blue tower', 'outsider', lounge);
  const jobId = jobIdOf(world.text(card));

  assert.doesNotMatch(await list(world, {}, 'outsider', lounge), /red boat/);
  assert.match(await list(world, {}, 'outsider', lounge), /blue tower/);
  assert.doesNotMatch(await list(world), /blue tower/);
  const byId = await askToClear(world, { job: jobId }, 'outsider', lounge);
  assert.match(world.text(byId), /There is no such job in this server/);
  assert.equal(world.buttons(byId).size, 0);
  const all = await askToClear(world, {}, 'outsider', lounge);
  await world.press(all, 'Clear 1 job', 'outsider');
  await world.whenCard(all, /Cleared 1 job\./);
  assert.match(await list(world), /red boat/);
  assert.equal(textOf((await world.pressForMessage(card, 'Download')).message).includes('Here is the original'), true);
  assert.match(textOf((await world.pressForMessage(foreign, 'Details', 'outsider')).message), /removed on <t:\d+:D>/);
});

test('clear shows what would go, removes it after a yes, and the cards say so when pressed', async () => {
  const world = await shareEmpty();
  const done = await makeDone(world, 'a red boat');
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const failed = await world.generate({ prompt: 'a bare rock' });
  await world.whenCard(failed, /Failed/);
  const assets = join(world.sandbox.folder, 'assets');
  const jobId = jobIdOf(world.text(done));
  assert.ok((await readdir(assets)).includes(jobId));

  const kept = await askToClear(world);
  assert.match(world.text(kept), /Clear 2 jobs\?/);
  assert.match(world.text(kept), /\*\*1\*\* Done · \*\*1\*\* Failed/);
  await world.press(kept, 'Keep them', 'moderator');
  assert.match(world.text(kept), /Nothing was cleared/);
  assert.match(await list(world), /red boat/);

  const question = await askToClear(world);
  await world.press(question, 'Clear 2 jobs', 'moderator');
  await world.whenCard(question, /Cleared 2 jobs\./);
  assert.match(await list(world), /No job matches/);
  assert.ok(!(await readdir(assets)).includes(jobId), 'the original is gone from the disk');
  assert.match(textOf((await world.pressForMessage(failed, 'Retry')).message), /removed on <t:\d+:D>/);
  const download = await world.pressForMessage(done, 'Download');
  assert.equal(download.ephemeralFor, world.userId('member'));
  assert.match(textOf(download.message), /still on the card/);
  const [handedOut] = picturesOf(download.message);
  assert.equal(handedOut?.url, picturesOf(world.message(done).message)[0]?.url);

  await world.kill();
  await world.startAgain();
  assert.match(
    textOf((await world.pressForMessage(done, 'Again')).message),
    /removed on/,
    'known after a restart, too',
  );
});

test('clear leaves running work alone unless it is asked for, and then cancels it upstream first', async () => {
  const world = await shareEmpty();
  world.setPace({ queueMs: 0, workMs: 60_000 });
  const card = await world.generate({ prompt: 'a slow river' });
  await world.whenMoved('running');
  const harmless = await askToClear(world);
  assert.match(world.text(harmless), /Nothing to clear/);
  assert.match(world.text(harmless), /under way are left alone/);

  const question = await askToClear(world, { status: 'running' });
  assert.match(world.text(question), /1 job under way will be cancelled first/);
  await world.press(question, 'Clear 1 job', 'moderator');
  await world.whenCard(question, /Cleared 1 job\. 1 of them was under way/);
  await world.whenCard(card, /Cancelled/);
  await world.waitUntil('it is cancelled upstream', () => world.predictions()[0]?.status === 'canceled');
  assert.match(await list(world), /No job matches/);
});

test('a card that could not show its end before its job was cleared says after a restart that it was removed', async () => {
  const world = await share();
  world.setPace({ queueMs: 0, workMs: 60_000 });
  const card = await world.generate({ prompt: 'a slow river' });
  await world.whenMoved('running');
  await world.whenCard(card, /Generating/);
  const jobId = jobIdOf(world.text(card));
  const question = await askToClear(world, { job: jobId });
  world.sandbox.discord.addFault({
    method: 'PATCH',
    route: /@original$|\/channels\//,
    kind: { status: 500 },
    times: 99,
  });
  await world.press(question, 'Clear 1 job', 'moderator');
  await world.waitUntil('the work is cancelled upstream', () => world.predictions()[0]?.status === 'canceled');
  await world.waitUntil('it is cleared', () => world.logs().some(({ msg }) => msg === 'a moderator cleared jobs'));
  await world.kill();
  world.sandbox.discord.clearFaults();
  await world.startAgain();
  await world.whenCard(card, /removed on <t:\d+:D>/);
  assert.equal(world.buttons(card).size, 0);
});

test('clear older_than spares what is newer, and explains what it does not understand', async () => {
  const world = await share();
  await makeDone(world, 'a red boat');
  assert.match(world.text(await askToClear(world, { older_than: '1h' })), /Nothing to clear/);
  const wrong = await askToClear(world, { older_than: 'long ago' });
  assert.match(world.text(wrong), /older_than is "long ago"; expected a number and m, h, d or w/);
});

test('a member without Manage Messages cannot use /jobs, nor a moderator who lost it its buttons', async (context) => {
  const world = await shareEmpty();
  await makeDone(world, 'a red boat');
  await assert.rejects(() => world.run({ name: 'jobs', subcommand: 'list' }, 'member'));
  const question = await askToClear(world);
  world.sandbox.discord.users.moderator.isModerator = false;
  context.after(() => (world.sandbox.discord.users.moderator.isModerator = true));
  const refused = await world.pressForMessage(question, 'Clear 1 job', 'moderator');
  assert.match(textOf(refused.message), /Only a moderator/);
});

test('Details tells model, seed, the prompt as it was sent, and each attempt with what changed', async () => {
  const world = await share();
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'nothing' });
  const card = await makeDone(world, 'a red boat');
  const answer = await world.pressForMessage(card, 'Details', 'member2');
  assert.equal(answer.ephemeralFor, world.userId('member2'));
  const text = textOf(answer.message);
  assert.match(text, /flux-schnell/);
  assert.match(text, /\*\*Seed\*\* `\d+`/);
  assert.match(text, /Prompt as sent/);
  assert.match(text, /VARIATION/);
  assert.match(text, /1\. \*\*\[NO_OUTPUT\]\*\*/);
  assert.match(text, /2\. \*\*Done\*\* .*changed: seed \d+, prompt variation 1/);
  assert.equal(world.buttons(answer.message.id).size, 0, 'only the asker and moderators may delete');
});

test('a prompt too long for Details comes along whole as a file', async () => {
  const world = await share();
  const prompt = 'a very long river '.repeat(200).trim();
  const card = await makeDone(world, prompt);
  const answer = await world.pressForMessage(card, 'Details');
  const [file] = answer.message.attachments;
  assert.equal(file?.filename, 'prompt.txt');
  assert.equal(world.sandbox.discord.readFile(file.url)?.toString(), `${prompt}\n`);
});

test("Delete takes one's own picture away: card, record and original, after a yes", async () => {
  const world = await shareEmpty();
  const card = await makeDone(world, 'a red boat');
  const jobId = jobIdOf(world.text(card));
  const details = (await world.pressForMessage(card, 'Details')).message.id;
  await world.press(details, 'Delete');
  assert.match(world.text(details), /Delete this picture for good\?/);
  await world.press(details, 'Keep');
  assert.match(world.text(details), /Details/);
  assert.ok(world.sandbox.discord.getMessage(card) !== undefined);
  await world.press(details, 'Delete');
  await world.press(details, 'Delete for good');
  await world.whenCard(details, /Deleted: the card, the record/);
  assert.equal(world.sandbox.discord.getMessage(card), undefined);
  assert.ok(!(await readdir(join(world.sandbox.folder, 'assets'))).includes(jobId));
  assert.match(await list(world), /No job matches/);
});

test('Edit prompt makes a new card of finished work, and takes a failed card over', async () => {
  const world = await share();
  const done = await makeDone(world, 'a red boat');
  const opened = await world.press(done, 'Edit prompt', 'member2');
  const next = await world.submitForm(opened, { prompt: 'a green boat' }, 'member2');
  assert.notEqual(next, done);
  await world.whenCard(next, /Done/);
  assert.match(world.text(next), /a green boat/);
  assert.match(world.text(done), /a red boat/);

  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' }, 2);
  const failed = await world.generate({ prompt: 'a bare rock' });
  await world.whenCard(failed, /Failed/);
  const refused = await world.pressForMessage(failed, 'Edit prompt', 'member2');
  assert.match(textOf(refused.message), /Only <@\d+>, who asked for it/);
  const form = await world.press(failed, 'Edit prompt');
  assert.equal(await world.submitForm(form, { prompt: 'a mossy rock' }), failed);
  await world.whenCard(failed, /Done/);
  assert.match(world.text(failed), /a mossy rock/);
});

test('work that took long is told with one reply that mentions only the asker', async (context) => {
  const world = await World.start(context, {
    env: { NOTIFY_AFTER_SECONDS: '0.5' },
    pace: { queueMs: 100, workMs: 1_000 },
  });
  const card = await makeDone(world, 'a slow river');
  const replies = (): ReturnType<typeof world.message>[] =>
    world.sandbox.discord
      .messages(world.channelId, world.userId('member2'))
      .filter(({ message }) => message.message_reference?.message_id === card);
  await world.waitUntil('the reply is there', () => replies().length > 0);
  const [reply] = replies();
  assert.match(reply?.message.content ?? '', /your picture is ready/);
  assert.deepEqual(
    reply?.message.mentions.map(({ id }) => id),
    [world.userId('member')],
  );
  await world.kill();
  await world.startAgain();
  assert.equal(replies().length, 1);
});

test('/help tells members what they may use, and moderators theirs as well', async () => {
  const world = await share();
  const help = await world.run({ name: 'help' });
  assert.equal(help.ephemeralFor, world.userId('member'));
  assert.match(textOf(help.message), /<\/generate:\d+>/);
  assert.doesNotMatch(textOf(help.message), /jobs clear/);
  assert.match(textOf((await world.run({ name: 'help' }, 'moderator')).message), /<\/jobs clear:\d+>/);
});
