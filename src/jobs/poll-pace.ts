/**
 * When running work is asked about: short work first when it was usually done lately, all other soon, then less
 * and less often, and all together no more than the service allows.
 */
import type { Kind } from './job.ts';

/**
 * Replicate allows 3,000 calls a minute (its documents, rate limits). What may be asked at once and what is added in a
 * minute are together less than that: cancels and searches need some.
 */
const CHECKS_AT_ONCE = 700;
const CHECKS_A_MS = 2_000 / 60_000;
const FIRST_MS: Readonly<Record<Kind, number>> = { image: 500, video: 5_000 };
/** Longer work is asked about on the way, since its card shows how far it is. */
const LONGEST_FIRST_MS = 3_000;
/** How many of the last durations count, and which of them: most work is done by then, and little waits for long. */
const REMEMBERED = 20;
const USUAL_SHARE = 0.25;
/** Behind the usual time, what is not done yet mostly is a moment later. */
const SOON_MS = 250;
const UNSEEN_SHARE = 0.95;

/** Where the service tells by itself, what it fails to tell is found out so late. */
const BEHIND_WEBHOOKS_MS: Readonly<Record<Kind, number>> = { image: 10_000, video: 20_000 };

export interface Asking {
  /** Those that came before. */
  checks: number;
  /** Attempts that are asked about. */
  inFlight: number;
  hasWebhooks: boolean;
}

/** What takes about the same time each time. */
interface Work {
  kind: Kind;
  model: string | null;
}

export class PollPace {
  readonly #durations = new Map<string, number[]>();
  /** Checks that may be made now, and when they were last counted. */
  #left = CHECKS_AT_ONCE;
  #countedAt: number | null = null;

  /** `now` is monotonic. */
  delayMs(work: Work, { checks, inFlight, hasWebhooks }: Asking, now: number): number {
    const baseMs = hasWebhooks ? BEHIND_WEBHOOKS_MS[work.kind] : this.#baseMs(work, checks);
    this.#count(now);
    // Enough left for everybody's next: no need to go slow. Else everybody waits for what is missing.
    return Math.max(baseMs, (inFlight - this.#left) / CHECKS_A_MS);
  }

  noteCheck(now: number): void {
    this.#count(now);
    this.#left -= 1;
  }

  #count(now: number): void {
    const passedMs = now - (this.#countedAt ?? now);
    this.#countedAt = now;
    this.#left = Math.min(CHECKS_AT_ONCE, this.#left + passedMs * CHECKS_A_MS);
  }

  /** Since the accepted start: when it was last seen open (0: never asked), and when it was seen done. */
  noteFinished({ kind, model }: Work, { openMs, doneMs }: { openMs: number; doneMs: number }): void {
    // Picked up after a restart and found done: that says nothing of how long it took.
    if (openMs === 0 && doneMs < SOON_MS) return;
    // It ended somewhere in between. Done at the first question, it may have been for a while: what gets faster is noticed.
    const ms = openMs === 0 ? doneMs * UNSEEN_SHARE : (openMs + doneMs) / 2;
    const key = `${kind}:${model}`;
    this.#durations.set(key, [...(this.#durations.get(key) ?? []), ms].slice(-REMEMBERED));
  }

  #baseMs({ kind, model }: Work, checks: number): number {
    const usual = this.#usualMs(`${kind}:${model}`);
    if (usual !== null && checks < 3) return checks === 0 ? Math.max(usual, SOON_MS) : SOON_MS;
    if (checks === 0) return FIRST_MS[kind];
    return kind === 'video' ? 5_000 : checks < 4 ? 500 : checks < 12 ? 1_000 : 2_000;
  }

  /** null: nothing is known, or it takes long. */
  #usualMs(key: string): number | null {
    const durations = [...(this.#durations.get(key) ?? [])].sort((one, other) => one - other);
    const usual = durations[Math.floor(durations.length * USUAL_SHARE)];
    return usual === undefined || usual > LONGEST_FIRST_MS ? null : usual;
  }
}
