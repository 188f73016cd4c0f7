/** Where the key that webhooks are signed with comes from: the owner's setting, else Replicate itself. */
import type { Clock, Log } from '../jobs/ports.ts';
import { readWebhookKey } from './webhook-signature.ts';

export interface WebhookKey {
  /** null: not known yet. */
  current(): Buffer | null;
  /** Looks whether there is a newer one, where that can be; resolves with whether there is. Never rejects. */
  refresh(): Promise<boolean>;
  close(): void;
}

/** `secret` is REPLICATE_WEBHOOK_SECRET: the owner's word, never asked about. Throws when it is none. */
export function createGivenKey(secret: string): WebhookKey {
  const key = readWebhookKey(secret);
  return { current: () => key, refresh: () => Promise.resolve(false), close: () => undefined };
}

export interface AskedKeyOptions {
  /** Resolves with `whsec_…`; ends by itself within seconds, and when the signal aborts. */
  readSecret: (signal: AbortSignal) => Promise<string>;
  clock: Clock;
  log: Log;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** A stranger's forgeries must not become calls to Replicate. */
const BETWEEN_REFRESHES_MS = 60_000;

/** Asks in the background until it is known, then again when a signature does not fit: the owner may have made a new one. */
export function askForKey(options: AskedKeyOptions): WebhookKey {
  const key = new AskedKey(options);
  void key.askUntilKnown();
  return key;
}

class AskedKey implements WebhookKey {
  readonly #options: AskedKeyOptions;
  readonly #closing = new AbortController();
  #key: Buffer | null = null;
  /** By the stopwatch. */
  #askedAt = -Infinity;
  #refreshing: Promise<boolean> | null = null;

  constructor(options: AskedKeyOptions) {
    this.#options = options;
  }

  current(): Buffer | null {
    return this.#key;
  }

  async askUntilKnown(): Promise<void> {
    const { signal } = this.#closing;
    for (let waitMs = FIRST_WAIT_MS; !(await this.#ask()); waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (signal.aborted) return;
      await this.#options.clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  refresh(): Promise<boolean> {
    if (this.#refreshing !== null) return this.#refreshing;
    const sinceMs = this.#options.clock.monotonic() - this.#askedAt;
    if (this.#key === null || sinceMs < BETWEEN_REFRESHES_MS) return Promise.resolve(false);
    this.#refreshing = this.#ask().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#closing.abort(new Error('the process is stopping'));
  }

  /** Whether another key came of it than was known. */
  async #ask(): Promise<boolean> {
    const { readSecret, clock, log } = this.#options;
    const { signal } = this.#closing;
    this.#askedAt = clock.monotonic();
    try {
      const key = readWebhookKey(await readSecret(signal));
      if (this.#key?.equals(key) === true) return false;
      this.#key = key;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const errorMessage = error instanceof Error ? error.message : String(error);
      log.warn("Replicate's webhook secret could not be read; polling goes on", { errorMessage });
      return false;
    }
  }
}
