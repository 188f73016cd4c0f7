/**
 * About one edit a second for each channel: Discord lets a bot make roughly five in five seconds there,
 * shared by all its messages (facts measured by others, not documented). Urgent turns go first; the
 * rest in the order they asked.
 */
import type { Clock } from '../jobs/ports.ts';

const LONGEST_HOLD_MS = 10 * 60_000;

interface Waiter {
  isUrgent: boolean;
  go: () => void;
}

interface Channel {
  waiters: Waiter[];
  nextAt: number;
  isServing: boolean;
}

export class Pacer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #channels = new Map<string, Channel>();

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Resolves when it is this one's turn; rejects with the signal's reason when it aborts first. */
  async wait(channelId: string, isUrgent: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const channel = this.#channelOf(channelId);
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        isUrgent,
        go: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        channel.waiters = channel.waiters.filter((other) => other !== waiter);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      channel.waiters.push(waiter);
      void this.#serve(channelId, channel);
    });
  }

  /** Discord said how long to leave the channel alone. */
  holdOff(channelId: string, ms: number): void {
    const channel = this.#channelOf(channelId);
    channel.nextAt = Math.max(channel.nextAt, this.#clock.now() + ms);
  }

  async #serve(channelId: string, channel: Channel): Promise<void> {
    if (channel.isServing) return;
    channel.isServing = true;
    while (channel.waiters.length > 0) {
      const waitMs = channel.nextAt - this.#clock.now();
      // A clock that was set back must not stop a channel for hours.
      if (waitMs > 0 && waitMs <= LONGEST_HOLD_MS) {
        await this.#clock.sleep(Math.min(waitMs, this.#intervalMs));
        continue;
      }
      const next = channel.waiters.findIndex((waiter) => waiter.isUrgent);
      const [waiter] = channel.waiters.splice(Math.max(next, 0), 1);
      channel.nextAt = this.#clock.now() + this.#intervalMs;
      waiter?.go();
    }
    channel.isServing = false;
    // Forgotten when its pause is over and nobody came; until then the pause must be remembered.
    await this.#clock.sleep(Math.min(Math.max(channel.nextAt - this.#clock.now(), 0), LONGEST_HOLD_MS));
    if (channel.waiters.length === 0 && !channel.isServing) this.#channels.delete(channelId);
  }

  #channelOf(channelId: string): Channel {
    let channel = this.#channels.get(channelId);
    if (channel === undefined) this.#channels.set(channelId, (channel = { waiters: [], nextAt: 0, isServing: false }));
    return channel;
  }
}
