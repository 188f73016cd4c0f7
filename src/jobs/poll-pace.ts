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
/** A little early, so that what got faster is noticed. */
const EARLY = 0.97;

export class PollPace {
  readonly #durations = new Map<string, number[]>();
  /** Checks that may be made now, and when they were last counted. */
  #left = CHECKS_AT_ONCE;
  #countedAt: number | null = null;

  /** `checks`: those that came before; `now` is monotonic; `inFlight`: attempts that are asked about. */
  delayMs(work: { kind: Kind; model: string | null }, checks: number, inFlight: number, now: number): number {
    const baseMs = this.#baseMs(work, checks);
    this.#count(now);
    // Enough left for everybody's next: no need to go slow.
    return this.#left >= inFlight ? baseMs : Math.max(baseMs, inFlight / CHECKS_A_MS);
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

  /** `ms`: from the accepted start until it was done, as far as the questions tell. */
  noteFinished({ kind, model }: { kind: Kind; model: string | null }, ms: number): void {
    const key = `${kind}:${model}`;
    this.#durations.set(key, [...(this.#durations.get(key) ?? []), ms].slice(-REMEMBERED));
  }

  #baseMs({ kind, model }: { kind: Kind; model: string | null }, checks: number): number {
    if (checks > 0) return kind === 'video' ? 5_000 : checks < 4 ? 500 : checks < 12 ? 1_000 : 2_000;
    const durations = [...(this.#durations.get(`${kind}:${model}`) ?? [])].sort((one, other) => one - other);
    const usual = durations[Math.floor(durations.length * USUAL_SHARE)];
    if (usual === undefined || usual > LONGEST_FIRST_MS) return FIRST_MS[kind];
    return Math.max(usual * EARLY, FIRST_MS[kind]);
  }
}
