/**
 * Whether a provider may be asked to begin work now. One gate for each provider, before the lanes of both kinds:
 *
 * - **Pace.** A 429 closes the gate for as long as the service asks, and from then on starts are spaced; each start
 *   that is accepted shortens the space again. So an account that is allowed six starts a minute gets six.
 * - **Breaker.** A service that had trouble with several starts in a row is left alone for a while, and so is one that
 *   refuses our key or our account. Then a single start probes: accepted, the gate is open again; refused, it stays
 *   closed for twice as long. Behind trouble the work waits in line. Behind a refused account it fails at once, since
 *   only the owner can mend that, and another provider may be free.
 * - **Hold.** The gate can be closed from outside, for example while the disk is full.
 *
 * In memory only: a new process learns anew with its first start. Times are monotonic inside, so that a clock that is
 * set changes nothing.
 */
import type { Failure, FailureReason } from './job.ts';
import type { Clock } from './ports.ts';

export interface GatesOptions {
  clock: Clock;
  /** Starts with trouble in a row that open a breaker. */
  breakAfter: number;
  /** A gate may have opened. */
  onOpen: () => void;
  /** The breaker of a provider has opened or closed again. */
  onBreaker: (news: BreakerNews) => void;
  /** What `holdOf` tells of a provider has changed. */
  onHold: (provider: string) => void;
  /** Ends the waits. */
  signal: AbortSignal;
}

export interface BreakerNews {
  provider: string;
  /** `account`: only the owner can mend it. */
  kind: 'trouble' | 'account';
  /** Of the failure that opened it. */
  reason: FailureReason;
  state: 'open' | 'closed';
}

/** Why nothing is begun, for the cards of those who wait. */
export interface Hold {
  /** Milliseconds since 1970: about when it goes on, or is looked at again. */
  until: number;
  reason: FailureReason;
}

interface Breaker {
  kind: BreakerNews['kind'];
  reason: FailureReason;
  openMs: number;
  until: number;
  /** The item whose start probes; null: nobody does. */
  prober: string | null;
}

interface Gate {
  /** The last pause a service or a hold asked for. */
  pause: { until: number; reason: FailureReason };
  /** Between two starts. */
  spaceMs: number;
  nextStartAt: number;
  troubleInRow: number;
  breaker: Breaker | null;
}

/** The first and the longest time that a breaker stays open. */
const OPEN_MS = { trouble: { first: 10_000, most: 300_000 }, account: { first: 60_000, most: 900_000 } };
/** Without a word of the service about how long to wait. */
const FIRST_SPACE_MS = 500;
const LONGEST_SPACE_MS = 60_000;
/** Whatever a service asks for, it is asked again after this: the word may have been about one model. */
const LONGEST_PAUSE_MS = 600_000;
/** Shorter pauses are over before anybody has read of them. */
const TOLD_PAUSE_MS = 5_000;
const AFTER_PAUSE_MS = 1_000;
const SPACE_GROWTH = 1.5;
/** Replicate names about half of what lies between two starts of a small account: "resets in ~5s", six a minute. */
const MOST_OF_ASKED = 2;
const SPACE_DECAY = 0.9;
/** Spaces below this are none. */
const SHORTEST_SPACE_MS = 50;

const TROUBLE: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'provider-error',
  'network',
  'answer-lost',
  'attempt-timeout',
]);
const ACCOUNT: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'key-refused',
  'no-credit',
  'no-quota',
  'daily-quota',
]);

/** Google counts these for each model. */
const OF_A_MODEL: ReadonlySet<FailureReason> = new Set<FailureReason>(['no-quota', 'daily-quota']);

export class Gates {
  readonly #options: GatesOptions;
  readonly #gates = new Map<string, Gate>();

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** Whether a start may go now. Behind a refused account it may: to be refused by `refusalOf`, or to probe. */
  isOpen(provider: string): boolean {
    const gate = this.#gates.get(provider);
    if (gate === undefined) return true;
    const now = this.#now();
    if (gate.pause.until > now || gate.nextStartAt > now) return false;
    const { breaker } = gate;
    return breaker?.kind !== 'trouble' || (breaker.until <= now && breaker.prober === null);
  }

