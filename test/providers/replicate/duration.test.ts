/** How long a video is to last, in the words of the models people use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDuration } from '../../../src/providers/replicate/duration.ts';
import { enumField, readFields } from './cog-schema.ts';

type Parts = Record<string, unknown>;

const SECONDS = { description: 'Duration of the video in seconds' };
const FRAMES = { type: 'integer', description: 'Number of video frames' };

function sentFor(wanted: number, inputs: Parts, enums: Parts = {}): [Parts, string | null | undefined] {
  const { input, changes } = buildDuration(wanted, readFields(inputs, enums), {});
  assert.ok(changes.every(({ field, from }) => field === 'duration' && from === String(wanted)));
  return [input, changes[0]?.to];
}

test('a length that the model takes is sent in its own words, and nothing is told', () => {
  const asked: [Parts, Parts][] = [
    [{ duration: { type: 'integer', minimum: 2, maximum: 12 } }, { duration: 5 }],
    [{ duration: { type: 'number' } }, { duration: 5 }],
    [{ seconds: { type: 'integer', enum: [5, 10], ...SECONDS } }, { seconds: 5 }],
    [{ duration: { type: 'string', enum: ['5', '10'] } }, { duration: '5' }],
    [{ duration: { type: 'string', enum: ['5s', '10s'] } }, { duration: '5s' }],
    [{ duration: { type: 'string', default: '8s' } }, { duration: '5s' }],
    [{ duration: { type: 'integer', enum: [-1, 5, 10], default: -1 } }, { duration: 5 }],
    [{ video_length: { type: 'integer', ...SECONDS } }, { video_length: 5 }],
    [{ video_length: { type: 'integer', description: 'In frames' }, fps: { default: 10 } }, { video_length: 50 }],
    [{ num_frames: FRAMES, fps: { type: 'integer', default: 24 } }, { num_frames: 120 }],
    [{ num_frames: { ...FRAMES, default: 81 }, frames_per_second: { default: 16 } }, { num_frames: 81 }],
    [
      { length: { enum: [97, 121, 161], description: 'Length in frames' }, frame_rate: { enum: [24] } },
      { length: 121 },
    ],
  ];
  for (const [inputs, input] of asked) assert.deepEqual(sentFor(5, inputs), [input, undefined], JSON.stringify(inputs));
  const referred = sentFor(10, { duration: enumField('duration') }, { duration: { enum: [5, 10], type: 'integer' } });
  assert.deepEqual(referred, [{ duration: 10 }, undefined]);
});

test('any other length becomes the nearest the model takes, of two the shorter, and that is told', () => {
  const duration = { type: 'integer', enum: [4, 6, 8], ...SECONDS };
  assert.deepEqual(sentFor(10, { duration }), [{ duration: 8 }, '8']);
  assert.deepEqual(sentFor(5, { duration }), [{ duration: 4 }, '4']);
  assert.deepEqual(sentFor(1, { duration: { type: 'integer', minimum: 2, maximum: 12 } }), [{ duration: 2 }, '2']);
  assert.deepEqual(sentFor(30, { duration: { type: 'number', maximum: 12.5 } }), [{ duration: 12.5 }, '12.5']);
  const wan = { num_frames: { ...FRAMES, default: 81, minimum: 81, maximum: 121 }, frames_per_second: { default: 16 } };
  assert.deepEqual(sentFor(10, wan), [{ num_frames: 121 }, '7.6']);
});

test('a model that has no say in it leaves it out, and that is told', () => {
  assert.deepEqual(sentFor(5, {}), [{}, null]);
  assert.deepEqual(sentFor(5, { num_frames: FRAMES }), [{}, null], 'frames of no known length');
  assert.deepEqual(sentFor(5, { duration: { enum: ['short', 'long'] } }), [{}, null]);
  assert.deepEqual(sentFor(5, { duration: { type: 'boolean' } }), [{}, null]);
});

test('frames are counted at the rate that somebody set', () => {
  const fields = readFields({ num_frames: FRAMES, fps: { type: 'integer', default: 24 } });
  assert.deepEqual(buildDuration(5, fields, { fps: 12 }).input, { num_frames: 60 });
  assert.deepEqual(buildDuration(null, fields, { fps: 12 }), { input: {}, changes: [] });
});
