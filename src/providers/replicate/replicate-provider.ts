/**
 * Replicate: models of many makers behind one API. A prediction is an operation; only its create costs money.
 * Never `run()` or `wait()` of the client: they lose results and poll by themselves.
 */
import { failure, type Failure, type Operation } from '../../jobs/job.ts';
import { type AllowedHost, downloadFile } from '../download.ts';
import {
  type AttemptRequest,
  type CallOptions,
  type FindOptions,
  type FoundOperation,
  type Provider,
  ProviderFailure,
  type RequestCheck,
  type Started,
} from '../provider.ts';
import { createUnreadable, HttpFailure, ReplicateApi } from './api.ts';
import { buildInput, isInputOf, takesPrompt } from './inputs.ts';
import { type Found, type Model, Models, parseReference } from './models.ts';
import { checkPrediction, type Prediction, readPrediction } from './predictions.ts';

export interface ReplicateTimeouts {
  /** The create call. */
  createMs: number;
  /** Each call that only asks. */
  getMs: number;
  cancelMs: number;
  /** One file with its redirects. */
  fileMs: number;
}

export interface ReplicateOptions {
  token: string;
  /** `https://api.replicate.com/v1`. */
  baseUrl: string;
  /** `owner/name` or `owner/name:version`, used where a request names none. */
  imageModel: string;
  fetch?: typeof fetch;
  clock?: { now(): number };
  timeouts?: Partial<ReplicateTimeouts>;
}

const NAME = 'replicate';
const DEFAULT_TIMEOUTS: ReplicateTimeouts = { createMs: 30_000, getMs: 15_000, cancelMs: 5_000, fileMs: 60_000 };
/** Where Replicate keeps what predictions made. */
const FILE_HOSTS = ['replicate.delivery', '*.replicate.delivery'];
/** What is left of a difference between their clock and ours, and of the way to them and back. */
const CLOCK_MARGIN_MS = 60_000;
/** How far back to look when our clock was set back since the start was sent. */
const AFTER_CLOCK_JUMP_MS = 30 * 60_000;
/** A page has a hundred predictions. */
const MOST_PAGES = 20;
/** Shortest deadline the API takes. */
const SHORTEST_DEADLINE_SECONDS = 5;

/** Throws for a token that cannot be one. */
export function createReplicateProvider(options: ReplicateOptions): Provider {
  return new ReplicateProvider(options);
}

class ReplicateProvider implements Provider {
  readonly name = NAME;
  readonly kinds = ['image'] as const;
  readonly isPaid = true;
  readonly canFind = true;
  readonly wholeInStart = [] as const;
  readonly hasWebhooks = false;
  readonly catalog = null;
  readonly #api: ReplicateApi;
  readonly #models: Models;
  readonly #timeouts: ReplicateTimeouts;
  readonly #imageModel: string;
  readonly #baseUrl: URL;
  readonly #fetch: typeof fetch;
  readonly #headersFor: (url: URL) => Record<string, string>;
  readonly #now: () => number;

