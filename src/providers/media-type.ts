/** What a file is, told from its bytes alone. */
import { fileTypeFromBuffer } from 'file-type';
import type { FetchedFile } from './provider.ts';

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/gif': '.gif',
  'image/avif': '.avif',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
};

/** undefined: not a picture or video that Discord shows. */
export async function sniffMedia(bytes: Uint8Array): Promise<FetchedFile | undefined> {
  const found = (await fileTypeFromBuffer(bytes))?.mime;
  // An animated PNG is a PNG.
  const mimeType = found === 'image/apng' ? 'image/png' : found;
  const extension = mimeType === undefined ? undefined : EXTENSIONS[mimeType];
  return mimeType === undefined || extension === undefined ? undefined : { bytes, mimeType, extension };
}
