/** Pictures as people send them, and as those do who mean harm. Each is built here, from its format's own rules. */
import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const HEADER_END = 33;

/** A place nobody is to learn of from a file. */
export const SECRET = 'Rose Lane 5, Springfield';

export function plain(width = 64, height = 48, color = '#c83c3c'): Sharp {
  return sharp({ create: { width, height, channels: 3, background: color } });
}

/** Nothing in it can be packed. */
export function noise(width: number, height: number): Sharp {
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });
}

/** Red above, blue below. */
export async function twoHalves(): Promise<Sharp> {
  const below = await plain(60, 20, '#0000ff').png().toBuffer();
  return sharp(
    await plain(60, 40, '#ff0000')
      .composite([{ input: below, left: 0, top: 20 }])
      .png()
      .toBuffer(),
  );
}

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** What a PNG says first: 1 bit a pixel, black or white. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([PNG_SIGNATURE, pngChunk('IHDR', header)]);
}

/** A whole and valid PNG: 900 million pixels in about 110 KB. */
export function bomb(): Buffer {
  const side = 30_000;
  const rows = Buffer.alloc(side * (1 + side / 8));
  return Buffer.concat([
    pngHeader(side, side),
    pngChunk('IDAT', deflateSync(rows, { level: 1 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Three frames: red, green, blue. */
export async function animated(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = await Promise.all(
    ['#ff0000', '#00ff00', '#0000ff'].map((color) => plain(64, 48, color).png().toBuffer()),
  );
  return sharp(frames, { join: { animated: true } })
    .toFormat(format, { loop: 0, delay: [90, 90, 90] })
    .toBuffer();
}

/** An animated PNG of one frame, which is where its pixels stand in any PNG. */
export async function animatedPng(): Promise<Buffer> {
  const still = await plain().png().toBuffer();
  const control = Buffer.alloc(8);
  control.writeUInt32BE(1, 0);
  return Buffer.concat([still.subarray(0, HEADER_END), pngChunk('acTL', control), still.subarray(HEADER_END)]);
}

/** As a phone writes it: lying on its side, with what turns it upright and where it was taken. */
export async function photograph(): Promise<Buffer> {
  const upright = await (await twoHalves()).rotate(270).png().toBuffer();
  return sharp(upright)
    .withExif({
      IFD0: { ImageDescription: SECRET },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret>${SECRET}</secret></x:xmpmeta>`)
    .withIccProfile('p3')
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** A JPEG as some cameras leave it: rubbish between two of its parts. */
export async function sloppy(): Promise<Buffer> {
  const bytes = await plain().jpeg().toBuffer();
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  return Buffer.concat([bytes.subarray(0, scan), Buffer.from([0, 0, 0]), bytes.subarray(scan)]);
}

/** A picture to one reader, a page or an archive to another. */
export async function polyglot(): Promise<Buffer> {
  const html = `<html><script>alert("${SECRET}")</script></html>`;
  const zip = Buffer.from(`PK\u0003\u0004${SECRET}PK\u0005\u0006`, 'latin1');
  const picture = await plain().png().toBuffer();
  const comment = pngChunk('tEXt', Buffer.from(`Comment\0${html}`, 'latin1'));
  const whole = [picture.subarray(0, HEADER_END), comment, picture.subarray(HEADER_END)];
  return Buffer.concat([...whole, Buffer.from(html), zip]);
}

export const SVG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">' +
    '<image xlink:href="file:///etc/hostname" width="64" height="64"/></svg>',
);

/** An AVIF that says its size so many times over: a reader may take as many steps for each of them. */
export async function sizesWithoutEnd(count: number): Promise<Buffer> {
  const bytes = await plain().avif({ effort: 0 }).toBuffer();
  const size = bytes.subarray(bytes.indexOf('ispe') - 4).subarray(0, 20);
  const more = Buffer.concat(Array.from({ length: count }, () => size));
  const properties = bytes.indexOf('ipco') - 4;
  const pixels = bytes.indexOf('mdat') + 4;
  // Behind the others, so that their numbers stay; each box around them grows, and the pixels move.
  for (const box of [properties, bytes.indexOf('iprp') - 4, bytes.indexOf('meta') - 4])
    bytes.writeUInt32BE(bytes.readUInt32BE(box) + more.length, box);
  const place = Buffer.alloc(4);
  place.writeUInt32BE(pixels);
  bytes.writeUInt32BE(pixels + more.length, bytes.indexOf(place, bytes.indexOf('iloc')));
  const end = properties + bytes.readUInt32BE(properties) - more.length;
  return Buffer.concat([bytes.subarray(0, end), more, bytes.subarray(end)]);
}
