/**
 * A few painting threads. They start when they are first needed, keep the process alive only while they
 * paint, and are replaced when they die.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PaintAnswer, PaintWork } from './paint-worker.ts';

export interface PaintPoolOptions {
  /** Most threads at once. Default: as many as there are cores, 4 at most. */
  size?: number;
  /** The compiled file each thread runs. */
  workerUrl?: URL;
}

/** The thread died over a picture, for example because memory ran out. Another picture may well succeed. */
export class PainterCrashed extends Error {
  override name = 'PainterCrashed';
}

interface Task {
  request: PaintWork;
  resolve: (bytes: Uint8Array) => void;
  reject: (error: Error) => void;
}

/** More threads than this only take the cores from the rest of the process. */
const MOST_THREADS = 4;

export class PaintPool {
  readonly #size: number;
  readonly #workerUrl: URL;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Task>();
  readonly #waiting: Task[] = [];
  #isClosed = false;

  constructor({ size, workerUrl }: PaintPoolOptions = {}) {
    this.#size = size ?? Math.min(availableParallelism(), MOST_THREADS);
    // `.js`: this runs compiled, and an address in a string is not rewritten by the compiler.
    this.#workerUrl = workerUrl ?? new URL('./paint-worker.js', import.meta.url);
  }

  /**
   * Resolves with what the work gives. Rejects with the signal's reason soon after it aborts, with
   * PainterCrashed when the thread died, and with an Error for anything else (a bug).
   */
  async paint(request: PaintWork, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new Error('Expected an open paint pool, got one that was closed.');
    const { promise, resolve, reject } = createDeferred<Uint8Array>();
    const task: Task = { request, resolve, reject };
    const onAbort = (): void => {
      // A picture begun is finished and thrown away: it costs less than a new thread.
      const place = this.#waiting.indexOf(task);
      if (place !== -1) this.#waiting.splice(place, 1);
      reject(signal.reason instanceof Error ? signal.reason : new Error('The painting was stopped.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(task);
    this.#assign();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends every thread; what was being painted rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const workers = [...this.#idle, ...this.#busy.keys()];
    const tasks = [...this.#waiting.splice(0), ...this.#busy.values()];
    this.#idle.length = 0;
    this.#busy.clear();
    for (const task of tasks) task.reject(new Error('The paint pool was closed.'));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? this.#createWorker();
      if (worker === undefined) return;
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#busy.set(worker, task);
      worker.ref();
      worker.postMessage(task.request);
    }
  }

  /** undefined: as many as there may be are at work. */
  #createWorker(): Worker | undefined {
    if (this.#busy.size >= this.#size) return undefined;
    // Nothing of the process's own settings (a key among them) is handed to a thread that only draws.
    const worker = new Worker(this.#workerUrl, { env: {} });
    worker.on('message', (answer: PaintAnswer) => this.#onAnswer(worker, answer));
    worker.on('error', (error) => this.#onDead(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.#onDead(worker, `it ended with code ${code}`));
    return worker;
  }

  #onAnswer(worker: Worker, answer: PaintAnswer): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#isClosed) return;
    worker.unref();
    this.#idle.push(worker);
    if (task !== undefined) {
      if ('bytes' in answer) task.resolve(answer.bytes);
      else task.reject(new Error(`The painter failed: ${answer.error}`));
    }
    this.#assign();
  }

  /** Comes once or twice for a thread: `error`, then `exit`. */
  #onDead(worker: Worker, why: string): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    const place = this.#idle.indexOf(worker);
    if (place !== -1) this.#idle.splice(place, 1);
    task?.reject(new PainterCrashed(`The painting thread died: ${why}.`));
    if (!this.#isClosed) this.#assign();
  }
}

function createDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}
