import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import type { ItemStatus } from '../../src/jobs/job.ts';
import { FAILED, RUNNING, setUpLive, STARTING, waitUntil } from './live-setup.ts';

const MINUTE_MS = 60_000;

test('a card shows what was saved, and its picture when it is done', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  const running = await setup.save(job, STARTING, RUNNING);
  await setup.whenText(card.messageId, /Generating/);
  await setup.finish(running);
  await setup.whenText(card.messageId, /Done/);
  assert.equal(setup.discord.getMessage(card.messageId)?.message.attachments.length, 1);
});

test('fifty changes in a moment are not fifty edits: the newest is shown', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  let latest = await setup.save(job, STARTING, RUNNING);
  for (let change = 0; change < 50; change++) latest = await setup.save(latest, RUNNING);
  await setup.finish(latest);
  await setup.whenText(card.messageId, /Done/);
  assert.ok(setup.edits().length <= 5, `${setup.edits().length} edits`);
});

test('a picture that is done does not wait for the channel: final states by token go out at once', async (context) => {
  const setup = await setUpLive(context, { channelIntervalMs: 9 * MINUTE_MS });
  const cards = [await setup.openCard(), await setup.openCard(), await setup.openCard()];
  for (const { job } of cards) await setup.save(job, STARTING, RUNNING);
  for (const { job } of cards) {
    const saved = await setup.stores.jobs.get(job.id);
    assert.ok(saved);
    await setup.finish(saved);
  }
  for (const { card } of cards) await setup.whenText(card.messageId, /Done/);
});

test("before the interaction's token ends the card goes over to the bot's own edit", async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.clock.addedMs = 14.5 * MINUTE_MS;
  await setup.finish(job);
  await setup.whenText(card.messageId, /Done/);
  for (const { path } of setup.edits()) assert.equal(path, `/channels/${card.channelId}/messages/${card.messageId}`);
});

test("a token that ended earlier than we thought is left for the bot's own edit, once", async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.discord.clock.advance(16 * MINUTE_MS);
  await setup.finish(job);
  await setup.whenText(card.messageId, /Done/);
  assert.deepEqual(
    setup.edits().map(({ status }) => status),
    [401, 200],
  );
});

test('a card that somebody deleted is left alone, and nothing is posted in its place', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.discord.deleteMessage(card.messageId);
  await setup.finish(job);
  await waitUntil(async () => (await setup.stores.cards.get(card.messageId))?.closed === 'deleted');
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  assert.equal(setup.edits().length, 1);
  assert.equal(setup.discord.messages(card.channelId, setup.discord.users.member.id).length, 0);
});

test('a channel that the bot may not see any more stops the edits of that card alone', async (context) => {
  const setup = await setUpLive(context);
  const hidden = await setup.openCard();
  setup.clock.addedMs = 14.5 * MINUTE_MS;
  setup.discord.setBotPermissions(hidden.card.channelId, 0n);
  await setup.finish(hidden.job);
  await waitUntil(async () => (await setup.stores.cards.get(hidden.card.messageId))?.closed === 'no-access');
  setup.discord.setBotPermissions(hidden.card.channelId, (1n << 40n) - 1n);
  const next = await setup.openCard();
  await setup.finish(next.job);
  await setup.whenText(next.card.messageId, /Done/);
});

for (const kind of [{ status: 500 }, 'cut-before', 'cut-after'] as const) {
  const name = typeof kind === 'string' ? `a connection ${kind}` : 'a server error';
  test(`an edit that meets ${name} is made again until the card is true`, async (context) => {
    const setup = await setUpLive(context);
    const { job, card } = await setup.openCard();
    setup.discord.addFault({ method: 'PATCH', route: /@original/, kind, times: 3 });
    await setup.finish(job);
    await setup.whenText(card.messageId, /Done/);
    await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  });
}

