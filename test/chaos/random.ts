/**
 * Random decisions that a seed repeats. Each part of a run draws from a stream of its own, so that how long
 * something took decides nothing about what is drawn elsewhere.
 */
export class Random {
  #state: number;

  constructor(seed: number, stream: string) {
    this.#state = hash(`${seed}:${stream}`);
  }

  /** From 0 to 1, without 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Draws once, also from an empty list. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.next() * list.length)];
  }

  /** By weight; throws for an empty table. */
  pickRow<T extends { weight: number }>(table: readonly T[]): T {
    let left = this.next() * table.reduce((sum, { weight }) => sum + weight, 0);
    const row = table.find(({ weight }) => (left -= weight) < 0) ?? table.at(-1);
    if (row === undefined) throw new Error('Expected a table with rows to draw from, got an empty one.');
    return row;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value;
}
