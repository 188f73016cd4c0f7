/** A still picture made to move: a slow walk towards it and back, which can be looped without a jump. */
import { decode, fromPixels, inTurn, MOST_MADE_PIXELS, type Pixels } from './decoder.ts';
import type { Sides } from './sides.ts';
import { assembleWebp } from './webp-animation.ts';

/** How the view moves; the same path over the same picture gives the same bytes on one machine. */
export interface MovingPath {
  /** Where it goes, in radians. */
  angle: number;
  /** How far it goes in: a view so many times smaller at the turn than at the start. From 1 to 1.2. */
  zoom: number;
}

export interface MovingWish {
  seconds: number;
  /** Width divided by height: the picture is cropped to it around what draws the eye. null: as it is. */
  ratio: number | null;
  path: MovingPath;
  /** What is laid over each frame, drawn for its size: red, green, blue, alpha, a byte each. */
  drawMark: (size: Sides) => Promise<Uint8Array>;
  signal: AbortSignal;
}

/** Within the sizes that Discord shows without opening; every pixel costs time and bytes a hundred times over. */
const LONGEST_SIDE = 640;
const SHORTEST_LONG_SIDE = 320;
/** No cinema is wider. */
const MOST_EXTREME_RATIO = 21 / 9;
/** 12.5 frames a second: enough for a slow movement. */
const FRAME_MS = 80;
/** Below the smallest limit that Discord has for files (10 MB), with room for the card. */
const MOST_BYTES = 6 * 1024 * 1024;
const QUALITIES = [78, 62, 46, 30, 15] as const;
const EFFORT = 3;
/** The view never reaches the edge, where there is nothing to compute a pixel from. */
const START_ZOOM = 1.02;
/** Share of the way to the edge that the view goes, ahead and aside: together less than the whole. */
const AHEAD = 0.72;
const ASIDE = 0.3;
const LANES = 2;

/** The bytes of an animated WebP. Rejects with the signal's reason soon after it aborts. */
export async function makeMovingPicture(bytes: Uint8Array, wish: MovingWish): Promise<Buffer> {
  const { signal, seconds, drawMark } = wish;
  const stage = await inTurn(() => prepareStage(bytes, wish));
  const { size } = stage;
  const mark = Buffer.from(await drawMark(size));
  const count = Math.round((seconds * 1000) / FRAME_MS);
  const quality = await chooseQuality({ ...stage, mark }, count, signal);
  const renderAt = (at: number) => inTurn(() => renderFrame({ ...stage, mark, share: at / count, quality }));
  return assembleWebp(await renderAll(count, renderAt, signal), { ...size, frameMs: FRAME_MS });
}

/** The best at which all frames are small enough, were they as large as the one at the turn: it shows the most. */
async function chooseQuality(
  frame: Omit<Frame, 'share' | 'quality'>,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  const [best, ...lower] = QUALITIES;
  let chosen: number = best;
  for (const quality of lower) {
    signal.throwIfAborted();
    const turn = await inTurn(() => renderFrame({ ...frame, share: 0.5, quality: chosen }));
    if (turn.byteLength * count <= MOST_BYTES) break;
    chosen = quality;
  }
  return chosen;
}

interface Stage {
  /** The picture, larger than a frame by what the view goes in. */
  base: Pixels;
  /** Of a frame. */
  size: Sides;
  path: MovingPath;
}

/** Transparent places stand on white, as products are shown. */
async function prepareStage(bytes: Uint8Array, { ratio, path }: MovingWish): Promise<Stage> {
  const pixels = await decode(bytes, { mostPixels: MOST_MADE_PIXELS, longestSide: LONGEST_SIDE * 2 });
  const size = chooseSize(pixels, ratio);
  const scale = START_ZOOM * path.zoom;
  const { data, info } = await fromPixels(pixels)
    .flatten({ background: 'white' })
    .resize(Math.ceil(size.width * scale), Math.ceil(size.height * scale), { fit: 'cover', position: 'attention' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { base: { data, width: info.width, height: info.height }, size, path };
}

function chooseSize({ width, height }: Sides, wanted: number | null): Sides {
  const ratio = Math.min(MOST_EXTREME_RATIO, Math.max(1 / MOST_EXTREME_RATIO, wanted ?? width / height));
  const long = Math.min(LONGEST_SIDE, Math.max(SHORTEST_LONG_SIDE, width, height));
  const sides = ratio >= 1 ? { width: long, height: long / ratio } : { width: long * ratio, height: long };
  return { width: Math.round(sides.width), height: Math.round(sides.height) };
}

interface Frame extends Stage {
  mark: Buffer;
  /** Of the whole way, there and back. */
  share: number;
  quality: number;
}

/** Moves by parts of a pixel, or so slow a movement would be seen to stutter. */
async function renderFrame({ base, size, path, mark, share, quality }: Frame): Promise<Buffer> {
  const view = placeView(base, size, path, share);
  const scale = size.width / view.width;
  const { data, info } = await fromPixels(base)
    .affine([scale, 0, 0, scale], { odx: -view.left * scale, ody: -view.top * scale, interpolator: 'bicubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  // libvips gives as much as the whole base would take, and the view stands in its corner.
  return fromPixels({ data, width: info.width, height: info.height })
    .extract({ left: 0, top: 0, ...size })
    .composite([{ input: mark, raw: { ...size, channels: 4 } }])
    .removeAlpha()
    .webp({ quality, effort: EFFORT })
    .toBuffer();
}

/** In pixels of the base. Slow at both ends, and aside a little, so that the way back is another one. */
function placeView(
  base: Sides,
  size: Sides,
  { angle, zoom }: MovingPath,
  share: number,
): Sides & { left: number; top: number } {
  const turn = share * 2 * Math.PI;
  const amount = (1 - Math.cos(turn)) / 2;
  const aside = Math.sin(turn);
  const larger = zoom / (1 + (zoom - 1) * amount);
  const view = { width: size.width * larger, height: size.height * larger };
  const [ahead, sway] = [AHEAD * amount, ASIDE * aside];
  return {
    ...view,
    left: ((base.width - view.width) / 2) * (1 + ahead * Math.cos(angle) - sway * Math.sin(angle)),
    top: ((base.height - view.height) / 2) * (1 + ahead * Math.sin(angle) + sway * Math.cos(angle)),
  };
}

/** Two at once. The first trouble ends both. */
async function renderAll(
  count: number,
  renderAt: (at: number) => Promise<Buffer>,
  signal: AbortSignal,
): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  let next = 0;
  const renderOn = async (): Promise<void> => {
    while (next < count) {
      signal.throwIfAborted();
      const at = next++;
      frames[at] = await renderAt(at);
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, renderOn));
  } finally {
    next = count;
  }
  return frames;
}
