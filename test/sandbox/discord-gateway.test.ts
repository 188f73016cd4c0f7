import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Client, Events, GatewayIntentBits, Routes } from 'discord.js';
import type { Interaction } from 'discord.js';
import { WebSocket } from 'ws';
import type { SandboxDiscord } from '../../sandbox/interface.ts';
import { COMMANDS, createRest, logIn, startBot, startSandbox } from './discord-bot.ts';

interface GatewayPayload {
  op: number;
  t: string | null;
  s: number | null;
  d: Record<string, unknown>;
}

interface RawGateway {
  socket: WebSocket;
  payloads: GatewayPayload[];
  send(payload: unknown): void;
  /** The first payload, past or to come, that fits. */
  find(fits: (payload: GatewayPayload) => boolean): Promise<GatewayPayload>;
  closed: Promise<number>;
}

async function connectRaw(context: TestContext, discord: SandboxDiscord): Promise<RawGateway> {
  const { url } = (await createRest(discord).get(Routes.gatewayBot())) as { url: string };
  const socket = new WebSocket(`${url}?v=10&encoding=json`);
  context.after(() => socket.terminate());
  const payloads: GatewayPayload[] = [];
  socket.on('message', (data) => payloads.push(JSON.parse((data as Buffer).toString()) as GatewayPayload));
  const closed = once(socket, 'close').then(([code]) => code as number);
  const find = async (fits: (payload: GatewayPayload) => boolean): Promise<GatewayPayload> => {
    for (let seen = 0; seen < 100; seen += 1) {
      const found = payloads.find(fits);
      if (found) return found;
      await once(socket, 'message', { signal: AbortSignal.timeout(5_000) });
    }
    throw new Error('The payload did not come.');
  };
  await once(socket, 'open');
  return { socket, payloads, find, closed, send: (payload) => socket.send(JSON.stringify(payload)) };
}

const identify = (token: string, intents = 0): unknown => ({
  op: 2,
  d: { token, intents, properties: { os: 'linux', browser: 'test', device: 'test' } },
});

test('the unmodified client logs in and knows its servers', async (t) => {
  const { client, discord } = await startBot(t);
  assert.equal(client.user.id, discord.users.bot.id);
  assert.equal(client.application.id, discord.applicationId);
  assert.deepEqual(
    [...client.guilds.cache.keys()],
    discord.guilds.map((guild) => guild.id),
  );
  assert.equal(discord.isBotConnected(), true);
});

test('a client with the Guilds intent gets channels and names', async (t) => {
  const discord = await startSandbox(t);
  const client = await logIn(discord, { intents: [GatewayIntentBits.Guilds] });
  const [first] = discord.guilds;
  const guild = client.guilds.cache.get(first?.id ?? '');
  assert.equal(guild?.name, first?.name);
  assert.deepEqual(
    guild?.channels.cache.map((channel) => channel.name),
    ['pictures', 'general'],
  );
});

test('waiting for a bot ends when one has connected, and with a sentence when none does', async (t) => {
  const discord = await startSandbox(t);
  await assert.rejects(discord.waitForBot(1), /Expected a bot to connect within 1 ms/u);
  const waiting = discord.waitForBot(5_000);
  await logIn(discord);
  await waiting;
});

test('a wrong token is told so by REST and closes the gateway with 4004', async (t) => {
  const discord = await startSandbox(t);
  const client = new Client({ intents: [], rest: { api: discord.url } });
  t.after(() => client.destroy());
  await assert.rejects(client.login('wrong.token.here'), /An invalid token was provided/u);
  const raw = await connectRaw(t, discord);
  raw.send(identify('wrong.token.here'));
  assert.equal(await raw.closed, 4004);
});

test('privileged intents that nobody switched on close with 4014', async (t) => {
  const discord = await startSandbox(t);
  const client = new Client({ intents: [GatewayIntentBits.MessageContent], rest: { api: discord.url } });
  t.after(() => client.destroy());
  await assert.rejects(client.login(discord.token), /disallowed intents/iu);
  const raw = await connectRaw(t, discord);
  raw.send(identify(discord.token, GatewayIntentBits.GuildMembers));
  assert.equal(await raw.closed, 4014);
});

