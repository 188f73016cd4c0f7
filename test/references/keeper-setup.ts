/** The real keeper over a real folder, and a server that gives what a test puts on it. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/jobs/clock.ts';
import type { Failure, Reference } from '../../src/jobs/job.ts';
import { type ReferenceKeeper, ReferenceRefused } from '../../src/jobs/ports.ts';
import { type FolderAssetStore, openAssetStore } from '../../src/store/asset-store.ts';
import { createReferenceKeeper } from '../../src/wiring/references.ts';
import { temporaryFolder } from '../store/samples.ts';

export interface Keeping {
  keeper: ReferenceKeeper;
  assets: FolderAssetStore;
  /** `http://127.0.0.1:PORT`. */
  origin: string;
  /** How long was waited between tries. */
  waits: number[];
  /** What was asked of the server. */
  asked: string[];
}

export const NEVER: AbortSignal = new AbortController().signal;

export async function setUp(context: TestContext, listener: RequestListener): Promise<Keeping> {
  const asked: string[] = [];
  const origin = await serve(context, (request, response) => {
    asked.push(request.url ?? '');
    listener(request, response);
  });
  const assets = await openAssetStore({ folder: await temporaryFolder(context) });
  const config = readConfig({ DISCORD_TOKEN: 'a-token', DISCORD_API_URL: `${origin}/api` });
  const waits: number[] = [];
  const clock = { ...systemClock, sleep: async (ms: number): Promise<void> => void waits.push(ms) };
  return { keeper: createReferenceKeeper({ config, assets, clock }), assets, origin, waits, asked };
}

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A picture attached under this name. */
export function attached(url: string, name = 'photo.png'): Reference {
  return { name, fromJobId: null, state: 'coming', source: { kind: 'address', url } };
}

/** Why it was refused; undefined: it was kept. */
export async function refusalOf(keeping: Promise<unknown>): Promise<Failure | undefined> {
  try {
    await keeping;
    return undefined;
  } catch (error) {
    if (error instanceof ReferenceRefused) return error.failure;
    throw error;
  }
}
