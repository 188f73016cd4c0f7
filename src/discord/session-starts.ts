/**
 * Every IDENTIFY counts against a day's budget; one too many, and Discord ends all sessions of the bot and takes
 * its token back (events/gateway, "Identifying"). So Discord is asked for what is left before each, and a bot that
 * is started again and again without a clean end waits longer and longer: no crash loop burns the day's starts.
 */
import type { APIGatewaySessionStartLimit } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import { en } from '../locales/en.ts';
import { parseText, type MetaTexts } from './meta-texts.ts';

export interface SessionStartsOptions {
  meta: MetaTexts;
  clock: Clock;
  log: Log;
  tellOwner: (cause: 'session-starts', sentence: string) => void;
}

/** The starts since the last clean end, or calm. */
interface Row {
  v: 1;
  count: number;
  firstAt: number;
  lastAt: number;
  /** What the last of them had waited. */
  delayMs: number;
}

type ReadLimit = () => Promise<Pick<APIGatewaySessionStartLimit, 'total' | 'remaining' | 'reset_after'>>;

const NAME = 'session-starts';
/** So many are left for a person who mends what is broken. */
const RESERVE = 5;
const MINUTE_MS = 60_000;
const WINDOW_MS = 10 * MINUTE_MS;
const DELAY_MS = { first: MINUTE_MS, most: 10 * MINUTE_MS };
/** Starts within the window that need no wait: 5 of the 1,000 a small bot has; bots in many servers have more. */
const FAST_STARTS = { least: 5, totalForOne: 200 };
/** A budget that is used up and claims to be renewed at once is asked for again after this. */
const SHORTEST_WAIT_MS = 5_000;
const NONE: Row = { v: 1, count: 0, firstAt: 0, lastAt: 0, delayMs: 0 };

export class SessionStarts {
  readonly #options: SessionStartsOptions;
  #total = 0;

  constructor(options: SessionStartsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the bot may identify. `onWait` is called once when that is not at once. Rejects with the signal's
   * reason, and with whatever `readLimit` rejects with.
   */
  async waitUntilAllowed(
    readLimit: ReadLimit,
    signal: AbortSignal,
    onWait: () => void = () => undefined,
  ): Promise<void> {
    const { clock } = this.#options;
    let hasWaited = false;
    for (;;) {
      const waitMs = this.#checkLimit(await readLimit()) || (await this.#checkPace());
      if (waitMs <= 0) return;
      if (!hasWaited) onWait();
      hasWaited = true;
      await clock.sleep(waitMs, signal);
    }
  }

  /** Counts a start, right before it. A store that does not take it is logged: the bot must get online all the same. */
  async note(): Promise<void> {
    const now = this.#options.clock.now();
    const { row, delayMs } = await this.#plan();
    const firstAt = row.count === 0 ? now : row.firstAt;
    await this.#save({ v: 1, count: row.count + 1, firstAt, lastAt: now, delayMs });
  }

  /** The process ends on purpose: the next start is no sign of trouble. */
  async markCleanEnd(): Promise<void> {
    await this.#save(NONE);
  }

  /** How long to wait because Discord grants few more; 0: not for that. */
  #checkLimit({ total, remaining, reset_after: resetAfterMs }: Awaited<ReturnType<ReadLimit>>): number {
    this.#total = total;
    if (remaining > RESERVE) return 0;
    const { clock, log, tellOwner } = this.#options;
    const waitMs = Math.max(resetAfterMs, SHORTEST_WAIT_MS);
    log.warn('Discord grants few more session starts; the next one waits', { remaining, total, delayMs: waitMs });
    tellOwner('session-starts', en.owner.fewSessionStarts(remaining, Math.ceil((clock.now() + waitMs) / 1_000)));
    return waitMs;
  }

  /** How long to wait because of too many unclean starts; 0 or less: not for that. */
  async #checkPace(): Promise<number> {
    const { clock, log, tellOwner } = this.#options;
    const { row, delayMs } = await this.#plan();
    const waitMs = delayMs === 0 ? 0 : row.lastAt + delayMs - clock.now();
    if (waitMs <= 0) return 0;
    log.warn('the bot was started too often without a clean end; the next start waits', {
      starts: row.count,
      delayMs: waitMs,
    });
    tellOwner('session-starts', en.owner.manySessionStarts(row.count, Math.ceil(waitMs / MINUTE_MS)));
    return waitMs;
  }

  /** What counts now, and the distance the next start keeps from the last one. */
  async #plan(): Promise<{ row: Row; delayMs: number }> {
    const row = await this.#load();
    const now = this.#options.clock.now();
    const isCalm = now - row.lastAt > WINDOW_MS + row.delayMs;
    const isOldWindow = row.delayMs === 0 && now - row.firstAt > WINDOW_MS;
    // A clock that was set back tells nothing about how long ago it was.
    if (isCalm || isOldWindow || now < row.lastAt) return { row: NONE, delayMs: 0 };
    if (row.delayMs > 0) return { row, delayMs: Math.min(row.delayMs * 2, DELAY_MS.most) };
    const fastStarts = Math.max(FAST_STARTS.least, Math.floor(this.#total / FAST_STARTS.totalForOne));
    return { row, delayMs: row.count >= fastStarts ? DELAY_MS.first : 0 };
  }

  async #load(): Promise<Row> {
    try {
      return readRow(parseText(await this.#options.meta.get(NAME)));
    } catch (error) {
      this.#warn(error);
      return NONE;
    }
  }

  async #save(row: Row): Promise<void> {
    await this.#options.meta.set(NAME, JSON.stringify(row)).catch((error: unknown) => this.#warn(error));
  }

  #warn(error: unknown): void {
    this.#options.log.error('the session starts could not be counted', {
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }
}

/** NONE for what is not there, or another version wrote. */
function readRow(value: unknown): Row {
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== 1) return NONE;
  const row: Row = { ...NONE, ...value, v: 1 };
  return [row.count, row.firstAt, row.lastAt, row.delayMs].every(Number.isFinite) ? row : NONE;
}
