/** The live message on real parts: the sandbox's Discord, a real connection to it, and a real store. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { APIInteraction, APIInteractionResponse } from 'discord-api-types/v10';
import { generate } from '../../commands/generate.ts';
import { startDiscord } from '../../sandbox/discord/index.ts';
import type { SandboxDiscord } from '../../sandbox/interface.ts';
import { DiscordApi } from '../../src/discord/api.ts';
import { readAsk, type ChoiceAsk, type CommandAsk, type PressAsk } from '../../src/discord/ask.ts';
import type { Card } from '../../src/discord/card.ts';
import { GatewayConnection } from '../../src/discord/gateway.ts';
import { SessionStarts } from '../../src/discord/session-starts.ts';
import { LiveMessage } from '../../src/discord/live-message.ts';
import type { NoticePolicy } from '../../src/discord/notice.ts';
import { registerCommands } from '../../src/discord/register.ts';
import { renderCard, type CardContext } from '../../src/discord/render.ts';
import { failure, getItem, moveTo, type ItemStatus, type Job } from '../../src/jobs/job.ts';
import type { Clock } from '../../src/jobs/ports.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { openStores, type OpenStores } from '../store/open-stores.ts';
import { textOf } from '../end-to-end/world.ts';

/** Real time plus what a test adds; waits are cut short, so pacing is real and quick. */
export class QuickClock implements Clock {
  addedMs = 0;

  now(): number {
    return Date.now() + this.addedMs;
  }

  monotonic(): number {
    return performance.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 10)));
    signal?.throwIfAborted();
  }
}

export interface LiveSetup {
  discord: SandboxDiscord;
  /** Where the store and the files are. */
  folder: string;
  clock: QuickClock;
  stores: OpenStores;
  api: DiscordApi;
  live: LiveMessage;
  /** How often the API said that the bot's token is refused for good. */
  refusals: () => number;
  context: Map<string, Partial<CardContext>>;
  /** A card of a new job, answered and attached. */
  openCard(change?: { isPrivate?: boolean; channelId?: string; userId?: string }): Promise<{ job: Job; card: Card }>;
  /** The next edits are the bot's own. */
  endToken(card: Card): Promise<void>;
  /** A command typed by the asker, as the bot reads it; not answered. */
  ask(channelId?: string): Promise<CommandAsk>;
  /** What the member presses, or chooses, as the bot reads it; not answered. */
  receivePress(messageId: string, customId: string, values?: string[]): Promise<PressAsk | ChoiceAsk>;
  /** Saves the next state of the job and tells the live message, as the engine does. */
  save(job: Job, ...states: ItemStatus[]): Promise<Job>;
  /** A job that is done with a picture that really is on the disk. */
  finish(job: Job): Promise<Job>;
  text(messageId: string): string;
  whenText(messageId: string, pattern: RegExp): Promise<void>;
  edits(): { path: string; status: number | string }[];
  /** A live message as another process would have it, on the same stores. */
  startAnother(): LiveMessage;
}

const lost = failure('network', 'retry');
export const RUNNING: ItemStatus = { state: 'running', operation: { provider: 'p', id: 'o', data: {} }, begunAt: null };
export const FAILED: ItemStatus = { state: 'failed', failure: lost, causeCode: null };
export const STARTING: ItemStatus = { state: 'starting' };

