/** Who waited long is told once, and a card can be taken away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIMessage } from 'discord-api-types/v10';
import { noticeFor, type NoticePolicy } from '../../src/discord/notice.ts';
import type { Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { FAILED, setUpLive, STARTING, waitUntil, type LiveSetup } from './live-setup.ts';

/** Everything took long. */
const ALWAYS: NoticePolicy = { afterMs: 1, goesOnAlone: () => false };
const NOW = 1_800_000_000_000;

function ended(change: Partial<Job> = {}): Job {
  return { ...newJob({ createdAt: NOW }), state: 'done', finishedAt: NOW + 120_000, ...change };
}

function notices({ discord }: LiveSetup, cardId: string): APIMessage[] {
  const [channel] = discord.guilds[0]?.channels ?? [];
  return discord
    .messages(channel?.id ?? '', discord.users.member.id)
    .map(({ message }) => message)
    .filter(({ id, content }) => id !== cardId && /your picture/.test(content));
}

test('only work that took longer than the owner set is told, in words for its end', () => {
  const policy = { ...ALWAYS, afterMs: 120_000 };
  assert.match(noticeFor(ended(), policy, en)?.content ?? '', /^<@u> your picture is ready/);
  assert.match(noticeFor(ended({ state: 'failed' }), policy, en)?.content ?? '', /could not be made/);
  assert.equal(noticeFor(ended({ state: 'cancelled' }), policy, en), null);
  assert.equal(noticeFor(ended({ finishedAt: NOW + 119_999 }), policy, en), null);
  assert.equal(noticeFor(ended(), { ...policy, afterMs: 0 }, en), null, '0 is off');
});

test('nobody is called for what they stopped themselves, but for what another stopped', () => {
  const stopped = (userId: string): Job => ended({ state: 'partial', cancelRequest: { userId, at: NOW } });
  assert.equal(noticeFor(stopped('u'), ALWAYS, en), null);
  assert.match(noticeFor(stopped('moderator'), ALWAYS, en)?.content ?? '', /partly done/);
});

test('a failure the bot answers by itself is not the end, and the wait before a fallback counts', () => {
  const policy = { ...ALWAYS, afterMs: 120_000 };
  const failed = ended({ state: 'failed' });
  assert.equal(noticeFor(failed, { ...policy, goesOnAlone: () => true }, en), null);
  // Discord's epoch, in an id of two minutes before the job began.
  const interactionId = String(BigInt(NOW - 120_000 - 1_420_070_400_000) << 22n);
  const preview = ended({ finishedAt: NOW + 500, fallbackFrom: 'replicate' });
  assert.notEqual(noticeFor({ ...preview, origin: { ...preview.origin, interactionId } }, policy, en), null);
  assert.equal(noticeFor(preview, policy, en), null);
});

test('one reply to the card mentions the asker alone, however often the end is drawn', async (context) => {
  const setup = await setUpLive(context, { notice: ALWAYS });
  const { job, card } = await setup.openCard();
  await setup.clock.sleep(10);
  const done = await setup.finish(job);
  await waitUntil(() => notices(setup, card.messageId).length > 0);
  // As after a crash right behind the reply: the card is still unsettled and is drawn once more.
  await setup.stores.cards.save({ ...card, shownRevision: 1 });
  const again = setup.startAnother();
  await again.recover();
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const told = notices(setup, card.messageId);
  assert.equal(told.length, 1);
  assert.equal(told[0]?.message_reference?.message_id, card.messageId);
  assert.deepEqual(
    told[0]?.mentions.map(({ id }) => id),
    [done.userId],
  );
});

test('a failure whose fallback did not come about is told after all, once, whenever its card shows it', async (context) => {
  const goesOn = new Set<string>();
  const setup = await setUpLive(context, { notice: { afterMs: 1, goesOnAlone: ({ id }) => goesOn.has(id) } });
  const { job, card } = await setup.openCard();
  goesOn.add(job.id);
  await setup.clock.sleep(10);
  const failed = await setup.save(job, STARTING, FAILED);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  assert.equal(notices(setup, card.messageId).length, 0, 'while it goes on by itself nobody is called');
  goesOn.delete(job.id);
  await setup.live.tellEnd(card, failed);
  assert.equal(notices(setup, card.messageId).length, 1);

  const next = await setup.openCard({ isPrivate: true });
  setup.discord.addFault({ method: 'PATCH', route: /./, kind: { status: 500 }, times: 2 });
  await setup.clock.sleep(10);
  const second = await setup.save(next.job, STARTING, FAILED);
  await setup.live.tellEnd(next.card, second);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const told = notices(setup, next.card.messageId).filter(({ id }) => setup.discord.getMessage(id)?.ephemeralFor);
  assert.equal(told.length, 1);
});

test('the end of a private card is told to its asker alone', async (context) => {
  const setup = await setUpLive(context, { notice: ALWAYS });
  const { job, card } = await setup.openCard({ isPrivate: true });
  await setup.clock.sleep(10);
  await setup.save(job, STARTING, FAILED);
  await waitUntil(() => notices(setup, card.messageId).length > 0);
  const [told] = notices(setup, card.messageId);
  assert.equal(setup.discord.getMessage(told?.id ?? '')?.ephemeralFor, setup.discord.users.member.id);
});

test('a notice that Discord does not take is tried again, and never keeps the card from its end', async (context) => {
  const setup = await setUpLive(context, { notice: ALWAYS });
  const { job, card } = await setup.openCard();
  setup.discord.addFault({ method: 'POST', route: /^\/channels\/\d+\/messages$/, kind: { status: 500 }, times: 1 });
  await setup.clock.sleep(10);
  await setup.finish(job);
  await waitUntil(() => notices(setup, card.messageId).length === 1);
  const second = await setup.openCard();
  setup.discord.addFault({ method: 'POST', route: /^\/channels\/\d+\/messages$/, kind: { status: 403 }, times: 9 });
  await setup.clock.sleep(10);
  await setup.finish(second.job);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  assert.match(setup.text(second.card.messageId), /Done/);
});

test('a card is taken away for good, a private one while its token lives, and one that is gone already counts', async (context) => {
  const setup = await setUpLive(context);
  const shown = await setup.openCard();
  assert.equal(await setup.live.deleteCard(shown.card), true);
  assert.equal(setup.discord.getMessage(shown.card.messageId), undefined);
  assert.equal(await setup.live.getCard(shown.card.messageId), undefined);
  assert.equal(await setup.live.deleteCard(shown.card), true);

  const hidden = await setup.openCard({ isPrivate: true });
  assert.equal(await setup.live.deleteCard({ ...hidden.card, tokenExpiresAt: 0 }), false);
  assert.ok(setup.discord.getMessage(hidden.card.messageId) !== undefined);
  assert.equal(await setup.live.deleteCard(hidden.card), true);
  assert.equal(setup.discord.getMessage(hidden.card.messageId), undefined);
});
