/** `/listing`: the five square pictures of a product, as one job. */
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { CommandAsk } from '../src/discord/ask.ts';
import type { Command } from '../src/discord/command.ts';
import type { Request } from '../src/jobs/job.ts';
import {
  askForProduct,
  MOST_FEATURES,
  parseKeywords,
  PRODUCT_LIMITS,
  readProduct,
  type ReadProduct,
} from '../src/jobs/listing.ts';
import { LISTING_ITEMS } from '../src/jobs/listing-prompts.ts';
import { en } from '../src/locales/en.ts';
import { modelOption, privateOption, providerOption, readReferences, readText } from './options.ts';

const words = en.commands.listing;

/** What shops ask for. */
const ASPECT_RATIO = '1:1';

const FEATURES = Array.from({ length: MOST_FEATURES }, (_, index) => `feature_${index + 1}`);

export const listing: Command = {
  data: {
    name: 'listing',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'title',
        description: words.title,
        required: true,
        min_length: 1,
        max_length: PRODUCT_LIMITS.title,
      },
      ...FEATURES.map((name, index) => ({
        type: ApplicationCommandOptionType.String as const,
        name,
        description: index === 0 ? words.feature : words.moreFeature,
        required: index === 0,
        min_length: 1,
        max_length: PRODUCT_LIMITS.feature,
      })),
      {
        type: ApplicationCommandOptionType.String,
        name: 'audience',
        description: words.audience,
        max_length: PRODUCT_LIMITS.audience,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'keywords',
        description: words.keywords,
        max_length: PRODUCT_LIMITS.keywords,
      },
      { type: ApplicationCommandOptionType.Attachment, name: 'image', description: words.image },
      providerOption(words.provider),
      modelOption(words.model),
      privateOption(words.private),
    ],
  },

  async execute(ask, { answers, intake, ownerOf, locale }) {
    const read = readTypedProduct(ask);
    if (read.problem !== null) return answers.refuse(ask, locale.listing.refused(read.problem));
    const references = readReferences(ask, 'image', locale);
    if (typeof references === 'string') return answers.refuse(ask, references);
    await intake.submit(ask, {
      input: askForProduct(
        readRequest(ask, ownerOf(readText(ask, 'model'), 'image')),
        read.product,
        references.length > 0,
      ),
      private: ask.options.get('private') === true,
      retryOf: null,
      fallbackFrom: null,
      references,
      itemNames: LISTING_ITEMS,
      carry: null,
    });
  },

  autocomplete(ask, { completions }) {
    const provider = readText(ask, 'provider');
    return completions.models({ provider, kind: 'image', typed: readText(ask, 'model') ?? '' });
  },
};

function readTypedProduct(ask: CommandAsk): ReadProduct {
  const keywords = parseKeywords(readText(ask, 'keywords') ?? '');
  if (keywords.problem !== null) return keywords;
  const typed = {
    title: readText(ask, 'title'),
    features: FEATURES.map((name) => readText(ask, name)),
    audience: readText(ask, 'audience'),
  };
  return readProduct(typed, keywords.keywords);
}

/** Without the product. */
function readRequest(ask: CommandAsk, defaultProvider: string): Request {
  return {
    command: 'listing',
    kind: 'image',
    provider: readText(ask, 'provider') ?? defaultProvider,
    model: readText(ask, 'model'),
    prompt: '',
    negativePrompt: null,
    aspectRatio: ASPECT_RATIO,
    seed: null,
    settings: {},
    durationSeconds: null,
    product: null,
    itemPrompts: {},
  };
}
