/**
 * Which jobs ended, by server and by user. It holds nothing that the job records do not: an entry is written after
 * its job's final record and before the id leaves `open`, so that a crash between them is repaired from the record.
 */
import type { Job } from '../jobs/job.ts';
import type { History, HistoryAnswer, HistoryAsk, HistoryEntry } from '../jobs/ports.ts';
import type { Database } from './database.ts';
import { formatCursor, parseCursor, type Place } from './history-cursor.ts';
import { HistoryPages } from './history-pages.ts';
import { PAGE_SIZE, placeOf, scopeKey, scopesOf, toEntry, toSlot, type HistoryPlace } from './history-record.ts';
import { findPages } from './history-search.ts';
import type { OnUnreadable } from './records.ts';

/** Pages that one ask looks through at most. */
const ASK_PAGES = 20;

/** Pages read at once by an ask: most end within the newest two. */
const READ_PAGES = 2;

/** Pages emptied in one task, so that saves between two tasks wait for milliseconds only. */
const TAKE_OUT_PAGES = 20;

export interface HistoryStoreOptions {
  database: Database;
  onUnreadable: OnUnreadable;
  /** Jobs that are being removed: gone for a reader, wherever their removal stands. */
  isRemoved: (id: string) => boolean;
}

export class HistoryStore implements History {
  readonly #database: Database;
  readonly #pages: HistoryPages;
  readonly #isRemoved: (id: string) => boolean;

  constructor({ database, onUnreadable, isRemoved }: HistoryStoreOptions) {
    this.#database = database;
    this.#pages = new HistoryPages(database, onUnreadable);
    this.#isRemoved = isRemoved;
  }

  /**
   * Enters a final job. Only in a task of `Database.inOrder`. `inDoubt`: it may have been entered before, so it
   * is looked for first.
   */
  async enter(job: Job, inDoubt: boolean): Promise<void> {
    const place = placeOf(job);
    for (const scope of scopesOf(place)) {
      if (inDoubt && (await this.#holds(scope, place))) continue;
      await this.#pages.append(scope, toSlot(job));
    }
  }

  /** Takes the entries of these jobs out, each page written once. Not in a task of `Database.inOrder`: it has its own. */
  async takeOut(places: readonly HistoryPlace[]): Promise<void> {
    const changes: { scope: string; number: number; ids: Set<string> }[] = [];
    for (const [scope, wanted] of groupByScope(places)) {
      for (const [number, ids] of await findPages(this.#pages, scope, wanted)) changes.push({ scope, number, ids });
    }
    for (let start = 0; start < changes.length; start += TAKE_OUT_PAGES) {
      await this.#database.inOrder(async () => {
        for (const { scope, number, ids } of changes.slice(start, start + TAKE_OUT_PAGES)) {
          await this.#pages.takeOut(scope, number, ids);
        }
      });
    }
  }

  async list({ scope, matches, from, limit }: HistoryAsk): Promise<HistoryAnswer> {
    const key = scopeKey(scope);
    const last = await this.#pages.lastPage(key);
    const asked = parseCursor(from);
    const begin = asked !== undefined && asked.page <= last ? asked : { page: last, slot: PAGE_SIZE - 1 };
    const end = Math.max(-1, begin.page - ASK_PAGES);
    const entries: HistoryEntry[] = [];
    for await (const { place, entry } of this.#walkDown(key, begin, end)) {
      if (!matches(entry)) continue;
      // One more than asked is looked for, so that `next` does not lead to an empty answer.
      if (entries.length >= limit) return { entries, next: formatCursor(place) };
      entries.push(entry);
    }
    return { entries, next: end < 0 ? null : formatCursor({ page: end, slot: PAGE_SIZE - 1 }) };
  }

  /** Newest first, from `begin` on down to the page after `end`. */
  async *#walkDown(scope: string, begin: Place, end: number): AsyncGenerator<{ place: Place; entry: HistoryEntry }> {
    for (let top = begin.page; top > end; top -= READ_PAGES) {
      const numbers = Array.from({ length: Math.min(READ_PAGES, top - end) }, (_, index) => top - index);
      const found = await this.#pages.read(scope, numbers);
      for (const [index, page] of numbers.entries()) {
        const read = found[index];
        const slots = read?.kind === 'record' ? read.record.slots : [];
        const newest = page === begin.page ? Math.min(begin.slot, slots.length - 1) : slots.length - 1;
        for (let slot = newest; slot >= 0; slot -= 1) {
          const written = slots[slot];
          if (written === undefined || written === null || this.#isRemoved(written[0])) continue;
          yield { place: { page, slot }, entry: toEntry(written) };
        }
      }
    }
  }

  async #holds(scope: string, { id, finishedAt }: HistoryPlace): Promise<boolean> {
    return (await findPages(this.#pages, scope, new Map([[id, finishedAt]]))).size > 0;
  }
}

function groupByScope(places: readonly HistoryPlace[]): Map<string, Map<string, number>> {
  const groups = new Map<string, Map<string, number>>();
  for (const place of places) {
    for (const scope of scopesOf(place)) {
      const group = groups.get(scope) ?? new Map<string, number>();
      groups.set(scope, group.set(place.id, place.finishedAt));
    }
  }
  return groups;
}
