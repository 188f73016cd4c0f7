/**
 * What the components of `/gallery` carry: the filter and the place, so that they need no memory and work after a
 * restart. Neither the server nor the viewer is in it: they are always the presser's own.
 */
import type { JobState, Kind } from '../jobs/job.ts';

/** What is looked for; null: no matter. */
export interface GalleryFilter {
  userId: string | null;
  kind: Kind | null;
  /** Final. */
  state: JobState | null;
}

export interface GalleryPlace extends GalleryFilter {
  /** The place each page began at, the shown one last; empty: the newest. */
  trail: readonly string[];
}

/** `page`: shows that page. `open`: the select that opens one of the jobs on it. `post`: shows a job to all. */
export type GalleryId =
  { action: 'page'; place: GalleryPlace } | { action: 'open'; place: GalleryPlace } | { action: 'post'; jobId: string };

/** Discord's limit (components, "Custom ID"). */
const LONGEST = 100;
const ANY = 'any';
/** Short, which leaves more room for the way back. */
const KINDS: ReadonlyMap<string, Kind | null> = new Map([
  [ANY, null],
  ['i', 'image'],
  ['v', 'video'],
]);
const STATES: ReadonlyMap<string, JobState | null> = new Map<string, JobState | null>([
  [ANY, null],
  ['d', 'done'],
  ['p', 'partial'],
  ['f', 'failed'],
  ['c', 'cancelled'],
]);

export function formatGalleryId(id: GalleryId): string {
  if (id.action === 'post') return `v1:gallery:post:${id.jobId}`;
  const { userId, kind, state } = id.place;
  const head = ['v1', 'gallery', id.action, wordOf(KINDS, kind), wordOf(STATES, state), userId ?? ANY];
  // The oldest steps back are given up first: `Newer` then ends at the newest page.
  for (let { trail } = id.place; ; trail = trail.slice(1)) {
    const text = [...head, trail.join('-')].join(':');
    if (text.length <= LONGEST) return text;
  }
}

/** null for what is not ours, or of a version this one does not know. */
export function parseGalleryId(text: string): GalleryId | null {
  const [version, name, action, first = '', state = '', user = '', trail = '', ...rest] = text.split(':');
  if (version !== 'v1' || name !== 'gallery' || rest.length > 0) return null;
  if (action === 'post') return first === '' || state !== '' ? null : { action, jobId: first };
  if (action !== 'page' && action !== 'open') return null;
  const filter = { kind: KINDS.get(first), state: STATES.get(state) };
  if (filter.kind === undefined || filter.state === undefined || !/^(any|\d{1,20})$/.test(user)) return null;
  const place = { kind: filter.kind, state: filter.state, userId: user === ANY ? null : user };
  return { action, place: { ...place, trail: trail === '' ? [] : trail.split('-') } };
}

function wordOf<T>(words: ReadonlyMap<string, T>, meant: T): string {
  return [...words].find(([, value]) => value === meant)?.[0] ?? ANY;
}
