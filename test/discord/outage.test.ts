/** Discord in trouble while work goes on: other cards are not held up, and every end is shown in the end, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiscordFault } from '../../sandbox/interface.ts';
import { BlockedByGuard } from '../../src/discord/delivery-failure.ts';
import { UndeliveredTeller } from '../../src/discord/undelivered.ts';
import { setUpLive, waitUntil, type LiveSetup } from './live-setup.ts';

const QUICK = { rateLimits: false, channelIntervalMs: 0 };
const EVERYTHING = { method: '*', route: /./, times: 1_000_000 };
const BY_BOT = /^\/channels\/\d+\/messages\//;

const settled = (setup: LiveSetup): Promise<void> =>
  waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);

for (const kind of [{ status: 503 }, 'cut-before', 'cut-after'] satisfies DiscordFault['kind'][]) {
  const name = typeof kind === 'string' ? `every call is ${kind}` : 'every call is answered with 503';
  test(`Discord is away for a minute (${name}): all pictures are shown afterwards, none twice`, async (context) => {
    const setup = await setUpLive(context, QUICK);
    const [one, two, three] = [await setup.openCard(), await setup.openCard(), await setup.openCard()];
    await setup.endToken(two.card);
    await setup.endToken(three.card);
    setup.discord.addFault({ ...EVERYTHING, kind });
    for (const { job } of [one, two, three]) await setup.finish(job);
    // Long enough for every card to have given up on its picture.
    await waitUntil(() => setup.edits().length > 24);
    setup.clock.addedMs += 60_000;
    setup.discord.clock.advance(60_000);
    setup.discord.clearFaults();
    await settled(setup);
    const shown = setup.discord.messages(one.job.channelId, one.job.userId);
    assert.equal(shown.length, 3);
    for (const { message } of shown) {
      assert.match(setup.text(message.id), /Done/);
      assert.equal(message.attachments.length, 1, 'the picture, not words in its place');
    }
    assert.deepEqual(await setup.stores.undelivered.list(one.job.userId), []);
  });
}

test('a message older than an hour that Discord holds back does not hold up others of its channel', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const old = await setup.openCard();
  await setup.endToken(old.card);
  const young = await setup.openCard();
  await setup.endToken(young.card);
  const kind = { status: 429, code: 30046, message: 'x', retryAfterSeconds: 30 };
  setup.discord.addFault({ method: 'PATCH', route: new RegExp(old.card.messageId), kind, times: 1_000 });
  await setup.finish(old.job);
  await waitUntil(() => setup.edits().some(({ status }) => status === 429));
  await setup.finish(young.job);
  await setup.whenText(young.card.messageId, /Done/);
  assert.doesNotMatch(setup.text(old.card.messageId), /Done/);
  setup.discord.clearFaults();
  await setup.whenText(old.card.messageId, /Done/);
});

test('a channel where the bot lost its rights leaves those of other channels alone', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const general = setup.discord.guilds[0]?.channels[1]?.id ?? '';
  const hidden = await setup.openCard();
  const seen = await setup.openCard({ channelId: general });
  await setup.endToken(hidden.card);
  await setup.endToken(seen.card);
  setup.discord.setBotPermissions(hidden.card.channelId, 0n);
  await setup.finish(hidden.job);
  await setup.finish(seen.job);
  await settled(setup);
  assert.match(setup.text(seen.card.messageId), /Done/);
  const kept = await setup.stores.undelivered.list(hidden.job.userId);
  assert.deepEqual(
    kept.map(({ jobId }) => jobId),
    [hidden.job.id],
  );
});

test('one odd 401 does not take the token from the bot, and one that lasts is told', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  await setup.endToken(card);
  setup.discord.addFault({ method: 'PATCH', route: BY_BOT, kind: { status: 401 }, times: 1 });
  await setup.finish(job);
  await setup.whenText(card.messageId, /Done/);
  assert.equal(setup.refusals(), 0);
  const next = await setup.openCard();
  await setup.endToken(next.card);
  setup.discord.addFault({ ...EVERYTHING, kind: { status: 401 } });
  await setup.finish(next.job);
  await waitUntil(() => setup.refusals() > 0);
});

test("while Discord's guard refuses this address, cards wait and people are still answered", async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  const other = await setup.openCard();
  const kind = { status: 429, isHtml: true, retryAfterSeconds: 0.3 };
  setup.discord.addFault({ method: 'PATCH', route: /@original$/, kind, times: 1 });
  await setup.finish(job);
  await waitUntil(() => setup.api.blockedForMs() > 0);
  const ask = await setup.ask();
  const answer = { type: 4 as const, data: { content: 'here' } };
  assert.notEqual(await setup.api.answer(ask, answer, { signal: AbortSignal.timeout(2_000) }), null);
  await setup.finish(other.job);
  await setup.whenText(card.messageId, /Done/);
  await setup.whenText(other.card.messageId, /Done/);
  assert.ok(new BlockedByGuard(0).retryAfterMs >= 60_000, 'a guard that names no time is left alone for a minute');
});

// ------------------------------------------------------------------------------------ told afterwards

function createTeller(setup: LiveSetup): UndeliveredTeller {
  return new UndeliveredTeller({
    api: setup.api,
    store: setup.stores.undelivered,
    getJob: (jobId) => setup.stores.jobs.get(jobId),
    isShown: (jobId) => setup.live.isShown(jobId),
    clock: setup.clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
}

async function answerNext(setup: LiveSetup, channelId?: string): Promise<Awaited<ReturnType<LiveSetup['ask']>>> {
  const ask = await setup.ask(channelId);
  const answer = { type: 4 as const, data: { content: 'an answer', flags: 64 } };
  await setup.api.answer(ask, answer, { signal: AbortSignal.timeout(2_000) });
  return ask;
}

test('an asker is told privately, once, after their next command, of what could not be posted', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const done = await setup.openCard();
  const secret = await setup.openCard({ isPrivate: true });
  const removed = await setup.openCard();
  setup.discord.addFault({
    method: 'PATCH',
    route: /@original$/,
    kind: { status: 404, code: 10003, message: 'x' },
    times: 3,
  });
  for (const { job } of [done, secret, removed]) await setup.finish(job);
  await settled(setup);
  await setup.stores.jobs.remove([removed.job.id], setup.clock.now());
  const teller = createTeller(setup);
  const elsewhere = setup.discord.guilds[0]?.channels[1]?.id ?? '';
  const ask = await answerNext(setup, elsewhere);
  setup.discord.addFault({ method: 'POST', route: /^\/webhooks\//, kind: { status: 500 }, times: 1 });
  await Promise.all([teller.tell(ask), teller.tell(ask)]);
  const told = setup.discord
    .messages(elsewhere, ask.userId)
    .filter(({ message }) => /could not be posted/.test(setup.text(message.id)));
  assert.equal(told.length, 1);
  const [message] = told;
  assert.equal(message?.ephemeralFor, ask.userId);
  const words = setup.text(message?.message.id ?? '');
  assert.match(words, new RegExp(`could not be posted in <#${done.job.channelId}>: press Download`));
  assert.match(words, /What you asked for in private was ready/);
  assert.doesNotMatch(words, new RegExp(removed.job.id));
  const ids = JSON.stringify(message?.message.components);
  for (const { job } of [done, secret]) {
    assert.ok(ids.includes(`v1:download:${job.id}`) && ids.includes(`v1:details:${job.id}:list`));
  }
  await teller.tell(await answerNext(setup, elsewhere));
  assert.equal(setup.discord.messages(elsewhere, ask.userId).length, 3, 'two answers and one message');
  assert.equal((await setup.stores.undelivered.list(ask.userId)).length, 2, 'kept until they have it');
});

test('what could not be told waits for the next chance', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job } = await setup.openCard();
  setup.discord.addFault({ method: 'PATCH', route: /./, kind: { status: 404, code: 10003, message: 'x' }, times: 1 });
  await setup.finish(job);
  await settled(setup);
  const teller = createTeller(setup);
  const ask = await answerNext(setup);
  const kind = { status: 400, code: 40094, message: 'x' };
  setup.discord.addFault({ method: 'POST', route: /^\/webhooks\//, kind, times: 1 });
  await teller.tell(ask);
  assert.equal((await setup.stores.undelivered.list(ask.userId))[0]?.toldAt, null);
  await teller.tell(await answerNext(setup));
  assert.notEqual((await setup.stores.undelivered.list(ask.userId))[0]?.toldAt, null);
});
