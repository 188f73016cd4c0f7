/**
 * The bot's HTTP server: carries routes, and keeps from them what is too large, too slow, too often refused,
 * or came through a proxy to what is not public. The only file that knows fastify.
 */
import { STATUS_CODES, type Server, type ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock, Log } from '../jobs/ports.ts';
import { findSender, isForwarded } from './proxies.ts';
import type { Refusal, Refusals } from './refusals.ts';
import { MOST_BODY_BYTES, refuse, type HttpAnswer, type HttpRoute } from './route.ts';
import { SenderLimit } from './sender-limit.ts';

export interface HttpLimits {
  /** From a request's first byte (or the connection) to the end of its headers. */
  headersMs: number;
  /** To the end of its body. */
  requestMs: number;
  /** How often the two are looked at. */
  checkMs: number;
  /** How long nothing may move on a connection while it is answered. */
  idleMs: number;
  /** At once; further ones are closed as they come. */
  connections: number;
}

export interface HttpServerOptions {
  host: string;
  /** 0 lets the system pick. */
  port: number;
  /** PUBLIC_URL, or null. */
  publicUrl: string | null;
  routes: readonly HttpRoute[];
  refusals: Refusals;
  clock: Clock;
  log: Log;
  /** Where they are to differ from LIMITS. */
  limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Ends every connection at once, also those in the midst of a request. */
  close(): Promise<void>;
}

/** The server could not listen. The message is one sentence for the owner. */
export class HttpServerFailure extends Error {
  override name = 'HttpServerFailure';
}

const LIMITS: HttpLimits = { headersMs: 10_000, requestMs: 15_000, checkMs: 2_000, idleMs: 30_000, connections: 256 };
/** A minute's worth of a webhook that fails at its every repetition, and far from what would cost anything. */
const REFUSED = { burst: 60, perSecond: 1, mostSenders: 1_000 };
/** What the router knows; anything rarer meets 404. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
/** Signed addresses are long; the router's own bound is 100. */
const LONGEST_PARAMETER = 500;
const ON_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Rejects with HttpServerFailure when the port or the address cannot be had. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = new RouteServer(options);
  await server.listen();
  return server;
}