  /** A start is on its way: the next one keeps its distance, and behind an open breaker this one probes. */
  noteLaunch(provider: string, item: string): void {
    const gate = this.#gateOf(provider);
    if (gate.breaker?.kind === 'trouble') gate.breaker.prober = item;
    if (gate.spaceMs === 0) return;
    gate.nextStartAt = this.#now() + gate.spaceMs;
    this.#openLater(gate.spaceMs);
  }

  /**
   * The reason behind a refused account, while nobody needs to ask again; null: ask. The first to ask in time probes.
   * `isOwnChoice`: a model that a user chose, whose quota may be another one.
   */
  refusalOf(provider: string, item: string, isOwnChoice: boolean): FailureReason | null {
    const breaker = this.#gates.get(provider)?.breaker;
    if (breaker?.kind !== 'account' || (isOwnChoice && OF_A_MODEL.has(breaker.reason))) return null;
    if (breaker.until > this.#now() || breaker.prober !== null) return breaker.reason;
    breaker.prober = item;
    return null;
  }

  /** The service took the work. `isOwnChoice`: of a model that a user chose. */
  noteAccepted(provider: string, isOwnChoice: boolean): void {
    const gate = this.#gateOf(provider);
    gate.troubleInRow = 0;
    gate.spaceMs = gate.spaceMs * SPACE_DECAY < SHORTEST_SPACE_MS ? 0 : gate.spaceMs * SPACE_DECAY;
    // Another model's quota says nothing about the one that is used up.
    const { breaker } = gate;
    const isAboutAnother = isOwnChoice && breaker?.kind === 'account' && OF_A_MODEL.has(breaker.reason);
    if (!isAboutAnother) this.#close(provider, gate);
  }

  /**
   * The service did not take the work. `isOwnChoice`: of a model that a user chose, which says little about the
   * others: refused accounts count as trouble then.
   */
  noteRefused(provider: string, lost: Failure, isOwnChoice: boolean): void {
    const gate = this.#gateOf(provider);
    if (lost.reason === 'rate-limit') this.#slowDown(provider, gate, lost.retryAfterMs);
    else if (ACCOUNT.has(lost.reason) && !isOwnChoice) this.#open(provider, gate, 'account', lost.reason);
    else if (OF_A_MODEL.has(lost.reason)) return;
    else if (TROUBLE.has(lost.reason) || ACCOUNT.has(lost.reason)) this.#countTrouble(provider, gate, lost.reason);
    // Any other answer of the service is an answer: it is there, and the account is in order.
    else if (lost.providerStatus !== null) this.noteAccepted(provider, isOwnChoice);
  }

  /** An attempt ended. One that was to probe and never asked leaves that to the next. */
  noteEnd(provider: string, item: string): void {
    const breaker = this.#gates.get(provider)?.breaker;
    if (breaker?.prober !== item) return;
    breaker.prober = null;
    this.#openLater(0);
  }

  /** Closes the gate for so long. A shorter pause never ends a longer one. */
  hold(provider: string, ms: number, reason: FailureReason): void {
    this.#pause(provider, this.#gateOf(provider), ms, reason);
  }

  /** What those who wait for this provider are told; null: nothing keeps them but their turn. */
  holdOf(provider: string): Hold | null {
    const gate = this.#gates.get(provider);
    if (gate === undefined) return null;
    const now = this.#now();
    const { breaker, pause } = gate;
    const found = breaker?.kind === 'trouble' ? breaker : pause.until > now ? pause : null;
    if (found === null) return null;
    return { until: this.#options.clock.now() + Math.max(0, found.until - now), reason: found.reason };
  }

  #slowDown(provider: string, gate: Gate, retryAfterMs: number | null): void {
    const now = this.#now();
    const askedMs = Math.min(retryAfterMs ?? FIRST_SPACE_MS, LONGEST_SPACE_MS);
    const mostMs = retryAfterMs === null ? LONGEST_SPACE_MS : askedMs * MOST_OF_ASKED;
    // Several were under way when the first was refused: together they are one refusal.
    if (gate.pause.until <= now || gate.pause.reason !== 'rate-limit') {
      gate.spaceMs = Math.max(askedMs, Math.min(gate.spaceMs * SPACE_GROWTH, mostMs));
    }
    this.#pause(provider, gate, Math.min(retryAfterMs ?? gate.spaceMs, LONGEST_PAUSE_MS), 'rate-limit');
  }

  /** Those who wait are told when it begins and when it is over, unless it is over before they have read it. */
  #pause(provider: string, gate: Gate, ms: number, reason: FailureReason): void {
    const now = this.#now();
    if (gate.pause.until >= now + ms) return;
    const isNews = gate.pause.until < now || gate.pause.reason !== reason;
    gate.pause = { until: now + ms, reason };
    this.#openLater(ms);
    if (ms < TOLD_PAUSE_MS) return;
    if (isNews) this.#options.onHold(provider);
    const tellEnd = (): void => {
      if (this.holdOf(provider) === null) this.#options.onHold(provider);
    };
    // A moment later: a disk that is still full closes the gate again at once.
    void this.#wait(ms + AFTER_PAUSE_MS).then(tellEnd, () => undefined);
  }

