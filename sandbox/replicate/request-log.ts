/** Every request and how it was answered, for the page and for tests. */
import type { FastifyRequest } from 'fastify';
import type { RecordedRequest, SandboxClock } from '../interface.ts';
import type { ProblemBody } from './problem.ts';

export class RequestLog {
  readonly requests: RecordedRequest[] = [];
  readonly #clock: SandboxClock;
  readonly #listeners = new Set<(request: RecordedRequest) => void>();
  readonly #arrivals = new WeakMap<FastifyRequest, number>();
  /** The problem a request was answered with, kept for its record. */
  readonly #problems = new WeakMap<FastifyRequest, ProblemBody>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  onChange(listener: (request: RecordedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stopTelling(): void {
    this.#listeners.clear();
  }

  noteArrival(request: FastifyRequest): void {
    this.#arrivals.set(request, this.#clock.now());
  }

  noteProblem(request: FastifyRequest, body: ProblemBody): void {
    this.#problems.set(request, body);
  }

  record(request: FastifyRequest, status: RecordedRequest['status']): void {
    const problem = this.#problems.get(request);
    const record: RecordedRequest = {
      at: this.#arrivals.get(request) ?? this.#clock.now(),
      method: request.method,
      path: request.url.replace(/^\/v1(?=\/)/, ''),
      status,
      body: request.body ?? null,
      files: [],
      error: problem === undefined ? null : describe(problem),
    };
    this.requests.push(record);
    for (const listener of this.#listeners) listener(record);
  }
}

function describe({ status, detail, invalid_fields: fields = [] }: ProblemBody): RecordedRequest['error'] {
  return { code: status, message: detail, paths: fields.map(({ field }) => field) };
}
