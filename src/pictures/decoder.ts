/**
 * Where pictures are decoded, with what a stranger's file may and may not cost. The only import of sharp.
 *
 * sharp works outside this process's own thread, in the four that Node has for such work and that the disk and the
 * database need as well: so two pictures at once, one thread each, and nothing kept in between.
 */
import { fileTypeFromBuffer } from 'file-type';
import sharp, { type Sharp } from 'sharp';
import { AtOnce } from '../jobs/at-once.ts';
import type { Sides } from './sides.ts';

sharp.cache(false);
sharp.concurrency(1);
// libvips reads far more than pictures for the web, SVG (which can name files and addresses) among it. UltraHDR is a
// JPEG with a second picture in it, and without its own reader is read as the JPEG it also is.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
});

const READABLE: ReadonlySet<string> = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
]);
/** What is fetched of a service has no more (src/providers/pixels.ts). */
export const MOST_MADE_PIXELS = 100_000_000;
/** A photograph of 50 million pixels takes about one second on a small machine. */
const DECODE_SECONDS = 20;

const ALPHA = 3;
const OPAQUE = 255;
const ALMOST_OPAQUE = 250;

const queue = new AtOnce(2);

/** Pixels in memory: red, green, blue and alpha, a byte each, in sRGB, upright, row by row. */
export interface Pixels extends Sides {
  data: Buffer;
}

export interface Decoding {
  mostPixels: number;
  longestSide: number;
}

/** Waits for a place among the few that work at once. */
export function inTurn<T>(task: () => Promise<T>): Promise<T> {
  return queue.run(task);
}

/** The type of a picture that can be read, by its bytes alone; undefined: it is none. */
export async function sniffPicture(bytes: Uint8Array): Promise<string | undefined> {
  // It reads no further than it must, but throws over some files that end early.
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  return found !== undefined && READABLE.has(found.mime) ? found.mime : undefined;
}

/**
 * A file to read from. Refuses a file that was cut (`error` is less than `warning`: a JPEG with rubbish between its
 * parts, as some cameras write them, is read), more pixels than allowed (`Infinity`: it is only to be measured), and to
 * take longer than it may.
 */
export function openPicture(bytes: Uint8Array, mostPixels: number, frames: 'first' | 'all' = 'first'): Sharp {
  const animated = frames === 'all';
  const limitInputPixels = mostPixels === Infinity ? false : mostPixels;
  return sharp(bytes, { failOn: 'error', limitInputPixels, animated }).timeout({ seconds: DECODE_SECONDS });
}

export function fromPixels({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } }).timeout({ seconds: DECODE_SECONDS });
}

/** The first frame of a file, no larger than asked. Rejects as sharp does. */
export async function decode(bytes: Uint8Array, { mostPixels, longestSide }: Decoding): Promise<Pixels> {
  const picture = openPicture(bytes, mostPixels).autoOrient();
  const { space } = await picture.metadata();
  // Of 16 bits with a colour profile, sharp 0.35 would give numbers of Display P3 and call them sRGB.
  if (space === 'rgb16') picture.pipelineColourspace('srgb');
  const { data, info } = await picture
    .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Whether something behind it would be seen. Rounding alone leaves an alpha a little below the full one. */
export async function isSeeThrough(pixels: Pixels): Promise<boolean> {
  const { channels } = await fromPixels(pixels).stats();
  return (channels[ALPHA]?.min ?? OPAQUE) < ALMOST_OPAQUE;
}
