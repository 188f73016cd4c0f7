/** A port for a program that must be told one. */
import { createServer } from 'node:net';

/** One of 127.0.0.1 that the system gave just now, and gives nobody else for a while. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
