import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSetting, parseSettings, readTypedSettings } from '../../src/jobs/settings-text.ts';
import { en } from '../../src/locales/en.ts';

function settingsOf(text: string): Record<string, string> {
  const parsed = parseSettings(text);
  return parsed.problem === null ? parsed.settings : assert.fail(JSON.stringify(parsed.problem));
}

test('settings are read whatever spaces, empty parts and quotes stand around them', () => {
  assert.deepEqual(settingsOf(''), {});
  assert.deepEqual(settingsOf('guidance=3.5'), { guidance: '3.5' });
  assert.deepEqual(settingsOf('  guidance = 3.5 ,go_fast=true,, '), { guidance: '3.5', go_fast: 'true' });
  assert.deepEqual(settingsOf('style="oil, on canvas", a=b=c'), { style: 'oil, on canvas', a: 'b=c' });
  assert.deepEqual(settingsOf(String.raw`said="a \"word\" \\"`), { said: String.raw`a "word" ${'\\'}` });
  assert.deepEqual(settingsOf('inches=5", next=1'), { inches: '5"', next: '1' });
  assert.deepEqual(
    settingsOf('empty=, __proto__=1'),
    Object.fromEntries([
      ['empty', ''],
      ['__proto__', '1'],
    ]),
  );
});

test('a text that cannot be read says which part of it, and how to write it', () => {
  const cases: [string, string, RegExp][] = [
    ['guidance 3', 'guidance 3', /`guidance 3` has no `=`/],
    ['a=1, go_fast', 'go_fast', /`go_fast` has no `=`/],
    ['=3', '=3', /no name before/],
    ['a=1, b=2, a=3', 'a', /`a` is set twice/],
    ['a=1, style="oil, b=2', 'style="oil, b=2', /quote .* is not closed/],
  ];
  for (const [text, got, sentence] of cases) {
    const { problem } = parseSettings(text);
    assert.equal(problem?.got, got);
    assert.match(en.models.badSettings(problem), sentence);
    assert.match(en.models.badSettings(problem), /Write `name=value, name=value`/);
  }
  assert.match(en.models.badSettings({ kind: 'no-equals', got: `\`${'x'.repeat(900)}` }), /read: `x{70,80}` has/);
});

test('what is being typed is told from what stands before it', () => {
  assert.deepEqual(readTypedSettings(''), { head: '', keys: [], key: '', value: null });
  assert.deepEqual(readTypedSettings('gui'), { head: '', keys: [], key: 'gui', value: null });
  assert.deepEqual(readTypedSettings('a=1, b="x, y", gui'), {
    head: 'a=1, b="x, y", ',
    keys: ['a', 'b'],
    key: 'gui',
    value: null,
  });
  assert.deepEqual(readTypedSettings('a=1,b = w'), { head: 'a=1,', keys: ['a'], key: 'b', value: 'w' });
  assert.deepEqual(readTypedSettings('style="oil, on'), { head: '', keys: [], key: 'style', value: 'oil, on' });
});

test('a value that is offered can be read again', () => {
  for (const value of ['png', 'oil, on canvas', 'a "word"', ' padded ', 'back\\slash, here', '']) {
    assert.deepEqual(settingsOf(formatSetting('key', value)), { key: value });
  }
});
