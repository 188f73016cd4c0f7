/**
 * Replicate: models of many makers behind one API. A prediction is an operation; only its create costs money.
 * Never `run()` or `wait()` of the client: they lose results and poll by themselves.
 */
import { failure, type Failure, type Kind, type Operation } from '../../jobs/job.ts';
import { type AllowedHost, downloadFile } from '../download.ts';
import {
  type AttemptRequest,
  type CallOptions,
  type FindOptions,
  type FoundOperation,
  type ModelCatalog,
  type Provider,
  ProviderFailure,
  type RequestCheck,
  type Started,
  type StartOptions,
} from '../provider.ts';
import { createUnreadable, HttpFailure, ReplicateApi } from './api.ts';
import { createCatalog } from './catalog.ts';
import { classifyEnding } from './failures.ts';
import { refuseWish } from './inputs.ts';
import { MendedInputs } from './mended-inputs.ts';
import { ModelChoice } from './model-choice.ts';
import { Models, parseReference } from './models.ts';
import { type CallTimeouts, PredictionCalls } from './prediction-calls.ts';
import { checkPrediction } from './predictions.ts';
import { Search } from './search.ts';
import { Starter } from './starter.ts';
import { Uploads } from './uploads.ts';

export interface ReplicateTimeouts extends CallTimeouts {
  /** One reference picture on its way up. */
  uploadMs: number;
  /** One file with its redirects. */
  fileMs: number;
}

export interface ReplicateOptions {
  token: string;
  /** `https://api.replicate.com/v1`. */
  baseUrl: string;
  /** `owner/name` or `owner/name:version`, used where a request names none. */
  imageModel: string;
  /** As imageModel. null: no videos are made. */
  videoModel?: string | null;
  /** Where the service tells when work begins and ends: `https://host/webhooks/replicate`. null: nowhere. */
  webhookUrl?: string | null;
  fetch?: typeof fetch;
  clock?: { now(): number };
  timeouts?: Partial<ReplicateTimeouts>;
}

export type ReplicateProvider = Provider & {
  /** What its webhooks are signed with: `whsec_…`. Throws ProviderFailure. */
  readWebhookSecret(options: CallOptions): Promise<string>;
};

const DEFAULT_TIMEOUTS: ReplicateTimeouts = {
  createMs: 30_000,
  getMs: 15_000,
  cancelMs: 5_000,
  uploadMs: 60_000,
  fileMs: 60_000,
};
/** Where Replicate keeps what predictions made. */
const FILE_HOSTS = ['replicate.delivery', '*.replicate.delivery'];

/** Throws for a token that cannot be one. */
export function createReplicateProvider(options: ReplicateOptions): ReplicateProvider {
  return new Replicate(options);
}

class Replicate implements ReplicateProvider {
  readonly name = 'replicate';
  readonly kinds: readonly Kind[];
  readonly isPaid = true;
  readonly canFind = true;
  readonly wholeInStart = [] as const;
  readonly hasWebhooks: boolean;
  readonly catalog: ModelCatalog;
  readonly #api: ReplicateApi;
  readonly #calls: PredictionCalls;
  readonly #choice: ModelChoice;
  readonly #starter: Starter;
  readonly #search: Search;
  readonly #timeouts: ReplicateTimeouts;
  readonly #baseUrl: URL;
  readonly #fetch: typeof fetch;
  readonly #headersFor: (url: URL) => Record<string, string>;

  constructor(options: ReplicateOptions) {
    const { token, baseUrl, imageModel, videoModel = null, webhookUrl = null, clock = Date } = options;
    const now = (): number => clock.now();
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#timeouts = timeouts;
    const defaults = { image: imageModel, video: videoModel };
    this.kinds = videoModel === null ? ['image'] : ['image', 'video'];
    this.hasWebhooks = webhookUrl !== null;
    this.#baseUrl = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.#fetch = options.fetch ?? fetch;
    const api = new ReplicateApi({ token, baseUrl, fetch: this.#fetch, now });
    const calls = new PredictionCalls({ api, timeouts, baseUrl: this.#baseUrl });
    const configured = [imageModel, ...(videoModel === null ? [] : [videoModel])];
    const models = new Models({ api, timeoutMs: timeouts.getMs, now, configured });
    const mended = new MendedInputs();
    const webhook = webhookUrl === null ? null : new URL(webhookUrl);
    const choice = new ModelChoice(models, defaults);
    this.#starter = new Starter({
      api,
      timeoutMs: timeouts.uploadMs,
      calls,
      models,
      choice,
      mended,
      webhookUrl: webhook,
    });
    const uploads = new Uploads({ api, baseUrl: this.#baseUrl, timeoutMs: timeouts.getMs });
    this.#search = new Search({ api, calls, mended, uploads, createMs: timeouts.createMs, now });
    this.#api = api;
    this.#calls = calls;
    this.#choice = choice;
    this.catalog = createCatalog({ api, models, defaults, timeoutMs: timeouts.getMs, now });
    // Files below the API's own address need the key; nothing else may see it.
    this.#headersFor = (url): Record<string, string> =>
      url.href.startsWith(this.#baseUrl.href) ? { authorization: `Bearer ${token}` } : {};
  }

  async refuse(request: RequestCheck, { signal }: CallOptions): Promise<Failure | null> {
    const reference = this.#choice.referenceOf(request);
    const unknown = failure('model-unknown', 'give-up', { details: { model: reference } });
    if (parseReference(reference) === null) return unknown;
    try {
      const { found, instead } = await this.#choice.choose(request, signal);
      return refuseWish({ ...request, model: found.model.name, instead }, found.model.fields);
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return unknown;
      // Not known in time, or not for this reason: the attempt will tell.
      if (signal.aborted || error instanceof ProviderFailure) return null;
      throw error;
    }
  }

  async start(request: AttemptRequest, { signal, unpaid = signal }: StartOptions): Promise<Started> {
    return this.#starter.start(request, { signal, unpaid });
  }

  async check({ id }: Operation, { signal }: CallOptions): ReturnType<Provider['check']> {
    const prediction = await this.#calls.get(id, signal);
    return prediction === null
      ? { status: 'failed', failure: classifyEnding('HTTP 404') }
      : checkPrediction(prediction);
  }

  async cancel({ id }: Operation, { signal }: CallOptions): Promise<void> {
    await this.#calls.cancel(id, signal);
  }

  async find(request: AttemptRequest, options: FindOptions): Promise<FoundOperation | null> {
    // Also tells their time, when it is the first call after a restart.
    const choice = await this.#choice.choose({ ...request, images: request.images.length }, options.signal);
    // Another model may have stepped in for one that takes no picture: whether this does is not known now.
    if (choice.found.unknown !== null && request.images.length > 0) throw choice.found.unknown;
    return this.#search.find(request, choice, options);
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

  async readWebhookSecret({ signal }: CallOptions): Promise<string> {
    const route = '/webhooks/default/secret';
    const body = await this.#api.call({ route, timeoutMs: this.#timeouts.getMs, signal });
    const { key } = (body ?? {}) as { key?: unknown };
    if (typeof key !== 'string' || !key.startsWith('whsec_')) throw createUnreadable('no');
    return key;
  }
}
