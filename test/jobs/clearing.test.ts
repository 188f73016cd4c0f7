/** Which jobs a server's moderators see and clear. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Clearing, type ClearFilter } from '../../src/jobs/clearing.ts';
import { failure, type Job, type NewJob } from '../../src/jobs/job.ts';
import { startEngine, type Harness } from './engine-setup.ts';
import { newJob } from './new-job.ts';

interface Desk extends Harness {
  clearing: Clearing;
  /** A job that ended in failure. */
  fail(change?: Partial<NewJob>): Promise<Job>;
  /** A job that is being worked on until somebody ends it. */
  run(change?: Partial<NewJob>): Promise<Job>;
  /** A job that waits for its card. */
  wait(change?: Partial<NewJob>): Promise<Job>;
}

async function setUp(context: TestContext): Promise<Desk> {
  const harness = await startEngine(context, {
    config: { userRunningLimit: 50, userWaitingLimit: 50, concurrency: 50 },
  });
  const { engine, store, history, clock } = harness;
  const make = (change: Partial<NewJob> = {}): Job => newJob({ createdAt: clock.now(), ...change });
  return {
    ...harness,
    clearing: new Clearing({ engine, store, history, clock }),
    async fail(change) {
      harness.provider.starts.push(failure('prompt-blocked', 'give-up'));
      const job = make(change);
      await harness.submit(job);
      return harness.whenFinal(job.id);
    },
    async run(change) {
      harness.provider.starts.push('accept');
      const job = make(change);
      await harness.submit(job);
      return harness.whenState(job.id, 'running');
    },
    async wait(change) {
      const job = make(change);
      await engine.submit(job);
      return job;
    },
  };
}

const EVERYTHING: ClearFilter = {
  guildId: 'g',
  state: null,
  userId: null,
  jobId: null,
  createdBefore: Infinity,
  askedAt: Infinity,
};
const ALL = { guildId: 'g', state: null, userId: null };
const idsOf = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id);

test('open jobs come first, then what ended, newest first, and never those of another server', async (context) => {
  const desk = await setUp(context);
  const first = await desk.fail();
  await desk.fail({ guildId: 'other' });
  const second = await desk.fail();
  await desk.wait({ guildId: 'other', createdAt: desk.clock.now() + 1 });
  const older = await desk.wait({ createdAt: desk.clock.now() + 2 });
  const newer = await desk.wait({ createdAt: desk.clock.now() + 3 });
  const { jobs, next } = await desk.clearing.list(ALL, null, 10);
  assert.deepEqual(idsOf(jobs), idsOf([newer, older, second, first]));
  assert.equal(next, null);
  assert.deepEqual(
    idsOf((await desk.clearing.list({ ...ALL, state: 'queued' }, null, 10)).jobs),
    idsOf([newer, older]),
  );
  assert.deepEqual(
    idsOf((await desk.clearing.list({ ...ALL, state: 'failed' }, null, 10)).jobs),
    idsOf([second, first]),
  );
});

test('pages of any size go through all jobs once, and end', async (context) => {
  const desk = await setUp(context);
  const all: Job[] = [];
  for (let count = 0; count < 5; count += 1) all.unshift(await desk.fail());
  for (let count = 1; count <= 4; count += 1) all.unshift(await desk.wait({ createdAt: desk.clock.now() + count }));
  for (const limit of [1, 2, 3, 4, 5, 8, 9, 10]) {
    const seen: string[] = [];
    let from: string | null = null;
    let pages = 0;
    do {
      const page = await desk.clearing.list(ALL, from, limit);
      assert.ok(page.jobs.length <= limit);
      assert.ok(page.jobs.length > 0, `no page is empty (${limit} a page)`);
      seen.push(...idsOf(page.jobs));
      from = page.next;
      pages += 1;
    } while (from !== null && pages < 20);
    assert.deepEqual(seen, idsOf(all), `${limit} a page`);
  }
});

test('a clearing counts what it would take by state, and open jobs only when their state is named', async (context) => {
  const desk = await setUp(context);
  await desk.fail();
  await desk.fail({ userId: 'somebody' });
  await desk.run();
  assert.deepEqual((await desk.clearing.count(EVERYTHING)).byState, new Map([['failed', 2]]));
  assert.equal((await desk.clearing.count({ ...EVERYTHING, userId: 'somebody' })).total, 1);
  assert.deepEqual((await desk.clearing.count({ ...EVERYTHING, state: 'running' })).byState, new Map([['running', 1]]));
  assert.equal((await desk.clearing.count({ ...EVERYTHING, state: 'queued' })).total, 0);
});

test('what was asked for after the question stays', async (context) => {
  const desk = await setUp(context);
  const old = await desk.fail({ createdAt: desk.clock.now() - 5_000 });
  const asked = { ...EVERYTHING, createdBefore: desk.clock.now() - 1_000 };
  const fresh = await desk.fail();
  assert.deepEqual(await desk.clearing.clear(asked, 'moderator'), { removed: 1, cancelled: 0, left: 0 });
  assert.equal(await desk.store.get(old.id), undefined);
  assert.equal((await desk.store.get(fresh.id))?.id, fresh.id);
});

test('what ended, or began, after the question was not in it, and stays', async (context) => {
  const desk = await setUp(context);
  const asked = { ...EVERYTHING, askedAt: desk.clock.now() };
  desk.clock.jump(1_000);
  const ended = await desk.fail({ createdAt: asked.askedAt - 5_000 });
  await desk.run({ createdAt: asked.askedAt - 5_000 });
  assert.equal((await desk.clearing.clear(asked, 'm')).removed, 0);
  assert.equal((await desk.clearing.clear({ ...asked, state: 'running' }, 'm')).removed, 0);
  assert.equal((await desk.store.get(ended.id))?.id, ended.id);
});

test('running jobs that are asked for are cancelled, upstream too, and then removed', async (context) => {
  const desk = await setUp(context);
  const running = await desk.run();
  const kept = await desk.fail();
  const result = await desk.clearing.clear({ ...EVERYTHING, state: 'running' }, 'moderator');
  assert.deepEqual(result, { removed: 1, cancelled: 1, left: 0 });
  assert.deepEqual(
    desk.provider.cancelled,
    desk.provider.accepted.map(({ id }) => id),
  );
  assert.equal(await desk.engine.get(running.id), undefined);
  assert.notEqual(await desk.store.getRemovedAt(running.id), undefined);
  assert.equal((await desk.store.get(kept.id))?.id, kept.id);
});

test('a job named by its id is cleared in its own server and is unknown in any other', async (context) => {
  const desk = await setUp(context);
  const job = await desk.fail();
  const foreign = { ...EVERYTHING, guildId: 'other', jobId: job.id };
  assert.equal((await desk.clearing.count(foreign)).total, 0);
  assert.deepEqual(await desk.clearing.clear(foreign, 'm'), { removed: 0, cancelled: 0, left: 0 });
  assert.equal((await desk.clearing.clear({ ...EVERYTHING, jobId: job.id }, 'm')).removed, 1);
  assert.equal((await desk.clearing.count({ ...EVERYTHING, jobId: job.id })).total, 0);
});
