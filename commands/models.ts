/** `/models`: which models there are, and what each of them can be set to. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { Command } from '../src/discord/command.ts';
import type { Kind } from '../src/jobs/job.ts';
import { en } from '../src/locales/en.ts';
import { PROVIDER_CHOICES, readText } from './options.ts';

const words = en.commands.models;

const KINDS: readonly Kind[] = ['image', 'video'];

export const models: Command = {
  data: {
    name: 'models',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'list',
        description: words.list,
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'kind',
            description: words.kind,
            choices: KINDS.map((kind) => ({ name: en.models.kinds[kind], value: kind })),
          },
          { type: ApplicationCommandOptionType.String, name: 'search', description: words.search, max_length: 100 },
        ],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'inputs',
        description: words.inputs,
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'model',
            description: words.model,
            required: true,
            max_length: 200,
            autocomplete: true,
          },
          {
            type: ApplicationCommandOptionType.String,
            name: 'provider',
            description: words.provider,
            choices: [...PROVIDER_CHOICES],
          },
        ],
      },
    ],
  },

  async execute(ask, context) {
    const [provider, model] = [readText(ask, 'provider'), readText(ask, 'model')];
    if (ask.subcommand === 'inputs') return context.models.inputs(ask, { model: model ?? '', provider });
    const kind = KINDS.find((each) => each === readText(ask, 'kind')) ?? null;
    await context.models.list(ask, { kind, search: readText(ask, 'search') ?? '' });
  },

  autocomplete(ask, { completions }) {
    return completions.models({
      provider: readText(ask, 'provider') ?? 'any',
      kind: null,
      typed: readText(ask, 'model') ?? '',
    });
  },
};
