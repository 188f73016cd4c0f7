/** What a slash command is, or one of the menu of a message: its data and what it asks. One file each in `commands/`. */
import type {
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { Locale } from '../locales/locale.ts';
import type { CommandAsk, CompletionAsk, MenuAsk } from './ask.ts';
import type { Animations } from './animations.ts';
import type { Answers } from './answers.ts';
import type { Choice, Completions } from './autocomplete.ts';
import type { Gallery } from './gallery.ts';
import type { Help } from './help.ts';
import type { Intake } from './intake.ts';
import type { JobLists } from './job-lists.ts';
import type { MessagePictures } from './message-pictures.ts';
import type { OwnerOf } from './model-owner.ts';
import type { ModelCards } from './models.ts';
import type { Show } from './show.ts';

export interface CommandContext {
  locale: Locale;
  answers: Answers;
  intake: Intake;
  lists: JobLists;
  help: Help;
  gallery: Gallery;
  models: ModelCards;
  show: Show;
  completions: Completions;
  animations: Animations;
  messagePictures: MessagePictures;
  /** The provider a request without one goes to. */
  ownerOf: OwnerOf;
}

export interface Command {
  data: RESTPostAPIChatInputApplicationCommandsJSONBody;
  execute(ask: CommandAsk, context: CommandContext): Promise<void>;
  /** What to offer for the option being typed: from memory, or from a look at the disk. Too late, nothing is offered. */
  autocomplete?(ask: CompletionAsk, context: CommandContext): Choice[] | Promise<Choice[]>;
}

/** A command of the menu of a message. */
export interface MenuCommand {
  data: RESTPostAPIContextMenuApplicationCommandsJSONBody;
  execute(ask: MenuAsk, context: CommandContext): Promise<void>;
}
