/** The day's session starts are not burned: neither by a crash loop, nor by the last one that Discord grants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionStarts } from '../../src/discord/session-starts.ts';
import type { Clock } from '../../src/jobs/ports.ts';

const MINUTE_MS = 60_000;
const LIMIT = { total: 1_000, remaining: 900, reset_after: 3_600_000 };

/** Time that passes only where somebody sleeps. */
class SleptClock implements Clock {
  at = 1_800_000_000_000;
  slept: number[] = [];

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at;
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.at += ms;
  }
}

interface Setup {
  clock: SleptClock;
  starts: SessionStarts;
  meta: Map<string, string>;
  told: string[];
  warned: string[];
  /** A start of the bot, as far as IDENTIFY: minutes it waited. */
  start(limit?: typeof LIMIT): Promise<number>;
}

function setUp({ isBroken = false } = {}): Setup {
  const clock = new SleptClock();
  const meta = new Map<string, string>();
  const told: string[] = [];
  const warned: string[] = [];
  const warn = (message: string): void => void warned.push(message);
  const starts = new SessionStarts({
    clock,
    meta: {
      get: async (name) => meta.get(name),
      set: async (name, value) => {
        if (isBroken) throw new Error('the disk is full');
        meta.set(name, value);
      },
    },
    log: { info: () => undefined, warn, error: warn },
    tellOwner: (_cause, sentence) => told.push(sentence),
  });
  const start = async (limit = LIMIT): Promise<number> => {
    const before = clock.at;
    await starts.waitUntilAllowed(async () => limit, new AbortController().signal);
    await starts.note();
    return (clock.at - before) / MINUTE_MS;
  };
  return { clock, starts, meta, told, warned, start };
}

test('five starts without a clean end are quick, each further one waits twice as long, ten minutes at most', async () => {
  const { start, told, warned } = setUp();
  const waits = [];
  for (let number = 1; number <= 11; number += 1) waits.push(await start());
  assert.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 10]);
  assert.match(told[0] ?? '', /started 5 times .* waits 1 minute\b/);
  assert.equal(warned.length, 6);
});

test('the time a start has spent crashing counts as waited', async () => {
  const { start, clock } = setUp();
  for (let number = 1; number <= 5; number += 1) await start();
  clock.at += 40_000;
  assert.equal(await start(), 20_000 / MINUTE_MS);
});

test('an end on purpose, or a while of calm, and starts are quick again', async () => {
  const { start, clock, starts } = setUp();
  for (let number = 1; number <= 6; number += 1) await start();
  await starts.markCleanEnd();
  assert.equal(await start(), 0);
  for (let number = 1; number <= 6; number += 1) await start();
  clock.at += 20 * MINUTE_MS;
  assert.equal(await start(), 0);
  clock.at -= 60 * MINUTE_MS;
  assert.equal(await start(), 0, 'a clock that was set back holds nothing up');
});

test('starts that come now and then never wait', async () => {
  const { start, clock } = setUp();
  for (let number = 1; number <= 12; number += 1) {
    assert.equal(await start(), 0);
    clock.at += 3 * MINUTE_MS;
  }
});

test('a bot to which Discord grants more starts may be started more often', async () => {
  const { start } = setUp();
  for (let number = 1; number <= 10; number += 1) assert.equal(await start({ ...LIMIT, total: 2_000 }), 0);
  assert.equal(await start({ ...LIMIT, total: 2_000 }), 1);
});

test('the last five of the day are not touched: the start waits for new ones, and the owner is told', async () => {
  const { starts, clock, told, warned } = setUp();
  const begin = clock.at;
  let asked = 0;
  let waits = 0;
  await starts.waitUntilAllowed(
    async () => {
      asked += 1;
      return clock.at < begin + LIMIT.reset_after ? { ...LIMIT, remaining: 5 } : LIMIT;
    },
    new AbortController().signal,
    () => (waits += 1),
  );
  assert.equal(clock.at - begin, LIMIT.reset_after);
  assert.deepEqual([asked, waits], [2, 1]);
  assert.match(told[0] ?? '', /5 more connections today/);
  assert.deepEqual(warned, ['Discord grants few more session starts; the next one waits']);
});

test('what is saved by another version, or by nobody, counts as nothing; a disk that takes no count stops no start', async () => {
  for (const text of ['no json', '{"v":2}', '{"v":1,"count":"many"}', 'null']) {
    const { start, meta } = setUp();
    meta.set('session-starts', text);
    assert.equal(await start(), 0);
  }
  const { start, warned } = setUp({ isBroken: true });
  assert.equal(await start(), 0);
  assert.deepEqual(warned, ['the session starts could not be counted']);
});
