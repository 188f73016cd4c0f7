/** `/animate`: a picture becomes a video. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { CommandAsk } from '../src/discord/ask.ts';
import type { Command } from '../src/discord/command.ts';
import { en } from '../src/locales/en.ts';
import {
  modelOption,
  privateOption,
  providerOption,
  readInteger,
  readJobId,
  readReferences,
  readText,
} from './options.ts';

const words = en.commands.animate;

/** What video models name; which of them a model takes, its schema tells, and the nearest is taken. */
const ASPECT_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9'] as const;
const LONGEST_SECONDS = 60;

export const animate: Command = {
  data: {
    name: 'animate',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      { type: ApplicationCommandOptionType.Attachment, name: 'image', description: words.image },
      {
        type: ApplicationCommandOptionType.String,
        name: 'job',
        description: words.job,
        max_length: 100,
        autocomplete: true,
      },
      { type: ApplicationCommandOptionType.String, name: 'prompt', description: words.prompt, max_length: 4000 },
      providerOption(words.provider),
      modelOption(words.model),
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'duration',
        description: words.duration,
        min_value: 1,
        max_value: LONGEST_SECONDS,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'aspect_ratio',
        description: words.aspectRatio,
        choices: ASPECT_RATIOS.map((ratio) => ({ name: ratio, value: ratio })),
      },
      privateOption(words.private),
    ],
  },

  async execute(ask, { answers, animations, locale }) {
    const references = readReferences(ask, 'image', locale);
    if (typeof references === 'string') return answers.refuse(ask, references);
    const [file = null] = references;
    await animations.run(
      ask,
      { file, jobId: readJobId(ask, 'job') },
      {
        prompt: readText(ask, 'prompt'),
        provider: readText(ask, 'provider'),
        model: readText(ask, 'model'),
        durationSeconds: readInteger(ask, 'duration'),
        aspectRatio: readText(ask, 'aspect_ratio'),
        private: readPrivate(ask),
      },
    );
  },

  autocomplete(ask, { completions, locale }) {
    if (ask.focused === 'job') {
      return completions.jobs({ userId: ask.userId, typed: readText(ask, 'job') ?? '', made: 'image' }, locale);
    }
    const provider = readText(ask, 'provider') ?? 'any';
    return completions.models({ provider, kind: 'video', typed: readText(ask, 'model') ?? '' });
  },
};

/** Not said, it is as what the picture comes from. */
function readPrivate({ options }: CommandAsk): boolean | null {
  const value = options.get('private');
  return typeof value === 'boolean' ? value : null;
}
