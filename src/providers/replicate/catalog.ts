/**
 * What is known of Replicate's models: the configured ones first, then the well-known ones that its collections list,
 * then whatever a search finds. Kept in memory for an hour and renewed behind the answers.
 */
import { failure, type Kind } from '../../jobs/job.ts';
import {
  type CallOptions,
  type ModelCatalog,
  type ModelEntry,
  type ModelInputs,
  ProviderFailure,
} from '../provider.ts';
import type { ReplicateApi } from './api.ts';
import { presentInputs } from './inputs.ts';
import { KNOWN_MODELS } from './known-models.ts';
import { kindOf } from './model-kind.ts';
import { type ListedModel, matchModels, readModels } from './model-list.ts';
import { type Models, parseReference } from './models.ts';
import { Remembered } from './remembered.ts';

export interface CatalogOptions {
  api: ReplicateApi;
  models: Models;
  /** The configured models, `owner/name` or `owner/name:version`; null: none of that kind. */
  defaults: Readonly<Record<Kind, string | null>>;
  timeoutMs: number;
  now: () => number;
}

/** Their slugs, and what their models make. */
const COLLECTIONS: ReadonlyMap<string, Kind> = new Map([
  ['text-to-image', 'image'],
  ['image-to-video', 'video'],
  ['text-to-video', 'video'],
]);
/** A schema may change on any day. */
const FRESH_MS = 60 * 60_000;
/** While the service is in trouble, every keystroke would ask it again. */
const PAUSE_MS = 60_000;
const MOST_INPUTS = 200;
const MOST_SEARCHES = 100;
/** A shorter text finds anything. */
const SHORTEST_SEARCH = 3;
/** With as many matches in memory, nothing is searched for behind an answer. */
const ENOUGH_MATCHES = 5;
const NEVER = new AbortController().signal;

/** Asks nothing until it is asked. */
export function createCatalog(options: CatalogOptions): ModelCatalog {
  return new ReplicateCatalog(options);
}

