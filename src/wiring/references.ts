/** How pictures that people give are fetched: from Discord's own hosts alone, limited in size and time. */
import type { Config } from '../config.ts';
import { type Failure, failure } from '../jobs/job.ts';
import { type AssetStore, type Clock, type ReferenceKeeper, ReferenceRefused } from '../jobs/ports.ts';
import { GIVEN_LIMITS } from '../pictures/prepare.ts';
import { PictureKeeper } from '../pictures/reference-keeper.ts';
import { downloadBytes, type DownloadOptions } from '../providers/download.ts';
import { ProviderFailure } from '../providers/provider.ts';

/** Discord's (reference, "CDN" and "Proxy"), beside the host its API is on. */
const DISCORD_HOSTS = ['cdn.discordapp.com', '*.discordapp.net'];
const FETCH_MS = 30_000;
/** An address that does not answer is asked again so often: somebody waits for the card to begin. */
const RETRY_DELAYS_MS = [300, 1_000, 3_000];
const LONGEST_ASKED_WAIT_MS = 10_000;

export interface ReferenceParts {
  config: Config;
  assets: AssetStore;
  clock: Clock;
}

export function createReferenceKeeper({ config, assets, clock }: ReferenceParts): ReferenceKeeper {
  const { hostname, protocol } = new URL(config.discord.apiUrl);
  const allowedHosts = [
    ...DISCORD_HOSTS.map((name) => ({ name, isPlainAllowed: false })),
    { name: hostname, isPlainAllowed: protocol === 'http:' },
  ];
  const limits = { allowedHosts, maxBytes: GIVEN_LIMITS.mostBytes, timeoutMs: FETCH_MS };
  return new PictureKeeper({
    assets,
    fetchBytes: ({ url, name }, signal) => fetchPatiently(url, name, { ...limits, signal }, clock),
  });
}

/** Nothing is paid for it, so only trouble on the way is worth another try. */
async function fetchPatiently(url: string, name: string, options: DownloadOptions, clock: Clock): Promise<Uint8Array> {
  for (let tries = 0; ; tries++) {
    try {
      return await downloadBytes(url, options);
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      const delayMs = RETRY_DELAYS_MS[tries];
      if (error.failure.next !== 'retry' || delayMs === undefined) throw explain(error.failure, name);
      const askedMs = Math.min(error.failure.retryAfterMs ?? 0, LONGEST_ASKED_WAIT_MS);
      await clock.sleep(Math.max(delayMs, askedMs), options.signal);
    }
  }
}

function explain({ reason, providerStatus }: Failure, name: string): ReferenceRefused {
  const isTooLarge = reason === 'file-too-large';
  return new ReferenceRefused(
    isTooLarge
      ? failure('reference-refused', 'give-up', { providerStatus, details: { why: 'too-many-bytes', name } })
      : failure('reference-unreachable', 'give-up', { providerStatus, details: { name } }),
  );
}
