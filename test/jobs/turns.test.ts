import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns, type Ticket } from '../../src/jobs/turns.ts';

const LANE = 'replicate:image';
const all = (): boolean => true;

function offer(turns: Turns, userId: string, ...jobs: string[]): void {
  for (const jobId of jobs) turns.offer(LANE, ticket(userId, jobId));
}

function ticket(userId: string, jobId: string): Ticket {
  return { jobId, item: 'image', attempt: 1, userId };
}

function takeAll(turns: Turns, isAllowed = all): string[] {
  const order: string[] = [];
  for (let next = turns.take(LANE, isAllowed); next !== undefined; next = turns.take(LANE, isAllowed))
    order.push(next.jobId);
  return order;
}

test("one user's ten requests do not keep another's first one waiting for all ten", () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1', 'a2', 'a3', 'a4');
  offer(turns, 'bob', 'b1');
  offer(turns, 'cy', 'c1', 'c2');
  assert.deepEqual(takeAll(turns), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
});

test('whoever was served least recently goes next, also after a pause', () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1');
  offer(turns, 'bob', 'b1');
  takeAll(turns);
  offer(turns, 'bob', 'b2');
  offer(turns, 'ann', 'a2');
  assert.deepEqual(takeAll(turns), ['a2', 'b2']);
});

test('the places in line that are shown are the order in which turns are taken', () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1', 'a2', 'a3');
  offer(turns, 'bob', 'b1', 'b2');
  turns.take(LANE, all);
  const shown = turns.upcoming(LANE, 10).map((next) => next.jobId);
  assert.deepEqual(shown, takeAll(turns));
});

test('a user at the running limit is passed over, and nobody else waits for it', () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1');
  offer(turns, 'bob', 'b1');
  assert.equal(turns.take(LANE, (userId) => userId !== 'ann')?.jobId, 'b1');
  assert.equal(
    turns.take(LANE, (userId) => userId !== 'ann'),
    undefined,
  );
  assert.equal(turns.take(LANE, all)?.jobId, 'a1');
});

test("work that had its turn before goes ahead of the same user's newer work", () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1', 'a2');
  turns.offer(LANE, ticket('ann', 'again'), true);
  assert.deepEqual(takeAll(turns), ['again', 'a1', 'a2']);
});

test('a cancelled item leaves the line', () => {
  const turns = new Turns();
  offer(turns, 'ann', 'a1', 'a2');
  turns.remove('a1', 'image');
  assert.deepEqual(takeAll(turns), ['a2']);
});
