/** Pictures made from those that came with the request, so that it is plain to see: the first one large, under a tint and in a frame of the prompt's colour, the others small before it. */
import { createHash } from 'node:crypto';
import { createCanvas, type Image, loadImage, type SKRSContext2D } from '@napi-rs/canvas';
import type { PictureRequest } from '../replicate/picture.ts';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Parts of the shorter side. */
const FRAME = 0.04;
const SMALL = 0.22;
const GAP = 0.02;

/** At least one picture. The same request gives the same bytes. */
export async function drawFromReferences(
  { prompt, seed, index, width, height, format }: PictureRequest,
  references: readonly Buffer[],
): Promise<Buffer> {
  const [first, ...others] = await Promise.all(references.map((bytes) => loadImage(bytes)));
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const hue = createHash('sha256').update(`${prompt}\n${seed}\n${index}`).digest().readUInt16LE(0) % 360;
  context.fillStyle = `hsl(${hue}, 60%, 45%)`;
  context.fillRect(0, 0, width, height);
  const side = Math.min(width, height);
  const frame = Math.round(side * FRAME);
  const inner = { x: frame, y: frame, width: width - 2 * frame, height: height - 2 * frame };
  if (first !== undefined) drawCover(context, first, inner);
  context.fillStyle = `hsla(${hue}, 80%, 55%, 0.25)`;
  context.fillRect(inner.x, inner.y, inner.width, inner.height);
  drawRow(context, others, { side, frame, height });
  if (format === 'png') return canvas.encode('png');
  return format === 'jpg' ? canvas.encode('jpeg', 85) : canvas.encode('webp', 80);
}

/** From the left to the right along the lower edge, in their order. */
function drawRow(
  context: SKRSContext2D,
  images: readonly Image[],
  { side, frame, height }: { side: number; frame: number; height: number },
): void {
  const [small, gap] = [side * SMALL, side * GAP];
  for (const [place, image] of images.entries()) {
    const box = {
      x: frame + gap + place * (small + gap),
      y: height - frame - gap - small,
      width: small,
      height: small,
    };
    context.fillStyle = '#ffffff';
    context.fillRect(box.x - gap / 4, box.y - gap / 4, small + gap / 2, small + gap / 2);
    drawCover(context, image, box);
  }
}

/** Fills the box with the middle of the image; `zoom` above 1 shows less of it. */
export function drawCover(context: SKRSContext2D, image: Image, box: Box, zoom = 1): void {
  const scale = Math.max(box.width / image.width, box.height / image.height) * zoom;
  const [width, height] = [box.width / scale, box.height / scale];
  const [x, y] = [(image.width - width) / 2, (image.height - height) / 2];
  context.drawImage(image, x, y, width, height, box.x, box.y, box.width, box.height);
}
