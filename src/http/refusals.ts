/**
 * What was turned away, counted by reason, and told in the log at most once a minute for each: a stranger who
 * sends a thousand forged webhooks writes one line. No line holds anything that the stranger chose.
 */
import type { Clock, Log, LogFields } from '../jobs/ports.ts';

/** Why, with what the owner may want to do about it. */
const REFUSALS = {
  'body-too-large': 'a body was larger than 1 MiB',
  'too-slow': 'a request took too long to arrive',
  'bad-request': 'what came was not a request that can be read',
  'too-many': 'one address sent too many requests that were refused',
  'internal-error': 'a request met an unexpected error',
  'secret-unknown': 'the webhook secret is not known yet; Replicate sends it again, and polling goes on',
  'missing-header': 'a webhook came without its id, its time or its signature, or with one of them twice or broken',
  'empty-body': 'a webhook came without a body',
  'too-old': "a webhook was signed more than 5 minutes ago: a repetition, or this machine's clock is wrong",
  'too-new': "a webhook was signed more than 5 minutes ahead: this machine's clock is wrong, or it was made up",
  'bad-signature':
    'a webhook was not signed with our secret: a forgery, or REPLICATE_WEBHOOK_SECRET is not that of this account',
  'wrong-shape':
    'a signed webhook was not about a prediction of ours; other uses of this account need an address of their own',
  'bad-link': 'an address of a file was not one that this bot gave out, or was cut off on its way',
} as const;

export type Refusal = keyof typeof REFUSALS;

const QUIET_MS = 60_000;

interface Tally {
  total: number;
  untold: number;
  /** When a line was last written, by the stopwatch. */
  toldAt: number;
}

export class Refusals {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tallies = new Map<Refusal, Tally>();

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `fields` go into the line, where one is written; they must not come from the request. */
  count(reason: Refusal, fields: LogFields = {}): void {
    const now = this.#clock.monotonic();
    const tally = this.#tallies.get(reason) ?? { total: 0, untold: 0, toldAt: -Infinity };
    this.#tallies.set(reason, tally);
    tally.total += 1;
    tally.untold += 1;
    if (now - tally.toldAt < QUIET_MS) return;
    this.#log.warn(`over HTTP, ${REFUSALS[reason]}`, { reason, count: tally.untold, ...fields });
    tally.toldAt = now;
    tally.untold = 0;
  }

  /** Since the start, by reason; one that never came is 0. */
  totals(): Record<Refusal, number> {
    const reasons = Object.keys(REFUSALS) as Refusal[];
    return Object.fromEntries(reasons.map((reason) => [reason, this.#tallies.get(reason)?.total ?? 0])) as Record<
      Refusal,
      number
    >;
  }
}
