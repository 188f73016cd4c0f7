/** What Discord's client does before it sends a command: finds it, checks the options, refuses with a sentence. */
import { ApplicationCommandOptionType as Option } from 'discord-api-types/v10';
import type { APIApplicationCommand } from 'discord-api-types/v10';
import type { CommandOptions, SandboxUser } from '../interface.ts';
import type { CommandOption } from './command-rules.ts';
import { mayUseCommand } from './permissions.ts';
import { findChannel, findUser, isMember, memberPermissions, toApiChannel, toApiMember, toApiUser } from './world.ts';

export interface CommandAsk {
  name: string;
  subcommand?: string;
  options: CommandOptions;
}

export interface CommandContext {
  commands: readonly APIApplicationCommand[];
  user: SandboxUser;
  guildId: string;
}

interface SentOption {
  name: string;
  type: number;
  value?: string | number | boolean;
  focused?: true;
  options?: SentOption[];
}

/** The `data` of a command. Throws an Error with a sentence where the client would not send it. */
export function buildCommandData(ask: CommandAsk, context: CommandContext): Record<string, unknown> {
  const command = findCommand(ask.name, context);
  const { definitions, wrap } = findLeaf(command, ask.subcommand);
  refuseUnknown(ask.options, definitions);
  const sent = definitions.flatMap((definition) => {
    const value = ask.options[definition.name];
    if (value === undefined) {
      if (definition.required) throw new Error(`The option "${definition.name}" is required and was left out.`);
      return [];
    }
    return [{ name: definition.name, type: definition.type, value: checkValue(definition, value, context) }];
  });
  return { ...describe(command), options: wrap(sent), ...resolveIds(sent, context) };
}

/** The `data` of an autocomplete: required options may be missing, values are as far as they were typed. */
export function buildAutocompleteData(
  ask: CommandAsk & { focused: string },
  context: CommandContext,
): Record<string, unknown> {
  const command = findCommand(ask.name, context);
  const { definitions, wrap } = findLeaf(command, ask.subcommand);
  refuseUnknown(ask.options, definitions);
  const focused = definitions.find((definition) => definition.name === ask.focused);
  if (!focused?.autocomplete) throw new Error(`Expected an option with autocomplete, got "${ask.focused}".`);
  const sent = definitions.flatMap((definition): SentOption[] => {
    const value = ask.options[definition.name] ?? (definition === focused ? '' : undefined);
    if (value === undefined) return [];
    return [
      { name: definition.name, type: definition.type, value, ...(definition === focused ? { focused: true } : {}) },
    ];
  });
  return { ...describe(command), options: wrap(sent) };
}

function findCommand(name: string, { commands, user }: CommandContext): APIApplicationCommand {
  const command = commands.find((known) => known.name === name && known.type === 1);
  if (!command) throw new Error(`There is no command /${name} in this server.`);
  if (!mayUseCommand(command.default_member_permissions, memberPermissions(user))) {
    throw new Error(
      `${user.globalName} does not have the permissions that /${name} asks for; Discord does not show it.`,
    );
  }
  return command;
}

/** `subcommand` is a subcommand's name, or a group's and a subcommand's with a space between. */
function findLeaf(
  command: APIApplicationCommand,
  subcommand: string | undefined,
): { definitions: readonly CommandOption[]; wrap: (sent: SentOption[]) => SentOption[] } {
  let definitions: readonly CommandOption[] = (command.options ?? []) as CommandOption[];
  const steps: { name: string; type: number }[] = [];
  for (const name of subcommand?.split(' ') ?? []) {
    const step = definitions.find((option) => option.name === name && option.type <= Option.SubcommandGroup);
    if (!step) throw new Error(`/${command.name} has no subcommand "${subcommand}".`);
    steps.push({ name, type: step.type });
    definitions = step.options ?? [];
  }
  if (definitions.some((option) => option.type <= Option.SubcommandGroup)) {
    throw new Error(`/${command.name} needs one of its subcommands.`);
  }
  const wrap = (sent: SentOption[]): SentOption[] =>
    steps.reduceRight((inner, step) => [{ ...step, options: inner }], sent);
  return { definitions, wrap };
}

function refuseUnknown(options: CommandOptions, definitions: readonly CommandOption[]): void {
  const unknown = Object.keys(options).find((name) => !definitions.some((definition) => definition.name === name));
  if (unknown !== undefined) throw new Error(`The command has no option "${unknown}".`);
}

