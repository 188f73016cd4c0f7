/** A picture somebody gave, made ready to start from: upright, without metadata, of moderate size. */
import {
  decode,
  fromPixels,
  inTurn,
  isSeeThrough,
  MOST_MADE_PIXELS,
  openPicture,
  type Pixels,
  sniffPicture,
} from './decoder.ts';
import { readSides, type Sides } from './sides.ts';

export interface PreparedPicture {
  bytes: Uint8Array;
  /** image/png where it is see-through, else image/jpeg. */
  mimeType: string;
  extension: string;
  width: number;
  height: number;
  /** Of a picture that moves. */
  isFirstFrame: boolean;
}

/** Why it cannot be used: a key of `referenceFaults` in the locales. */
export interface RefusedPicture {
  why: 'empty' | 'not-a-picture' | 'broken' | 'too-many-bytes' | 'too-many-pixels' | 'too-narrow' | 'too-slow';
}

export interface PictureLimits {
  mostBytes: number;
  mostPixels: number;
}

/** Of what people give: the locales name both numbers. A photograph of 50 megapixels has 10 to 20 MB as a JPEG. */
export const GIVEN_LIMITS: PictureLimits = { mostBytes: 20 * 1024 * 1024, mostPixels: 50_000_000 };
/** Of what a service made: it was measured when it was fetched. */
export const MADE_LIMITS: PictureLimits = { mostBytes: Infinity, mostPixels: MOST_MADE_PIXELS };

/** Longest side in pixels: the services scale down what is larger, and bill some by size. */
const LONGEST_SIDE = 2_048;
/** Gemini takes 20 MB for a whole request with several pictures in base64. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Below this there is nothing to see; models with a smallest size (300 pixels on some) say so themselves. */
const SHORTEST_SIDE = 16;
const MOST_EXTREME_RATIO = 20;
const JPEG_QUALITIES = [92, 84, 76] as const;
/** The size of a file goes with its pixels, more or less. */
const SHRINK_MARGIN = 0.95;

/**
 * Decides by the bytes alone, never by a name. The same bytes give the same picture on one machine. Never rejects
 * over what a stranger sent.
 */
export async function preparePicture(
  bytes: Uint8Array,
  limits: PictureLimits = GIVEN_LIMITS,
): Promise<PreparedPicture | RefusedPicture> {
  if (bytes.byteLength === 0) return { why: 'empty' };
  if (bytes.byteLength > limits.mostBytes) return { why: 'too-many-bytes' };
  const mimeType = await sniffPicture(bytes);
  if (mimeType === undefined) return { why: 'not-a-picture' };
  // From the header, before any decoder sees it. Where that does not tell (an AVIF, or long notes), the decoder's own must.
  const told = readSides(bytes, mimeType);
  const why = told === null ? null : refuseSides(told, limits);
  if (why !== null) return { why };
  try {
    return await inTurn(() => convert(bytes, mimeType, limits));
  } catch (error) {
    return { why: explain(error) };
  }
}

function refuseSides({ width, height }: Sides, { mostPixels }: PictureLimits): RefusedPicture['why'] | null {
  if (width * height > mostPixels) return 'too-many-pixels';
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  return short < SHORTEST_SIDE || long > short * MOST_EXTREME_RATIO ? 'too-narrow' : null;
}

async function convert(
  bytes: Uint8Array,
  mimeType: string,
  limits: PictureLimits,
): Promise<PreparedPicture | RefusedPicture> {
  const { mostPixels } = limits;
  const { pages = 1, width, height } = await openPicture(bytes, mostPixels).metadata();
  const why = refuseSides({ width, height }, limits);
  if (why !== null) return { why };
  const pixels = await decode(bytes, { mostPixels, longestSide: LONGEST_SIDE });
  const isFirstFrame = pages > 1 || mimeType === 'image/apng';
  return { ...(await encode(pixels)), isFirstFrame };
}

type Encoded = Omit<PreparedPicture, 'isFirstFrame'>;

/** Of lower quality, and then smaller, until it is small enough: every step is, as it ends with a few pixels. */
async function encode(pixels: Pixels): Promise<Encoded> {
  const encodeOnce = (await isSeeThrough(pixels)) ? encodePng : encodeJpeg;
  for (let longestSide = Math.max(pixels.width, pixels.height); ;) {
    const encoded = await encodeOnce(pixels, longestSide);
    if (encoded.bytes.byteLength <= MOST_BYTES) return encoded;
    longestSide = Math.floor(longestSide * Math.sqrt(MOST_BYTES / encoded.bytes.byteLength) * SHRINK_MARGIN);
  }
}

async function encodePng(pixels: Pixels, longestSide: number): Promise<Encoded> {
  const { data, info } = await fromPixels(pixels)
    .resize(longestSide, longestSide, { fit: 'inside' })
    .png({ compressionLevel: 7 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, mimeType: 'image/png', extension: '.png', width: info.width, height: info.height };
}

async function encodeJpeg(pixels: Pixels, longestSide: number): Promise<Encoded> {
  const picture = fromPixels(pixels).resize(longestSide, longestSide, { fit: 'inside' }).removeAlpha();
  // Colours at full size: letters on products stay sharp.
  const encodeAt = (quality: number) =>
    picture.clone().jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer({ resolveWithObject: true });
  const [best, ...lower] = JPEG_QUALITIES;
  let { data, info } = await encodeAt(best);
  for (const quality of lower) {
    if (data.byteLength <= MOST_BYTES) break;
    ({ data, info } = await encodeAt(quality));
  }
  return { bytes: data, mimeType: 'image/jpeg', extension: '.jpg', width: info.width, height: info.height };
}

/** By sharp's own words (0.35): it has no codes. Throws what is a bug of ours. */
function explain(error: unknown): RefusedPicture['why'] {
  if (!(error instanceof Error) || error instanceof TypeError) throw error;
  const { message } = error;
  if (/pixel limit/i.test(message)) return 'too-many-pixels';
  return /^timeout/i.test(message) ? 'too-slow' : 'broken';
}
