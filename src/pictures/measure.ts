/** How large a picture of a service is. */
import { inTurn, openPicture } from './decoder.ts';
import { readSides, type Sides } from './sides.ts';

/** Of any size, and without decoding it. null: no header that can be read. */
export async function measurePicture(bytes: Uint8Array, mimeType: string): Promise<Sides | null> {
  const told = readSides(bytes, mimeType);
  if (told !== null) return told;
  try {
    const { width, height } = await inTurn(() => openPicture(bytes, Infinity).metadata());
    return { width, height };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    return null;
  }
}
