/** What a slash command is: its data and what it asks. One file each in `commands/`. */
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';
import type { Locale } from '../locales/locale.ts';
import type { CommandAsk, CompletionAsk } from './ask.ts';
import type { Answers } from './answers.ts';
import type { Choice, Completions } from './autocomplete.ts';
import type { Help } from './help.ts';
import type { Intake } from './intake.ts';
import type { JobLists } from './job-lists.ts';
import type { ModelCards } from './models.ts';

export interface CommandContext {
  locale: Locale;
  answers: Answers;
  intake: Intake;
  lists: JobLists;
  help: Help;
  models: ModelCards;
  completions: Completions;
  /** The provider a request without one goes to. */
  defaultProvider: string;
}

export interface Command {
  data: RESTPostAPIChatInputApplicationCommandsJSONBody;
  execute(ask: CommandAsk, context: CommandContext): Promise<void>;
  /** What to offer for the option being typed. From memory: it returns no promise, so that it cannot wait. */
  autocomplete?(ask: CompletionAsk, context: CommandContext): Choice[];
}
