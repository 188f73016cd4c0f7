/** A start that cannot work ends with one sentence and the right exit code; nothing is announced and nothing is paid. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startBot } from '../../sandbox/bot.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { shareWorld } from './world.ts';

const share = shareWorld();

async function open(context: TestContext): Promise<Sandbox> {
  const sandbox = await startSandbox();
  context.after(() => sandbox.close());
  return sandbox;
}

interface Ending {
  code: number | null;
  sentence: string;
}

/** Starts the bot, which must end by itself. */
async function startInVain(context: TestContext, env: Record<string, string>): Promise<Ending> {
  const bot = startBot({ env });
  context.after(() => bot.end('SIGKILL'));
  const { code } = await bot.exited;
  const words = bot.lines.filter((line) => !line.startsWith('{'));
  assert.equal(words.length, 1, `one sentence, got:\n${bot.lines.join('\n')}`);
  const [sentence = ''] = words;
  assert.doesNotMatch(bot.lines.join('\n'), /^\s+at |Error:/m, 'no stack');
  return { code, sentence };
}

test('a missing token is named, with where to get one', async (context) => {
  const sandbox = await open(context);
  const { code, sentence } = await startInVain(context, sandbox.env({ DISCORD_TOKEN: '' }));
  assert.equal(code, 1);
  assert.match(sentence, /DISCORD_TOKEN/);
});

// Each setting by itself: test/config.test.ts.
test('a setting that is wrong is named with what was found and what is expected', async (context) => {
  const sandbox = await open(context);
  for (const [name, value, expected] of [
    ['CONCURRENCY', 'many', /CONCURRENCY.*many|many.*CONCURRENCY/],
    ['STORE_URL', 'redis://localhost', /STORE_URL|redis/],
  ] as const) {
    const { code, sentence } = await startInVain(context, sandbox.env({ [name]: value }));
    assert.equal(code, 1, name);
    assert.match(sentence, expected);
  }
});

test('a token that Discord refuses ends with exit code 78, so that no supervisor starts it again and again', async (context) => {
  const sandbox = await open(context);
  const { code, sentence } = await startInVain(context, sandbox.env({ DISCORD_TOKEN: 'MTIzNDU2.wrong.token' }));
  assert.equal(code, 78);
  assert.match(sentence, /token/i);
  assert.ok(!sentence.includes('MTIzNDU2.wrong.token'), 'the token itself is not shown');
});

test('a damaged data file is named and left untouched', async (context) => {
  const sandbox = await open(context);
  const file = join(sandbox.folder, 'darkroom.sqlite');
  await writeFile(file, 'this is no database, but somebody may want it back'.repeat(100));
  const { code, sentence } = await startInVain(context, sandbox.env());
  assert.equal(code, 1);
  assert.match(sentence, /darkroom\.sqlite/);
});

test('a data folder that cannot be made is named', async (context) => {
  const sandbox = await open(context);
  await mkdir(sandbox.folder, { recursive: true });
  await writeFile(join(sandbox.folder, 'file'), '');
  const { code, sentence } = await startInVain(
    context,
    sandbox.env({ STORE_URL: `sqlite://${sandbox.folder}/file/in/it.sqlite` }),
  );
  assert.equal(code, 1);
  assert.match(sentence, /file/);
});

test('a second process on the same store refuses to start, and the first goes on', async (context) => {
  const world = await share();
  const { code, sentence } = await startInVain(context, world.sandbox.env());
  assert.equal(code, 1);
  assert.match(sentence, /[Aa]nother/);
  const card = await world.generate({ prompt: 'the first goes on' });
  await world.whenCard(card, /Done/);
});

test('commands are registered by themselves, once, and left alone when nothing changed', async () => {
  const world = await share();
  const puts = (): number =>
    world.sandbox.discord.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/commands')).length;
  assert.equal(puts(), 1);
  await world.kill();
  await world.startAgain();
  const card = await world.generate({ prompt: 'anything' });
  await world.whenCard(card, /Done/);
  assert.equal(puts(), 1);
  assert.ok(
    world.bot.lines.some((line) => line.includes('oauth2/authorize')),
    'the invite link is printed',
  );
});

test('with DISCORD_GUILD_ID the commands are in that server alone, and the global ones are emptied', async (context) => {
  const sandbox = await open(context);
  const [first, second] = sandbox.discord.guilds;
  assert.ok(first && second);
  const names = (guildId: string): string[] => sandbox.discord.commands(guildId).map(({ name }) => name);
  const run = async (env: Record<string, string>, isThere: () => boolean): Promise<void> => {
    const bot = startBot({ env });
    context.after(() => bot.end('SIGKILL'));
    const deadline = Date.now() + 30_000;
    while (!isThere() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(isThere(), bot.lines.join('\n'));
    await bot.end('SIGTERM');
  };
  await run(sandbox.env(), () => names(second.id).includes('generate'));
  await run(
    sandbox.env({ DISCORD_GUILD_ID: first.id }),
    () => names(first.id).includes('generate') && !names(second.id).includes('generate'),
  );
  assert.equal(names(first.id).filter((name) => name === 'generate').length, 1);
});

test('a signal while Discord cannot be reached ends the process in order, with exit code 0', async (context) => {
  const sandbox = await open(context);
  const bot = startBot({ env: sandbox.env({ DISCORD_API_URL: 'http://127.0.0.1:9/api' }) });
  context.after(() => bot.end('SIGKILL'));
  const deadline = Date.now() + 20_000;
  while (!bot.lines.some((line) => line.includes('cannot be reached')) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(await bot.end('SIGTERM'), { code: 0, signal: null });
});
