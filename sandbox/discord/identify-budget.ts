/** How often a bot may identify: so often a day, and once in 5 seconds (events/gateway, "Session Start Limit Object"). */
import type { SandboxClock } from '../interface.ts';

export interface IdentifyLimits {
  /** Over all shards. */
  identifiesADay: number;
  hasIdentifyPace: boolean;
}

/** One IDENTIFY in so long for each of `max_concurrency`. */
const PACE_MS = 5_000;
const DAY_MS = 86_400_000;

export class IdentifyBudget {
  readonly #clock: SandboxClock;
  readonly #limits: IdentifyLimits;
  #since = 0;
  #used = 0;
  #lastAt = 0;

  constructor(clock: SandboxClock, limits: IdentifyLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** `session_start_limit` of GET /gateway/bot. */
  describe(): Record<string, number> {
    const elapsedMs = this.#clock.now() - this.#since;
    const used = elapsedMs < DAY_MS ? this.#used : 0;
    const total = this.#limits.identifiesADay;
    return {
      total,
      remaining: Math.max(0, total - used),
      reset_after: Math.max(0, DAY_MS - elapsedMs),
      max_concurrency: 1,
    };
  }

  /** `too-soon`: opcode 9. `too-many`: every session ends, and the token with them. */
  take(): 'granted' | 'too-soon' | 'too-many' {
    const now = this.#clock.now();
    if (this.#limits.hasIdentifyPace && now - this.#lastAt < PACE_MS) return 'too-soon';
    if (now - this.#since >= DAY_MS) {
      this.#since = now;
      this.#used = 0;
    }
    if (this.#used >= this.#limits.identifiesADay) return 'too-many';
    this.#used += 1;
    this.#lastAt = now;
    return 'granted';
  }
}
