/** `/gallery`: pages of what was made, newest first, only to the one who asks. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { Command } from '../src/discord/command.ts';
import type { JobState, Kind } from '../src/jobs/job.ts';
import { en } from '../src/locales/en.ts';
import { readText } from './options.ts';

const words = en.commands.gallery;

const KINDS: readonly Kind[] = ['image', 'video'];
const STATES: readonly JobState[] = ['done', 'partial', 'failed', 'cancelled'];

export const gallery: Command = {
  data: {
    name: 'gallery',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      { type: ApplicationCommandOptionType.User, name: 'user', description: words.user },
      {
        type: ApplicationCommandOptionType.String,
        name: 'kind',
        description: words.kind,
        choices: KINDS.map((kind) => ({ name: en.gallery.only[kind], value: kind })),
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'status',
        description: words.status,
        choices: STATES.map((state) => ({ name: en.states[state], value: state })),
      },
    ],
  },

  async execute(ask, context) {
    const [kind, status] = [readText(ask, 'kind'), readText(ask, 'status')];
    await context.gallery.browse(ask, {
      userId: readText(ask, 'user'),
      kind: KINDS.find((each) => each === kind) ?? null,
      state: STATES.find((each) => each === status) ?? null,
    });
  },
};
