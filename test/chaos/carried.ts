/**
 * Whether what a set had done was kept when another job went on with it.
 *
 * - A carried item is one that an earlier job was done with: the same attempts and the same bytes, and nothing of its
 *   own was tried. What was paid for it is named by the first job alone (`payments.ts`, `gemini-payments.ts`).
 * - A job that goes on with a partly done set on its card carries each item that was done.
 */
import type { Item, Job } from '../../src/jobs/job.ts';
import { doneNames } from '../../src/jobs/job.ts';

export interface CarriedResult {
  carried: number;
  /** That went on with a partly done set. */
  jobs: number;
  violations: string[];
}

/** Items that their job had to make, as opposed to those it shows again. */
export function ownItems({ items }: Job): Item[] {
  return items.filter(({ carriedFrom }) => carriedFrom === null);
}

export function checkCarried(jobs: readonly Job[]): CarriedResult {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const carried = jobs.flatMap((job) =>
    job.items.filter(({ carriedFrom }) => carriedFrom !== null).map((item) => ({ job, item })),
  );
  const going = jobs.flatMap((job) => {
    const before = byId.get(job.retryOf ?? '');
    return before?.state === 'partial' && job.origin.cardMessageId !== null ? [{ job, before }] : [];
  });
  return {
    carried: carried.length,
    jobs: going.length,
    violations: [
      ...carried.flatMap(({ job, item }) => checkItem(`${job.id}:${item.name}`, item, byId)),
      ...going.flatMap(({ job, before }) => checkGoing(job, before)),
    ],
  };
}

function checkItem(key: string, item: Item, byId: ReadonlyMap<string, Job>): string[] {
  const from = byId.get(item.carriedFrom ?? '');
  const first = from?.items.find(({ name }) => name === item.name);
  if (first?.state !== 'done' || item.state !== 'done') {
    return [
      `${key} is ${item.state} and is carried from ${item.carriedFrom}, where it is ${first?.state ?? 'absent'}.`,
    ];
  }
  const violations: string[] = [];
  if (first.carriedFrom !== null) violations.push(`${key} is carried from ${item.carriedFrom}, which did not make it.`);
  const bytesOf = ({ assets }: typeof first): string => assets.map(({ sha256 }) => sha256).join();
  if (bytesOf(first) !== bytesOf(item)) violations.push(`${key} has other bytes than in ${item.carriedFrom}.`);
  if (JSON.stringify(first.attempts) !== JSON.stringify(item.attempts)) {
    violations.push(
      `${key} was tried ${item.attempts.length} times and ${first.attempts.length} in ${item.carriedFrom}.`,
    );
  }
  return violations;
}

function checkGoing(job: Job, before: Job): string[] {
  const made = new Set(ownItems(job).map(({ name }) => name));
  const again = [...doneNames(before)].filter((name) => made.has(name));
  return again.map((name) => `${job.id}:${name} was made again, and was done in ${before.id}.`);
}
