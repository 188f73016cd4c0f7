/** A real HTTP server on 127.0.0.1 with a clock that moves by hand, and requests written as a stranger might. */
import type { WebhookAttempt } from '../../src/http/replicate-webhooks.ts';
import { createHmac } from 'node:crypto';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { Clock, Log, LogFields } from '../../src/jobs/ports.ts';
import { Refusals } from '../../src/http/refusals.ts';
import type { HttpRoute } from '../../src/http/route.ts';
import { startHttpServer, type HttpServer, type HttpServerOptions } from '../../src/http/server.ts';

/** Stands still until it is moved; who sleeps wakes when it has been moved far enough. */
export class HandClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  /** Every wait that was asked for. */
  readonly slept: number[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await settle();
  }
}

/** Lets what was begun go on to its next wait. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface Line {
  level: string;
  message: string;
  fields: LogFields;
}

export function createLines(): { lines: Line[]; log: Log } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
}

export interface Running {
  server: HttpServer;
  clock: HandClock;
  refusals: Refusals;
  lines: Line[];
}

type Options = Partial<Pick<HttpServerOptions, 'limits' | 'publicUrl'>> & { clock?: HandClock };

/** `routes` are made for the clock that the server has. */
export async function startServer(
  context: TestContext,
  createRoutes: (parts: { clock: HandClock; log: Log }) => HttpRoute[],
  { limits = {}, publicUrl = null, clock = new HandClock() }: Options = {},
): Promise<Running> {
  const { lines, log } = createLines();
  const refusals = new Refusals({ clock, log });
  const routes = createRoutes({ clock, log });
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl,
    routes,
    refusals,
    clock,
    log,
    limits,
  });
  context.after(() => server.close());
  return { server, clock, refusals, lines };
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Sending {
  method?: string;
  /** Pairs, so that a header can be there twice. */
  headers?: readonly (readonly [name: string, value: string])[];
  /** An array is sent in chunks, without a length. */
  body?: string | Buffer | readonly (string | Buffer)[];
}

/** One request on a connection of its own. Rejects when the connection ends without an answer. */
export function send(url: string, { method = 'GET', headers = [], body }: Sending = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, agent: false, headers: gather(headers) });
    let isAnswered = false;
    // Refused before all was sent: the answer counts, not the broken pipe.
    call.on('error', (error) => (isAnswered ? undefined : reject(error)));
    call.on('response', (response) => {
      isAnswered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    if (Array.isArray(body)) for (const chunk of body as readonly (string | Buffer)[]) call.write(chunk);
    call.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : undefined);
  });
}

/** A header that is there twice becomes a list, which Node writes as two. */
function gather(pairs: readonly (readonly [name: string, value: string])[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of pairs) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return headers;
}

/** Writes these bytes and nothing more; resolves with all that came until the other side closed. */
export function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let came = '';
    socket.on('data', (chunk) => (came += chunk.toString('utf8')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(came));
  });
}

export function makeSecret(seed: string): string {
  return `whsec_${Buffer.from(seed.padEnd(24, '.')).toString('base64')}`;
}

export interface Signing {
  id?: string;
  /** In seconds. */
  timestamp: number;
  body: string;
  secret: string;
}

/** The three headers as Replicate writes them; the algorithm is checked against the real package elsewhere. */
export function sign({ id = 'msg_1', timestamp, body, secret }: Signing): [string, string][] {
  const key = Buffer.from(secret.slice(secret.lastIndexOf('_') + 1), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return [
    ['webhook-id', id],
    ['webhook-timestamp', String(timestamp)],
    ['webhook-signature', `v1,${signature}`],
  ];
}

/** The address that Replicate is given with an attempt. */
export function createWebhookUrl(baseUrl: string, { jobId, item, attempt }: WebhookAttempt): string {
  const query = new URLSearchParams({ job: jobId, item, attempt: String(attempt) });
  return `${baseUrl}/webhooks/replicate?${query.toString()}`;
}
