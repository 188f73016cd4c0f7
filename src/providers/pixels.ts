/** How large a picture is, read from its first bytes alone: decoding one that is too large would take the memory of all. */
import { imageSize } from 'image-size';
import { failure, type Failure } from '../jobs/job.ts';
import type { FetchedFile } from './provider.ts';

/** Four bytes each when decoded: 400 MB. */
const MOST_PIXELS = 100_000_000;
const LONGEST_SIDE = 20_000;
/**
 * A JPEG tells its size behind its metadata. One of millions of empty segments would hold up the process for as many
 * steps; real metadata is well below this.
 */
const LONGEST_JPEG_HEAD = 2 * 1024 * 1024;

/** Why a picture is not taken; null: it is. Of a broken one the bytes say what it is, and no more. */
export function refusePixels({ bytes, mimeType }: FetchedFile): Failure | null {
  const sides = readSides(mimeType === 'image/jpeg' ? bytes.subarray(0, LONGEST_JPEG_HEAD) : bytes);
  if (sides === null)
    return failure('file-refused', 'give-up', { providerStatus: 'file refused: a picture without a readable header' });
  const largest = sides.find(
    ({ width, height }) => Math.max(width, height) > LONGEST_SIDE || width * height > MOST_PIXELS,
  );
  if (largest === undefined) return null;
  const size = `${largest.width} × ${largest.height} pixels`;
  const limit = `${MOST_PIXELS / 1_000_000} megapixels and ${LONGEST_SIDE} pixels a side`;
  return failure('file-too-large', 'give-up', { providerStatus: `file of ${size}`, details: { size, limit } });
}

/** What stands before the part that a RIFF file counts. */
const RIFF_HEAD = 8;

/** A file may hold several pictures. null: unreadable. */
function readSides(bytes: Uint8Array): { width: number; height: number }[] | null {
  try {
    const { width, height, images = [] } = imageSize(bytes);
    const sides = [{ width, height }, ...images];
    return sides.every((one) => one.width > 0 && one.height > 0) ? sides : null;
  } catch {
    return null;
  }
}

/** Whether the end is missing, for the kinds that mark theirs: what came without a length may have been cut. */
export function isCut({ bytes, mimeType }: { bytes: Uint8Array; mimeType: string }): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mimeType === 'image/png') return file.lastIndexOf('IEND', undefined, 'latin1') === -1;
  if (mimeType === 'image/webp') return file.length < file.readUInt32LE(4) + RIFF_HEAD;
  return false;
}
