import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Card, CardStore } from '../../src/discord/card.ts';
import { StoreFailure } from '../../src/jobs/ports.ts';
import { openCardStore } from '../../src/store/card-store.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { recordWrites } from './recording-database.ts';
import { sampleCard, storeUrl, temporaryFolder } from './samples.ts';

async function openAt(
  t: TestContext,
  folder: string,
): Promise<{ database: Database; cards: CardStore; unreadable: string[] }> {
  const database = await openDatabase({ url: storeUrl(folder) });
  t.after(() => database.close());
  const unreadable: string[] = [];
  const cards = await openCardStore({ database, onUnreadable: (key, why) => unreadable.push(`${key}: ${why}`) });
  return { database, cards, unreadable };
}

function ids(cards: readonly Card[]): string[] {
  return cards.map((card) => card.messageId);
}

test('a card is read back exactly, also after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, cards } = await openAt(t, folder);
  const card: Card = { ...sampleCard('10'), guildId: null, private: true, closed: 'token-ended' };
  await cards.save(card);
  await database.close();
  const again = await openAt(t, folder);
  assert.deepEqual(await again.cards.get('10'), card);
  assert.equal(await again.cards.get('11'), undefined);
});

test('a card of the first version is read as one of today', async (t) => {
  const { database, cards } = await openAt(t, await temporaryFolder(t));
  const { postingSince: _postingSince, again: _again, ...fields } = sampleCard('10');
  await database.inOrder(() => database.namespace('card').set('10', { ...fields, v: 1 }));
  assert.deepEqual(await cards.get('10'), sampleCard('10'));
});

test('a card of the second version is the own card of its job', async (t) => {
  const { database, cards } = await openAt(t, await temporaryFolder(t));
  const { again: _again, ...fields } = sampleCard('10');
  await database.inOrder(() => database.namespace('card').set('10', { ...fields, v: 2 }));
  assert.deepEqual(await cards.get('10'), sampleCard('10'));
});

test('a card is unsettled from before its first save until it is settled, and again after a Retry', async (t) => {
  const { database: real } = await openAt(t, await temporaryFolder(t));
  const { database, writes } = recordWrites(real);
  const cards = await openCardStore({ database, onUnreadable: () => undefined });
  await Promise.all([
    cards.save(sampleCard('10')),
    cards.save(sampleCard('10')),
    cards.settle('10'),
    cards.settle('10'),
  ]);
  assert.deepEqual(writes, ['set unsettled:10', 'set card:10', 'set card:10', 'delete unsettled:10']);
  assert.deepEqual(await cards.listUnsettled(), []);
  await cards.save(sampleCard('10', 'job-2'));
  assert.deepEqual(ids(await cards.listUnsettled()), ['10']);
});

test('after a crash exactly the unsettled cards are listed, oldest message first', async (t) => {
  const folder = await temporaryFolder(t);
  const { database, cards } = await openAt(t, folder);
  for (const id of ['1000', '999', '1001', '5', '6']) await cards.save(sampleCard(id));
  await cards.settle('5');
  await cards.delete('6');
  await database.namespace('unsettled').set('7', 1);
  await database.close();
  const again = await openAt(t, folder);
  assert.deepEqual(ids(await again.cards.listUnsettled()), ['999', '1000', '1001']);
  assert.deepEqual((await again.database.listKeys('unsettled')).sort(), ['1000', '1001', '999']);
  assert.equal((await again.cards.get('5'))?.messageId, '5');
  assert.equal(await again.cards.get('6'), undefined);
});

test('a card that cannot be read is told once and hides no other', async (t) => {
  const { database, cards, unreadable } = await openAt(t, await temporaryFolder(t));
  await cards.save(sampleCard('10'));
  await cards.save(sampleCard('11'));
  await database.namespace('card').set('10', { ...sampleCard('10'), token: 5 });
  assert.deepEqual(ids(await cards.listUnsettled()), ['11']);
  assert.equal(await cards.get('10'), undefined);
  assert.deepEqual(unreadable, ['card:10: token is not as expected (invalid_type)']);
});

test('every question to a store that is closed rejects with a sentence', async (t) => {
  const { database, cards } = await openAt(t, await temporaryFolder(t));
  await cards.save(sampleCard('10'));
  await database.close();
  const questions = [
    cards.save(sampleCard('10')),
    cards.get('10'),
    cards.settle('10'),
    cards.delete('10'),
    cards.listUnsettled(),
  ];
  for (const answer of await Promise.allSettled(questions)) {
    assert.ok(answer.status === 'rejected' && answer.reason instanceof StoreFailure);
  }
});
