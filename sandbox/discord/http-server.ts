/** The HTTP side: every call is recorded, meets its fault, is checked for token and limits, then answered. */
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DiscordFault, RecordedRequest, SandboxClock } from '../interface.ts';
import type { AttachmentStore } from './attachments.ts';
import { DiscordError, refuse, refuseIssues } from './errors.ts';
import { GUARD_PAGE, toError } from './faults.ts';
import type { Faults } from './faults.ts';
import type { RateLimits } from './rate-limits.ts';
import { readBody } from './request-body.ts';
import type { RequestBody } from './request-body.ts';
import type { ApiAnswer, Route } from './routes.ts';
import { serveFile } from './serve-file.ts';

const BASE = '/api/v10';
/** Read to its end even when it is too large, so that the refusal arrives and not a broken connection. */
const MOST_READ_BYTES = 256 * 1024 * 1024;
/** Interaction tokens are long; the router refuses parameters over 100 characters by default. */
const LONGEST_PARAMETER = 1_000;

interface HttpParts {
  clock: SandboxClock;
  isToken: (token: string) => boolean;
  routes: readonly Route[];
  faults: Faults;
  rateLimits: RateLimits;
  attachments: AttachmentStore;
  record: (request: RecordedRequest) => void;
}

/** When each call's head arrived, before it waited for its turn. */
const arrivals = new WeakMap<FastifyRequest, number>();

interface Exchange {
  method: string;
  /** With query, without `/api/v10`. */
  path: string;
  at: number;
  received: RequestBody;
}

export function createHttpServer(parts: HttpParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: MOST_READ_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, reply, done) => {
    arrivals.set(request, parts.clock.now());
    reply.header('date', new Date(parts.clock.now()).toUTCString());
    done();
  });
  /**
   * One call each turn of the loop, so that hundreds at once are all noted as they arrive and not when those
   * before them have been carried out: the real Discord does not work them off in a line.
   */
  let turn = Promise.resolve();
  app.addHook('preHandler', () => (turn = turn.then(() => nextTurnOfLoop())));
  for (const route of parts.routes) {
    app.route({
      method: route.method,
      url: `${BASE}${route.url}`,
      handler: (request, reply) => exchange(parts, route, request, reply),
    });
  }
  for (const folder of ['attachments', 'ephemeral-attachments']) {
    app.get(`/${folder}/:channelId/:attachmentId/:name`, (request, reply) =>
      serveFile(parts.attachments, request, reply),
    );
  }
  app.setNotFoundHandler((request, reply) => exchange(parts, null, request, reply));
  return app;
}

async function exchange(
  parts: HttpParts,
  route: Route | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const seen: Exchange = {
    method: request.method,
    // The REST client writes @original as %40original.
    path: request.url.replace(/^\/api\/v\d+/u, '').replaceAll('%40', '@'),
    at: arrivals.get(request) ?? parts.clock.now(),
    received: { body: null, files: [] },
  };
  const fault = parts.faults.take(seen.method, seen.path.split('?')[0] ?? seen.path);
  if (fault === 'hang' || fault === 'cut-before') {
    await tryReadBody(seen, request);
    return breakOff(parts, seen, request, reply, fault);
  }
  const headers: Record<string, string> = {};
  const answer = await answerTo(parts, route, { seen, request, fault, headers });
  if (fault === 'cut-after') return breakOff(parts, seen, request, reply, fault);
  const error = answer instanceof DiscordError ? answer : null;
  record(parts, seen, answer.status, error);
  reply.headers({ ...headers, ...error?.headers }).status(answer.status);
  if (typeof fault === 'object' && fault.isHtml === true) return reply.type('text/html').send(GUARD_PAGE);
  if (answer.status === 204) return reply.send();
  return reply.type('application/json').send(JSON.stringify(error ? error.body() : (answer as ApiAnswer).body));
}

interface AnswerContext {
  seen: Exchange;
  request: FastifyRequest;
  fault: DiscordFault['kind'] | undefined;
  /** Filled with the rate limit's headers, for refusals too. */
  headers: Record<string, string>;
}

async function answerTo(
  parts: HttpParts,
  route: Route | null,
  context: AnswerContext,
): Promise<ApiAnswer | DiscordError> {
  const { seen, request, fault, headers } = context;
  try {
    if (typeof fault === 'object') throw toError(fault);
    if (!request.url.startsWith(BASE) && /^\/api\/v\d+\//u.test(request.url)) throw refuse('invalidApiVersion');
    if (!route) throw refuse('notFound');
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const isBot = scheme === 'Bot' && parts.isToken(token);
    if (route.needsBot && !isBot) throw refuse('unauthorized');
    if (route.needsBot) parts.rateLimits.takeGlobal();
    const parameters = request.params as Record<string, string>;
    const resource = route.sharedBy.map((name) => parameters[name] ?? '').join('/');
    if (route.bucket) Object.assign(headers, parts.rateLimits.take(route.bucket, resource));
    seen.received = await readBody(request.body as Buffer | undefined, request.headers['content-type'] ?? '');
    checkSnowflakes(parameters);
    return route.handle({
      parameters,
      query: new URL(request.url, 'http://query.invalid').searchParams,
      ...seen.received,
    });
  } catch (error) {
    if (seen.received.body === null) await tryReadBody(seen, request);
    if (error instanceof DiscordError) return error;
    // A mistake in the sandbox must not look like an answer of Discord's.
    process.stderr.write(
      `The sandbox's Discord failed on ${seen.method} ${seen.path.split('?')[0]}: ${String((error as Error).stack)}\n`,
    );
    return new DiscordError(500, 0, '500: Internal Server Error');
  }
}

/** For the record only: what was refused unread is still asked about in tests. */
async function tryReadBody(seen: Exchange, request: FastifyRequest): Promise<void> {
  seen.received = await readBody(request.body as Buffer | undefined, request.headers['content-type'] ?? '').catch(
    () => seen.received,
  );
}

function checkSnowflakes(parameters: Readonly<Record<string, string>>): void {
  refuseIssues(
    Object.entries(parameters)
      .filter(([name, value]) => name.endsWith('Id') && !/^\d{1,20}$/u.test(value))
      .map(([name, value]) => ({
        path: [name.replace(/Id$/u, '_id')],
        code: 'NUMBER_TYPE_COERCE',
        message: `Value "${value}" is not snowflake.`,
      })),
  );
}

function breakOff(
  parts: HttpParts,
  seen: Exchange,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: 'hang' | 'cut-before' | 'cut-after',
): FastifyReply {
  reply.hijack();
  if (fault !== 'hang') request.raw.socket.destroy();
  record(parts, seen, fault === 'hang' ? 'hang' : 'cut', null);
  return reply;
}

function record(parts: HttpParts, seen: Exchange, status: RecordedRequest['status'], error: DiscordError | null): void {
  const { body, files } = seen.received;
  parts.record({
    at: seen.at,
    method: seen.method,
    path: seen.path,
    status,
    body,
    files: files.map((file) => ({ name: file.name, size: file.bytes.length })),
    error: error ? { code: error.code, message: error.explain(), paths: error.paths() } : null,
  });
}
