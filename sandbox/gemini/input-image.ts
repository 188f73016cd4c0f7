/** Checks the pictures that come with a request. */
import { fileTypeFromBuffer } from 'file-type';
import sharp from 'sharp';
import { invalidArgument, Problem } from './failures.ts';

/** A picture that came with a request, no larger than it is drawn; null: of a kind that is not drawn here. */
export type InputPicture = Buffer | null;

/** What Google's models read. */
const READABLE = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];
/** Nothing here decodes them: they are believed. */
const BELIEVED = ['image/heic', 'image/heif'];
/** Longest side of what is kept to draw from. */
const KEPT_SIDE = 1_024;

/** `data` in Base64. Throws Problem 400 for a type that is not read, and for bytes that are no whole picture. */
export async function readInputImage({
  mimeType = '',
  data = '',
}: {
  mimeType?: string;
  data?: string;
}): Promise<InputPicture> {
  if (!READABLE.includes(mimeType)) throw new Problem(invalidArgument(`Unsupported MIME type: ${mimeType}`));
  const bytes = Buffer.from(data, 'base64');
  const found = await fileTypeFromBuffer(bytes);
  if (found === undefined || !READABLE.includes(found.mime)) throw unreadable();
  if (BELIEVED.includes(found.mime)) return null;
  try {
    const size = { width: KEPT_SIDE, height: KEPT_SIDE, fit: 'inside', withoutEnlargement: true } as const;
    return await sharp(bytes, { failOn: 'truncated' }).resize(size).png({ compressionLevel: 1 }).toBuffer();
  } catch {
    throw unreadable();
  }
}

function unreadable(): Problem {
  const message =
    'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting';
  return new Problem(invalidArgument(message));
}