  constructor({ token, baseUrl, imageModel, fetch: fetchOnce = fetch, clock = Date, timeouts }: ReplicateOptions) {
    const now = (): number => clock.now();
    this.#now = now;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
    this.#imageModel = imageModel;
    this.#baseUrl = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.#fetch = fetchOnce;
    this.#api = new ReplicateApi({ token, baseUrl, fetch: fetchOnce, now });
    this.#models = new Models({ api: this.#api, timeoutMs: this.#timeouts.getMs, now, configured: imageModel });
    // Files below the API's own address need the key; nothing else may see it.
    this.#headersFor = (url): Record<string, string> =>
      url.href.startsWith(this.#baseUrl.href) ? { authorization: `Bearer ${token}` } : {};
  }

  async refuse({ model }: RequestCheck, { signal }: CallOptions): Promise<Failure | null> {
    if (model === null) return null;
    const unknown = failure('model-unknown', 'give-up', { details: { model } });
    if (parseReference(model) === null) return unknown;
    try {
      await this.#models.find(model, signal);
      return null;
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return unknown;
      // Not known in time, or not for this reason: the attempt will tell.
      if (signal.aborted || error instanceof ProviderFailure) return null;
      throw error;
    }
  }

  /**
   * Always an operation, even for a prediction that is over when the answer comes: once it is saved nothing of
   * it can be lost, and `check` tells the rest.
   */
  async start(request: AttemptRequest, { signal }: { signal: AbortSignal }): Promise<Started> {
    const reference = request.model ?? this.#imageModel;
    const found = await this.#models.find(reference, signal);
    try {
      return await this.#create(request, found.model, signal);
    } catch (error) {
      if (signal.aborted || !isRefusedAsSent(error)) throw error;
      // Sent half blind, so the refusal says nothing about the request.
      if (found.unknown !== null) throw new ProviderFailure(found.unknown.failure);
      const fresh = found.isCached ? await this.#findAgain(reference, signal) : null;
      if (fresh === null || fresh.unknown !== null || isSentAlike(request, fresh.model, found.model)) throw error;
      // The model has changed within the hour. What was refused was not begun, so this pays once.
      return this.#create(request, fresh.model, signal);
    }
  }

  async check(operation: Operation, { signal }: { signal: AbortSignal }): ReturnType<Provider['check']> {
    try {
      return checkPrediction(await this.#get(operation.id, signal));
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.status !== 404) throw error;
      return { status: 'failed', failure: failure('file-gone', 'give-up', { providerStatus: 'HTTP 404' }) };
    }
  }

  async cancel({ id }: Operation, { signal }: { signal: AbortSignal }): Promise<void> {
    const route = `/predictions/${encodeURIComponent(id)}/cancel`;
    try {
      await this.#api.call({ method: 'POST', route, timeoutMs: this.#timeouts.cancelMs, signal });
    } catch (error) {
      // Nothing is there to be cancelled.
      if (!(error instanceof HttpFailure) || error.status !== 404) throw error;
    }
  }

  /** By model, time and input: the list tells nothing else of who asked. */
  async find(request: AttemptRequest, { since, isClaimed, signal }: FindOptions): Promise<FoundOperation | null> {
    // Also tells their time, when it is the first call after a restart.
    const { model } = await this.#models.find(request.model ?? this.#imageModel, signal);
    const now = this.#now();
    const ours = since <= now ? since : now - AFTER_CLOCK_JUMP_MS;
    const from = this.#api.toTheirTime(ours) - CLOCK_MARGIN_MS;
    const candidates = (await this.#listSince(from, signal)).filter((listed) => isOf(listed, model));
    for (const listed of candidates.toSorted((a, b) => (a.createdAt ?? Infinity) - (b.createdAt ?? Infinity))) {
      const input = listed.input === undefined ? (await this.#get(listed.id, signal)).input : listed.input;
      if (isInputOf(input, request, model.fields) && !(await isClaimed(listed.id))) return foundOf(listed, model);
    }
    return this.#findRemoved(candidates, model, ours, isClaimed);
  }

  /**
   * An hour after its end a prediction has lost its input, by which it is known. One of our model, of just that
   * time, that nobody holds, is taken for ours: its result is gone, but it must not be paid again unasked.
   */
  async #findRemoved(
    candidates: readonly Prediction[],
    model: Model,
    since: number,
    isClaimed: FindOptions['isClaimed'],
  ): Promise<FoundOperation | null> {
    const latest = this.#api.toTheirTime(since) + this.#timeouts.createMs + CLOCK_MARGIN_MS;
    for (const listed of candidates) {
      const isOfThatTime = listed.createdAt !== null && listed.createdAt <= latest;
      if (listed.isDataRemoved && isOfThatTime && !(await isClaimed(listed.id))) return foundOf(listed, model);
    }
    return null;
  }

  fetchFile(...[{ url }, { signal }]: Parameters<Provider['fetchFile']>): ReturnType<Provider['fetchFile']> {
    const own: AllowedHost = {
      name: this.#baseUrl.hostname,
      isPlainAllowed: this.#baseUrl.protocol === 'http:',
    };
    return downloadFile(url, {
      allowedHosts: [own, ...FILE_HOSTS.map((name) => ({ name, isPlainAllowed: false }))],
      timeoutMs: this.#timeouts.fileMs,
      fetch: this.#fetch,
      headersFor: this.#headersFor,
      signal,
    });
  }

  async #create(request: AttemptRequest, model: Model, signal: AbortSignal): Promise<Started> {
    if (!takesPrompt(model.fields)) {
      const fields = `${model.name} takes no prompt`;
      throw new ProviderFailure(failure('input-refused', 'give-up', { details: { fields } }));
    }
    const body = await this.#api.call({
      method: 'POST',
      route: '/predictions',
      // The one thing that ends the spending should this process die.
      headers: { 'Cancel-After': formatDeadline(request.expiresAfterMs) },
      data: { version: model.version, input: buildInput(request, model.fields) },
      model: model.reference,
      isPaid: true,
      timeoutMs: this.#timeouts.createMs,
      signal,
    });
    const prediction = readPrediction(body);
    if (prediction === null) throw createUnreadable('unknown');
    return { status: 'running', operation: operationOf(prediction), model: model.reference, changes: [] };
  }

  async #get(id: string, signal: AbortSignal): Promise<Prediction> {
    const route = `/predictions/${encodeURIComponent(id)}`;
    const prediction = readPrediction(await this.#api.call({ route, timeoutMs: this.#timeouts.getMs, signal }));
    if (prediction === null) throw createUnreadable('no');
    return prediction;
  }

  /** Every prediction created from then on, in any order. Throws rather than leave some out: what is not found is paid again. */
  async #listSince(from: number, signal: AbortSignal): Promise<Prediction[]> {
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

  async #findAgain(reference: string, signal: AbortSignal): Promise<Found> {
    this.#models.forget(reference);
    return this.#models.find(reference, signal);
  }
}

function operationOf({ id }: Prediction): Operation {
  return { provider: NAME, id, data: {} };
}

function foundOf(listed: Prediction, { reference }: Model): FoundOperation {
  return { operation: operationOf(listed), model: reference };
}

function isOf(listed: Prediction, model: Model): boolean {
  return !listed.isFromWeb && (listed.model === model.name || listed.version === model.version);
}

/** The service said no to the model or the input, and began nothing. */
function isRefusedAsSent(error: unknown): boolean {
  return error instanceof HttpFailure && ['input-refused', 'model-unknown'].includes(error.failure.reason);
}

function isSentAlike(request: AttemptRequest, one: Model, other: Model): boolean {
  const sent = ({ version, fields }: Model): string => JSON.stringify([version, buildInput(request, fields)]);
  return sent(one) === sent(other);
}

function formatDeadline(expiresAfterMs: number): string {
  return `${Math.max(SHORTEST_DEADLINE_SECONDS, Math.ceil(expiresAfterMs / 1000))}s`;
}
