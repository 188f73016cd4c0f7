/** Draws pictures a few at once: encoding shares libuv's four threads with every file and name lookup of the process. */
import { drawPicture, type PictureRequest } from './replicate/picture.ts';

const DRAWN_AT_ONCE = 2;
let drawing = 0;
const waiting: (() => void)[] = [];

/** The same request gives the same bytes. */
export async function drawInTurn(picture: PictureRequest): Promise<Buffer> {
  if (drawing >= DRAWN_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else drawing += 1;
  try {
    return await drawPicture(picture);
  } finally {
    // The place passes straight to the next in line, so nobody can slip in between.
    const next = waiting.shift();
    if (next === undefined) drawing -= 1;
    else next();
  }
}
