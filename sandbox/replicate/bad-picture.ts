/** Pictures that are hard to take: one that would fill gigabytes when decoded, and one that is merely heavy. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

const SIDE_PIXELS = 30_000;

/** A PNG whose header claims 30,000 × 30,000 pixels and whose data holds a few rows of them. */
export function drawHugePicture(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE_PIXELS, 0);
  header.writeUInt32BE(SIDE_PIXELS, 4);
  // One bit of grey a pixel, no interlace.
  header.set([1, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(16 * (1 + SIDE_PIXELS / 8));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')]);
}

/** The same picture as an uncompressed PNG of about this many bytes: three a pixel. */
export async function drawHeavyPicture(picture: Buffer, bytes: number): Promise<Buffer> {
  const { width, height } = await sharp(picture).metadata();
  const scale = Math.sqrt(bytes / 3 / (width * height));
  const [across, down] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  return sharp(picture).resize(across, down, { fit: 'fill' }).removeAlpha().png({ compressionLevel: 0 }).toBuffer();
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
