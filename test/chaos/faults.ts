/** The trouble a run deals out, and which failures of attempts each explains. */
import type { ReplicateFault } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { FailureReason } from '../../src/jobs/job.ts';
import type { Random } from './random.ts';

interface FaultRow {
  name: string;
  weight: number;
  /** Waited out for many seconds: left out of a short run. */
  isSlow: boolean;
  /** Reasons for which an attempt may end because of it; each fault ends one attempt at most. */
  explains: readonly FailureReason[];
  arm: (sandbox: Sandbox) => void;
}

export interface MetFault {
  name: string;
  times: number;
  explains: readonly FailureReason[];
}

/** More at once would hit one attempt again and again. */
const MOST_ARMED = 3;

/** Only a passing trouble: an attempt waits and goes on, or a card is drawn again. */
const NOTHING: readonly FailureReason[] = [];

export const FAULTS: readonly FaultRow[] = [
  replicate({ on: 'create', kind: 'cut-after' }, 3, ['network', 'answer-lost']),
  replicate({ on: 'create', kind: 'cut-before' }, 2, ['network', 'answer-lost']),
  replicate({ on: 'create', kind: 'hang' }, 2, ['network', 'answer-lost', 'attempt-timeout'], true),
  replicate({ on: 'create', kind: 'http-500' }, 1, ['provider-error']),
  replicate({ on: 'create', kind: 'http-503' }, 1, ['provider-error']),
  replicate({ on: 'create', kind: 'http-429' }, 1, ['rate-limit']),
  replicate({ on: 'create', kind: 'http-422' }, 2, ['input-refused']),
  replicate({ on: 'prediction', kind: 'fails' }, 2, ['provider-error']),
  replicate({ on: 'prediction', kind: 'interrupted' }, 1, ['provider-error']),
  replicate({ on: 'prediction', kind: 'nsfw' }, 1, ['output-blocked']),
  replicate({ on: 'prediction', kind: 'nothing' }, 1, ['no-output']),
  replicate({ on: 'prediction', kind: 'never-ends' }, 1, ['attempt-timeout', 'provider-queue-timeout'], true),
  replicate({ on: 'get', kind: 'http-500' }, 1, NOTHING),
  replicate({ on: 'get', kind: 'http-429' }, 1, NOTHING),
  replicate({ on: 'get', kind: 'cut-before' }, 1, NOTHING),
  replicate({ on: 'get', kind: 'hang' }, 1, NOTHING, true),
  replicate({ on: 'file', kind: 'cut-half' }, 2, NOTHING),
  replicate({ on: 'file', kind: 'http-500' }, 1, NOTHING),
  replicate({ on: 'file', kind: 'http-404' }, 1, ['file-gone']),
  replicate({ on: 'file', kind: 'hang' }, 1, ['network', 'attempt-timeout'], true),
  discord('PATCH', /./, { status: 500 }),
  discord('PATCH', /./, { status: 503 }),
  discord('PATCH', /./, 'cut-before'),
  discord('PATCH', /./, 'cut-after'),
  discord('PATCH', /./, 'hang', true),
  discord('POST', /\/callback/, { status: 500 }),
  discord('POST', /\/callback/, 'cut-before'),
  discord('POST', /\/callback/, 'cut-after'),
  discord('POST', /\/callback/, 'hang'),
  discord('GET', /@original/, { status: 500 }),
  {
    name: 'gateway: dropped, may resume',
    weight: 1,
    isSlow: false,
    explains: NOTHING,
    arm: (sandbox) => sandbox.discord.dropGateway(true),
  },
  {
    name: 'gateway: dropped, must identify again',
    weight: 1,
    isSlow: false,
    explains: NOTHING,
    arm: (sandbox) => sandbox.discord.dropGateway(false),
  },
];

export class FaultDealer {
  readonly #sandbox: Sandbox;
  readonly #random: Random;
  readonly #table: readonly FaultRow[];
  readonly #dealt = new Map<FaultRow, number>();

  constructor(sandbox: Sandbox, random: Random, isShort: boolean) {
    this.#sandbox = sandbox;
    this.#random = random;
    this.#table = FAULTS.filter(({ isSlow }) => !isShort || !isSlow);
  }

  /** Draws a fault, and arms it unless enough are armed. */
  deal(): void {
    const row = this.#random.pickRow(this.#table);
    if (this.#sandbox.replicate.armedFaults().length >= MOST_ARMED) return;
    row.arm(this.#sandbox);
    this.#dealt.set(row, (this.#dealt.get(row) ?? 0) + 1);
  }

  /** Takes back what nobody met, and tells what was met. Discord does not say, so of it everything dealt counts. */
  clear(): MetFault[] {
    const left = new Map<string, number>();
    for (const { fault, times } of this.#sandbox.replicate.armedFaults()) {
      left.set(nameOf(fault), (left.get(nameOf(fault)) ?? 0) + times);
    }
    this.#sandbox.replicate.clearFaults();
    this.#sandbox.discord.clearFaults();
    return [...this.#dealt].map(([{ name, explains }, times]) => ({
      name,
      times: times - (left.get(name) ?? 0),
      explains,
    }));
  }
}

function replicate(
  fault: ReplicateFault,
  weight: number,
  explains: readonly FailureReason[],
  isSlow = false,
): FaultRow {
  return { name: nameOf(fault), weight, isSlow, explains, arm: (sandbox) => sandbox.replicate.addFault(fault) };
}

function nameOf({ on, kind }: ReplicateFault): string {
  return `replicate ${on}: ${kind}`;
}

type DiscordKind = Parameters<Sandbox['discord']['addFault']>[0]['kind'];

function discord(method: string, route: RegExp, kind: DiscordKind, isSlow = false): FaultRow {
  const what = typeof kind === 'string' ? kind : `http-${kind.status}`;
  return {
    name: `discord ${method} ${route.source === '.' ? 'anything' : route.source.replaceAll('\\', '')}: ${what}`,
    weight: 1,
    isSlow,
    explains: NOTHING,
    arm: (sandbox) => sandbox.discord.addFault({ method, route, kind, times: 1 }),
  };
}
