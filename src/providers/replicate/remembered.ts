/** Answers kept for a while: one call for many who ask, the old answer while a new one is fetched, and never too many. */

export interface RememberedOptions<T> {
  /** Throws what the call throws. */
  fetch: (key: string) => Promise<T>;
  now: () => number;
  freshMs: number;
  /** How long nothing is asked in the background after a call that failed. */
  pauseMs: number;
  mostKept: number;
}

export class Remembered<T> {
  readonly #options: RememberedOptions<T>;
  readonly #kept = new Map<string, { value: T; until: number }>();
  readonly #underWay = new Map<string, Promise<T>>();
  readonly #pausedUntil = new Map<string, number>();

  constructor(options: RememberedOptions<T>) {
    this.#options = options;
  }

  /** What is kept, however old; an old answer, or none, is asked for in the background. */
  peek(key: string): T | undefined {
    const kept = this.#kept.get(key);
    void this.settle(key);
    return kept?.value;
  }

  /** What is kept, asking nobody. */
  look(key: string): T | undefined {
    return this.#kept.get(key)?.value;
  }

  /** A fresh answer, waited for. Throws what the call throws. */
  async get(key: string): Promise<T> {
    const kept = this.#kept.get(key);
    return kept !== undefined && this.#isFresh(kept) ? kept.value : this.#ask(key);
  }

  /** As `peek`; resolves when there is nothing more to wait for. */
  async settle(key: string): Promise<void> {
    if (this.#isFresh(this.#kept.get(key)) || this.#isPaused(key)) return;
    await this.#ask(key).catch(() => undefined);
  }

  set(key: string, value: T): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.#options.now() + this.#options.freshMs });
    dropOldest(this.#kept, this.#options.mostKept);
  }

  #isPaused(key: string): boolean {
    return (this.#pausedUntil.get(key) ?? 0) > this.#options.now();
  }

  #isFresh(kept: { until: number } | undefined): boolean {
    return kept !== undefined && kept.until > this.#options.now();
  }

  #ask(key: string): Promise<T> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const asked = this.#fetch(key).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  async #fetch(key: string): Promise<T> {
    try {
      const value = await this.#options.fetch(key);
      this.set(key, value);
      return value;
    } catch (error) {
      this.#pausedUntil.set(key, this.#options.now() + this.#options.pauseMs);
      dropOldest(this.#pausedUntil, this.#options.mostKept);
      throw error;
    }
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  const oldest = map.keys().next().value;
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
