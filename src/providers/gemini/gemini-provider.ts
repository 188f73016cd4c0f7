/**
 * Google's Gemini API. A picture comes with the answer to the one call that pays for it; a video is an interaction,
 * which goes on without us and can be asked about. Neither has a list to find lost work in.
 */
import { failure, type Failure, type Kind, type Operation, type Output } from '../../jobs/job.ts';
import { type AllowedHost, downloadFile } from '../download.ts';
import { type AttemptRequest, type CallOptions, type Provider, ProviderFailure } from '../provider.ts';
import type { Checked, FetchedFile, RequestCheck, Started } from '../provider.ts';
import { createUnreadable, GeminiApi, HttpFailure } from './api.ts';
import { fieldsOf, textOf } from './error-answer.ts';
import { GOOGLE, readFileName, toDownloadAddress } from './files.ts';
import { buildImageRequest, readImageAnswer } from './images.ts';
import { readSettings } from './inputs.ts';
import { GeminiModels, kindByName, readModelId } from './models.ts';
import { buildVideoRequest, checkFileState, checkInteraction, type Interaction, readInteraction } from './videos.ts';
import { chooseImages, chooseRatio, chooseSeconds } from './wishes.ts';

export interface GeminiTimeouts {
  /** The call that makes a picture: it is answered when the picture is done. */
  imageMs: number;
  /** The call that begins a video. */
  createMs: number;
  /** Each call that only asks. */
  getMs: number;
  cancelMs: number;
  /** One file with its redirects. */
  fileMs: number;
}

export interface GeminiOptions {
  apiKey: string;
  /** null: Google's own. */
  baseUrl: string | null;
  /** Used where a request names none. */
  imageModel: string;
  videoModel: string;
  fetch?: typeof fetch;
  clock?: { now(): number };
  timeouts?: Partial<GeminiTimeouts>;
}

const NAME = 'gemini';
const NOUNS: Readonly<Record<Kind, string>> = { image: 'pictures', video: 'videos' };
const DEFAULT_TIMEOUTS: GeminiTimeouts = {
  imageMs: 180_000,
  createMs: 60_000,
  getMs: 15_000,
  cancelMs: 5_000,
  fileMs: 120_000,
};
/** Last of its arguments for each method of `interactions`: by default they send a POST five times, and each is paid. */
const ONCE = { maxRetries: 0 };

/** Throws for a key that cannot be one. */
export function createGeminiProvider(options: GeminiOptions): Provider {
  return new GeminiProvider(options);
}

/** What will be sent. */
interface Plan {
  request: AttemptRequest;
  model: string;
  ratio: string | null;
  /** Of a video; null: as long as the model likes. */
  seconds: number | null;
  changes: Started['changes'];
  settings: Readonly<Record<string, string>>;
}

class GeminiProvider implements Provider {
  readonly name = NAME;
  readonly kinds = ['image', 'video'] as const;
  readonly isPaid = true;
  readonly canFind = false;
  readonly wholeInStart = ['image'] as const;
  readonly hasWebhooks = false;
  readonly catalog: GeminiModels;
  readonly #api: GeminiApi;
  readonly #timeouts: GeminiTimeouts;
  readonly #configured: Readonly<Record<Kind, string>>;
  readonly #baseUrl: URL;
  readonly #fetch: typeof fetch;
  readonly #headersFor: (url: URL) => Record<string, string>;

  constructor({ apiKey, baseUrl, imageModel, videoModel, ...options }: GeminiOptions) {
    const { fetch: fetchOnce = fetch, clock = Date, timeouts } = options;
    const now = (): number => clock.now();
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
    this.#configured = { image: readModelId(imageModel) ?? imageModel, video: readModelId(videoModel) ?? videoModel };
    this.#baseUrl = new URL(baseUrl ?? GOOGLE);
    this.#fetch = fetchOnce;
    this.#api = new GeminiApi({ apiKey, baseUrl: baseUrl ?? GOOGLE, fetch: fetchOnce, now });
    this.catalog = new GeminiModels({
      api: this.#api,
      timeoutMs: this.#timeouts.getMs,
      now,
      configured: this.#configured,
    });
    // Files of the API itself need the key; nothing else may see it.
    this.#headersFor = (url): Record<string, string> =>
      url.origin === this.#baseUrl.origin ? { 'x-goog-api-key': apiKey } : {};
  }

