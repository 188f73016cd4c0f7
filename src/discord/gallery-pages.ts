/**
 * What stands on a page of the gallery: read in the same time however many jobs there are, since a page of the
 * history is read and then the records of the few jobs that are shown.
 */
import type { Job } from '../jobs/job.ts';
import type { History, HistoryEntry, JobStore } from '../jobs/ports.ts';
import type { GalleryFilter, GalleryPlace } from './gallery-id.ts';
import { maySee } from './permissions.ts';

/** Who looks, and where: in a server at what was made there, in a private chat at one's own from everywhere. */
export interface Viewer {
  userId: string;
  guildId: string | null;
}

export interface GalleryPage {
  /** Newest first. Fewer than a page holds when the look went far back without finding more. */
  jobs: Job[];
  /** Where the next page begins; null: there is nothing older. */
  next: string | null;
}

/** With five components each, this stays below Discord's 40 of a message, and their texts below its 4,000 characters. */
export const JOBS_PER_PAGE = 6;

/** Rejects with StoreFailure. */
export async function readGalleryPage(
  { history, store }: { history: History; store: Pick<JobStore, 'getMany'> },
  viewer: Viewer,
  place: GalleryPlace,
): Promise<GalleryPage> {
  const { userId, guildId } = viewer;
  const { entries, next } = await history.list({
    scope: guildId === null ? { userId } : { guildId },
    matches: (entry) => maySee(viewer, { ...entry, guildId }) && matches(entry, place),
    from: place.trail.at(-1) ?? null,
    limit: JOBS_PER_PAGE,
  });
  const jobs = await store.getMany(entries.map(({ id }) => id));
  // The record is the truth: what it says of server and privacy counts.
  return { jobs: jobs.filter((job) => maySee(viewer, job)), next };
}

function matches(entry: HistoryEntry, { userId, kind, state }: GalleryFilter): boolean {
  return (
    (userId === null || entry.userId === userId) &&
    (kind === null || entry.kind === kind) &&
    (state === null || entry.state === state)
  );
}
