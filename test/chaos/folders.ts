/**
 * Whether every folder of files belongs to something that lives.
 *
 * A request's files are copied before it is saved, so that no job names a file that is not there. A kill between the
 * two leaves a folder without a job: one for each request that was being taken, and only right before the kill. A
 * draft is saved before its files, and what is left of one is removed at the next start, so of drafts nothing is left.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DRAFT_PREFIX } from '../../src/discord/draft-id.ts';
import type { Job } from '../../src/jobs/job.ts';

export interface Folder {
  name: string;
  /** As `Date.now()` tells it. */
  changedAt: number;
}

export interface FoldersResult {
  folders: number;
  drafts: number;
  /** Without a job, from right before a kill. */
  'left by a kill': number;
  violations: string[];
}

/** From the interaction to the saved job: Discord waits no longer for its answer. */
const TAKEN_WITHIN_MS = 3_000;

/** Of jobs and drafts; none where nothing was ever kept. Names that begin with a dot are of neither. */
export function listFolders(assetFolder: string): Folder[] {
  const entries = readdirSync(assetFolder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  return names.map((name) => ({ name, changedAt: statSync(join(assetFolder, name)).mtimeMs }));
}

/** `drafts`: ids of those on disk. */
export function checkFolders(
  folders: readonly Folder[],
  { jobs, drafts, killedAt }: { jobs: readonly Job[]; drafts: readonly string[]; killedAt: readonly number[] },
): FoldersResult {
  const known = new Set([...jobs.map(({ id }) => id), ...drafts]);
  const stray = folders.filter(({ name }) => !known.has(name));
  const left = stray.filter(
    ({ name, changedAt }) =>
      !name.startsWith(DRAFT_PREFIX) && killedAt.some((at) => at >= changedAt && at <= changedAt + TAKEN_WITHIN_MS),
  );
  return {
    folders: folders.length,
    drafts: drafts.length,
    'left by a kill': left.length,
    violations: stray
      .filter((folder) => !left.includes(folder))
      .map(({ name }) => `folder ${name} belongs to no job and to no draft, and no kill explains that.`),
  };
}
