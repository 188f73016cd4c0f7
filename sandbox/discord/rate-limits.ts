import { createHash } from 'node:crypto';
import type { SandboxClock } from '../interface.ts';
import { DiscordError } from './errors.ts';

export interface Bucket {
  /** What shares a limit, before the top-level resource is added. */
  name: string;
  limit: number;
  windowMs: number;
}

interface Window {
  endsAt: number;
  used: number;
}

/** Discord gives no numbers and says not to rely on any; 5 in 5 seconds is what people meet on messages. */
export const BUCKETS = {
  createMessage: { name: 'create-message', limit: 5, windowMs: 5_000 },
  editMessage: { name: 'edit-message', limit: 5, windowMs: 5_000 },
  deleteMessage: { name: 'delete-message', limit: 5, windowMs: 1_000 },
  interactionWebhook: { name: 'interaction-webhook', limit: 5, windowMs: 5_000 },
  writeCommands: { name: 'write-commands', limit: 5, windowMs: 20_000 },
  other: { name: 'other', limit: 10, windowMs: 1_000 },
} as const satisfies Record<string, Bucket>;

/** Documented: 50 requests a second for a bot; interaction endpoints do not count. */
const GLOBAL: Bucket = { name: 'global', limit: 50, windowMs: 1_000 };
/** Not documented: 3 edits in 6 seconds for each channel, from Discord Userdoccers. */
const OLD_EDITS: Bucket = { name: 'old-edits', limit: 3, windowMs: 6_000 };
const OLD_MESSAGE_MS = 3_600_000;
const MOST_WINDOWS = 1_000;

/** Counts calls in windows that begin with their first call. Time is the sandbox clock's. */
export class RateLimits {
  readonly #clock: SandboxClock;
  readonly #isOn: boolean;
  readonly #windows = new Map<string, Window>();

  constructor(clock: SandboxClock, isOn: boolean) {
    this.#clock = clock;
    this.#isOn = isOn;
  }

  /** Counts a call by the bot against its 50 a second. Throws 429 when they are used up. */
  takeGlobal(): void {
    if (!this.#isOn) return;
    const { isLimited, window } = this.#take(GLOBAL, 'bot');
    if (isLimited) throw this.#limited(window, { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' }, true);
  }

  /** Counts a call and gives the headers for its answer. Throws 429 when the bucket is empty. */
  take(bucket: Bucket, resource: string): Record<string, string> {
    if (!this.#isOn) return {};
    const { isLimited, window } = this.#take(bucket, resource);
    const headers = this.#headers(bucket, window);
    if (isLimited) throw this.#limited(window, { ...headers, 'x-ratelimit-scope': 'user' }, false);
    return headers;
  }

  /** An edit by the bot of a message older than one hour has a limit of its own: 429 with code 30046. */
  takeOldEdit(channelId: string, messageAgeMs: number): void {
    if (!this.#isOn || messageAgeMs <= OLD_MESSAGE_MS) return;
    const { isLimited, window } = this.#take(OLD_EDITS, channelId);
    if (!isLimited) return;
    const retryAfter = this.#secondsLeft(window);
    throw new DiscordError(
      429,
      30046,
      'Maximum number of edits to messages older than 1 hour reached. Try again later',
      {
        headers: { 'retry-after': String(Math.ceil(retryAfter)), 'x-ratelimit-scope': 'user' },
        extra: { retry_after: retryAfter, global: false },
      },
    );
  }

  #take(bucket: Bucket, resource: string): { isLimited: boolean; window: Window } {
    const key = `${bucket.name}:${resource}`;
    const now = this.#clock.now();
    const known = this.#windows.get(key);
    const window = known && known.endsAt > now ? known : { endsAt: now + bucket.windowMs, used: 0 };
    this.#windows.set(key, window);
    if (this.#windows.size > MOST_WINDOWS) this.#forgetEnded(now);
    if (window.used >= bucket.limit) return { isLimited: true, window };
    window.used += 1;
    return { isLimited: false, window };
  }

  #forgetEnded(now: number): void {
    for (const [key, window] of this.#windows) {
      if (window.endsAt <= now) this.#windows.delete(key);
    }
  }

  #headers(bucket: Bucket, window: Window): Record<string, string> {
    return {
      'x-ratelimit-bucket': createHash('sha256').update(bucket.name).digest('hex').slice(0, 32),
      'x-ratelimit-limit': String(bucket.limit),
      'x-ratelimit-remaining': String(bucket.limit - window.used),
      'x-ratelimit-reset': (window.endsAt / 1000).toFixed(3),
      'x-ratelimit-reset-after': this.#secondsLeft(window).toFixed(3),
    };
  }

  #limited(window: Window, headers: Record<string, string>, isGlobal: boolean): DiscordError {
    const retryAfter = this.#secondsLeft(window);
    return new DiscordError(429, 0, 'You are being rate limited.', {
      headers: { ...headers, 'retry-after': String(Math.ceil(retryAfter)) },
      extra: { retry_after: retryAfter, global: isGlobal },
    });
  }

  #secondsLeft(window: Window): number {
    return Math.max(0.001, (window.endsAt - this.#clock.now()) / 1000);
  }
}
