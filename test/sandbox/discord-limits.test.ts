import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Routes } from 'discord.js';
import type { APIMessage } from 'discord.js';
import { createClock } from '../../sandbox/clock.ts';
import { startDiscord } from '../../sandbox/discord/index.ts';
import { call, createRest, logIn, startBot, startSandbox } from './discord-bot.ts';

const HOUR_MS = 3_600_000;

test('without the token, or with another one, the bot endpoints answer 401', async (t) => {
  const discord = await startSandbox(t);
  for (const token of ['', 'Bot wrong', discord.token, `Bearer ${discord.token}`]) {
    const answer = await call(discord, 'GET', '/users/@me', undefined, token);
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.body, { message: '401: Unauthorized', code: 0 });
  }
});

test('an unknown route is 404, another version is refused, broken JSON is 50109', async (t) => {
  const discord = await startSandbox(t);
  const unknown = await call(discord, 'GET', '/nothing/here');
  assert.deepEqual([unknown.status, unknown.body], [404, { message: '404: Not Found', code: 0 }]);
  const old = await fetch(`${discord.url}/v6/gateway`);
  assert.deepEqual([old.status, ((await old.json()) as { code: number }).code], [400, 50041]);
  const broken = await fetch(`${discord.url}/v10/applications/${discord.applicationId}/commands`, {
    method: 'POST',
    headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
    body: '{"name":',
  });
  assert.deepEqual([broken.status, ((await broken.json()) as { code: number }).code], [400, 50109]);
});

test('the bot finds itself, its application and its servers, and nobody takes its direct messages', async (t) => {
  const discord = await startSandbox(t);
  const [guild] = discord.guilds;
  assert.equal((await call(discord, 'GET', '/users/@me')).body['id'], discord.users.bot.id);
  for (const path of ['/applications/@me', '/oauth2/applications/@me']) {
    assert.equal((await call(discord, 'GET', path)).body['id'], discord.applicationId);
  }
  assert.equal((await call(discord, 'GET', `/guilds/${guild?.id}`)).body['name'], guild?.name);
  assert.equal((await call(discord, 'GET', '/guilds/1')).body['code'], 10004);
  assert.equal(
    (await call(discord, 'POST', '/users/@me/channels', { recipient_id: discord.users.member.id })).body['code'],
    50007,
  );
});

test('every answer has the Date of the sandbox clock', async (t) => {
  const clock = createClock();
  const discord = await startSandbox(t, { clock });
  clock.advance(48 * HOUR_MS);
  const { headers } = await call(discord, 'GET', '/nothing');
  assert.ok(Math.abs(Date.parse(headers.get('date') ?? '') - clock.now()) < 5_000);
  assert.throws(() => clock.advance(-1), /from 0 up, got -1/u);
});

test('a sixth message in 5 seconds is refused with the headers of its bucket, another channel is not', async (t) => {
  const discord = await startSandbox(t, { rateLimits: true });
  const [first, second] = discord.guilds[0]?.channels ?? [];
  const post = (channelId: string | undefined) =>
    call(discord, 'POST', `/channels/${channelId}/messages`, { content: 'x' });
  for (let left = 4; left >= 0; left -= 1) {
    const { status, headers } = await post(first?.id);
    assert.equal(status, 200);
    assert.equal(headers.get('x-ratelimit-limit'), '5');
    assert.equal(headers.get('x-ratelimit-remaining'), String(left));
    assert.ok(headers.get('x-ratelimit-bucket'));
    assert.ok(Number(headers.get('x-ratelimit-reset')) > discord.clock.now() / 1000);
  }
  const limited = await post(first?.id);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('x-ratelimit-scope'), 'user');
  assert.ok(Number(limited.headers.get('retry-after')) >= 1);
  assert.deepEqual(Object.keys(limited.body).toSorted(), ['code', 'global', 'message', 'retry_after']);
  assert.equal(limited.body['global'], false);
  assert.equal((await post(second?.id)).status, 200);
  discord.clock.advance(5_000);
  assert.equal((await post(first?.id)).status, 200);
});

test('each interaction token has a bucket of its own, and callbacks have none', async (t) => {
  const { discord, generate } = await startBot(t, { rateLimits: true });
  const edit = async (token: string) =>
    call(discord, 'PATCH', `/webhooks/${discord.applicationId}/${token}/messages/@original`, { content: 'x' }, '');
  const tokens: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const { interaction } = await generate();
    const { headers } = await call(
      discord,
      'POST',
      `/interactions/${interaction.id}/${interaction.token}/callback`,
      { type: 5 },
      '',
    );
    assert.equal(headers.get('x-ratelimit-limit'), null);
    tokens.push(interaction.token);
  }
  const [first = '', second = ''] = tokens;
  for (let count = 0; count < 5; count += 1) assert.equal((await edit(first)).status, 200);
  assert.equal((await edit(first)).status, 429);
  assert.equal((await edit(second)).status, 200);
});

test('the 51st call of a second is refused globally, interaction calls are not', async (t) => {
  // The clock stands still between the calls, however slow the machine is.
  const now = Date.now();
  const discord = await startSandbox(t, { rateLimits: true, clock: { now: () => now, advance: () => undefined } });
  const paths = [
    '/users/@me',
    '/applications/@me',
    '/oauth2/applications/@me',
    '/gateway/bot',
    `/guilds/${discord.guilds[0]?.id}`,
    '/users/@me/guilds',
  ];
  for (let count = 0; count < 50; count += 1) {
    assert.equal((await call(discord, 'GET', paths[count % paths.length] ?? '')).status, 200);
  }
  const limited = await call(discord, 'GET', '/users/@me');
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('x-ratelimit-global'), 'true');
  assert.equal(limited.headers.get('x-ratelimit-scope'), 'global');
  assert.equal(limited.body['global'], true);
  assert.equal((await call(discord, 'GET', '/webhooks/1/none/messages/@original', undefined, '')).status, 404);
});

