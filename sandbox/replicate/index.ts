/**
 * A Replicate on this machine: the HTTP API that the real `replicate` client talks to, and the files that
 * its predictions make. It refuses what the real one refuses. It never sends webhooks: it has nobody to
 * reach, so a `webhook` in a body is checked and forgotten.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createClock } from '../clock.ts';
import type {
  RecordedRequest,
  ReplicateFault,
  SandboxClock,
  SandboxReplicate,
  StartReplicateOptions,
} from '../interface.ts';
import { Faults, type ArmedFault, type FaultKind } from './faults.ts';
import { serveFile } from './files.ts';
import { readCancelAfter, readWaitMs } from './headers.ts';
import { findModel, findVersion, presentModel, presentVersion, type SandboxModel } from './models.ts';
import { pageOf } from './pages.ts';
import {
  cancelPrediction,
  planPrediction,
  presentListed,
  presentPrediction,
  stateAt,
  summarizePrediction,
} from './prediction.ts';
import type { Pace, Prediction } from './prediction.ts';
import { badRequest, invalidInput, throttled, Problem, type ProblemBody } from './problem.ts';
import {
  INSUFFICIENT_CREDIT,
  INTERNAL_ERROR,
  INVALID_VERSION,
  NOT_FOUND,
  UNAUTHENTICATED,
  UNAVAILABLE,
} from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import { isObject, validateBody, validateInput } from './validate.ts';

export interface ReplicateOptions extends StartReplicateOptions {
  /** Default true. Off only where a test asks about something else and would wait for nothing. */
  rateLimits?: boolean;
  /** Default 1 s in the queue and 4 s of work. */
  pace?: Pace;
  /** How long the work of a prediction that met the fault `slow` takes; default 20 s. */
  slowMs?: number;
}

/** What startReplicate gives beyond the interface: what the page shows as armed. */
export interface StartedReplicate extends SandboxReplicate {
  armedFaults(): ArmedFault[];
}

/** Replicate's documented limits: 600 creates and 3,000 other calls a minute (docs, "rate limits"). */
const CREATES_PER_MINUTE = 600;
const OTHER_CALLS_PER_MINUTE = 3_000;
/** What a 429 made by a fault asks for. */
const FAULT_RETRY_AFTER_SECONDS = 2;
const DEFAULT_PACE: Pace = { queueMs: 1_000, workMs: 4_000 };
const DEFAULT_SLOW_MS = 20_000;
/** How long after its create a prediction is missing from the list; the real list lags too. */
const LIST_LAG_MS = 500;
const WAIT_STEP_MS = 50;

const TOKEN = 'r8_sandbox0000000000000000000000000000000';

/**
 * Starts it on 127.0.0.1. Every fault does what its name says; two need words. `hang` on create: the call is
 * accepted and never answered, and the prediction IS created, because that is the dangerous case. `slow` works
 * for `slowMs`. A pace set later holds for predictions created later.
 */
export async function startReplicate(options: ReplicateOptions = {}): Promise<StartedReplicate> {
  const service = new ReplicateService(options);
  await service.listen(options.port ?? 0);
  return service;
}

class ReplicateService implements StartedReplicate {
  readonly token = TOKEN;
  readonly #clock: SandboxClock;
  readonly #server: FastifyInstance;
  readonly #faults = new Faults();
  readonly #requests: RecordedRequest[] = [];
  readonly #listeners = new Set<(request: RecordedRequest) => void>();
  readonly #arrivals = new WeakMap<FastifyRequest, number>();
  /** The problem a request was answered with, kept for its record. */
  readonly #problems = new WeakMap<FastifyRequest, ProblemBody>();
  readonly #predictions: Prediction[] = [];
  readonly #byId = new Map<string, Prediction>();
  readonly #byFileToken = new Map<string, Prediction>();
  readonly #createLimit: RateLimit;
  readonly #otherLimit: RateLimit;
  readonly #hasRateLimits: boolean;
  readonly #slowMs: number;
  readonly #picture: StartReplicateOptions['picture'];
  readonly #closing = new AbortController();
  #pace: Pace;
  #origin = '';

