import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { paint, type PaintRequest } from '../../../src/providers/local/paint.ts';
import { readSources } from '../../repository-files.ts';

const SMALL = { width: 320, height: 320 };
/** Side of the square that pictures are compared in. */
const SIDE = 24;

function hash(request: PaintRequest): string {
  return createHash('sha256').update(paint(request)).digest('hex');
}

/** Red, green and blue of the picture at 24 x 24, so that grain plays no part. */
async function decode(request: PaintRequest): Promise<number[]> {
  const image = await loadImage(paint(request));
  assert.deepEqual([image.width, image.height], [request.width, request.height]);
  const context = createCanvas(SIDE, SIDE).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, SIDE, SIDE);
  return [...context.getImageData(0, 0, SIDE, SIDE).data].filter((_, index) => index % 4 !== 3);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.sqrt(one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0) / one.length);
}

/**
 * SHA-256 of whole pictures. Those of x64 were the same with SSE (Nehalem), AVX2 and AVX-512; those of arm64 come
 * from an emulated processor.
 */
const PAINTED: readonly { asked: PaintRequest; x64: string; arm64: string }[] = [
  {
    asked: { prompt: 'a lighthouse at sunset, 夕焼け', seed: 42, width: 320, height: 320 },
    x64: '8f896fbb4f277d057b984806281ae838129262e0a9891f89d0e5125008e7d769',
    arm64: 'e8964c068e7b15a0104e775e260c5812eb186bf823387ef3ae57301d9828babd',
  },
  {
    asked: { prompt: 'aurora over snowy mountains', seed: 13, width: 569, height: 320 },
    x64: '96b32fb17421267232b2a9200e23364377089e5b48004faa9f4d76b18d35d6e3',
    arm64: 'a09b20144fd344315f2d7e2c1bdff4c59fa3412d28c53c727bfdd09e3f8e1a6d',
  },
  {
    asked: { prompt: 'Saturn, a galaxy far away', seed: 3, width: 427, height: 320 },
    x64: 'e5318b4c324dee482b5baa41f17a0b34f135702106182b91824e35b6002d8db8',
    arm64: '0b173652731320a7bc047371d63a26ed2e64fbbfd3c6395f963705747de2a772',
  },
  {
    asked: { prompt: 'fruit on a table', seed: 6, width: 320, height: 320 },
    x64: 'fb66e4c9cd17f3e1646e3973dfc67a41ce56e76753d758fb4ef0f83a4531d1cf',
    arm64: 'd3bd70f189e6aae71be91d19e194ea515684228ec4f9794e791dc179cc718298',
  },
  {
    asked: { prompt: 'rainy neon street at night', seed: 4, width: 320, height: 427 },
    x64: '40c2bff44d69f690a6a6e6b7e90060bad588df43627b92d0cdeec30c1e0cef72',
    arm64: '8fb4e10ea1ed692dacae84557540b9cbac682a1228c481a18b26faa65a327e33',
  },
  {
    asked: { prompt: 'Привет, мир', seed: 6, width: 320, height: 320 },
    x64: '733a367f7d1fd78ec33690e5612893327dcd2bc22760606d512378a856bb5f74',
    arm64: '6e5b26410fcbe170f6cf4d710750dcff331d21f2741f787c07b084fecdac11c9',
  },
  {
    asked: { prompt: 'field of roses by a lake, hot air balloons', seed: 2, width: 480, height: 320 },
    x64: '0227dbad057a7beb85381491025812ac5020fc0dbff064f5826f4d190d967147',
    arm64: '6fe21426f31f4c9a469234464acd2fa58cb727f5ed4eeb6d34f5a406b9a14cad',
  },
  {
    asked: { prompt: 'blobs of ink', seed: 9, width: 320, height: 320 },
    x64: 'a677330c563b6741fed724bdd628e7df08e91aba1a8f17d5d51c41b332b0958d',
    arm64: 'c4a96f13508e254d029dbf96f1d42f3dfbebb8bd76cfad6e21f4fd0595b49e8b',
  },
];

for (const { asked, ...expected } of PAINTED) {
  const sum = process.platform === 'linux' && isMeasured(process.arch) ? expected[process.arch] : undefined;
  const skip = sum === undefined && `no sum is known for ${process.platform} on ${process.arch}`;
  test(`the same bytes on every machine of one architecture: ${asked.prompt}`, { skip }, () => {
    // Another sum means that people get another picture for an old seed: give the painter a new name in
    // local-provider.ts. Where only some machines give another sum, paint.ts says which operations cause it.
    assert.equal(hash(asked), sum);
  });
}

function isMeasured(architecture: string): architecture is 'x64' | 'arm64' {
  return architecture === 'x64' || architecture === 'arm64';
}

