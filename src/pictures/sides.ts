/** How large a picture is, read from its first bytes alone: decoding one that is too large would take the memory of all. */
import { imageSize } from 'image-size';

/** In pixels. */
export interface Sides {
  width: number;
  height: number;
}

/**
 * The reader works on this process's own thread, and a file can be made to take it many steps for each byte. What
 * stands before the size is below this in nearly every file.
 */
const LONGEST_HEAD = 256 * 1024;

/** null: its head does not tell. That of an AVIF is not read: there the reader's steps grow with the square of its boxes. */
export function readSides(bytes: Uint8Array, mimeType: string): Sides | null {
  if (mimeType === 'image/avif') return null;
  try {
    const { width, height } = imageSize(bytes.subarray(0, LONGEST_HEAD));
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    return null;
  }
}
