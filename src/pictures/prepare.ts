/** A picture somebody gave, made ready to start from: upright, without metadata, of moderate size. */
import sharp from 'sharp';

export interface PreparedPicture {
  bytes: Uint8Array;
  /** image/png where it is see-through, else image/jpeg. */
  mimeType: string;
  extension: string;
  width: number;
  height: number;
  isFirstFrame: boolean;
}

/** Why it cannot be used: a key of `referenceFaults` in the locales. */
export interface RefusedPicture {
  why: 'empty' | 'not-a-picture' | 'broken' | 'too-many-bytes' | 'too-many-pixels' | 'too-narrow';
}

/** Longest side in pixels: as much as the services make use of. */
const LONGEST_SIDE = 2_048;

export async function preparePicture(bytes: Uint8Array): Promise<PreparedPicture | RefusedPicture> {
  try {
    const { data, info } = await sharp(bytes)
      .rotate()
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 92 })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return { bytes: data, mimeType: 'image/jpeg', extension: '.jpg', width, height, isFirstFrame: false };
  } catch {
    return { why: 'broken' };
  }
}
