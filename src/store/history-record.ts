/**
 * The history as it is written: for each scope (a server, or a user) pages of at most PAGE_SIZE slots, and a head
 * that knows the number of the last page. Slots are never reused, and pages keep their numbers: a place in the
 * history names the same entry for ever, or nothing.
 */
import { z } from 'zod';
import type { Job, JobState, Kind } from '../jobs/job.ts';
import type { HistoryEntry, HistoryScope } from '../jobs/ports.ts';
import type { RecordShape } from './records.ts';

export const PAGE_SIZE = 100;

/** A row and not an object: a page is written with each job that ends, and names would double its size. */
export type Slot = [
  id: string,
  userId: string,
  kind: Kind,
  state: JobState,
  isPrivate: 0 | 1,
  createdAt: number,
  finishedAt: number,
];

export interface HistoryPage {
  v: 1;
  scope: string;
  /** From 0; the oldest. */
  page: number;
  /** The earliest and the latest `finishedAt` that were ever in it: by them an entry's page is found. */
  from: number;
  to: number;
  /** Oldest first; null: its job was removed. */
  slots: (Slot | null)[];
}

export interface HistoryHead {
  v: 1;
  scope: string;
  /** The last page, which may not be written yet. */
  last: number;
}

const slot = z.tuple([
  z.string().min(1),
  z.string(),
  z.enum(['image', 'video']),
  z.enum(['done', 'partial', 'failed', 'cancelled']),
  z.union([z.literal(0), z.literal(1)]),
  z.number(),
  z.number(),
]);

const pageNumber = z.number().int().min(0);

const page = z.object({
  v: z.literal(1),
  scope: z.string().min(1),
  page: pageNumber,
  from: z.number(),
  to: z.number(),
  slots: z.array(slot.nullable()).max(PAGE_SIZE),
});

const head = z.object({ v: z.literal(1), scope: z.string().min(1), last: pageNumber });

/** When the shape of HistoryPage changes: raise `version`, and add `upgrades[old version]`. */
export const historyPageShape: RecordShape<HistoryPage> = {
  namespace: 'history-page',
  version: 1,
  schema: page,
  upgrades: {},
  keyOf: (record) => pageKey(record.scope, record.page),
};

/** When the shape of HistoryHead changes: raise `version`, and add `upgrades[old version]`. */
export const historyHeadShape: RecordShape<HistoryHead> = {
  namespace: 'history-head',
  version: 1,
  schema: head,
  upgrades: {},
  keyOf: (record) => record.scope,
};

export function pageKey(scope: string, number: number): string {
  return `${scope}:${number}`;
}

export function scopeKey(scope: HistoryScope): string {
  return 'guildId' in scope ? `server:${scope.guildId}` : `user:${scope.userId}`;
}

/** What of a final job tells where its entries stand. */
export interface HistoryPlace {
  id: string;
  guildId: string | null;
  userId: string;
  finishedAt: number;
}

export function placeOf(job: Job): HistoryPlace {
  // A final job has both times; the earlier one only satisfies a record that was edited by hand.
  const finishedAt = job.finishedAt ?? job.createdAt;
  return { id: job.id, guildId: job.guildId, userId: job.userId, finishedAt };
}

export function scopesOf({ guildId, userId }: HistoryPlace): string[] {
  const byUser = scopeKey({ userId });
  return guildId === null ? [byUser] : [scopeKey({ guildId }), byUser];
}

export function toSlot(job: Job): Slot {
  const { finishedAt } = placeOf(job);
  return [job.id, job.userId, job.input.kind, job.state, job.private ? 1 : 0, job.createdAt, finishedAt];
}

export function toEntry([id, userId, kind, state, isPrivate, createdAt, finishedAt]: Slot): HistoryEntry {
  return { id, userId, kind, state, private: isPrivate === 1, createdAt, finishedAt };
}
