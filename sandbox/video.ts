/**
 * The videos of the sandbox: two seconds of a sun that crosses a sky, in colours that follow from the prompt.
 * H.264 in an MP4, made without an encoder: every macroblock is I_PCM, which means its samples as they are.
 */
import { createHash } from 'node:crypto';
import { configureH264, frameH264 } from './h264.ts';
import { wrapMp4 } from './mp4.ts';

/** In macroblocks of 16 pixels: 144 × 80. */
const SIZE = { across: 9, down: 5 };
const FRAMES = 12;
const FRAMES_PER_SECOND = 6;

/** An MP4 of about 200 kB that any player shows; the same prompt gives the same bytes. */
export function drawVideo(prompt: string): Buffer {
  const random = createHash('sha256').update(prompt).digest();
  const pick = (index: number, from: number, to: number): number => from + ((random[index] ?? 0) / 255) * (to - from);
  const sky = { blue: pick(0, 100, 190), red: pick(1, 80, 190) };
  const ground = { blue: pick(2, 80, 120), red: pick(3, 90, 150) };
  const horizon = pick(4, 0.5, 0.7);
  const swing = pick(5, 4, 10);
  const frames = Array.from({ length: FRAMES }, (_, frame) => {
    const sun = { x: ((frame + 0.5) / FRAMES) * SIZE.across * 16, y: pick(6, 14, 30) };
    return frameH264(SIZE, frame, (x, y) => {
      const hill = horizon * SIZE.down * 16 + Math.sin(x / 17 + (random[7] ?? 0)) * swing;
      if (y > hill) return { light: 70 - (y - hill) / 2, ...ground };
      const glow = Math.hypot(x - sun.x, y - sun.y);
      return glow < 9 ? { light: 230, blue: 90, red: 150 } : { light: 90 + y + Math.max(0, 40 - glow), ...sky };
    });
  });
  return wrapMp4({
    width: SIZE.across * 16,
    height: SIZE.down * 16,
    config: configureH264(SIZE),
    frames,
    framesPerSecond: FRAMES_PER_SECOND,
  });
}
