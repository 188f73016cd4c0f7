/** One POST without anything a client adds by itself: no redirect followed, no connection kept. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** How long a receiver may be silent. */
const PATIENCE_MS = 5_000;

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/** The status, or `refused` where nobody listened or no answer came. Never rejects. */
export async function postJson(url: URL, { headers, body, signal }: PostOptions): Promise<number | 'refused'> {
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const call = start(url, {
      method: 'POST',
      agent: false,
      timeout: PATIENCE_MS,
      signal,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    let status: number | 'refused' = 'refused';
    call.on('response', (response) => {
      status = response.statusCode ?? 'refused';
      // Nobody reads the body, but the connection ends only behind it; a body that is cut off changes nothing.
      response.on('error', () => undefined).resume();
    });
    call.on('timeout', () => call.destroy());
    // What went wrong does not matter: `close` follows.
    call.on('error', () => undefined);
    call.on('close', () => resolve(status));
    call.end(body);
  });
}
