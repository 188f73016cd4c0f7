import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
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
