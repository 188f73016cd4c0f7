/** The trouble a run deals out, and which failures of attempts each explains. */
import type { GeminiFault, ReplicateFault } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { FailureReason } from '../../src/jobs/job.ts';
import type { Random } from './random.ts';

interface FaultRow {
  name: string;
  weight: number;
  /** Whose next calls meet it. */
  service: 'replicate' | 'gemini' | 'discord';
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

/** More at once in one queue would hit one attempt again and again. */
const MOST_ARMED = 3;
/** Calls of a service that come rarely: others' faults need not wait behind theirs. */
const RARE_CALLS: readonly string[] = [
  'replicate upload',
  'gemini interaction',
  'gemini video',
  'gemini get',
  'gemini file',
];

/** Of their names. */
export const WEBHOOK_FAULTS = 'replicate webhook: ';
export const ANSWER_FAULTS = 'discord POST /callback: ';

/** Only a passing trouble: an attempt waits and goes on, or a card is drawn again. */
const NOTHING: readonly FailureReason[] = [];

/** By name: what is never tried again. */
const SPOILING = { replicate: 'replicate prediction: error', gemini: 'gemini generate: http-400-input' } as const;
export type Spoiled = keyof typeof SPOILING;

export const FAULTS: readonly FaultRow[] = [
  replicate({ on: 'create', kind: 'cut-after' }, 3, ['network', 'answer-lost']),
  replicate({ on: 'create', kind: 'cut-before' }, 2, ['network', 'answer-lost']),
  replicate({ on: 'create', kind: 'hang' }, 2, ['network', 'answer-lost', 'attempt-timeout'], true),
  replicate({ on: 'create', kind: 'http-500' }, 1, ['provider-error']),
  replicate({ on: 'create', kind: 'http-503' }, 1, ['provider-error']),
  replicate({ on: 'create', kind: 'http-429' }, 1, ['rate-limit']),
  replicate({ on: 'create', kind: 'http-422' }, 2, ['input-refused']),
  replicate({ on: 'prediction', kind: 'fails' }, 2, ['provider-error']),
  replicate({ on: 'prediction', kind: 'error', error: 'Flagged as sensitive (E005)' }, 1, ['prompt-blocked']),
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
  replicate({ on: 'webhook', kind: 'lost' }, 1, NOTHING, true),
  replicate({ on: 'webhook', kind: 'doubled' }, 1, NOTHING),
  replicate({ on: 'webhook', kind: 'late' }, 1, NOTHING, true),
  replicate({ on: 'webhook', kind: 'reordered' }, 1, NOTHING),
  replicate({ on: 'webhook', kind: 'bad-signature' }, 1, NOTHING),
  replicate({ on: 'webhook', kind: 'old' }, 1, NOTHING),
  gemini({ on: 'generate', kind: 'cut-after' }, 3, ['answer-lost']),
  gemini({ on: 'generate', kind: 'cut-before' }, 2, ['network', 'answer-lost']),
  gemini({ on: 'generate', kind: 'hang' }, 2, ['attempt-timeout'], true),
  gemini({ on: 'generate', kind: 'broken-json' }, 1, ['answer-lost']),
  gemini({ on: 'generate', kind: 'http-500' }, 1, ['answer-lost']),
  gemini({ on: 'generate', kind: 'http-503' }, 2, ['provider-error']),
  gemini({ on: 'generate', kind: 'http-429-minute' }, 1, ['rate-limit']),
  gemini({ on: 'generate', kind: 'http-400-input' }, 1, ['input-refused']),
  gemini({ on: 'image', kind: 'finish-image-safety' }, 2, ['output-blocked']),
  gemini({ on: 'image', kind: 'finish-max-tokens' }, 1, ['provider-error']),
  gemini({ on: 'image', kind: 'blocked-other' }, 1, ['prompt-blocked']),
  gemini({ on: 'image', kind: 'text-only' }, 1, ['words-only', 'no-output']),
  gemini({ on: 'image', kind: 'empty' }, 1, ['no-output']),
  gemini({ on: 'image', kind: 'slow' }, 2, NOTHING),
  replicate({ on: 'upload', kind: 'cut-before' }, 1, ['network', 'provider-error']),
  replicate({ on: 'upload', kind: 'cut-after' }, 1, ['network', 'provider-error']),
  replicate({ on: 'upload', kind: 'http-500' }, 1, ['provider-error']),
  gemini({ on: 'interaction', kind: 'cut-after' }, 3, ['answer-lost']),
  gemini({ on: 'interaction', kind: 'cut-before' }, 2, ['network', 'answer-lost']),
  gemini({ on: 'interaction', kind: 'broken-json' }, 1, ['answer-lost']),
  gemini({ on: 'interaction', kind: 'http-500' }, 1, ['answer-lost']),
  gemini({ on: 'interaction', kind: 'http-503' }, 2, ['provider-error']),
  gemini({ on: 'interaction', kind: 'http-400-input' }, 1, ['input-refused']),
  gemini({ on: 'video', kind: 'blocked' }, 1, ['output-blocked', 'prompt-blocked']),
  gemini({ on: 'video', kind: 'fails-internal' }, 2, ['provider-error']),
  gemini({ on: 'video', kind: 'nothing' }, 1, ['no-output']),
  gemini({ on: 'video', kind: 'slow' }, 1, NOTHING),
  gemini({ on: 'video', kind: 'never-ends' }, 1, ['attempt-timeout', 'provider-queue-timeout'], true),
  gemini({ on: 'get', kind: 'http-500' }, 1, NOTHING),
  gemini({ on: 'get', kind: 'cut-before' }, 1, NOTHING),
  gemini({ on: 'file', kind: 'cut-half' }, 1, NOTHING),
  gemini({ on: 'file', kind: 'http-500' }, 1, NOTHING),
  gemini({ on: 'file', kind: 'http-404' }, 1, ['file-gone']),
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
    service: 'discord',
    isSlow: false,
    explains: NOTHING,
    arm: (sandbox) => sandbox.discord.dropGateway(true),
  },
  {
    name: 'gateway: dropped, must identify again',
    weight: 1,
    service: 'discord',
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

  /** `hasWebhooks`: without them nothing ever meets a fault of one. */
  constructor(sandbox: Sandbox, random: Random, { isShort, hasWebhooks }: { isShort: boolean; hasWebhooks: boolean }) {
    this.#sandbox = sandbox;
    this.#random = random;
    const fits = ({ isSlow, name }: FaultRow): boolean =>
      (!isShort || !isSlow) && (hasWebhooks || !name.startsWith(WEBHOOK_FAULTS));
    this.#table = FAULTS.filter(fits);
  }

  /** Draws a fault, and arms it unless enough are armed. */
  deal(): void {
    this.#arm(this.#random.pickRow(this.#table));
  }

  /** As `deal`, one that ends an attempt for good: of a set that is just asked for, mostly one item. */
  spoil(service: Spoiled): void {
    const row = this.#table.find(({ name }) => name === SPOILING[service]);
    if (row !== undefined) this.#arm(row);
  }

  #arm(row: FaultRow): void {
    const queue = queueOf(row);
    const armed = this.#listArmed(row.service).filter(({ name }) => queueOf({ ...row, name }) === queue);
    if (armed.length >= MOST_ARMED) return;
    row.arm(this.#sandbox);
    this.#dealt.set(row, (this.#dealt.get(row) ?? 0) + 1);
  }

  /** Takes back what nobody met, and tells what was met. Discord does not say, so of it everything dealt counts. */
  clear(): MetFault[] {
    const left = new Map<string, number>();
    for (const { name, times } of [...this.#listArmed('replicate'), ...this.#listArmed('gemini')]) {
      left.set(name, (left.get(name) ?? 0) + times);
    }
    this.#sandbox.replicate.clearFaults();
    this.#sandbox.gemini.clearFaults();
    this.#sandbox.discord.clearFaults();
    return [...this.#dealt].map(([{ name, explains }, times]) => ({
      name,
      times: times - (left.get(name) ?? 0),
      explains,
    }));
  }

