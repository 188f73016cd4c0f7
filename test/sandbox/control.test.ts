import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Control } from '../../sandbox/control.ts';
import type { PageEvent, PageFault, PageSnapshot } from '../../sandbox/interface.ts';
import { PIXEL } from './gemini-client.ts';
import { FLUX } from './replicate-client.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';

/** How long a test waits for something that must come; never how long it should take. */
const PATIENCE_MS = 20_000;

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'darkroom-control-test-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A bot that logs in as the real one does and answers `/ping`. */
const SMALL_BOT = `
  import { Client, GatewayIntentBits } from ${JSON.stringify(import.meta.resolve('discord.js'))};
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: process.env.DISCORD_API_URL } });
  client.once('clientReady', async () => {
    await client.application.commands.set([{ name: 'ping', description: 'Answers pong' }]);
    console.log(JSON.stringify({ level: 'info', msg: 'ready' }));
  });
  client.on('interactionCreate', (interaction) => interaction.reply({ content: 'pong' }));
  process.on('SIGTERM', () => process.exit(0));
  await client.login(process.env.DISCORD_TOKEN);
`;

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Setup {
  sandbox: Sandbox;
  control: Control;
  /** POSTs JSON to /control/…. */
  call: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<{ status: number; body: unknown }>;
}

async function setUp(context: TestContext, botEntry = script('bot.mjs', SMALL_BOT)): Promise<Setup> {
  const sandbox = await startSandbox({ controlPort: 0, botEntry });
  context.after(() => sandbox.close());
  const { control } = sandbox;
  assert.ok(control !== null);
  return {
    sandbox,
    control,
    async call(path, body = {}, headers = {}) {
      const response = await fetch(`${control.url}/control/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
  };
}

/** What the page hears, from the snapshot on. */
class Page {
  readonly events: PageEvent[] = [];
  /** Looks again for what is waited for. */
  #look: () => void = () => undefined;

  constructor(socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      // Our own server speaks PageEvents.
      this.events.push(JSON.parse(data.toString()) as PageEvent);
      this.#look();
    });
  }

  static async open(context: TestContext, control: Control): Promise<Page> {
    const socket = new WebSocket(`${control.url.replace('http', 'ws')}/live`, { origin: control.url });
    context.after(() => socket.terminate());
    const page = new Page(socket);
    await page.waitFor((event) => event.type === 'snapshot');
    return page;
  }

  snapshot(): PageSnapshot {
    const [first] = this.events;
    assert.ok(first?.type === 'snapshot');
    return first;
  }

  /** Resolves with an event that fits, heard before or after this call. */
  waitFor(fits: (event: PageEvent) => boolean): Promise<PageEvent> {
    return new Promise((resolve, reject) => {
      const heard = (): string => this.events.map((event) => JSON.stringify(event).slice(0, 120)).join('\n');
      const timer = setTimeout(() => reject(new Error(`Nothing that fits among:\n${heard()}`)), PATIENCE_MS);
      this.#look = () => {
        const found = this.events.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
      this.#look();
    });
  }

  async waitForBot(state: 'stopped' | 'starting' | 'online'): Promise<void> {
    await this.waitFor((event) => event.type === 'bot' && event.bot.state === state);
  }
}

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
}

function armed(faults: PageFault[]): Record<string, number> {
  return Object.fromEntries(faults.filter((fault) => fault.armed > 0).map((fault) => [fault.id, fault.armed]));
}

test('a page gets a snapshot first: servers, users, no bot, no time added, nothing armed', async (t) => {
  const { sandbox, control } = await setUp(t);
  const page = await Page.open(t, control);
  const snapshot = page.snapshot();
  assert.deepEqual(snapshot.guilds, JSON.parse(JSON.stringify(sandbox.discord.guilds)));
  assert.equal(snapshot.users.length, 5);
  assert.deepEqual(snapshot.messages, []);
  assert.deepEqual(snapshot.bot, { state: 'stopped', pid: null, lastWords: null });
  assert.ok(snapshot.clockOffsetMs < 100);
  assert.deepEqual(armed(snapshot.faults), {});
  assert.ok(snapshot.faults.some(({ label }) => label === 'Replicate: next create is refused (429)'));
});

test('the bot is started, comes online, answers a command, is killed for real, and starts again', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  assert.deepEqual(await call('bot/start'), { status: 200, body: {} });
  await page.waitForBot('online');
  await page.waitFor(
    (event) => event.type === 'commands' && Object.values(event.commands).some((list) => list[0]?.name === 'ping'),
  );
  const { pid } = control.botStatus();
  assert.ok(isAlive(pid));

  const channelId = sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
  const command = { userId: sandbox.discord.users.member.id, channelId, name: 'ping', options: {} };
  const answer = await call('command', command);
  assert.equal(answer.status, 200);
  assert.match(JSON.stringify(answer.body), /"status":"answered"/);
  await page.waitFor((event) => event.type === 'message' && event.message.message.content === 'pong');
  await page.waitFor(
    (event) => event.type === 'request' && event.to === 'discord' && /\/callback/.test(event.request.path),
  );

  assert.equal((await call('bot/start')).status, 400);
  assert.deepEqual(await call('bot/kill'), { status: 200, body: {} });
  assert.deepEqual(control.botStatus(), { state: 'stopped', pid: null, lastWords: null });
  assert.deepEqual(await call('bot/kill'), { status: 400, body: { error: 'The bot is not running.' } });

  const later = await Page.open(t, control);
  assert.equal(later.snapshot().messages[0]?.message.content, 'pong');
  assert.deepEqual(await call('bot/start'), { status: 200, body: {} });
  await later.waitForBot('online');
  assert.notEqual(control.botStatus().pid, pid);
});

test('a bot that stops by itself leaves its last words', async (t) => {
  const sentence = 'DISCORD_TOKEN is missing: expected a bot token.';
  const { control, call } = await setUp(
    t,
    script('stops.mjs', `console.error(${JSON.stringify(sentence)}); process.exit(1);`),
  );
  const page = await Page.open(t, control);
  await call('bot/start');
  await page.waitForBot('stopped');
  assert.deepEqual(control.botStatus(), { state: 'stopped', pid: null, lastWords: sentence });
});

test('the last words of a bot that logs are the message of its last log line', async (t) => {
  const entry = script(
    'logs.mjs',
    `console.log(JSON.stringify({ level: 'fatal', msg: 'The store is in use.' })); process.exit(1);`,
  );
  const { control, call } = await setUp(t, entry);
  const page = await Page.open(t, control);
  await call('bot/start');
  await page.waitForBot('stopped');
  assert.equal(control.botStatus().lastWords, 'The store is in use.');
});

test('the last words of a bot that crashed are its error, not the stack', async (t) => {
  const { control, call } = await setUp(t, script('crashes.mjs', `throw new TypeError('no such thing');`));
  const page = await Page.open(t, control);
  await call('bot/start');
  await page.waitForBot('stopped');
  assert.equal(control.botStatus().lastWords, 'TypeError: no such thing');
});

test('close ends the bot with the sandbox', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  await call('bot/start');
  await page.waitForBot('online');
  const { pid } = control.botStatus();
  await sandbox.close();
  assert.equal(isAlive(pid), false);
  assert.equal(existsSync(sandbox.folder), false);
});

test('an armed fault is shown, counts down when it was met, and can be cleared', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  await call('fault', { id: 'replicate-create-http-429' });
  await call('fault', { id: 'replicate-create-http-429' });
  await call('fault', { id: 'replicate-prediction-nsfw' });
  await call('fault', { id: 'discord-edit-500' });
  const all = { 'replicate-create-http-429': 2, 'replicate-prediction-nsfw': 1, 'discord-edit-500': 1 };
  await page.waitFor((event) => event.type === 'faults' && JSON.stringify(armed(event.faults)) === JSON.stringify(all));

  const { replicate } = sandbox;
  const create = (): Promise<Response> =>
    fetch(`${replicate.url}/predictions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${replicate.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: FLUX, input: { prompt: 'x' } }),
    });
  assert.equal((await create()).status, 429);
  await page.waitFor((event) => event.type === 'faults' && armed(event.faults)['replicate-create-http-429'] === 1);

  await call('faults/clear');
  await page.waitFor((event) => event.type === 'faults' && Object.keys(armed(event.faults)).length === 0);
  assert.equal((await create()).status, 201);
  assert.deepEqual((await call('fault', { id: 'nonsense' })).status, 400);
});

