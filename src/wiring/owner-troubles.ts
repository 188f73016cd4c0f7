/** What of a provider's trouble only the owner can mend, told to them once a day for each cause. */
import type { OwnerCause, OwnerNotices } from '../discord/owner-notices.ts';
import type { BreakerNews } from '../jobs/gates.ts';
import type { ErrorCode, Failure, FailureReason } from '../jobs/job.ts';
import { en } from '../locales/en.ts';

export interface OwnerTroublesOptions {
  owner: Pick<OwnerNotices, 'tell'>;
  /** ALERT_AFTER_FAILURES. */
  alertAfter: number;
  /** MIN_FREE_MB, in bytes. */
  minFreeBytes: number;
}

type Told = readonly [OwnerCause, (provider: string) => string];

const BYTES_IN_MB = 1024 * 1024;
/** Failures that say something about the service, and nothing about what was asked. */
const OF_THE_SERVICE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['API_ERROR', 'NETWORK_ERROR', 'TIMEOUT']);
/** Any other reason of a breaker is trouble that may pass by itself. */
const ACCOUNT: Readonly<Partial<Record<FailureReason, Told>>> = {
  'key-refused': ['key-refused', en.owner.keyRefused],
  'no-credit': ['no-credit', en.owner.noCredit],
  'no-quota': ['no-credit', en.owner.noQuota],
  'daily-quota': ['daily-quota', en.owner.dailyQuota],
};

export class OwnerTroubles {
  readonly #options: OwnerTroublesOptions;
  readonly #inARow = new Map<string, number>();

  constructor(options: OwnerTroublesOptions) {
    this.#options = options;
  }

  onBreaker({ provider, kind, reason, state }: BreakerNews): void {
    if (state === 'closed') return;
    if (kind === 'account') this.onRefused(provider, reason);
    else this.#tellTrouble(provider);
  }

  /** The service refused a call; what is not about the key or the account is nothing to tell. */
  onRefused(provider: string, reason: FailureReason): void {
    const told = ACCOUNT[reason];
    if (told !== undefined) this.#tell(told[0], provider, told[1]);
  }

  /** `lost` is null for an attempt that came to something. */
  onAttempt(provider: string, lost: Failure | null): void {
    if (lost?.details.account === 'low-credit') this.#tell('low-credit', provider, en.owner.lowCredit);
    if (lost !== null && !OF_THE_SERVICE.has(lost.code)) return;
    const inARow = lost === null ? 0 : (this.#inARow.get(provider) ?? 0) + 1;
    this.#inARow.set(provider, inARow);
    if (inARow === this.#options.alertAfter) this.#tellTrouble(provider);
  }

  onDiskFull(freeBytes: number): void {
    const [free, needed] = [freeBytes, this.#options.minFreeBytes].map((bytes) => Math.floor(bytes / BYTES_IN_MB));
    void this.#options.owner.tell('disk', en.owner.disk(free ?? 0, needed ?? 0));
  }

  onRetiredModel(provider: string, model: string): void {
    const sentence = en.owner.retiredModel(nameOf(provider), model);
    void this.#options.owner.tell(`retired-model:${provider}:${model}`, sentence);
  }

  #tellTrouble(provider: string): void {
    this.#tell('breaker', provider, (name) => en.owner.breaker(name, this.#options.alertAfter));
  }

  #tell(cause: OwnerCause, provider: string, describe: Told[1]): void {
    void this.#options.owner.tell(`${cause}:${provider}`, describe(nameOf(provider)));
  }
}

function nameOf(provider: string): string {
  return en.providers[provider] ?? provider;
}
