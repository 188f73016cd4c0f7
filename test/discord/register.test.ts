import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { REST } from 'discord.js';
import { InteractionContextType } from 'discord-api-types/v10';
import { commands, menus } from '../../commands/index.ts';
import { startDiscord } from '../../sandbox/discord/index.ts';
import type { SandboxDiscord } from '../../sandbox/interface.ts';
import { registerCommands } from '../../src/discord/register.ts';

const payloads = [...commands, ...menus].map(({ data }) => data);

async function open(context: TestContext): Promise<{ discord: SandboxDiscord; rest: REST; guildId: string }> {
  const discord = await startDiscord();
  context.after(() => discord.close());
  const rest = new REST({ api: discord.url, version: '10' }).setToken(discord.token);
  return { discord, rest, guildId: discord.guilds[0]?.id ?? '' };
}

function writes(discord: SandboxDiscord): number {
  return discord.requests.filter(({ method }) => method === 'PUT').length;
}

test('commands are written once and not again while nothing changed', async (context) => {
  const { discord, rest, guildId } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, previousGuildId: null };
  assert.equal((await registerCommands({ ...common, payloads })).wasWritten, true);
  assert.equal((await registerCommands({ ...common, payloads })).wasWritten, false);
  assert.equal(writes(discord), 1);
  assert.deepEqual(
    discord.commands(guildId).map(({ name }) => name),
    payloads.map(({ name }) => name),
  );
});

test('a changed description is written', async (context) => {
  const { discord, rest } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, previousGuildId: null };
  await registerCommands({ ...common, payloads });
  const changed = payloads.map((payload) =>
    'description' in payload ? { ...payload, description: 'Something else' } : payload,
  );
  assert.equal((await registerCommands({ ...common, payloads: changed })).wasWritten, true);
});

test('moving to one server empties the global commands, and moving back empties the server', async (context) => {
  const { discord, rest, guildId } = await open(context);
  const common = { rest, applicationId: discord.applicationId, payloads };
  const otherGuildId = discord.guilds[1]?.id ?? '';
  await registerCommands({ ...common, guildId: null, previousGuildId: null });
  await registerCommands({ ...common, guildId, previousGuildId: null });
  assert.equal(discord.commands(otherGuildId).length, 0);
  assert.equal(discord.commands(guildId).length, payloads.length);
  await registerCommands({ ...common, guildId: null, previousGuildId: guildId });
  assert.equal(discord.commands(otherGuildId).length, payloads.length);
  assert.equal(discord.commands(guildId).length, payloads.length, 'once, not twice');
});

test('a change of where a command may be used is written, once', async (context) => {
  const { discord, rest } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, previousGuildId: null };
  await registerCommands({ ...common, payloads });
  const changed = payloads.map((payload) => ({ ...payload, contexts: [InteractionContextType.Guild] }));
  assert.equal((await registerCommands({ ...common, payloads: changed })).wasWritten, true);
  assert.equal((await registerCommands({ ...common, payloads: changed })).wasWritten, false);
});

test('where commands may be used is left to Discord when the payload does not say', async (context) => {
  const { discord, rest } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, previousGuildId: null };
  const plain = [{ name: 'plain', description: 'Says nothing about it' }];
  await registerCommands({ ...common, payloads: plain });
  assert.equal((await registerCommands({ ...common, payloads: plain })).wasWritten, false);
});

test('translations do not look new at every start', async (context) => {
  const { discord, rest } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, previousGuildId: null };
  const translated = payloads.map((payload) => ({ ...payload, description_localizations: { ja: '絵を描く' } }));
  assert.equal((await registerCommands({ ...common, payloads: translated })).wasWritten, true);
  assert.equal((await registerCommands({ ...common, payloads: translated })).wasWritten, false);
});

test('in one server, nothing is written again while nothing changed', async (context) => {
  const { discord, rest, guildId } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId, previousGuildId: guildId, payloads };
  assert.equal((await registerCommands(common)).wasWritten, true);
  assert.equal((await registerCommands(common)).wasWritten, false);
  assert.equal(writes(discord), 1);
});

test('a start does not fail because the bot has left the server of its last start', async (context) => {
  const { discord, rest } = await open(context);
  const common = { rest, applicationId: discord.applicationId, guildId: null, payloads };
  assert.equal((await registerCommands({ ...common, previousGuildId: '999999999999999999' })).wasWritten, true);
});
