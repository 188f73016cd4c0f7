import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../../src/locales/en.ts';
import { attached, NEVER, refusalOf, setUp } from './keeper-setup.ts';
import { plain } from './sample-pictures.ts';

const OWNER = { id: 'job-1', index: 0 };

test('an address that is over is told at once, with the name of the file', async (t) => {
  for (const status of [404, 403]) {
    const { keeper, origin, asked, waits } = await setUp(t, (_, response) => void response.writeHead(status).end());
    const refused = await refusalOf(keeper.keep(attached(`${origin}/a.png`, 'my cat.png'), OWNER, NEVER));
    assert.deepEqual([refused?.reason, refused?.next], ['reference-unreachable', 'give-up']);
    assert.deepEqual([asked.length, waits], [1, []]);
    assert.match(en.failures['reference-unreachable'](refused?.details ?? {}), /`my cat\.png` could not be fetched/);
    assert.ok(!JSON.stringify(refused).includes(origin), 'the address is told nowhere');
  }
});

test('trouble on the way is waited out', async (t) => {
  const picture = await plain().png().toBuffer();
  const { keeper, origin, asked, waits } = await setUp(t, (request, response) => {
    if (asked.length === 1) return void request.socket.destroy();
    if (asked.length === 2) return void response.writeHead(503).end();
    // Promises more than comes.
    if (asked.length === 3) {
      response.writeHead(200, { 'content-length': picture.length + 10 }).write(picture);
      return void setImmediate(() => request.socket.destroy());
    }
    response.end(picture);
  });
  assert.equal((await keeper.keep(attached(origin), OWNER, NEVER)).picture.width, 64);
  assert.deepEqual(waits, [300, 1_000, 3_000]);
});

test('trouble that lasts ends in a sentence, after four tries', async (t) => {
  const { keeper, origin, asked } = await setUp(t, (_, response) => void response.writeHead(502).end());
  const refused = await refusalOf(keeper.keep(attached(origin), OWNER, NEVER));
  assert.deepEqual([refused?.reason, refused?.providerStatus], ['reference-unreachable', 'file HTTP 502']);
  assert.equal(asked.length, 4);
});

test('a wait that is asked for is kept, within reason', async (t) => {
  const picture = await plain().png().toBuffer();
  const { keeper, origin, asked, waits } = await setUp(t, (_, response) => {
    if (asked.length > 2) return void response.end(picture);
    response.writeHead(429, { 'retry-after': asked.length === 1 ? '2' : '600' }).end();
  });
  await keeper.keep(attached(origin), OWNER, NEVER);
  assert.deepEqual(waits, [2_000, 10_000]);
});

test('only Discord is asked, also where its answer points elsewhere', async (t) => {
  const { keeper, origin, asked } = await setUp(
    t,
    (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  );
  for (const url of ['https://example.com/cat.png', 'http://cdn.discordapp.com/cat.png', 'file:///etc/passwd', 'cat'])
    assert.equal((await refusalOf(keeper.keep(attached(url), OWNER, NEVER)))?.reason, 'reference-unreachable', url);
  assert.deepEqual(asked, []);
  assert.equal((await refusalOf(keeper.keep(attached(origin), OWNER, NEVER)))?.reason, 'reference-unreachable');
  assert.equal(asked.length, 1);
});

test('a stop ends the fetch with its own reason', async (t) => {
  const stop = new AbortController();
  const { keeper, origin } = await setUp(t, () => stop.abort(new Error('stopped by the test')));
  await assert.rejects(keeper.keep(attached(origin), OWNER, stop.signal), /stopped by the test/);
});
