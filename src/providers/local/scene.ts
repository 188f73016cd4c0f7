/** What a picture shows and from where: read from the prompt's words, and where they say nothing, from chance. */
import { chooseLight, type Light } from './light.ts';
import { between, createRandom, pick, type Random } from './random.ts';
import { type Concept, readPrompt } from './vocabulary.ts';

/** Where we are. */
export type Setting =
  | 'mountains'
  | 'hills'
  | 'water'
  | 'forest'
  | 'city'
  | 'street'
  | 'desert'
  | 'space'
  | 'flowers'
  | 'backdrop'
  | 'still-life'
  | 'abstract';

/** Who stands before it, large. */
export type Figure = 'woman' | 'man' | 'person' | 'robot' | 'cat' | 'dog' | 'bird' | 'deer' | 'rabbit';

export interface Scene {
  setting: Setting;
  figure: Figure | null;
  /** Everything the prompt names, for the small things in the picture. */
  concepts: ReadonlySet<Concept>;
  light: Light;
  /** Share of the height above which is sky. */
  horizon: number;
  /** Share of the width. */
  sunX: number;
  /** Share of the sky's height above the horizon. */
  sunY: number;
}

const FIGURES: readonly Figure[] = ['robot', 'cat', 'dog', 'deer', 'rabbit', 'bird', 'woman', 'man', 'person'];
const OBJECTS: readonly Concept[] = ['cup', 'bottle', 'fruit', 'bowl', 'vase', 'product'];
const SHAPES: readonly Concept[] = ['abstract', 'ribbons', 'layers', 'facets', 'rings', 'blobs'];

/** First match wins. What stands lower is still seen: mountains behind a lake, flowers before the sea. */
const PLACES: readonly (readonly [Setting, readonly Concept[]])[] = [
  ['street', ['street']],
  ['water', ['sea', 'lake', 'boat', 'lighthouse', 'whale']],
  ['city', ['city']],
  ['desert', ['desert']],
  ['forest', ['forest']],
  ['mountains', ['mountains', 'fuji']],
  ['flowers', ['flowers']],
  ['hills', ['hills']],
  ['space', ['space']],
];

/** Where chance leads when only light and weather are named. First match wins. */
const GUESSES: readonly (readonly [Concept, readonly [Setting, ...Setting[]]])[] = [
  ['balloon', ['mountains', 'hills', 'desert']],
  ['blossom', ['hills', 'hills', 'mountains', 'water']],
  ['castle', ['mountains', 'hills']],
  ['gate', ['mountains', 'hills', 'water']],
  ['house', ['hills', 'hills', 'mountains']],
  ['tree', ['hills']],
  ['fireworks', ['city', 'water']],
  ['aurora', ['mountains', 'forest', 'water']],
  ['rain', ['street', 'city', 'water', 'street']],
  ['snow', ['forest', 'mountains', 'hills']],
  ['fog', ['forest', 'mountains']],
  ['storm', ['water', 'mountains', 'desert']],
  ['autumn', ['forest', 'hills']],
  ['fire', ['mountains', 'desert', 'forest']],
  ['sunset', ['mountains', 'water', 'hills', 'desert', 'water']],
  ['dawn', ['mountains', 'hills', 'water', 'forest']],
  ['stars', ['mountains', 'hills', 'desert', 'water']],
  ['moon', ['water', 'mountains', 'hills']],
  ['night', ['mountains', 'city', 'water', 'forest']],
  ['day', ['hills', 'water', 'mountains']],
];

const HORIZONS: Readonly<Record<Setting, readonly [low: number, high: number]>> = {
  mountains: [0.52, 0.68],
  hills: [0.46, 0.62],
  water: [0.44, 0.64],
  forest: [0.48, 0.62],
  city: [0.6, 0.76],
  street: [0.48, 0.6],
  desert: [0.46, 0.62],
  space: [0.62, 0.8],
  flowers: [0.36, 0.5],
  backdrop: [0.66, 0.78],
  'still-life': [0.62, 0.72],
  abstract: [0.4, 0.6],
};

/** The same prompt and seed give the same scene. */
export function composeScene(prompt: string, seed: number): Scene {
  const random = createRandom('scene', prompt, seed);
  const reading = readPrompt(prompt);
  const { concepts } = reading;
  const figure = FIGURES.find((name) => concepts.has(name)) ?? null;
  const setting = chooseSetting(concepts, figure, random);
  const light = chooseLight(reading, random);
  const isHidden = setting === 'mountains' || setting === 'city' || setting === 'forest';
  return {
    setting,
    figure,
    concepts,
    light,
    horizon: between(random, ...HORIZONS[setting]),
    sunX: pick(random, [between(random, 0.16, 0.42), between(random, 0.42, 0.58), between(random, 0.58, 0.84)]),
    // Behind mountains and roofs a low sun would be lost.
    sunY: between(random, ...light.sunHeight) + (isHidden ? 0.2 : 0),
  };
}

function chooseSetting(concepts: ReadonlySet<Concept>, figure: Figure | null, random: Random): Setting {
  const isNamed = (words: readonly Concept[]): boolean => words.some((word) => concepts.has(word));
  if (concepts.has('abstract')) return 'abstract';
  const place = PLACES.find(([, words]) => isNamed(words))?.[0];
  if (figure === null && isNamed(OBJECTS) && (place === undefined || place === 'flowers')) return 'still-life';
  if (place !== undefined) return place === 'flowers' && figure !== null ? 'hills' : place;
  const guess = GUESSES.find(([word]) => concepts.has(word))?.[1];
  if (isNamed(SHAPES) && figure === null) return 'abstract';
  if (figure !== null) return guess === undefined || random() < 0.5 ? 'backdrop' : pick(random, guess);
  return guess === undefined ? 'abstract' : pick(random, guess);
}
