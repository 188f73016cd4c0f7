/** A card whose record was lost: its message still stands, and what is pressed there makes the record anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { World } from './world.ts';

test('a press that is refused never lends its answer to the card', async (context) => {
  const world = await World.start(context, { env: { MAX_RETRIES: '0' } });
  world.sandbox.replicate.addFault({ on: 'prediction', kind: 'fails' });
  const card = await world.generate({ prompt: 'a red boat' });
  await world.whenCard(card, /Failed/);
  await world.bot.end('SIGTERM');
  const before = await withCards(world, async (cards) => {
    const record = await cards.get(card);
    await cards.delete(card);
    return tokenOf(record);
  });
  await world.startAgain();
  const refused = await world.pressForMessage(card, 'Edit prompt', 'member2');
  assert.match(JSON.stringify(refused.message), /Only <@/);
  await world.bot.end('SIGTERM');
  const after = await withCards(world, async (cards) => tokenOf(await cards.get(card)));
  assert.equal(after, before);
});

type Cards = ReturnType<Awaited<ReturnType<typeof openDatabase>>['namespace']>;

async function withCards<T>(world: World, work: (cards: Cards) => Promise<T>): Promise<T> {
  const database = await openDatabase({ url: world.env.STORE_URL ?? '' });
  try {
    return await work(database.namespace('card'));
  } finally {
    await database.close();
  }
}

function tokenOf(row: Awaited<ReturnType<Cards['get']>>): string {
  const record = row?.kind === 'value' ? row.value : null;
  assert.ok(typeof record === 'object' && record !== null && 'token' in record && typeof record.token === 'string');
  return record.token;
}
