/** What Discord's client does before it sends a command: finds it, checks the options, refuses with a sentence. */
import { ApplicationCommandOptionType as Option, ApplicationCommandType } from 'discord-api-types/v10';
import type { APIApplicationCommand, APIAttachment, APIMessage } from 'discord-api-types/v10';
import type { CommandOptions, PickedFile, SandboxUser } from '../interface.ts';
import type { CommandOption } from './command-rules.ts';
import { mayUseCommand } from './permissions.ts';
import { buildResolved, isNamed } from './resolved.ts';
import type { NamedKind } from './resolved.ts';
import { checkPickedFile, isPickedFile } from './uploads.ts';
import { memberPermissions } from './world.ts';

export interface CommandAsk {
  name: string;
  subcommand?: string;
  options: CommandOptions;
}

export interface CommandContext {
  commands: readonly APIApplicationCommand[];
  user: SandboxUser;
  guildId: string;
  /** What a person may send there. */
  largestFileBytes: number;
}

interface SentOption {
  name: string;
  type: number;
  value?: string | number | boolean;
  focused?: true;
  options?: SentOption[];
}

type Value = CommandOptions[string];

/**
 * The `data` of a slash command. Throws an Error with a sentence where the client would not send it; only when
 * everything is right are the files kept.
 */
export function buildCommandData(
  ask: CommandAsk,
  context: CommandContext,
  keepFile: (file: PickedFile) => APIAttachment,
): Record<string, unknown> {
  const command = findCommand(ask.name, ApplicationCommandType.ChatInput, context);
  const { definitions, wrap } = findLeaf(command, ask.subcommand);
  refuseUnknown(ask.options, definitions);
  const checked = definitions.flatMap((definition) => {
    const value = ask.options[definition.name];
    if (value === undefined) {
      if (definition.required) throw new Error(`The option "${definition.name}" is required and was left out.`);
      return [];
    }
    return [{ name: definition.name, type: definition.type, value: checkValue(definition, value, context) }];
  });
  const attachments: APIAttachment[] = [];
  const sent = checked.map(({ name, type, value }): SentOption & { value: string | number | boolean } => {
    if (!isPickedFile(value)) return { name, type, value };
    const attachment = keepFile(value);
    attachments.push(attachment);
    return { name, type, value: attachment.id };
  });
  const ids = sent.flatMap(({ type, value }) => {
    const kind = NAMED_KINDS[type];
    return kind === undefined ? [] : [{ kind, id: String(value) }];
  });
  return { ...describe(command), options: wrap(sent), ...buildResolved({ ids, attachments }, context.guildId) };
}

const NAMED_KINDS: Readonly<Record<number, NamedKind>> = {
  [Option.User]: 'user',
  [Option.Channel]: 'channel',
  [Option.Role]: 'role',
  [Option.Mentionable]: 'mentionable',
};

/** The `data` of a command of the message menu. */
export function buildMessageCommandData(
  name: string,
  message: APIMessage,
  context: CommandContext,
): Record<string, unknown> {
  const command = findCommand(name, ApplicationCommandType.Message, context);
  return {
    ...describe(command),
    target_id: message.id,
    ...buildResolved({ messages: [message] }, context.guildId),
  };
}

/** The `data` of an autocomplete: required options may be missing, values are as far as they were typed. */
export function buildAutocompleteData(
  ask: CommandAsk & { focused: string },
  context: CommandContext,
): Record<string, unknown> {
  const command = findCommand(ask.name, ApplicationCommandType.ChatInput, context);
  const { definitions, wrap } = findLeaf(command, ask.subcommand);
  refuseUnknown(ask.options, definitions);
  const focused = definitions.find((definition) => definition.name === ask.focused);
  if (!focused?.autocomplete) throw new Error(`Expected an option with autocomplete, got "${ask.focused}".`);
  const sent = definitions.flatMap((definition): SentOption[] => {
    const value = ask.options[definition.name] ?? (definition === focused ? '' : undefined);
    // A file is uploaded when the command is sent, not before.
    if (value === undefined || isPickedFile(value)) return [];
    return [
      { name: definition.name, type: definition.type, value, ...(definition === focused ? { focused: true } : {}) },
    ];
  });
  return { ...describe(command), options: wrap(sent) };
}

function findCommand(
  name: string,
  type: ApplicationCommandType,
  { commands, user }: CommandContext,
): APIApplicationCommand {
  const command = commands.find((known) => known.name === name && known.type === type);
  const shown = type === ApplicationCommandType.ChatInput ? `/${name}` : `"${name}"`;
  if (!command) throw new Error(`There is no command ${shown} in this server.`);
  if (!mayUseCommand(command.default_member_permissions, memberPermissions(user))) {
    throw new Error(
      `${user.globalName} does not have the permissions that ${shown} asks for; Discord does not show it.`,
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

function checkValue(definition: CommandOption, value: Value, context: CommandContext): Value {
  switch (definition.type) {
    case Option.String:
      return checkString(definition, value);
    case Option.Integer:
    case Option.Number:
      return checkNumber(definition, value);
    case Option.Boolean:
      if (typeof value !== 'boolean')
        throw new Error(`The option "${definition.name}" is true or false, got ${show(value)}.`);
      return value;
    case Option.Attachment:
      if (!isPickedFile(value)) throw new Error(`The option "${definition.name}" is a file, got ${show(value)}.`);
      checkPickedFile(value, definition.name, {
        fileTypes: definition.file_types,
        largestBytes: context.largestFileBytes,
      });
      return value;
    default:
      return checkNamed(definition, value, context);
  }
}

/** For a sentence; of a file its name. */
function show(value: Value): string {
  return isPickedFile(value) ? `the file ${value.name}` : String(value);
}

function checkString(definition: CommandOption, value: Value): string {
  const { name } = definition;
  if (typeof value !== 'string') throw new Error(`The option "${name}" is a text, got ${show(value)}.`);
  const least = Math.max(definition.min_length ?? 0, definition.required ? 1 : 0);
  const most = definition.max_length ?? 6_000;
  if (value.length < least)
    throw new Error(`The option "${name}" needs at least ${least} characters, got ${value.length}.`);
  if (value.length > most)
    throw new Error(`The option "${name}" takes at most ${most} characters, got ${value.length}.`);
  checkChoice(definition, value);
  return value;
}

function checkNumber(definition: CommandOption, value: Value): number {
  const { name } = definition;
  const isWhole = definition.type === Option.Integer;
  if (typeof value !== 'number' || !Number.isFinite(value) || (isWhole && !Number.isSafeInteger(value))) {
    throw new Error(`The option "${name}" is a ${isWhole ? 'whole number' : 'number'}, got ${show(value)}.`);
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

const NAMED_WORDS: Readonly<Record<NamedKind, string>> = {
  user: 'a member',
  role: 'a role',
  mentionable: 'a member or role',
  channel: 'a channel',
};

function checkNamed({ name, type }: CommandOption, value: Value, { guildId }: CommandContext): string {
  const kind = NAMED_KINDS[type];
  if (kind === undefined) throw new Error(`The sandbox cannot send the option "${name}" (type ${type}).`);
  if (typeof value === 'string' && isNamed(kind, value, guildId)) return value;
  throw new Error(`The option "${name}" is the id of ${NAMED_WORDS[kind]} of this server, got ${show(value)}.`);
}
