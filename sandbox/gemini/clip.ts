/** The videos this Gemini makes: a slow pan across one of the sandbox's landscapes, small and without sound. */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { drawInTurn } from '../picture-queue.ts';
import { encodePictures } from './h264.ts';
import { writeMp4 } from './mp4.ts';

export interface ClipRequest {
  prompt: string;
  seed: number;
  aspectRatio: '16:9' | '9:16';
  seconds: number;
}

/** Small, because the pictures inside are not compressed: about 55 KB each. Multiples of 16. */
const LONG_SIDE = 256;
const SHORT_SIDE = 144;
const PICTURES_PER_SECOND = 2;
/** How much wider than the clip the landscape is that it pans across. */
const PAN = 1.5;

/** An MP4 that players play. The same request gives the same bytes. */
export async function drawClip({ prompt, seed, aspectRatio, seconds }: ClipRequest): Promise<Buffer> {
  const [width, height] = aspectRatio === '16:9' ? [LONG_SIDE, SHORT_SIDE] : [SHORT_SIDE, LONG_SIDE];
  const wide = Math.round(width * PAN);
  const landscape = await loadImage(await drawInTurn({ prompt, seed, index: 0, width: wide, height, format: 'png' }));
  const context = createCanvas(width, height).getContext('2d');
  const count = seconds * PICTURES_PER_SECOND;
  const pictures = Array.from({ length: count }, (_, index) => {
    context.drawImage(landscape, -((wide - width) * index) / count, 0);
    return context.getImageData(0, 0, width, height).data;
  });
  return writeMp4({ width, height, perSecond: PICTURES_PER_SECOND, ...encodePictures({ width, height, pictures }) });
}
