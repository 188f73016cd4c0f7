/** What a retry adds to a prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { varyPrompt } from '../../src/jobs/variations.ts';

const boat = { prompt: 'a red boat', itemPrompts: {}, product: null };
const product = { title: 'Boat', features: ['red'], audience: null, keywords: [] };
const lineOf = (asked: Parameters<typeof varyPrompt>[0], variation: number): string =>
  varyPrompt(asked, 'image', variation).replace('a red boat', '').trim();

test('the first attempt sends the prompt as it was written', () => {
  assert.equal(varyPrompt(boat, 'image', 0), 'a red boat');
});

test('pictures of a product are varied in a fixed order, and never in what they show', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((variation) => lineOf({ ...boat, product }, variation)),
    [
      '[VARIATION: Emphasize clarity and simplicity]',
      '[VARIATION: Focus on product detail and precision]',
      '[VARIATION: Prioritize clean composition]',
      '[VARIATION: Prioritize clean composition]',
    ],
  );
});

test('any other picture gets neutral lines, each another one', () => {
  const lines = [1, 2, 3].map((variation) => lineOf(boat, variation));
  assert.equal(new Set(lines).size, 3);
  for (const line of lines) assert.match(line, /^\[VARIATION: [^\]]+\]$/);
});
