/** What `Download` puts into which message: as few as Discord's limits allow. Pure. */
import type { Job } from '../jobs/job.ts';
import { nameArchive, nameOriginals, type Original } from './file-name.ts';
import { fitsDownload, MOST_BYTES, MOST_FILES } from './shown-files.ts';
import { measureZip } from './zip.ts';

/** One file of a message. An archive has no asset of its own. */
export interface Part {
  name: string;
  /** In a file of its own: one. */
  of: Original[];
  isArchive: boolean;
  bytes: number;
}

export interface Handout {
  /** In messages of their own where one would be too large. */
  batches: Part[][];
  tooLarge: Original[];
}

export function planHandout(job: Job, attachmentSizeLimit: number): Handout {
  const originals = nameOriginals(job);
  const parts = originals
    .filter(({ asset }) => fitsDownload(asset, attachmentSizeLimit))
    .map((original): Part => ({
      name: original.name,
      of: [original],
      isArchive: false,
      bytes: original.asset.bytes,
    }));
  const archive = planArchive(job, originals, attachmentSizeLimit);
  return {
    batches: splitIntoMessages(archive === null ? parts : [...parts, archive]),
    tooLarge: originals.filter(({ asset }) => !fitsDownload(asset, attachmentSizeLimit)),
  };
}

/** null: there is nothing to put together, or it would be too large. */
function planArchive(job: Job, originals: Original[], attachmentSizeLimit: number): Part | null {
  if (originals.length < 2) return null;
  const bytes = measureZip(originals.map(({ name, asset }) => ({ name, bytes: asset.bytes })));
  if (bytes > Math.min(attachmentSizeLimit, MOST_BYTES)) return null;
  return { name: nameArchive(job), of: originals, isArchive: true, bytes };
}

function splitIntoMessages(parts: readonly Part[]): Part[][] {
  const batches: Part[][] = [];
  let sum = 0;
  for (const part of parts) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= MOST_FILES || sum + part.bytes > MOST_BYTES) {
      batches.push([part]);
      sum = part.bytes;
    } else {
      last.push(part);
      sum += part.bytes;
    }
  }
  return batches;
}
