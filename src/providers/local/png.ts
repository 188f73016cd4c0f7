/**
 * Writes a PNG in one fixed way. The canvas's own encoder tries every filter on every line, which takes ten
 * times as long and saves little.
 */
import { constants, crc32, deflateSync } from 'node:zlib';
import type { PictureSize } from './picture-size.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BIT_DEPTH = 8;
const COLOR_TYPE_RGB = 2;
/** Each byte as its difference from the same colour of the pixel to the left. */
const FILTER_SUB = 1;
/**
 * Runs and Huffman codes only. Searching for repeats finds none in film grain and takes three to ten times as
 * long; and zlib searches by other hashes on other processors, which would give other bytes.
 */
const DEFLATE_STRATEGY = constants.Z_RLE;

/** `pixels` are red, green, blue, alpha, a byte each, row by row; alpha is left out: a painting has no holes. */
export function encodePng(pixels: Uint8Array, { width, height }: PictureSize): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BIT_DEPTH, COLOR_TYPE_RGB], 8);
  const data = deflateSync(filterRows(pixels, width, height), { strategy: DEFLATE_STRATEGY });
  return Buffer.concat([SIGNATURE, createChunk('IHDR', header), createChunk('IDAT', data), createChunk('IEND')]);
}

function filterRows(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const filtered = new Uint8Array(height * (width * 3 + 1));
  let to = 0;
  let from = 0;
  for (let y = 0; y < height; y++) {
    filtered[to++] = FILTER_SUB;
    let [red, green, blue] = [0, 0, 0];
    for (let x = 0; x < width; x++, from += 4) {
      // Inside the array by the bounds of both loops; a typed array wraps the differences to a byte.
      const [nextRed, nextGreen, nextBlue] = [pixels[from] ?? 0, pixels[from + 1] ?? 0, pixels[from + 2] ?? 0];
      filtered[to++] = nextRed - red;
      filtered[to++] = nextGreen - green;
      filtered[to++] = nextBlue - blue;
      red = nextRed;
      green = nextGreen;
      blue = nextBlue;
    }
  }
  return filtered;
}

function createChunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  // The sum covers the type and the data, not the length.
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
