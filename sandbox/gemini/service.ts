/** What the routes of this Gemini share: its state, its limits, and the ways of leaving a caller alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createClock } from '../clock.ts';
import { FaultQueue } from '../fault-queue.ts';
import type { GeminiFault, SandboxClock, SandboxGemini, SandboxGeneration, StartGeminiOptions } from '../interface.ts';
import { RateLimit } from '../replicate/rate-limit.ts';
import { RequestLog } from '../request-log.ts';
import { Problem, tooManyPerMinute } from './failures.ts';
import type { Interaction } from './interaction.ts';
import { Models } from './models.ts';

export type Pace = Parameters<SandboxGemini['setPace']>[0];

/** A paid call as it is kept: its state follows from the time. */
export interface Generation extends Omit<SandboxGeneration, 'status'> {
  statusAt(now: number): SandboxGeneration['status'];
}

export interface GeminiOptions extends StartGeminiOptions {
  /** Default true. Off only where a test asks about something else and would wait for nothing. */
  rateLimits?: boolean;
  /** Default 3 s for an image; 1 s in the queue and 4 s of work for a video. */
  pace?: Pace;
  /** How long the work takes that met the fault `slow`; default 20 s. */
  slowMs?: number;
}

/** `v1beta` and `v1` answer the same here. */
export const VERSIONS = ['v1beta', 'v1'] as const;

/** What a generous paid plan has for one model; Google shows each project its own. */
const MAKES_PER_MINUTE = 300;
const OTHER_CALLS_PER_MINUTE = 3_000;
const DEFAULT_PACE: Pace = { imageMs: 3_000, queueMs: 1_000, workMs: 4_000 };
const DEFAULT_SLOW_MS = 20_000;
const WAIT_STEP_MS = 25;

export class Service {
  readonly clock: SandboxClock;
  readonly faults = new FaultQueue<GeminiFault>();
  readonly models = new Models();
  /** Oldest first. */
  readonly generations: Generation[] = [];
  readonly interactions = new Map<string, Interaction>();
  readonly log: RequestLog;
  /** How long the work takes that met the fault `slow`. */
  readonly slowMs: number;
  /** Given instead of a picture of its own. */
  readonly picture: StartGeminiOptions['picture'];
  pace: Pace;
  /** `http://127.0.0.1:PORT`, once it listens. */
  origin = '';
  readonly #hasRateLimits: boolean;
  readonly #makeLimits = new Map<string, RateLimit>();
  readonly #otherLimit: RateLimit;
  readonly #closing = new AbortController();

  constructor(options: GeminiOptions) {
    this.clock = options.clock ?? createClock();
    this.pace = options.pace ?? DEFAULT_PACE;
    this.slowMs = options.slowMs ?? DEFAULT_SLOW_MS;
    this.picture = options.picture;
    this.log = new RequestLog(this.clock, /^\/v1(?:beta)?(?=\/)/);
    this.#hasRateLimits = options.rateLimits ?? true;
    this.#otherLimit = new RateLimit(OTHER_CALLS_PER_MINUTE, this.clock);
  }

  /** Counts a call to make something; throws Problem 429 when there were too many for this model. */
  countMake(model: string): void {
    const limit = this.#makeLimits.get(model) ?? new RateLimit(MAKES_PER_MINUTE, this.clock);
    this.#makeLimits.set(model, limit);
    this.#insistOn(limit, MAKES_PER_MINUTE, model);
  }

  /** The same for every other call. */
  countOther(): void {
    this.#insistOn(this.#otherLimit, OTHER_CALLS_PER_MINUTE, 'any');
  }

  /** Leaves the caller without (the rest of) an answer: for ever, or by destroying the socket now. */
  lose(request: FastifyRequest, reply: FastifyReply, kind: 'hang' | 'cut'): FastifyReply {
    reply.hijack();
    this.log.noteEnd(request, kind);
    if (kind === 'cut') request.raw.socket.destroy();
    return reply;
  }

  /** Resolves when the sandbox's clock shows this time, the caller has gone, or all ends. */
  async waitUntil(at: number, request: FastifyRequest): Promise<void> {
    const { signal } = this.#closing;
    while (this.clock.now() < at && !signal.aborted && !request.raw.socket.destroyed) {
      const stepMs = Math.min(WAIT_STEP_MS, at - this.clock.now());
      await sleep(stepMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Ends every wait. */
  close(): void {
    this.#closing.abort();
    this.log.close();
  }

  #insistOn(limit: RateLimit, perMinute: number, model: string): void {
    if (!this.#hasRateLimits) return;
    const seconds = limit.take();
    if (seconds !== null) throw new Problem(tooManyPerMinute(model, perMinute, seconds));
  }
}

/** Half of an answer, which no reader of JSON takes: what a broken proxy leaves of one. */
export function sendBrokenJson(reply: FastifyReply, answer: object): FastifyReply {
  const text = JSON.stringify(answer);
  return reply.type('application/json; charset=UTF-8').send(text.slice(0, text.length / 2));
}