  async refuse({ kind, model, settings }: RequestCheck, { signal }: CallOptions): Promise<Failure | null> {
    const id = model === null ? this.#configured[kind] : readModelId(model);
    if (id === null) return refuseModel(model ?? '');
    const refused = this.#refuseName(id, kind) ?? readSettings(id, kind, settings).refused;
    if (refused !== null || model === null) return refused;
    try {
      const known = await this.catalog.find(id, kind, signal);
      if (known === 'maker') return null;
      if (known === 'other-method') return refuseInput(`${id} cannot be asked by this bot`);
      return known === 'other' ? refuseInput(`${id} makes no ${NOUNS[kind]}`) : refuseModel(model);
    } catch (error) {
      // Not known in time, or not for this reason: the attempt will tell.
      if (signal.aborted || error instanceof ProviderFailure) return null;
      throw error;
    }
  }

  async start(request: AttemptRequest, { signal }: CallOptions): Promise<Started> {
    const plan = this.#plan(request);
    return request.kind === 'image' ? this.#makeImage(plan, signal) : this.#beginVideo(plan, signal);
  }

  async check({ id }: Operation, { signal }: CallOptions): Promise<Checked> {
    const call = { timeoutMs: this.#timeouts.getMs, signal };
    try {
      const answer = await this.#api.call(call, (client) => client.interactions.get(id, undefined, ONCE));
      const checked = checkInteraction(insistOnInteraction(answer, false));
      return checked.status === 'finished' ? await this.#checkFile(checked, signal) : checked;
    } catch (error) {
      const lost = readLost(error);
      if (lost === null) throw error;
      return { status: 'failed', failure: lost };
    }
  }

  async cancel({ id }: Operation, { signal }: CallOptions): Promise<void> {
    const call = { timeoutMs: this.#timeouts.cancelMs, signal };
    try {
      await this.#api.call(call, (client) => client.interactions.cancel(id, undefined, ONCE));
    } catch (error) {
      // Gone, or over already: nothing is there to be cancelled.
      const isOver = error instanceof HttpFailure && [400, 404].includes(error.status);
      if (!isOver || error.failure.reason === 'key-refused') throw error;
    }
  }

  async find(): Promise<never> {
    throw new Error(`Expected no find for ${NAME}: it has no list of what it was asked for.`);
  }

  fetchFile({ url }: Output & { kind: 'url' }, { signal }: CallOptions): Promise<FetchedFile> {
    const own: AllowedHost = { name: this.#baseUrl.hostname, isPlainAllowed: this.#baseUrl.protocol === 'http:' };
    return downloadFile(toDownloadAddress(url, this.#baseUrl), {
      allowedHosts: [own, { name: new URL(GOOGLE).hostname, isPlainAllowed: false }],
      timeoutMs: this.#timeouts.fileMs,
      fetch: this.#fetch,
      headersFor: this.#headersFor,
      signal,
    });
  }

  /** Throws ProviderFailure for what would be refused or made in vain. */
  #plan(request: AttemptRequest): Plan {
    const { kind, model: asked, settings: typed } = request;
    const model = asked === null ? this.#configured[kind] : readModelId(asked);
    if (model === null) throw new ProviderFailure(refuseModel(asked ?? ''));
    const { values, refused } = readSettings(model, kind, typed);
    const failed = this.#refuseName(model, kind) ?? refused;
    if (failed !== null) throw new ProviderFailure(failed);
    const pictures = chooseImages(request);
    const shape = chooseRatio({ ...request, images: pictures.images }, model);
    const length = chooseSeconds(request, model);
    // Neither call takes one: another try is another picture anyway.
    const seed = { field: 'seed', from: String(request.seed), to: null };
    return {
      request: { ...request, images: pictures.images },
      model,
      ratio: shape.ratio,
      seconds: length.seconds,
      changes: [...shape.changes, ...length.changes, ...pictures.changes, seed],
      settings: values,
    };
  }

  /** Whether the name alone says that it makes something else; what the owner configured is never doubted. */
  #refuseName(model: string, kind: Kind): Failure | null {
    const made = kindByName(model);
    if (model === this.#configured[kind] || made === null || made === kind) return null;
    return refuseInput(`${model} makes ${NOUNS[made]}`);
  }

  async #makeImage({ request, model, ratio, changes, settings }: Plan, signal: AbortSignal): Promise<Started> {
    const timeoutMs = Math.min(this.#timeouts.imageMs, request.expiresAfterMs);
    const params = buildImageRequest(request, { model, ratio, imageSize: settings.image_size });
    const answer = await this.#api.call({ model, isPaid: true, timeoutMs, signal }, (client) =>
      client.models.generateContent(params),
    );
    const read = await readImageAnswer(answer);
    if (!Array.isArray(read)) throw new ProviderFailure(read);
    return {
      status: 'finished',
      outputs: read.map(({ mimeType }) => ({ kind: 'inline', mimeType })),
      bytes: read.map(({ bytes }) => bytes),
      model,
      changes,
    };
  }

  /** Always an operation, even for an interaction that is over when the answer comes: `check` tells the rest. */
  async #beginVideo({ request, model, changes, settings, ...plan }: Plan, signal: AbortSignal): Promise<Started> {
    const params = buildVideoRequest(request, { model, ...plan, resolution: settings.resolution });
    const call = { model, isPaid: true, timeoutMs: this.#timeouts.createMs, signal };
    const answer = await this.#api.call(call, (client) => client.interactions.create(params, ONCE));
    const { id } = insistOnInteraction(answer, true);
    return { status: 'running', operation: { provider: NAME, id, data: {} }, model, changes };
  }

  /** A video is told before its file is ready. */
  async #checkFile(finished: Extract<Checked, { status: 'finished' }>, signal: AbortSignal): Promise<Checked> {
    const [output] = finished.outputs;
    const name = output?.kind === 'url' ? readFileName(output.url) : null;
    if (name === null) return finished;
    const call = { timeoutMs: this.#timeouts.getMs, signal };
    try {
      const file: unknown = await this.#api.call(call, (client) => client.files.get({ name }));
      return checkFileState(textOf(fieldsOf(file).state), finished);
    } catch (error) {
      // Not to be asked about, or not there: fetching it will tell.
      if (error instanceof HttpFailure && [400, 403, 404].includes(error.status)) return finished;
      throw error;
    }
  }
}

function refuseInput(fields: string): Failure {
  return failure('input-refused', 'give-up', { details: { fields } });
}

function refuseModel(model: string): Failure {
  return failure('model-unknown', 'give-up', { details: { model } });
}

function insistOnInteraction(answer: unknown, isPaid: boolean): Interaction {
  const interaction = readInteraction(answer);
  if (interaction === null) throw createUnreadable(isPaid);
  return interaction;
}

/** An interaction that is gone, or whose own failure came as a 400 of the call that asked; null: the call failed, not the work. */
function readLost(error: unknown): Failure | null {
  if (!(error instanceof HttpFailure)) return null;
  if (error.status === 404) return failure('file-gone', 'give-up', { providerStatus: 'HTTP 404' });
  const isOfOwner = ['key-refused', 'no-credit'].includes(error.failure.reason);
  return error.status === 400 && !isOfOwner ? error.failure : null;
}
