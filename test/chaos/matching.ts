/** Each of one side with one of the other that fits it and that no other has: as many pairs as there can be. */

/** Those of `left` that stay without one of `right`. */
export function findUnmatched<L, R>(left: readonly L[], right: readonly R[], fits: (one: L, other: R) => boolean): L[] {
  /** Which of `left` each of `right` has. */
  const holders = new Map<R, L>();
  return left.filter((one) => !findPlace(one, { right, fits, holders, tried: new Set<R>() }));
}

interface Search<L, R> {
  right: readonly R[];
  fits: (one: L, other: R) => boolean;
  holders: Map<R, L>;
  tried: Set<R>;
}

/** Gives it a place, for which those that have one may move to another (Kuhn's algorithm). */
function findPlace<L, R>(one: L, search: Search<L, R>): boolean {
  const { right, fits, holders, tried } = search;
  for (const place of right) {
    if (tried.has(place) || !fits(one, place)) continue;
    tried.add(place);
    const holder = holders.get(place);
    if (holder === undefined || findPlace(holder, search)) {
      holders.set(place, one);
      return true;
    }
  }
  return false;
}
