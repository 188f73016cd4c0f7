/**
 * A Gemini on this machine: the Developer API that the real `@google/genai` client talks to with an API key.
 * Pictures come from generateContent, videos from interactions. It refuses what the real one refuses.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Armed } from '../fault-queue.ts';
import type { GeminiFault, RecordedRequest, SandboxGemini, SandboxGeneration } from '../interface.ts';
import { isObject } from '../replicate/validate.ts';
import { failureOf, invalidArgument, NO_KEY, notFound, presentFailure, Problem } from './failures.ts';
import { WRONG_KEY, type Failure } from './failures.ts';
import { addGenerateRoutes } from './generate-routes.ts';
import { addInteractionRoutes } from './interaction-routes.ts';
import { Service, type GeminiOptions, type Generation, type Pace } from './service.ts';

export type { GeminiOptions } from './service.ts';

/** What startGemini gives beyond the interface: what the page shows as armed. */
export interface StartedGemini extends SandboxGemini {
  armedFaults(): Armed<GeminiFault>[];
}

/** Google's words are "Request payload size exceeds the limit": 20 MB inline. */
const LARGEST_BODY_BYTES = 20 * 1024 * 1024;
/** What is read of a body that is too large, so that its sender hears the refusal. */
const MOST_READ_BYTES = 64 * 1024 * 1024;

/** As long as Google's, and put together here so that nobody takes it for a real one. */
const KEY = `AIza${'Sandbox'.padEnd(35, '0')}`;

/**
 * Starts it on 127.0.0.1. Every fault does what its name says. `hang` on generate or interaction: the call is
 * accepted, counted and never answered, because that is the dangerous case. `slow` works for `slowMs`. A pace
 * set later holds for what is created later.
 */
export async function startGemini(options: GeminiOptions = {}): Promise<StartedGemini> {
  const gemini = new Gemini(new Service(options));
  await gemini.listen(options.port ?? 0);
  return gemini;
}

class Gemini implements StartedGemini {
  readonly key = KEY;
  readonly #service: Service;
  readonly #server: FastifyInstance;

  constructor(service: Service) {
    this.#service = service;
    this.#server = buildServer(service);
  }

  get url(): string {
    return this.#service.origin;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#service.log.requests;
  }

  generations(): SandboxGeneration[] {
    const now = this.#service.clock.now();
    return this.#service.generations.map((made) => summarize(made, now));
  }

  setPace(pace: Pace): void {
    this.#service.pace = { ...pace };
  }

  retireModel(name: string): void {
    this.#service.models.retire(name);
  }

  addFault(fault: GeminiFault, times = 1): void {
    this.#service.faults.add(fault, times);
  }

  armedFaults(): Armed<GeminiFault>[] {
    return this.#service.faults.list();
  }

  clearFaults(): void {
    this.#service.faults.clear();
  }

  onChange(listener: (request: RecordedRequest) => void): () => void {
    return this.#service.log.onChange(listener);
  }

  async listen(port: number): Promise<void> {
    this.#service.origin = await this.#server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.#service.close();
    await this.#server.close();
  }
}

function summarize(made: Generation, now: number): SandboxGeneration {
  const { id, kind, model, prompt, images, createdAt, gets, cancels, fileFetches } = made;
  return { id, kind, model, prompt, images, createdAt, status: made.statusAt(now), gets, cancels, fileFetches };
}

function buildServer(service: Service): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true, bodyLimit: MOST_READ_BYTES, exposeHeadRoutes: false });
  server.removeAllContentTypeParsers();
  // Google reads JSON whatever the type says, and a cancel has a type and no body.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) => parseBody(bytes));
  server.addHook('onRequest', async (request) => {
    service.log.noteArrival(request);
    insistOnKey(request);
    if (request.method !== 'POST') service.countOther();
  });
  server.addHook('onSend', async (request, reply) => {
    void reply.header('date', new Date(service.clock.now()).toUTCString());
    service.log.noteEnd(request, reply.statusCode);
  });
  server.setErrorHandler((error, request, reply) => answerFailure(service, { request, reply }, failureFrom(error)));
  server.setNotFoundHandler((request, reply) =>
    answerFailure(service, { request, reply }, notFound(`Method not found: ${request.url.split('?')[0]}`)),
  );
  addGenerateRoutes(server, service);
  addInteractionRoutes(server, service);
  return server;
}

/** The key comes in a header, or in the query as in Google's first examples. */
function insistOnKey(request: FastifyRequest): void {
  const inQuery = isObject(request.query) ? request.query.key : undefined;
  const key = request.headers['x-goog-api-key'] ?? inQuery;
  if (key === undefined || key === '') throw new Problem(NO_KEY);
  if (key !== KEY) throw new Problem(WRONG_KEY);
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length > LARGEST_BODY_BYTES)
    throw new Problem(invalidArgument(`Request payload size exceeds the limit: ${LARGEST_BODY_BYTES} bytes.`));
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new Problem(invalidArgument('Invalid JSON payload received. Unexpected token.'));
  }
}

function answerFailure(
  service: Service,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  failure: Failure,
): FastifyReply {
  const { http, message, paths = [] } = failure;
  service.log.noteError(request, { code: http, message, paths });
  const isInteraction = /^\/v1(beta)?\/interactions\b/.test(request.url);
  return reply.code(http).send(presentFailure(failure, isInteraction ? 'interactions' : 'rpc'));
}

/** Whatever a route threw, as the API would say it. */
function failureFrom(error: unknown): Failure {
  if (error instanceof Problem) return error.failure;
  const status = isObject(error) && typeof error.statusCode === 'number' ? error.statusCode : 500;
  const message = error instanceof Error ? error.message : String(error);
  return status >= 500 ? { ...failureOf('http-500', ''), message } : invalidArgument(message);
}
