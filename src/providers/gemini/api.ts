/**
 * Calls to Google's API through its own client, each made once and within its own time. What goes wrong comes out
 * as a ProviderFailure made here from the HTTP answer itself: the client's two halves throw errors of different
 * classes, some with headers in them, and none of them ever leaves this file.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { GoogleGenAI } from '@google/genai';
import { failure } from '../../jobs/job.ts';
import { callWithin, CallTimedOut } from '../call.ts';
import { readNetworkError } from '../network-error.ts';
import { loseAnswer, ProviderFailure } from '../provider.ts';
import { type HttpAnswer, readErrorAnswer } from './error-answer.ts';
import { classify, mayBeAccepted } from './failures.ts';

export interface ApiOptions {
  apiKey: string;
  baseUrl: string;
  fetch: typeof fetch;
  now: () => number;
}

export interface ApiCall {
  /** For the sentence about a model that is not there. */
  model?: string;
  /** Whether an answer that is lost may mean that paid work was done. */
  isPaid?: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/** An answer of the API that was no success. */
export class HttpFailure extends ProviderFailure {
  readonly status: number;

  constructor(status: number, ...[lost, isAccepted]: ConstructorParameters<typeof ProviderFailure>) {
    super(lost, isAccepted);
    this.status = status;
  }
}

/** The one HTTP request of a call. */
interface Exchange {
  signal: AbortSignal | null;
  isSent: boolean;
  /** null: none came. */
  answer: HttpAnswer | null;
  /** What fetch threw. */
  error: unknown;
}

/** Responses that may have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

export class GeminiApi {
  readonly #client: GoogleGenAI;
  readonly #exchanges = new AsyncLocalStorage<Exchange>();
  readonly #fetch: typeof fetch;
  readonly #apiKey: string;
  readonly #now: () => number;

  /** Throws when the key could not be a header: fetch would later say so with the key in its words. */
  constructor({ apiKey, baseUrl, fetch: fetchOnce, now }: ApiOptions) {
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw new Error('Expected a Gemini API key of plain letters and digits, got other characters; copy it again.');
    this.#apiKey = apiKey;
    this.#now = now;
    this.#fetch = fetchOnce;
    this.#client = new GoogleGenAI({
      apiKey,
      // Said outright, else the client asks the environment (GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_GEMINI_BASE_URL).
      vertexai: false,
      // No `retryOptions`: with them it would repeat paid calls.
      httpOptions: { baseUrl, fetch: (input, init) => this.#fetchOnce(input, init) },
    });
  }

  /**
   * What `work` makes of the client, with one HTTP request at most. Throws ProviderFailure (HttpFailure when there
   * was an answer), the signal's reason when it aborts, and an Error without a cause for a bug.
   */
  async call<T>(call: ApiCall, work: (client: GoogleGenAI) => Promise<T>): Promise<T> {
    const { timeoutMs, signal } = call;
    const exchange: Exchange = { signal: null, isSent: false, answer: null, error: null };
    try {
      return await callWithin({ timeoutMs, signal }, (limited) => {
        exchange.signal = limited;
        return this.#exchanges.run(exchange, () => work(this.#client));
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#classify(error, exchange, call);
    }
  }

  /** Reads the answer to its end: what becomes of a call is told by it and not by what the client throws. */
  async #fetchOnce(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const exchange = this.#exchanges.getStore();
    if (exchange === undefined || exchange.isSent)
      throw new Error('Expected one HTTP request for each call; the client made another.');
    exchange.isSent = true;
    try {
      // fetch keeps x-goog-api-key when a redirect leads to another host.
      const response = await this.#fetch(input, { ...init, redirect: 'manual', signal: exchange.signal });
      const { status, statusText, headers } = response;
      const bytes = await response.arrayBuffer();
      exchange.answer = { status, headers, body: response.ok ? undefined : readJson(bytes) };
      return new Response(BODILESS.has(status) ? null : bytes, { status, statusText, headers });
    } catch (error) {
      exchange.error = error;
      throw error;
    }
  }

  #classify(error: unknown, { answer, error: thrown }: Exchange, call: ApiCall): Error {
    const { model = '', isPaid = false, timeoutMs } = call;
    if (error instanceof CallTimedOut) return timeOut(isPaid, `no answer in ${timeoutMs / 1000} s`);
    if (answer !== null && (answer.status < 200 || answer.status > 299)) {
      const { status } = answer;
      const classified = classify({ ...readErrorAnswer(answer, this.#now()), model });
      if (!isPaid || !mayBeAccepted(status)) return new HttpFailure(status, classified);
      return new HttpFailure(status, loseAnswer(classified.providerStatus), 'unknown');
    }
    if (answer !== null) return createUnreadable(isPaid);
    const network = readNetworkError(thrown);
    if (network !== null)
      return network.isUnsent ? createNetwork(network.code) : lose(isPaid, network.code ?? 'connection lost');
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new Error(`The Google client failed: ${words.replaceAll(this.#apiKey, '[key]')}`);
  }
}

/** A success that does not say what it should. */
export function createUnreadable(isPaid: boolean): ProviderFailure {
  const providerStatus = 'unreadable answer';
  if (isPaid) return new ProviderFailure(loseAnswer(providerStatus), 'unknown');
  return new ProviderFailure(failure('provider-error', 'retry', { providerStatus }));
}

function lose(isPaid: boolean, providerStatus: string): ProviderFailure {
  return isPaid ? new ProviderFailure(loseAnswer(providerStatus), 'unknown') : createNetwork(providerStatus);
}

/** A picture's call is the attempt itself: without an answer in time the attempt took too long, and may be paid. */
function timeOut(isPaid: boolean, providerStatus: string): ProviderFailure {
  if (!isPaid) return createNetwork(providerStatus);
  return new ProviderFailure(failure('attempt-timeout', 'retry', { mostRetries: 1, providerStatus }), 'unknown');
}

function createNetwork(providerStatus: string | null): ProviderFailure {
  return new ProviderFailure(failure('network', 'retry', { providerStatus }));
}

function readJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
