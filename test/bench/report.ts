/** The table of a bench: what was measured, side by side, and which aims were met. */

export interface Row {
  what: string;
  /** As printed, one for each column of the section. */
  values: string[];
}

export interface Section {
  title: string;
  columns: string[];
  rows: Row[];
}

/** What is aimed at. `measured` and `most` are in the same unit. */
export interface Target {
  what: string;
  measured: number;
  most: number;
  unit: string;
}

export interface JudgedTarget extends Target {
  isMet: boolean;
}

/** Measured as printed: a ratio of 1.1004 is 1.1. */
export function judge(target: Target): JudgedTarget {
  return { ...target, isMet: round(target.measured) <= target.most };
}

/** Two digits behind the point below 10, none above 100. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'none';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Math.abs(value) >= 10 ? Math.round(value * 10) / 10 : round(value));
}

export function renderReport(sections: readonly Section[], targets: readonly Target[]): string {
  const judged = targets.map(judge);
  const aims: Section = {
    title: 'Aims',
    columns: ['measured', 'aim', ''],
    rows: judged.map(({ what, measured, most, unit, isMet }) => ({
      what,
      values: [`${formatNumber(measured)}${unit}`, `${formatNumber(most)}${unit} or less`, isMet ? 'met' : 'MISSED'],
    })),
  };
  return [...sections, aims].map(renderSection).join('\n\n');
}

function renderSection({ title, columns, rows }: Section): string {
  const lines = [[title, ...columns], ...rows.map(({ what, values }) => [what, ...values])];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const [head = [], ...body] = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...body].map((cells) => cells.join('  ').trimEnd()).join('\n');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
