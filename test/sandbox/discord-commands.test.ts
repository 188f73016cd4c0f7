import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Routes } from 'discord.js';
import type { APIApplicationCommand } from 'discord.js';
import { COMMANDS, createRest, refused, startBot, startSandbox } from './discord-bot.ts';

const PING = { name: 'ping', description: 'Say pong' };

test('registered commands come back with ids, versions and the defaults filled in', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const [command] = (await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [PING],
  })) as APIApplicationCommand[];
  assert.match(command?.id ?? '', /^\d+$/u);
  assert.match(command?.version ?? '', /^\d+$/u);
  assert.equal(command?.application_id, discord.applicationId);
  assert.equal(command?.type, 1);
  assert.equal(command?.default_member_permissions, null);
  assert.equal(command?.contexts, null);
  assert.deepEqual(command?.integration_types, [0]);
  assert.equal(command?.nsfw, false);
});

test('registering again keeps ids, changes the version only of what changed, and drops the rest', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.applicationCommands(discord.applicationId);
  const first = (await rest.put(path, { body: [...COMMANDS, PING] })) as APIApplicationCommand[];
  const second = (await rest.put(path, {
    body: [...COMMANDS, { ...PING, description: 'Other words' }],
  })) as APIApplicationCommand[];
  assert.deepEqual(
    second.map((command) => command.id),
    first.map((command) => command.id),
  );
  assert.equal(second[0]?.version, first[0]?.version);
  assert.notEqual(second[2]?.version, first[2]?.version);
  await rest.put(path, { body: [PING] });
  assert.deepEqual(
    ((await rest.get(path)) as APIApplicationCommand[]).map((command) => command.name),
    ['ping'],
  );
});

test('one command can be made, read, changed and deleted by itself', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.applicationCommands(discord.applicationId);
  const made = (await rest.post(path, { body: PING })) as APIApplicationCommand;
  const again = (await rest.post(path, { body: { ...PING, description: 'Upsert' } })) as APIApplicationCommand;
  assert.equal(again.id, made.id);
  const one = Routes.applicationCommand(discord.applicationId, made.id);
  assert.equal(((await rest.get(one)) as APIApplicationCommand).description, 'Upsert');
  assert.equal(
    ((await rest.patch(one, { body: { description: 'Patched' } })) as APIApplicationCommand).description,
    'Patched',
  );
  await rest.delete(one);
  assert.deepEqual(await refused(discord, rest.get(one)), { status: 404, code: 10063, paths: [] });
});

test('a server sees its own commands and the global ones', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const [first, second] = discord.guilds.map((guild) => guild.id);
  await rest.put(Routes.applicationCommands(discord.applicationId), {
    body: [PING, { name: 'dm', description: 'x', contexts: [1] }],
  });
  await rest.put(Routes.applicationGuildCommands(discord.applicationId, first ?? ''), {
    body: [{ name: 'local', description: 'x' }],
  });
  assert.deepEqual(
    discord.commands(first ?? '').map((command) => command.name),
    ['local', 'ping'],
  );
  assert.deepEqual(
    discord.commands(second ?? '').map((command) => command.name),
    ['ping'],
  );
});

test('translations are listed only when asked for', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.applicationCommands(discord.applicationId);
  await rest.put(path, { body: [{ ...PING, description_localizations: { ja: 'ポン' } }] });
  const [plain] = (await rest.get(path)) as APIApplicationCommand[];
  assert.equal(plain?.description_localizations, undefined);
  const [full] = (await rest.get(path, {
    query: new URLSearchParams({ with_localizations: 'true' }),
  })) as APIApplicationCommand[];
  assert.deepEqual(full?.description_localizations, { ja: 'ポン' });
});

const text = (name: string, extra: object = {}): object => ({ type: 3, name, description: 'x', ...extra });
const REFUSED: { name: string; body: unknown; path: string }[] = [
  { name: 'upper case in a name', body: { ...PING, name: 'Ping' }, path: '[0].name' },
  { name: 'a space in a name', body: { ...PING, name: 'pi ng' }, path: '[0].name' },
  { name: 'a name over 32 characters', body: { ...PING, name: 'x'.repeat(33) }, path: '[0].name' },
  { name: 'a command without a description', body: { name: 'ping' }, path: '[0].description' },
  {
    name: 'a description over 100 characters',
    body: { ...PING, description: 'x'.repeat(101) },
    path: '[0].description',
  },
  {
    name: 'an optional option before a required one',
    body: { ...PING, options: [text('a'), text('b', { required: true })] },
    path: '[0].options[1]',
  },
  { name: 'two options of one name', body: { ...PING, options: [text('a'), text('a')] }, path: '[0].options[1].name' },
  {
    name: 'an option of no known type',
    body: { ...PING, options: [{ ...text('a'), type: 99 }] },
    path: '[0].options[0]',
  },
  {
    name: 'an option without a description',
    body: { ...PING, options: [{ type: 3, name: 'a' }] },
    path: '[0].options[0].description',
  },
  {
    name: 'autocomplete together with choices',
    body: { ...PING, options: [text('a', { autocomplete: true, choices: [{ name: 'x', value: 'x' }] })] },
    path: '[0].options[0].choices',
  },
  {
    name: 'more than 25 options',
    body: { ...PING, options: Array.from({ length: 26 }, (_, index) => text(`a${index}`)) },
    path: '[0].options',
  },
  {
    name: 'a menu with a description',
    body: { type: 3, name: 'Animate image', description: 'x' },
    path: '[0].description',
  },
  {
    name: 'permissions that are no number',
    body: { ...PING, default_member_permissions: 'all' },
    path: '[0].default_member_permissions',
  },
  {
    name: 'more than 8000 characters',
    body: {
      ...PING,
      options: Array.from({ length: 4 }, (_, index) =>
        text(`a${index}`, {
          choices: Array.from({ length: 25 }, (__, choice) => ({ name: `c${choice}`, value: 'x'.repeat(90) })),
        }),
      ),
    },
    path: '[0]',
  },
];

