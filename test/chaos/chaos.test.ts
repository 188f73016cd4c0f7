/** A short chaos run, and proof that its checks would have noticed each promise being broken. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { BROKEN, isByGemini, isPaid, startsFromPicture } from './broken-evidence.ts';
import { checkAll } from './checks.ts';
import { planKill } from './moments.ts';
import { Random } from './random.ts';
import { countViolations, renderReport } from './report.ts';
import { runChaos } from './run.ts';

test('five kills at random moments break no promise', async (context) => {
  const result = await runChaos({ kills: 5, seed: 7, isShort: true });
  context.after(() => rm(result.folder, { recursive: true, force: true }));
  assert.equal(countViolations(result), 0, renderReport(result));
  assert.ok(result.evidence.jobs.some(isPaid), 'members had pictures made');
  assert.ok(result.evidence.jobs.some(isByGemini), 'also by Gemini');
  assert.ok(result.evidence.jobs.some(startsFromPicture), 'also from a picture');

  for (const [what, check, breakIt] of BROKEN) {
    await context.test(`the checks notice ${what}`, () => {
      const changed = breakIt(structuredClone(result.evidence));
      const found = checkAll({ ...result.evidence, ...changed });
      const noticed = found.filter(({ violations }) => violations.length > 0).map((each) => each.what);
      assert.ok(
        noticed.some((each) => check.test(each)),
        `noticed by [${noticed.join('; ')}]`,
      );
    });
  }
});

test('the same seed plans the same kills, another one others', () => {
  const plan = (seed: number): string[] => {
    const random = new Random(seed, 'kills');
    return Array.from({ length: 50 }, () => planKill(random)).map(({ moment, delayMs }) => `${moment.name} ${delayMs}`);
  };
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});
