/** One's own jobs while `job:` is typed, on the real store. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { JobChoices } from '../../src/discord/job-choices.ts';
import { failure, type ItemStatus, type Job, moveTo } from '../../src/jobs/job.ts';
import type { Clock } from '../../src/jobs/ports.ts';
import { en } from '../../src/locales/en.ts';
import { newJob } from '../jobs/new-job.ts';
import { openStores, type OpenStores } from '../store/open-stores.ts';

const NOW = Date.UTC(2027, 0, 20, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function setUp(
  context: TestContext,
  open: Job[] = [],
): Promise<{ stores: OpenStores; offer: (typed?: string, made?: 'image' | 'video') => Promise<string[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-choices-'));
  const stores = await openStores(folder);
  context.after(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const clock: Clock = { now: () => NOW, monotonic: () => 0, sleep: () => Promise.resolve() };
  const choices = new JobChoices({ listOpen: () => open, store: stores.jobs, history: stores.history, clock });
  return {
    stores,
    offer: async (typed = '', made) => {
      const offered = await choices.offer({ userId: 'u', typed, made: made ?? null }, en);
      for (const { name, value } of offered) assert.ok(name.length <= 100 && value.length <= 100, name);
      return offered.map(({ name }) => name);
    },
  };
}

function done(job: Job, at: number): Job {
  const asset = { file: `${job.id}/a.png`, mimeType: 'image/png', extension: '.png', bytes: 1, sha256: 'x' };
  const states: ItemStatus[] = [
    { state: 'starting' },
    { state: 'collecting', operation: null, outputs: [] },
    { state: 'done', assets: [asset] },
  ];
  return states.reduce((next, to) => moveTo(next, { item: 'image', to, now: at }, () => ''), job);
}

function failed(job: Job, at: number): Job {
  const to = { state: 'failed', failure: failure('network', 'retry'), causeCode: null } as const;
  return moveTo(job, { item: 'image', to, now: at }, () => 'It failed.');
}

function asked(prompt: string, ago: number, more: Partial<Job> = {}): Job {
  return { ...newJob({ input: { prompt }, createdAt: NOW - ago }), ...more };
}

test("one's own jobs are offered with their status and their age in words, open ones first, then the newest", async (context) => {
  const open = asked('a boat under way', 20 * 1_000);
  const { stores, offer } = await setUp(context, [open, asked("another's boat", 0, { userId: 'v' })]);
  await stores.jobs.save(done(asked('an old boat', 30 * DAY), NOW - 30 * DAY));
  await stores.jobs.save(failed(asked('a lost boat', 3 * DAY), NOW - 3 * DAY));
  await stores.jobs.save(done(asked('a secret boat', 2 * HOUR, { private: true }), NOW - HOUR));
  await stores.jobs.save(done(asked("somebody else's", HOUR, { userId: 'v' }), NOW - HOUR));
  await stores.jobs.save(done(asked('a red boat', 5 * MINUTE, { guildId: null }), NOW - MINUTE));
  assert.deepEqual(await offer(), [
    'a boat under way · Queued · just now',
    'a red boat · Done · 5 min ago',
    'a secret boat · Done · 2 h ago · private',
    'a lost boat · Failed · 3 days ago',
    'an old boat · Done · Dec 21, 2026',
  ]);
});

test('what is typed is looked for in the prompt, the status and the id, in any order', async (context) => {
  const { stores, offer } = await setUp(context);
  const red = done(asked('a red boat at dawn', HOUR), NOW);
  await stores.jobs.save(red);
  await stores.jobs.save(failed(asked('a red barn', HOUR), NOW));
  assert.deepEqual(await offer('BOAT red'), ['a red boat at dawn · Done · 1 h ago']);
  assert.deepEqual(await offer('failed red'), ['a red barn · Failed · 1 h ago']);
  assert.deepEqual(await offer(red.id), ['a red boat at dawn · Done · 1 h ago']);
  assert.deepEqual(await offer('a green hill'), []);
});

test('only jobs that made a picture are offered to be animated', async (context) => {
  const { stores, offer } = await setUp(context);
  await stores.jobs.save(done(asked('a red boat', HOUR), NOW));
  await stores.jobs.save(failed(asked('a lost boat', HOUR), NOW));
  assert.deepEqual(await offer('', 'image'), ['a red boat · Done · 1 h ago']);
  assert.deepEqual(await offer('', 'video'), []);
});

test("more jobs, and longer prompts, than fit are cut to Discord's limits; the id of an old one finds it all the same", async (context) => {
  const { stores, offer } = await setUp(context);
  const old = done(asked('the first boat', 2 * DAY, { id: 'qzxw' }), NOW - 2 * DAY);
  await stores.jobs.save(old);
  const jobs = Array.from({ length: 65 }, () => done(asked('🛶é'.repeat(200), HOUR), NOW));
  await Promise.all(jobs.map((job) => stores.jobs.save(job)));
  const offered = await offer();
  assert.equal(offered.length, 25);
  assert.match(offered[0] ?? '', /… · Done · 1 h ago$/);
  assert.deepEqual(await offer('first'), [], 'the look goes back only so far');
  assert.deepEqual(await offer(old.id), ['the first boat · Done · 2 days ago']);
});
