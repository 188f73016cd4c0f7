/**
 * Registers the slash commands: compared with what Discord has, and written only when different. Every
 * write of a new name counts against 200 a day, and a command that is deleted and made again loses the
 * permissions that admins gave it.
 */
import { DiscordAPIError, Routes, type REST } from 'discord.js';
import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';

export interface Registration {
  rest: REST;
  applicationId: string;
  /** Register in this server only; null: everywhere. */
  guildId: string | null;
  /** The server they were registered in by an earlier start; emptied when it is another one now. */
  previousGuildId: string | null;
  payloads: readonly RESTPostAPIApplicationCommandsJSONBody[];
}

export interface Registered {
  wasWritten: boolean;
  /** Discord's ids by the commands' names. */
  ids: ReadonlyMap<string, string>;
}

/** Rejects with discord.js's error when Discord refuses. */
export async function registerCommands(registration: Registration): Promise<Registered> {
  const { applicationId, guildId, previousGuildId } = registration;
  const everywhere = Routes.applicationCommands(applicationId);
  const target = guildId === null ? everywhere : Routes.applicationGuildCommands(applicationId, guildId);
  const others: `/${string}`[] = guildId === null ? [] : [everywhere];
  if (previousGuildId !== null && previousGuildId !== guildId) {
    others.push(Routes.applicationGuildCommands(applicationId, previousGuildId));
  }
  const registered = await write(registration.rest, target, registration.payloads, guildId !== null);
  for (const other of others) await empty(registration.rest, other);
  return registered;
}

type Payload = Registration['payloads'][number];

async function write(
  rest: REST,
  route: `/${string}`,
  payloads: readonly Payload[],
  isOneServer: boolean,
): Promise<Registered> {
  // Without this Discord leaves the translations out, and they would look new at every start.
  const query = new URLSearchParams({ with_localizations: 'true' });
  const present = (await rest.get(route, { query })) as object[];
  const comparable = present.map((command) => withoutUnsaid(command, payloads, isOneServer));
  if (sign(comparable) === sign(payloads.map((payload) => withoutUnsaid(payload, payloads, isOneServer)))) {
    return { wasWritten: false, ids: idsOf(present) };
  }
  return { wasWritten: true, ids: idsOf((await rest.put(route, { body: payloads })) as object[]) };
}

function idsOf(commands: readonly object[]): Map<string, string> {
  return new Map(
    commands.flatMap((command) =>
      'id' in command && 'name' in command ? [[String(command.name), String(command.id)] as const] : [],
    ),
  );
}

async function empty(rest: REST, route: `/${string}`): Promise<void> {
  try {
    const present = (await rest.get(route)) as unknown[];
    if (present.length > 0) await rest.put(route, { body: [] });
  } catch (error) {
    // The bot has left that server or may no longer look there: nothing of ours is left to empty.
    if (error instanceof DiscordAPIError && (error.status === 403 || error.status === 404)) return;
    throw error;
  }
}

/**
 * Where commands may be used and installed: Discord fills in what we do not say, and a server's own
 * commands ignore it, so only what we say counts, in any order.
 */
function withoutUnsaid(command: object, payloads: readonly Payload[], isOneServer: boolean): object {
  const ours = payloads.find(({ name }) => 'name' in command && command.name === name);
  const entries = Object.entries(command).flatMap(([name, value]): [string, unknown][] => {
    if (name !== 'contexts' && name !== 'integration_types') return [[name, value]];
    if (isOneServer || ours?.[name] === undefined) return [];
    return [[name, Array.isArray(value) ? value.toSorted((one: number, other: number) => one - other) : value]];
  });
  return Object.fromEntries(entries);
}

/** Equal for lists of commands that mean the same, in whatever order and with whatever defaults filled in. */
function sign(commands: readonly unknown[]): string {
  return JSON.stringify(
    commands
      .map(normalize)
      .map((command) => JSON.stringify(command))
      .sort(),
  );
}

/** What Discord adds on its own, or fills in where we say nothing. */
const GIVEN_BY_DISCORD: ReadonlySet<string> = new Set([
  'id',
  'application_id',
  'version',
  'guild_id',
  'dm_permission',
  'default_permission',
  'handler',
  'name_localized',
  'description_localized',
]);
const DEFAULTS: Readonly<Record<string, unknown>> = { type: 1, nsfw: false, required: false, autocomplete: false };

function normalize(command: unknown): unknown {
  return strip(command, true);
}

function strip(value: unknown, isCommand: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => strip(inner, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name, inner]) => !GIVEN_BY_DISCORD.has(name) && !isDefault(name, inner, isCommand))
    .map(([name, inner]) => [name, strip(inner, false)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries);
}

function isDefault(name: string, value: unknown, isCommand: boolean): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value) && value.length === 0) return true;
  if (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0) return true;
  // Of a command of a menu, which has none.
  if (name === 'description' && value === '') return true;
  // The type of an option is never a default; the type of a command is.
  if (name === 'type') return isCommand && value === DEFAULTS['type'];
  return name in DEFAULTS && DEFAULTS[name] === value;
}
