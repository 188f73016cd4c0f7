/** How pictures that people give are fetched: from Discord's own hosts alone, limited in size and time. */
import type { Config } from '../config.ts';
import { failure } from '../jobs/job.ts';
import { type AssetStore, type ReferenceKeeper, ReferenceRefused } from '../jobs/ports.ts';
import { PictureKeeper } from '../pictures/reference-keeper.ts';
import { downloadFile } from '../providers/download.ts';
import { ProviderFailure } from '../providers/provider.ts';

/** Discord's (reference, "CDN" and "Proxy"), beside the host its API is on. */
const DISCORD_HOSTS = ['cdn.discordapp.com', 'media.discordapp.net'];
const MOST_BYTES = 20 * 1024 * 1024;
const FETCH_MS = 30_000;

export function createReferenceKeeper({ config, assets }: { config: Config; assets: AssetStore }): ReferenceKeeper {
  const { hostname, protocol } = new URL(config.discord.apiUrl);
  const allowedHosts = [
    ...DISCORD_HOSTS.map((name) => ({ name, isPlainAllowed: false })),
    { name: hostname, isPlainAllowed: protocol === 'http:' },
  ];
  return new PictureKeeper({
    assets,
    fetchBytes: async (url, signal) => {
      try {
        const file = await downloadFile(url, { allowedHosts, maxBytes: MOST_BYTES, timeoutMs: FETCH_MS, signal });
        return file.bytes;
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error;
        throw new ReferenceRefused(failure('reference-unreachable', 'give-up'));
      }
    },
  });
}
