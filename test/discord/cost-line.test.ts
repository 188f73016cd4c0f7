import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costFact, formatUsd } from '../../src/discord/cost-line.ts';
import type { Item, Job } from '../../src/jobs/job.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';

/** A job whose only attempts are in flight. */
function jobOf(provider: string, models: [string, ...string[]]): Job {
  const [first, ...rest] = models.map((_, index) => `image_${index}`);
  const job = newJob({ input: { provider }, itemNames: [first ?? 'image', ...rest] });
  const items = job.items.map((item, index): Item => ({ ...item, state: 'starting', model: models[index] ?? null }));
  return { ...job, items };
}

test('what a job may have cost is told in plain dollars, as far as it is known', () => {
  const schnell = 'black-forest-labs/flux-schnell';
  const told = (job: Job): string | undefined => costFact(job, en)?.join(': ');
  assert.equal(told(jobOf('replicate', [schnell])), 'Estimated cost: about $0.003');
  assert.equal(told(jobOf('replicate', [schnell, 'a/b'])), 'Estimated cost: $0.003 and what has no known price');
  assert.equal(told(jobOf('replicate', ['a/b'])), 'Estimated cost: not known');
  assert.equal(told(newJob({ input: { provider: 'replicate' } })), 'Estimated cost: nothing');
  assert.equal(costFact(jobOf('local', ['local']), en), null);
});

test('small sums keep two digits that count', () => {
  const cases: [number, string][] = [
    [0, '0.00'],
    [0.00025, '0.00025'],
    [0.003, '0.003'],
    [0.0336, '0.034'],
    [0.05, '0.05'],
    [0.0996, '0.10'],
    [0.75, '0.75'],
    [1.5, '1.50'],
    [12.345, '12.35'],
  ];
  for (const [usd, text] of cases) assert.equal(formatUsd(usd), text);
});
