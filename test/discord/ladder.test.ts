/** Where the end of a job goes when its card cannot be edited: each row of the table of failures, against a real Discord. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiscordFault } from '../../sandbox/interface.ts';
import type { Card } from '../../src/discord/card.ts';
import { BY_CODE } from '../../src/discord/delivery-failure.ts';
import { failure, type Job } from '../../src/jobs/job.ts';
import { FAILED, setUpLive, STARTING, waitUntil, type LiveSetup } from './live-setup.ts';

type Kind = DiscordFault['kind'];
/** `edited`: its card shows the picture. `words`: its card says it in words. `posted`: a new card shows the picture. */
type Ending = 'edited' | 'words' | 'posted' | 'kept' | 'left alone';

const QUICK = { rateLimits: false, channelIntervalMs: 0 };
const BY_TOKEN = { method: 'PATCH', route: /@original$/ };
const BY_BOT = { method: 'PATCH', route: /^\/channels\/\d+\/messages\// };
const POST = { method: 'POST', route: /^\/channels\/\d+\/messages$/ };

const status = (code: number): number => (code === 50027 ? 401 : code === 30046 ? 429 : code === 40005 ? 413 : 400);

/** By code: the end when the edit by token meets it, and when the bot's own edit does (every form of it). */
const ENDINGS: Record<number, { byToken: Ending; byBot: Ending }> = {
  10003: { byToken: 'kept', byBot: 'kept' },
  10004: { byToken: 'kept', byBot: 'kept' },
  10008: { byToken: 'left alone', byBot: 'left alone' },
  10015: { byToken: 'edited', byBot: 'posted' },
  10062: { byToken: 'edited', byBot: 'posted' },
  20009: { byToken: 'words', byBot: 'words' },
  30046: { byToken: 'edited', byBot: 'edited' },
  40005: { byToken: 'words', byBot: 'words' },
  40060: { byToken: 'edited', byBot: 'edited' },
  40094: { byToken: 'kept', byBot: 'kept' },
  40333: { byToken: 'edited', byBot: 'edited' },
  50001: { byToken: 'edited', byBot: 'posted' },
  50005: { byToken: 'edited', byBot: 'posted' },
  50007: { byToken: 'kept', byBot: 'kept' },
  50013: { byToken: 'words', byBot: 'words' },
  50027: { byToken: 'edited', byBot: 'posted' },
  50035: { byToken: 'words', byBot: 'words' },
  50045: { byToken: 'words', byBot: 'words' },
  50083: { byToken: 'edited', byBot: 'posted' },
  50278: { byToken: 'kept', byBot: 'kept' },
  130000: { byToken: 'edited', byBot: 'edited' },
  160005: { byToken: 'edited', byBot: 'posted' },
  200000: { byToken: 'words', byBot: 'words' },
  240000: { byToken: 'words', byBot: 'words' },
};

const WITHOUT_CODE: [name: string, kind: Kind, ending: Ending][] = [
  ['a 401 by the webhook', { status: 401 }, 'edited'],
  ['a 403 that says nothing', { status: 403 }, 'edited'],
  ['a 413 from a proxy', { status: 413 }, 'words'],
  ['a 429', { status: 429, retryAfterSeconds: 0.01 }, 'edited'],
  ['a page of Cloudflare with 429', { status: 429, isHtml: true, retryAfterSeconds: 0.01 }, 'edited'],
  ['a page of Cloudflare with 403', { status: 403, isHtml: true, retryAfterSeconds: 0.01 }, 'edited'],
  ['a 503', { status: 503 }, 'edited'],
  ['a connection cut before', 'cut-before', 'edited'],
  ['a connection cut after', 'cut-after', 'edited'],
];

/** What a member of the channel sees of the job, and what is kept. */
async function endOf(setup: LiveSetup, card: Card, job: Job): Promise<Ending> {
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const shown = setup.discord
    .messages(job.channelId, job.userId)
    .map(({ message }) => message)
    .filter((message) => /Done/.test(setup.text(message.id)) && JSON.stringify(message).includes(job.id));
  const kept = (await setup.stores.undelivered.list(job.userId)).some(({ jobId }) => jobId === job.id);
  assert.ok(shown.length <= 1, 'it stands once at most');
  const [message] = shown;
  if (message === undefined) return kept ? 'kept' : 'left alone';
  assert.equal(kept, false, 'what is shown is not told of again');
  if (message.attachments.length === 0) return 'words';
  return message.id === card.messageId ? 'edited' : 'posted';
}

test('where an edit by token leads to, by what Discord answers', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const finishAgainst = async (kind: Kind): Promise<Ending> => {
    const { job, card } = await setup.openCard();
    setup.discord.addFault({ ...BY_TOKEN, kind, times: 1 });
    return endOf(setup, card, await setup.finish(job));
  };
  for (const [code, { byToken }] of Object.entries(ENDINGS)) {
    await context.test(`${code}: ${byToken}`, async () => {
      const kind = { status: status(Number(code)), code: Number(code), message: 'refused', retryAfterSeconds: 0.01 };
      assert.equal(await finishAgainst(kind), byToken);
    });
  }
  for (const [name, kind, ending] of WITHOUT_CODE) {
    await context.test(`${name}: ${ending}`, async () => assert.equal(await finishAgainst(kind), ending));
  }
});