test('a rate limit is waited out, and what is shown then is the newest', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.discord.addFault({
    method: 'PATCH',
    route: /@original/,
    kind: { status: 429, retryAfterSeconds: 0.2 },
    times: 2,
  });
  const running = await setup.save(job, STARTING, RUNNING);
  await setup.finish(running);
  await setup.whenText(card.messageId, /Done/);
});

test('a card that Discord refuses is shown in words, with its buttons', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.discord.addFault({
    method: 'PATCH',
    route: /@original/,
    kind: { status: 400, code: 50035, message: 'Invalid Form Body' },
    times: 1,
  });
  await setup.save(job, STARTING);
  await setup.whenText(card.messageId, /Generating/);
  const edits = setup.discord.requests.filter(({ method }) => method === 'PATCH');
  assert.equal(edits[0]?.status, 400);
  assert.equal(edits[1]?.status, 200);
  assert.doesNotMatch(JSON.stringify(edits[1]?.body), /sunset/, 'without the prompt, which may be what is refused');
  assert.match(JSON.stringify(edits[1]?.body), /custom_id/);
});

test('a file that is too large for Discord leaves a card of words', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  setup.discord.addFault({
    method: 'PATCH',
    route: /@original/,
    kind: { status: 413, code: 40005, message: 'Request entity too large' },
    times: 1,
  });
  await setup.finish(job);
  await setup.whenText(card.messageId, /Done/);
});

test('a picture whose file is gone from the disk leaves a card of words', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  const collecting: ItemStatus = { state: 'collecting', operation: null, outputs: [] };
  const asset = await setup.stores.assets.put({
    jobId: job.id,
    item: 'image',
    index: 0,
    bytes: Buffer.from('x'),
    mimeType: 'image/png',
    extension: '.png',
  });
  const broken = { ...asset, file: `${asset.file}-gone`, sha256: 'other' };
  await rm(asset.file, { force: true });
  await setup.save(job, STARTING, collecting, { state: 'done', assets: [broken] });
  await setup.whenText(card.messageId, /Done/);
});

test('a private card stops at the end of its token, and a new token brings it up to date', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard({ isPrivate: true });
  setup.clock.addedMs = 14.5 * MINUTE_MS;
  await setup.finish(job);
  await waitUntil(async () => (await setup.stores.cards.get(card.messageId))?.closed === 'token-ended');
  assert.equal(setup.edits().length, 0, 'never into the channel');
  const { applicationId, token } = card;
  const closed = await setup.live.getCard(card.messageId);
  assert.ok(closed);
  await setup.live.renewToken(closed, { applicationId, token, tokenExpiresAt: setup.clock.now() + 15 * MINUTE_MS });
  const renewed = await setup.live.getCard(card.messageId);
  assert.ok(renewed);
  await setup.live.redraw(renewed);
  await setup.whenText(card.messageId, /Done/);
});

test('after a restart the cards that show less than their job are drawn, and no others', async (context) => {
  const setup = await setUpLive(context);
  const settled = await setup.openCard();
  await setup.finish(settled.job);
  await setup.whenText(settled.card.messageId, /Done/);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const behind = await setup.openCard();
  await setup.live.flush(0);
  await setup.save(behind.job, STARTING, FAILED);
  const before = setup.edits().length;
  const another = setup.startAnother();
  await another.recover();
  await setup.whenText(behind.card.messageId, /Failed/);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  assert.equal(setup.edits().length, before + 1);
});

test('progress is shown now and then, not with every answer of the service', async (context) => {
  const setup = await setUpLive(context);
  const { job, card } = await setup.openCard();
  await setup.save(job, STARTING, RUNNING);
  await setup.whenText(card.messageId, /Generating/);
  for (const fraction of [0.1, 0.2, 0.3, 0.4]) {
    setup.context.set(job.id, { progress: new Map([['image', fraction]]) });
    setup.live.onContext(job.id);
  }
  await setup.whenText(card.messageId, /40% ▰▰▰▰▱▱▱▱▱▱/);
  assert.ok(setup.edits().length <= 3);
});
