/** What is in a picture, told by sharp. */
import assert from 'node:assert/strict';
import sharp from 'sharp';

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour in the middle of the picture's part from (left, top), as shares of its sides. */
export async function colorAt(bytes: Uint8Array, left: number, top: number, page = 0): Promise<Rgb> {
  const { data, info } = await sharp(bytes, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height * top) * info.width + Math.floor(info.width * left)) * info.channels;
  return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
}

export function assertNear(found: Rgb, expected: Rgb, most = 6): void {
  const far = found.some((value, index) => Math.abs(value - (expected[index] ?? 0)) > most);
  assert.ok(!far, `expected about rgb(${expected.join(', ')}), got rgb(${found.join(', ')})`);
}

/** Nothing but pixels: no place, no camera, no words, no colour profile. */
export async function assertBare(bytes: Uint8Array): Promise<void> {
  const { exif, xmp, iptc, icc, orientation, comments, ...rest } = await sharp(bytes).metadata();
  assert.deepEqual(
    { exif, xmp, iptc, icc, orientation, comments },
    {
      exif: undefined,
      xmp: undefined,
      iptc: undefined,
      icc: undefined,
      orientation: undefined,
      comments: undefined,
    },
  );
  assert.deepEqual([rest.space, rest.depth], ['srgb', 'uchar']);
}
