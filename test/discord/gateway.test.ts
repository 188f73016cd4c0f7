/** The bot's connection: what it missed is caught up with, and Discord's budget of session starts is kept. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { APIInteraction } from 'discord-api-types/v10';
import { generate } from '../../commands/generate.ts';
import { startDiscord } from '../../sandbox/discord/index.ts';
import type { SandboxDiscord, StartDiscordOptions } from '../../sandbox/interface.ts';
import { GatewayConnection, GatewayRefused, type Gateway } from '../../src/discord/gateway.ts';
import { registerCommands } from '../../src/discord/register.ts';
import { SessionStarts } from '../../src/discord/session-starts.ts';
import { openStores } from '../store/open-stores.ts';
import { QuickClock, waitUntil } from './live-setup.ts';

interface GatewaySetup {
  discord: SandboxDiscord;
  clock: QuickClock;
  starts: SessionStarts;
  asks: APIInteraction[];
  told: string[];
  logged: string[];
  /** A connection as the next process has it. */
  open(): { connection: GatewayConnection; connected: Promise<Gateway>; unreachable: () => number };
  remaining(): Promise<number>;
  /** Types a command; the bot hears of it, or not. */
  type(): void;
}

async function setUp(context: TestContext, options: StartDiscordOptions = {}): Promise<GatewaySetup> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-gateway-'));
  const discord = await startDiscord({ rateLimits: false, ...options });
  const stores = await openStores(folder);
  const clock = new QuickClock();
  const asks: APIInteraction[] = [];
  const told: string[] = [];
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log = { info: note, warn: note, error: note };
  const opened: { connection: GatewayConnection; stop: AbortController }[] = [];
  context.after(async () => {
    for (const { connection, stop } of opened) {
      stop.abort(new Error('the test is over'));
      await connection.close();
    }
    await discord.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const starts = new SessionStarts({
    meta: stores.meta,
    clock,
    log,
    tellOwner: (_cause, sentence) => told.push(sentence),
  });
  return {
    discord,
    clock,
    starts,
    asks,
    told,
    logged,
    open() {
      const stop = new AbortController();
      let unreachable = 0;
      const connection = new GatewayConnection({
        token: discord.token,
        apiUrl: discord.url,
        clock,
        starts,
        onInteraction: (payload) => asks.push(payload),
        onRefused: () => undefined,
        log,
      });
      opened.push({ connection, stop });
      const connected = connection.connect(stop.signal, () => (unreachable += 1));
      connected.catch(() => undefined);
      return { connection, connected, unreachable: () => unreachable };
    },
    async remaining() {
      const headers = { authorization: `Bot ${discord.token}` };
      const answer = await fetch(`${discord.url}/v10/gateway/bot`, { headers });
      return ((await answer.json()) as { session_start_limit: { remaining: number } }).session_start_limit.remaining;
    },
    type() {
      const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
      const ask = { userId: discord.users.member.id, channelId, name: 'generate', options: { prompt: 'a fox' } };
      void discord.runCommand(ask);
    },
  };
}

async function connect(setup: GatewaySetup): Promise<void> {
  const { rest, applicationId } = await setup.open().connected;
  await registerCommands({ rest, applicationId, guildId: null, previousGuildId: null, payloads: [generate.data] });
}

test('a connection that breaks and resumes gets what was typed meanwhile, and costs no session start', async (context) => {
  const setup = await setUp(context);
  await connect(setup);
  setup.discord.dropGateway(true);
  setup.type();
  await waitUntil(() => setup.asks.length === 1);
  assert.equal(await setup.remaining(), 999);
});

for (const [name, end] of [
  ['breaks for good', (discord: SandboxDiscord) => discord.dropGateway(false)],
  ['is told that its session is invalid', (discord: SandboxDiscord) => discord.invalidateSession()],
] as const) {
  test(`a connection that ${name} identifies anew and hears the next command`, async (context) => {
    const setup = await setUp(context);
    await connect(setup);
    end(setup.discord);
    await waitUntil(() => setup.discord.isBotConnected());
    setup.type();
    await waitUntil(() => setup.asks.length === 1);
    assert.equal(await setup.remaining(), 998);
  });
}

test('a start while Discord grants five more or fewer waits for new ones, and saved work goes on meanwhile', async (context) => {
  const setup = await setUp(context, { identifiesADay: 6 });
  await connect(setup);
  const { connected, unreachable } = setup.open();
  await waitUntil(() => unreachable() === 1);
  assert.equal(await setup.remaining(), 5, 'nothing was used of the rest');
  assert.match(setup.told[0] ?? '', /5 more connections today/);
  assert.ok(setup.logged.includes('many of the session starts of this day are used; the next one waits'));
  setup.discord.clock.advance(24 * 3_600_000);
  await connected;
});

test('a bot that Discord throws out again and again identifies less and less often', async (context) => {
  const setup = await setUp(context, { identifiesADay: 14 });
  for (let count = 0; count < 7; count += 1) await connect(setup);
  assert.equal(await setup.remaining(), 7);
  const { connected, unreachable } = setup.open();
  await waitUntil(() => unreachable() === 1);
  assert.equal(await setup.remaining(), 7, 'the next one waits for its share of the day');
  setup.discord.clock.advance(24 * 3_600_000);
  setup.clock.addedMs += 24 * 3_600_000;
  await connected;
});

test('a token that Discord refuses ends the start with a sentence, before anything is used', async (context) => {
  const setup = await setUp(context);
  setup.discord.addFault({ method: 'GET', route: /^\/gateway\/bot/, kind: { status: 401 }, times: 9 });
  await assert.rejects(setup.open().connected, (error) => {
    assert.ok(error instanceof GatewayRefused);
    assert.match(error.message, /DISCORD_TOKEN/);
    return true;
  });
});