  #listArmed(service: FaultRow['service']): { name: string; times: number }[] {
    if (service === 'discord') return [];
    const armed = service === 'gemini' ? this.#sandbox.gemini.armedFaults() : this.#sandbox.replicate.armedFaults();
    return armed.map(({ fault, times }) => ({ name: nameOf(service, fault), times }));
  }
}

function replicate(
  fault: ReplicateFault,
  weight: number,
  explains: readonly FailureReason[],
  isSlow = false,
): FaultRow {
  const name = nameOf('replicate', fault);
  return {
    name,
    weight,
    service: 'replicate',
    isSlow,
    explains,
    arm: (sandbox) => sandbox.replicate.addFault(fault),
  };
}

function gemini(fault: GeminiFault, weight: number, explains: readonly FailureReason[], isSlow = false): FaultRow {
  const name = nameOf('gemini', fault);
  return { name, weight, service: 'gemini', isSlow, explains, arm: (sandbox) => sandbox.gemini.addFault(fault) };
}

function nameOf(service: FaultRow['service'], { on, kind }: { on: string; kind: string }): string {
  return `${service} ${on}: ${kind}`;
}

function queueOf({ name, service }: Pick<FaultRow, 'name' | 'service'>): string {
  return RARE_CALLS.some((call) => name.startsWith(call)) ? `${service}, rarely` : service;
}

type DiscordKind = Parameters<Sandbox['discord']['addFault']>[0]['kind'];

function discord(method: string, route: RegExp, kind: DiscordKind, isSlow = false): FaultRow {
  const what = typeof kind === 'string' ? kind : `http-${kind.status}`;
  return {
    name: `discord ${method} ${route.source === '.' ? 'anything' : route.source.replaceAll('\\', '')}: ${what}`,
    weight: 1,
    service: 'discord',
    isSlow,
    explains: NOTHING,
    arm: (sandbox) => sandbox.discord.addFault({ method, route, kind, times: 1 }),
  };
}
