/** Which models the service has, asked for at most once an hour. */
import { failure, type Kind } from '../../jobs/job.ts';
import {
  type CallOptions,
  type ModelCatalog,
  type ModelEntry,
  type ModelInputs,
  ProviderFailure,
} from '../provider.ts';
import type { GeminiApi } from './api.ts';
import { fieldsOf, textOf } from './error-answer.ts';
import { listFields } from './inputs.ts';

export interface CatalogOptions {
  api: GeminiApi;
  /** For each page of the list. */
  timeoutMs: number;
  now: () => number;
  configured: Readonly<Record<Kind, string>>;
}

interface List {
  /** Models that make something, in the service's order, the configured ones first. */
  makers: readonly ModelEntry[];
  /** The name of every model there is. */
  names: ReadonlySet<string>;
  /** Of those, what no request of ours reaches. */
  otherMethods: ReadonlySet<string>;
  until: number;
}

const CACHED_MS = 60 * 60_000;
/** Most that the service gives at once. */
const PAGE_SIZE = 1_000;
const MOST_PAGES = 20;
const LONGEST_DESCRIPTION = 100;
/** What no request of ours reaches: Imagen and Veo have methods of their own, and both are shut down. */
const OTHER_METHODS = ['predict', 'predictLongRunning', 'embedContent', 'asyncBatchEmbedContent'];
const NAMES: Readonly<Record<Kind, RegExp>> = { image: /image|banana/i, video: /omni|video/i };

/** What a model is for, as far as its name tells. */
export function kindByName(id: string): Kind | null {
  return (['image', 'video'] as const).find((kind) => NAMES[kind].test(id)) ?? null;
}

/** What a model is to us: it makes what is asked for, cannot be asked by us, makes something else, or is not there. */
export type Standing = 'maker' | 'other-method' | 'other' | 'absent';

/** `models/gemini-3-pro-image` as `gemini-3-pro-image`; null for what cannot be a model's id. */
export function readModelId(name: string): string | null {
  const id = name.trim().replace(/^models\//, '');
  return /^[a-z0-9][\w.-]{0,99}$/i.test(id) && !id.includes('..') ? id : null;
}

export class GeminiModels implements ModelCatalog {
  readonly #api: GeminiApi;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #configured: Readonly<Record<Kind, string>>;
  #list: List | null = null;

  constructor({ api, timeoutMs, now, configured }: CatalogOptions) {
    this.#api = api;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#configured = configured;
  }

  knownModels({ kind, search, limit }: Parameters<ModelCatalog['knownModels']>[0]): ModelEntry[] {
    return filterEntries(this.#list?.makers ?? this.#listConfigured(), kind, search).slice(0, limit);
  }

  /** Always known: they are the same for every model of a kind, but for a few choices. */
  knownInputs(model: string | null, kind: Kind): ModelInputs {
    const id = model === null ? this.#configured[kind] : (readModelId(model) ?? model);
    return { model: id, kind, fields: listFields(id, kind) };
  }

  async listModels(
    { kind, search }: Parameters<ModelCatalog['listModels']>[0],
    { signal }: CallOptions,
  ): Promise<ModelEntry[]> {
    return filterEntries((await this.#ask(signal)).makers, kind, search);
  }

  async describeInputs(model: string | null, kind: Kind, { signal }: CallOptions): Promise<ModelInputs> {
    if (model === null) return this.knownInputs(model, kind);
    const id = readModelId(model);
    const made = kindByName(id ?? '') ?? kind;
    if (id === null || (await this.find(id, made, signal)) !== 'maker')
      throw new ProviderFailure(failure('model-unknown', 'give-up', { details: { model } }));
    return this.knownInputs(model, made);
  }

  async warm({ signal }: CallOptions): Promise<string[]> {
    const { names } = await this.#ask(signal);
    return Object.values(this.#configured).filter((name) => !names.has(name));
  }

  /** What the owner configured always is a maker. Throws ProviderFailure when the service does not tell. */
  async find(id: string, kind: Kind, signal: AbortSignal): Promise<Standing> {
    if (id === this.#configured[kind]) return 'maker';
    const { makers, names, otherMethods } = await this.#ask(signal);
    if (makers.some((entry) => entry.name === id && entry.kind === kind)) return 'maker';
    if (otherMethods.has(id)) return 'other-method';
    return names.has(id) ? 'other' : 'absent';
  }

  #listConfigured(): ModelEntry[] {
    return (['image', 'video'] as const).map((kind) => ({
      name: this.#configured[kind],
      kind,
      description: '',
      isDefault: true,
    }));
  }

  async #ask(signal: AbortSignal): Promise<List> {
    if (this.#list !== null && this.#list.until > this.#now()) return this.#list;
    const all = await this.#fetchAll(signal);
    const made = all.flatMap((model) => readEntry(model));
    const defaults = this.#listConfigured().map((entry) => ({
      ...entry,
      description: made.find(({ name }) => name === entry.name)?.description ?? '',
    }));
    const others = made.filter(({ name }) => defaults.every((entry) => entry.name !== name));
    this.#list = {
      makers: [...defaults, ...others],
      names: new Set(all.map(nameOf)),
      otherMethods: new Set(all.filter(isForOthers).map(nameOf)),
      until: this.#now() + CACHED_MS,
    };
    return this.#list;
  }

  /** Each page is a call of its own. */
  async #fetchAll(signal: AbortSignal): Promise<unknown[]> {
    const call = { timeoutMs: this.#timeoutMs, signal };
    const config = { pageSize: PAGE_SIZE };
    const pager = await this.#api.call(call, (client) => client.models.list({ config }));
    const all: unknown[] = [...pager.page];
    for (let pages = 1; pager.hasNextPage() && pages < MOST_PAGES; pages++)
      all.push(...(await this.#api.call(call, () => pager.nextPage())));
    return all;
  }
}

function nameOf(model: unknown): string {
  return textOf(fieldsOf(model).name).replace(/^models\//, '');
}

/** Empty for a model that makes neither pictures nor videos for us. */
function readEntry(model: unknown): ModelEntry[] {
  const name = nameOf(model);
  const kind = kindByName(name);
  if (kind === null || isForOthers(model) || readModelId(name) === null) return [];
  const description = textOf(fieldsOf(model).displayName).slice(0, LONGEST_DESCRIPTION);
  return [{ name, kind, description, isDefault: false }];
}

function isForOthers(model: unknown): boolean {
  const { supportedActions } = fieldsOf(model);
  const actions: unknown[] = Array.isArray(supportedActions) ? supportedActions : [];
  return actions.some((action) => OTHER_METHODS.includes(textOf(action)));
}

/** Those that have every word of the search in their name or description, in any order. */
function filterEntries(entries: readonly ModelEntry[], kind: Kind | null, search: string): ModelEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = `${entry.name} ${entry.description}`.toLowerCase();
    return (kind === null || entry.kind === kind) && words.every((word) => text.includes(word));
  });
}