const CLOSES: { name: string; code: number; send: (token: string) => unknown[] }[] = [
  { name: 'intents that do not exist', code: 4013, send: (token) => [identify(token, 1 << 30)] },
  { name: 'a second IDENTIFY', code: 4005, send: (token) => [identify(token), identify(token)] },
  { name: 'a call before IDENTIFY', code: 4003, send: () => [{ op: 3, d: {} }] },
  { name: 'an opcode that does not exist', code: 4001, send: () => [{ op: 99, d: {} }] },
  { name: 'a payload that is no JSON object', code: 4002, send: () => ['text'] },
  { name: 'a payload over 4096 bytes', code: 4002, send: () => [{ op: 1, d: 'x'.repeat(5_000) }] },
  { name: 'a shard out of range', code: 4010, send: (token) => [{ op: 2, d: { token, intents: 0, shard: [2, 2] } }] },
  {
    name: 'RESUME with a wrong token',
    code: 4004,
    send: () => [{ op: 6, d: { token: 'no', session_id: 'x', seq: 1 } }],
  },
  {
    name: 'more than 120 payloads a minute',
    code: 4008,
    send: () => Array.from({ length: 121 }, () => ({ op: 1, d: null })),
  },
];

for (const { name, code, send } of CLOSES) {
  test(`${name} closes the gateway with ${code}`, async (t) => {
    const discord = await startSandbox(t);
    const raw = await connectRaw(t, discord);
    for (const payload of send(discord.token)) raw.send(payload);
    assert.equal(await raw.closed, code);
  });
}

test('HELLO comes first, heartbeats are acknowledged, READY tells where to resume', async (t) => {
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  const hello = await raw.find((payload) => payload.op === 10);
  assert.equal(raw.payloads[0], hello);
  assert.ok(Number(hello.d['heartbeat_interval']) > 1_000);
  raw.send({ op: 1, d: null });
  await raw.find((payload) => payload.op === 11);
  raw.send(identify(discord.token));
  const ready = await raw.find((payload) => payload.t === 'READY');
  assert.match(String(ready.d['resume_gateway_url']), /^ws:\/\/127\.0\.0\.1:\d+/u);
  assert.ok(ready.d['session_id']);
  assert.deepEqual(
    ready.d['guilds'],
    discord.guilds.map((guild) => ({ id: guild.id, unavailable: true })),
  );
});

test('an unknown session cannot be resumed', async (t) => {
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  raw.send({ op: 6, d: { token: discord.token, session_id: 'nothing', seq: 1 } });
  const invalid = await raw.find((payload) => payload.op === 9);
  assert.equal(invalid.d, false);
});

test('what a bot missed is replayed in order when it resumes, then RESUMED', async (t) => {
  const discord = await startSandbox(t);
  await createRest(discord).put(Routes.applicationCommands(discord.applicationId), { body: COMMANDS });
  const first = await connectRaw(t, discord);
  first.send(identify(discord.token));
  const ready = await first.find((payload) => payload.t === 'READY');
  first.socket.terminate();
  await first.closed;
  await until(() => !discord.isBotConnected());
  const run = (prompt: string): Promise<unknown> => {
    const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
    return discord.runCommand({ userId: discord.users.member.id, channelId, name: 'generate', options: { prompt } });
  };
  void run('first');
  void run('second');
  const second = await connectRaw(t, discord);
  second.send({ op: 6, d: { token: discord.token, session_id: ready.d['session_id'], seq: ready.s } });
  await second.find((payload) => payload.t === 'RESUMED');
  const events = second.payloads.filter((payload) => payload.op === 0);
  assert.deepEqual(
    events.map((event) => event.t),
    ['INTERACTION_CREATE', 'INTERACTION_CREATE', 'RESUMED'],
  );
  assert.deepEqual(
    events.map((event) => event.s),
    [2, 3, 4],
  );
  assert.ok(JSON.stringify(events[0]?.d).includes('first'));
});

