/** `/models list` and `/models inputs`: what can be asked for, in private cards. */
import type { Failure, Kind } from '../jobs/job.ts';
import { localeFor } from '../locales/locale.ts';
import type { ModelEntry, Provider } from '../providers/provider.ts';
import type { Answers } from './answers.ts';
import type { CommandAsk } from './ask.ts';
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

  /** `provider` null: the one that knows the model, else the default one. */
  async inputs(ask: CommandAsk, { model, provider: named }: { model: string; provider: string | null }): Promise<void> {
    const { answers, providers } = this.#options;
    const locale = localeFor(ask.locale);
    const provider = named ?? this.#ownerOf(model);
    const known = providers.get(provider);
    if (known === undefined) return answers.refuse(ask, locale.refusals.providerOff(provider, [...providers.keys()]));
    if (known.catalog === null)
      return answers.refuse(ask, locale.models.noModels(locale.providers[provider] ?? provider));
    await answers.defer(ask);
    const [kind = 'image'] = known.kinds;
    try {
      const signal = AbortSignal.timeout(LOOK_UP_MS);
      const inputs = await known.catalog.describeInputs(model, kind, { signal });
      await answers.finish(ask, renderModelInputs({ provider, inputs }, locale));
    } catch (error) {
      const lost = failureOf(error);
      await answers.finish(ask, privateNote(lost === null ? locale.models.tooLong : describeFailure(lost, locale)));
    }
  }

  #ownerOf(model: string): string {
    const { providers, defaultProvider } = this.#options;
    const isKnown = ({ catalog }: Provider): boolean =>
      catalog?.knownModels({ kind: null, search: model, limit: 25 }).some(({ name }) => name === model) === true;
    const owners = [...providers.values()].filter(isKnown).map(({ name }) => name);
    return owners.includes(defaultProvider) ? defaultProvider : (owners[0] ?? this.#firstWithModels());
  }

  #firstWithModels(): string {
    const { providers, defaultProvider } = this.#options;
    if (providers.get(defaultProvider)?.catalog != null) return defaultProvider;
    return [...providers.values()].find(({ catalog }) => catalog !== null)?.name ?? defaultProvider;
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
    const models: ModelEntry[] = catalog.knownModels({ ...wish, limit: 100 });
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
