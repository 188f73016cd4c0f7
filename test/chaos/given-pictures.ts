/** The files that members give as pictures to start from. */
import { randomBytes } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';
import type { PickedFile } from '../../sandbox/interface.ts';

/** In pixels. Noise of this side is larger than what travels inside a request to Replicate, so it is uploaded. */
const SIDE = 400;
const CHANNELS = 3;

/** A light one and a heavy one. */
export async function drawGivenPictures(): Promise<readonly PickedFile[]> {
  const size = { width: SIDE, height: SIDE, channels: CHANNELS } as const;
  const plain = sharp({ create: { ...size, background: 'teal' } });
  const noise = sharp(randomBytes(SIDE * SIDE * CHANNELS), { raw: size });
  return Promise.all([pick('boat.png', plain), pick('noise.png', noise)]);
}

async function pick(name: string, picture: Sharp): Promise<PickedFile> {
  return { name, contentType: 'image/png', data: (await picture.png().toBuffer()).toString('base64') };
}
