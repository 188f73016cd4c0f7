import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, renderReport } from './report.ts';
import { median, medianOfEach, percentile } from './statistics.ts';

const TO_HUNDRED = Array.from({ length: 100 }, (_, index) => 100 - index);

test('a percentile is a value that was measured, by nearest rank', () => {
  assert.equal(percentile(TO_HUNDRED, 0.5), 50);
  assert.equal(percentile(TO_HUNDRED, 0.99), 99);
  assert.equal(percentile(TO_HUNDRED, 1), 100);
  assert.equal(percentile([7], 0.99), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('the median stands in the middle of any number of values', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.deepEqual(
    medianOfEach([
      { first: 1, second: 30 },
      { first: 3, second: 10 },
      { first: 2, second: 20 },
    ]),
    { first: 2, second: 20 },
  );
});

test('an aim is judged by the figure that is printed', () => {
  const aim = { what: 'ack', most: 1.1, unit: ' times' };
  assert.equal(judge({ ...aim, measured: 1.104 }).isMet, true);
  assert.equal(judge({ ...aim, measured: 1.11 }).isMet, false);
  assert.equal(judge({ ...aim, measured: Number.NaN }).isMet, false, 'what was not measured is not met');
});

test('the table stands in columns and says of each aim whether it was met', () => {
  const section = {
    title: 'users',
    columns: ['Darkroom', 'bare bot'],
    rows: [{ what: 'ack', values: ['1,234', '5'] }],
  };
  const aims = [
    { what: 'fast', measured: 1, most: 2, unit: ' s' },
    { what: 'small', measured: 3, most: 2, unit: '' },
  ];
  assert.deepEqual(renderReport([section], aims).split('\n'), [
    'users  Darkroom  bare bot',
    '-----  --------  --------',
    'ack       1,234         5',
    '',
    'Aims   measured          aim',
    '-----  --------  -----------  ------',
    'fast        1 s  2 s or less     met',
    'small         3    2 or less  MISSED',
  ]);
});
