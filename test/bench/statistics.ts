/** What many measurements come down to. */

/** The value that `share` (0 to 1) of the values do not exceed, by nearest rank; NaN of no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const rank = Math.min(Math.max(Math.ceil(share * sorted.length), 1), sorted.length);
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle value, the mean of the two middle ones of an even number; NaN of no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (low + high) / 2;
}

/** Each field's median over several runs of the same measurement. */
export function medianOfEach<Name extends string>(
  runs: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const names = Object.keys(runs[0] ?? {}) as Name[];
  const middles = names.map((name) => [name, median(runs.map((run) => run[name]))]);
  return Object.fromEntries(middles) as Record<Name, number>;
}
