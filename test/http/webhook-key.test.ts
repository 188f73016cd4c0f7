import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askForKey, createGivenKey } from '../../src/http/webhook-key.ts';
import { readWebhookKey } from '../../src/http/webhook-signature.ts';
import { createLines, HandClock, makeSecret, settle } from './http-setup.ts';

const FIRST = makeSecret('first');
const SECOND = makeSecret('second');

test('the key is asked for again, ever later, until Replicate tells it', async () => {
  const clock = new HandClock();
  const { lines, log } = createLines();
  let asked = 0;
  const readSecret = async (): Promise<string> => {
    asked += 1;
    if (asked < 11) throw new Error('no answer in 10 s');
    return FIRST;
  };
  const key = askForKey({ readSecret, clock, log });
  await settle();
  while (key.current() === null) await clock.advance(300_000);
  assert.deepEqual(
    clock.slept,
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300].map((seconds) => seconds * 1_000),
  );
  assert.deepEqual(key.current(), readWebhookKey(FIRST));
  assert.equal(lines.length, 10);
  assert.deepEqual(lines[0]?.fields, { errorMessage: 'no answer in 10 s' });
  key.close();
});

test('what Replicate tells is never taken for a key when it is none', async () => {
  const clock = new HandClock();
  const { lines, log } = createLines();
  const key = askForKey({ readSecret: async () => 'whsec_', clock, log });
  await settle();
  assert.equal(key.current(), null);
  assert.equal(lines.length, 1);
  key.close();
});

test('a new key is looked for at most once a minute, and by all who ask together', async () => {
  const clock = new HandClock();
  let secret = FIRST;
  let asked = 0;
  const readSecret = async (): Promise<string> => {
    asked += 1;
    return secret;
  };
  const key = askForKey({ readSecret, clock, log: createLines().log });
  await settle();
  secret = SECOND;
  assert.equal(await key.refresh(), false);
  assert.equal(asked, 1);
  await clock.advance(60_000);
  assert.deepEqual(await Promise.all([key.refresh(), key.refresh()]), [true, true]);
  assert.equal(asked, 2);
  assert.deepEqual(key.current(), readWebhookKey(SECOND));
  await clock.advance(60_000);
  assert.equal(await key.refresh(), false, 'the same key is no news');
  key.close();
});

test('a key that cannot be looked up keeps the old one', async () => {
  const clock = new HandClock();
  let isAway = false;
  const readSecret = async (): Promise<string> => {
    if (isAway) throw new Error('away');
    return FIRST;
  };
  const key = askForKey({ readSecret, clock, log: createLines().log });
  await settle();
  isAway = true;
  await clock.advance(60_000);
  assert.equal(await key.refresh(), false);
  assert.deepEqual(key.current(), readWebhookKey(FIRST));
});

test('closing ends the asking, also what is under way, without a word', async () => {
  const clock = new HandClock();
  const { lines, log } = createLines();
  const waiting = askForKey({ readSecret: () => Promise.reject(new Error('away')), clock, log });
  await settle();
  assert.equal(clock.sleeping, 1);
  waiting.close();
  const asking = askForKey({
    readSecret: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    clock,
    log,
  });
  asking.close();
  await settle();
  assert.equal(clock.sleeping, 0);
  assert.equal(lines.length, 1, 'only the first failure was told');
});

test("the owner's own setting is never replaced", async () => {
  const key = createGivenKey(FIRST);
  assert.deepEqual(key.current(), readWebhookKey(FIRST));
  assert.equal(await key.refresh(), false);
  assert.throws(() => createGivenKey('whsec_x'), /^Error: Expected a webhook secret/);
});
