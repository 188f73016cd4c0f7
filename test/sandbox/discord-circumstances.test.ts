/** The sandbox's Discord in trouble: threads, the guard before it, and the budget of session starts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { GatewayBotResponseSchema, ThreadResponseSchema } from 'discord-api-spec/zod';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { WebSocket } from 'ws';
import { findIssues } from '../../sandbox/discord/schema-check.ts';
import type { SandboxDiscord, StartDiscordOptions } from '../../sandbox/interface.ts';
import { call, startSandbox } from './discord-bot.ts';

interface Identified {
  payloads: { op: number; t: string | null; d: unknown }[];
  closed: Promise<number>;
}

/** Opens a connection and identifies; resolves with what came first: READY, opcode 9, or the end. */
async function identify(context: TestContext, discord: SandboxDiscord): Promise<Identified> {
  const socket = new WebSocket(
    `${discord.url.replace(/^http/u, 'ws').replace(/\/api$/u, '/gateway')}?v=10&encoding=json`,
  );
  context.after(() => socket.terminate());
  const payloads: Identified['payloads'] = [];
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'message');
  const answered = once(socket, 'message').then(([data]) =>
    payloads.push(JSON.parse((data as Buffer).toString()) as Identified['payloads'][number]),
  );
  const properties = { os: 'linux', browser: 'test', device: 'test' };
  socket.send(JSON.stringify({ op: 2, d: { token: discord.token, intents: 0, properties } }));
  await Promise.race([answered, closed]);
  return { payloads, closed };
}

async function readLimit(discord: SandboxDiscord): Promise<Record<string, number>> {
  const { body } = await call(discord, 'GET', '/gateway/bot');
  assert.deepEqual(findIssues(GatewayBotResponseSchema, body), []);
  return body['session_start_limit'] as Record<string, number>;
}

const start = (context: TestContext, options: StartDiscordOptions = {}): Promise<SandboxDiscord> =>
  startSandbox(context, { rateLimits: false, ...options });

test('each identify is counted, and the count begins anew after a day', async (context) => {
  const discord = await start(context);
  assert.deepEqual(await readLimit(discord), { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 });
  await identify(context, discord);
  await identify(context, discord);
  const limit = await readLimit(discord);
  assert.equal(limit['remaining'], 998);
  assert.ok((limit['reset_after'] ?? 0) > 86_000_000);
  discord.clock.advance(86_400_000);
  assert.equal((await readLimit(discord))['remaining'], 1_000);
});

test('one identify too many ends every session, and the token with them', async (context) => {
  const discord = await start(context, { identifiesADay: 1 });
  const first = await identify(context, discord);
  assert.equal(first.payloads[0]?.t, 'READY');
  const second = await identify(context, discord);
  assert.deepEqual(await Promise.all([first.closed, second.closed]), [4004, 4004]);
  assert.equal(discord.isBotConnected(), false);
  assert.equal((await call(discord, 'GET', '/users/@me')).status, 401);
});

test('two identifies within 5 seconds: the second hears that its session is invalid', async (context) => {
  const discord = await start(context, { hasIdentifyPace: true });
  assert.equal((await identify(context, discord)).payloads[0]?.t, 'READY');
  const second = await identify(context, discord);
  assert.deepEqual([second.payloads[0]?.op, second.payloads[0]?.d], [9, false]);
  discord.clock.advance(5_000);
  assert.equal((await identify(context, discord)).payloads[0]?.t, 'READY');
});

test('in an archived thread nothing can be edited until somebody opens it, or writes there', async (context) => {
  const discord = await start(context);
  const { thread } = discord;
  const messages = `/channels/${thread.id}/messages`;
  const message = (await call(discord, 'POST', messages, { content: 'here' })).body;
  const edit = (): ReturnType<typeof call> =>
    call(discord, 'PATCH', `${messages}/${String(message['id'])}`, { content: 'there' });
  discord.setThread({ isArchived: true, isLocked: false });
  assert.equal((await edit()).body['code'], 50083);
  const opened = await call(discord, 'PATCH', `/channels/${thread.id}`, { archived: false });
  assert.deepEqual(findIssues(ThreadResponseSchema, opened.body), []);
  assert.equal((await edit()).status, 200);
  discord.setThread({ isArchived: true, isLocked: false });
  assert.equal((await call(discord, 'POST', messages, { content: 'anew' })).status, 200);
  assert.equal((await edit()).status, 200);
});

test('a locked thread opens for moderators alone, and no other channel is changed', async (context) => {
  const discord = await start(context);
  const { thread } = discord;
  const messages = `/channels/${thread.id}/messages`;
  const message = (await call(discord, 'POST', messages, { content: 'here' })).body;
  const edit = (): ReturnType<typeof call> =>
    call(discord, 'PATCH', `${messages}/${String(message['id'])}`, { content: 'there' });
  const open = (): ReturnType<typeof call> => call(discord, 'PATCH', `/channels/${thread.id}`, { archived: false });
  discord.setThread({ isArchived: true, isLocked: true });
  assert.equal((await edit()).body['code'], 160005);
  assert.equal((await call(discord, 'POST', messages, { content: 'anew' })).body['code'], 160005);
  assert.equal((await open()).body['code'], 50013);
  discord.setBotPermissions(thread.id, (1n << 52n) - 1n);
  assert.equal((await open()).status, 200);
  assert.equal((await edit()).status, 200);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  assert.equal((await call(discord, 'PATCH', `/channels/${channelId}`, { archived: false })).body['code'], 50013);
  discord.setBotPermissions(thread.id, PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages);
  assert.equal(
    (await call(discord, 'POST', messages, { content: 'x' })).body['code'],
    50013,
    'threads have a right of their own',
  );
});

test("the guard's page is no answer of Discord's: no JSON, no header of a limit", async (context) => {
  const discord = await start(context);
  discord.addFault({ method: '*', route: /./, kind: { status: 429, isHtml: true, retryAfterSeconds: 7 }, times: 1 });
  const answer = await fetch(`${discord.url}/v10/users/@me`, { headers: { authorization: `Bot ${discord.token}` } });
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '7']);
  assert.match(answer.headers.get('content-type') ?? '', /text\/html/);
  assert.equal(answer.headers.get('x-ratelimit-scope'), null);
  assert.match(await answer.text(), /Cloudflare/);
});
