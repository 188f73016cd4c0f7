/** `Animate image`, in the menu of a message: a picture of it becomes a video. */
import { ApplicationCommandType, ApplicationIntegrationType, InteractionContextType } from 'discord-api-types/v10';
import type { MenuCommand } from '../src/discord/command.ts';
import { en } from '../src/locales/en.ts';

export const animateImage: MenuCommand = {
  data: {
    type: ApplicationCommandType.Message,
    name: en.menus.animateImage,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  },

  async execute(ask, { messagePictures }) {
    await messagePictures.animate(ask);
  },
};
