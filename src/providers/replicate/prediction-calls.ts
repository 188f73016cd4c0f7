/** The calls about predictions: create, get, cancel and list. Each throws as ReplicateApi does. */
import { failure } from '../../jobs/job.ts';
import { ProviderFailure } from '../provider.ts';
import { createUnreadable, HttpFailure, type ReplicateApi } from './api.ts';
import { type Prediction, readPrediction } from './predictions.ts';

export interface CallTimeouts {
  /** The create call. */
  createMs: number;
  /** Each call that only asks. */
  getMs: number;
  cancelMs: number;
}

export interface CreateCall {
  /** The request's body. */
  data: object;
  expiresAfterMs: number;
  /** For the sentence about a model that is not there. */
  model: string;
  signal: AbortSignal;
}

/** A page has a hundred predictions. */
const MOST_PAGES = 20;
/** Shortest deadline the API takes. */
const SHORTEST_DEADLINE_SECONDS = 5;

export class PredictionCalls {
  readonly #api: ReplicateApi;
  readonly #timeouts: CallTimeouts;
  readonly #baseUrl: URL;

  constructor(options: { api: ReplicateApi; timeouts: CallTimeouts; baseUrl: URL }) {
    this.#api = options.api;
    this.#timeouts = options.timeouts;
    this.#baseUrl = options.baseUrl;
  }

  /** The one paid call. */
  async create({ data, expiresAfterMs, model, signal }: CreateCall): Promise<Prediction> {
    const body = await this.#api.call({
      method: 'POST',
      route: '/predictions',
      // The one thing that ends the spending should this process die.
      headers: { 'Cancel-After': formatDeadline(expiresAfterMs) },
      data,
      model,
      isPaid: true,
      timeoutMs: this.#timeouts.createMs,
      signal,
    });
    const prediction = readPrediction(body);
    if (prediction === null) throw createUnreadable('unknown');
    return prediction;
  }

  /** null: the service knows no such prediction. */
  async get(id: string, signal: AbortSignal): Promise<Prediction | null> {
    const route = `/predictions/${encodeURIComponent(id)}`;
    const body = await this.#unlessGone(this.#api.call({ route, timeoutMs: this.#timeouts.getMs, signal }));
    if (body === null) return null;
    const prediction = readPrediction(body.answer);
    if (prediction === null) throw createUnreadable('no');
    return prediction;
  }

  async cancel(id: string, signal: AbortSignal): Promise<void> {
    const route = `/predictions/${encodeURIComponent(id)}/cancel`;
    await this.#unlessGone(this.#api.call({ method: 'POST', route, timeoutMs: this.#timeouts.cancelMs, signal }));
  }

  /** Every prediction created from then on, in any order. Throws rather than leave some out: what is not found is paid again. */
  async listSince(from: number, signal: AbortSignal): Promise<Prediction[]> {
    const all: Prediction[] = [];
    let route: string | URL = '/predictions';
    let params: Record<string, string> = { created_after: new Date(from).toISOString() };
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const body = await this.#api.call({ route, params, timeoutMs: this.#timeouts.getMs, signal });
      const { results, next } = (body ?? {}) as { results?: unknown; next?: unknown };
      if (!Array.isArray(results)) throw createUnreadable('no');
      const page = results.map(readPrediction).filter((listed) => listed !== null);
      const recent = page.filter(({ createdAt }) => createdAt === null || createdAt >= from);
      all.push(...recent);
      // Newest first: a page of older ones means that only older ones follow.
      const isPast = page.length > 0 && recent.length === 0;
      if (typeof next !== 'string' || next === '' || isPast) return all;
      [route, params] = this.#nextPage(next);
    }
    throw new ProviderFailure(
      failure('provider-error', 'retry', { providerStatus: `more than ${MOST_PAGES} pages of predictions` }),
    );
  }

  /** Followed on our own host only: behind a proxy the address names another one, and the key must not go there. */
  #nextPage(next: string): [string | URL, Record<string, string>] {
    const url = URL.canParse(next, this.#baseUrl.href) ? new URL(next, this.#baseUrl) : null;
    if (url === null) throw createUnreadable('no');
    if (url.origin === this.#baseUrl.origin) return [url, {}];
    return ['/predictions', Object.fromEntries(url.searchParams)];
  }

  /** null instead of a 404. */
  async #unlessGone(call: Promise<unknown>): Promise<{ answer: unknown } | null> {
    try {
      return { answer: await call };
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return null;
      throw error;
    }
  }
}

function formatDeadline(expiresAfterMs: number): string {
  return `${Math.max(SHORTEST_DEADLINE_SECONDS, Math.ceil(expiresAfterMs / 1000))}s`;
}
