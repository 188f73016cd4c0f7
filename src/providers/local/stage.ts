/** What every part of a picture is drawn on and measured by. */
import { createCanvas, type Canvas, type SKRSContext2D } from '@napi-rs/canvas';
import { css, type Color } from './color.ts';
import type { PictureSize } from './picture-size.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';

export interface Stage extends PictureSize {
  context: SKRSContext2D;
  scene: Scene;
  /** Shorter side: what sizes of things are measured by. */
  unit: number;
  /** Where sky and land meet, from the top. */
  horizon: number;
  sun: { x: number; y: number; radius: number };
  /** A stream of chance for one part of the picture. */
  chance: (part: string) => Random;
}

/** How a figure stands. */
export interface Pose {
  /** Middle of the figure. */
  x: number;
  /** Where it stands or is cut off. */
  foot: number;
  /** Height. */
  size: number;
  /** Where it looks: -1 left, 1 right. */
  way: number;
}

export type Point = readonly [x: number, y: number];

export function fillCircle(context: SKRSContext2D, x: number, y: number, radius: number, style: string): void {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

export function fillShape(context: SKRSContext2D, ...points: readonly Point[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fill();
}

/** Light around a point that fades to nothing at `radius`. */
export function paintGlow(
  context: SKRSContext2D,
  { x, y, radius, color, alpha }: { x: number; y: number; radius: number; color: Color; alpha: number },
): void {
  const glow = context.createRadialGradient(x, y, 0, x, y, radius);
  glow.addColorStop(0, css(color, alpha));
  glow.addColorStop(0.25, css(color, alpha * 0.5));
  glow.addColorStop(0.55, css(color, alpha * 0.16));
  glow.addColorStop(1, css(color, 0));
  context.fillStyle = glow;
  context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
}

/** Colours from `top` down to `bottom`, at even distances. */
export function createFall(
  context: SKRSContext2D,
  top: number,
  bottom: number,
  colors: readonly string[],
): CanvasGradient {
  const fall = context.createLinearGradient(0, top, 0, bottom);
  for (const [index, color] of colors.entries()) fall.addColorStop(index / Math.max(1, colors.length - 1), color);
  return fall;
}

type CanvasGradient = ReturnType<SKRSContext2D['createLinearGradient']>;

export interface FieldArea {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Side of one computed square; between their centres colours run smoothly. */
  cell: number;
}

/** Red, green, blue from 0 to 255 and alpha from 0 to 1, for a point of the picture. */
export type FieldColor = readonly [red: number, green: number, blue: number, alpha: number];

/** Paints what is computed for each point: clouds, nebulae, melting colours. Coarse cells keep it fast. */
export function paintField(
  context: SKRSContext2D,
  area: FieldArea,
  colorAt: (x: number, y: number) => FieldColor,
): void {
  const columns = Math.max(2, Math.ceil(area.width / area.cell));
  const rows = Math.max(2, Math.ceil(area.height / area.cell));
  const canvas = createCanvas(columns, rows);
  const small = canvas.getContext('2d');
  const image = small.createImageData(columns, rows);
  for (let row = 0, to = 0; row < rows; row++) {
    const y = area.y + ((row + 0.5) / rows) * area.height;
    for (let column = 0; column < columns; column++, to += 4) {
      const [red, green, blue, alpha] = colorAt(area.x + ((column + 0.5) / columns) * area.width, y);
      image.data[to] = red;
      image.data[to + 1] = green;
      image.data[to + 2] = blue;
      image.data[to + 3] = alpha * 255;
    }
  }
  small.putImageData(image, 0, 0);
  drawEnlarged(context, canvas, area);
}

/** How many times larger the last step may make a picture: its straight lines from pixel to pixel stay unseen. */
const LAST_STEP = 3;

/**
 * Draws a small picture large, without edges between its pixels. Doubling with straight lines, again and again,
 * nears a smooth curve (a quadratic B-spline, as Chaikin cuts corners). The canvas could do it at once
 * (imageSmoothingQuality 'high'), but not with the same bytes on every processor: see paint.ts.
 */
export function drawEnlarged(
  context: SKRSContext2D,
  picture: Canvas,
  area: Pick<FieldArea, 'x' | 'y' | 'width' | 'height'>,
): void {
  let doubled = picture;
  while (doubled.width * LAST_STEP < area.width && doubled.height * LAST_STEP < area.height) {
    const smaller = doubled;
    doubled = createCanvas(smaller.width * 2, smaller.height * 2);
    doubled.getContext('2d').drawImage(smaller, 0, 0, doubled.width, doubled.height);
  }
  context.imageSmoothingQuality = 'low';
  context.drawImage(doubled, area.x, area.y, area.width, area.height);
}
