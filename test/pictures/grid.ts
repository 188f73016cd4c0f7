/** The painter at a glance: 24 prompts, each with what was asked under it, in rows of one height. */
import { type Canvas, createCanvas, type Image, loadImage } from '@napi-rs/canvas';
import { FONT_FAMILY, registerFont } from '../../src/providers/local/font.ts';
import { PaintPool } from '../../src/providers/local/paint-pool.ts';
import { sizeOf } from '../../src/providers/local/picture-size.ts';

interface Entry {
  prompt: string;
  seed: number;
  aspectRatio: string;
  /** What stands under the picture when the bundled font lacks the prompt's letters. */
  caption?: string;
}

const ROWS: readonly (readonly Entry[])[] = [
  [
    { prompt: 'a mountain lake at sunset', seed: 1, aspectRatio: '16:9' },
    { prompt: 'a black cat', seed: 8, aspectRatio: '1:1' },
    { prompt: 'rainy neon street at night', seed: 4, aspectRatio: '3:4' },
    { prompt: 'Saturn, a galaxy far away', seed: 3, aspectRatio: '4:3' },
    { prompt: 'sunflowers', seed: 8, aspectRatio: '1:1' },
    { prompt: 'a cup of coffee', seed: 10, aspectRatio: '1:1' },
  ],
  [
    { prompt: '雪の森', seed: 2, aspectRatio: '4:3', caption: 'yuki no mori (snowy forest)' },
    { prompt: 'portrait of a woman', seed: 1, aspectRatio: '3:4' },
    { prompt: 'desert under stars', seed: 5, aspectRatio: '16:9' },
    { prompt: 'a robot', seed: 5, aspectRatio: '1:1' },
    { prompt: 'quantum synergy', seed: 5, aspectRatio: '1:1' },
    { prompt: 'a lighthouse in a storm', seed: 11, aspectRatio: '1:1' },
  ],
  [
    { prompt: 'hot air balloons at sunrise', seed: 14, aspectRatio: '1:1' },
    { prompt: 'aurora over snowy mountains', seed: 13, aspectRatio: '16:9' },
    { prompt: 'a deer in the misty forest', seed: 8, aspectRatio: '3:4' },
    { prompt: 'Привет, мир', seed: 6, aspectRatio: '1:1' },
    { prompt: '夜の街', seed: 2, aspectRatio: '4:3', caption: 'yoru no machi (city at night)' },
    { prompt: 'paper layers, teal and orange', seed: 1, aspectRatio: '1:1' },
  ],
  [
    { prompt: 'a sailboat on a calm sea, golden hour', seed: 6, aspectRatio: '16:9' },
    { prompt: '桜と富士山', seed: 4, aspectRatio: '1:1', caption: 'sakura to Fujisan (Mt Fuji in spring)' },
    { prompt: 'crystal', seed: 4, aspectRatio: '1:1' },
    { prompt: 'autumn forest', seed: 3, aspectRatio: '3:4' },
    { prompt: '海の上の花火', seed: 12, aspectRatio: '4:3', caption: 'umi no ue no hanabi (fireworks over the sea)' },
    { prompt: '海辺の鳥居', seed: 3, aspectRatio: '1:1', caption: 'umibe no torii (torii by the sea)' },
  ],
];

const WIDTH = 1600;
const MARGIN = 20;
const GAP = 12;
const CAPTION_HEIGHT = 30;
const FONT_SIZE = 12;
const WEBP_QUALITY = 90;
const PAPER = '#101217';
const INK = '#b9bec9';

/** Paints all of it anew with the painter of the bot. Returns a WebP 1600 pixels wide. */
export async function paintGrid(): Promise<Buffer> {
  const pool = new PaintPool();
  try {
    const rows = await Promise.all(ROWS.map((row) => Promise.all(row.map((entry) => paintEntry(pool, entry)))));
    return await drawSheet(rows).encode('webp', WEBP_QUALITY);
  } finally {
    await pool.close();
  }
}

interface Painted {
  image: Image;
  caption: string;
}

async function paintEntry(pool: PaintPool, { prompt, seed, aspectRatio, caption }: Entry): Promise<Painted> {
  const size = sizeOf(aspectRatio);
  if (size === undefined) throw new Error(`Expected an aspect ratio of the grid to be one, got ${aspectRatio}.`);
  const bytes = await pool.paint({ work: 'scene', prompt, seed, ...size }, new AbortController().signal);
  return { image: await loadImage(Buffer.from(bytes)), caption: caption ?? prompt };
}

function drawSheet(rows: readonly (readonly Painted[])[]): Canvas {
  const heights = rows.map(heightOf);
  const whole = heights.reduce((sum, height) => sum + height + CAPTION_HEIGHT, MARGIN * 2 - FONT_SIZE);
  const canvas = createCanvas(WIDTH, whole);
  const context = canvas.getContext('2d');
  context.fillStyle = PAPER;
  context.fillRect(0, 0, WIDTH, whole);
  let top = MARGIN;
  for (const [index, row] of rows.entries()) {
    const height = heights[index] ?? 0;
    drawRow(canvas, row, { top, height });
    top += height + CAPTION_HEIGHT;
  }
  return canvas;
}

/** Of a row that fills the width with all its pictures equally high. */
function heightOf(row: readonly Painted[]): number {
  const ratios = row.reduce((sum, { image }) => sum + image.width / image.height, 0);
  return Math.round((WIDTH - MARGIN * 2 - GAP * (row.length - 1)) / ratios);
}

function drawRow(canvas: Canvas, row: readonly Painted[], { top, height }: { top: number; height: number }): void {
  registerFont();
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.font = `600 ${FONT_SIZE}px "${FONT_FAMILY}"`;
  context.textBaseline = 'middle';
  let left = MARGIN;
  for (const { image, caption } of row) {
    const width = (image.width / image.height) * height;
    context.drawImage(image, left, top, width, height);
    context.fillStyle = INK;
    context.fillText(
      shorten(caption, (text) => context.measureText(text).width <= width),
      left,
      top + height + 14,
    );
    left += width + GAP;
  }
}

/** As many characters as fit, with an ellipsis for the rest. */
function shorten(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const length = Array.from({ length: text.length }, (_, index) => index).findLast((at) =>
    fits(`${text.slice(0, at)}…`),
  );
  return `${text.slice(0, length ?? 0).trimEnd()}…`;
}
