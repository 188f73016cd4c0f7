/** A job of another server that its asker had shown here: the sandbox has nobody in two servers, so its record is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { textOf, World } from './world.ts';

test('what was shown here from another server can be used by all who see it, and changed by nobody but its asker', async (context) => {
  const world = await World.start(context, { pace: { queueMs: 0, workMs: 50 } });
  const first = await world.generate({ prompt: 'a red boat' });
  await world.whenCard(first, /Done/);
  const [, jobId = ''] = /Job\s`([a-z0-9]{12})`/.exec(world.text(first)) ?? [];
  const card = (await world.run({ name: 'show', options: { job: jobId } })).message.id;
  await world.waitUntil('it has its picture', () => world.message(card).message.attachments.length === 1);
  await world.bot.end('SIGTERM');
  await moveJob(world, jobId, world.sandbox.discord.guilds[1]?.id ?? '');
  await world.startAgain();

  assert.match(textOf((await world.run({ name: 'show', options: { job: jobId } }, 'member2')).message), /do not know/);
  const download = await world.pressForMessage(card, 'Download', 'member2');
  assert.equal(download.message.attachments.length, 1);
  const details = (await world.pressForMessage(card, 'Details', 'moderator')).message.id;
  assert.match(world.text(details), /a red boat/);
  assert.ok(!world.buttons(details).has('Delete'), 'a moderator of this server is none of that one');
  const own = (await world.pressForMessage(card, 'Details')).message.id;
  await world.press(own, 'Delete');
  await world.press(own, 'Delete for good');
  await world.whenCard(own, /Deleted/);
  assert.equal(world.sandbox.discord.getMessage(card), undefined, 'the card it was deleted from is gone');
});

async function moveJob(world: World, jobId: string, guildId: string): Promise<void> {
  const database = await openDatabase({ url: world.env['STORE_URL'] ?? '' });
  try {
    const jobs = database.namespace('job');
    const row = await jobs.get(jobId);
    assert.ok(row?.kind === 'value' && typeof row.value === 'object' && row.value !== null);
    const moved = { ...row.value, guildId };
    await database.inOrder(() => jobs.set(jobId, moved));
  } finally {
    await database.close();
  }
}