test("where the bot's own edit leads to, by what Discord answers", async (context) => {
  const setup = await setUpLive(context, QUICK);
  for (const [code, { byBot }] of Object.entries(ENDINGS)) {
    await context.test(`${code}: ${byBot}`, async () => {
      const { job, card } = await setup.openCard();
      await setup.endToken(card);
      const kind = { status: status(Number(code)), code: Number(code), message: 'refused', retryAfterSeconds: 0.01 };
      setup.discord.addFault({ ...BY_BOT, kind, times: 1 });
      assert.equal(await endOf(setup, card, await setup.finish(job)), byBot);
    });
  }
});

test('every code of the table has its row here', () => {
  assert.deepEqual(Object.keys(BY_CODE), Object.keys(ENDINGS));
});

test('a channel that takes neither edit nor message: the result is kept, and the next card there is not held up', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  await setup.endToken(card);
  setup.discord.addFault({ ...BY_BOT, kind: { status: 403, code: 50013, message: 'x' }, times: 2 });
  setup.discord.addFault({ ...POST, kind: { status: 403, code: 50013, message: 'x' }, times: 2 });
  assert.equal(await endOf(setup, card, await setup.finish(job)), 'kept');
  assert.equal((await setup.stores.cards.get(card.messageId))?.closed, 'no-access');
  const next = await setup.openCard();
  assert.equal(await endOf(setup, next.card, await setup.finish(next.job)), 'edited');
});

test('a body that Discord refuses in every form is kept, not tried for ever', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  setup.discord.addFault({ ...BY_TOKEN, kind: { status: 400, code: 50035, message: 'x' }, times: 9 });
  assert.equal(await endOf(setup, card, await setup.finish(job)), 'kept');
  assert.equal(setup.edits().length, 2);
});

test('a new card takes the record along: its buttons act on it, and the old message has none any more', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  await setup.endToken(card);
  setup.discord.addFault({ ...BY_BOT, kind: { status: 403, code: 50001, message: 'x' }, times: 1 });
  await setup.finish(job);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const moved = setup.discord.messages(job.channelId, job.userId).at(-1)?.message.id ?? '';
  assert.notEqual(moved, card.messageId);
  assert.equal(await setup.stores.cards.get(card.messageId), undefined);
  const record = await setup.stores.cards.get(moved);
  assert.equal(record?.currentJobId, job.id);
  assert.ok(record);
  await setup.live.redraw(record);
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  assert.match(setup.text(moved), /Done/);
});

