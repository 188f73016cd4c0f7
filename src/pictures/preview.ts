/** A smaller picture of a picture, to look at. */
import sharp from 'sharp';

/** Longest side in pixels and quality, best first. */
const STEPS = [
  [2_048, 85],
  [1_536, 80],
  [1_024, 75],
  [640, 70],
  [320, 60],
] as const;
/** Of what may be opened at all. */
const MOST_PIXELS = 100_000_000;

/** As WebP of at most `mostBytes`; null: none can be made of it. */
export async function makePreview(bytes: Uint8Array, { mostBytes }: { mostBytes: number }): Promise<Uint8Array | null> {
  try {
    for (const [side, quality] of STEPS) {
      const made = await sharp(bytes, { limitInputPixels: MOST_PIXELS })
        .rotate()
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality })
        .toBuffer();
      if (made.byteLength <= mostBytes) return made;
    }
  } catch {
    // Broken, or of a kind that is not read.
  }
  return null;
}
