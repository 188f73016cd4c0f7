/** Answers first, work behind them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rush } from '../../src/discord/rush.ts';
import type { Clock } from '../../src/jobs/ports.ts';

/** Sleeps until it is told that the time is over. */
function heldClock(): Clock & { pass: () => void } {
  const wakes = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        wakes.add(resolve);
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      }),
    pass: () => {
      for (const wake of wakes) wake();
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(): {
  rush: Rush;
  clock: ReturnType<typeof heldClock>;
  stop: AbortController;
  isOver: () => Promise<boolean>;
} {
  const clock = heldClock();
  const stop = new AbortController();
  const rush = new Rush({ clock, signal: stop.signal });
  return {
    rush,
    clock,
    stop,
    async isOver() {
      let over = false;
      void rush.over().then(() => (over = true));
      await settle();
      return over;
    },
  };
}

test('work begins at once when nobody waits for an answer', async () => {
  const { rush, isOver } = setUp();
  assert.equal(await isOver(), true);
  const answered = rush.enter();
  answered();
  assert.equal(await isOver(), true);
});

test('work waits for the answers that are due, and an answer told twice counts once', async () => {
  const { rush, isOver } = setUp();
  const [first, second] = [rush.enter(), rush.enter()];
  const waiting = rush.over();
  first();
  first();
  assert.equal(await isOver(), false);
  second();
  await waiting;
  assert.equal(await isOver(), true);
});

test('under steady traffic, and when the process stops, work waits no longer than a moment', async () => {
  const { rush, clock, stop, isOver } = setUp();
  rush.enter();
  const waiting = rush.over();
  assert.equal(await isOver(), false);
  clock.pass();
  await waiting;
  const again = rush.over();
  stop.abort();
  await again;
});
