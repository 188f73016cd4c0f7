import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ConfigError } from '../src/config.ts';
import { createLog, type Log } from '../src/log.ts';

async function openLog(context: TestContext): Promise<{ log: Log; lines: () => Promise<Record<string, unknown>[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-log-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'deep', 'bot.log');
  const log = createLog({ level: 'info', file, secrets: ['very-secret-token'] });
  return {
    log,
    async lines() {
      const text = await readFile(file, 'utf8');
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

test('each line is one JSON object with a time, a level and what was told', async (context) => {
  const { log, lines } = await openLog(context);
  log.info('item moved', { jobId: 'j', attempt: 1 });
  const [line] = await lines();
  assert.equal(line?.['msg'], 'item moved');
  assert.equal(line?.['level'], 'info');
  assert.equal(line?.['jobId'], 'j');
  assert.ok(!Number.isNaN(Date.parse(String(line?.['time']))));
});

test('what is below the level is not written', async (context) => {
  const { log, lines } = await openLog(context);
  log.debug('small talk');
  log.warn('trouble');
  assert.deepEqual(
    (await lines()).map((line) => line['msg']),
    ['trouble'],
  );
});

test('a secret is taken out wherever it stands', async (context) => {
  const { log, lines } = await openLog(context);
  const error = new Error('refused very-secret-token');
  log.error('with very-secret-token', {
    deep: { list: ['very-secret-token'] },
    error,
    headers: { Authorization: 'Bearer x' },
  });
  const text = JSON.stringify(await lines());
  assert.doesNotMatch(text, /very-secret-token|Bearer x/);
});

test('a token in an address, and the signature of one, are taken out; other addresses stay', async (context) => {
  const { log, lines } = await openLog(context);
  log.warn('GET https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb24/messages/@original failed', {
    file: 'https://cdn.example/a.png?ex=1&hm=abcdef',
    invite: 'https://discord.com/oauth2/authorize?client_id=1&scope=bot',
  });
  const [line] = await lines();
  assert.match(String(line?.['msg']), /\/webhooks\/123\/\[removed\]\/messages/);
  assert.equal(line?.['file'], 'https://cdn.example/a.png?[removed]');
  assert.equal(line?.['invite'], 'https://discord.com/oauth2/authorize?client_id=1&scope=bot');
});

test('a prompt is not written, its length and its hash are', async (context) => {
  const { log, lines } = await openLog(context);
  log.info('item moved', { input: { prompt: 'a fox', negativePrompt: 'a hat', promptLength: 5 }, promptHash: 'abc' });
  const [line] = await lines();
  assert.deepEqual(line?.['input'], { prompt: '[removed]', negativePrompt: '[removed]', promptLength: 5 });
  assert.equal(line?.['promptHash'], 'abc');
});

test('a log file that cannot be opened is one sentence that names the setting', () => {
  assert.throws(
    () => createLog({ level: 'info', file: '/dev/null/bot.log', secrets: [] }),
    (error) => error instanceof ConfigError && error.message.startsWith('LOG_FILE is "/dev/null/bot.log"; expected'),
  );
});

test('every line is out on stdout when the process ends at once', () => {
  const script = `
    import { createLog } from ${JSON.stringify(new URL('../src/log.js', import.meta.url).href)};
    const log = createLog({ level: 'debug', file: null, secrets: [] });
    for (let number = 0; number < 500; number += 1) log.debug('line', { number });
    process.exit(3);`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  const numbers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { number: number }).number);
  assert.equal(status, 3);
  assert.deepEqual(
    numbers,
    Array.from({ length: 500 }, (_, number) => number),
  );
});
