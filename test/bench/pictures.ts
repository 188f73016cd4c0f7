/** The pictures of the bench: the same bytes, or the same pixels, for both bots. */
import sharp from 'sharp';

const SIDE = 1024;
/** Chosen so that a megapixel weighs about 150 kB as WebP, as pictures of the hosted models do. */
const GRAIN = 22;

export interface RawPicture {
  /** Red, green, blue, alpha, a byte each, row by row. */
  pixels: Buffer;
  width: number;
  height: number;
}

/** A megapixel of soft colours with some grain, as WebP of the size a hosted model gives. Always the same. */
export async function makeModelPicture(): Promise<{ bytes: Buffer; mimeType: string }> {
  const pixels = Buffer.alloc(SIDE * SIDE * 3);
  let noise = 1;
  for (let offset = 0; offset < pixels.length; offset++) {
    const place = Math.floor(offset / 3);
    const [x, y, channel] = [place % SIDE, Math.floor(place / SIDE), offset % 3];
    // A linear congruential generator (Numerical Recipes): grain that every machine draws alike.
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const light = 128 + 90 * Math.sin(x / (90 + 40 * channel)) * Math.cos(y / (120 - 20 * channel));
    pixels[offset] = Math.round(light + (noise / 2 ** 32 - 0.5) * GRAIN);
  }
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  return { bytes: await sharp(pixels, { raw }).webp({ quality: 80 }).toBuffer(), mimeType: 'image/webp' };
}

export async function decodePicture(bytes: Uint8Array): Promise<RawPicture> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height };
}

/** As a bot with sharp would: its defaults. */
export async function encodeWithSharp({ pixels, width, height }: RawPicture): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}
