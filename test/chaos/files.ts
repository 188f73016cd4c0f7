/** Whether every file that a record names is there as it was saved, and is what it says it is. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Asset, Job } from '../../src/jobs/job.ts';

export interface FilesResult {
  items: number;
  files: number;
  /** Pictures to start from. */
  references: number;
  violations: string[];
}

/** What a file of the type has at this place (the formats' own specifications). */
const MARKS: Readonly<Record<string, { at: number; bytes: Buffer }>> = {
  'image/png': { at: 0, bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
  'image/jpeg': { at: 0, bytes: Buffer.from('ffd8ff', 'hex') },
  'image/webp': { at: 8, bytes: Buffer.from('WEBP') },
  'video/mp4': { at: 4, bytes: Buffer.from('ftyp') },
};

export function checkFiles(jobs: readonly Job[], assetFolder: string): FilesResult {
  const done = jobs.flatMap((job) => job.items).filter((item) => item.state === 'done');
  const files = done.flatMap((item) => item.assets);
  const references = jobs.flatMap((job) =>
    job.references.flatMap((reference) => (reference.state === 'kept' ? [reference.picture.asset] : [])),
  );
  const empty = jobs.filter(({ items }) => items.some((item) => item.state === 'done' && item.assets.length === 0));
  return {
    items: done.length,
    files: files.length,
    references: references.length,
    violations: [
      ...[...files, ...references].flatMap((asset) => checkFile(asset, assetFolder)),
      ...empty.map(({ id }) => `job ${id} is done without a file.`),
    ],
  };
}

function checkFile({ file, sha256, mimeType }: Asset, assetFolder: string): string[] {
  const path = join(assetFolder, file);
  if (!existsSync(path)) return [`${file} is gone.`];
  const bytes = readFileSync(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return [`${file} is not what was saved.`];
  const mark = MARKS[mimeType];
  if (mark === undefined) return [`${file} is of a type that nothing here makes: ${mimeType}.`];
  const found = bytes.subarray(mark.at, mark.at + mark.bytes.length);
  return found.equals(mark.bytes) ? [] : [`${file} is no ${mimeType}.`];
}
