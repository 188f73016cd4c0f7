/** When running work is asked about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, PollPace } from '../../src/jobs/poll-pace.ts';

const FLUX = { kind: 'image', model: 'flux' } as const;

function asking(checks: number, inFlight = 1, hasWebhooks = false): Asking {
  return { checks, inFlight, hasWebhooks };
}

test('a fast picture is not waited for long, and a slow one is asked about less and less often', () => {
  const pace = new PollPace();
  const delays = [0, 1, 4, 11, 12, 100].map((checks) => pace.delayMs(FLUX, asking(checks, 1), 0));
  assert.deepEqual(delays, [500, 500, 1_000, 1_000, 2_000, 2_000]);
  assert.equal(pace.delayMs({ kind: 'video', model: null }, asking(0, 1), 0), 5_000);
});

test('short work is first asked about when the last ones were done, long work on its way, for its card tells how far it is', () => {
  const pace = new PollPace();
  for (let count = 0; count < 10; count += 1) pace.noteFinished(FLUX, { openMs: 1_900, doneMs: 2_100 });
  assert.equal(pace.delayMs(FLUX, asking(0, 1), 0), 2_000);
  assert.equal(pace.delayMs({ kind: 'image', model: 'another' }, asking(0, 1), 0), 500, 'each model has its own');
  for (let count = 0; count < 20; count += 1) pace.noteFinished(FLUX, { openMs: 8_000, doneMs: 9_000 });
  assert.equal(pace.delayMs(FLUX, asking(0, 1), 0), 500);
});

test('a service that got faster is asked sooner', () => {
  const pace = new PollPace();
  pace.noteFinished(FLUX, { openMs: 1_900, doneMs: 2_100 });
  for (let count = 0; count < 100; count += 1) {
    const askedAt = pace.delayMs(FLUX, asking(0, 1), 0);
    // It takes a second by now.
    if (askedAt >= 1_000) pace.noteFinished(FLUX, { openMs: 0, doneMs: askedAt });
    else pace.noteFinished(FLUX, { openMs: askedAt, doneMs: askedAt + 250 });
  }
  const askedAt = pace.delayMs(FLUX, asking(0, 1), 0);
  assert.ok(askedAt < 1_250, `asked after ${askedAt} ms`);
});

test('all together never ask more often than the service allows', () => {
  const pace = new PollPace();
  const inFlight = 300;
  const next: number[] = Array.from({ length: inFlight }, (_, index) => index);
  const asked: number[] = [];
  while (Math.min(...next) < 300_000) {
    const now = Math.min(...next);
    asked.push(now);
    pace.noteCheck(now);
    next[next.indexOf(now)] = now + pace.delayMs(FLUX, asking(1, inFlight), now);
  }
  const most = Math.max(...asked.map((from, index) => asked.slice(index).filter((at) => at < from + 60_000).length));
  assert.ok(most <= 3_000, `${most} checks in a minute`);
});

test('where the service tells by itself, asking is only the net beneath it', () => {
  const pace = new PollPace();
  for (let count = 0; count < 10; count += 1) pace.noteFinished(FLUX, { openMs: 1_900, doneMs: 2_100 });
  assert.equal(pace.delayMs(FLUX, asking(0, 1, true), 0), 10_000);
});
