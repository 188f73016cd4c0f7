/** What Discord asks of a command beyond its published schema, and how it gives a command back. */
import { ApplicationCommandOptionType as Option, ApplicationCommandType } from 'discord-api-types/v10';
import type { FormIssue, FormPath } from './errors.ts';

const MOST_CHARACTERS = 8_000;
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

type Localizations = Record<string, string> | null;

export interface CommandOption {
  type: number;
  name: string;
  description: string;
  name_localizations?: Localizations;
  description_localizations?: Localizations;
  required?: boolean | null;
  autocomplete?: boolean | null;
  choices?: { name: string; value: string | number; name_localizations?: Localizations }[] | null;
  options?: CommandOption[] | null;
  min_value?: number | null;
  max_value?: number | null;
  min_length?: number | null;
  max_length?: number | null;
  channel_types?: number[] | null;
  /** Of an attachment: `image`, `video`, `audio`, or an extension with its dot. */
  file_types?: string[] | null;
}

/** A command as a request brings it, accepted by the schema. */
export interface CommandBody {
  name: string;
  type?: number | null;
  description?: string | null;
  name_localizations?: Localizations;
  description_localizations?: Localizations;
  options?: CommandOption[] | null;
  default_member_permissions?: string | number | null;
  dm_permission?: boolean | null;
  contexts?: number[] | null;
  integration_types?: number[] | null;
  nsfw?: boolean | null;
}

export function checkCommand(command: CommandBody, path: FormPath): FormIssue[] {
  const type = command.type ?? ApplicationCommandType.ChatInput;
  if (type !== ApplicationCommandType.ChatInput) return checkMenu(command, path);
  const issues = [...checkName(command, path), ...checkOptions(command.options ?? [], [...path, 'options'])];
  if (!command.description) {
    issues.push({ path: [...path, 'description'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' });
  }
  if (countCharacters(command) > MOST_CHARACTERS) {
    const message = `Command exceeds maximum size (${MOST_CHARACTERS})`;
    issues.push({ path, code: 'APPLICATION_COMMAND_TOO_LARGE', message });
  }
  return issues;
}

function checkMenu(command: CommandBody, path: FormPath): FormIssue[] {
  const issues: FormIssue[] = [];
  if (command.description) {
    const message = 'Context menu commands cannot have description';
    issues.push({ path: [...path, 'description'], code: 'APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED', message });
  }
  if (command.options?.length) {
    const message = 'Context menu commands cannot have options';
    issues.push({ path: [...path, 'options'], code: 'APPLICATION_COMMAND_OPTIONS_NOT_ALLOWED', message });
  }
  return issues;
}

/** Of a slash command or an option, its localizations included: the pattern, and lower case where a letter has one. */
function checkName(named: Pick<CommandBody, 'name' | 'name_localizations'>, path: FormPath): FormIssue[] {
  const names: [FormPath, string][] = [
    [[...path, 'name'], named.name],
    ...Object.entries(named.name_localizations ?? {}).map(([locale, name]): [FormPath, string] => [
      [...path, 'name_localizations', locale],
      name,
    ]),
  ];
  return names
    .filter(([, name]) => !NAME.test(name) || name.toLowerCase() !== name)
    .map(([at]) => ({ path: at, code: 'APPLICATION_COMMAND_INVALID_NAME', message: 'Command name is invalid' }));
}

function checkOptions(options: readonly CommandOption[], path: FormPath): FormIssue[] {
  return [
    ...options.flatMap((option, index) => checkOption(option, [...path, index])),
    ...checkTogether(options, path),
  ];
}

function checkOption(option: CommandOption, path: FormPath): FormIssue[] {
  const issues = [...checkName(option, path), ...checkOptions(option.options ?? [], [...path, 'options'])];
  if (option.autocomplete && option.choices?.length) {
    const message = 'Autocomplete options cannot have choices';
    issues.push({ path: [...path, 'choices'], code: 'APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES', message });
  }
  const least = option.min_length ?? option.min_value ?? -Infinity;
  const most = option.max_length ?? option.max_value ?? Infinity;
  if (least > most) {
    const message = 'The minimum must not be greater than the maximum';
    issues.push({ path, code: 'APPLICATION_COMMAND_OPTION_RANGE_INVALID', message });
  }
  const values = (option.choices ?? []).map((choice) => choice.name);
  if (new Set(values).size !== values.length) {
    const message = 'Option choice names must be unique';
    issues.push({ path: [...path, 'choices'], code: 'APPLICATION_COMMAND_OPTION_CHOICE_NAME_DUPLICATE', message });
  }
  return issues;
}

function checkTogether(options: readonly CommandOption[], path: FormPath): FormIssue[] {
  const issues: FormIssue[] = [];
  const names = options.map((option) => option.name);
  const firstOptional = options.findIndex((option) => !option.required);
  const isNested = (option: CommandOption): boolean =>
    option.type === Option.Subcommand || option.type === Option.SubcommandGroup;
  for (const [index, option] of options.entries()) {
    if (names.indexOf(option.name) !== index) {
      const message = 'Option name already exists';
      issues.push({ path: [...path, index, 'name'], code: 'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS', message });
    }
    if (option.required && firstOptional !== -1 && firstOptional < index) {
      const message = 'Required options must be placed before non-required options';
      issues.push({ path: [...path, index], code: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message });
    }
    if (isNested(option) !== isNested(options[0] ?? option)) {
      const message = 'Sub-command and sub-command group option types are mutually exclusive to all other types';
      issues.push({ path: [...path, index], code: 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', message });
    }
  }
  return issues;
}

/** Names, descriptions and choice values together; of localizations the longest counts. */
function countCharacters(command: CommandBody): number {
  const longest = (text: string | null | undefined, localizations: Localizations | undefined): number =>
    Math.max(text?.length ?? 0, ...Object.values(localizations ?? {}).map((other) => other.length));
  const countOption = (option: CommandOption): number =>
    longest(option.name, option.name_localizations) +
    longest(option.description, option.description_localizations) +
    (option.choices ?? []).reduce((sum, choice) => sum + choice.name.length + String(choice.value).length, 0) +
    (option.options ?? []).reduce((sum, nested) => sum + countOption(nested), 0);
  return (
    longest(command.name, command.name_localizations) +
    longest(command.description, command.description_localizations) +
    (command.options ?? []).reduce((sum, option) => sum + countOption(option), 0)
  );
}

/** An option as Discord gives it back: false and empty fields are left out, localizations are always there. */
export function normalizeOption(option: CommandOption): Record<string, unknown> {
  const { required, autocomplete, choices, options, name_localizations, description_localizations, ...rest } = option;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  return {
    ...given,
    name_localizations: name_localizations ?? null,
    description_localizations: description_localizations ?? null,
    ...(required ? { required } : {}),
    ...(autocomplete ? { autocomplete } : {}),
    ...(choices?.length
      ? { choices: choices.map((choice) => ({ ...choice, name_localizations: choice.name_localizations ?? null })) }
      : {}),
    ...(options?.length ? { options: options.map(normalizeOption) } : {}),
  };
}
