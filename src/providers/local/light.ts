/** The light of a picture: its colours, from the time of day, the mood and the colours that a prompt names. */
import { BLACK, type Color, fromHue, grade, hex, mix, tint, WHITE } from './color.ts';
import { between, pick, type Random } from './random.ts';
import type { Concept, Reading } from './vocabulary.ts';

export interface Light {
  /** From the zenith down to the horizon. */
  sky: readonly [Color, Color, Color];
  /** What distance fades into. */
  haze: Color;
  /** Sun or moon, and whatever it lights. */
  sun: Color;
  /** The darkest of the foreground. */
  ink: Color;
  /** For petals, clothes, neon, fruit: they go with the sky and with each other. */
  accents: readonly [Color, Color, Color, ...Color[]];
  /** Height of the sun or moon above the horizon, as a share of the sky: lowest and highest. */
  sunHeight: readonly [low: number, high: number];
  isNight: boolean;
  /** How much of its own colour the land keeps; the rest is shadow. */
  brightness: number;
}

export type Time = 'day' | 'dawn' | 'sunset' | 'night' | 'storm' | 'neon' | 'dream' | 'fire';

type Swatch = `${string} ${string} ${string} ${string} ${string} ${string}`;

/** Three of the sky, haze, sun, ink. */
const SWATCHES: Readonly<Record<Time, readonly [Swatch, ...Swatch[]]>> = {
  day: [
    '#2f7fc4 #79b9e4 #e9f3ee #cfe4ea #fffbe6 #16324a',
    '#4a7fb5 #a9c9dc #f6ecd6 #dfe3df #fff6dc #24384c',
    '#1f8f9f #86cbc6 #f6f1d5 #d3e6da #fffbe8 #12393f',
    '#3b6fb0 #8fb6dd #fbe6d2 #dcdde2 #fff4dd #1d2f4f',
  ],
  dawn: [
    '#5f7fba #dcb0c4 #fee3c4 #f2cfc8 #fff3dc #2c3558',
    '#6c7ab8 #d8a3be #ffd5b0 #eabfc2 #fff0d4 #33305a',
    '#7fa6c9 #f3c9b9 #fff0cf #f6d9c4 #fffbe9 #31495f',
    '#4d5f9c #b58bb4 #ffc09a #dba4b0 #ffeccb #241f47',
  ],
  sunset: [
    '#2b2a5e #c6527a #ffb45e #f08a62 #fff0c2 #1c1838',
    '#3a3472 #e06b5f #ffd07a #f4a46c #fff4cf #251d40',
    '#472a63 #b8487d #ff9d6b #dd7477 #ffe9bd #22123a',
    '#1d3557 #e0705a #ffc56b #ee9763 #fff1c9 #101f38',
    '#5b2a4f #e2574c #ffb347 #ef7f4e #fff0b8 #2a1030',
    '#24486b #d98f8a #fbd28f #e8a98a #fff6d8 #142a42',
  ],
  night: [
    '#070b22 #152650 #3a5c98 #3a588c #f7f3de #050816',
    '#0b0a26 #272257 #6a559c #51488a #f7efe0 #08071a',
    '#04141f #0f3a4d #3a8288 #33707a #f0f7e8 #030d15',
    '#0a1026 #1e2f5e #8a6a9c #56568c #fdf2dc #070a1b',
  ],
  storm: [
    '#23303c #4d626d #a9b5ad #8a9a9a #e8ecdf #10181f',
    '#2b2f45 #585f7d #b3adb5 #8d8fa2 #f0e9e0 #151728',
    '#1d3238 #4a6b68 #b9bfa4 #8fa598 #f1eed2 #0d1b1e',
  ],
  neon: [
    '#0d0724 #4a1470 #ff4f9a #a42c86 #ffe0f0 #090418',
    '#070b2a #2b1d77 #21c7d9 #2f5fb0 #d9fbff #050618',
    '#140a33 #7a1f8a #ff8a5c #c23d86 #ffe6b8 #0d0522',
  ],
  dream: [
    '#6d6fc0 #c79ada #ffd3d6 #e3b6dd #fff6ec #3a2f6b',
    '#5aa0c8 #b6b5e6 #ffd9e2 #d3c3e6 #fffaf0 #2e3f73',
    '#8a6fc0 #f0a7c4 #ffe3bf #eec0cb #fff8e2 #46306e',
  ],
  fire: ['#1a0a12 #7a1a1c #ff7a2a #b03a1e #ffe9a8 #120509', '#240d1c #a02a2a #ffa03c #d0522c #fff0b4 #180712'],
};

