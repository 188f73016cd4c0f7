/** A job shown again on the real live message, store and Discord of the sandbox. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import { Answers } from '../../src/discord/answers.ts';
import type { CommandAsk } from '../../src/discord/ask.ts';
import { renderNotice } from '../../src/discord/render.ts';
import { Show } from '../../src/discord/show.ts';
import { systemClock } from '../../src/jobs/clock.ts';
import type { Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { picturesOf, textOf } from '../end-to-end/world.ts';
import { setUpLive, type LiveSetup, waitUntil } from './live-setup.ts';

interface Setup extends LiveSetup {
  show(ask: CommandAsk, jobId: string): Promise<void>;
  /** A job that is done, with its first card. */
  done(): Promise<Job>;
  messages(channel: number): SandboxMessage[];
  channelId(index: number): string;
}

async function setUp(context: TestContext): Promise<Setup> {
  const live = await setUpLive(context);
  const { api, stores, discord } = live;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const show = new Show({
    api,
    answers: new Answers({ api, clock: systemClock, log }),
    live: live.live,
    getJob: (jobId) => stores.jobs.get(jobId),
    contextFor: (job, updatesEndAt) => ({
      now: Date.now(),
      locale: en,
      positions: new Map(),
      progress: new Map(),
      providers: [{ name: 'local', isPaid: false, kinds: [job.input.kind] }],
      fallback: 'ask',
      updatesEndAt,
      hold: null,
    }),
    clock: systemClock,
    log,
  });
  const channelId = (index: number): string => discord.guilds[0]?.channels[index]?.id ?? '';
  return {
    ...live,
    show: (ask, jobId) => show.show(ask, jobId),
    async done() {
      const { job, card } = await live.openCard();
      const final = await live.finish(job);
      await live.whenText(card.messageId, /Done/);
      await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
      return final;
    },
    messages: (index) => discord.messages(channelId(index), discord.users.member.id),
    channelId,
  };
}

function hasPicture(message: SandboxMessage | undefined): boolean {
  return message !== undefined && picturesOf(message.message).length === 1;
}

test('the card stands in the channel where it was asked for, with its picture, and its record knows where', async (context) => {
  const { ask, show, done, messages, channelId, stores } = await setUp(context);
  const job = await done();
  const general = await ask(channelId(1));
  await show(general, job.id);
  await waitUntil(() => hasPicture(messages(1)[0]));
  const card = await stores.cards.get(messages(1)[0]?.message.id ?? '');
  assert.equal(card?.channelId, channelId(1));
  assert.deepEqual(card?.again, { userId: job.userId, attachmentSizeLimit: general.attachmentSizeLimit });
  await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
  assert.equal(await stores.cards.get(general.interactionId), undefined, 'nothing is left of what was saved before');
});

test('what could not be delivered counts as delivered once its asker has it shown, not when another one has', async (context) => {
  const { ask, show, done, messages, stores } = await setUp(context);
  const job = await done();
  await stores.undelivered.add(job.userId, job.id, 1);
  await show({ ...(await ask()), userId: 'another' }, job.id);
  await waitUntil(() => hasPicture(messages(0)[1]));
  await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
  assert.equal((await stores.undelivered.list(job.userId)).length, 1);
  await show(await ask(), job.id);
  await waitUntil(async () => (await stores.undelivered.list(job.userId)).length === 0);
});

test('a process that ends right behind the answer leaves a card that the next one fills', async (context) => {
  const { ask, done, live, api, stores, startAnother, messages } = await setUp(context);
  const job = await done();
  const asked = await ask();
  await live.expect(job, asked);
  // The answer, as far as it matters here; its message's id was never heard of.
  const data = renderNotice('words', { isEphemeral: false });
  await api.answer(asked, { type: 4, data }, { signal: AbortSignal.timeout(2_000) });
  const next = startAnother();
  await next.recover();
  await waitUntil(() => hasPicture(messages(0)[1]));
  await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
});

test('an answer that Discord refuses is told, and leaves no card behind', async (context) => {
  const { ask, show, done, discord, messages, stores } = await setUp(context);
  const job = await done();
  const asked = await ask();
  discord.addFault({ method: 'POST', route: /\/callback/, kind: { status: 400, code: 50035 }, times: 1 });
  await show(asked, job.id);
  await waitUntil(() => messages(0).length === 2);
  assert.match(textOf(messages(0)[1]?.message ?? assert.fail()), /Discord did not take the card here/);
  assert.deepEqual(await stores.cards.listUnsettled(), []);
});

test('a card that shows a job again and is deleted takes nothing from its asker', async (context) => {
  const { ask, show, openCard, finish, discord, messages, text, stores } = await setUp(context);
  const { job, card } = await openCard();
  await show(await ask(), job.id);
  await waitUntil(() => messages(0).length === 2);
  const twin = messages(0)[1]?.message.id ?? '';
  discord.addFault({
    method: 'PATCH',
    route: /@original/,
    kind: { status: 403, code: 50001, message: 'x' },
    times: 1,
  });
  discord.deleteMessage(twin);
  await finish(job);
  await waitUntil(() => /Done/.test(text(card.messageId)));
  await waitUntil(async () => (await stores.cards.listUnsettled()).length === 0);
  assert.deepEqual(await stores.undelivered.list(job.userId), []);
});
