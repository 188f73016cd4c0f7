import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createJob,
  deriveState,
  failure,
  getItem,
  IllegalMove,
  isFinal,
  MOVES,
  moveTo,
  requestCancel,
  type Item,
  type ItemState,
  type ItemStatus,
  type Job,
} from '../../src/jobs/job.ts';
import { newJob } from './new-job.ts';

const describe = (): string => 'sentence';
const lost = failure('network', 'retry');

const STATUS: Record<ItemState, ItemStatus> = {
  queued: { state: 'queued' },
  starting: { state: 'starting' },
  running: { state: 'running', operation: { provider: 'p', id: 'o', data: {} }, begunAt: null },
  waiting: { state: 'waiting', until: 5, delayMs: 5, failure: lost },
  collecting: { state: 'collecting', operation: null, outputs: [] },
  done: { state: 'done', assets: [] },
  failed: { state: 'failed', failure: lost, causeCode: null },
  cancelled: { state: 'cancelled', failure: failure('cancelled-by-user', 'give-up') },
};
const STATES = Object.keys(STATUS) as ItemState[];

function jobIn(state: ItemState): Job {
  const job = newJob();
  return { ...job, items: job.items.map((item): Item => ({ ...item, ...STATUS[state] })) };
}

test('only the moves of the map are possible, from every state to every state', () => {
  for (const from of STATES) {
    for (const to of STATES) {
      const move = (): Job => moveTo(jobIn(from), { item: 'image', to: STATUS[to], now: 9 }, describe);
      if (MOVES[from].includes(to)) assert.equal(getItem(move(), 'image').state, to);
      else assert.throws(move, IllegalMove, `${from} to ${to}`);
    }
  }
});

test('a final item never moves again', () => {
  for (const state of ['done', 'failed', 'cancelled'] as const) assert.deepEqual(MOVES[state], []);
});

test('each move is a new revision and leaves the old record alone', () => {
  const job = newJob();
  const before = structuredClone(job);
  const next = moveTo(job, { item: 'image', to: { state: 'starting' }, now: 9 }, describe);
  assert.equal(next.revision, job.revision + 1);
  assert.deepEqual(job, before);
});

test('what belonged to the old state does not outlive it', () => {
  const running = jobIn('running');
  const next = moveTo(running, { item: 'image', to: STATUS.waiting, now: 9 }, describe);
  assert.equal('operation' in getItem(next, 'image'), false);
});

test('a note beside a move is kept, also when the item stays where it is', () => {
  const running = jobIn('running');
  const item = getItem(running, 'image');
  const next = moveTo(running, { item: 'image', to: item, note: { uncleanEnds: 1 }, now: 9 }, describe);
  assert.equal(getItem(next, 'image').uncleanEnds, 1);
});

test("the job's state follows from its items", () => {
  const of = (...states: ItemState[]): Item[] =>
    states.map((state, index) => ({ ...getItem(jobIn(state), 'image'), name: String(index) }));
  assert.equal(deriveState(of('queued', 'queued')), 'queued');
  assert.equal(deriveState(of('queued', 'starting')), 'running');
  assert.equal(deriveState(of('queued', 'done')), 'running');
  assert.equal(deriveState(of('waiting', 'failed')), 'running');
  assert.equal(deriveState(of('done', 'done')), 'done');
  assert.equal(deriveState(of('done', 'failed')), 'partial');
  assert.equal(deriveState(of('done', 'cancelled')), 'partial');
  assert.equal(deriveState(of('cancelled', 'failed')), 'failed');
  assert.equal(deriveState(of('cancelled', 'cancelled')), 'cancelled');
});

test('used-up retries are MAX_RETRIES_EXCEEDED with the cause beside it; another failure is its own code', () => {
  const exceeded = moveTo(
    jobIn('running'),
    { item: 'image', to: { state: 'failed', failure: lost, causeCode: 'NETWORK_ERROR' }, now: 9 },
    describe,
  );
  assert.equal(exceeded.errorCode, 'MAX_RETRIES_EXCEEDED');
  assert.equal(exceeded.causeCode, 'NETWORK_ERROR');
  assert.equal(exceeded.errorMessage, 'sentence');
  assert.equal(exceeded.finishedAt, 9);
  const refused = moveTo(
    jobIn('running'),
    { item: 'image', to: { state: 'failed', failure: failure('key-refused', 'give-up'), causeCode: null }, now: 9 },
    describe,
  );
  assert.equal(refused.errorCode, 'AUTH_ERROR');
  assert.equal(refused.causeCode, null);
});

test('a wish to cancel is kept once and never on finished work', () => {
  const job = newJob();
  const asked = requestCancel(job, 'u', 5);
  assert.deepEqual(asked.cancelRequest, { userId: 'u', at: 5 });
  assert.equal(requestCancel(asked, 'other', 6), asked);
  const done = moveTo(jobIn('collecting'), { item: 'image', to: STATUS.done, now: 9 }, describe);
  assert.equal(isFinal(done), true);
  assert.equal(requestCancel(done, 'u', 10), done);
});

test('a new job is queued, at its first revision, with every item queued', () => {
  const job = createJob({ ...newJob(), itemNames: ['a', 'b'], carried: [] });
  assert.equal(job.state, 'queued');
  assert.equal(job.revision, 1);
  assert.deepEqual(
    job.items.map((item) => [item.name, item.state, item.attempt]),
    [
      ['a', 'queued', 0],
      ['b', 'queued', 0],
    ],
  );
});
