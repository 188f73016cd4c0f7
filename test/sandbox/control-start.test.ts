/** What `npm run sandbox` does as a process. The bot itself is not asked about here: the page starts it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../sandbox/index.js', import.meta.url));

interface Run {
  folder: string;
  /** Resolves with the first line on stdout. */
  firstLine: Promise<string>;
  interrupt: () => void;
  ended: Promise<{ code: number | null; output: string }>;
}

function run(context: TestContext, port: string, prepare: (folder: string) => void = () => undefined): Run {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-start-test-'));
  prepare(folder);
  const child = spawn(process.execPath, ['--enable-source-maps', SCRIPT], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', SANDBOX_PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const firstLine = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output: lines.join('\n') })),
  );
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, firstLine, interrupt: () => void child.kill('SIGINT'), ended };
}

async function holdPort(context: TestContext): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

test(
  'the sandbox says where to look, forgets the last run, and ends with code 0 on Ctrl-C',
  { timeout: 60_000 },
  async (t) => {
    const port = await findFreePort();
    const { folder, firstLine, interrupt, ended } = run(t, String(port), (inside) => {
      mkdirSync(join(inside, 'data', 'sandbox'), { recursive: true });
      writeFileSync(join(inside, 'data', 'sandbox', 'old.txt'), 'old');
    });
    assert.equal(await firstLine, `Open http://127.0.0.1:${port} and type /generate`);
    assert.equal(existsSync(join(folder, 'data', 'sandbox', 'old.txt')), false);
    assert.equal((await fetch(`http://127.0.0.1:${port}/vendor/preact.mjs`)).status, 200);
    interrupt();
    assert.deepEqual(await ended, { code: 0, output: `Open http://127.0.0.1:${port} and type /generate` });
  },
);

test(
  'a port that is taken is said in one sentence, with code 1, and the last run is left alone',
  { timeout: 60_000 },
  async (t) => {
    const port = await holdPort(t);
    const { folder, ended } = run(t, String(port), (inside) => {
      mkdirSync(join(inside, 'data', 'sandbox'), { recursive: true });
      writeFileSync(join(inside, 'data', 'sandbox', 'old.txt'), 'old');
    });
    const output = `Port ${port} is in use: end what listens there, or choose another port with SANDBOX_PORT.`;
    assert.deepEqual(await ended, { code: 1, output });
    assert.equal(existsSync(join(folder, 'data', 'sandbox', 'old.txt')), true);
  },
);

test('a port that is none is said in one sentence, with code 1', { timeout: 60_000 }, async (t) => {
  const { ended } = run(t, 'home');
  assert.deepEqual(await ended, { code: 1, output: 'SANDBOX_PORT must be a port number from 1 to 65535, got home.' });
});
