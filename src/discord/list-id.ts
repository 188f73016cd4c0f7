/**
 * What the buttons of `/jobs list` and `/jobs clear` carry: the whole question, so that they need no memory and
 * work after a restart. The server is not in it: it is always the presser's own.
 */
import type { JobState } from '../jobs/job.ts';

export interface ListPlace {
  kind: 'list';
  state: JobState | null;
  userId: string | null;
  /** The place each page began at, the shown one last; empty: the newest. */
  trail: readonly string[];
}

export interface ClearChoice {
  kind: 'clear';
  state: JobState | null;
  userId: string | null;
  jobId: string | null;
  createdBefore: number;
  /** When the question was asked: what ended, or began, after it was not in it. */
  askedAt: number;
}

/** `Keep` on the question: nothing is done. */
export interface ClearRefused {
  kind: 'keep';
}

export type ListId = ListPlace | ClearChoice | ClearRefused;

/** Discord's limit (components, "Custom ID"). */
const LONGEST = 100;
const STATES: readonly JobState[] = ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'];
const ANY = 'any';

export function formatListId(id: ListId): string {
  if (id.kind === 'keep') return 'v1:jobs:keep';
  const common = ['v1', 'jobs', id.kind, id.state ?? ANY, id.userId ?? ANY];
  if (id.kind === 'clear') {
    return [...common, id.createdBefore.toString(36), id.askedAt.toString(36), id.jobId ?? ANY].join(':');
  }
  // The oldest steps back are given up first: `Newer` then ends at the newest page.
  for (let trail = id.trail; ; trail = trail.slice(1)) {
    const text = [...common, trail.join('-')].join(':');
    if (text.length <= LONGEST) return text;
  }
}

/** null for what is not ours, or of a version this one does not know. */
export function parseListId(text: string): ListId | null {
  const [version, name, kind, state = '', user = '', first = '', second = '', last = '', ...rest] = text.split(':');
  if (version !== 'v1' || name !== 'jobs' || rest.length > 0) return null;
  if (kind === 'keep') return { kind };
  const known = STATES.find((each) => each === state) ?? null;
  if ((known === null && state !== ANY) || !/^(any|\d{1,20})$/.test(user)) return null;
  const filter = { state: known, userId: user === ANY ? null : user };
  if (kind === 'list') return { kind, ...filter, trail: first === '' ? [] : first.split('-') };
  const [createdBefore, askedAt] = [parseInt(first, 36), parseInt(second, 36)];
  if (kind !== 'clear' || !Number.isSafeInteger(createdBefore) || !Number.isSafeInteger(askedAt) || last === '')
    return null;
  return { kind, ...filter, createdBefore, askedAt, jobId: last === ANY ? null : last };
}