/** What gives other bytes on other processors (paint.ts has the measurements), each with code that it must find. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp, example: string])[] = [
  ['smoothing of high quality', /imageSmoothingQuality\s*=\s*'high'/, "context.imageSmoothingQuality = 'high';"],
  [
    'gradients between circles with two centres',
    /createRadialGradient\((?!\s*([^,()]+),\s*([^,()]+),[^,()]+,\s*\1,\s*\2,)/,
    'context.createRadialGradient(x + 1, y, 0, x, y, radius);',
  ],
  ['patterns', /createPattern\(/, "context.createPattern(canvas, 'repeat');"],
  ['canvas filters', /\.filter\s*=/, "context.filter = 'sepia(1)';"],
  [
    'blending in floating point',
    /globalCompositeOperation\s*=\s*'(?:color-dodge|color-burn|hue|saturation|color|luminosity)'/,
    "context.globalCompositeOperation = 'color-dodge';",
  ],
];

for (const [what, pattern, example] of FORBIDDEN) {
  test(`no processor gets another picture because of ${what}`, () => {
    assert.match(example, pattern);
    const sources = readSources().filter(({ path }) => path.startsWith('src/providers/local/'));
    assert.ok(sources.length > 20);
    const users = sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
    assert.deepEqual(users, [], `expected no ${what}: see the head of src/providers/local/paint.ts`);
  });
}

test('another seed is another composition, not another grain', async () => {
  for (const prompt of ['sunset over mountains', 'a portrait of a woman', 'zyx', '夜の街']) {
    const pictures = await Promise.all([1, 2, 3].map((seed) => decode({ prompt, seed, ...SMALL })));
    for (const [index, picture] of pictures.entries()) {
      const next = pictures[(index + 1) % pictures.length] ?? picture;
      assert.ok(distance(picture, next) > 12, `${prompt}: ${index} and the next differ by ${distance(picture, next)}`);
    }
  }
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['blanks', ' \t\n\r '],
  ['an unknown product', 'Zorblax 3000 Pro Max'],
  ['Cyrillic', 'Синий трактор едет'],
  ['right to left', 'غروب الشمس فوق الجبال'],
  ['Hebrew with marks of direction', '\u202eשקיעה\u202c\u200f'],
  ['emoji', '🌄🐈‍⬛👩‍🚀'.repeat(100)],
  ['4000 letters', 'x'.repeat(4000)],
  ['4000 words', 'sea '.repeat(1000)],
  ['4000 kanji', '雪月花'.repeat(1333)],
  ['control characters', '\u0000\u0001\u001b[31mred\u007f'],
  ['zero width', '\u200b\u200d\ufeff\u2060'],
  ['half of a surrogate pair', '\ud800 broken \udfff'],
  ['names of object properties', 'constructor __proto__ toString hasOwnProperty'],
  ['markup', '<script>alert(1)</script> ${7*7} {{x}}'],
];

for (const [what, prompt] of HOSTILE) {
  test(`no prompt gives an empty picture: ${what}`, async () => {
    for (const seed of [0, 1, 2_147_483_647]) {
      const spread = deviation(await decode({ prompt, seed, ...SMALL }));
      assert.ok(spread > 14, `expected colours that vary, their deviation is ${spread}`);
    }
  });
}

test('every place, figure and weather can be painted, square, flat and tall', async () => {
  const prompts = [
    'mountains, snow, aurora',
    'Mt Fuji with cherry blossoms',
    'hills with a house and hot air balloons',
    'sea storm with a lighthouse, a boat and a whale',
    'lake, forest, mountains, flowers, fog',
    'fireworks over the city',
    'autumn forest with a deer',
    'neon street in the rain with a cat',
    'desert, fire',
    'space, a robot',
    'tulips',
    'a woman',
    'a man at night',
    'dog, rabbit, bird',
    'coffee',
    'ramen',
    'fruit',
    'wine',
    'vase',
    'shoes',
    'ribbon',
    'paper',
    'crystal',
    'ring',
    'bubble',
    'a castle in the mountains',
    'a torii in the sea',
  ];
  const sizes = [SMALL, { width: 640, height: 80 }, { width: 80, height: 640 }, { width: 480, height: 210 }];
  for (const [index, prompt] of prompts.entries()) {
    const size = sizes[index % sizes.length] ?? SMALL;
    const spread = deviation(await decode({ prompt, seed: 5, ...size }));
    assert.ok(spread > 14, `${prompt} at ${size.width} x ${size.height}: deviation ${spread}`);
  }
});

test('a picture weighs less than 3 MB a megapixel', () => {
  for (const prompt of ['rainy neon street at night', 'a field of flowers', 'galaxy', 'qwerty'])
    assert.ok(paint({ prompt, seed: 3, width: 1024, height: 1024 }).length < 3_000_000, prompt);
});
