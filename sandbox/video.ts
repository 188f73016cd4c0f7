/**
 * The videos of the sandbox: a sun that crosses a sky in colours that follow from the prompt, or a light that crosses
 * the picture the video starts from. H.264 in an MP4, made without an encoder: what changes is sent as samples that
 * are not compressed (I_PCM).
 */
import { createHash } from 'node:crypto';
import { configureH264, frameChanges, frameH264, type Draw, type MacroblockSize, type Sample } from './h264.ts';
import { wrapMp4 } from './mp4.ts';

export interface VideoOptions {
  /** Default 2; what is longer than 20 is cut there. */
  seconds?: number;
  /** Width by height; default 16 by 9. */
  ratio?: number;
  /** What it starts with and ends with, as `sizeVideo` has it. */
  start?: Raster;
  end?: Raster;
}

/** Red, green and blue, a byte each, row by row. */
export interface Raster {
  width: number;
  height: number;
  rgb: Uint8Array;
}

const FRAMES_PER_SECOND = 12;
const DEFAULT_SECONDS = 2;
const MOST_SECONDS = 20;
const DEFAULT_RATIO = 16 / 9;
/** In macroblocks of 16 × 16 pixels: 18 × 10 of them for 16 by 9. */
const AREA = 180;
const FEWEST_ACROSS = 5;
const SUN_RADIUS = 14;
/** How much brighter a picture is where the light falls. */
const LIGHT = 70;

interface Scene {
  width: number;
  height: number;
  frames: number;
  sky: { blue: number; red: number };
  ground: { blue: number; red: number };
  /** Rows of pixels from the top. */
  horizon: number;
  hillHeight: number;
  hillPhase: number;
  sunHeight: number;
  /** In place of sky and ground. */
  picture: Raster | undefined;
}

interface Point {
  x: number;
  y: number;
}

/** An MP4 of about 75 kB a second that any player shows; the same prompt and options give the same bytes. */
export function drawVideo(prompt: string, options: VideoOptions = {}): Buffer {
  const { seconds = DEFAULT_SECONDS, ratio = DEFAULT_RATIO, start, end } = options;
  const size = countMacroblocks(ratio);
  const count = Math.max(1, Math.round(Math.min(seconds, MOST_SECONDS) * FRAMES_PER_SECOND));
  const scene = imagine(prompt, { ...toPixels(size), frames: count, picture: start });
  const frames = Array.from({ length: count }, (_, index) => {
    if (index > 0 && index === count - 1 && end !== undefined) return frameH264(size, 1, show(end));
    return drawFrame(scene, size, index);
  });
  return wrapMp4({ ...toPixels(size), config: configureH264(size), frames, framesPerSecond: FRAMES_PER_SECOND });
}

/** The pixels of a video of this shape. */
export function sizeVideo(ratio: number = DEFAULT_RATIO): { width: number; height: number } {
  return toPixels(countMacroblocks(ratio));
}

function countMacroblocks(ratio: number): MacroblockSize {
  const side = (length: number): number => Math.max(FEWEST_ACROSS, Math.round(length));
  return { across: side(Math.sqrt(AREA * ratio)), down: side(Math.sqrt(AREA / ratio)) };
}

function toPixels({ across, down }: MacroblockSize): { width: number; height: number } {
  return { width: across * 16, height: down * 16 };
}

function drawFrame(scene: Scene, size: MacroblockSize, index: number): Buffer {
  const sun = sunAt(scene, index);
  const draw = paint(scene, sun);
  if (index === 0) return frameH264(size, index, draw);
  const before = sunAt(scene, index - 1);
  return frameChanges(size, index, (left, top) => isTouched(sun, left, top) || isTouched(before, left, top), draw);
}

function imagine(prompt: string, given: Pick<Scene, 'width' | 'height' | 'frames' | 'picture'>): Scene {
  const random = createHash('sha256').update(prompt).digest();
  const pick = (index: number, from: number, to: number): number => from + ((random[index] ?? 0) / 255) * (to - from);
  return {
    ...given,
    sky: { blue: pick(0, 100, 190), red: pick(1, 80, 190) },
    ground: { blue: pick(2, 80, 120), red: pick(3, 90, 150) },
    horizon: given.height * pick(4, 0.55, 0.75),
    hillHeight: pick(5, 6, 18),
    hillPhase: pick(6, 0, 6),
    sunHeight: pick(7, 24, 56),
  };
}

/** A picture is shown as it is before the light comes in from the left. */
function sunAt({ sunHeight, width, frames, picture }: Scene, frame: number): Point {
  if (picture === undefined) return { x: ((frame + 0.5) / frames) * width, y: sunHeight };
  return { x: (frame / frames) * (width + 2 * SUN_RADIUS) - SUN_RADIUS - 1, y: sunHeight };
}

function paint(scene: Scene, sun: Point): Draw {
  const { sky, ground, horizon, hillHeight, hillPhase, picture } = scene;
  if (picture !== undefined) {
    return (x, y) => {
      const sample = sampleOf(picture, x, y);
      const share = 1 - Math.hypot(x - sun.x, y - sun.y) / SUN_RADIUS;
      return share <= 0 ? sample : { ...sample, light: sample.light + LIGHT * share };
    };
  }
  return (x, y) => {
    const hill = horizon + Math.sin(x / 30 + hillPhase) * hillHeight;
    if (y > hill) return { light: 75 - (y - hill) / 3, ...ground };
    if (Math.hypot(x - sun.x, y - sun.y) < SUN_RADIUS) return { light: 230, blue: 90, red: 150 };
    return { light: 80 + y * 0.8, ...sky };
  };
}

function show(picture: Raster): Draw {
  return (x, y) => sampleOf(picture, x, y);
}

/** ITU-R BT.601, limited range. */
function sampleOf({ width, rgb }: Raster, x: number, y: number): Sample {
  const at = (y * width + x) * 3;
  const [red = 0, green = 0, blue = 0] = [rgb[at], rgb[at + 1], rgb[at + 2]];
  return {
    light: 16 + (65.7 * red + 129.1 * green + 25.1 * blue) / 256,
    blue: 128 + (-37.9 * red - 74.5 * green + 112.4 * blue) / 256,
    red: 128 + (112.4 * red - 94.2 * green - 18.3 * blue) / 256,
  };
}

/** Whether the sun reaches into a macroblock. */
function isTouched(sun: Point, left: number, top: number): boolean {
  const [x, y] = [Math.max(left, Math.min(sun.x, left + 15)), Math.max(top, Math.min(sun.y, top + 15))];
  return Math.hypot(sun.x - x, sun.y - y) <= SUN_RADIUS;
}
