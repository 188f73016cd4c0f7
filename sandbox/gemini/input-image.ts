/** Checks the pictures that come with a request. */
import { fileTypeFromBuffer } from 'file-type';
import { invalidArgument, Problem } from './failures.ts';

/** What Google's models read. */
const READABLE = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];

/** Base64. Throws Problem 400 for a type that is not read, and for bytes that are no picture. */
export async function insistOnImage({ mimeType = '', data = '' }: { mimeType?: string; data?: string }): Promise<void> {
  if (!READABLE.includes(mimeType)) throw new Problem(invalidArgument(`Unsupported MIME type: ${mimeType}`));
  const found = await fileTypeFromBuffer(Buffer.from(data, 'base64'));
  if (found !== undefined && READABLE.includes(found.mime)) return;
  throw new Problem(
    invalidArgument(
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    ),
  );
}