function describe(command: APIApplicationCommand): Record<string, unknown> {
  const { id, name, type, guild_id: guildId } = command;
  return { id, name, type, ...(guildId ? { guild_id: guildId } : {}) };
}

function checkValue(
  definition: CommandOption,
  value: string | number | boolean,
  context: CommandContext,
): string | number | boolean {
  switch (definition.type) {
    case Option.String:
      return checkString(definition, value);
    case Option.Integer:
    case Option.Number:
      return checkNumber(definition, value);
    case Option.Boolean:
      if (typeof value !== 'boolean')
        throw new Error(`The option "${definition.name}" is true or false, got ${String(value)}.`);
      return value;
    case Option.User:
    case Option.Mentionable:
      return checkUser(definition, value, context);
    case Option.Channel:
      return checkChannel(definition, value, context);
    default:
      throw new Error(`The sandbox cannot send the option "${definition.name}" (type ${definition.type}) yet.`);
  }
}

function checkString(definition: CommandOption, value: string | number | boolean): string {
  const { name } = definition;
  if (typeof value !== 'string') throw new Error(`The option "${name}" is a text, got ${String(value)}.`);
  const least = Math.max(definition.min_length ?? 0, definition.required ? 1 : 0);
  const most = definition.max_length ?? 6_000;
  if (value.length < least)
    throw new Error(`The option "${name}" needs at least ${least} characters, got ${value.length}.`);
  if (value.length > most)
    throw new Error(`The option "${name}" takes at most ${most} characters, got ${value.length}.`);
  checkChoice(definition, value);
  return value;
}

function checkNumber(definition: CommandOption, value: string | number | boolean): number {
  const { name } = definition;
  const isWhole = definition.type === Option.Integer;
  if (typeof value !== 'number' || !Number.isFinite(value) || (isWhole && !Number.isSafeInteger(value))) {
    throw new Error(`The option "${name}" is a ${isWhole ? 'whole number' : 'number'}, got ${String(value)}.`);
  }
  if (value < (definition.min_value ?? -Infinity))
    throw new Error(`The option "${name}" is at least ${definition.min_value}, got ${value}.`);
  if (value > (definition.max_value ?? Infinity))
    throw new Error(`The option "${name}" is at most ${definition.max_value}, got ${value}.`);
  checkChoice(definition, value);
  return value;
}

function checkChoice({ name, choices }: CommandOption, value: string | number): void {
  if (!choices?.length || choices.some((choice) => choice.value === value)) return;
  const listed = choices.map((choice) => String(choice.value)).join(', ');
  throw new Error(`The option "${name}" is one of ${listed}, got ${value}.`);
}

function checkUser(definition: CommandOption, value: string | number | boolean, { guildId }: CommandContext): string {
  if (typeof value === 'string' && findUser(value) && isMember(value, guildId)) return value;
  throw new Error(`The option "${definition.name}" is the id of a member of this server, got ${String(value)}.`);
}

function checkChannel(
  definition: CommandOption,
  value: string | number | boolean,
  { guildId }: CommandContext,
): string {
  if (typeof value === 'string' && findChannel(value)?.guildId === guildId) return value;
  throw new Error(`The option "${definition.name}" is the id of a channel of this server, got ${String(value)}.`);
}

function resolveIds(sent: readonly SentOption[], { guildId }: CommandContext): Record<string, unknown> {
  const users: Record<string, unknown> = {};
  const members: Record<string, unknown> = {};
  const channels: Record<string, unknown> = {};
  for (const { type, value } of sent) {
    const user = type === Option.User || type === Option.Mentionable ? findUser(String(value)) : undefined;
    if (user) {
      const {
        user: _inUsers,
        deaf: _deaf,
        mute: _mute,
        ...member
      } = toApiMember(user, guildId, memberPermissions(user));
      users[user.id] = toApiUser(user);
      members[user.id] = member;
    }
    const channel = type === Option.Channel ? findChannel(String(value)) : undefined;
    if (channel) channels[channel.id] = { ...toApiChannel(channel), permissions: '0' };
  }
  const resolved = {
    ...(Object.keys(users).length > 0 ? { users, members } : {}),
    ...(Object.keys(channels).length > 0 ? { channels } : {}),
  };
  return Object.keys(resolved).length > 0 ? { resolved } : {};
}
