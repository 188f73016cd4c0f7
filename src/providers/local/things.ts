/** Things that stand on a table, round and lit from the side of the sun. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { fillBall } from './ball.ts';
import { css, hex, mix, WHITE, type Color } from './color.ts';
import { paintPetalsAt } from './plants.ts';
import { between, pick, type Random } from './random.ts';
import { createFall, fillCircle, type Stage } from './stage.ts';

export interface Thing {
  x: number;
  /** Where it stands, from the top. */
  foot: number;
  /** Its height. */
  size: number;
  color: Color;
}

/** The shadow of a thing on the table, away from the light, and the dark line where it touches. */
function paintShadow({ context, scene, sun, width }: Stage, { x, foot }: Thing, half: number): void {
  const away = sun.x < width / 2 ? 1 : -1;
  for (const [reach, alpha] of [
    [1, 0.26],
    [0.72, 0.2],
    [0.46, 0.2],
  ] as const) {
    context.fillStyle = css(scene.light.ink, alpha);
    context.beginPath();
    context.ellipse(
      x + away * half * reach * 0.95,
      foot + half * 0.02,
      half * (0.8 + reach * 0.9),
      half * 0.2 * (0.6 + reach * 0.5),
      0,
      0,
      Math.PI * 2,
    );
    context.fill();
  }
}

/** Light across a round body: bright towards the sun, a thin light along the far edge. */
function createRoundness(
  { context, scene, sun, width }: Stage,
  x: number,
  half: number,
  color: Color,
): ReturnType<SKRSContext2D['createLinearGradient']> {
  const way = sun.x < width / 2 ? 1 : -1;
  const body = context.createLinearGradient(x - half * way, 0, x + half * way, 0);
  const { light } = scene;
  body.addColorStop(0, css(mix(color, light.ink, 0.18)));
  body.addColorStop(0.2, css(mix(mix(color, light.sun, 0.45), WHITE, 0.15)));
  body.addColorStop(0.5, css(color));
  body.addColorStop(0.86, css(mix(color, light.ink, 0.5)));
  body.addColorStop(1, css(mix(color, light.haze, 0.22)));
  return body;
}

export function paintCup(stage: Stage, thing: Thing, random: Random): void {
  const { context, scene } = stage;
  const { x, foot, size, color } = thing;
  const half = size * 0.52;
  const top = foot - size * 0.86;
  const side = stage.sun.x < stage.width / 2 ? 1 : -1;
  const glaze = mix(color, WHITE, 0.2);
  paintShadow(stage, thing, half * 1.25);
  context.fillStyle = createRoundness(stage, x, size * 0.9, mix(glaze, WHITE, 0.3));
  context.beginPath();
  context.ellipse(x, foot, size * 0.84, size * 0.15, 0, 0, Math.PI * 2);
  context.fill();
  context.strokeStyle = css(mix(glaze, scene.light.ink, 0.35));
  context.lineWidth = size * 0.085;
  context.beginPath();
  context.ellipse(x + side * half * 1.02, foot - size * 0.5, size * 0.2, size * 0.22, 0, 0, Math.PI * 2);
  context.stroke();
  context.fillStyle = createRoundness(stage, x, half, glaze);
  context.beginPath();
  context.moveTo(x - half, top);
  context.bezierCurveTo(x - half, foot - size * 0.2, x - half * 0.62, foot, x - half * 0.42, foot);
  context.lineTo(x + half * 0.42, foot);
  context.bezierCurveTo(x + half * 0.62, foot, x + half, foot - size * 0.2, x + half, top);
  context.fill();
  context.fillStyle = css(mix(glaze, WHITE, 0.35));
  context.beginPath();
  context.ellipse(x, top, half, half * 0.24, 0, 0, Math.PI * 2);
  context.fill();
  const drink = mix(pick(random, [hex('#5a3018'), hex('#6b3a1c'), hex('#7a8a3a')]), scene.light.ink, 0.15);
  context.fillStyle = createFall(context, top - half * 0.2, top + half * 0.24, [
    css(drink),
    css(mix(drink, scene.light.sun, 0.3)),
  ]);
  context.beginPath();
  context.ellipse(x, top + half * 0.02, half * 0.9, half * 0.2, 0, 0, Math.PI * 2);
  context.fill();
  paintSteam(stage, { ...thing, foot: top }, random);
}

