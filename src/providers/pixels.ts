/** Whether what a service made may be decoded: not too large, and not cut. */
import { failure, type Failure } from '../jobs/job.ts';
import { measurePicture } from '../pictures/measure.ts';
import type { FetchedFile } from './provider.ts';

/** Four bytes each when decoded: 400 MB. */
const MOST_PIXELS = 100_000_000;
const LONGEST_SIDE = 20_000;

/** Why a picture is not taken; null: it is. Of a broken one the bytes say what it is, and no more. */
export async function refusePixels({ bytes, mimeType }: FetchedFile): Promise<Failure | null> {
  const sides = await measurePicture(bytes, mimeType);
  if (sides === null)
    return failure('file-refused', 'give-up', { providerStatus: 'file refused: a picture without a readable header' });
  const { width, height } = sides;
  if (Math.max(width, height) <= LONGEST_SIDE && width * height <= MOST_PIXELS) return null;
  const size = `${width} × ${height} pixels`;
  const limit = `${MOST_PIXELS / 1_000_000} megapixels and ${LONGEST_SIDE} pixels a side`;
  return failure('file-too-large', 'give-up', { providerStatus: `file of ${size}`, details: { size, limit } });
}

/** What stands before the part that a RIFF file counts. */
const RIFF_HEAD = 8;

/** Whether the end is missing, for the kinds that mark theirs: what came without a length may have been cut. */
export function isCut({ bytes, mimeType }: { bytes: Uint8Array; mimeType: string }): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mimeType === 'image/png') return file.lastIndexOf('IEND', undefined, 'latin1') === -1;
  if (mimeType === 'image/webp') return file.length < file.readUInt32LE(4) + RIFF_HEAD;
  return false;
}
