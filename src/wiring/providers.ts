/** The providers that are set up, in the order in which the first becomes the default. */
import type { Config } from '../config.ts';
import { REPLICATE_WEBHOOKS_PATH } from '../http/replicate-webhooks.ts';
import type { Failure } from '../jobs/job.ts';
import type { Log } from '../log.ts';
import { createGeminiProvider } from '../providers/gemini/gemini-provider.ts';
import { createLocalProvider } from '../providers/local/local-provider.ts';
import { type CallOptions, type Provider, ProviderFailure } from '../providers/provider.ts';
import { createReplicateProvider, type ReplicateProvider } from '../providers/replicate/replicate-provider.ts';

export interface Providers {
  byName: ReadonlyMap<string, Provider>;
  /** Asks Replicate for what its webhooks are signed with; null: Replicate is off. */
  readWebhookSecret: ((options: CallOptions) => Promise<string>) | null;
  close(): Promise<void>;
}

/** Asks nothing of any service yet. */
export function createProviders(config: Config): Providers {
  const replicate = createReplicate(config);
  const local = createLocalProvider();
  const gemini = config.gemini === null ? null : createGeminiProvider({ ...config.gemini, ...geminiTimes(config) });
  const all = [replicate, gemini, local].filter((provider) => provider !== null);
  return {
    byName: new Map<string, Provider>(all.map((provider) => [provider.name, provider])),
    readWebhookSecret: replicate === null ? null : (options) => replicate.readWebhookSecret(options),
    close: () => local.close(),
  };
}

/** Where a video is asked for that names no service: the default one if it makes videos, else the first that does. */
export function chooseForVideo(defaultProvider: string, providers: ReadonlyMap<string, Provider>): string {
  const makesVideos = (name: string): boolean => providers.get(name)?.kinds.includes('video') === true;
  return [defaultProvider, ...providers.keys()].find(makesVideos) ?? defaultProvider;
}

export interface CatalogNews {
  log: Log;
  signal: AbortSignal;
  /** A configured model is not in the service's list. */
  onRetired: (model: string) => void;
  /** The service did not give its list. */
  onRefused: (lost: Failure) => void;
}

/** Asks ahead for what lists and completion show. Trouble costs the first look at them, nothing else. */
export async function warmCatalog(
  { name, catalog }: Provider,
  { log, signal, onRetired, onRefused }: CatalogNews,
): Promise<void> {
  try {
    for (const model of (await catalog?.warm({ signal })) ?? []) {
      log.error('the service no longer has a configured model', { provider: name, model });
      onRetired(model);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ProviderFailure) onRefused(error.failure);
    const errorMessage = error instanceof Error ? error.message : String(error);
    log.warn('the models of a service could not be listed', { provider: name, errorMessage });
  }
}

function createReplicate({ replicate, http }: Config): ReplicateProvider | null {
  if (replicate === null) return null;
  const publicUrl = http?.publicUrl ?? null;
  return createReplicateProvider({
    ...replicate,
    webhookUrl: publicUrl === null ? null : `${publicUrl}${REPLICATE_WEBHOOKS_PATH}`,
  });
}

/** A picture's call is the attempt itself, so the attempt's time is the call's. */
function geminiTimes({ engine }: Config): { timeouts: { imageMs: number } } {
  return { timeouts: { imageMs: engine.timeoutMs.image } };
}