class ReplicateCatalog implements ModelCatalog {
  readonly #options: CatalogOptions;
  readonly #collections: Remembered<ListedModel[]>;
  readonly #searches: Remembered<ListedModel[]>;
  readonly #inputs: Remembered<ModelInputs>;
  /** The newest search to be made behind an answer, while another one is. */
  #nextSearch: string | null = null;
  #isSearching = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
    const common = { now: options.now, freshMs: FRESH_MS, pauseMs: PAUSE_MS };
    this.#collections = new Remembered({
      ...common,
      mostKept: COLLECTIONS.size,
      fetch: (slug) => this.#fetchList(slug),
    });
    this.#searches = new Remembered({ ...common, mostKept: MOST_SEARCHES, fetch: (term) => this.#fetchSearch(term) });
    this.#inputs = new Remembered({ ...common, mostKept: MOST_INPUTS, fetch: (model) => this.#fetchInputs(model) });
  }

  knownModels({ kind, search, limit }: { kind: Kind | null; search: string; limit: number }): ModelEntry[] {
    const term = toTerm(search);
    const matches = this.#match(this.#listKnown(), kind, term);
    const found = this.#match(this.#searches.look(term) ?? [], kind, '');
    const all = uniqueByName([...matches, ...found]);
    if (term.length >= SHORTEST_SEARCH && all.length < ENOUGH_MATCHES) void this.#searchBehind(term);
    return all.slice(0, limit).map((model) => this.#toEntry(model));
  }

  knownInputs(model: string | null, kind: Kind): ModelInputs | undefined {
    const reference = model ?? this.#options.defaults[kind];
    // What is half typed is no model, and nobody is asked about it.
    return reference === null || parseReference(reference) === null ? undefined : this.#inputs.peek(reference);
  }

  async listModels(
    { kind, search }: { kind: Kind | null; search: string },
    { signal }: CallOptions,
  ): Promise<ModelEntry[]> {
    const term = toTerm(search);
    const asked = [this.#fetchCollections(), ...(term === '' ? [] : [this.#searches.get(term)])];
    await withSignal(Promise.all(asked), signal);
    const found = this.#match(this.#searches.look(term) ?? [], kind, '');
    const all = uniqueByName([...this.#match(this.#listKnown(), kind, term), ...found]);
    return all.map((model) => this.#toEntry(model));
  }

  async describeInputs(model: string | null, kind: Kind, { signal }: CallOptions): Promise<ModelInputs> {
    const reference = model ?? this.#options.defaults[kind];
    if (reference === null) throw new ProviderFailure(failure('model-unknown', 'give-up'));
    return withSignal(this.#inputs.get(reference), signal);
  }

  async warm({ signal }: CallOptions): Promise<string[]> {
    const names = this.#listDefaults().map(({ name }) => name);
    const [, ...gone] = await withSignal(
      Promise.all([this.#fetchCollections(), ...names.map((name) => this.#isGone(name))]),
      signal,
    );
    return names.filter((_, index) => gone[index] === true);
  }

  async #fetchCollections(): Promise<void> {
    await Promise.all([...COLLECTIONS.keys()].map((slug) => this.#collections.get(slug)));
  }

  /** A model that the service does not know (any more); throws what else kept it from answering. */
  async #isGone(name: string): Promise<boolean> {
    try {
      await this.#inputs.get(name);
      return false;
    } catch (error) {
      if (error instanceof ProviderFailure && error.failure.reason === 'model-unknown') return true;
      throw error;
    }
  }

  /** The configured, the well-known and all else of the collections. Before those are there, the well-known unproven. */
  #listKnown(): ListedModel[] {
    const lists = [...COLLECTIONS.keys()].map((slug) => this.#collections.peek(slug));
    const listed = lists.flatMap((list) => list ?? []);
    const isComplete = lists.every((list) => list !== undefined);
    const byName = new Map(listed.map((model) => [model.name, model]));
    const wellKnown = [...KNOWN_MODELS].flatMap(([name, kind]): ListedModel[] => {
      const model = byName.get(name);
      if (model !== undefined) return [model];
      return isComplete ? [] : [{ name, kind, description: '', fields: null }];
    });
    const defaults = this.#listDefaults().map((model) => byName.get(model.name) ?? model);
    return uniqueByName([...defaults, ...wellKnown, ...listed]);
  }

  #listDefaults(): ListedModel[] {
    const kinds: readonly Kind[] = ['image', 'video'];
    const models = kinds.flatMap((kind): ListedModel[] => {
      const name = this.#options.defaults[kind];
      return name === null ? [] : [{ name, kind, description: '', fields: null }];
    });
    return uniqueByName(models);
  }

  #match(models: readonly ListedModel[], kind: Kind | null, term: string): ListedModel[] {
    return matchModels(
      models.filter((model) => kind === null || model.kind === kind),
      term,
    );
  }

  #toEntry({ name, kind, description }: ListedModel): ModelEntry {
    const { defaults } = this.#options;
    return { name, kind, description, isDefault: name === defaults.image || name === defaults.video };
  }

  /** One search at a time, the newest wish next: while somebody types, each letter is another one. */
  async #searchBehind(term: string): Promise<void> {
    this.#nextSearch = term;
    if (this.#isSearching) return;
    this.#isSearching = true;
    while (this.#nextSearch !== null) {
      const next = this.#nextSearch;
      this.#nextSearch = null;
      await this.#searches.settle(next);
    }
    this.#isSearching = false;
  }

  async #fetchList(slug: string): Promise<ListedModel[]> {
    const { api, timeoutMs } = this.#options;
    const body = await api.call({ route: `/collections/${slug}`, timeoutMs, signal: NEVER });
    return this.#keep(readModels((body as { models?: unknown } | null)?.models, COLLECTIONS.get(slug) ?? null));
  }

  async #fetchSearch(term: string): Promise<ListedModel[]> {
    const { api, timeoutMs } = this.#options;
    const headers = { 'Content-Type': 'text/plain' };
    const body = await api.call({ method: 'QUERY', route: '/models', headers, data: term, timeoutMs, signal: NEVER });
    return this.#keep(readModels((body as { results?: unknown } | null)?.results, null));
  }

  /** A list tells its models' inputs as well: their settings can be completed at once. */
  #keep(models: ListedModel[]): ListedModel[] {
    for (const { name, kind, fields } of models.slice(0, MOST_INPUTS / 2)) {
      if (fields !== null) this.#inputs.set(name, presentInputs(name, kind, fields));
    }
    return models.map((model) => ({ ...model, fields: null }));
  }

  async #fetchInputs(reference: string): Promise<ModelInputs> {
    const { model, unknown } = await this.#options.models.find(reference, NEVER);
    if (unknown !== null) throw new ProviderFailure(unknown.failure);
    const listed = this.#listKnown().find(({ name }) => name === model.name);
    const { description = '', kind = null } = listed ?? {};
    const clues = { name: model.name, description, collectionKind: kind, fields: model.fields };
    return presentInputs(reference, kindOf(clues), model.fields);
  }
}

function uniqueByName(models: readonly ListedModel[]): ListedModel[] {
  const byName = new Map<string, ListedModel>();
  for (const model of models) if (!byName.has(model.name)) byName.set(model.name, model);
  return [...byName.values()];
}

/** The same search in other spaces and letters is the same. */
function toTerm(search: string): string {
  return search.toLowerCase().replace(/\s+/g, ' ').trim().slice(0, 100);
}

/** The call goes on for the others who wait for it. */
async function withSignal<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('The call was aborted.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