class RouteServer implements HttpServer {
  readonly #options: HttpServerOptions;
  readonly #limit: SenderLimit;
  readonly #server: FastifyInstance;
  #url = '';

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#limit = new SenderLimit({ ...REFUSED, clock: options.clock });
    this.#server = this.#build({ ...LIMITS, ...options.limits });
  }

  get url(): string {
    return this.#url;
  }

  async listen(): Promise<void> {
    const { host, port, log } = this.#options;
    try {
      this.#url = await this.#server.listen({ host, port });
    } catch (error) {
      await this.#server.close();
      throw new HttpServerFailure(explain(error, host, port), { cause: error });
    }
    log.info('the HTTP server listens', { host, port: Number(new URL(this.#url).port) });
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #build({ headersMs, requestMs, checkMs, idleMs, connections }: HttpLimits): FastifyInstance {
    const http: ServerOptions = { headersTimeout: headersMs, connectionsCheckingInterval: checkMs };
    const server = Fastify({
      http,
      requestTimeout: requestMs,
      connectionTimeout: idleMs,
      bodyLimit: MOST_BODY_BYTES,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: LONGEST_PARAMETER },
      frameworkErrors: (_error, _request, reply) => void this.#send(reply, refuse(404)),
      clientErrorHandler: (error, socket) => this.#answerBroken(error, socket),
    });
    limitConnections(server.server, connections);
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    server.addHook('onRequest', async (request, reply) => {
      if (this.#isSpent(request)) return this.#send(reply, refuse(429, { refused: 'too-many', headers: LATER }));
    });
    server.addHook('onResponse', async (request, reply) => this.#noteRefused(request, reply.statusCode));
    server.setNotFoundHandler((_request, reply) => this.#send(reply, refuse(404)));
    server.setErrorHandler((error, _request, reply) => this.#answerError(error, reply));
    for (const route of this.#options.routes) this.#add(server, route);
    return server;
  }

  #add(server: FastifyInstance, route: HttpRoute): void {
    server.route({
      method: METHODS,
      url: route.path,
      // Before a body is read.
      onRequest: async (request, reply) => {
        const refusal = this.#turnAway(route, request);
        if (refusal !== null) return this.#send(reply, refusal);
      },
      handler: async (request, reply) => this.#send(reply, await route.handle(readRequest(request))),
    });
  }

  /** What is not public is, to a stranger, not there: the same answer as for a path that is none. */
  #turnAway({ method, isPublic }: HttpRoute, { raw }: FastifyRequest): HttpAnswer | null {
    if (!isPublic && isForwarded(raw.headersDistinct, this.#options.publicUrl)) return refuse(404);
    if (raw.method === method || (raw.method === 'HEAD' && method === 'GET')) return null;
    return refuse(405, { headers: { allow: method === 'GET' ? 'GET, HEAD' : method } });
  }

  #isSpent({ raw }: FastifyRequest): boolean {
    const sender = findSender(raw.socket.remoteAddress, raw.headersDistinct['x-forwarded-for']);
    return sender !== null && this.#limit.isSpent(sender);
  }

  /** Those that are told to wait pay nothing more for it. */
  #noteRefused({ raw }: FastifyRequest, status: number): void {
    const sender = findSender(raw.socket.remoteAddress, raw.headersDistinct['x-forwarded-for']);
    if (sender !== null && status >= 400 && status < 500 && status !== 429) this.#limit.take(sender);
  }

  #send(reply: FastifyReply, { status, type, body, headers, refused }: HttpAnswer): FastifyReply {
    if (refused !== undefined) this.#options.refusals.count(refused);
    return reply
      .code(status)
      .headers({ ...ON_EVERY_ANSWER, ...headers })
      .type(type)
      .send(body);
  }

  #answerError(error: unknown, reply: FastifyReply): FastifyReply {
    const { statusCode: status = 500, code } = error as { statusCode?: number; code?: string };
    // Broken off while it was read: nobody is there to answer.
    if (code === 'ECONNRESET') return reply.hijack();
    const refused = status < 500 ? (OF_STATUS[status] ?? 'bad-request') : 'internal-error';
    const errorMessage = error instanceof Error ? error.message : String(error);
    this.#options.refusals.count(refused, status < 500 ? {} : { errorMessage });
    return this.#send(reply, refuse(status));
  }

  /** What never became a request: it was too slow, too long, or no HTTP. */
  #answerBroken(error: Error & { code?: string }, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const status = OF_PARSER[error.code ?? ''] ?? 400;
    this.#options.refusals.count(OF_STATUS[status] ?? 'bad-request');
    const { type, body } = refuse(status);
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: ${type}`;
    if (socket.writable) socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.destroy();
  }
}

const LATER = { 'retry-after': '60' };
const OF_STATUS: Readonly<Record<number, Refusal>> = { 408: 'too-slow', 413: 'body-too-large' };
const OF_PARSER: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

function limitConnections(server: Server, most: number): void {
  server.maxConnections = most;
}

function readRequest({ raw, url, params, body }: FastifyRequest): Parameters<HttpRoute['handle']>[0] {
  const query = url.indexOf('?');
  return {
    method: raw.method ?? 'GET',
    parameters: params as Record<string, string>,
    query: new URLSearchParams(query < 0 ? '' : url.slice(query + 1)),
    headers: raw.headersDistinct,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  };
}

function explain(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const where = `port ${port} of ${host}`;
  if (code === 'EADDRINUSE') {
    return `HTTP_PORT is ${port}, but ${where} is taken: stop what listens there (another Darkroom?), or set HTTP_PORT to a free port.`;
  }
  if (code === 'EACCES') {
    return `HTTP_PORT is ${port}, but the system does not let this user listen on ${where}: set HTTP_PORT to one from 1024 on.`;
  }
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(code)) {
    return `HTTP_HOST is ${JSON.stringify(host)}; expected an address of this machine, for example 127.0.0.1, or 0.0.0.0 for all it has.`;
  }
  return `The system refused to listen on ${where} (${code}): check HTTP_PORT and HTTP_HOST.`;
}
