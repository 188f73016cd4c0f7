/** `/models list` and `/models inputs`: what can be asked for, in private cards. */
import type { Failure, Kind } from '../jobs/job.ts';
import { localeFor } from '../locales/locale.ts';
import type { ModelEntry, Provider } from '../providers/provider.ts';
import type { Answers } from './answers.ts';
import type { CommandAsk } from './ask.ts';
import { findModelOwner } from './model-owner.ts';
import { privateNote } from './private-card.ts';
import { describeFailure } from './render.ts';
import { renderModelInputs, renderModelList, type ProviderModels } from './render-models.ts';

export interface ModelCardsOptions {
  answers: Answers;
  providers: ReadonlyMap<string, Provider>;
  defaultProvider: string;
}

/** The asker looks at "thinking…" for so long at most. */
const LOOK_UP_MS = 15_000;
/** Models of one name and its like: more than any service has. */
const MOST_LOOKED_AT = 100;

export class ModelCards {
  readonly #options: ModelCardsOptions;

  constructor(options: ModelCardsOptions) {
    this.#options = options;
  }

  async list(ask: CommandAsk, wish: { kind: Kind | null; search: string }): Promise<void> {
    const { answers, providers } = this.#options;
    await answers.defer(ask);
    const signal = AbortSignal.timeout(LOOK_UP_MS);
    const lists = await Promise.all([...providers.values()].map((provider) => listOf(provider, wish, signal)));
    await answers.finish(ask, renderModelList({ ...wish, lists }, localeFor(ask.locale)));
  }

  /** `provider` null: the one that lists the model, else the default one. */
  async inputs(ask: CommandAsk, { model, provider: named }: { model: string; provider: string | null }): Promise<void> {
    const { answers, providers, defaultProvider } = this.#options;
    const locale = localeFor(ask.locale);
    const among = named === null ? [defaultProvider, ...providers.keys()] : [named];
    const { name, kind } = findModelOwner({ providers, model, among });
    const provider = providers.get(name);
    if (provider === undefined) return answers.refuse(ask, locale.refusals.providerOff(name, [...providers.keys()]));
    const { catalog } = provider;
    if (catalog === null) return answers.refuse(ask, locale.models.noModels(locale.providers[name] ?? name));
    await answers.defer(ask);
    try {
      const signal = AbortSignal.timeout(LOOK_UP_MS);
      const inputs = await catalog.describeInputs(model, kind ?? provider.kinds[0] ?? 'image', { signal });
      await answers.finish(ask, renderModelInputs({ provider: name, inputs }, locale));
    } catch (error) {
      const lost = failureOf(error);
      await answers.finish(
        ask,
        privateNote(lost === null ? locale.models.tooLong : describeFailure(lost, locale, 'image', { retry: '' })),
      );
    }
  }
}

async function listOf(
  { name, catalog }: Provider,
  wish: { kind: Kind | null; search: string },
  signal: AbortSignal,
): Promise<ProviderModels> {
  if (catalog === null) return { provider: name, models: [], trouble: 'no-models' };
  try {
    return { provider: name, models: await catalog.listModels(wish, { signal }), trouble: null };
  } catch (error) {
    const trouble = failureOf(error) ?? 'too-long';
    // What is in memory is better than nothing.
    const models: ModelEntry[] = catalog.knownModels({ ...wish, limit: MOST_LOOKED_AT });
    return { provider: name, models, trouble };
  }
}

/** null: it took too long. Anything else is a bug and goes on. */
function failureOf(error: unknown): Failure | null {
  // Only the seam's types are known here: its failure is told by its shape.
  if (error instanceof Error && error.name === 'ProviderFailure' && 'failure' in error) return error.failure as Failure;
  if (error instanceof Error && error.name === 'TimeoutError') return null;
  throw error;
}