test('a message over an hour old takes 3 edits in 6 seconds for each channel, then 429 with code 30046', async (t) => {
  const discord = await startSandbox(t, { rateLimits: true });
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const message = (await createRest(discord).post(Routes.channelMessages(channelId), {
    body: { content: 'x' },
  })) as APIMessage;
  const edit = () => call(discord, 'PATCH', `/channels/${channelId}/messages/${message.id}`, { content: 'y' });
  discord.clock.advance(HOUR_MS + 1);
  for (let count = 0; count < 3; count += 1) assert.equal((await edit()).status, 200);
  const limited = await edit();
  assert.deepEqual([limited.status, limited.body['code']], [429, 30046]);
  assert.ok(Number(limited.body['retry_after']) > 0);
  discord.clock.advance(6_000);
  assert.equal((await edit()).status, 200);
});

test('the client waits out the limits by itself', async (t) => {
  const discord = await startSandbox(t, { rateLimits: true });
  const client = await logIn(discord);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const posts = Array.from({ length: 6 }, (_, index) =>
    client.rest.post(Routes.channelMessages(channelId), { body: { content: String(index) } }),
  );
  await Promise.all(posts);
  const seen = discord.messages(channelId, discord.users.member.id).map(({ message }) => message.content);
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5']);
});

test('a fault answers the calls it fits as often as it was asked for, and nothing is done', async (t) => {
  const discord = await startSandbox(t);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const post = () => call(discord, 'POST', `/channels/${channelId}/messages`, { content: 'x' });
  discord.addFault({ method: 'POST', route: /^\/channels\/\d+\/messages$/u, kind: { status: 503 }, times: 2 });
  discord.addFault({ method: '*', route: /messages/u, kind: { status: 429, retryAfterSeconds: 2 }, times: 1 });
  assert.equal((await call(discord, 'GET', '/users/@me')).status, 200);
  assert.equal((await post()).status, 503);
  assert.equal((await post()).status, 503);
  const limited = await post();
  assert.deepEqual([limited.status, limited.headers.get('retry-after'), limited.body['retry_after']], [429, '2', 2]);
  assert.equal(discord.messages(channelId, discord.users.member.id).length, 0);
  discord.addFault({
    method: '*',
    route: /./u,
    kind: { status: 403, code: 50001, message: 'Missing Access' },
    times: 9,
  });
  assert.deepEqual((await post()).body, { message: 'Missing Access', code: 50001 });
  discord.clearFaults();
  assert.equal((await post()).status, 200);
});

test('a call can hang, or be cut before or after it was carried out', async (t) => {
  const discord = await startSandbox(t);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const post = (content: string, signal?: AbortSignal) =>
    fetch(`${discord.url}/v10/channels/${channelId}/messages`, {
      method: 'POST',
      headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ content }),
      signal: signal ?? null,
    });
  for (const kind of ['cut-before', 'cut-after'] as const) {
    discord.addFault({ method: 'POST', route: /messages$/u, kind, times: 1 });
    await assert.rejects(post(kind), { name: 'TypeError' });
  }
  discord.addFault({ method: 'POST', route: /messages$/u, kind: 'hang', times: 1 });
  const hanging = new AbortController();
  const stop = discord.onChange((change) => {
    if (change.type === 'request') hanging.abort();
  });
  await assert.rejects(post('hang', hanging.signal), { name: 'AbortError' });
  stop();
  const seen = discord.messages(channelId, discord.users.member.id).map(({ message }) => message.content);
  assert.deepEqual(seen, ['cut-after']);
  assert.deepEqual(
    discord.requests.map((request) => request.status),
    ['cut', 'cut', 'hang'],
  );
});

test('every request is recorded with its path, body, files and error', async (t) => {
  const discord = await startSandbox(t);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const rest = createRest(discord);
  await rest.post(Routes.channelMessages(channelId), {
    body: { content: 'x' },
    files: [{ name: 'a.txt', data: Buffer.from('abc') }],
  });
  await call(discord, 'POST', `/channels/${channelId}/messages?wait=1`, { content: 5 });
  const [first, second] = discord.requests;
  assert.deepEqual([first?.method, first?.path, first?.status], ['POST', `/channels/${channelId}/messages`, 200]);
  assert.deepEqual([first?.body, first?.files, first?.error], [{ content: 'x' }, [{ name: 'a.txt', size: 3 }], null]);
  assert.equal(second?.path, `/channels/${channelId}/messages?wait=1`);
  assert.deepEqual(second?.error, {
    code: 50035,
    message: 'Invalid Form Body\ncontent: Could not interpret value as string. (BASE_TYPE_BAD_TYPE)',
    paths: ['content'],
  });
});

test('closing leaves nothing behind: not a hanging call, a waiting interaction, a connected bot', async () => {
  const discord = await startDiscord({ rateLimits: false });
  const client = await logIn(discord);
  client.on('shardError', () => undefined);
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  await createRest(discord).post(Routes.applicationCommands(discord.applicationId), {
    body: { name: 'ping', description: 'x' },
  });
  const waiting = discord.runCommand({ userId: discord.users.member.id, channelId, name: 'ping', options: {} });
  discord.addFault({ method: 'GET', route: /^\/users\/@me$/u, kind: 'hang', times: 1 });
  const recorded = new Promise<void>((resolve) => {
    discord.onChange((change) => {
      if (change.type === 'request') resolve();
    });
  });
  const hanging = assert.rejects(call(discord, 'GET', '/users/@me'));
  await recorded;
  await client.destroy();
  await discord.close();
  await hanging;
  assert.equal((await waiting).status, 'no-answer');
});