function paintSteam({ context, scene }: Stage, { x, foot, size }: Thing, random: Random): void {
  context.lineCap = 'round';
  for (let wisp = 0; wisp < 3; wisp++) {
    const start = x + (wisp - 1) * size * 0.2;
    const sway = size * between(random, 0.1, 0.22) * (wisp % 2 === 0 ? 1 : -1);
    const tall = size * between(random, 0.7, 1.1);
    for (const [broad, alpha] of [
      [0.15, 0.05],
      [0.1, 0.07],
      [0.05, 0.1],
    ] as const) {
      context.strokeStyle = css(mix(scene.light.sun, WHITE, 0.6), alpha);
      context.lineWidth = size * broad;
      context.beginPath();
      context.moveTo(start, foot - size * 0.02);
      context.bezierCurveTo(
        start + sway,
        foot - tall * 0.3,
        start - sway,
        foot - tall * 0.6,
        start + sway * 0.6,
        foot - tall,
      );
      context.stroke();
    }
  }
}

export function paintBowl(stage: Stage, thing: Thing, random: Random): void {
  const { context, scene } = stage;
  const { x, foot, size, color } = thing;
  const half = size * 0.95;
  const top = foot - size * 0.62;
  paintShadow(stage, thing, half * 0.85);
  context.fillStyle = createRoundness(stage, x, half, mix(color, scene.light.ink, 0.12));
  context.beginPath();
  context.moveTo(x - half, top);
  context.bezierCurveTo(x - half * 0.92, foot - size * 0.16, x - half * 0.5, foot, x - half * 0.34, foot);
  context.lineTo(x + half * 0.34, foot);
  context.bezierCurveTo(x + half * 0.5, foot, x + half * 0.92, foot - size * 0.16, x + half, top);
  context.fill();
  context.fillStyle = css(mix(color, WHITE, 0.4));
  context.beginPath();
  context.ellipse(x, top, half, half * 0.27, 0, 0, Math.PI * 2);
  context.fill();
  context.save();
  context.beginPath();
  context.ellipse(x, top + half * 0.015, half * 0.92, half * 0.235, 0, 0, Math.PI * 2);
  context.clip();
  context.fillStyle = createFall(context, top - half * 0.25, top + half * 0.25, [
    css(hex('#b5652c')),
    css(hex('#e0a04a')),
  ]);
  context.fillRect(x - half, top - half, half * 2, half * 2);
  const morsels: readonly [Color, ...Color[]] = [
    hex('#f3d27a'),
    hex('#7fae4a'),
    hex('#d8563c'),
    hex('#f7efe0'),
    hex('#c98a4a'),
  ];
  for (let morsel = 0; morsel < 34; morsel++) {
    const [angle, far] = [random() * Math.PI * 2, Math.sqrt(random())];
    const [mx, my] = [x + Math.cos(angle) * far * half * 0.85, top + Math.sin(angle) * far * half * 0.2];
    const bite = mix(pick(random, morsels), scene.light.ink, random() * 0.12);
    context.fillStyle = css(bite);
    context.beginPath();
    context.ellipse(
      mx,
      my,
      size * between(random, 0.05, 0.12),
      size * between(random, 0.025, 0.05),
      random() * 0.6 - 0.3,
      0,
      Math.PI * 2,
    );
    context.fill();
    fillCircle(context, mx - size * 0.015, my - size * 0.012, size * 0.012, css(WHITE, 0.5));
  }
  context.restore();
  paintSteam(stage, { ...thing, foot: top }, random);
}