for (const [name, awayMs] of [
  ['at once', 0],
  ['an hour later', 3_600_000],
] as const) {
  test(`a crash between a new card and its record, and a start ${name}: it stands once`, async (context) => {
    const setup = await setUpLive(context, QUICK);
    const { job, card } = await setup.openCard();
    await setup.endToken(card);
    setup.discord.addFault({ ...BY_BOT, kind: { status: 403, code: 50001, message: 'x' }, times: 2 });
    setup.discord.addFault({ ...POST, kind: 'cut-after', times: 1 });
    await setup.finish(job);
    const posts = (): number => setup.discord.requests.filter(({ method }) => method === 'POST').length;
    const before = posts();
    await waitUntil(() =>
      setup.discord.requests.some(({ path, status: end }) => POST.route.test(path) && end === 'cut'),
    );
    await setup.live.flush(0);
    setup.discord.clock.advance(awayMs);
    setup.clock.addedMs += awayMs;
    const another = setup.startAnother();
    await another.recover();
    await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
    const shown = setup.discord
      .messages(job.channelId, job.userId)
      .filter(({ message }) => message.id !== card.messageId);
    assert.equal(shown.length, 1);
    assert.equal((await setup.stores.cards.get(shown[0]?.message.id ?? ''))?.currentJobId, job.id);
    assert.ok(posts() >= before);
  });
}

test('a private result never goes into the channel: it is kept for its asker', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard({ isPrivate: true });
  setup.discord.addFault({ ...BY_TOKEN, kind: { status: 401, code: 50027, message: 'x' }, times: 1 });
  const done = await setup.finish(job);
  assert.equal(await endOf(setup, card, done), 'kept');
  assert.deepEqual(
    setup.discord.requests.filter(({ path }) => path.startsWith('/channels/')),
    [],
  );
  const { applicationId, token } = card;
  await setup.live.renewToken(card, { applicationId, token, tokenExpiresAt: setup.clock.now() + 900_000 });
  await setup.live.redraw(card);
  await setup.whenText(card.messageId, /Done/);
  await waitUntil(() => !setup.stores.undelivered.mayHave(job.userId));
});

test('a job that is removed while Discord is away is not shown any more', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard();
  setup.discord.addFault({ ...BY_TOKEN, kind: { status: 503 }, times: 1_000_000 });
  const done = await setup.finish(job);
  await waitUntil(() => setup.edits().length > 1);
  assert.deepEqual(await setup.stores.jobs.remove([done.id], setup.clock.now()), [done.id]);
  setup.discord.clearFaults();
  await setup.whenText(card.messageId, /removed on/);
  assert.equal(setup.discord.getMessage(card.messageId)?.message.attachments.length, 0);
});

test('an archived thread is opened for a finished picture, not for a bar', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { thread } = setup.discord;
  const { job, card } = await setup.openCard({ channelId: thread.id });
  await setup.endToken(card);
  setup.discord.setThread({ isArchived: true, isLocked: false });
  const opened = (): number => setup.discord.requests.filter(({ path }) => path === `/channels/${thread.id}`).length;
  const begun = await setup.save(job, STARTING);
  await waitUntil(() => setup.edits().length === 1);
  const done = await setup.finish(begun);
  assert.equal(await endOf(setup, card, done), 'edited');
  assert.equal(opened(), 1);
});

test('a locked thread keeps what it cannot show', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const { job, card } = await setup.openCard({ channelId: setup.discord.thread.id });
  await setup.endToken(card);
  setup.discord.setThread({ isArchived: true, isLocked: true });
  assert.equal(await endOf(setup, card, await setup.finish(job)), 'kept');
});

test('the end of a job that failed is kept as well, and what its asker stopped is not', async (context) => {
  const setup = await setUpLive(context, QUICK);
  const failed = await setup.openCard();
  const stopped = await setup.openCard();
  setup.discord.addFault({ ...BY_TOKEN, kind: { status: 404, code: 10003, message: 'x' }, times: 2 });
  await setup.save(failed.job, STARTING, FAILED);
  await setup.save(stopped.job, { state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') });
  await waitUntil(async () => (await setup.stores.cards.listUnsettled()).length === 0);
  const kept = await setup.stores.undelivered.list(failed.job.userId);
  assert.deepEqual(
    kept.map(({ jobId }) => jobId),
    [failed.job.id],
  );
});
