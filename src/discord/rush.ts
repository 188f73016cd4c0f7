/**
 * Lets answers go first. Hundreds who ask at once each have three seconds for their answer, while the work behind it
 * takes many: what is not an answer waits until none is due, but only for a moment.
 */
import type { Clock } from '../jobs/ports.ts';

export interface RushOptions {
  clock: Clock;
  /** Ends waits when the process stops. */
  signal: AbortSignal;
}

/** Under steady traffic some answer is always due. */
const LONGEST_WAIT_MS = 500;

export class Rush {
  readonly #options: RushOptions;
  #due = 0;
  /** One wait for all who wait. */
  #wait: { over: Promise<void>; end: () => void } | null = null;

  constructor(options: RushOptions) {
    this.#options = options;
  }

  /** An answer is due. Returns the way to say that it is out, or will never be; a second call changes nothing. */
  enter(): () => void {
    this.#due += 1;
    let isDue = true;
    return () => {
      if (!isDue) return;
      isDue = false;
      this.#due -= 1;
      if (this.#due === 0) this.#wait?.end();
    };
  }

  /** Resolves when no answer is due, or after half a second. Never rejects. */
  async over(): Promise<void> {
    if (this.#due === 0) return;
    this.#wait ??= this.#begin();
    await this.#wait.over;
  }

  #begin(): { over: Promise<void>; end: () => void } {
    const { clock, signal } = this.#options;
    const bound = new AbortController();
    const over = clock
      .sleep(LONGEST_WAIT_MS, AbortSignal.any([bound.signal, signal]))
      .catch(() => undefined)
      .then(() => void (this.#wait = null));
    return { over, end: () => bound.abort() };
  }
}