test('a fault of Gemini counts down when it was met, and the page hears of the request without its picture', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  await call('fault', { id: 'gemini-generate-http-503' });
  await page.waitFor((event) => event.type === 'faults' && armed(event.faults)['gemini-generate-http-503'] === 1);
  await call('pace', { queueMs: 0, workMs: 0 });
  const { GEMINI_BASE_URL: url, GEMINI_API_KEY: key = '' } = sandbox.env();
  const picture = Buffer.concat([Buffer.from(PIXEL, 'base64'), Buffer.alloc(60_000)]).toString('base64');
  const parts = [{ text: 'x' }, { inlineData: { mimeType: 'image/png', data: picture } }];
  const generate = (): Promise<Response> =>
    fetch(`${url}/v1beta/models/gemini-3.1-flash-image:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': key },
      body: JSON.stringify({ contents: [{ parts }] }),
    });
  assert.equal((await generate()).status, 503);
  await page.waitFor(
    (event) => event.type === 'faults' && armed(event.faults)['gemini-generate-http-503'] === undefined,
  );
  const startedAt = performance.now();
  assert.equal((await generate()).status, 200);
  assert.ok(performance.now() - startedAt < 2_500, 'the pace of the page did not reach Gemini');
  await page.waitFor((event) => event.type === 'request' && event.to === 'gemini' && event.request.status === 200);
  const told = page.events.flatMap((event) => (event.type === 'request' && event.to === 'gemini' ? event.request : []));
  assert.match(JSON.stringify(told[1]?.body), /"data":"[\w+/]{64}… \(\d{5} characters\)"/);
  assert.ok(JSON.stringify(sandbox.gemini.requests[1]?.body).includes(picture));
});

test('a Discord fault counts down when Discord has answered with it', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  await call('fault', { id: 'discord-edit-500' });
  const channelId = sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
  const edit = await fetch(`${sandbox.discord.url}/v10/channels/${channelId}/messages/1`, {
    method: 'PATCH',
    headers: { authorization: `Bot ${sandbox.discord.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'x' }),
  });
  assert.equal(edit.status, 500);
  await page.waitFor((event) => event.type === 'request' && event.to === 'discord' && event.request.status === 500);
  await page.waitFor((event) => event.type === 'faults' && armed(event.faults)['discord-edit-500'] === 1);
  await page.waitFor((event) => event.type === 'faults' && armed(event.faults)['discord-edit-500'] === undefined);
});