export async function setUpLive(
  context: TestContext,
  options: { channelIntervalMs?: number; notice?: NoticePolicy; rateLimits?: boolean } = {},
): Promise<LiveSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-live-'));
  const discord = await startDiscord({ rateLimits: options.rateLimits ?? true });
  const stores = await openStores(folder);
  const clock = new QuickClock();
  const asks: APIInteraction[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const gateway = new GatewayConnection({
    token: discord.token,
    apiUrl: discord.url,
    clock,
    starts: new SessionStarts({ meta: stores.meta, clock, log, tellOwner: () => undefined }),
    onInteraction: (payload) => asks.push(payload),
    onRefused: () => undefined,
    log,
  });
  const { rest, applicationId: botId } = await gateway.connect(new AbortController().signal, () => undefined);
  await registerCommands({
    rest,
    applicationId: botId,
    guildId: null,
    previousGuildId: null,
    payloads: [generate.data],
  });
  let refusals = 0;
  const api = new DiscordApi({ apiUrl: discord.url, token: discord.token, onTokenRefused: () => (refusals += 1) });
  const overrides = new Map<string, Partial<CardContext>>();
  const contextFor = (job: Job, updatesEndAt: number | null): CardContext => ({
    now: clock.now(),
    locale: en,
    positions: new Map(),
    progress: new Map(),
    providers: [{ name: 'local', isPaid: false, kinds: ['image'] }],
    fallback: 'ask',
    updatesEndAt,
    hold: null,
    ...overrides.get(job.id),
  });
  const created: LiveMessage[] = [];
  const startAnother = (): LiveMessage => {
    const live = new LiveMessage({
      notice: options.notice ?? { afterMs: 0, goesOnAlone: () => false },
      api,
      cards: stores.cards,
      undelivered: stores.undelivered,
      assets: stores.assets,
      clock,
      getJob: (jobId) => stores.jobs.get(jobId),
      getRemovedAt: (jobId) => stores.jobs.getRemovedAt(jobId),
      contextFor,
      log,
      ...(options.channelIntervalMs === undefined ? {} : { channelIntervalMs: options.channelIntervalMs }),
    });
    created.push(live);
    return live;
  };
  const live = startAnother();
  context.after(async () => {
    for (const each of created) await each.flush(0);
    await gateway.close();
    await discord.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });

  const pictures = discord.guilds[0]?.channels[0]?.id ?? '';
  const member = discord.users.member.id;

  const type = async (channelId: string, userId: string): Promise<{ ask: CommandAsk; outcome: Promise<unknown> }> => {
    const count = asks.length;
    const outcome = discord.runCommand({ userId, channelId, name: 'generate', options: { prompt: 'a fox' } });
    await waitUntil(() => asks.length > count);
    const payload = asks[count];
    assert.ok(payload);
    return { ask: readAsk(payload, clock.now()) as CommandAsk, outcome };
  };

  const openCard: LiveSetup['openCard'] = async (change = {}) => {
    const { isPrivate = false, channelId = pictures, userId = member } = change;
    const { ask, outcome } = await type(channelId, userId);
    const { interactionId, token, tokenExpiresAt, applicationId } = ask;
    const job = newJob({
      channelId,
      userId,
      guildId: ask.guildId,
      private: isPrivate,
      origin: { interactionId, applicationId, token, tokenExpiresAt, cardMessageId: null },
    });
    await stores.jobs.save(job);
    const { body } = renderCard(job, contextFor(job, isPrivate ? tokenExpiresAt : null));
    // The body is the renderer's own, for exactly this answer.
    const answer = { type: 4, data: { ...body, flags: body.flags | (isPrivate ? 64 : 0) } } as APIInteractionResponse;
    const messageId = await api.answer(ask, answer, { signal: AbortSignal.timeout(2_000) });
    await outcome;
    assert.ok(messageId !== null);
    return { job, card: await live.attach(messageId, job, ask) };
  };

  const saveQuietly = async (job: Job, ...states: ItemStatus[]): Promise<Job> => {
    let next = job;
    for (const to of states) {
      next = moveTo(next, { item: 'image', to, now: clock.now() }, () => 'sentence');
      await stores.jobs.save(next);
    }
    return next;
  };

  const save = async (job: Job, ...states: ItemStatus[]): Promise<Job> => {
    let next = job;
    for (const to of states) {
      next = await saveQuietly(next, to);
      for (const each of created) each.onSaved(next);
    }
    return next;
  };

  const text = (messageId: string): string => {
    const message = discord.getMessage(messageId)?.message;
    return message === undefined ? '' : textOf(message);
  };

  return {
    discord,
    folder,
    clock,
    stores,
    api,
    live,
    refusals: () => refusals,
    context: overrides,
    openCard,
    endToken: (card) => live.renewToken(card, { ...card, tokenExpiresAt: 0 }),
    ask: async (channelId = pictures) => (await type(channelId, member)).ask,
    async receivePress(messageId, customId, values) {
      const count = asks.length;
      const press = { userId: member, messageId, customId };
      void discord.press(values === undefined ? press : { ...press, values });
      await waitUntil(() => asks.length > count);
      const payload = asks[count];
      assert.ok(payload);
      return readAsk(payload, clock.now()) as PressAsk | ChoiceAsk;
    },
    save,
    async finish(job) {
      const asset = await stores.assets.put({
        jobId: job.id,
        item: 'image',
        index: 0,
        bytes: Buffer.from('a picture'),
        mimeType: 'image/png',
        extension: '.png',
      });
      const before = getItem(job, 'image').state;
      const way: ItemStatus[] = before === 'queued' ? [STARTING] : [];
      const collecting: ItemStatus = { state: 'collecting', operation: null, outputs: [] };
      // What lies between is drawn or not, as it happens; here it must not meet what a test has in store for the end.
      return save(await saveQuietly(job, ...way, collecting), { state: 'done', assets: [asset] });
    },
    text,
    whenText: (messageId, pattern) => waitUntil(() => pattern.test(text(messageId))),
    edits: () =>
      discord.requests.filter(({ method }) => method === 'PATCH').map(({ path, status }) => ({ path, status })),
    startAnother,
  };
}

export async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `waited in vain until ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
