/** A port for a server that ends and comes back many times. */
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections (32768 and up): while the server is away, none may take it. */
const PORTS = { least: 20_000, count: 12_000 };
const MOST_TRIES = 100;

/** Resolves with one that nobody listens on; rejects when none was found. */
export async function findLastingPort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = PORTS.least + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`Expected a free port between ${PORTS.least} and ${PORTS.least + PORTS.count}, found none.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
