/** The videos this Gemini makes: a slow pan across one of the sandbox's landscapes, small and without sound. */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { configureH264, frameH264, type Sample } from '../h264.ts';
import { wrapMp4 } from '../mp4.ts';
import { drawInTurn } from '../picture-queue.ts';

export interface ClipRequest {
  prompt: string;
  seed: number;
  aspectRatio: '16:9' | '9:16';
  seconds: number;
}

/** In macroblocks of 16 pixels: 256 × 144. Small, because frames are not compressed: about 55 kB each. */
const SIZES = { '16:9': { across: 16, down: 9 }, '9:16': { across: 9, down: 16 } } as const;
const FRAMES_PER_SECOND = 2;
/** How much wider than the clip the landscape is that it pans across. */
const PAN = 1.5;

/** An MP4 that players show. The same request gives the same bytes. */
export async function drawClip({ prompt, seed, aspectRatio, seconds }: ClipRequest): Promise<Buffer> {
  const size = SIZES[aspectRatio];
  const [width, height] = [size.across * 16, size.down * 16];
  const wide = width * PAN;
  const landscape = await loadImage(await drawInTurn({ prompt, seed, index: 0, width: wide, height, format: 'png' }));
  const context = createCanvas(width, height).getContext('2d');
  const count = seconds * FRAMES_PER_SECOND;
  const frames = Array.from({ length: count }, (_, frame) => {
    context.drawImage(landscape, -((wide - width) * frame) / count, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return frameH264(size, frame, (x, y) => sampleAt(data, (y * width + x) * 4));
  });
  return wrapMp4({ width, height, config: configureH264(size), frames, framesPerSecond: FRAMES_PER_SECOND });
}

/** Of a pixel in RGBA, by BT.601 in studio range. */
function sampleAt(rgba: Uint8ClampedArray, offset: number): Sample {
  const [red = 0, green = 0, blue = 0] = [rgba[offset], rgba[offset + 1], rgba[offset + 2]];
  return {
    light: 16 + 0.257 * red + 0.504 * green + 0.098 * blue,
    blue: 128 - 0.148 * red - 0.291 * green + 0.439 * blue,
    red: 128 + 0.439 * red - 0.368 * green - 0.071 * blue,
  };
}
