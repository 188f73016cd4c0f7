/** A picture brought to a size, for something to be painted upon it. */
import { decode, fromPixels, inTurn, isSeeThrough, MOST_MADE_PIXELS, type Pixels } from './decoder.ts';
import type { Sides } from './sides.ts';

export interface FittedPicture extends Pixels {
  isSeeThrough: boolean;
}

/** Share of a see-through picture: it stands free, with room around it. */
const FREE_SHARE = 0.82;
const NOTHING = { r: 0, g: 0, b: 0, alpha: 0 };

/**
 * Exactly of the size that `choose` makes of the picture's own. An opaque one is cut around what draws the eye; of one
 * that is see-through nothing is cut. Rejects as sharp does when it cannot be read.
 */
export async function fitPicture(bytes: Uint8Array, choose: (own: Sides) => Sides): Promise<FittedPicture> {
  return inTurn(async () => {
    const pixels = await decode(bytes, { mostPixels: MOST_MADE_PIXELS, longestSide: 2_048 });
    const size = choose(pixels);
    const isFree = await isSeeThrough(pixels);
    const fitted = await (
      isFree ? standFree(pixels, size) : fromPixels(pixels).resize(size.width, size.height, { position: 'attention' })
    )
      .raw()
      .toBuffer();
    return { ...size, data: fitted, isSeeThrough: isFree };
  });
}

function standFree(pixels: Pixels, { width, height }: Sides): ReturnType<typeof fromPixels> {
  const inner = { width: Math.round(width * FREE_SHARE), height: Math.round(height * FREE_SHARE) };
  const [left, top] = [Math.floor((width - inner.width) / 2), Math.floor((height - inner.height) / 2)];
  return fromPixels(pixels)
    .resize(inner.width, inner.height, { fit: 'contain', background: NOTHING })
    .extend({ left, top, right: width - inner.width - left, bottom: height - inner.height - top, background: NOTHING });
}
