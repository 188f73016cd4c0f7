import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBot } from '../../sandbox/bot.ts';
import type { BotProcess } from '../../sandbox/interface.ts';

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'darkroom-bot-test-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function waitForLine(bot: BotProcess, line: string): Promise<void> {
  for (let round = 0; round < 1_000 && !bot.lines.includes(line); round += 1) await sleep(20);
  assert.ok(bot.lines.includes(line), `expected the line ${line}, got ${bot.lines.join('\n')}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet is dead all the same.
    return !existsSync('/proc/self') || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('the bot sees the given settings and PATH, nothing of the caller', async () => {
  process.env.DARKROOM_LEAK = 'yes';
  const entry = script(
    'env.mjs',
    'console.log(JSON.stringify({ env: Object.keys(process.env).sort(), cwd: process.cwd() }));',
  );
  const bot = startBot({ env: { DISCORD_TOKEN: 'one' }, entry });
  delete process.env.DARKROOM_LEAK;
  assert.deepEqual(await bot.exited, { code: 0, signal: null });
  const [log] = bot.logs();
  assert.deepEqual(log?.env, ['DISCORD_TOKEN', 'PATH']);
  assert.equal(existsSync(String(log?.cwd)), false, 'its temporary folder is gone');
});

test('lines of both outputs are kept and JSON lines are parsed', async () => {
  const entry = script(
    'lines.mjs',
    `console.log('{"level":"info","jobId":"a"}'); console.log('{ no json'); console.error('last words');`,
  );
  const bot = startBot({ env: {}, entry });
  await bot.exited;
  assert.deepEqual(bot.logs(), [{ level: 'info', jobId: 'a' }]);
  assert.deepEqual([...bot.lines].sort(), ['last words', '{ no json', '{"level":"info","jobId":"a"}']);
});

test('a chatty bot keeps the newest lines only', async () => {
  const entry = script('chatty.mjs', `for (let i = 0; i < 25000; i += 1) console.log('line ' + i);`);
  const bot = startBot({ env: {}, entry });
  await bot.exited;
  assert.equal(bot.lines.at(-1), 'line 24999');
  assert.ok(bot.lines.length <= 20_000);
});

test('kill -9 and SIGTERM end it, and the answer tells which', async () => {
  const entry = script(
    'stay.mjs',
    `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('up');`,
  );
  const killed = startBot({ env: {}, entry });
  await waitForLine(killed, 'up');
  assert.deepEqual(await killed.end('SIGKILL'), { code: null, signal: 'SIGKILL' });
  const ended = startBot({ env: {}, entry });
  await waitForLine(ended, 'up');
  assert.deepEqual(await ended.end('SIGTERM'), { code: 0, signal: null });
  assert.deepEqual(await ended.end('SIGKILL'), { code: 0, signal: null });
});

test('a worker thread of the bot does not end it', async () => {
  const entry = script(
    'worker.mjs',
    `import { Worker } from 'node:worker_threads';
     new Worker('setTimeout(() => {}, 100)', { eval: true }).on('exit', () => console.log('worker over'));`,
  );
  const bot = startBot({ env: {}, entry });
  assert.deepEqual(await bot.exited, { code: 0, signal: null });
  assert.deepEqual(bot.lines, ['worker over']);
});

test('the bot does not outlive a starter that was killed', async () => {
  const entry = script('orphan.mjs', `setInterval(() => {}, 1000); console.log('up');`);
  const botModule = new URL('../../sandbox/bot.js', import.meta.url).href;
  const starter = script(
    'starter.mjs',
    `import { startBot } from ${JSON.stringify(botModule)};
     const bot = startBot({ env: {}, cwd: ${JSON.stringify(folder)}, entry: ${JSON.stringify(entry)}, onLine: () => console.log(bot.pid) });`,
  );
  const parent = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (data) => resolve(Number(data))));
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  for (let round = 0; round < 500 && isAlive(pid); round += 1) await sleep(20);
  assert.equal(isAlive(pid), false);
});
