/** Opens everything that is kept on disk; a refusal names the setting it is about. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { Log } from '../log.ts';
import { openAssetStore } from '../store/asset-store.ts';
import { openCardStore } from '../store/card-store.ts';
import { openDatabase } from '../store/database.ts';
import { openDraftStore } from '../store/draft-store.ts';
import { openJobStore } from '../store/job-store.ts';
import { createMetaStore, type MetaStore } from '../store/meta-store.ts';
import { openUndeliveredStore } from '../store/undelivered-store.ts';

export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Rejects with StoreFailure. */
export async function openStores(config: Config, log: Log) {
  const onUnreadable = (key: string, why: string): void =>
    log.error('a record could not be read and was set aside', { key, why });
  const database = await forSetting('STORE_URL', config.storeUrl, openDatabase({ url: config.storeUrl }));
  const meta = createMetaStore(database);
  const folder = join(config.dataDir, 'assets');
  const assets = await forSetting('DATA_DIR', config.dataDir, openAssetStore({ folder }));
  return {
    database,
    meta,
    assets,
    jobs: await openJobStore({ database, onUnreadable, removeFiles: (jobId) => assets.removeAll(jobId) }),
    cards: await openCardStore({ database, onUnreadable }),
    drafts: await openDraftStore({ database, onUnreadable }),
    undelivered: await openUndeliveredStore({ database, onUnreadable }),
    key: await readStoreKey(meta),
  };
}

/** Made once for a store: keys the hashes of prompts in the log, the ids of its jobs and the links to its files. */
async function readStoreKey(meta: MetaStore): Promise<string> {
  const known = await meta.get('store-key');
  if (known !== undefined) return known;
  const key = randomBytes(32).toString('hex');
  await meta.set('store-key', key);
  return key;
}

/** Names the setting that a refusal of the store is about. */
async function forSetting<T>(name: string, value: string, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    if (!(error instanceof StoreFailure)) throw error;
    throw new StoreFailure(`${name} is "${value}": ${error.message}`, { cause: error });
  });
}