test('when the gateway drops the page sees the bot leave and come back', async (t) => {
  const { control, call } = await setUp(t);
  const page = await Page.open(t, control);
  await call('bot/start');
  await page.waitForBot('online');
  page.events.length = 0;
  assert.deepEqual(await call('fault', { id: 'discord-gateway-drop' }), { status: 200, body: {} });
  await page.waitForBot('starting');
  await page.waitForBot('online');
});

test('time can be put forward, for Discord and Replicate alike', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const page = await Page.open(t, control);
  assert.equal((await call('clock', { advanceMs: 900_000 })).status, 200);
  await page.waitFor(
    (event) => event.type === 'clock' && event.clockOffsetMs >= 900_000 && event.clockOffsetMs < 901_000,
  );
  assert.ok(sandbox.discord.clock.now() >= Date.now() + 899_000);
  assert.equal((await call('clock', { advanceMs: -1 })).status, 400);
});

test('the pace is in the snapshot, and every page hears of a new one', async (t) => {
  const { control, call } = await setUp(t);
  const page = await Page.open(t, control);
  assert.deepEqual(page.snapshot().pace, { queueMs: 1_000, workMs: 4_000 });
  assert.equal((await call('pace', { queueMs: 1, workMs: 2 })).status, 200);
  await page.waitFor((event) => event.type === 'pace' && event.pace.queueMs === 1 && event.pace.workMs === 2);
  const later = await Page.open(t, control);
  assert.deepEqual(later.snapshot().pace, { queueMs: 1, workMs: 2 });
  assert.equal((await call('pace', { queueMs: 'soon', workMs: 2 })).status, 400);
});

