/** Gemini as members meet it: no handle, no list, every answer is the picture or nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareWorld } from './world.ts';

const share = shareWorld();

const PROMPT = 'a lighthouse in fog';

test('a picture by Gemini is made, told on its card and handed out, and what should not be in it is asked for in words', async () => {
  const world = await share();
  const card = await world.generate({ prompt: PROMPT, provider: 'gemini', negative_prompt: 'people' });
  const text = await world.whenCard(card, /Done/);
  assert.match(text, /Gemini/);
  const [made] = world.generations();
  assert.match(made?.prompt ?? '', /Avoid: people/);
  const answer = await world.pressForMessage(card, 'Download');
  assert.equal(answer.message.attachments.length, 1);
});

test('a prompt that Gemini refuses is not worded anew: the card says why and Edit prompt has it whole', async () => {
  const world = await share();
  world.sandbox.gemini.addFault({ on: 'image', kind: 'blocked-safety' });
  const card = await world.generate({ prompt: PROMPT, provider: 'gemini' });
  assert.match(await world.whenCard(card, /Failed/), /\[CONTENT_BLOCKED\]/);
  assert.equal(world.generations().length, 1);
  const opened = await world.press(card, 'Edit prompt');
  assert.match(JSON.stringify(opened), new RegExp(PROMPT));
});

test('kill -9 while Gemini paints: the same card is finished by one more attempt, which it tells', async () => {
  const world = await share();
  world.sandbox.gemini.addFault({ on: 'image', kind: 'slow' });
  const card = await world.generate({ prompt: PROMPT, provider: 'gemini' });
  await world.waitUntil('it is paid for', () => world.generations().length === 1);
  await world.kill();
  await world.startAgain();
  await world.whenCard(card, /Done/);
  assert.equal(world.generations().length, 2);
  const details = await world.pressForMessage(card, 'Details');
  assert.match(JSON.stringify(details.message.components), /NETWORK_ERROR.*lost with the process/);
});

test('Cancel stops waiting for Gemini at once', async () => {
  const world = await share();
  world.sandbox.gemini.addFault({ on: 'image', kind: 'slow' });
  const card = await world.generate({ prompt: PROMPT, provider: 'gemini' });
  await world.waitUntil('it is paid for', () => world.generations().length === 1);
  await world.press(card, 'Cancel');
  await world.whenCard(card, /Cancelled/);
  assert.equal(world.generations()[0]?.status, 'working');
});
