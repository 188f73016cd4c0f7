/** How large a picture is, read from its first bytes alone: decoding one that is too large would take the memory of all. */
import { imageSize } from 'image-size';

export interface Sides {
  width: number;
  height: number;
}

/**
 * A JPEG tells its size behind its metadata. One of millions of empty segments would hold up the process for as many
 * steps; real metadata is well below this.
 */
const LONGEST_JPEG_HEAD = 2 * 1024 * 1024;

/** In pixels. A file may hold several pictures. null: unreadable. */
export function readSides(bytes: Uint8Array, mimeType: string): Sides[] | null {
  try {
    const head = mimeType === 'image/jpeg' ? bytes.subarray(0, LONGEST_JPEG_HEAD) : bytes;
    const { width, height, images = [] } = imageSize(head);
    const sides = [{ width, height }, ...images];
    return sides.every((one) => one.width > 0 && one.height > 0) ? sides : null;
  } catch {
    return null;
  }
}
