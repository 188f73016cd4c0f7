import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeScene, type Figure, type Scene, type Setting } from '../../../src/providers/local/scene.ts';
import type { Concept } from '../../../src/providers/local/vocabulary.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** The scenes of a prompt with several seeds. */
function scenes(prompt: string): Scene[] {
  return SEEDS.map((seed) => composeScene(prompt, seed));
}

const SETTINGS: readonly (readonly [Setting, readonly string[]])[] = [
  ['mountains', ['snowy mountains', 'Mt. Fuji', 'the Alps at dawn', '山', '富士山の朝焼け']],
  ['hills', ['green hills', 'a meadow in summer', '草原', '田園の夕焼け']],
  ['water', ['the sea', 'A BEACH!', 'mountain lake', 'a lighthouse in a storm', '海', '夕焼けの海', '湖と山']],
  ['forest', ['a misty forest', 'deep woods, morning', '森', '雪の森']],
  ['city', ['city at night', 'the skyline of Tokyo', '街', '夜の街', '東京']],
  ['street', ['a rainy street', 'back alley, neon', '路地裏', '雨の商店街']],
  ['desert', ['desert under stars', 'sand dunes', '砂漠']],
  ['space', ['a galaxy far away', 'planets', 'an astronaut', '宇宙', '土星']],
  ['flowers', ['a field of sunflowers', 'roses', '花', 'ひまわり畑']],
  ['still-life', ['a cup of coffee', 'sneakers, product shot', 'a vase of roses', 'ラーメン', 'コーヒー']],
  ['abstract', ['abstract shapes', 'paper layers', 'qwertyuiop', '', '🦄✨', 'Привет, мир', '抽象画']],
];

for (const [setting, prompts] of SETTINGS) {
  test(`words for ${setting} give ${setting}, whatever the seed`, () => {
    for (const prompt of prompts) {
      for (const scene of scenes(prompt)) assert.equal(scene.setting, setting, prompt);
    }
  });
}

test('people, animals and robots are painted as figures, at the place that is named', () => {
  const figures: readonly (readonly [string, Figure])[] = [
    ['portrait of a woman', 'woman'],
    ['a boy', 'man'],
    ['selfie', 'person'],
    ['two cats', 'cat'],
    ['shiba puppy', 'dog'],
    ['an owl', 'bird'],
    ['robots', 'robot'],
    ['猫', 'cat'],
    ['柴犬', 'dog'],
    ['女性の肖像', 'woman'],
    ['鹿', 'deer'],
    ['ロボット', 'robot'],
  ];
  for (const [prompt, figure] of figures) {
    for (const scene of scenes(prompt)) assert.deepEqual([scene.figure, scene.setting], [figure, 'backdrop'], prompt);
  }
  for (const { figure, setting } of [...scenes('a cat on the beach'), ...scenes('海辺の猫')])
    assert.deepEqual([figure, setting], ['cat', 'water']);
});

test('a word counts as a whole: no sea in search, no rain in train, no star in start', () => {
  for (const prompt of [
    'search engine',
    'a train station brand',
    'research starts',
    'scathing catalog',
    'icity',
    'seasoned',
  ]) {
    for (const { setting, figure, concepts } of scenes(prompt))
      assert.deepEqual([setting, figure, [...concepts]], ['abstract', null, []], prompt);
  }
});

test('in Japanese the longest word counts: 夜明け is no night, 花火 no flower, 火星 no star', () => {
  const readings: readonly (readonly [string, Concept, Concept])[] = [
    ['夜明け', 'dawn', 'night'],
    ['花火', 'fireworks', 'flowers'],
    ['火星', 'desert', 'stars'],
    ['画家', 'person', 'house'],
    ['cherry blossom', 'blossom', 'fruit'],
  ];
  for (const [prompt, meant, notMeant] of readings) {
    const { concepts } = composeScene(prompt, 1);
    assert.ok(concepts.has(meant) && !concepts.has(notMeant), `${prompt}: ${[...concepts].join(', ')}`);
  }
});

test('what is named together is painted together', () => {
  const both: readonly (readonly [string, Setting, readonly Concept[]])[] = [
    ['rainy city at night', 'city', ['rain', 'night']],
    ['snowy forest', 'forest', ['snow']],
    ['desert under stars', 'desert', ['stars']],
    ['flowers by the sea', 'water', ['flowers']],
    ['雨の夜の街', 'city', ['rain', 'night']],
    ['オーロラと雪山', 'mountains', ['aurora', 'snow']],
  ];
  for (const [prompt, setting, concepts] of both) {
    for (const scene of scenes(prompt)) {
      assert.equal(scene.setting, setting, prompt);
      for (const concept of concepts) assert.ok(scene.concepts.has(concept), `${prompt} has ${concept}`);
    }
  }
});

test('night is dark and has a moon, in English and in Japanese', () => {
  for (const prompt of ['mountains at night', '夜の山', 'starry hills', '星空と丘'])
    for (const { light } of scenes(prompt)) assert.ok(light.isNight, prompt);
  for (const prompt of ['mountains at sunset', '夕焼けの山', '朝焼けの海'])
    for (const { light } of scenes(prompt)) assert.ok(!light.isNight, prompt);
});

test('a colour that is named, in English or Japanese, colours the sky', () => {
  const strongest = (prompt: string): number[] =>
    scenes(prompt).map(({ light: { sky } }) => sky[1].indexOf(Math.max(...sky[1])));
  for (const prompt of ['red mountains', '赤い山']) assert.deepEqual(new Set(strongest(prompt)), new Set([0]), prompt);
  for (const prompt of ['deep blue sea', '青い海']) assert.deepEqual(new Set(strongest(prompt)), new Set([2]), prompt);
});

test('a flower has the colour of its kind: a rose is red, a sunflower yellow', () => {
  for (const [prompt, isSo] of [
    ['roses', ([red, green, blue]: readonly number[]) => (red ?? 0) > 2 * Math.max(green ?? 0, blue ?? 0)],
    ['ひまわり', ([red, green, blue]: readonly number[]) => Math.min(red ?? 0, green ?? 0) > 2 * (blue ?? 0)],
  ] as const) {
    for (const { light } of scenes(prompt))
      assert.ok(isSo(light.accents[0]), `${prompt}: ${light.accents[0].join(' ')}`);
  }
});

test('a mood changes the palette: dark is darker and pastel lighter than without', () => {
  const brightness = (prompt: string): number =>
    SEEDS.reduce((sum, seed) => {
      const { sky } = composeScene(prompt, seed).light;
      return sum + sky.flat().reduce((total, value) => total + value, 0);
    }, 0);
  const plain = brightness('mountains at sunset');
  assert.ok(brightness('dark mountains at sunset') < plain * 0.85);
  assert.ok(brightness('pastel mountains at sunset') > plain * 1.15);
});

test('each seed composes anew: another horizon, another place for the sun', () => {
  const composed = new Set(
    scenes('sunset over the sea').map(({ horizon, sunX, sunY }) => `${horizon} ${sunX} ${sunY}`),
  );
  assert.equal(composed.size, SEEDS.length);
  const guessed = new Set(scenes('sunset').map(({ setting }) => setting));
  assert.ok(guessed.size >= 3, `expected several places for a bare sunset, got ${[...guessed].join(', ')}`);
});

test('the same prompt and seed compose the same scene', () => {
  assert.deepEqual(composeScene('夕焼けの海', 7), composeScene('夕焼けの海', 7));
});