test('a command of the message menu, a file and a form are passed on, and refused with a sentence', async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const { discord } = sandbox;
  const userId = discord.users.member.id;
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const post = async (path: string, body: unknown): Promise<{ id: string }> => {
    const response = await fetch(`${discord.url}/v10${path}`, {
      method: 'POST',
      headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // The sandbox's own answers to calls that it carried out.
    return (await response.json()) as { id: string };
  };
  const image = { type: 11, name: 'image', description: 'Which', file_types: ['image'] };
  await post(`/applications/${discord.applicationId}/commands`, {
    name: 'animate',
    description: 'Moves',
    options: [image],
  });
  await post(`/applications/${discord.applicationId}/commands`, { name: 'Report', type: 3 });
  const { id: messageId } = await post(`/channels/${channelId}/messages`, { content: 'x' });

  const report = await call('message-command', { userId, messageId, name: 'Report' });
  assert.match(JSON.stringify(report.body), /"status":"no-answer"/);
  const unknown = await call('message-command', { userId, messageId, name: 'Nothing' });
  assert.deepEqual(unknown, { status: 400, body: { error: 'There is no command "Nothing" in this server.' } });

  const animate = (file: unknown): Promise<{ status: number; body: unknown }> =>
    call('command', { userId, channelId, name: 'animate', options: { image: file } });
  const picture = { name: 'fox.png', contentType: 'image/png', data: Buffer.alloc(3_000_000, 7).toString('base64') };
  assert.equal((await animate(picture)).status, 200);
  assert.match(JSON.stringify((await animate({ ...picture, name: 'fox.txt' })).body), /is one of image/);
  assert.match(JSON.stringify((await animate({ name: 'fox.png' })).body), /Expected the option image to be/);
  const form = { userId, interactionId: '1', customId: 'x', values: { a: 5 } };
  assert.match(JSON.stringify((await call('modal', form)).body), /Expected the input a to be/);

  const roles = (await (await fetch(`${control.url}/roles.json`)).json()) as Record<string, { name: string }[]>;
  assert.deepEqual(
    roles[discord.guilds[0]?.id ?? '']?.map(({ name }) => name),
    ['@everyone', 'Moderator'],
  );
});

test("a server's size limit is in the snapshot, and every page hears of a new one", async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const [guild] = sandbox.discord.guilds;
  assert.ok(guild);
  const page = await Page.open(t, control);
  assert.equal(page.snapshot().uploadLimits[guild.id], 10 * 1024 * 1024);
  assert.equal((await call('upload-limit', { guildId: guild.id, bytes: 5_000 })).status, 200);
  await page.waitFor((event) => event.type === 'upload-limits' && event.uploadLimits[guild.id] === 5_000);
  assert.equal(sandbox.discord.attachmentSizeLimit(guild.id), 5_000);
  assert.match(JSON.stringify(await call('upload-limit', { guildId: guild.id, bytes: 0.5 })), /whole number of bytes/);
  assert.match(JSON.stringify(await call('upload-limit', { guildId: '1', bytes: 5 })), /the id of a server/);
});

