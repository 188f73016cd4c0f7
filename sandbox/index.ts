/**
 * `npm run sandbox`: the bot as a process of its own beside a Discord, a Replicate and a Gemini on this machine, with a
 * page to talk to it. Needs no token and no network, and keeps nothing between two runs: a fresh Discord has
 * forgotten the messages that an old job would want to edit.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findFreePort } from './free-port.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';

const DEFAULT_PORT = 4400;
/** Slow enough that a person sees each state, and can kill the bot in the middle. */
const PACE = { queueMs: 1_000, workMs: 4_000 };

await main();

async function main(): Promise<void> {
  const port = readPort(process.env.SANDBOX_PORT);
  if (port === null)
    return fail(`SANDBOX_PORT must be a port number from 1 to 65535, got ${process.env.SANDBOX_PORT}.`);
  const folder = resolve('data', 'sandbox');
  let sandbox: Sandbox;
  try {
    sandbox = await startSandbox({
      controlPort: port,
      folder,
      replicate: { pace: PACE },
      botEnv: { LOG_FILE: join(folder, 'bot.log'), ...(await chooseWebhookSettings()) },
    });
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    return fail(`Port ${port} is in use: end what listens there, or choose another port with SANDBOX_PORT.`);
  }
  endOnSignals(sandbox);
  // Only now: while another sandbox held the port, the folder was its.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  sandbox.control?.startBot();
  console.log(`Open ${sandbox.control?.url} and type /generate`);
}

/** So that the sandbox's Replicate tells the bot when work begins and ends, as it would with a public address. */
async function chooseWebhookSettings(): Promise<Record<string, string>> {
  const port = await findFreePort();
  return { HTTP_PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
}

function readPort(text: string | undefined): number | null {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

function endOnSignals(sandbox: Sandbox): void {
  let isEnding = false;
  const end = (): void => {
    // Whoever asks twice does not want to wait; the bot ends by itself when we are gone.
    if (isEnding) process.exit(0);
    isEnding = true;
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) =>
        fail(`The sandbox did not end cleanly: ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function fail(sentence: string): void {
  console.error(sentence);
  process.exit(1);
}
