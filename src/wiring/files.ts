/** How originals are reached by an address: made where there is a PUBLIC_URL, and answered where it leads. */
import type { Config } from '../config.ts';
import { nameOriginals } from '../discord/file-name.ts';
import type { LinkTo } from '../discord/shown-files.ts';
import { FileLinks, type LinkedFile } from '../http/file-links.ts';
import { createFiles, type FoundFile } from '../http/files.ts';
import type { HttpRoute } from '../http/route.ts';
import type { Clock, JobStore, Log } from '../jobs/ports.ts';
import { en } from '../locales/en.ts';
import type { FolderAssetStore } from '../store/asset-store.ts';

export interface LinkedFilesParts {
  config: Config;
  /** A secret of this store. */
  secret: string;
  jobs: Pick<JobStore, 'get' | 'getRemovedAt'>;
  assets: Pick<FolderAssetStore, 'open'>;
  clock: Clock;
  log: Log;
}

export interface LinkedFiles {
  linkTo: LinkTo;
  /** null: no address leads here. */
  route: HttpRoute | null;
}

export function createLinkedFiles({ config, secret, jobs, assets, clock, log }: LinkedFilesParts): LinkedFiles {
  const publicUrl = config.http?.publicUrl ?? null;
  if (publicUrl === null) return { linkTo: () => null, route: null };
  const links = new FileLinks({ publicUrl, secret });
  const find = async ({ jobId, name }: LinkedFile): Promise<FoundFile | 'removed' | null> => {
    const job = await jobs.get(jobId);
    if (job === undefined) return (await jobs.getRemovedAt(jobId)) === undefined ? null : 'removed';
    const original = nameOriginals(job).find(({ asset }) => asset.file === `${jobId}/${name}`);
    if (original === undefined) return null;
    const { asset } = original;
    const { mimeType, bytes } = asset;
    return { mimeType, bytes, name: original.name, open: (range) => assets.open(asset, range) };
  };
  const sentences = { expired: en.files.linkExpired, removed: en.files.linkRemoved };
  return {
    linkTo: ({ id }, { file }, expiresAt) => {
      const [jobId, name] = file.split('/');
      return jobId !== id || name === undefined ? null : links.create({ jobId, name }, expiresAt);
    },
    route: createFiles({ links, find, sentences, clock, log }),
  };
}
