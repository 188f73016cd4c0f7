/** A bot that is killed and started again, and what must be true afterwards. */
import assert from 'node:assert/strict';
import { picturesOf, type World } from './world.ts';

export const PROMPT = 'a beautiful sunset over mountains';

/** After the restart: the same card is done, shows its picture, and nothing was paid twice. */
export async function assertFinishedOnce(world: World, card: string): Promise<void> {
  await world.whenCard(card, /Done/);
  assert.equal(picturesOf(world.message(card).message).length, 1, 'the card shows one picture');
  assert.equal(world.predictions().length, 1, 'one prediction was paid for');
  assert.equal(world.predictions()[0]?.status, 'succeeded');
  assert.equal(world.messages().length, 1, 'there is one card and nothing else in the channel');
}

/** Long enough to be killed in. */
export const PACE = { queueMs: 100, workMs: 1_500 };