const SUN_HEIGHTS: Readonly<Record<Time, readonly [number, number]>> = {
  day: [0.45, 0.78],
  dawn: [0.12, 0.34],
  sunset: [0.08, 0.28],
  night: [0.42, 0.76],
  storm: [0.4, 0.7],
  neon: [0.12, 0.4],
  dream: [0.25, 0.6],
  fire: [0.08, 0.3],
};

const BRIGHTNESS: Readonly<Record<Time, number>> = {
  day: 0.95,
  dawn: 0.82,
  sunset: 0.56,
  night: 0.36,
  storm: 0.6,
  neon: 0.36,
  dream: 0.85,
  fire: 0.4,
};

const GREEN = '#4fa34a';

/** First match wins: `a stormy night` is night (its clouds tell the storm), `neon city at sunset` is neon. */
const TIME_CONCEPTS: readonly (readonly [Time, readonly Concept[]])[] = [
  ['neon', ['neon']],
  ['fire', ['fire']],
  ['dawn', ['dawn']],
  ['sunset', ['sunset']],
  ['night', ['night', 'stars', 'moon', 'aurora', 'fireworks', 'space']],
  ['storm', ['storm']],
  ['dream', ['dreamy']],
  ['day', ['day']],
];

/** Chance decides what the prompt leaves open; the same stream gives the same light. */
export function chooseLight({ concepts, colors, petals }: Reading, random: Random): Light {
  const time =
    TIME_CONCEPTS.find(([, words]) => words.some((word) => concepts.has(word)))?.[0] ?? guessTime(concepts, random);
  const plain = readSwatch(pick(random, SWATCHES[time]), time, random);
  // Green hills do not stand under a green sky: they are green anyway.
  const isOfLand =
    concepts.has('hills') || concepts.has('forest') || concepts.has('mountains') || concepts.has('flowers');
  const dyed = dye(plain, colors.filter((color) => !(isOfLand && color === GREEN)).map(hex));
  const planted = plant(dyed, petals.map(hex));
  return MOODS.reduce((light, [mood, change]) => (concepts.has(mood) ? change(light) : light), planted);
}

function guessTime(concepts: ReadonlySet<Concept>, random: Random): Time {
  if (concepts.has('dark')) return pick(random, ['night', 'storm']);
  if (concepts.has('rain')) return pick(random, ['storm', 'storm', 'night']);
  if (concepts.has('snow') || concepts.has('fog')) return pick(random, ['day', 'dawn', 'dawn', 'night']);
  if (concepts.has('flowers') || concepts.has('pastel'))
    return pick(random, ['day', 'dawn', 'dawn', 'sunset', 'dream']);
  if (concepts.has('city') || concepts.has('street')) return pick(random, ['sunset', 'night', 'night', 'dawn', 'neon']);
  return pick(random, ['day', 'dawn', 'sunset', 'sunset', 'night', 'dream']);
}

