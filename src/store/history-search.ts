/**
 * Where an entry stands. Pages follow each other nearly in the order of `finishedAt`, so halving finds most entries;
 * where the clock went back, or a page cannot be read, every page is looked through.
 */
import type { HistoryPages } from './history-pages.ts';

/** Jobs that end together may be entered in another order than their times: their pages overlap a little. */
const OVERLAPPING_PAGES = 4;

/** Pages read at once when all of them are looked through. */
const SCAN_PAGES = 20;

/** A page as the search needs it. `unknown`: it cannot be read. */
interface Seen {
  kind: 'page' | 'absent' | 'unknown';
  from: number;
  to: number;
  ids: ReadonlySet<string>;
}

/**
 * The pages of `scope` that hold these jobs (`finishedAt` by id), with their ids. Ids that stand nowhere are left
 * out. It only reads, and an entry never changes its page: the answer stays true while jobs are entered.
 */
export async function findPages(
  pages: HistoryPages,
  scope: string,
  wanted: ReadonlyMap<string, number>,
): Promise<Map<number, Set<string>>> {
  const last = await pages.lastPage(scope);
  const search = new Search(pages, scope, last);
  const found = new Map<number, Set<string>>();
  const missing = new Set<string>();
  for (const [id, finishedAt] of wanted) {
    const number = await search.findByTime(id, finishedAt);
    if (number === undefined) missing.add(id);
    else note(found, number, id);
  }
  for (let top = last; top >= 0 && missing.size > 0; top -= SCAN_PAGES) {
    for (const [number, seen] of await search.readDown(top, SCAN_PAGES)) {
      const here = [...missing].filter((id) => seen.ids.has(id));
      for (const id of here) {
        note(found, number, id);
        missing.delete(id);
      }
    }
  }
  return found;
}

function note(found: Map<number, Set<string>>, number: number, id: string): void {
  const ids = found.get(number) ?? new Set<string>();
  found.set(number, ids.add(id));
}

/** Remembers the pages it has seen: many jobs of one scope are looked for together. */
class Search {
  readonly #pages: HistoryPages;
  readonly #scope: string;
  readonly #last: number;
  readonly #seen = new Map<number, Seen>();

  constructor(pages: HistoryPages, scope: string, last: number) {
    this.#pages = pages;
    this.#scope = scope;
    this.#last = last;
  }

  /** undefined: not where its time says, or that place cannot be read. */
  async findByTime(id: string, finishedAt: number): Promise<number | undefined> {
    let low = 0;
    let high = this.#last;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const seen = await this.#read(middle);
      if (seen.kind === 'unknown') return undefined;
      if (seen.kind === 'page' && seen.from <= finishedAt) low = middle + 1;
      else high = middle - 1;
    }
    for (let number = high; number >= 0 && number > high - OVERLAPPING_PAGES; number -= 1) {
      const seen = await this.#read(number);
      if (seen.ids.has(id)) return number;
    }
    return undefined;
  }

  /** `count` pages from `top` on down, newest first. */
  async readDown(top: number, count: number): Promise<[number, Seen][]> {
    const numbers = Array.from({ length: Math.min(count, top + 1) }, (_, index) => top - index);
    const unread = numbers.filter((number) => !this.#seen.has(number));
    const found = await this.#pages.read(this.#scope, unread);
    for (const [index, number] of unread.entries()) {
      const page = found[index];
      if (page?.kind === 'record') {
        const { from, to, slots } = page.record;
        const ids = slots.flatMap((slot) => (slot === null ? [] : [slot[0]]));
        this.#seen.set(number, { kind: 'page', from, to, ids: new Set(ids) });
      } else {
        const kind = page?.kind === 'unreadable' ? 'unknown' : 'absent';
        this.#seen.set(number, { kind, from: 0, to: 0, ids: new Set() });
      }
    }
    return numbers.flatMap((number): [number, Seen][] => {
      const seen = this.#seen.get(number);
      return seen === undefined ? [] : [[number, seen]];
    });
  }

  async #read(number: number): Promise<Seen> {
    const [only] = await this.readDown(number, 1);
    if (only === undefined) throw new Error(`Expected page ${number} of ${this.#scope} to have been read.`);
    return only[1];
  }
}
