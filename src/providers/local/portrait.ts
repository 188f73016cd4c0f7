/** People: head and shoulders. Outlines have the lower edge of the picture at 0 and the top of the head at -1. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { css, mix, WHITE, type Color } from './color.ts';
import { between, pick, type Random } from './random.ts';
import type { Figure } from './scene.ts';
import { paintGlow, type Pose, type Stage } from './stage.ts';
import { darken } from './terrain.ts';

const SKINS: readonly [Color, ...Color[]] = [
  [242, 206, 178],
  [222, 172, 136],
  [186, 128, 92],
  [138, 90, 64],
  [98, 64, 48],
];
const HAIRS: readonly [Color, ...Color[]] = [
  [40, 30, 34],
  [72, 46, 36],
  [128, 78, 46],
  [206, 160, 96],
  [150, 58, 40],
];

/** Head and shoulders as a poster shows them: flat planes of light and shade, no features. */
export function paintBust(stage: Stage, { x, foot, size, way }: Pose, figure: Figure, random: Random): void {
  const { context, scene, unit } = stage;
  const { light } = scene;
  const isWoman = figure === 'woman' || (figure === 'person' && random() < 0.5);
  const shadeBy = (color: Color): Color =>
    mix(light.ink, mix(color, light.sky[2], 0.16), 0.45 + 0.5 * light.brightness);
  const skin = shadeBy(pick(random, SKINS));
  const hair = shadeBy(mix(pick(random, HAIRS), light.accents[2], random() < 0.3 ? 0.7 : 0.12));
  const cloth = shadeBy(light.accents[0]);
  context.save();
  context.translate(x, foot);
  context.scale(size * way, size);
  const long = isWoman ? between(random, 0.16, 0.42) : 0;
  if (isWoman) fillOutline(stage, hair, (pen) => outlineLongHair(pen, long));
  fillOutline(stage, darken(skin, 0.2), outlineNeck);
  fillOutline(stage, cloth, outlineShoulders);
  fillOutline(stage, mix(cloth, light.ink, 0.42), outlineShoulderShade);
  fillOutline(stage, mix(cloth, WHITE, 0.3), outlineCollar);
  fillOutline(stage, skin, outlineFace);
  fillOutline(stage, mix(skin, light.sun, 0.2), outlineFaceLight);
  fillOutline(stage, mix(skin, light.ink, 0.17), outlineFaceShade);
  paintFeatures(stage, { skin, hair, lips: isWoman ? mix(skin, [196, 62, 74], 0.62) : mix(skin, light.ink, 0.34) });
  fillOutline(stage, hair, isWoman ? outlineFringe : outlineShortHair);
  fillOutline(stage, mix(hair, light.sun, 0.22), outlineHairShine);
  context.restore();
  paintGlow(context, {
    x: x + way * size * 0.3,
    y: foot - size * 0.7,
    radius: unit * 0.42,
    color: light.sun,
    alpha: 0.16,
  });
}

/** Closed eyes, brows, nose and mouth, a line each: a face at rest. */
function paintFeatures(
  { context, scene }: Stage,
  { skin, hair, lips }: { skin: Color; hair: Color; lips: Color },
): void {
  const ink = mix(mix(skin, scene.light.ink, 0.78), hair, 0.3);
  context.lineCap = 'round';
  const draw = (
    color: Color,
    broad: number,
    [fromX, fromY, bendX, bendY, toX, toY]: readonly [number, number, number, number, number, number],
  ): void => {
    context.strokeStyle = css(color);
    context.lineWidth = broad;
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.quadraticCurveTo(bendX, bendY, toX, toY);
    context.stroke();
  };
  for (const side of [-1, 1]) {
    const eye = side * 0.068 + 0.012;
    draw(ink, 0.009, [eye - 0.034, -0.717, eye, -0.69, eye + 0.034, -0.717]);
    draw(mix(ink, hair, 0.5), 0.011, [eye - 0.038, -0.768, eye, -0.79, eye + 0.038, -0.766]);
    context.fillStyle = css(mix(skin, lips, 0.5), 0.3);
    context.beginPath();
    context.ellipse(eye + side * 0.018, -0.655, 0.03, 0.02, 0, 0, Math.PI * 2);
    context.fill();
  }
  draw(mix(skin, scene.light.ink, 0.4), 0.008, [0.024, -0.645, 0.014, -0.632, -0.004, -0.64]);
  context.fillStyle = css(lips);
  context.beginPath();
  context.moveTo(-0.034, -0.576);
  context.quadraticCurveTo(-0.006, -0.596, 0.012, -0.586);
  context.quadraticCurveTo(0.03, -0.596, 0.056, -0.576);
  context.quadraticCurveTo(0.012, -0.545, -0.034, -0.576);
  context.fill();
}

function fillOutline({ context }: Stage, color: Color, outline: (pen: SKRSContext2D) => void): void {
  context.fillStyle = css(color);
  context.beginPath();
  outline(context);
  context.fill();
}

function outlineLongHair(pen: SKRSContext2D, long: number): void {
  pen.moveTo(0.02, -1);
  pen.bezierCurveTo(0.25, -0.98, 0.24, -0.72, 0.23, -0.6);
  pen.bezierCurveTo(0.22, -0.5, 0.24, -0.4, 0.2, -0.46 + long);
  pen.bezierCurveTo(0.05, -0.4 + long, -0.14, -0.4 + long, -0.28, -0.45 + long);
  pen.bezierCurveTo(-0.32, -0.5, -0.25, -0.6, -0.26, -0.72);
  pen.bezierCurveTo(-0.27, -0.92, -0.14, -1, 0.02, -1);
}