test('the client resumes after a dropped connection and gets the command typed meanwhile', async (t) => {
  const { client, discord, generate } = await startBot(t);
  const resumed = once(client, Events.ShardResume);
  discord.dropGateway(true);
  assert.equal(discord.isBotConnected(), false);
  const { interaction, outcome } = await generate({ prompt: 'typed while away' });
  await interaction.reply('here');
  assert.equal((await outcome).status, 'answered');
  await resumed;
});

test('after a drop that cannot be resumed the session is gone', async (t) => {
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  raw.send(identify(discord.token));
  const ready = await raw.find((payload) => payload.t === 'READY');
  discord.dropGateway(false);
  assert.equal(await raw.closed, 4009);
  const again = await connectRaw(t, discord);
  again.send({ op: 6, d: { token: discord.token, session_id: ready.d['session_id'], seq: ready.s } });
  assert.equal((await again.find((payload) => payload.op === 9)).d, false);
});

test('a session that was away for minutes is forgotten', async (t) => {
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  raw.send(identify(discord.token));
  const ready = await raw.find((payload) => payload.t === 'READY');
  raw.socket.terminate();
  await until(() => !discord.isBotConnected());
  discord.clock.advance(10 * 60_000);
  const again = await connectRaw(t, discord);
  again.send({ op: 6, d: { token: discord.token, session_id: ready.d['session_id'], seq: ready.s } });
  assert.equal((await again.find((payload) => payload.op === 9)).d, false);
});

test('two bots connected at once both get an interaction; the second answer is refused', async (t) => {
  const { client, discord, generate } = await startBot(t);
  const other = await logIn(discord);
  const atOther = once(other, Events.InteractionCreate) as Promise<[Interaction]>;
  const { interaction, outcome } = await generate();
  const [same] = await atOther;
  assert.equal(same.id, interaction.id);
  assert.notEqual(client, other);
  await interaction.reply('mine');
  assert.ok(same.isChatInputCommand());
  await assert.rejects(same.reply('mine too'), { code: 40060, status: 400 });
  assert.equal((await outcome).status, 'answered');
});

test('a client that says goodbye ends its session, and a command then gets no answer at once', async (t) => {
  const { client, discord, channelId, memberId } = await startBot(t);
  const changes: boolean[] = [];
  discord.onChange((change) => {
    if (change.type === 'bot-connected') changes.push(change.isConnected);
  });
  await client.destroy();
  await until(() => changes.includes(false));
  const outcome = await discord.runCommand({
    userId: memberId,
    channelId,
    name: 'generate',
    options: { prompt: 'hello' },
  });
  assert.equal(outcome.status, 'no-answer');
});

test('a bot that stops its heartbeats is closed with 4009', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  raw.send(identify(discord.token));
  await raw.find((payload) => payload.t === 'READY');
  t.mock.timers.tick(41_250);
  raw.send({ op: 1, d: 1 });
  await raw.find((payload) => payload.op === 11);
  t.mock.timers.tick(41_250);
  assert.equal(discord.isBotConnected(), true);
  t.mock.timers.tick(41_250);
  assert.equal(await raw.closed, 4009);
});

test('who asked for messages hears of those everyone sees', async (t) => {
  const discord = await startSandbox(t);
  const raw = await connectRaw(t, discord);
  raw.send(identify(discord.token, GatewayIntentBits.GuildMessages));
  await raw.find((payload) => payload.t === 'READY');
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const rest = createRest(discord);
  const message = (await rest.post(Routes.channelMessages(channelId), { body: { content: 'one' } })) as { id: string };
  await rest.patch(Routes.channelMessage(channelId, message.id), { body: { content: 'two' } });
  await rest.delete(Routes.channelMessage(channelId, message.id));
  await raw.find((payload) => payload.t === 'MESSAGE_DELETE');
  const events = raw.payloads.filter((payload) => payload.op === 0).map((payload) => [payload.t, payload.d['content']]);
  assert.deepEqual(events.slice(1), [
    ['MESSAGE_CREATE', 'one'],
    ['MESSAGE_UPDATE', 'two'],
    ['MESSAGE_DELETE', undefined],
  ]);
});

/** Waits for what another task of this process is about to do. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !isTrue(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isTrue(), 'It did not happen.');
}