const MOODS: readonly (readonly [Concept, (light: Light) => Light])[] = [
  ['autumn', (light) => recolor(light, (color) => tint(color, [226, 142, 60], 0.3))],
  ['storm', (light) => recolor(light, (color) => grade(color, 0.72, -0.08))],
  ['dreamy', (light) => recolor(light, (color) => grade(tint(color, [206, 160, 226], 0.22), 1.05, 0.06))],
  ['calm', (light) => recolor(light, (color) => grade(color, 0.82, 0.05))],
  ['vivid', (light) => recolor(light, (color) => grade(color, 1.3))],
  [
    'pastel',
    (light) => ({
      ...recolor(light, (color) => grade(color, 0.72, 0.36)),
      brightness: Math.max(light.brightness, 0.8),
    }),
  ],
  ['vintage', (light) => recolor(light, (color) => grade(tint(color, [205, 164, 104], 0.42), 0.8, 0.05))],
  [
    'dark',
    (light) => ({ ...recolor(light, (color) => grade(color, 0.85, -0.26)), brightness: light.brightness * 0.7 }),
  ],
];

/** Flowers keep the colour of their kind, in three shades. */
function plant(light: Light, [first, second]: readonly Color[]): Light {
  if (first === undefined) return light;
  const other = second ?? mix(first, WHITE, 0.35);
  return {
    ...light,
    accents: [first, other, mix(first, light.ink, 0.16), mix(other, WHITE, 0.4), light.accents[3] ?? other],
  };
}

/** One colour colours everything; of several, the first takes the sky and the next ones the light. */
function dye(light: Light, [first, second, third]: readonly Color[]): Light {
  if (first === undefined) return light;
  const low = second ?? first;
  const [zenith, middle, horizon] = light.sky;
  const accents: Light['accents'] = [
    first,
    low,
    third ?? mix(first, WHITE, 0.45),
    mix(low, light.ink, 0.35),
    light.accents[0],
  ];
  const dyeWith = (color: Color, tone: Color, strength: number): Color =>
    mix(tint(color, tone, strength), tone, strength * 0.22);
  return {
    ...light,
    sky: [dyeWith(zenith, first, 0.85), dyeWith(middle, mix(first, low, 0.3), 0.85), dyeWith(horizon, low, 0.8)],
    haze: dyeWith(light.haze, low, 0.8),
    sun: tint(light.sun, third ?? low, 0.3),
    ink: mix(tint(light.ink, first, 0.6), second ?? light.ink, 0.25),
    accents,
  };
}

function recolor(light: Light, change: (color: Color) => Color): Light {
  const [zenith, middle, horizon] = light.sky;
  const [one, two, three, ...more] = light.accents;
  return {
    ...light,
    sky: [change(zenith), change(middle), change(horizon)],
    haze: change(light.haze),
    sun: mix(light.sun, change(light.sun), 0.4),
    ink: change(light.ink),
    accents: [change(one), change(two), change(three), ...more.map(change)],
  };
}

function readSwatch(swatch: Swatch, time: Time, random: Random): Light {
  const [zenith = BLACK, middle = BLACK, horizon = BLACK, haze = BLACK, sun = BLACK, ink = BLACK] = swatch
    .split(' ')
    .map(hex);
  return {
    sky: [zenith, middle, horizon],
    haze,
    sun,
    ink,
    accents: chooseAccents(random, time),
    sunHeight: SUN_HEIGHTS[time],
    isNight: time === 'night' || time === 'neon',
    brightness: BRIGHTNESS[time],
  };
}

/** Degrees of hue without those between yellow and green, which look sick on petals, cloth and porcelain. */
const HUES = { from: 195, span: 260 } as const;

/** A few neighbours on the colour circle and one from across it. */
function chooseAccents(random: Random, time: Time): Light['accents'] {
  const place = random();
  const hueAt = (shift: number): number => HUES.from + ((((place + shift) % 1) + 1) % 1) * HUES.span;
  const chroma = time === 'neon' ? 0.24 : 0.16;
  const lightness = time === 'dream' || time === 'dawn' ? 0.77 : 0.68;
  const step = between(random, 0.09, 0.17);
  return [
    fromHue(hueAt(0), lightness, chroma),
    fromHue(hueAt(step), lightness + 0.08, chroma * 0.85),
    fromHue(hueAt(-step), lightness - 0.08, chroma),
    fromHue(hueAt(0.5), lightness, chroma * 0.8),
    fromHue(hueAt(step * 2), lightness + 0.14, chroma * 0.6),
  ];
}
