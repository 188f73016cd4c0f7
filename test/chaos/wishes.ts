/** What members ask for, drawn from tables: a row's options are those of the command. */
import type { CommandOptions, PickedFile } from '../../sandbox/interface.ts';
import type { Random } from './random.ts';

interface Row {
  weight: number;
  options: CommandOptions;
}

const IMAGE_PROVIDERS: readonly Row[] = [
  { weight: 62, options: {} },
  { weight: 26, options: { provider: 'gemini' } },
  { weight: 12, options: { provider: 'local' } },
];
/** The shortest that each model makes: the services draw every frame. */
const VIDEO_PROVIDERS: readonly Row[] = [
  { weight: 55, options: { duration: 1 } },
  { weight: 40, options: { provider: 'gemini', duration: 1 } },
  { weight: 5, options: { provider: 'local', duration: 1 } },
];
const COUNTS: readonly Row[] = [
  { weight: 55, options: {} },
  { weight: 20, options: { count: 2 } },
  { weight: 15, options: { count: 3 } },
  { weight: 10, options: { count: 4 } },
];
const PRIVACY: readonly Row[] = [
  { weight: 75, options: {} },
  { weight: 25, options: { private: true } },
];
const REFERENCE_SHARE = 0.2;

/** What is drawn from. */
export interface WishSource {
  random: Random;
  /** To start from. */
  pictures: readonly PickedFile[];
}

/** For `/generate`, without its prompt. */
export function drawImageWish(source: WishSource): CommandOptions {
  return { ...draw(source, COUNTS, IMAGE_PROVIDERS, PRIVACY), ...maybePicture(source) };
}

/** For `/listing`, without its title. */
export function drawListingWish(source: WishSource): CommandOptions {
  const facts = { feature_1: 'keeps tea warm', audience: 'people at desks', keywords: 'mug:buy+gift, cup' };
  return { ...facts, ...draw(source, IMAGE_PROVIDERS, PRIVACY), ...maybePicture(source) };
}

/** For `/animate`, without what it starts from. */
export function drawVideoWish(source: WishSource): CommandOptions {
  return draw(source, VIDEO_PROVIDERS, PRIVACY);
}

export function pickPicture({ random, pictures }: WishSource): CommandOptions {
  const image = random.pick(pictures);
  return image === undefined ? {} : { image };
}

/** Of each service one picture, one of two that start from a picture, and videos. */
export const ONE_OF_EACH: readonly { name: string; options: CommandOptions; hasPicture: boolean }[] = [
  ...IMAGE_PROVIDERS.map(({ options }) => ({ name: 'generate', options, hasPicture: false })),
  { name: 'generate', options: { count: 2 }, hasPicture: true },
  { name: 'animate', options: { duration: 1 }, hasPicture: true },
  { name: 'animate', options: { provider: 'gemini', duration: 1 }, hasPicture: true },
];

function draw({ random }: WishSource, ...tables: readonly (readonly Row[])[]): CommandOptions {
  return Object.assign({}, ...tables.map((table) => random.pickRow(table).options)) as CommandOptions;
}

function maybePicture(source: WishSource): CommandOptions {
  return source.random.chance(REFERENCE_SHARE) ? pickPicture(source) : {};
}
