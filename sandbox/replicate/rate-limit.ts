/** Counts calls in a window that slides with the sandbox's clock. */
import type { SandboxClock } from '../interface.ts';

const WINDOW_MS = 60_000;

export class RateLimit {
  readonly #limit: number;
  readonly #clock: SandboxClock;
  /** When each counted call came, oldest first; never longer than the limit. */
  #calls: number[] = [];

  constructor(limitPerMinute: number, clock: SandboxClock) {
    this.#limit = limitPerMinute;
    this.#clock = clock;
  }

  /** Counts a call. Returns null when it may pass, else the whole seconds until the next one may; refused calls are not counted. */
  take(): number | null {
    const now = this.#clock.now();
    const firstInside = this.#calls.findIndex((at) => at > now - WINDOW_MS);
    this.#calls = firstInside === -1 ? [] : this.#calls.slice(firstInside);
    const oldest = this.#calls[0];
    if (oldest !== undefined && this.#calls.length >= this.#limit)
      return Math.max(1, Math.ceil((oldest + WINDOW_MS - now) / 1000));
    this.#calls.push(now);
    return null;
  }
}
