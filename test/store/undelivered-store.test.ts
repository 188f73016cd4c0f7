/** What could not be delivered is on disk until its asker has it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { UndeliveredStore } from '../../src/discord/card.ts';
import { StoreFailure } from '../../src/jobs/ports.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openUndeliveredStore } from '../../src/store/undelivered-store.ts';
import { storeUrl, temporaryFolder } from './samples.ts';

async function openAt(t: TestContext, folder: string): Promise<{ database: Database; store: UndeliveredStore }> {
  const database = await openDatabase({ url: storeUrl(folder) });
  t.after(() => database.close());
  return { database, store: await openUndeliveredStore({ database, onUnreadable: () => undefined }) };
}

test('what was added is there after a restart, once each, oldest first, and told apart by asker', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, store } = await openAt(t, folder);
  assert.equal(store.mayHave('one'), false);
  await Promise.all([
    store.add('one', 'a', 1),
    store.add('one', 'b', 2),
    store.add('one', 'a', 3),
    store.add('two', 'c', 4),
  ]);
  await store.noteTold('one', ['a'], 5);
  await store.noteTold('one', ['a'], 6);
  await database.close();
  const again = await openAt(t, folder);
  assert.ok(again.store.mayHave('one') && again.store.mayHave('two'));
  assert.deepEqual(await again.store.list('one'), [
    { jobId: 'a', at: 1, toldAt: 5 },
    { jobId: 'b', at: 2, toldAt: null },
  ]);
});

test('an asker who has everything is forgotten, also while more is being added', async (t) => {
  const { database, store } = await openAt(t, await temporaryFolder(t));
  await store.add('one', 'a', 1);
  await Promise.all([store.remove('one', ['a', 'never there']), store.add('one', 'b', 2)]);
  assert.equal(store.mayHave('one'), true);
  await store.remove('one', ['b']);
  assert.equal(store.mayHave('one'), false);
  assert.deepEqual(await database.listKeys('undelivered'), []);
  await store.remove('nobody', ['a']);
});

test('the newest 25 are kept for one asker', async (t) => {
  const { store } = await openAt(t, await temporaryFolder(t));
  for (let number = 1; number <= 30; number += 1) await store.add('one', `job${number}`, number);
  const jobs = await store.list('one');
  assert.deepEqual([jobs.length, jobs[0]?.jobId, jobs.at(-1)?.jobId], [25, 'job6', 'job30']);
});

test('a store that is closed rejects with a sentence', async (t) => {
  const { database, store } = await openAt(t, await temporaryFolder(t));
  await database.close();
  await assert.rejects(store.add('one', 'a', 1), StoreFailure);
  await assert.rejects(store.list('one'), StoreFailure);
});
