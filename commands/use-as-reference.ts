/** `Use as reference`, in the menu of a message: a new picture that starts from one of it. */
import { ApplicationCommandType, ApplicationIntegrationType, InteractionContextType } from 'discord-api-types/v10';
import type { MenuCommand } from '../src/discord/command.ts';
import { en } from '../src/locales/en.ts';

export const useAsReference: MenuCommand = {
  data: {
    type: ApplicationCommandType.Message,
    name: en.menus.useAsReference,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  },

  async execute(ask, { messagePictures }) {
    await messagePictures.use(ask);
  },
};
