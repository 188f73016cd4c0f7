/** What the buttons of `/jobs` carry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatListId, parseListId, type ListId } from '../../src/discord/list-id.ts';

const EXAMPLES: readonly ListId[] = [
  { kind: 'keep' },
  { kind: 'list', state: null, userId: null, trail: [] },
  { kind: 'list', state: 'cancelled', userId: '1000000000000000201', trail: ['o8', '2k07', '2k'] },
  {
    kind: 'clear',
    state: null,
    userId: null,
    jobId: null,
    createdBefore: 1_800_000_000_000,
    askedAt: 1_800_000_000_001,
  },
  {
    kind: 'clear',
    state: 'cancelled',
    userId: '10000000000000002011',
    jobId: 'a'.repeat(20),
    createdBefore: 1_800_000_000_000,
    askedAt: 1_800_000_000_000,
  },
];

test('a button carries its whole question, and fits', () => {
  for (const id of EXAMPLES) {
    const text = formatListId(id);
    assert.deepEqual(parseListId(text), id);
    assert.ok(text.length <= 100, text);
  }
});

test('a long way back gives up its oldest steps and never the page that is shown', () => {
  const trail = Array.from({ length: 60 }, (_, index) => `page${index}`);
  const text = formatListId({ kind: 'list', state: 'cancelled', userId: '1000000000000000201', trail });
  assert.ok(text.length <= 100);
  const parsed = parseListId(text);
  assert.ok(parsed?.kind === 'list');
  assert.equal(parsed.trail.at(-1), 'page59');
  assert.ok(parsed.trail.length > 3);
});

test('what is not ours, or broken, is nothing', () => {
  const broken = [
    '',
    'v2:jobs:keep',
    'v1:cancel:abc',
    'v1:jobs:list:melted:any:',
    'v1:jobs:list:any:someone:',
    'v1:jobs:clear:any:any:zz',
    'v1:jobs:clear:any:any:zz:abc',
    'v1:jobs:clear:any:any:::x',
    'v1:jobs:clear:any:any:?:abc',
  ];
  for (const text of broken) assert.equal(parseListId(text), null, text);
});
