/** What a picture shows: read from the prompt's words, and where they say nothing, from chance. */
import { between, createRandom, pick, type Random } from './random.ts';

/** Red, green, blue from 0 to 255. */
export type Color = readonly [number, number, number];

export type Land = 'mountains' | 'hills' | 'sea' | 'forest' | 'desert';

/** The light of a time of day. */
export interface Light {
  /** From the zenith down to the horizon. */
  sky: readonly [Color, Color, Color];
  /** What distance fades into. */
  haze: Color;
  sun: Color;
  /** Height of the sun or moon above the horizon, as a share of the sky: lowest and highest. */
  sunHeight: readonly [number, number];
  isNight: boolean;
  /** How much of its own colour the nearest land keeps; the rest is shadow. */
  brightness: number;
}

export interface Scene {
  light: Light;
  land: Land;
  /** The nearest land's own colour. */
  ground: Color;
  hasSnow: boolean;
  /** Share of the height above which is sky. */
  horizon: number;
  /** Share of the width. */
  sunX: number;
  /** Share of the sky's height above the horizon. */
  sunY: number;
}

type Time = 'day' | 'dawn' | 'sunset' | 'night';

const LIGHTS: Readonly<Record<Time, readonly [Light, ...Light[]]>> = {
  day: [
    light({ sky: ['#3f8fd2', '#8cc4e8', '#e4f1f2'], haze: '#cfe3ea', sun: '#fffbe6', sunHeight: [0.55, 0.75] }),
    light({ sky: ['#4a7fb5', '#a9c9dc', '#f3ead8'], haze: '#dfe3df', sun: '#fff6dc', sunHeight: [0.45, 0.7] }),
    light({ sky: ['#2f9aa8', '#93d0cb', '#f2f0d9'], haze: '#d5e6dc', sun: '#fffbe8', sunHeight: [0.5, 0.7] }),
  ],
  dawn: [
    light({ sky: ['#6f8fc4', '#e2b8c6', '#fde3c8'], haze: '#f0cfcb', sun: '#fff3dc', sunHeight: [0.12, 0.3] }),
    light({ sky: ['#7a86bd', '#d8a9c0', '#ffd9b8'], haze: '#e9c2c4', sun: '#fff0d4', sunHeight: [0.12, 0.28] }),
  ],
  sunset: [
    light({
      sky: ['#2b2a5e', '#c6527a', '#ffb45e'],
      haze: '#f08a62',
      sun: '#fff0c2',
      sunHeight: [0.1, 0.24],
      brightness: 0.5,
    }),
    light({
      sky: ['#3a3472', '#e06b5f', '#ffd07a'],
      haze: '#f4a46c',
      sun: '#fff4cf',
      sunHeight: [0.12, 0.26],
      brightness: 0.55,
    }),
    light({
      sky: ['#472a63', '#b8487d', '#ff9d6b'],
      haze: '#dd7477',
      sun: '#ffe9bd',
      sunHeight: [0.08, 0.22],
      brightness: 0.5,
    }),
  ],
  night: [
    light({
      sky: ['#070b22', '#152650', '#34528a'],
      haze: '#3a588c',
      sun: '#f4f1df',
      sunHeight: [0.5, 0.75],
      isNight: true,
      brightness: 0.34,
    }),
    light({
      sky: ['#0b0a26', '#272257', '#56478a'],
      haze: '#51488a',
      sun: '#f5eee0',
      sunHeight: [0.5, 0.75],
      isNight: true,
      brightness: 0.34,
    }),
    light({
      sky: ['#04141f', '#0f3a4d', '#2f7079'],
      haze: '#33707a',
      sun: '#eef5e8',
      sunHeight: [0.5, 0.75],
      isNight: true,
      brightness: 0.34,
    }),
  ],
};

