/** `/show`: an earlier job once more, as a card with working buttons. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { Command } from '../src/discord/command.ts';
import { en } from '../src/locales/en.ts';
import { readJobId, readText } from './options.ts';

const words = en.commands.show;

export const show: Command = {
  data: {
    name: 'show',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'job',
        description: words.job,
        required: true,
        max_length: 100,
        autocomplete: true,
      },
    ],
  },

  async execute(ask, context) {
    await context.show.show(ask, readJobId(ask, 'job') ?? '');
  },

  autocomplete(ask, { completions, locale }) {
    return completions.jobs({ userId: ask.userId, typed: readText(ask, 'job') ?? '', made: null }, locale);
  },
};