  constructor(options: ReplicateOptions) {
    this.#clock = options.clock ?? createClock();
    this.#hasRateLimits = options.rateLimits ?? true;
    this.#pace = options.pace ?? DEFAULT_PACE;
    this.#slowMs = options.slowMs ?? DEFAULT_SLOW_MS;
    this.#picture = options.picture;
    this.#createLimit = new RateLimit(CREATES_PER_MINUTE, this.#clock);
    this.#otherLimit = new RateLimit(OTHER_CALLS_PER_MINUTE, this.#clock);
    this.#server = this.#buildServer();
  }

  get url(): string {
    return `${this.#origin}/v1`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  predictions(): ReturnType<SandboxReplicate['predictions']> {
    const now = this.#clock.now();
    return this.#predictions.map((prediction) => summarizePrediction(prediction, now));
  }

  setPace(pace: Pace): void {
    this.#pace = { ...pace };
  }

  addFault(fault: ReplicateFault, times = 1): void {
    this.#faults.add(fault, times);
  }

  armedFaults(): ArmedFault[] {
    return this.#faults.list();
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  onChange(listener: (request: RecordedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async listen(port: number): Promise<void> {
    this.#origin = await this.#server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    await this.#server.close();
  }

  #buildServer(): FastifyInstance {
    // Base64 images in an input make large bodies.
    const server = Fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024, exposeHeadRoutes: false });
    // The real client calls cancel with a JSON content type and no body.
    server.removeContentTypeParser('application/json');
    server.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, text: string) =>
      text === '' ? undefined : parseBody(text),
    );
    server.addHook('onRequest', async (request) => {
      this.#arrivals.set(request, this.#clock.now());
      if (request.url.startsWith('/v1/')) this.#admit(request);
    });
    server.addHook('onSend', async (request, reply) => this.#record(request, reply.statusCode));
    server.setErrorHandler((error, request, reply) => this.#answerProblem(request, reply, problemFrom(error)));
    server.setNotFoundHandler((request, reply) => this.#answerProblem(request, reply, NOT_FOUND));
    this.#addPredictionRoutes(server);
    this.#addModelRoutes(server);
    server.get<{ Params: { token: string; name: string } }>('/files/:token/:name', (request, reply) => {
      const { token, name } = request.params;
      const prediction = this.#byFileToken.get(token);
      return serveFile({
        prediction,
        name,
        now: this.#clock.now(),
        fault: prediction === undefined ? null : this.#faults.take('file'),
        picture: this.#picture,
        reply,
        lose: (kind) => this.#lose(request, reply, kind),
      });
    });
    return server;
  }

  #addPredictionRoutes(server: FastifyInstance): void {
    server.post('/v1/predictions', async (request, reply) => this.#handleCreate(request, reply, null));
    server.post<{ Params: { owner: string; name: string } }>(
      '/v1/models/:owner/:name/predictions',
      async (request, reply) => {
        const model = this.#getModel(request.params);
        // Replicate answers 404 on this route for a community model.
        if (!model.isOfficial) throw new Problem(NOT_FOUND);
        return this.#handleCreate(request, reply, model);
      },
    );
    server.get<{ Querystring: Record<string, string> }>('/v1/predictions', async (request) => {
      const now = this.#clock.now();
      const listed = this.#predictions.filter((prediction) => prediction.createdAt + LIST_LAG_MS <= now);
      const page = pageOf(listed, request.query, this.url);
      return { ...page, results: page.results.map((prediction) => presentListed(prediction, now, this.#origin)) };
    });
    server.get<{ Params: { id: string } }>('/v1/predictions/:id', async (request, reply) => {
      const prediction = this.#getPrediction(request.params.id);
      prediction.gets += 1;
      const fault = this.#faults.take('get');
      if (fault === 'hang' || fault === 'cut-before')
        return this.#lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
      if (fault !== null) throw new Problem(problemOfFault(fault));
      return presentPrediction(prediction, this.#clock.now(), this.#origin);
    });
    server.post<{ Params: { id: string } }>('/v1/predictions/:id/cancel', async (request) => {
      const prediction = this.#getPrediction(request.params.id);
      cancelPrediction(prediction, this.#clock.now());
      return presentPrediction(prediction, this.#clock.now(), this.#origin);
    });
  }

  #addModelRoutes(server: FastifyInstance): void {
    server.get<{ Params: { owner: string; name: string } }>('/v1/models/:owner/:name', async (request) =>
      presentModel(this.#getModel(request.params)),
    );
    server.get<{ Params: { owner: string; name: string; id: string } }>(
      '/v1/models/:owner/:name/versions/:id',
      async (request) => {
        const model = this.#getModel(request.params);
        if (model.versionId !== request.params.id) throw new Problem(NOT_FOUND);
        return presentVersion(model);
      },
    );
    server.get('/v1/account', async () => ({
      type: 'user',
      username: 'sandbox',
      name: 'Sandbox',
      github_url: 'https://github.com/sandbox',
    }));
  }

  /** Token first, then the rate limit, before anything is read. */
  #admit(request: FastifyRequest): void {
    if (
      !/^(Bearer|Token) /i.test(request.headers.authorization ?? '') ||
      request.headers.authorization?.split(' ')[1] !== this.token
    ) {
      throw new Problem(UNAUTHENTICATED);
    }
    if (!this.#hasRateLimits) return;
    const isCreate = request.method === 'POST' && (request.url.split('?')[0] ?? '').endsWith('/predictions');
    const retryAfterSeconds = (isCreate ? this.#createLimit : this.#otherLimit).take();
    if (retryAfterSeconds !== null) throw new Problem(throttled(retryAfterSeconds));
  }

  /** `model` is null where the body names it. */
  async #handleCreate(request: FastifyRequest, reply: FastifyReply, model: SandboxModel | null): Promise<unknown> {
    const fault = this.#faults.take('create');
    if (fault === 'cut-before') return this.#lose(request, reply, 'cut');
    if (fault === 'hang' || fault === 'cut-after') {
      try {
        this.#create(request, model);
      } catch (error) {
        // The refusal is lost like any answer; only nothing was created then.
        if (!(error instanceof Problem)) throw error;
      }
      return this.#lose(request, reply, fault === 'hang' ? 'hang' : 'cut');
    }
    if (fault !== null) throw new Problem(problemOfFault(fault));
    const prediction = this.#create(request, model);
    const waitMs = readWaitMs(request.headers.prefer);
    if (waitMs > 0) await this.#waitForEnd(prediction, waitMs, request);
    const isOpen = stateAt(prediction, this.#clock.now()).completedAt === null;
    void reply.code(waitMs > 0 && isOpen ? 202 : 201);
    return presentPrediction(prediction, this.#clock.now(), this.#origin);
  }

  #create(request: FastifyRequest, modelInPath: SandboxModel | null): Prediction {
    const body = request.body ?? {};
    const wrongBody = validateBody(body, modelInPath === null);
    if (wrongBody.length > 0 || !isObject(body)) throw new Problem(invalidInput(wrongBody));
    const model = modelInPath ?? resolveVersion(String(body.version));
    const input = isObject(body.input) ? body.input : {};
    const wrongInput = validateInput(model, input);
    if (wrongInput.length > 0) throw new Problem(invalidInput(wrongInput));
    const prediction = planPrediction({
      model,
      input,
      now: this.#clock.now(),
      pace: this.#pace,
      slowMs: this.#slowMs,
      cancelAfter: readCancelAfter(request.headers['cancel-after']),
      fault: this.#faults.take('prediction'),
    });
    this.#predictions.push(prediction);
    this.#byId.set(prediction.id, prediction);
    this.#byFileToken.set(prediction.fileToken, prediction);
    return prediction;
  }

  async #waitForEnd(prediction: Prediction, waitMs: number, request: FastifyRequest): Promise<void> {
    for (let waited = 0; waited < waitMs; waited += WAIT_STEP_MS) {
      if (stateAt(prediction, this.#clock.now()).completedAt !== null || request.raw.socket.destroyed) return;
      await sleep(WAIT_STEP_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
    }
  }

  #getPrediction(id: string): Prediction {
    const prediction = this.#byId.get(id);
    if (prediction === undefined) throw new Problem(NOT_FOUND);
    return prediction;
  }

  #getModel({ owner, name }: { owner: string; name: string }): SandboxModel {
    const model = findModel(`${owner}/${name}`);
    if (model === undefined) throw new Problem(NOT_FOUND);
    return model;
  }

  /** Leaves the caller without (the rest of) an answer: for ever, or by destroying the socket now. */
  #lose(request: FastifyRequest, reply: FastifyReply, kind: 'hang' | 'cut'): FastifyReply {
    reply.hijack();
    this.#record(request, kind);
    if (kind === 'cut') request.raw.socket.destroy();
    return reply;
  }

  #answerProblem(request: FastifyRequest, reply: FastifyReply, body: ProblemBody): FastifyReply {
    this.#problems.set(request, body);
    if (body.retry_after !== undefined) void reply.header('retry-after', String(body.retry_after));
    return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  }

  #record(request: FastifyRequest, status: RecordedRequest['status']): void {
    const problem = this.#problems.get(request);
    const record: RecordedRequest = {
      at: this.#arrivals.get(request) ?? this.#clock.now(),
      method: request.method,
      path: request.url.replace(/^\/v1(?=\/)/, ''),
      status,
      body: request.body ?? null,
      files: [],
      error:
        problem === undefined
          ? null
          : {
              code: problem.status,
              message: problem.detail,
              paths: (problem.invalid_fields ?? []).map(({ field }) => field),
            },
    };
    this.#requests.push(record);
    for (const listener of this.#listeners) listener(record);
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(badRequest('Request body is not valid JSON.'));
  }
}

/** `owner/name` for official models, `owner/name:version`, or the version alone. */
function resolveVersion(reference: string): SandboxModel {
  const [name = '', versionId] = reference.split(':');
  const model = reference.includes('/') ? findModel(name) : findVersion(reference);
  const isRight =
    versionId === undefined ? !reference.includes('/') || model?.isOfficial === true : model?.versionId === versionId;
  if (model === undefined || !isRight) throw new Problem(INVALID_VERSION);
  return model;
}

function problemOfFault(kind: FaultKind<'create'> | FaultKind<'get'>): ProblemBody {
  switch (kind) {
    case 'http-401':
      return UNAUTHENTICATED;
    case 'http-402':
      return INSUFFICIENT_CREDIT;
    case 'http-422':
      return invalidInput([
        {
          type: 'enum',
          field: 'input.aspect_ratio',
          description: 'aspect_ratio must be one of the following: "1:1", "16:9"',
        },
      ]);
    case 'http-429':
      return throttled(FAULT_RETRY_AFTER_SECONDS);
    case 'http-503':
      return UNAVAILABLE;
    case 'http-500':
      return INTERNAL_ERROR;
    default:
      throw new Error(`Expected a fault with an answer, got ${kind}.`);
  }
}

/** Whatever a route threw, as the API would say it. */
function problemFrom(error: unknown): ProblemBody {
  if (error instanceof Problem) return error.body;
  const status = isObject(error) && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status >= 500) return { ...INTERNAL_ERROR, detail: String(error) };
  return { ...badRequest(error instanceof Error ? error.message : String(error)), status };
}
