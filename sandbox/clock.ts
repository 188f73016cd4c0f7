import type { SandboxClock } from './interface.ts';

/** A clock that starts at real time and runs at real speed; `advance` puts it forward (milliseconds, never back). */
export function createClock(): SandboxClock {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) {
        throw new RangeError(`Expected a clock to be advanced by milliseconds from 0 up, got ${ms}.`);
      }
      offsetMs += ms;
    },
  };
}
