/**
 * The pictures this Replicate makes: a landscape whose colours, hills and sky come from prompt and seed, so
 * that another seed is plainly another picture. No letters: machines without fonts draw the same.
 */
import { createHash } from 'node:crypto';
import { createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas';
import sharp from 'sharp';

export type PictureFormat = 'webp' | 'jpg' | 'png';

export interface PictureRequest {
  prompt: string;
  seed: number;
  /** Which of several outputs. */
  index: number;
  width: number;
  height: number;
  format: PictureFormat;
  /** Pictures to start from: they are shown side by side in place of the sky. */
  references?: readonly Buffer[];
}

export const MIME_TYPES: Record<PictureFormat, string> = { webp: 'image/webp', jpg: 'image/jpeg', png: 'image/png' };

/** Widths and heights by aspect ratio, about a megapixel each, multiples of 16. */
export function sizeOf(aspectRatio: string, megapixels = 1): { width: number; height: number } {
  const [across = 1, down = 1] = aspectRatio.split(':').map(Number);
  const ratio = across > 0 && down > 0 ? across / down : 1;
  const area = megapixels * 1024 * 1024;
  const roundTo16 = (length: number): number => Math.max(64, Math.round(length / 16) * 16);
  return { width: roundTo16(Math.sqrt(area * ratio)), height: roundTo16(Math.sqrt(area / ratio)) };
}

/** Draws in about 2 ms, with pictures to start from in 20; the encoding, 10 to 20 ms, runs in libuv's threads. The same request gives the same bytes. */
export async function drawPicture(picture: PictureRequest): Promise<Buffer> {
  const canvas = createCanvas(picture.width, picture.height);
  drawLandscape(canvas.getContext('2d'), picture, await placeReferences(picture));
  if (picture.format === 'jpg') return canvas.encode('jpeg', 85);
  // The canvas's own webp and png are smaller, and take four to eight times as long.
  const { width, height } = picture;
  const opaque = sharp(canvas.data(), { raw: { width, height, channels: 4 } }).removeAlpha();
  const encoder =
    picture.format === 'png' ? opaque.png({ compressionLevel: 1 }) : opaque.webp({ quality: 80, effort: 0 });
  return encoder.toBuffer();
}

interface Place {
  left: number;
  image: ImageData;
}

/** Each fills a column of the whole. */
async function placeReferences({ references = [], width, height }: PictureRequest): Promise<Place[]> {
  const edges = references.map((_, index) => Math.round((index * width) / references.length));
  return Promise.all(
    references.map(async (bytes, index) => {
      const left = edges[index] ?? 0;
      const column = (edges[index + 1] ?? width) - left;
      const pixels = await sharp(bytes)
        .rotate()
        .resize(column, height, { fit: 'cover' })
        .ensureAlpha()
        .raw()
        .toBuffer();
      return { left, image: new ImageData(new Uint8ClampedArray(pixels), column, height) };
    }),
  );
}

function drawLandscape(
  context: SKRSContext2D,
  { prompt, seed, index, width, height }: PictureRequest,
  references: readonly Place[],
): void {
  const random = randomFrom(`${prompt}\n${seed}\n${index}`);
  // Within these hues every sky is one that can be: from violet dusk to golden morning.
  const hue = (325 + random() * 70) % 360;
  // Before a picture the land is only a strip.
  const horizon = height * ((references.length === 0 ? 0.45 : 0.75) + random() * 0.2);
  if (references.length === 0) drawSky(context, { width, height, hue, horizon });
  for (const { left, image } of references) context.putImageData(image, left, 0);
  drawStars(context, { width, horizon, count: Math.floor(random() * 60), random });
  drawSun(context, {
    x: width * (0.15 + random() * 0.7),
    y: horizon * (0.35 + random() * 0.55),
    radius: Math.min(width, height) * (0.06 + random() * 0.1),
    hue,
  });
  const layers = 3 + Math.floor(random() * 4);
  for (let layer = 0; layer < layers; layer += 1) {
    const depth = (layer + 1) / layers;
    context.fillStyle = `hsl(${(hue + 200 + layer * 14) % 360}, ${28 + depth * 22}%, ${48 - depth * 34}%)`;
    drawHills(context, {
      width,
      height,
      base: horizon + (height - horizon) * (layer / layers) * 0.9,
      swing: height * (0.04 + random() * 0.09),
      random,
    });
  }
}

function drawSky(
  context: SKRSContext2D,
  { width, height, hue, horizon }: { width: number; height: number; hue: number; horizon: number },
): void {
  const sky = context.createLinearGradient(0, 0, 0, horizon);
  sky.addColorStop(0, `hsl(${(hue + 230) % 360}, 55%, 22%)`);
  sky.addColorStop(0.6, `hsl(${(hue + 330) % 360}, 65%, 52%)`);
  sky.addColorStop(1, `hsl(${(hue + 30) % 360}, 90%, 74%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
}

function drawStars(
  context: SKRSContext2D,
  { width, horizon, count, random }: { width: number; horizon: number; count: number; random: () => number },
): void {
  for (let star = 0; star < count; star += 1) {
    context.fillStyle = `rgba(255, 255, 255, ${0.3 + random() * 0.6})`;
    context.beginPath();
    context.arc(random() * width, random() * horizon * 0.6, 0.8 + random() * 1.6, 0, Math.PI * 2);
    context.fill();
  }
}

function drawSun(
  context: SKRSContext2D,
  { x, y, radius, hue }: { x: number; y: number; radius: number; hue: number },
): void {
  const glow = context.createRadialGradient(x, y, radius * 0.8, x, y, radius * 3);
  glow.addColorStop(0, `hsla(${(hue + 45) % 360}, 100%, 85%, 0.7)`);
  glow.addColorStop(1, `hsla(${(hue + 45) % 360}, 100%, 85%, 0)`);
  context.fillStyle = glow;
  context.fillRect(x - radius * 3, y - radius * 3, radius * 6, radius * 6);
  context.fillStyle = `hsl(${(hue + 45) % 360}, 100%, 90%)`;
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

function drawHills(
  context: SKRSContext2D,
  {
    width,
    height,
    base,
    swing,
    random,
  }: { width: number; height: number; base: number; swing: number; random: () => number },
): void {
  const waves = [1, 2, 3].map((order) => ({
    length: width / (order * (0.6 + random())),
    phase: random() * 7,
    height: swing / order,
  }));
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width + 8; x += 8) {
    const rise = waves.reduce(
      (sum, wave) => sum + Math.sin((x / wave.length) * Math.PI * 2 + wave.phase) * wave.height,
      0,
    );
    context.lineTo(x, base + rise);
  }
  context.lineTo(width, height);
  context.fill();
}

/** Numbers from 0 to 1 that follow from the text alone (mulberry32). */
function randomFrom(text: string): () => number {
  let state = createHash('sha256').update(text).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
