/** The requests that a vendor got, with what became of each; whoever listens hears of each once. */
import type { FastifyRequest } from 'fastify';
import type { RecordedRequest, SandboxClock } from './interface.ts';

export class RequestLog {
  readonly #clock: SandboxClock;
  /** Taken off the front of every path. */
  readonly #prefix: RegExp;
  readonly #requests: RecordedRequest[] = [];
  readonly #listeners = new Set<(request: RecordedRequest) => void>();
  readonly #arrivals = new WeakMap<FastifyRequest, number>();
  readonly #files = new WeakMap<FastifyRequest, RecordedRequest['files']>();
  readonly #errors = new WeakMap<FastifyRequest, NonNullable<RecordedRequest['error']>>();

  constructor(clock: SandboxClock, prefix: RegExp) {
    this.#clock = clock;
    this.#prefix = prefix;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  noteArrival(request: FastifyRequest): void {
    this.#arrivals.set(request, this.#clock.now());
  }

  /** What the answer refuses it with; before `noteEnd`. */
  noteError(request: FastifyRequest, error: NonNullable<RecordedRequest['error']>): void {
    this.#errors.set(request, error);
  }

  /** What a multipart body brought; before `noteEnd`. */
  noteFiles(request: FastifyRequest, files: RecordedRequest['files']): void {
    this.#files.set(request, files);
  }

  noteEnd(request: FastifyRequest, status: RecordedRequest['status']): void {
    const record: RecordedRequest = {
      at: this.#arrivals.get(request) ?? this.#clock.now(),
      method: request.method,
      path: request.url.replace(this.#prefix, ''),
      status,
      body: Buffer.isBuffer(request.body) ? null : (request.body ?? null),
      files: this.#files.get(request) ?? [],
      error: this.#errors.get(request) ?? null,
    };
    this.#requests.push(record);
    for (const listener of this.#listeners) listener(record);
  }

  /** Returns the way to stop listening. */
  onChange(listener: (request: RecordedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
