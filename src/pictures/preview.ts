/** Smaller copies of what was made. */
import sharp from 'sharp';

/** A still WebP. null: no picture that can be read. */
export async function makeThumbnail(bytes: Uint8Array, side: number): Promise<Uint8Array | null> {
  try {
    return await sharp(bytes).resize(side, side, { fit: 'inside', withoutEnlargement: true }).webp().toBuffer();
  } catch {
    return null;
  }
}
