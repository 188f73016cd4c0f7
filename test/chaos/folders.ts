/**
 * Whether every folder of files belongs to a job or a draft. A request's files are copied before it is saved, so that
 * no job names a file that is not there; what a kill between the two leaves is removed at the next start.
 */
import { readdirSync } from 'node:fs';
import type { Job } from '../../src/jobs/job.ts';

export interface FoldersResult {
  folders: number;
  drafts: number;
  violations: string[];
}

/** Of jobs and drafts; none where nothing was ever kept. Names that begin with a dot are of neither. */
export function listFolders(assetFolder: string): string[] {
  const entries = readdirSync(assetFolder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

/** `drafts`: ids of those on disk. */
export function checkFolders(
  folders: readonly string[],
  { jobs, drafts }: { jobs: readonly Job[]; drafts: readonly string[] },
): FoldersResult {
  const known = new Set([...jobs.map(({ id }) => id), ...drafts]);
  const stray = folders.filter((name) => !known.has(name));
  return {
    folders: folders.length,
    drafts: drafts.length,
    violations: stray.map((name) => `folder ${name} belongs to no job and to no draft.`),
  };
}
