/** Registered commands as the composer offers them, and typed text read as a command. Pure. */
import type { APIApplicationCommand } from 'discord-api-types/v10';
import type { CommandOptions, PickedFile, SandboxChannel, SandboxUser } from '../interface.ts';

/** Discord's option types (facts: application commands). */
export const OPTION = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const;

export interface Choice {
  name: string;
  value: string | number | boolean;
  /** Of a choice that is a person. */
  user?: SandboxUser;
}

export interface CommandOption {
  type: number;
  name: string;
  description: string;
  required: boolean;
  autocomplete: boolean;
  /** Empty: any value goes. */
  choices: Choice[];
  /** Of a number its bounds, of a text the bounds of its length. */
  least: number | undefined;
  most: number | undefined;
  /** Of a file: `image`, `video`, `audio`, or an extension with its dot. Empty: any. */
  fileTypes: string[];
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
  min_value?: number;
  max_value?: number;
  min_length?: number;
  max_length?: number;
  file_types?: string[];
}

const SENDABLE: readonly number[] = [3, 4, 5, 6, 7, 8, 9, 10, 11];
const SLASH_COMMAND: number = 1;
const MESSAGE_COMMAND: number = 3;

/** What this user finds in the list; commands that ask for permissions are a moderator's. */
export function listCommands(commands: readonly APIApplicationCommand[], place: Place): RunnableCommand[] {
  return commands
    .filter((command) => command.type === SLASH_COMMAND && isOpenTo(command, place.user))
    .flatMap((command) => listLeaves(command.name, [], command as unknown as RawOption, place));
}

/** The names of what this user finds in the menu of a message. */
export function listMessageCommands(commands: readonly APIApplicationCommand[], user: SandboxUser): string[] {
  return commands
    .filter((command) => command.type === MESSAGE_COMMAND && isOpenTo(command, user))
    .map(({ name }) => name);
}

function isOpenTo(command: APIApplicationCommand, user: SandboxUser): boolean {
  return command.default_member_permissions == null || user.isModerator;
}

export interface Place {
  user: SandboxUser;
  /** Who and what a user or channel option can name. */
  members: readonly SandboxUser[];
  channels: readonly SandboxChannel[];
  roles: readonly { id: string; name: string }[];
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
    least: raw.min_value ?? raw.min_length,
    most: raw.max_value ?? raw.max_length,
    fileTypes: raw.file_types ?? [],
  };
}

function listChoices(raw: RawOption, { members, channels, roles }: Place): Choice[] {
  const people = members.map((user): Choice => ({ name: user.globalName, value: user.id, user }));
  const ranks = roles.map((role): Choice => ({ name: role.name, value: role.id }));
  switch (raw.type) {
    case OPTION.boolean:
      return [
        { name: 'True', value: true },
        { name: 'False', value: false },
      ];
    case OPTION.user:
      return people;
    case OPTION.role:
      return ranks;
    case OPTION.mentionable:
      return [...people, ...ranks];
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
  /** Of an attachment, which no text can be. */
  file?: PickedFile;
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
  for (const { option, text, file } of written) options[option.name] = file ?? readValue(option, text);
  const missing = command.options.find(({ name, required }) => required && options[name] === undefined);
  if (missing !== undefined) throw new Error(`The option “${missing.name}” is required: ${missing.description}`);
  return options;
}

/** What is wrong with a text as this option's value, for a field that shows it while it is typed. */
export function findProblem(option: CommandOption, text: string): string | null {
  const { type, least = -Infinity, most = Infinity } = option;
  if (type === OPTION.string && text.length > most) return `At most ${most} characters, these are ${text.length}.`;
  if (type === OPTION.string && text.length < least) return `At least ${least} characters.`;
  if (type !== OPTION.integer && type !== OPTION.number) return null;
  try {
    const value = readNumber(option, text);
    return value < least || value > most ? `Expected ${describeRange(option)}, got ${value}.` : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `a whole number from 1 to 4`; null for what is no number. */
export function describeRange({ type, least, most }: CommandOption): string | null {
  if (type !== OPTION.integer && type !== OPTION.number) return null;
  const kind = type === OPTION.integer ? 'a whole number' : 'a number';
  if (least !== undefined && most !== undefined) return `${kind} from ${least} to ${most}`;
  if (least !== undefined) return `${kind} of ${least} or more`;
  return most === undefined ? kind : `${kind} of ${most} or less`;
}

function readValue(option: CommandOption, text: string): string | number | boolean {
  if (option.type === OPTION.attachment) {
    throw new Error(`“${option.name}” is a file: pick the command from the list, then choose, drop or paste the file.`);
  }
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
