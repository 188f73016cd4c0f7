/** How many requests of one sender may be refused before the next are not even read: a bucket for each. */
import type { Clock } from '../jobs/ports.ts';

export interface SenderLimitOptions {
  clock: Clock;
  /** How many at once. */
  burst: number;
  /** How many more for each second that passes. */
  perSecond: number;
  /** How many senders are remembered; beyond it the one heard of longest ago is forgotten. */
  mostSenders: number;
}

export class SenderLimit {
  readonly #options: SenderLimitOptions;
  /** The longest ago heard of first. */
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(options: SenderLimitOptions) {
    this.#options = options;
  }

  isSpent(sender: string): boolean {
    return this.#leftFor(networkOf(sender)) < 1;
  }

  /** Notes one refusal. */
  take(sender: string): void {
    const key = networkOf(sender);
    const left = Math.max(0, this.#leftFor(key) - 1);
    this.#buckets.delete(key);
    this.#buckets.set(key, { left, at: this.#options.clock.monotonic() });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#options.mostSenders && oldest !== undefined) this.#buckets.delete(oldest);
  }

  #leftFor(key: string): number {
    const { burst, perSecond, clock } = this.#options;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.left + ((clock.monotonic() - bucket.at) / 1_000) * perSecond);
  }
}

/** Whoever has one IPv6 address has the 2^64 beside it. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [before = '', after = ''] = address.split('::');
  const [left, right] = [before, after].map((part) => part.split(':').filter((group) => group !== '')) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16))
    .join(':');
}
