/** `/help`: says what the asker may use here, from the commands' own descriptions. */
import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { localeFor } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { CommandAsk } from './ask.ts';
import type { Command, MenuCommand } from './command.ts';
import { isModerator } from './permissions.ts';
import { renderHelp, type HelpView } from './render-help.ts';

export interface HelpOptions extends Pick<HelpView, 'providers' | 'runningLimit' | 'waitingLimit'> {
  answers: Answers;
  commands: readonly Command[];
  menus: readonly MenuCommand[];
}

export class Help {
  readonly #options: HelpOptions;
  #commandIds: ReadonlyMap<string, string> = new Map();

  constructor(options: HelpOptions) {
    this.#options = options;
  }

  /** Discord's ids of the registered commands, by name: they can be pressed from then on. */
  setCommandIds(ids: ReadonlyMap<string, string>): void {
    this.#commandIds = ids;
  }

  async show(ask: CommandAsk): Promise<void> {
    const { answers, commands, ...view } = this.#options;
    const menus = view.menus.map(({ data }) => data.name);
    const usable = commands.filter(({ data }) => data.default_member_permissions == null || isModerator(ask));
    const shown = usable.flatMap((command) => this.#entriesOf(command));
    await answers.show(ask, renderHelp({ ...view, menus, commands: shown, locale: localeFor(ask.locale) }));
  }

  /** A command with subcommands cannot be typed alone: each of them is an entry. */
  #entriesOf({ data }: Command): HelpView['commands'] {
    const id = this.#commandIds.get(data.name) ?? null;
    const subcommands = (data.options ?? []).filter(({ type }) => type === ApplicationCommandOptionType.Subcommand);
    if (subcommands.length === 0) return [{ name: data.name, description: data.description, id }];
    return subcommands.map(({ name, description }) => ({ name: `${data.name} ${name}`, description, id }));
  }
}
