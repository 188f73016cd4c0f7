/**
 * The pages of every scope on disk. The last page of recently used scopes is kept in memory, since this process alone
 * writes the file: a job that ends costs one write for each of its scopes, and no read.
 */
import type { Database } from './database.ts';
import {
  historyHeadShape,
  historyPageShape,
  PAGE_SIZE,
  pageKey,
  type HistoryHead,
  type HistoryPage,
  type Slot,
} from './history-record.ts';
import { Records, type Found, type OnUnreadable } from './records.ts';

/** Scopes whose last page stays in memory: a full page is about 20 KiB there. */
const SCOPES_IN_MEMORY = 200;

/** More pages than a disk holds: ends the search for the last page of a scope whose head is damaged. */
const MOST_PAGES = 2 ** 40;

/** `page` is undefined while the last page cannot be read; a new one is begun after it. */
interface Tail {
  last: number;
  page: HistoryPage | undefined;
}

/** `append` and `takeOut` write: call them only in a task of `Database.inOrder`. Every method rejects with StoreFailure. */
export class HistoryPages {
  readonly #pages: Records<HistoryPage>;
  readonly #heads: Records<HistoryHead>;
  /** Least recently written first. Filled by writers only: what a reader saw may be old by the time it is kept. */
  readonly #tails = new Map<string, Tail>();

  constructor(database: Database, onUnreadable: OnUnreadable) {
    this.#pages = new Records(database, historyPageShape, onUnreadable);
    this.#heads = new Records(database, historyHeadShape, onUnreadable);
    // Of what was not kept, only the disk knows how it was before.
    database.onWritten((wereKept) => {
      if (!wereKept) this.#tails.clear();
    });
  }

  /** The number of the scope's last page; -1: it has none. */
  async lastPage(scope: string): Promise<number> {
    const tail = this.#tails.get(scope);
    if (tail !== undefined) return tail.last;
    const head = await this.#heads.read(scope);
    if (head.kind === 'record') return head.record.last;
    return head.kind === 'absent' ? -1 : this.#searchLastPage(scope);
  }

  /** In the order of `numbers`. Only the last page of a scope may be absent. */
  async read(scope: string, numbers: readonly number[]): Promise<Found<HistoryPage>[]> {
    return this.#pages.readMany(numbers.map((number) => pageKey(scope, number)));
  }

  /** Adds the entry after all others; one that stands in the last page already changes nothing. */
  async append(scope: string, slot: Slot): Promise<void> {
    const { last, page: current } = this.#tails.get(scope) ?? (await this.#readTail(scope));
    if (current?.slots.some((other) => other?.[0] === slot[0]) === true) return;
    // After a write that failed, only the disk knows what it holds.
    this.#tails.delete(scope);
    const hasRoom = current !== undefined && current.slots.length < PAGE_SIZE;
    const page = hasRoom ? withSlot(current, slot) : firstSlot(scope, last + 1, slot);
    // The head first: a page that no head knows of would be written over by the next entry.
    if (!hasRoom) await this.#heads.write({ v: 1, scope, last: page.page });
    await this.#pages.write(page);
    this.#keep(scope, { last: page.page, page });
  }

  /** Empties the slots of these jobs, in one write; none of them there is no error. */
  async takeOut(scope: string, number: number, ids: ReadonlySet<string>): Promise<void> {
    const tail = this.#tails.get(scope);
    const inMemory = tail?.page?.page === number ? tail.page : undefined;
    const page = inMemory ?? (await this.#readPage(scope, number));
    if (page === undefined || !page.slots.some((slot) => slot !== null && ids.has(slot[0]))) return;
    const next = { ...page, slots: page.slots.map((slot) => (slot !== null && ids.has(slot[0]) ? null : slot)) };
    if (inMemory !== undefined) this.#tails.delete(scope);
    await this.#pages.write(next);
    if (inMemory !== undefined) this.#keep(scope, { last: number, page: next });
  }

  #keep(scope: string, tail: Tail): void {
    this.#tails.delete(scope);
    this.#tails.set(scope, tail);
    const [oldest] = this.#tails.keys();
    if (this.#tails.size > SCOPES_IN_MEMORY && oldest !== undefined) this.#tails.delete(oldest);
  }

  /** A head without its page is what a crash between the two leaves: that page is begun again. */
  async #readTail(scope: string): Promise<Tail> {
    const last = await this.lastPage(scope);
    if (last < 0) return { last, page: undefined };
    const [found] = await this.read(scope, [last]);
    if (found?.kind === 'record') return { last, page: found.record };
    return { last: found?.kind === 'absent' ? last - 1 : last, page: undefined };
  }

  async #readPage(scope: string, number: number): Promise<HistoryPage | undefined> {
    const [found] = await this.read(scope, [number]);
    return found?.kind === 'record' ? found.record : undefined;
  }

  /** For a head that cannot be read: pages have no gaps, so doubling and halving find the last one. */
  async #searchLastPage(scope: string): Promise<number> {
    let present = -1;
    let absent = 1;
    while (absent < MOST_PAGES && (await this.#hasPage(scope, absent - 1))) {
      present = absent - 1;
      absent *= 2;
    }
    absent -= 1;
    while (absent - present > 1) {
      const middle = Math.floor((present + absent) / 2);
      if (await this.#hasPage(scope, middle)) present = middle;
      else absent = middle;
    }
    return present;
  }

  async #hasPage(scope: string, number: number): Promise<boolean> {
    const [found] = await this.read(scope, [number]);
    return found?.kind !== 'absent';
  }
}

function firstSlot(scope: string, number: number, slot: Slot): HistoryPage {
  const [, , , , , , finishedAt] = slot;
  return { v: 1, scope, page: number, from: finishedAt, to: finishedAt, slots: [slot] };
}

function withSlot(page: HistoryPage, slot: Slot): HistoryPage {
  const [, , , , , , finishedAt] = slot;
  return {
    ...page,
    from: Math.min(page.from, finishedAt),
    to: Math.max(page.to, finishedAt),
    slots: [...page.slots, slot],
  };
}
