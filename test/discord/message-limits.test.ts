/** The check that the cards' tests rely on finds what Discord would refuse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkMessage } from './message-limits.ts';

const V2 = 1 << 15;
const button = (id: string): object => ({ type: 2, style: 1, label: 'x', custom_id: id });
const gallery = (name: string, description = 'a'): object => ({
  type: 12,
  items: [{ media: { url: `attachment://${name}` }, description }],
});

function check(components: object[], files: string[] = []): string[] {
  return checkMessage({ flags: V2, components }, files);
}

describe('the check of a message', () => {
  it('has nothing to say about a good one', () => {
    const row = { type: 1, components: [button('a'), button('b')] };
    const container = { type: 17, components: [{ type: 10, content: 'x' }, gallery('a.png'), row] };
    assert.deepEqual(check([container], ['a.png']), []);
  });

  it('counts components and characters through every level', () => {
    const nested = Array.from({ length: 40 }, () => ({ type: 10, content: 'x'.repeat(101) }));
    assert.deepEqual(check([{ type: 17, components: nested }]), [
      '41 components, at most 40.',
      '4040 characters of text, at most 4000.',
    ]);
  });

  it('finds custom_ids that are too long or not unique, and rows that are too full', () => {
    const buttons = ['a', 'a', 'b', 'c', 'd', 'e'].map(button);
    assert.deepEqual(check([{ type: 1, components: buttons }]), [
      'Two buttons have the same custom_id.',
      'A row has 6 buttons.',
    ]);
    assert.deepEqual(check([{ type: 1, components: [button('x'.repeat(101))] }]), ['A custom_id has 101 characters.']);
  });

  it('finds files without a component and components without a file', () => {
    assert.deepEqual(check([gallery('a.png')], ['b.png']), [
      'attachment://a.png names no file.',
      'No component shows the file b.png.',
    ]);
  });

  it('finds alt texts that are too long, and half characters', () => {
    assert.deepEqual(check([gallery('a.png', 'x'.repeat(1_025))], ['a.png']), ['An alt text has 1025 characters.']);
    assert.deepEqual(check([{ type: 10, content: '\uD83D' }]), ['A text has half a character.']);
  });
});
