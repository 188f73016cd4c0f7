/** `/generate`: one to four pictures from a prompt. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { CommandAsk } from '../src/discord/ask.ts';
import type { Command } from '../src/discord/command.ts';
import { nameItems, type Request, SEEDS } from '../src/jobs/job.ts';
import { parseSettings } from '../src/jobs/settings-text.ts';
import { en } from '../src/locales/en.ts';
import { modelOption, privateOption, providerOption, readInteger, readReferences, readText } from './options.ts';

const words = en.commands.generate;

/** Ratios every image service knows under these names (facts: Gemini and the Flux family list them all). */
const ASPECT_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
const MOST_PICTURES = 4;

export const generate: Command = {
  data: {
    name: 'generate',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'prompt',
        description: words.prompt,
        required: true,
        min_length: 1,
        max_length: 4000,
      },
      providerOption(words.provider),
      modelOption(words.model),
      {
        type: ApplicationCommandOptionType.String,
        name: 'aspect_ratio',
        description: words.aspectRatio,
        choices: ASPECT_RATIOS.map((ratio) => ({ name: ratio, value: ratio })),
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'count',
        description: words.count,
        min_value: 1,
        max_value: MOST_PICTURES,
      },
      { type: ApplicationCommandOptionType.Attachment, name: 'image', description: words.image },
      {
        type: ApplicationCommandOptionType.String,
        name: 'negative_prompt',
        description: words.negativePrompt,
        max_length: 1000,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'seed',
        description: words.seed,
        min_value: 0,
        max_value: SEEDS - 1,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'settings',
        description: words.settings,
        max_length: 1000,
        autocomplete: true,
      },
      privateOption(words.private),
    ],
  },

  async execute(ask, { answers, intake, ownerOf, locale }) {
    const parsed = parseSettings(readText(ask, 'settings') ?? '');
    if (parsed.problem !== null) return answers.refuse(ask, locale.models.badSettings(parsed.problem));
    const references = readReferences(ask, 'image', locale);
    if (typeof references === 'string') return answers.refuse(ask, references);
    await intake.submit(ask, {
      input: { ...readRequest(ask, ownerOf(readText(ask, 'model'), 'image')), settings: parsed.settings },
      private: ask.options.get('private') === true,
      retryOf: null,
      fallbackFrom: null,
      references,
      itemNames: nameItems('image', readInteger(ask, 'count') ?? 1),
      carry: null,
    });
  },

  autocomplete(ask, { completions, locale }) {
    const provider = readText(ask, 'provider');
    const kind = 'image';
    if (ask.focused === 'model') return completions.models({ provider, kind, typed: readText(ask, 'model') ?? '' });
    const typed = ask.options.get('settings');
    return completions.settings(
      { provider, model: readText(ask, 'model'), kind, typed: typeof typed === 'string' ? typed : '' },
      locale,
    );
  },
};

function readRequest(ask: CommandAsk, defaultProvider: string): Omit<Request, 'settings'> {
  return {
    command: 'generate',
    kind: 'image',
    provider: readText(ask, 'provider') ?? defaultProvider,
    model: readText(ask, 'model'),
    prompt: readText(ask, 'prompt') ?? '',
    negativePrompt: readText(ask, 'negative_prompt'),
    aspectRatio: readText(ask, 'aspect_ratio'),
    seed: readInteger(ask, 'seed'),
    durationSeconds: null,
    product: null,
    itemPrompts: {},
  };
}