test("a person's message is posted with its files, and its links can be ended: the page gets new ones", async (t) => {
  const { sandbox, control, call } = await setUp(t);
  const { member } = sandbox.discord.users;
  const channelId = sandbox.discord.guilds[0]?.channels[0]?.id ?? '';
  const page = await Page.open(t, control);
  const file = { name: 'fox.png', contentType: 'image/png', data: PIXEL };
  const said = { userId: member.id, channelId, content: 'look' };
  assert.match(JSON.stringify(await call('post', { ...said, files: [{ name: 'fox.png' }] })), /a list of files/);
  assert.deepEqual(await call('post', { ...said, files: [file] }), { status: 200, body: {} });
  const posted = await page.waitFor((event) => event.type === 'message');
  assert.ok(posted.type === 'message');
  assert.equal(posted.message.message.author.id, member.id);
  const link = posted.message.message.attachments[0]?.url ?? '';
  assert.equal((await fetch(link)).status, 200);
  assert.equal((await call('links/end')).status, 200);
  const isNew = (event: PageEvent): boolean => event.type === 'snapshot' && event.messages.length === 1;
  const renewed = await page.waitFor(isNew);
  assert.ok(renewed.type === 'snapshot');
  assert.equal((await fetch(link)).status, 404);
  assert.equal((await fetch(renewed.messages[0]?.message.attachments[0]?.url ?? '')).status, 200);
});

test('three sample pictures are offered, each a JPEG', async (t) => {
  const { control } = await setUp(t);
  const samples = (await (await fetch(`${control.url}/samples.json`)).json()) as {
    name: string;
    description: string;
  }[];
  assert.equal(samples.length, 3);
  for (const { name } of samples) {
    const answer = await fetch(`${control.url}/samples/${name}`);
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual([...Buffer.from(await answer.arrayBuffer()).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  }
  assert.equal((await fetch(`${control.url}/samples/other.jpg`)).status, 404);
});

test('what is missing or wrong in a call is answered with a sentence', async (t) => {
  const { call } = await setUp(t);
  assert.deepEqual(await call('command', { userId: '1' }), {
    status: 400,
    body: { error: 'Expected `channelId` to be a text, got undefined.' },
  });
  const command = { userId: '1', channelId: '2', name: 'x', options: { a: {} } };
  assert.match(JSON.stringify((await call('command', command)).body), /option a/);
  assert.equal((await call('press', [])).status, 400);
});

test('another site open in the browser can neither press a button nor listen', async (t) => {
  const { control, call } = await setUp(t);
  assert.equal((await call('bot/start', {}, { origin: 'https://example.com' })).status, 403);
  assert.equal(control.botStatus().state, 'stopped');
  const { port } = new URL(control.url);
  assert.equal((await call('faults/clear', {}, { origin: `http://localhost:${port}` })).status, 200);
  assert.equal(await isRefused(control, { host: 'attacker.example' }), true);
  assert.equal(await isRefused(control, { host: `localhost:${port}` }), false);
  const form = await fetch(`${control.url}/control/faults/clear`, { method: 'POST', body: '{}' });
  assert.equal(form.ok, false);
  for (const headers of [{ origin: 'https://example.com' }, { host: 'attacker.example' }]) {
    const socket = new WebSocket(`${control.url.replace('http', 'ws')}/live`, { headers });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    assert.match(error.message, /403/);
  }
});

test('the page, its script and its libraries are served, and nothing else of the disk', async (t) => {
  const { control } = await setUp(t);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`${control.url}${path}`);
    await response.arrayBuffer();
    return `${response.status} ${response.headers.get('content-type')}`;
  };
  assert.equal(await get('/'), '200 text/html; charset=utf-8');
  assert.equal(await get('/styles/base.css'), '200 text/css; charset=utf-8');
  for (const path of ['/page/main.js', '/vendor/preact.mjs', '/vendor/hooks.mjs', '/vendor/jsx-runtime.mjs']) {
    assert.equal(await get(path), '200 text/javascript; charset=utf-8', path);
  }
  for (const path of [
    '/page/..%2f..%2f..%2fpackage.json',
    '/page/%2e%2e/bot.js',
    '/vendor/package.json',
    '/package.json',
    '/styles/..%2findex.html',
  ]) {
    assert.match(await get(path), /^404/, path);
  }
});

/** Whether GET / is refused with headers that fetch would not send. */
async function isRefused(control: Control, headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request(control.url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 403);
    });
    call.once('error', reject);
    call.end();
  });
}
