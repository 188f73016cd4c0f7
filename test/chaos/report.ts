/** A run in words: what happened, what was counted, and what was found wrong. */
import type { ChaosResult } from './run.ts';

/** A violation is told in full up to here; the file of `--json` has them all. */
const SHOWN_VIOLATIONS = 20;

export function renderReport({ checks, faults, killed, ...run }: ChaosResult): string {
  const { seed, kills, seconds, presses, forms, choices, replays } = run;
  const lines = [
    `seed ${seed}: ${kills} kills in ${seconds} s, ${presses} presses, ${forms} forms, ${choices} choices, ${replays} interactions delivered again`,
    '',
    ...table('killed at', countMoments(killed)),
    '',
    ...table(
      'faults met',
      faults.filter(({ times }) => times > 0).map(({ name, times }) => [name, times]),
    ),
    '',
    ...checks.flatMap(({ what, counts, violations }) => [
      `${violations.length === 0 ? 'held  ' : 'BROKEN'}  ${what}: ${describe(counts)}`,
      ...violations.slice(0, SHOWN_VIOLATIONS).map((violation) => `        ${violation}`),
    ]),
  ];
  return lines.join('\n');
}

export function countViolations({ checks }: Pick<ChaosResult, 'checks'>): number {
  return checks.reduce((sum, { violations }) => sum + violations.length, 0);
}

function countMoments(killed: ChaosResult['killed']): [string, number][] {
  const counts = new Map<string, number>();
  for (const { moment, came } of killed) {
    const name = came ? moment : 'some time';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts];
}

function describe(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function table(title: string, rows: readonly (readonly [string, number])[]): string[] {
  const sorted = rows.toSorted(([, one], [, other]) => other - one);
  const width = Math.max(title.length, ...sorted.map(([name]) => name.length));
  return [
    `${title.padEnd(width)}  times`,
    '-'.repeat(width + 7),
    ...sorted.map(([name, count]) => `${name.padEnd(width)}  ${String(count).padStart(5)}`),
  ];
}
