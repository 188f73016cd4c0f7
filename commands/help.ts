/** `/help`: what there is, in one private card. */
import { ApplicationIntegrationType, InteractionContextType } from 'discord-api-types/v10';
import type { Command } from '../src/discord/command.ts';
import { en } from '../src/locales/en.ts';

export const help: Command = {
  data: {
    name: 'help',
    description: en.commands.help.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  },

  async execute(ask, context) {
    await context.help.show(ask);
  },
};