export function paintBottle(stage: Stage, thing: Thing, random: Random): void {
  const { context, scene } = stage;
  const { x, foot, size, color } = thing;
  const half = size * between(random, 0.15, 0.22);
  const shoulder = foot - size * between(random, 0.55, 0.66);
  const neck = half * 0.36;
  paintShadow(stage, thing, half * 1.2);
  context.fillStyle = createRoundness(stage, x, half, mix(color, scene.light.ink, 0.1));
  context.beginPath();
  context.moveTo(x - half, foot - half * 0.15);
  context.lineTo(x - half, shoulder);
  context.bezierCurveTo(
    x - half,
    shoulder - size * 0.12,
    x - neck,
    shoulder - size * 0.1,
    x - neck,
    shoulder - size * 0.2,
  );
  context.lineTo(x - neck, foot - size * 0.94);
  context.lineTo(x + neck, foot - size * 0.94);
  context.lineTo(x + neck, shoulder - size * 0.2);
  context.bezierCurveTo(x + neck, shoulder - size * 0.1, x + half, shoulder - size * 0.12, x + half, shoulder);
  context.lineTo(x + half, foot - half * 0.15);
  context.quadraticCurveTo(x, foot + half * 0.3, x - half, foot - half * 0.15);
  context.fill();
  context.fillStyle = createRoundness(stage, x, neck * 1.2, mix(scene.light.accents[1], scene.light.sun, 0.2));
  context.fillRect(x - neck * 1.18, foot - size, neck * 2.36, size * 0.085);
  context.fillStyle = createRoundness(stage, x, half, mix(scene.light.sun, WHITE, 0.3));
  context.fillRect(x - half, foot - size * 0.42, half * 2, size * 0.22);
  context.fillStyle = css(mix(scene.light.ink, color, 0.3), 0.8);
  context.fillRect(x - half * 0.5, foot - size * 0.35, half, size * 0.012);
  context.fillRect(x - half * 0.32, foot - size * 0.315, half * 0.64, size * 0.008);
  fillCircle(context, x, foot - size * 0.265, half * 0.16, css(color, 0.9));
}

export function paintVase(stage: Stage, thing: Thing, random: Random): void {
  const { context, scene } = stage;
  const { x, foot, size, color } = thing;
  const half = size * 0.23;
  const tall = size * 0.6;
  const top = foot - tall;
  paintShadow(stage, thing, half * 1.25);
  const leaf = mix(scene.light.ink, hex('#5a8f5c'), 0.3 + 0.5 * scene.light.brightness);
  context.lineCap = 'round';
  for (let stem = 0; stem < 9; stem++) {
    const angle = between(random, -0.8, 0.8);
    const long = size * between(random, 0.3, 0.62);
    const [hx, hy] = [x + Math.sin(angle) * long, top - Math.cos(angle) * long];
    context.strokeStyle = css(leaf);
    context.lineWidth = size * 0.012;
    context.beginPath();
    context.moveTo(x, top + size * 0.03);
    context.quadraticCurveTo(x + Math.sin(angle) * long * 0.3, top - long * 0.5, hx, hy);
    context.stroke();
    const petal = mix(
      pick(random, [scene.light.accents[0], scene.light.accents[1], scene.light.accents[2]]),
      scene.light.sun,
      0.15,
    );
    paintPetalsAt(
      stage,
      { x: hx, y: hy, size: size * between(random, 0.055, 0.11), color: petal, openness: between(random, 0.65, 1) },
      random,
    );
  }
  context.fillStyle = createRoundness(stage, x, half, mix(mix(color, scene.light.haze, 0.35), WHITE, 0.12));
  context.beginPath();
  context.moveTo(x - half * 0.42, top);
  context.bezierCurveTo(
    x - half * 0.4,
    top + tall * 0.2,
    x - half * 1.1,
    top + tall * 0.34,
    x - half,
    top + tall * 0.6,
  );
  context.bezierCurveTo(x - half * 0.94, foot - tall * 0.1, x - half * 0.6, foot, x - half * 0.5, foot);
  context.lineTo(x + half * 0.5, foot);
  context.bezierCurveTo(x + half * 0.6, foot, x + half * 0.94, foot - tall * 0.1, x + half, top + tall * 0.6);
  context.bezierCurveTo(x + half * 1.1, top + tall * 0.34, x + half * 0.4, top + tall * 0.2, x + half * 0.42, top);
  context.fill();
  context.fillStyle = css(mix(color, scene.light.ink, 0.5));
  context.beginPath();
  context.ellipse(x, top, half * 0.42, half * 0.11, 0, 0, Math.PI * 2);
  context.fill();
}

export function paintFruitPile(stage: Stage, thing: Thing, random: Random): void {
  const { x, foot, size } = thing;
  const radius = size * 0.34;
  const colors: readonly [Color, ...Color[]] =
    stage.scene.concepts.has('fruit') || random() < 0.5
      ? [hex('#d9473a'), hex('#f0a032'), hex('#e8c33c'), hex('#8fb03c')]
      : [thing.color, stage.scene.light.accents[0]];
  paintShadow(stage, thing, radius * 1.7);
  for (const [dx, dy, share] of [
    [-0.95, 0.1, 0.95],
    [0.98, 0.06, 1],
    [0.02, -0.04, 1.12],
    [0.04, -1.4, 0.95],
  ] as const) {
    paintFruit(
      stage,
      { x: x + dx * radius * 1.12, foot: foot + dy * radius, size: radius * 2 * share, color: pick(random, colors) },
      random,
    );
  }
}

