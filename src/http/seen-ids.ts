/** Which ids came lately, so that what is sent twice acts once. */
import type { Clock } from '../jobs/ports.ts';

export interface SeenIdsOptions {
  clock: Clock;
  /** How long an id is remembered. */
  keepMs: number;
  /** Beyond it the oldest is forgotten. */
  most: number;
}

export class SeenIds {
  readonly #options: SeenIdsOptions;
  /** When each came, by the stopwatch; the oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(options: SeenIdsOptions) {
    this.#options = options;
  }

  /** Notes it; false when it is there already. */
  add(id: string): boolean {
    const now = this.#options.clock.monotonic();
    for (const [old, at] of this.#seen) {
      if (now - at <= this.#options.keepMs && this.#seen.size < this.#options.most) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, now);
    return true;
  }

  forget(id: string): void {
    this.#seen.delete(id);
  }
}
