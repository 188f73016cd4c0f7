/** Water and wet ground: what stands above, turned over, broken by ripples. */
import { createCanvas } from '@napi-rs/canvas';
import { css, mix, type Color } from './color.ts';
import { between, createRidge, type Random } from './random.ts';
import { createFall, type Stage } from './stage.ts';

export interface Mirror {
  /** Where the water begins, from the top. */
  waterline: number;
  /** The water's own colour, near us. */
  deep: Color;
  /** How far ripples push, from 0 (glass) to 1. */
  unrest: number;
  /** How much of what is above is seen again, from 0 to 1. */
  clarity: number;
}

/** Paints from the waterline to the bottom; whatever is to be mirrored has been painted before. */
export function paintMirror(stage: Stage, { waterline, deep, unrest, clarity }: Mirror, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const depth = height - waterline;
  if (depth < 1) return;
  // A copy: each use of a canvas as its own picture would copy it again.
  const above = createCanvas(width, Math.ceil(waterline));
  above.getContext('2d').drawImage(context.canvas, 0, 0);
  const { light } = scene;
  context.fillStyle = createFall(context, waterline, height, [
    css(mix(light.sky[2], deep, 0.3)),
    css(mix(light.sky[1], deep, 0.65)),
    css(mix(deep, light.ink, 0.35)),
  ]);
  context.fillRect(0, waterline, width, depth);
  const ripple = createRidge(random, 2, 0.5);
  const stretch = Math.min(1.35, waterline / depth);
  // What is mirrored is a little wider than the picture, so that no push leaves an edge bare.
  const slack = unit * unrest * 0.05;
  for (let y = waterline; y < height;) {
    const nearness = (y - waterline) / depth;
    const tall = Math.max(2, Math.round(unit * (0.0016 + 0.006 * nearness)));
    const source = waterline - (y - waterline) * stretch - tall * stretch;
    if (source < 0) break;
    // Ripples near us are wider and push what they mirror further.
    const push = ripple((y / unit) * (150 - 90 * nearness)) * unit * unrest * (0.003 + 0.045 * nearness);
    context.globalAlpha = clarity * (1 - 0.5 * nearness);
    context.drawImage(above, 0, source, width, tall * stretch, push - slack, y, width + slack * 2, tall);
    y += tall;
  }
  context.globalAlpha = 1;
}

/** Waves as short level strokes, small at the horizon; under the sun they glitter. */
export function paintGlitter(
  { context, scene, sun, width, height, unit }: Stage,
  waterline: number,
  random: Random,
): void {
  const depth = height - waterline;
  context.lineCap = 'round';
  const waves = Math.min(2500, Math.round((620 * width) / unit));
  for (let drawn = 0; drawn < waves; drawn++) {
    const nearness = random() ** 1.5;
    const y = waterline + depth * (0.004 + 0.996 * nearness);
    const length = unit * (0.006 + 0.065 * nearness) * between(random, 0.4, 1.3);
    const isGlitter = random() < 0.55;
    const spread = unit * (0.035 + 0.13 * nearness);
    const x = isGlitter ? sun.x + (random() + random() - 1) * spread * 1.4 : random() * width;
    const color = isGlitter ? scene.light.sun : mix(scene.light.sky[2], scene.light.sun, 0.3);
    context.strokeStyle = css(
      color,
      isGlitter ? between(random, 0.25, 0.85) * (1 - nearness * 0.6) : 0.1 + 0.08 * random(),
    );
    context.lineWidth = unit * (0.001 + 0.0028 * nearness);
    context.beginPath();
    context.moveTo(x - length / 2, y);
    context.lineTo(x + length / 2, y);
    context.stroke();
  }
}

/** Paints what stands in the water, and it once more upside down below `foot`. */
export function paintReflected({ context }: Stage, foot: number, paintThing: () => void): void {
  context.save();
  context.translate(0, foot * 2);
  context.scale(1, -1);
  context.globalAlpha = 0.26;
  paintThing();
  context.restore();
  paintThing();
}
