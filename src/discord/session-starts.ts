/**
 * Every IDENTIFY counts against a day's budget; one too many, and Discord ends all sessions of the bot and takes
 * its token back (events/gateway, "Identifying"). So Discord is asked for what is left before each. The first half of
 * the budget is there for whoever restarts often; from then on starts are spread over what is left of the day, so no
 * crash loop burns it, and a few are left for a person who mends what is broken.
 */
import type { APIGatewaySessionStartLimit } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import { en } from '../locales/en.ts';
import type { MetaTexts } from './meta-texts.ts';

export interface SessionStartsOptions {
  meta: MetaTexts;
  clock: Clock;
  log: Log;
  tellOwner: (cause: 'session-starts', sentence: string) => void;
}

type Limit = Pick<APIGatewaySessionStartLimit, 'total' | 'remaining' | 'reset_after'>;

/** Of the last start, in milliseconds since 1970. */
const NAME = 'session-start';
const RESERVE = 5;
/** A budget that is used up and claims to be renewed at once is asked for again after this. */
const SHORTEST_WAIT_MS = 5_000;

export class SessionStarts {
  readonly #options: SessionStartsOptions;

  constructor(options: SessionStartsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the bot may identify. `onWait` is called once when that is not at once. Rejects with the signal's
   * reason, and with whatever `readLimit` rejects with.
   */
  async waitUntilAllowed(
    readLimit: () => Promise<Limit>,
    signal: AbortSignal,
    onWait: () => void = () => undefined,
  ): Promise<void> {
    let hasWaited = false;
    for (;;) {
      const limit = await readLimit();
      const waitMs = await this.#planWait(limit);
      if (waitMs <= 0) return;
      this.#tell(limit, waitMs);
      if (!hasWaited) onWait();
      hasWaited = true;
      await this.#options.clock.sleep(waitMs, signal);
    }
  }

  /** Notes a start, right before it. A store that does not take it is logged: the bot must get online all the same. */
  async note(): Promise<void> {
    const { meta, clock } = this.#options;
    await meta.set(NAME, String(clock.now())).catch((error: unknown) => this.#warn(error));
  }

  /** 0 or less: at once. */
  async #planWait({ total, remaining, reset_after: resetAfterMs }: Limit): Promise<number> {
    if (remaining <= RESERVE) return Math.max(resetAfterMs, SHORTEST_WAIT_MS);
    if (remaining > total / 2) return 0;
    const spaceMs = resetAfterMs / (remaining - RESERVE);
    const sinceMs = this.#options.clock.now() - (await this.#readLast());
    // A clock that was set back tells nothing about how long ago it was.
    return sinceMs < 0 ? 0 : spaceMs - sinceMs;
  }

  #tell({ total, remaining }: Limit, waitMs: number): void {
    const { clock, log, tellOwner } = this.#options;
    log.warn('many of the session starts of this day are used; the next one waits', {
      remaining,
      total,
      delayMs: Math.ceil(waitMs),
    });
    tellOwner('session-starts', en.owner.fewSessionStarts(remaining, Math.ceil((clock.now() + waitMs) / 1_000)));
  }

  async #readLast(): Promise<number> {
    try {
      const last = Number(await this.#options.meta.get(NAME));
      return Number.isFinite(last) ? last : 0;
    } catch (error) {
      this.#warn(error);
      return 0;
    }
  }

  #warn(error: unknown): void {
    this.#options.log.error('the last session start could not be noted', {
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }
}
