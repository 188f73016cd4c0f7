/** What a route sees and answers. Only server.ts knows what carries them. */
import type { Readable } from 'node:stream';
import type { Refusal } from './refusals.ts';

export interface HttpRequest {
  /** HEAD, where GET is asked for without its body. */
  method: string;
  /** Of the path, by the names in it: `/files/:name` gives `name`. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** By lower-case name, every value as it came: a header sent twice has two. */
  headers: NodeJS.Dict<string[]>;
  /** Of a POST; as it came, at most `MOST_BODY_BYTES`. Empty when there was none. */
  body: Buffer;
}

export interface HttpAnswer {
  status: number;
  /** Content type. */
  type: string;
  body: string | Buffer | Readable;
  headers?: Readonly<Record<string, string>>;
  /** Set when the request was turned away: counted, and told to the owner now and then. */
  refused?: Refusal;
}

type TextAnswer = HttpAnswer & { body: string };

type More = Pick<HttpAnswer, 'headers' | 'refused'>;

export interface HttpRoute {
  /** HEAD is answered too, where GET is. */
  method: 'GET' | 'POST';
  /** `:name` stands for one part of it. */
  path: string;
  /** Whether it also answers what came through a proxy, hence from anybody; else such a request meets 404. */
  isPublic: boolean;
  /** Throws only for a mistake of ours: the answer is 500. */
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** Of a request; a prediction with all its logs is far smaller. */
export const MOST_BODY_BYTES = 1024 * 1024;

export function answerJson(status: number, value: object, more: More = {}): TextAnswer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value), ...more };
}

/** The words for each status that refuses: no more than the status itself says, to anybody. */
const WORDS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'unauthorized',
  404: 'not found',
  405: 'method not allowed',
  408: 'request timeout',
  413: 'payload too large',
  415: 'unsupported media type',
  416: 'range not satisfiable',
  429: 'too many requests',
  431: 'request header fields too large',
  500: 'internal error',
  503: 'unavailable',
};

/** A refusal with a body of JSON that tells nothing beyond the status. */
export function refuse(status: number, more: More = {}): TextAnswer {
  return answerJson(status, { error: WORDS[status] ?? 'refused' }, more);
}