  #countTrouble(provider: string, gate: Gate, reason: FailureReason): void {
    gate.troubleInRow += 1;
    const { breaker } = gate;
    // Trouble says nothing about a refused account: the next one asks.
    if (breaker?.kind === 'account') return;
    if (breaker !== null) this.#open(provider, gate, breaker.kind, breaker.reason);
    else if (gate.troubleInRow >= this.#options.breakAfter) this.#open(provider, gate, 'trouble', reason);
  }

  /** Opens the breaker; one whose probe failed stays open for twice as long. Those that were under way change nothing. */
  #open(provider: string, gate: Gate, kind: Breaker['kind'], reason: FailureReason): void {
    const { breaker } = gate;
    const isSame = breaker?.kind === kind;
    if (isSame && breaker.prober === null) return;
    const { first, most } = OPEN_MS[kind];
    const openMs = isSame ? Math.min(breaker.openMs * 2, most) : first;
    gate.breaker = { kind, reason, openMs, until: this.#now() + openMs, prober: null };
    this.#openLater(openMs);
    if (!isSame) this.#options.onBreaker({ provider, kind, reason, state: 'open' });
    this.#options.onHold(provider);
  }

  #close(provider: string, gate: Gate): void {
    const { breaker } = gate;
    if (breaker === null) return;
    gate.breaker = null;
    this.#options.onBreaker({ provider, kind: breaker.kind, reason: breaker.reason, state: 'closed' });
    this.#options.onHold(provider);
    this.#openLater(0);
  }

  #openLater(ms: number): void {
    void this.#wait(ms).then(this.#options.onOpen, () => undefined);
  }

  /** Timers may fire a moment early: whoever looked then would find the gate closed, and nobody would look again. */
  async #wait(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    const until = this.#now() + ms;
    let leftMs = ms;
    do {
      await clock.sleep(Math.max(0, Math.ceil(leftMs)), signal);
      leftMs = until - this.#now();
    } while (leftMs > 0);
  }

  #gateOf(provider: string): Gate {
    let gate = this.#gates.get(provider);
    if (gate === undefined) {
      gate = {
        pause: { until: -Infinity, reason: 'rate-limit' },
        spaceMs: 0,
        nextStartAt: -Infinity,
        troubleInRow: 0,
        breaker: null,
      };
      this.#gates.set(provider, gate);
    }
    return gate;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