for (const { name, body, path } of REFUSED) {
  test(`${name} is refused with its path`, async (t) => {
    const discord = await startSandbox(t);
    const put = createRest(discord).put(Routes.applicationCommands(discord.applicationId), { body: [body] });
    assert.deepEqual(await refused(discord, put), { status: 400, code: 50035, paths: [path] });
  });
}

test('a name twice, a foreign application and a foreign server are refused', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const twice = rest.put(Routes.applicationCommands(discord.applicationId), { body: [PING, PING] });
  assert.deepEqual((await refused(discord, twice)).paths, ['[1]']);
  assert.equal((await refused(discord, rest.get(Routes.applicationCommands('1')))).code, 10002);
  assert.equal(
    (await refused(discord, rest.get(Routes.applicationGuildCommands(discord.applicationId, '1')))).code,
    50001,
  );
});

test('more than 200 new commands a day are refused, the next day is a new one', async (t) => {
  const discord = await startSandbox(t);
  const rest = createRest(discord);
  const path = Routes.applicationCommands(discord.applicationId);
  const names = (prefix: string): object[] =>
    Array.from({ length: 100 }, (_, index) => ({ ...PING, name: `${prefix}${index}` }));
  await rest.put(path, { body: names('a') });
  await rest.put(path, { body: names('b') });
  assert.equal((await refused(discord, rest.put(path, { body: names('c') }))).code, 30034);
  discord.clock.advance(86_400_000);
  await rest.put(path, { body: names('c') });
});

test('the client refuses options before anything is sent to the bot', async (t) => {
  const { discord, channelId, memberId, client } = await startBot(t);
  let received = 0;
  client.on('interactionCreate', () => (received += 1));
  const run = (options: Record<string, string | number | boolean>, name = 'generate'): Promise<unknown> =>
    discord.runCommand({ userId: memberId, channelId, name, options });
  await assert.rejects(run({}), /"prompt" is required/u);
  await assert.rejects(run({ prompt: 'x' }), /at least 2 characters, got 1/u);
  await assert.rejects(run({ prompt: 'x'.repeat(4_001) }), /at most 4000 characters, got 4001/u);
  await assert.rejects(run({ prompt: 4 }), /is a text/u);
  await assert.rejects(run({ prompt: 'hello', count: 5 }), /at most 4, got 5/u);
  await assert.rejects(run({ prompt: 'hello', count: 0 }), /at least 1, got 0/u);
  await assert.rejects(run({ prompt: 'hello', count: 1.5 }), /whole number/u);
  await assert.rejects(run({ prompt: 'hello', aspect_ratio: '3:2' }), /one of 1:1, 16:9, got 3:2/u);
  await assert.rejects(run({ prompt: 'hello', private: 'yes' }), /true or false/u);
  await assert.rejects(run({ prompt: 'hello', size: 1 }), /no option "size"/u);
  await assert.rejects(run({}, 'nothing'), /no command \/nothing/u);
  assert.equal(received, 0);
});

test('a command that asks for permissions is hidden from members without them', async (t) => {
  const bot = await startBot(t);
  const { discord, channelId, memberId } = bot;
  const list = (userId: string, subcommand: string | undefined = 'list') =>
    discord.runCommand({
      userId,
      channelId,
      name: 'jobs',
      ...(subcommand ? { subcommand } : {}),
      options: { user: memberId },
    });
  await assert.rejects(list(memberId), /does not have the permissions/u);
  await assert.rejects(list(discord.users.moderator.id, ''), /needs one of its subcommands/u);
  await assert.rejects(list(discord.users.moderator.id, 'other'), /no subcommand "other"/u);
  const { interaction } = await bot.receive(() => list(discord.users.moderator.id));
  assert.ok(interaction.isChatInputCommand());
  assert.equal(interaction.options.getSubcommand(), 'list');
  assert.equal(interaction.options.getUser('user')?.id, memberId);
});

test('people of another server cannot use this one', async (t) => {
  const { discord, channelId } = await startBot(t);
  const run = discord.runCommand({
    userId: discord.users.outsider.id,
    channelId,
    name: 'generate',
    options: { prompt: 'hello' },
  });
  await assert.rejects(run, /not a member/u);
  assert.deepEqual(discord.messages(channelId, discord.users.outsider.id), []);
});
