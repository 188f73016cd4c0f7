/** What a job may have cost, as its details tell it. Pure. */
import type { Job } from '../jobs/job.ts';
import { estimateCost } from '../jobs/prices.ts';
import type { Locale } from '../locales/locale.ts';

/** A name and a value; null for what was painted on the owner's own machine, which has no bill. */
export function costFact(job: Job, { cost: words }: Locale): [name: string, value: string] | null {
  if (job.input.provider === 'local') return null;
  const cost = estimateCost(job);
  if (cost === null) return [words.title, words.unknown];
  const { usd, isComplete } = cost;
  if (usd === 0 && isComplete) return [words.title, words.nothing];
  return [words.title, (isComplete ? words.about : words.atLeast)(formatUsd(usd))];
}

/** Two digits that count, and never less than cents: `0.003`, `0.067`, `0.75`, `1.50`. */
export function formatUsd(usd: number): string {
  if (usd >= 0.1 || usd === 0) return usd.toFixed(2);
  return usd
    .toFixed(Math.min(6, 1 - Math.floor(Math.log10(usd))))
    .replace(/0+$/, '')
    .padEnd(4, '0');
}
