/** Three pictures for whoever wants to try a reference and has no file at hand. Drawn anew each start, kept nowhere. */
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { SampleFile } from './interface.ts';
import { drawPicture } from './replicate/picture.ts';

const SIDE = 768;
const JPEG_QUALITY = 88;

type Draw = () => Promise<Buffer>;

const DRAWN: readonly (SampleFile & { draw: Draw })[] = [
  { name: 'mug.jpg', description: 'a red mug on white', draw: () => drawStudio(drawMug) },
  { name: 'plant.jpg', description: 'a plant in a pot', draw: () => drawStudio(drawPlant) },
  { name: 'lake.jpg', description: 'hills at dusk', draw: drawLake },
];

export const SAMPLES: readonly SampleFile[] = DRAWN.map(({ name, description }) => ({ name, description }));

const drawn = new Map<string, Promise<Buffer>>();

/** A JPEG; undefined for a name that is none of SAMPLES. */
export function readSample(name: string): Promise<Buffer> | undefined {
  const sample = DRAWN.find((candidate) => candidate.name === name);
  if (sample === undefined) return undefined;
  const known = drawn.get(name) ?? sample.draw();
  drawn.set(name, known);
  return known;
}

function drawLake(): Promise<Buffer> {
  return drawPicture({ prompt: 'a lake at dusk', seed: 11, index: 0, width: 1024, height: 640, format: 'jpg' });
}

/** A thing on a table before a light wall, as shops photograph it. */
async function drawStudio(draw: (context: SKRSContext2D) => void): Promise<Buffer> {
  const canvas = createCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  context.fillStyle = shade(context, [0, 0, 0, SIDE], ['#fbfaf8', '#eceae6', '#dad6cf']);
  context.fillRect(0, 0, SIDE, SIDE);
  drawShadow(context);
  draw(context);
  return canvas.encode('jpeg', JPEG_QUALITY);
}

function drawShadow(context: SKRSContext2D): void {
  const glow = context.createRadialGradient(384, 0, 20, 384, 0, 250);
  glow.addColorStop(0, 'rgb(40 34 30 / 48%)');
  glow.addColorStop(1, 'rgb(40 34 30 / 0%)');
  context.save();
  context.translate(16, 610);
  context.scale(1, 0.2);
  context.fillStyle = glow;
  context.fillRect(0, -260, SIDE, 520);
  context.restore();
}

function drawMug(context: SKRSContext2D): void {
  context.strokeStyle = shade(context, [510, 0, 660, 0], ['#a32218', '#d8402f']);
  context.lineWidth = 38;
  context.beginPath();
  context.ellipse(522, 410, 96, 112, 0, -1.35, 1.35);
  context.stroke();
  context.fillStyle = shade(context, [220, 0, 545, 0], ['#8e1a12', '#e8503d', '#d33828', '#7f150e']);
  context.beginPath();
  context.roundRect(224, 236, 320, 376, [10, 10, 74, 74]);
  context.fill();
  drawEllipse(context, [384, 240, 160, 40], '#f1685a');
  drawEllipse(context, [384, 243, 146, 32], '#3a1d14');
  context.fillStyle = 'rgb(255 255 255 / 30%)';
  context.beginPath();
  context.roundRect(270, 300, 22, 236, 11);
  context.fill();
}

function drawPlant(context: SKRSContext2D): void {
  for (const [turn, length, colour] of LEAVES) {
    context.save();
    context.translate(384, 430);
    context.rotate(turn);
    drawEllipse(context, [0, -length / 2, length * 0.19, length / 2], colour);
    context.restore();
  }
  context.fillStyle = shade(context, [270, 0, 500, 0], ['#8f4a2c', '#d98a5c', '#b8663c', '#7c3d22']);
  context.beginPath();
  context.moveTo(262, 412);
  context.lineTo(506, 412);
  context.lineTo(470, 618);
  context.lineTo(298, 618);
  context.fill();
  drawEllipse(context, [384, 412, 122, 24], '#4a3325');
}

/** Radians from upright, pixels, colour; those behind first. */
const LEAVES: readonly (readonly [number, number, string])[] = [
  [-1.05, 250, '#2d6b43'],
  [1.05, 240, '#2d6b43'],
  [-0.55, 310, '#35804f'],
  [0.6, 300, '#35804f'],
  [0.05, 340, '#419a5f'],
  [-0.28, 250, '#57b374'],
  [0.32, 230, '#57b374'],
];

function drawEllipse(
  context: SKRSContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
  colour: string,
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.ellipse(x, y, width, height, 0, 0, Math.PI * 2);
  context.fill();
}

/** Colours evenly along a line from one point to another. */
function shade(
  context: SKRSContext2D,
  [fromX, fromY, toX, toY]: readonly [number, number, number, number],
  colours: readonly string[],
): ReturnType<SKRSContext2D['createLinearGradient']> {
  const gradient = context.createLinearGradient(fromX, fromY, toX, toY);
  for (const [index, colour] of colours.entries()) gradient.addColorStop(index / (colours.length - 1), colour);
  return gradient;
}
