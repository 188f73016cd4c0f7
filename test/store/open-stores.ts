/** The real stores on a real SQLite file in the given folder, for tests of other parts. */
import { join } from 'node:path';
import type { AssetStore, History, JobStore } from '../../src/jobs/ports.ts';
import type { CardStore, UndeliveredStore } from '../../src/discord/card.ts';
import { openAssetStore } from '../../src/store/asset-store.ts';
import { openCardStore } from '../../src/store/card-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openJobStore } from '../../src/store/job-store.ts';
import { createMetaStore, type MetaStore } from '../../src/store/meta-store.ts';
import { openUndeliveredStore } from '../../src/store/undelivered-store.ts';

export interface OpenStores {
  jobs: JobStore;
  history: History;
  cards: CardStore;
  undelivered: UndeliveredStore;
  meta: MetaStore;
  assets: AssetStore;
  close(): Promise<void>;
}

export async function openStores(folder: string): Promise<OpenStores> {
  const database = await openDatabase({ url: `sqlite://${join(folder, 'darkroom.sqlite')}` });
  const onUnreadable = (key: string, why: string): never => {
    throw new Error(`${key} could not be read: ${why}`);
  };
  const assets = await openAssetStore({ folder: join(folder, 'assets') });
  const jobs = await openJobStore({ database, onUnreadable, removeFiles: (jobId) => assets.removeAll(jobId) });
  return {
    jobs,
    history: jobs.history,
    cards: await openCardStore({ database, onUnreadable }),
    undelivered: await openUndeliveredStore({ database, onUnreadable }),
    meta: createMetaStore(database),
    assets,
    close: () => database.close(),
  };
}
