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
  start(limit?: typeof LIMIT | (() => typeof LIMIT)): Promise<number>;
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
  const start = async (limit: typeof LIMIT | (() => typeof LIMIT) = LIMIT): Promise<number> => {
    const before = clock.at;
    await starts.waitUntilAllowed(
      async () => (typeof limit === 'function' ? limit() : limit),
      new AbortController().signal,
    );
    await starts.note();
    return (clock.at - before) / MINUTE_MS;
  };
  return { clock, starts, meta, told, warned, start };
}

test("half of the day's starts may be used as fast as they are needed", async () => {
  const { start, warned } = setUp();
  for (const remaining of [1_000, 800, 501]) assert.equal(await start({ ...LIMIT, remaining }), 0);
  assert.deepEqual(warned, []);
});

test('from then on they are spread over what is left of the day, and the owner is told', async () => {
  const { start, told, clock } = setUp();
  const limit = { ...LIMIT, remaining: 125, reset_after: 120 * MINUTE_MS };
  assert.equal(await start(limit), 0, 'the first of them has none before it');
  assert.equal(await start(limit), 1);
  clock.at += 40_000;
  assert.equal(await start(limit), 20_000 / MINUTE_MS, 'the time a start has spent crashing counts as waited');
  assert.match(told[0] ?? '', /125 more connections today/);
});

test('a crash loop of a whole day never uses the last five', async () => {
  const { start, clock } = setUp();
  const end = clock.at + 24 * 60 * MINUTE_MS;
  let remaining = 1_000;
  const readLimit = (): typeof LIMIT =>
    clock.at < end ? { total: 1_000, remaining, reset_after: end - clock.at } : { ...LIMIT, remaining: 1_000 };
  while (clock.at < end) {
    await start(readLimit);
    if (clock.at < end) remaining -= 1;
    clock.at += 3_000;
  }
  assert.ok(remaining >= 5, `${remaining} are left`);
  assert.ok(remaining < 20, 'and the others were used');
});

test('a clock that was set back holds nothing up', async () => {
  const { start, clock } = setUp();
  const limit = { ...LIMIT, remaining: 100 };
  await start(limit);
  clock.at -= 60 * MINUTE_MS;
  assert.equal(await start(limit), 0);
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
  assert.deepEqual(warned, ['many of the session starts of this day are used; the next one waits']);
});

test('a note that cannot be read counts as none, and a disk that takes none stops no start', async () => {
  const { start, meta } = setUp();
  meta.set('session-start', 'no number');
  assert.equal(await start({ ...LIMIT, remaining: 100 }), 0);
  const { start: startBroken, warned } = setUp({ isBroken: true });
  assert.equal(await startBroken(), 0);
  assert.deepEqual(warned, ['the last session start could not be noted']);
});
