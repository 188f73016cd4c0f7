/**
 * Calls to Replicate's HTTP API through its own client, each made once and within its own time. What goes
 * wrong comes out as a ProviderFailure made here: the client's ApiError holds the request with the key in it,
 * so neither it, nor its message, nor a cause ever leaves this file.
 */
import Replicate from 'replicate';
import { type Failure, failure } from '../../jobs/job.ts';
import { callWithin, CallTimedOut } from '../call.ts';
import { readNetworkError } from '../network-error.ts';
import { ProviderFailure } from '../provider.ts';
import { classifyHttp, mayBeAccepted } from './failures.ts';
import { readRefused, type RefusedField } from './refusals.ts';

export interface ApiOptions {
  token: string;
  baseUrl: string;
  fetch: typeof fetch;
  now: () => number;
}

export interface ApiCall {
  method?: 'GET' | 'POST' | 'QUERY';
  /** A path below the base address, or a whole address of the same origin. */
  route: string | URL;
  params?: Record<string, string>;
  headers?: Record<string, string>;
  /** Sent as JSON, a text too; a FormData as the form it is. */
  data?: object | string;
  /** For the sentence about a model that is not there. */
  model?: string;
  /** Whether an answer that is lost may mean that paid work has begun. */
  isPaid?: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/** An answer of the API that was no success. */
export class HttpFailure extends ProviderFailure {
  readonly status: number;
  /** Private, so that no log of an error holds anything of a body. */
  readonly #refused: readonly RefusedField[];

  constructor(
    status: number,
    lost: Failure,
    isAccepted: ProviderFailure['isAccepted'],
    refused: readonly RefusedField[] = [],
  ) {
    super(lost, isAccepted);
    this.status = status;
    this.#refused = refused;
  }

  /** The inputs that were refused, where the answer names them. */
  get refused(): readonly RefusedField[] {
    return this.#refused;
  }
}

export class ReplicateApi {
  readonly #client: Replicate;
  readonly #token: string;
  readonly #now: () => number;
  /** Their clock minus ours, by the Date header of the last answer; 0 before the first. */
  #clockOffsetMs = 0;

  /** Throws when the token could not be a header: fetch would later say so with the token in its words. */
  constructor({ token, baseUrl, fetch: fetchOnce, now }: ApiOptions) {
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new Error(
        'Expected a Replicate API token of plain letters and digits, got other characters; copy it again.',
      );
    this.#token = token;
    this.#now = now;
    this.#client = new Replicate({
      auth: token,
      baseUrl,
      useFileOutput: false,
      fileEncodingStrategy: 'upload',
      fetch: createSingleAttemptFetch(async (input, init) => this.#noteClock(await fetchOnce(input, init))),
    });
  }

  /** A time of ours as their clock has it. */
  toTheirTime(ours: number): number {
    return ours + this.#clockOffsetMs;
  }

  #noteClock(response: Response): Response {
    const theirs = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(theirs)) this.#clockOffsetMs = theirs - this.#now();
    return response;
  }

  /**
   * The answer's JSON. Throws ProviderFailure (HttpFailure when there was an answer), the signal's reason when
   * it aborts, and an Error without a cause for a bug.
   */
  async call(call: ApiCall): Promise<unknown> {
    const { method = 'GET', route, params = {}, headers = {}, data, timeoutMs, signal } = call;
    try {
      return await callWithin({ timeoutMs, signal }, async (limited) => {
        // Its types know objects alone; it sends whatever it gets as JSON.
        const body = data === undefined ? {} : { data: data as object };
        const response = await this.#client.request(route, { method, params, headers, signal: limited, ...body });
        return await response.json();
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#classify(error, call);
    }
  }

  #classify(error: unknown, { model = '', isPaid = false, timeoutMs }: ApiCall): Error {
    const lost = isPaid ? 'unknown' : 'no';
    if (error instanceof CallTimedOut) {
      const providerStatus = `no answer in ${timeoutMs / 1000} s`;
      return new ProviderFailure(failure('network', 'retry', { providerStatus }), lost);
    }
    const network = readNetworkError(error);
    if (network !== null) {
      const { code, isUnsent } = network;
      return new ProviderFailure(failure('network', 'retry', { providerStatus: code }), isUnsent ? 'no' : lost);
    }
    // A success whose body is no JSON.
    if (error instanceof SyntaxError) return createUnreadable(lost);
    const answer = readApiError(error);
    if (answer !== null) {
      const { status } = answer;
      const classified = classifyHttp({ ...answer, model, now: this.#now() });
      return new HttpFailure(status, classified, mayBeAccepted(status) ? lost : 'no', readRefused(answer.body));
    }
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new Error(`The Replicate client failed: ${words.replaceAll(this.#token, '[key]')}`);
  }
}

/** A success that does not say what it should. */
export function createUnreadable(isAccepted: 'no' | 'unknown'): ProviderFailure {
  return new ProviderFailure(failure('provider-error', 'retry', { providerStatus: 'unreadable answer' }), isAccepted);
}

/**
 * The client tries each call up to six times without a pause, POSTs after a network error too, and cannot be told
 * not to: a prediction would be paid several times. It hands the same `init` to each try, so the first answer is
 * given again.
 */
function createSingleAttemptFetch(fetchOnce: typeof fetch): typeof fetch {
  const answers = new WeakMap<RequestInit, Promise<Response>>();
  return (input, init = {}) => {
    // The API does not redirect; a key is not sent anywhere else.
    const answer = answers.get(init) ?? Promise.resolve().then(() => fetchOnce(input, { ...init, redirect: 'manual' }));
    answers.set(init, answer);
    return answer;
  };
}

/** ApiError is only a type in the client, so it is known by its name. null: something else. */
function readApiError(
  error: unknown,
): { status: number; body: Record<string, unknown> | null; retryAfter: string | null } | null {
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('response' in error)) return null;
  const { response } = error;
  if (!(response instanceof Response)) return null;
  return {
    status: response.status,
    body: readBody(error.message),
    retryAfter: response.headers.get('retry-after'),
  };
}

/** The body was read already and is only to be found in the message: `Request to … failed with status 422 …: {json}.` */
function readBody(message: string): Record<string, unknown> | null {
  const start = message.indexOf(': {');
  const end = message.lastIndexOf('}');
  if (start === -1 || end < start) return null;
  try {
    return JSON.parse(message.slice(start + 2, end + 1)) as Record<string, unknown>;
  } catch {
    return null;
  }
}
