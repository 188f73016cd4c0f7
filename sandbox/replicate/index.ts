/**
 * A Replicate on this machine: the HTTP API that the real `replicate` client talks to, the files that its
 * predictions make, and the webhooks it sends. It refuses what the real one refuses.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createClock } from '../clock.ts';
import type {
  RecordedRequest,
  ReplicateFault,
  SandboxClock,
  SandboxReplicate,
  SandboxWebhook,
  StartReplicateOptions,
} from '../interface.ts';
import { RequestLog } from '../request-log.ts';
import { Catalog } from './catalog.ts';
import { PredictionStore, type Context } from './context.ts';
import { RawAnswer } from './fault-answers.ts';
import { Faults, type ArmedFault } from './faults.ts';
import { addModelRoutes } from './model-routes.ts';
import { addPredictionRoutes } from './prediction-routes.ts';
import { presentPrediction, summarizePrediction } from './prediction-view.ts';
import type { Pace } from './prediction.ts';
import { badRequest, INTERNAL_ERROR, NOT_FOUND, Problem, throttled, UNAUTHENTICATED } from './problem.ts';
import type { ProblemBody } from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import { addUploadRoutes } from './upload-routes.ts';
import { summarizeUpload, UploadStore } from './uploads.ts';
import { isObject } from './validate.ts';
import { WEBHOOK_SECRET, WebhookSender } from './webhooks.ts';

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
const DEFAULT_PACE: Pace = { queueMs: 1_000, workMs: 4_000 };
const DEFAULT_SLOW_MS = 20_000;

type RequestError = NonNullable<RecordedRequest['error']>;

const API_PREFIX = /^\/v1(?=\/)/;
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
  readonly webhookSecret = WEBHOOK_SECRET;
  readonly #clock: SandboxClock;
  readonly #server: FastifyInstance;
  readonly #faults = new Faults();
  readonly #catalog = new Catalog();
  readonly #predictions = new PredictionStore();
  readonly #uploads: UploadStore;
  readonly #webhooks: WebhookSender;
  readonly #log: RequestLog;
  readonly #createLimit: RateLimit;
  readonly #otherLimit: RateLimit;
  readonly #hasRateLimits: boolean;
  readonly #closing = new AbortController();
  #pace: Pace;
  #origin = '';

  constructor(options: ReplicateOptions) {
    this.#clock = options.clock ?? createClock();
    this.#hasRateLimits = options.rateLimits ?? true;
    this.#pace = options.pace ?? DEFAULT_PACE;
    this.#uploads = new UploadStore(this.#clock);
    this.#log = new RequestLog(this.#clock, API_PREFIX);
    this.#webhooks = new WebhookSender({
      clock: this.#clock,
      present: (prediction, at) => presentPrediction(prediction, at, this.#origin),
    });
    this.#createLimit = new RateLimit(CREATES_PER_MINUTE, this.#clock);
    this.#otherLimit = new RateLimit(OTHER_CALLS_PER_MINUTE, this.#clock);
    this.#server = this.#buildServer(this.#buildContext(options));
  }

  get url(): string {
    return `${this.#origin}/v1`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#log.requests;
  }

  get webhooks(): readonly SandboxWebhook[] {
    return this.#webhooks.sent;
  }

  predictions(): ReturnType<SandboxReplicate['predictions']> {
    const now = this.#clock.now();
    return this.#predictions.all.map((prediction) => summarizePrediction(prediction, now));
  }

  uploads(): ReturnType<SandboxReplicate['uploads']> {
    return this.#uploads.all().map(summarizeUpload);
  }

  changeModel(name: string, inputs: Record<string, Record<string, unknown>>, required?: string[]): void {
    this.#catalog.change(name, { inputs, ...(required === undefined ? {} : { required }) }, this.#clock.now());
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
    return this.#log.onChange(listener);
  }

  async listen(port: number): Promise<void> {
    this.#origin = await this.#server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#log.close();
    await Promise.all([this.#webhooks.close(), this.#server.close()]);
  }

  #buildContext({ picture, slowMs = DEFAULT_SLOW_MS }: ReplicateOptions): Context {
    return {
      clock: this.#clock,
      faults: this.#faults,
      catalog: this.#catalog,
      predictions: this.#predictions,
      uploads: this.#uploads,
      webhooks: this.#webhooks,
      picture,
      slowMs,
      closing: this.#closing.signal,
      pace: () => this.#pace,
      origin: () => this.#origin,
      noteFiles: (request, files) => this.#log.noteFiles(request, files),
      lose: (request, reply, kind) => this.#lose(request, reply, kind),
    };
  }

  #buildServer(context: Context): FastifyInstance {
    // Base64 images in an input make large bodies.
    const server = Fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024, exposeHeadRoutes: false });
    // The real client calls cancel with a JSON content type and no body.
    server.removeContentTypeParser('application/json');
    server.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, text: string) =>
      text === '' ? undefined : parseBody(text),
    );
    server.addHook('onRequest', async (request) => {
      this.#log.noteArrival(request);
      if (request.url.startsWith('/v1/')) this.#admit(request);
    });
    server.addHook('onSend', async (request, reply) => this.#log.noteEnd(request, reply.statusCode));
    server.setErrorHandler((error, request, reply) => this.#answerError(request, reply, error));
    server.setNotFoundHandler((request, reply) => this.#answerProblem(request, reply, NOT_FOUND));
    addPredictionRoutes(server, context);
    addModelRoutes(server, context);
    addUploadRoutes(server, context);
    return server;
  }

  /** Token first, then the rate limit, before anything is read. */
  #admit(request: FastifyRequest): void {
    const { authorization = '' } = request.headers;
    if (!/^(Bearer|Token) /i.test(authorization) || authorization.split(' ')[1] !== this.token) {
      throw new Problem(UNAUTHENTICATED);
    }
    if (!this.#hasRateLimits) return;
    const isCreate = request.method === 'POST' && (request.url.split('?')[0] ?? '').endsWith('/predictions');
    const retryAfterSeconds = (isCreate ? this.#createLimit : this.#otherLimit).take();
    if (retryAfterSeconds !== null) throw new Problem(throttled(retryAfterSeconds));
  }

  #lose(request: FastifyRequest, reply: FastifyReply, kind: 'hang' | 'cut'): FastifyReply {
    reply.hijack();
    this.#log.noteEnd(request, kind);
    if (kind === 'cut') request.raw.socket.destroy();
    return reply;
  }

  #answerError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    if (error instanceof RawAnswer) return reply.code(error.status).type(error.contentType).send(error.body);
    return this.#answerProblem(request, reply, problemFrom(error));
  }

  #answerProblem(request: FastifyRequest, reply: FastifyReply, body: ProblemBody): FastifyReply {
    this.#log.noteError(request, describeProblem(body));
    if (body.retry_after !== undefined) void reply.header('retry-after', String(body.retry_after));
    return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  }
}

function describeProblem({ status, detail, invalid_fields: fields = [] }: ProblemBody): RequestError {
  return { code: status, message: detail, paths: fields.map(({ field }) => field) };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(badRequest('Request body is not valid JSON.'));
  }
}

/** Whatever a route threw, as the API would say it. */
function problemFrom(error: unknown): ProblemBody {
  if (error instanceof Problem) return error.body;
  const status = isObject(error) && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status >= 500) return { ...INTERNAL_ERROR, detail: String(error) };
  return { ...badRequest(error instanceof Error ? error.message : String(error)), status };
}
