/** Registered commands as the composer offers them, and typed text read as a command. Pure. */
import type { APIApplicationCommand } from 'discord-api-types/v10';
import type { CommandOptions, SandboxChannel, SandboxUser } from '../interface.ts';

/** Discord's option types (facts: application commands). */
export const OPTION = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  mentionable: 9,
  number: 10,
} as const;

export interface Choice {
  name: string;
  value: string | number | boolean;
}

export interface CommandOption {
  type: number;
  name: string;
  description: string;
  required: boolean;
  autocomplete: boolean;
  /** Empty: any value goes. */
  choices: Choice[];
}

/** A command that can be sent: one without subcommands, or one subcommand. */
export interface RunnableCommand {
  name: string;
  /** `list`, or of a group `words add`. */
  subcommand: string | undefined;
  /** As typed: `/jobs list`. */
  title: string;
  description: string;
  options: CommandOption[];
}

interface RawOption {
  type: number;
  name: string;
  description: string;
  required?: boolean;
  autocomplete?: boolean;
  choices?: Choice[];
  options?: RawOption[];
}

const SENDABLE: readonly number[] = [3, 4, 5, 6, 7, 9, 10];

/** What this user finds in the list; commands that ask for permissions are a moderator's. */
export function listCommands(commands: readonly APIApplicationCommand[], place: Place): RunnableCommand[] {
  return commands
    .filter((command) => command.type === 1)
    .filter((command) => command.default_member_permissions == null || place.user.isModerator)
    .flatMap((command) => listLeaves(command.name, [], command as unknown as RawOption, place));
}

export interface Place {
  user: SandboxUser;
  /** Who and what a user or channel option can name. */
  members: readonly SandboxUser[];
  channels: readonly SandboxChannel[];
}

function listLeaves(name: string, path: readonly string[], raw: RawOption, place: Place): RunnableCommand[] {
  const options = raw.options ?? [];
  const branches = options.filter(({ type }) => type === OPTION.subcommand || type === OPTION.group);
  if (branches.length > 0) {
    return branches.flatMap((branch) => listLeaves(name, [...path, branch.name], branch, place));
  }
  return [
    {
      name,
      subcommand: path.length === 0 ? undefined : path.join(' '),
      title: `/${[name, ...path].join(' ')}`,
      description: raw.description,
      options: options.filter(({ type }) => SENDABLE.includes(type)).map((option) => readOption(option, place)),
    },
  ];
}

function readOption(raw: RawOption, place: Place): CommandOption {
  return {
    type: raw.type,
    name: raw.name,
    description: raw.description,
    required: raw.required === true,
    autocomplete: raw.autocomplete === true,
    choices: listChoices(raw, place),
  };
}

function listChoices(raw: RawOption, { members, channels }: Place): Choice[] {
  switch (raw.type) {
    case OPTION.boolean:
      return [
        { name: 'True', value: true },
        { name: 'False', value: false },
      ];
    case OPTION.user:
    case OPTION.mentionable:
      return members.map((user) => ({ name: user.globalName, value: user.id }));
    case OPTION.channel:
      return channels.map((channel) => ({ name: `#${channel.name}`, value: channel.id }));
    default:
      return raw.choices ?? [];
  }
}

/** Commands whose name goes on from what is typed after the slash; an exact prefix first. */
export function findCommands(commands: readonly RunnableCommand[], typed: string): RunnableCommand[] {
  const sought = typed.replace(/^\//u, '').trim().toLowerCase();
  const titled = (command: RunnableCommand): string => command.title.slice(1).toLowerCase();
  const starting = commands.filter((command) => titled(command).startsWith(sought));
  const holding = commands.filter((command) => !starting.includes(command) && titled(command).includes(sought));
  return [...starting, ...holding];
}

/** The command that the text begins with, when its name is complete and followed by a space or the end. */
export function matchCommand(
  commands: readonly RunnableCommand[],
  text: string,
): { command: RunnableCommand; rest: string } | undefined {
  const matching = commands
    .filter(({ title }) => text === title || /^\s/u.test(text.slice(title.length)))
    .filter(({ title }) => text.startsWith(title))
    .toSorted((one, other) => other.title.length - one.title.length);
  const command = matching[0];
  return command === undefined ? undefined : { command, rest: text.slice(command.title.length).trim() };
}

export interface WrittenOption {
  option: CommandOption;
  text: string;
}

/**
 * Splits `prompt: a cat seed: 5` at the registered names. A name counts once, so the same word later is
 * text; what stands before the first name goes to the first required text option, else the first text option.
 */
export function splitOptions(command: RunnableCommand, rest: string): WrittenOption[] {
  const written: WrittenOption[] = [];
  const unnamed = command.options.find((option) => option.required && option.type === OPTION.string);
  let current = unnamed ?? command.options.find((option) => option.type === OPTION.string);
  let from = 0;
  for (const mark of rest.matchAll(/(?<=^|\s)([\p{L}\p{N}_-]{1,32}):/gu)) {
    const option = command.options.find(({ name }) => name === mark[1]);
    const isTaken = written.some((earlier) => earlier.option === option) || (option === current && from > 0);
    if (option === undefined || isTaken) continue;
    keep(written, current, rest.slice(from, mark.index));
    current = option;
    from = mark.index + mark[0].length;
  }
  keep(written, current, rest.slice(from));
  return written;
}

function keep(written: WrittenOption[], option: CommandOption | undefined, text: string): void {
  if (option !== undefined && text.trim() !== '') written.push({ option, text: text.trim() });
}

/** The values to send. Throws an Error with a sentence for the person where a text is not a value or one is missing. */
export function readOptions(command: RunnableCommand, written: readonly WrittenOption[]): CommandOptions {
  const options: CommandOptions = {};
  for (const { option, text } of written) options[option.name] = readValue(option, text);
  const missing = command.options.find(({ name, required }) => required && options[name] === undefined);
  if (missing !== undefined) throw new Error(`The option “${missing.name}” is required: ${missing.description}`);
  return options;
}

function readValue(option: CommandOption, text: string): string | number | boolean {
  if (option.choices.length > 0) return readChoice(option, text);
  if (option.type === OPTION.integer || option.type === OPTION.number) return readNumber(option, text);
  return text;
}

function readChoice(option: CommandOption, text: string): string | number | boolean {
  const sought = text.toLowerCase().replace(/^[@#]|^<[@#]|>$/gu, '');
  const aliases: Readonly<Record<string, string>> = { yes: 'true', no: 'false' };
  const wanted = option.type === OPTION.boolean ? (aliases[sought] ?? sought) : sought;
  const found = option.choices.find(
    ({ name, value }) => String(value).toLowerCase() === wanted || name.toLowerCase().replace(/^#/u, '') === wanted,
  );
  if (found !== undefined) return found.value;
  const listed = option.choices.map(({ name }) => name).join(', ');
  throw new Error(`Expected “${option.name}” to be one of ${listed}, got “${text}”.`);
}

function readNumber(option: CommandOption, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && (option.type === OPTION.number || Number.isSafeInteger(value))) return value;
  const kind = option.type === OPTION.integer ? 'a whole number' : 'a number';
  throw new Error(`Expected “${option.name}” to be ${kind}, got “${text}”.`);
}