function paintFruit({ context, scene, sun, width }: Stage, { x, foot, size, color }: Thing, random: Random): void {
  const radius = size / 2;
  const y = foot - radius;
  const way = sun.x < width / 2 ? -1 : 1;
  const { light } = scene;
  const lit = mix(light.ink, color, 0.45 + 0.55 * light.brightness);
  context.beginPath();
  context.ellipse(x, y, radius, radius * 0.94, 0, 0, Math.PI * 2);
  fillBall(context, {
    x,
    y,
    radius: radius * 1.05,
    highlight: { x: x + way * radius * 0.42, y: y - radius * 0.42, radius: radius * 0.04 },
    colors: [
      [0, mix(mix(lit, light.sun, 0.5), WHITE, 0.4), 1],
      [0.32, mix(lit, light.sun, 0.12), 1],
      [0.75, mix(lit, light.ink, 0.24), 1],
      [1, mix(lit, light.ink, 0.52), 1],
    ],
  });
  context.strokeStyle = css(hex('#4a3322'));
  context.lineWidth = radius * 0.09;
  context.beginPath();
  context.moveTo(x, y - radius * 0.86);
  context.quadraticCurveTo(x + radius * 0.05, y - radius * 1.1, x + radius * 0.16, y - radius * 1.2);
  context.stroke();
  if (random() < 0.4) return;
  context.fillStyle = css(mix(light.ink, hex('#6f9a45'), 0.4 + 0.5 * light.brightness));
  context.beginPath();
  context.moveTo(x + radius * 0.06, y - radius * 1.02);
  context.quadraticCurveTo(x + radius * 0.4, y - radius * 1.4, x + radius * 0.72, y - radius * 1.06);
  context.quadraticCurveTo(x + radius * 0.4, y - radius * 0.92, x + radius * 0.06, y - radius * 1.02);
  context.fill();
}

/** For things we have no shape for: a studio with solids on a round stand. */
export function paintPodium(stage: Stage, thing: Thing, random: Random): void {
  const { context, scene } = stage;
  const { x, foot, size, color } = thing;
  const { light } = scene;
  paintShadow(stage, thing, size * 0.95);
  for (const [half, drop, shade] of [
    [0.95, 0, 0.1],
    [0.66, 0.17, 0],
  ] as const) {
    const [reach, tall] = [size * half, size * 0.17];
    const top = foot - drop * size - tall;
    context.fillStyle = createRoundness(stage, x, reach, mix(mix(light.haze, color, 0.3), light.ink, shade));
    context.fillRect(x - reach, top, reach * 2, tall);
    context.beginPath();
    context.ellipse(x, top + tall, reach, reach * 0.16, 0, 0, Math.PI);
    context.fill();
    context.fillStyle = css(mix(mix(light.haze, color, 0.22), WHITE, 0.3));
    context.beginPath();
    context.ellipse(x, top, reach, reach * 0.16, 0, 0, Math.PI * 2);
    context.fill();
  }
  const stand = foot - size * 0.34;
  const side = pick(random, [-1, 1]);
  const tall = size * between(random, 0.72, 0.95);
  const half = size * 0.17;
  const column = x + side * size * 0.26;
  context.fillStyle = createRoundness(stage, column, half, light.accents[1]);
  context.beginPath();
  context.roundRect(column - half, stand - tall, half * 2, tall, [half, half, half * 0.2, half * 0.2]);
  context.fill();
  paintBall(stage, { x: x - side * size * 0.2, foot: stand + size * 0.05, size: size * 0.52, color });
  paintBall(stage, {
    x: x + side * size * 0.06,
    foot: stand + size * 0.09,
    size: size * 0.24,
    color: light.accents[2],
  });
}

function paintBall({ context, scene, sun, width }: Stage, { x, foot, size, color }: Thing): void {
  const radius = size / 2;
  const [y, way] = [foot - radius, sun.x < width / 2 ? -1 : 1];
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  fillBall(context, {
    x,
    y,
    radius,
    highlight: { x: x + way * radius * 0.4, y: y - radius * 0.45, radius: radius * 0.05 },
    colors: [
      [0, mix(color, WHITE, 0.75), 1],
      [0.45, color, 1],
      [0.92, mix(color, scene.light.ink, 0.55), 1],
      [1, mix(color, scene.light.haze, 0.4), 1],
    ],
  });
}
