/** The videos this Gemini makes: a slow pan across one of the sandbox's landscapes, or a slow way into the picture it was given; small and without sound. */
import { createCanvas, loadImage, type SKRSContext2D } from '@napi-rs/canvas';
import { configureH264, frameH264, type Sample } from '../h264.ts';
import { wrapMp4 } from '../mp4.ts';
import { drawInTurn } from '../picture-queue.ts';
import { drawCover } from './reference-picture.ts';

export interface ClipRequest {
  prompt: string;
  seed: number;
  aspectRatio: '16:9' | '9:16';
  seconds: number;
  /** What it starts from: the first frame is this picture. null: nothing. */
  start: Buffer | null;
}

/** In macroblocks of 16 pixels: 256 × 144. Small, because frames are not compressed: about 55 kB each. */
const SIZES = { '16:9': { across: 16, down: 9 }, '9:16': { across: 9, down: 16 } } as const;
const FRAMES_PER_SECOND = 2;
/** How much wider than the clip the landscape is that it pans across. */
const PAN = 1.5;
/** How much nearer the picture is at the end. */
const ZOOM = 1.3;

/** Draws what is to be seen after this part of the clip, from 0 to 1. */
type Scene = (context: SKRSContext2D, part: number) => void;

/** An MP4 that players show. The same request gives the same bytes. */
export async function drawClip(request: ClipRequest): Promise<Buffer> {
  const size = SIZES[request.aspectRatio];
  const [width, height] = [size.across * 16, size.down * 16];
  const draw = await openScene(request, width, height);
  const context = createCanvas(width, height).getContext('2d');
  const count = request.seconds * FRAMES_PER_SECOND;
  const frames = Array.from({ length: count }, (_, frame) => {
    draw(context, frame / count);
    const { data } = context.getImageData(0, 0, width, height);
    return frameH264(size, frame, (x, y) => sampleAt(data, (y * width + x) * 4));
  });
  return wrapMp4({ width, height, config: configureH264(size), frames, framesPerSecond: FRAMES_PER_SECOND });
}

async function openScene({ prompt, seed, start }: ClipRequest, width: number, height: number): Promise<Scene> {
  if (start !== null) {
    const image = await loadImage(start);
    return (context, part) => drawCover(context, image, { x: 0, y: 0, width, height }, 1 + (ZOOM - 1) * part);
  }
  const wide = width * PAN;
  const landscape = await loadImage(await drawInTurn({ prompt, seed, index: 0, width: wide, height, format: 'png' }));
  return (context, part) => context.drawImage(landscape, -(wide - width) * part, 0);
}

/** The same video in a larger file: what is added is a box that players skip (ISO/IEC 14496-12, "free"). */
export function padClip(clip: Buffer, bytes: number): Buffer {
  const box = Buffer.alloc(Math.max(8, bytes - clip.length));
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4, 'latin1');
  return Buffer.concat([clip, box]);
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
