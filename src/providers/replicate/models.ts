/** What is known of models: how a prediction names them and which inputs they take. */
import { failure } from '../../jobs/job.ts';
import { ProviderFailure } from '../provider.ts';
import { createUnreadable, HttpFailure, type ReplicateApi } from './api.ts';
import { type InputFields, readInputFields } from './schema.ts';

export interface Model {
  /** `owner/name` or `owner/name:version`, as it was asked for. */
  reference: string;
  /** `owner/name` in the service's own spelling, as far as it told. */
  name: string;
  /** What a prediction's `version` must be: the name of an official model, the id of any other. */
  version: string;
  /** null: the schema is not known. */
  fields: InputFields | null;
}

export interface Found {
  model: Model;
  /** Whether it was known before, so that asking again may tell something else. */
  isCached: boolean;
  /** Why nothing is known of the model beyond its name, or null. */
  unknown: ProviderFailure | null;
}

/** A schema may change on any day. */
const CACHED_MS = 60 * 60_000;
/** Users type models; each keeps a schema in memory. */
const MOST_CACHED = 200;
const REFERENCE = /^(([a-z0-9][\w.-]*)\/([a-z0-9][\w.-]*))(?::([0-9a-f]{64}))?$/i;

/** null: not `owner/name`, with or without `:` and a version of 64 hexadecimal digits. */
export function parseReference(
  reference: string,
): { name: string; owner: string; model: string; version: string | null } | null {
  const match = REFERENCE.exec(reference);
  const [, name, owner, model, version] = match ?? [];
  if (name === undefined || owner === undefined || model === undefined) return null;
  return { name, owner, model, version: version ?? null };
}

export class Models {
  readonly #api: ReplicateApi;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  /** The owner's own choices: used even where the service cannot describe them. */
  readonly #configured: readonly string[];
  readonly #cache = new Map<string, { model: Model; until: number }>();

  constructor(options: { api: ReplicateApi; timeoutMs: number; now: () => number; configured: readonly string[] }) {
    this.#api = options.api;
    this.#timeoutMs = options.timeoutMs;
    this.#now = options.now;
    this.#configured = options.configured;
  }

  /**
   * What is known of a model, asked for at most once an hour. A model that cannot be asked about now comes with
   * its name alone. Throws ProviderFailure for a reference that is none, a model that is not there, and a refused key.
   */
  async find(reference: string, signal: AbortSignal): Promise<Found> {
    const cached = this.#cache.get(reference);
    if (cached !== undefined && cached.until > this.#now())
      return { model: cached.model, isCached: true, unknown: null };
    try {
      const model = await this.#ask(reference, signal);
      this.#remember(model);
      return { model, isCached: false, unknown: null };
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderFailure) || this.#isFinal(error, reference)) throw error;
      return { model: guess(reference), isCached: false, unknown: error };
    }
  }

  /** Asks again although the hour is not over. */
  async findAgain(reference: string, signal: AbortSignal): Promise<Found> {
    this.#cache.delete(reference);
    return this.find(reference, signal);
  }

  async #ask(reference: string, signal: AbortSignal): Promise<Model> {
    const parsed = parseReference(reference);
    if (parsed === null)
      throw new ProviderFailure(failure('model-unknown', 'give-up', { details: { model: reference } }));
    const { name, owner, model, version } = parsed;
    const route = `/models/${encodeURIComponent(owner)}/${encodeURIComponent(model)}`;
    const body = await this.#api.call({
      route: version === null ? route : `${route}/versions/${version}`,
      model: reference,
      timeoutMs: this.#timeoutMs,
      signal,
    });
    if (typeof body !== 'object' || body === null) throw createUnreadable('no');
    const answer = body as Record<'owner' | 'name' | 'is_official' | 'latest_version' | 'openapi_schema', unknown>;
    if (version !== null) return { reference, name, version, fields: readInputFields(answer.openapi_schema) };
    const latest = (answer.latest_version ?? {}) as { id?: unknown; openapi_schema?: unknown };
    const told = parseReference(`${String(answer.owner)}/${String(answer.name)}`)?.name;
    return {
      reference,
      name: told?.toLowerCase() === name.toLowerCase() ? told : name,
      // Only official models can be called by their name; all others need the version.
      version: answer.is_official === true || typeof latest.id !== 'string' ? name : latest.id,
      fields: readInputFields(latest.openapi_schema),
    };
  }

  #isFinal(error: ProviderFailure, reference: string): boolean {
    if (error.failure.reason === 'key-refused' || parseReference(reference) === null) return true;
    return error instanceof HttpFailure && error.status === 404 && !this.#configured.includes(reference);
  }

  #remember(model: Model): void {
    this.#cache.delete(model.reference);
    this.#cache.set(model.reference, { model, until: this.#now() + CACHED_MS });
    const oldest = this.#cache.keys().next().value;
    if (this.#cache.size > MOST_CACHED && oldest !== undefined) this.#cache.delete(oldest);
  }
}

function guess(reference: string): Model {
  const parsed = parseReference(reference);
  const name = parsed?.name ?? reference;
  return { reference, name, version: parsed?.version ?? name, fields: null };
}