const GROUNDS: Readonly<Record<Land, readonly [Color, ...Color[]]>> = {
  mountains: [color('#33445c'), color('#3b4a4e'), color('#453f5c')],
  hills: [color('#4c7a45'), color('#5f8146'), color('#3f7357'), color('#7d7f42')],
  sea: [color('#1f6f86'), color('#23648f'), color('#2a8087')],
  forest: [color('#1f4a3a'), color('#2a4f34'), color('#21484a')],
  desert: [color('#b9743f'), color('#c08a52'), color('#a8603f')],
};

/** First match wins. Words are looked for as they begin, so `mountains` is found by `mountain`. */
const TIME_WORDS: readonly (readonly [Time, RegExp])[] = [
  ['night', /\b(night|midnight|moon|star(s|ry|light)?\b|galax|nebula|space|cosm|aurora|dark)/i],
  ['sunset', /\b(sunset|dusk|evening|twilight|golden hour|fire|lava|autumn)/i],
  ['dawn', /\b(dawn|sunrise|morning|pastel|mist|fog|dream)/i],
  ['day', /\b(day|noon|summer|spring|sunny|blue sky)/i],
];

const LAND_WORDS: readonly (readonly [Land, RegExp])[] = [
  ['forest', /\b(forest|wood(s|land)|tree|jungle|pine|fir\b|park|garden)/i],
  ['mountains', /\b(mountain|alp(s|ine)|peak|summit|volcano|cliff|rock|canyon)/i],
  ['sea', /\b(sea|ocean|beach|lake|water|island|coast|ship|boat|sail|fish|whale|river|harbou?r|wave)/i],
  ['desert', /\b(desert|sand|dune|camel|sahara|pyramid|mars)/i],
  ['hills', /\b(hill|meadow|field|valley|farm|grass|country|flower)/i],
];

const SNOW_WORDS = /\b(snow|winter|ice\b|icy|frost|arctic|polar|christmas|glacier|ski)/i;

/** The same prompt and seed give the same scene. */
export function composeScene(prompt: string, seed: number): Scene {
  const random = createRandom('scene', prompt, seed);
  const time = find(TIME_WORDS, prompt) ?? pick(random, ['day', 'dawn', 'sunset', 'sunset', 'night']);
  const hasSnow = SNOW_WORDS.test(prompt);
  const land =
    find(LAND_WORDS, prompt) ??
    pick(random, hasSnow ? ['mountains', 'hills'] : ['mountains', 'hills', 'sea', 'forest']);
  const lit = pick(random, LIGHTS[time]);
  return {
    light: lit,
    land,
    ground: hasSnow && land !== 'sea' && land !== 'forest' ? color('#b9cbe0') : pick(random, GROUNDS[land]),
    hasSnow,
    horizon: horizonOf(land, random),
    sunX: pick(random, [between(random, 0.2, 0.42), between(random, 0.58, 0.8)]),
    // Behind mountains it would be lost.
    sunY: between(random, ...lit.sunHeight) + (land === 'mountains' ? 0.2 : 0),
  };
}

/** A colour between two: all of `from` at 0, all of `to` at 1. */
export function mix(from: Color, to: Color, share: number): Color {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

export function css([red, green, blue]: Color, alpha = 1): string {
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

function horizonOf(land: Land, random: Random): number {
  if (land === 'sea') return between(random, 0.56, 0.64);
  return land === 'mountains' ? between(random, 0.56, 0.66) : between(random, 0.5, 0.6);
}

function find<T>(words: readonly (readonly [T, RegExp])[], prompt: string): T | undefined {
  return words.find(([, pattern]) => pattern.test(prompt))?.[0];
}

interface LightText {
  sky: readonly [string, string, string];
  haze: string;
  sun: string;
  sunHeight: readonly [number, number];
  isNight?: boolean;
  brightness?: number;
}

function light({ sky, haze, sun, sunHeight, isNight = false, brightness = 0.9 }: LightText): Light {
  return {
    sky: [color(sky[0]), color(sky[1]), color(sky[2])],
    haze: color(haze),
    sun: color(sun),
    sunHeight,
    isNight,
    brightness,
  };
}

function color(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
