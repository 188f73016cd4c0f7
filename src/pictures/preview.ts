/** Smaller copies of what was made, for places that take only so many bytes: upright, sRGB, WebP. */
import { decode, fromPixels, inTurn, MOST_MADE_PIXELS, openPicture, type Pixels, sniffPicture } from './decoder.ts';

export interface PreviewSize {
  mostBytes: number;
  /** In pixels; default 2,048. */
  longestSide?: number;
}

const LONGEST_SIDE = 2_048;
/** Of all frames together, or only the first is shown: encoding takes about a second for every 10 million. */
const MOST_MOVING_PIXELS = 60_000_000;
const QUALITIES = [84, 72, 58] as const;
/** Each step has about half the pixels of the one before. */
const STEP = 0.7;
const SHORTEST_SIDE = 64;
/** So many times too large is more than a lower quality makes up for. */
const HOPELESS = 2.5;
const MOVING_STEPS = [
  { longestSide: 1_024, quality: 72 },
  { longestSide: 640, quality: 60 },
  { longestSide: 400, quality: 50 },
] as const;
/** libwebp's, from 0 to 6: above this it takes twice the time for a few percent. */
const EFFORT = 3;

const MOST_THUMBNAIL_BYTES = 20 * 1024;
const THUMBNAIL_QUALITIES = [76, 64, 50, 36] as const;

/** The best WebP that has no more bytes, moving where it moves and fits. null: no picture that can be read. */
export async function makePreview(
  bytes: Uint8Array,
  { mostBytes, longestSide = LONGEST_SIDE }: PreviewSize,
): Promise<Buffer | null> {
  return readOrNull(bytes, async (frames) => {
    const moving = frames > 1 ? await encodeMoving(bytes, mostBytes, longestSide) : null;
    if (moving !== null) return moving;
    const pixels = await decode(bytes, { mostPixels: MOST_MADE_PIXELS, longestSide });
    return encodeWithin(pixels, mostBytes);
  });
}

/** A still WebP of 20 KB at most for sides up to 256 pixels. null: no picture that can be read. */
export async function makeThumbnail(bytes: Uint8Array, side: number): Promise<Buffer | null> {
  return readOrNull(bytes, async () => {
    const pixels = await decode(bytes, { mostPixels: MOST_MADE_PIXELS, longestSide: side });
    let smallest = Buffer.alloc(0);
    for (const quality of THUMBNAIL_QUALITIES) {
      smallest = await fromPixels(pixels).webp({ quality, effort: EFFORT }).toBuffer();
      if (smallest.byteLength <= MOST_THUMBNAIL_BYTES) break;
    }
    return smallest;
  });
}

/** What a service made was looked at when it was fetched; that it can be read was not. */
async function readOrNull(bytes: Uint8Array, make: (frames: number) => Promise<Buffer | null>): Promise<Buffer | null> {
  const mimeType = await sniffPicture(bytes);
  if (mimeType === undefined) return null;
  return inTurn(async () => {
    try {
      const { pages = 1 } = await openPicture(bytes, MOST_MADE_PIXELS).metadata();
      return await make(pages);
    } catch (error) {
      if (!(error instanceof Error) || error instanceof TypeError) throw error;
      return null;
    }
  });
}

/** null: nothing that can still be seen is small enough. */
async function encodeWithin(pixels: Pixels, mostBytes: number): Promise<Buffer | null> {
  const longest = Math.max(pixels.width, pixels.height);
  for (let side = longest; side === longest || side >= SHORTEST_SIDE; side = Math.floor(side * STEP)) {
    const picture = fromPixels(pixels).resize(side, side, { fit: 'inside' });
    for (const quality of QUALITIES) {
      const encoded = await picture.clone().webp({ quality, effort: EFFORT }).toBuffer();
      if (encoded.byteLength <= mostBytes) return encoded;
      if (encoded.byteLength > mostBytes * HOPELESS) break;
    }
  }
  return null;
}

/** null: it is too long or too large to be shown moving. */
async function encodeMoving(bytes: Uint8Array, mostBytes: number, longestSide: number): Promise<Buffer | null> {
  for (const { longestSide: side, quality } of MOVING_STEPS) {
    const most = Math.min(side, longestSide);
    try {
      const encoded = await openPicture(bytes, MOST_MOVING_PIXELS, 'all')
        .resize(most, most, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality, effort: EFFORT })
        .toBuffer();
      if (encoded.byteLength <= mostBytes) return encoded;
    } catch {
      return null;
    }
  }
  return null;
}
