/**
 * The videos of the sandbox: two seconds of a sun that crosses a sky, in colours that follow from the prompt.
 * H.264 in an MP4, made without an encoder: what changes is sent as samples that are not compressed (I_PCM).
 */
import { createHash } from 'node:crypto';
import { configureH264, frameChanges, frameH264, type Draw } from './h264.ts';
import { wrapMp4 } from './mp4.ts';

/** In macroblocks of 16 pixels: 288 × 160. */
const SIZE = { across: 18, down: 10 };
const WIDTH = SIZE.across * 16;
const HEIGHT = SIZE.down * 16;
const FRAMES = 24;
const FRAMES_PER_SECOND = 12;
const SUN_RADIUS = 14;

interface Scene {
  sky: { blue: number; red: number };
  ground: { blue: number; red: number };
  /** Rows of pixels from the top. */
  horizon: number;
  hillHeight: number;
  hillPhase: number;
  sunHeight: number;
}

interface Point {
  x: number;
  y: number;
}

/** An MP4 of about 150 kB that any player shows; the same prompt gives the same bytes. */
export function drawVideo(prompt: string): Buffer {
  const scene = imagine(prompt);
  const frames = Array.from({ length: FRAMES }, (_, index) => {
    const sun = sunAt(scene, index);
    const draw = paint(scene, sun);
    if (index === 0) return frameH264(SIZE, index, draw);
    const before = sunAt(scene, index - 1);
    return frameChanges(SIZE, index, (left, top) => isTouched(sun, left, top) || isTouched(before, left, top), draw);
  });
  return wrapMp4({
    width: WIDTH,
    height: HEIGHT,
    config: configureH264(SIZE),
    frames,
    framesPerSecond: FRAMES_PER_SECOND,
  });
}

function imagine(prompt: string): Scene {
  const random = createHash('sha256').update(prompt).digest();
  const pick = (index: number, from: number, to: number): number => from + ((random[index] ?? 0) / 255) * (to - from);
  return {
    sky: { blue: pick(0, 100, 190), red: pick(1, 80, 190) },
    ground: { blue: pick(2, 80, 120), red: pick(3, 90, 150) },
    horizon: HEIGHT * pick(4, 0.55, 0.75),
    hillHeight: pick(5, 6, 18),
    hillPhase: pick(6, 0, 6),
    sunHeight: pick(7, 24, 56),
  };
}

function sunAt({ sunHeight }: Scene, frame: number): Point {
  return { x: ((frame + 0.5) / FRAMES) * WIDTH, y: sunHeight };
}

function paint({ sky, ground, horizon, hillHeight, hillPhase }: Scene, sun: Point): Draw {
  return (x, y) => {
    const hill = horizon + Math.sin(x / 30 + hillPhase) * hillHeight;
    if (y > hill) return { light: 75 - (y - hill) / 3, ...ground };
    if (Math.hypot(x - sun.x, y - sun.y) < SUN_RADIUS) return { light: 230, blue: 90, red: 150 };
    return { light: 80 + y * 0.8, ...sky };
  };
}

/** Whether the sun reaches into a macroblock. */
function isTouched(sun: Point, left: number, top: number): boolean {
  const [x, y] = [Math.max(left, Math.min(sun.x, left + 15)), Math.max(top, Math.min(sun.y, top + 15))];
  return Math.hypot(sun.x - x, sun.y - y) <= SUN_RADIUS;
}