function outlineNeck(pen: SKRSContext2D): void {
  pen.moveTo(-0.09, -0.56);
  pen.lineTo(0.09, -0.56);
  pen.bezierCurveTo(0.085, -0.46, 0.1, -0.4, 0.16, -0.36);
  pen.lineTo(0, -0.24);
  pen.lineTo(-0.16, -0.36);
  pen.bezierCurveTo(-0.1, -0.4, -0.085, -0.46, -0.09, -0.56);
}

function outlineShoulders(pen: SKRSContext2D): void {
  pen.moveTo(-0.1, -0.4);
  pen.bezierCurveTo(-0.2, -0.33, -0.36, -0.32, -0.44, -0.24);
  pen.bezierCurveTo(-0.5, -0.17, -0.53, -0.05, -0.54, 0.02);
  pen.lineTo(0.54, 0.02);
  pen.bezierCurveTo(0.53, -0.05, 0.5, -0.17, 0.44, -0.24);
  pen.bezierCurveTo(0.36, -0.32, 0.2, -0.33, 0.1, -0.4);
  pen.bezierCurveTo(0.08, -0.32, -0.08, -0.32, -0.1, -0.4);
}

function outlineShoulderShade(pen: SKRSContext2D): void {
  pen.moveTo(-0.1, -0.4);
  pen.bezierCurveTo(-0.2, -0.33, -0.36, -0.32, -0.44, -0.24);
  pen.bezierCurveTo(-0.5, -0.17, -0.53, -0.05, -0.54, 0.02);
  pen.lineTo(-0.04, 0.02);
  pen.bezierCurveTo(-0.02, -0.1, -0.08, -0.24, -0.1, -0.4);
}

function outlineCollar(pen: SKRSContext2D): void {
  pen.moveTo(-0.11, -0.405);
  pen.bezierCurveTo(-0.08, -0.3, 0.08, -0.3, 0.11, -0.405);
  pen.lineTo(0.14, -0.385);
  pen.bezierCurveTo(0.1, -0.26, -0.1, -0.26, -0.14, -0.385);
  pen.closePath();
}

function outlineFace(pen: SKRSContext2D): void {
  pen.moveTo(-0.15, -0.78);
  pen.bezierCurveTo(-0.15, -0.92, 0.15, -0.92, 0.15, -0.78);
  pen.bezierCurveTo(0.155, -0.66, 0.12, -0.56, 0.03, -0.5);
  pen.bezierCurveTo(0.01, -0.49, -0.01, -0.49, -0.03, -0.5);
  pen.bezierCurveTo(-0.12, -0.56, -0.155, -0.66, -0.15, -0.78);
}

function outlineFaceLight(pen: SKRSContext2D): void {
  pen.moveTo(0.06, -0.88);
  pen.bezierCurveTo(0.14, -0.87, 0.15, -0.82, 0.15, -0.78);
  pen.bezierCurveTo(0.155, -0.66, 0.12, -0.56, 0.03, -0.5);
  pen.bezierCurveTo(0.09, -0.58, 0.075, -0.64, 0.085, -0.68);
  pen.bezierCurveTo(0.1, -0.74, 0.08, -0.8, 0.06, -0.88);
}

function outlineFaceShade(pen: SKRSContext2D): void {
  pen.moveTo(-0.06, -0.88);
  pen.bezierCurveTo(-0.13, -0.88, -0.15, -0.83, -0.15, -0.78);
  pen.bezierCurveTo(-0.155, -0.66, -0.12, -0.56, -0.03, -0.5);
  pen.bezierCurveTo(-0.05, -0.56, -0.09, -0.62, -0.1, -0.7);
  pen.bezierCurveTo(-0.11, -0.78, -0.09, -0.84, -0.06, -0.88);
}

function outlineFringe(pen: SKRSContext2D): void {
  pen.moveTo(-0.19, -0.56);
  pen.bezierCurveTo(-0.25, -0.86, -0.16, -0.99, 0.02, -1);
  pen.bezierCurveTo(0.18, -1, 0.23, -0.86, 0.185, -0.6);
  pen.bezierCurveTo(0.16, -0.68, 0.155, -0.76, 0.12, -0.83);
  pen.bezierCurveTo(0.04, -0.84, -0.02, -0.87, -0.05, -0.9);
  pen.bezierCurveTo(-0.08, -0.82, -0.15, -0.76, -0.155, -0.66);
  pen.closePath();
}

function outlineShortHair(pen: SKRSContext2D): void {
  pen.moveTo(-0.165, -0.68);
  pen.bezierCurveTo(-0.22, -0.84, -0.16, -0.97, 0.0, -0.985);
  pen.bezierCurveTo(0.16, -1, 0.22, -0.86, 0.16, -0.7);
  pen.bezierCurveTo(0.15, -0.76, 0.14, -0.8, 0.11, -0.84);
  pen.bezierCurveTo(0.04, -0.82, -0.06, -0.83, -0.1, -0.87);
  pen.bezierCurveTo(-0.13, -0.82, -0.15, -0.76, -0.165, -0.68);
}

function outlineHairShine(pen: SKRSContext2D): void {
  pen.moveTo(0.05, -0.985);
  pen.bezierCurveTo(0.17, -0.97, 0.21, -0.86, 0.185, -0.72);
  pen.bezierCurveTo(0.185, -0.84, 0.13, -0.93, 0.05, -0.985);
}
