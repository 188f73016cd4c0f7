/** Trees, grass and flowers. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { css, mix, WHITE, type Color } from './color.ts';
import { between, createRidge, pick, type Random } from './random.ts';
import { fillCircle, type Stage } from './stage.ts';
import { darken, snowColor, type Relief } from './terrain.ts';

export interface Wood {
  color: Color;
  /** Height of a usual tree, in pixels. */
  size: number;
  /** Share of the ridge that carries trees, in groves. */
  share: number;
  kind: 'fir' | 'round';
}

/** Trees along a ridge. */
export function paintWood(
  stage: Stage,
  { heightAt }: Relief,
  { color, size, share, kind }: Wood,
  random: Random,
): void {
  const { context, scene, width, unit } = stage;
  const grove = createRidge(random, 3, 0.5);
  const isSnowy = scene.concepts.has('snow');
  const snow = css(mix(snowColor(stage), color, 0.2), 0.8);
  for (let x = -size; x < width + size; x += size * between(random, 0.18, 0.46)) {
    const tall = size * between(random, 0.5, 1.3);
    if (grove(x / (unit * 0.28) + 40) * 0.5 + 0.5 > share) continue;
    const foot = heightAt(x) + size * 0.12;
    context.fillStyle = css(darken(color, between(random, 0, 0.14)));
    if (kind === 'fir') fillFir(context, x, foot, tall);
    else fillRoundTree(context, { x, foot, tall: tall * 0.8 }, random);
    if (!isSnowy) continue;
    context.fillStyle = snow;
    if (kind === 'fir') fillSnowOnFir(context, x, foot, tall);
  }
}

export function fillFir(context: SKRSContext2D, x: number, foot: number, tall: number): void {
  context.beginPath();
  for (let tier = 0; tier < 5; tier++) {
    const top = foot - tall * (1 - tier * 0.17);
    const half = tall * (0.07 + tier * 0.048);
    const bottom = tier === 4 ? foot - tall * 0.04 : top + tall * 0.3;
    context.moveTo(x, top);
    context.quadraticCurveTo(x + half * 0.3, top + (bottom - top) * 0.7, x + half, bottom);
    context.lineTo(x, bottom - tall * 0.03);
    context.lineTo(x - half, bottom);
    context.quadraticCurveTo(x - half * 0.3, top + (bottom - top) * 0.7, x, top);
  }
  context.rect(x - tall * 0.018, foot - tall * 0.1, tall * 0.036, tall * 0.1);
  context.fill();
}

function fillSnowOnFir(context: SKRSContext2D, x: number, foot: number, tall: number): void {
  context.beginPath();
  for (let tier = 0; tier < 5; tier++) {
    const top = foot - tall * (1 - tier * 0.17);
    const half = tall * (0.05 + tier * 0.036);
    context.moveTo(x, top - tall * 0.01);
    context.lineTo(x + half, top + tall * 0.2);
    context.lineTo(x + half * 0.3, top + tall * 0.13);
    context.lineTo(x - half * 0.5, top + tall * 0.19);
    context.closePath();
  }
  context.fill();
}

export function fillRoundTree(
  context: SKRSContext2D,
  { x, foot, tall }: { x: number; foot: number; tall: number },
  random: Random,
): void {
  context.fillRect(x - tall * 0.025, foot - tall * 0.45, tall * 0.05, tall * 0.46);
  for (let puff = 0; puff < 5; puff++) {
    const radius = tall * between(random, 0.14, 0.24);
    context.beginPath();
    context.arc(
      x + tall * between(random, -0.17, 0.17),
      foot - tall * between(random, 0.44, 0.8),
      radius,
      0,
      Math.PI * 2,
    );
    context.fill();
  }
}

/** One large tree that carries the picture, its crown lit from the sun's side. */
export function paintLoneTree(
  stage: Stage,
  { x, foot, tall, leaf }: { x: number; foot: number; tall: number; leaf: Color },
  random: Random,
): void {
  const { context, scene, sun } = stage;
  const bark = darken(mix(scene.light.ink, leaf, 0.12), 0.2);
  context.strokeStyle = css(bark);
  context.lineCap = 'round';
  paintBranch(
    context,
    { x, y: foot, angle: -Math.PI / 2, length: tall * 0.3, thickness: tall * 0.055, depth: 0 },
    random,
  );
  const side = sun.x < x ? -1 : 1;
  for (const [shade, shift] of [
    [0.42, 0],
    [0.2, 0.02],
    [0, 0.045],
  ] as const) {
    for (let puff = 0; puff < 46; puff++) {
      const angle = random() * Math.PI * 2;
      const distance = Math.sqrt(random());
      const px = x + Math.cos(angle) * distance * tall * 0.36 + side * shift * tall;
      const py = foot - tall * 0.68 + Math.sin(angle) * distance * tall * 0.27 - shift * tall;
      const size = tall * between(random, 0.03, 0.085) * (shade === 0 ? 0.6 : 1);
      fillCircle(
        context,
        px,
        py,
        size,
        css(
          mix(mix(leaf, scene.light.sun, 0.25 - shade * 0.5 > 0 ? 0.25 - shade * 0.5 : 0), scene.light.ink, shade),
          0.9,
        ),
      );
    }
  }
}

interface Branch {
  x: number;
  y: number;
  angle: number;
  length: number;
  thickness: number;
  depth: number;
}

function paintBranch(context: SKRSContext2D, { x, y, angle, length, thickness, depth }: Branch, random: Random): void {
  const endX = x + Math.cos(angle) * length;
  const endY = y + Math.sin(angle) * length;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(x, y);
  context.quadraticCurveTo((x + endX) / 2 + (random() - 0.5) * length * 0.3, (y + endY) / 2, endX, endY);
  context.stroke();
  if (depth >= 5) return;
  for (const turn of [-1, 1]) {
    const next = {
      x: endX,
      y: endY,
      angle: angle + turn * between(random, 0.2, 0.62),
      length: length * between(random, 0.62, 0.85),
    };
    paintBranch(context, { ...next, thickness: thickness * 0.62, depth: depth + 1 }, random);
  }
}

/** Blades along the bottom edge, dark against the picture. */
export function paintGrass(
  stage: Stage,
  color: Color,
  { tall, base }: { tall: number; base: (x: number) => number },
  random: Random,
): void {
  const { context, width, unit } = stage;
  const wind = between(random, -0.5, 0.5);
  context.lineCap = 'round';
  for (let x = -tall; x < width + tall; x += unit * 0.0042) {
    const high = tall * between(random, 0.3, 1);
    const lean = high * (wind + between(random, -0.25, 0.25));
    const foot = base(x);
    context.strokeStyle = css(mix(color, darken(color, 0.4), random()));
    context.lineWidth = unit * between(random, 0.0014, 0.0036);
    context.beginPath();
    context.moveTo(x, foot);
    context.quadraticCurveTo(x, foot - high * 0.6, x + lean, foot - high);
    context.stroke();
  }
}

export interface Bloom {
  x: number;
  y: number;
  size: number;
  color: Color;
  /** 1 faces us, less is seen from the side. */
  openness: number;
}

export type BloomKind = 'daisy' | 'tulip' | 'poppy' | 'spike';

export function paintBloom(stage: Stage, kind: BloomKind, bloom: Bloom, random: Random): void {
  if (kind === 'tulip') paintTulip(stage, bloom);
  else if (kind === 'spike') paintSpike(stage, bloom, random);
  else paintPetals(stage, bloom, kind === 'daisy' ? { count: 11, breadth: 0.3 } : { count: 5, breadth: 0.78 }, random);
}

function paintPetals(
  { context, scene }: Stage,
  { x, y, size, color, openness }: Bloom,
  { count, breadth }: { count: number; breadth: number },
  random: Random,
): void {
  const turn = random() * Math.PI * 2;
  context.save();
  context.translate(x, y);
  context.scale(1, openness);
  const shade = context.createRadialGradient(0, 0, size * 0.1, 0, 0, size);
  shade.addColorStop(0, css(mix(color, scene.light.ink, 0.4)));
  shade.addColorStop(0.5, css(color));
  shade.addColorStop(1, css(mix(color, WHITE, 0.28)));
  context.fillStyle = shade;
  context.strokeStyle = css(mix(color, scene.light.ink, 0.45), 0.35);
  context.lineWidth = size * 0.02;
  for (let petal = 0; petal < count; petal++) {
    context.rotate((Math.PI * 2) / count + (petal === 0 ? turn : 0));
    const long = size * between(random, 0.88, 1.08);
    const half = size * breadth * 0.5;
    context.beginPath();
    context.moveTo(0, 0);
    context.bezierCurveTo(half * 1.3, long * 0.35, half * 1.25, long * 0.98, 0, long);
    context.bezierCurveTo(-half * 1.25, long * 0.98, -half * 1.3, long * 0.35, 0, 0);
    context.fill();
    context.stroke();
  }
  context.restore();
  const heart = breadth < 0.5 ? mix([244, 190, 60], scene.light.sun, 0.15) : mix(scene.light.ink, color, 0.2);
  fillCircle(context, x, y, size * 0.22, css(heart));
  fillCircle(context, x - size * 0.04, y - size * 0.05, size * 0.12, css(mix(heart, WHITE, 0.25), 0.6));
}

function paintTulip({ context, scene }: Stage, { x, y, size, color }: Bloom): void {
  for (const [shift, shade] of [
    [-0.42, 0.24],
    [0.42, 0.14],
    [0, 0],
  ] as const) {
    context.fillStyle = createPetalFall(context, y, size, mix(color, scene.light.ink, shade));
    context.beginPath();
    context.moveTo(x, y + size * 0.8);
    context.bezierCurveTo(
      x + size * (shift - 0.75),
      y + size * 0.6,
      x + size * (shift - 0.45),
      y - size * 0.5,
      x + size * shift,
      y - size * 0.95,
    );
    context.bezierCurveTo(
      x + size * (shift + 0.45),
      y - size * 0.5,
      x + size * (shift + 0.75),
      y + size * 0.6,
      x,
      y + size * 0.8,
    );
    context.fill();
  }
}

function createPetalFall(
  context: SKRSContext2D,
  y: number,
  size: number,
  color: Color,
): ReturnType<SKRSContext2D['createLinearGradient']> {
  const fall = context.createLinearGradient(0, y - size, 0, y + size * 0.8);
  fall.addColorStop(0, css(mix(color, WHITE, 0.3)));
  fall.addColorStop(1, css(darken(color, 0.18)));
  return fall;
}

function paintSpike({ context, scene }: Stage, { x, y, size, color }: Bloom, random: Random): void {
  for (let step = 0; step < 22; step++) {
    const up = step / 22;
    const side = (step % 3) - 1;
    const px = x + side * size * 0.2 * (1.1 - up) + size * between(random, -0.04, 0.04);
    const shade = mix(mix(color, scene.light.ink, 0.3 * (1 - up)), WHITE, random() * 0.25);
    fillCircle(context, px, y + size * (0.8 - up * 2.1), size * 0.15 * (1.15 - up * 0.7), css(shade));
  }
}

/** Stems with blooms, far ones small and many, near ones large; `from` and `to` are where their feet stand. */
export function paintMeadow(
  stage: Stage,
  { from, to, largest }: { from: number; to: number; largest: number },
  random: Random,
): void {
  const { context, scene, width, unit } = stage;
  const { light } = scene;
  const kinds: [BloomKind, ...BloomKind[]] = [
    pick(random, ['daisy', 'tulip', 'poppy', 'spike'] as const),
    pick(random, ['daisy', 'poppy', 'spike'] as const),
  ];
  const leaf = mix(light.ink, [70, 130, 80], light.brightness * 0.6);
  const rows = 15;
  for (let row = 0; row < rows; row++) {
    const nearness = row / (rows - 1);
    const size = largest * (0.07 + 0.93 * nearness ** 2.2);
    const y = from + (to - from) * nearness ** 1.25;
    const stem = size * 3.2;
    const haze = 0.5 * (1 - nearness) ** 1.5;
    context.strokeStyle = css(mix(mix(leaf, darken(leaf, 0.35), nearness), light.haze, haze));
    context.lineWidth = Math.max(1, size * 0.09);
    context.lineCap = 'round';
    for (let x = -size; x < width + size; x += size * between(random, 1.4, 3.4) * (1 + nearness * 0.5)) {
      const headX = x + size * between(random, -0.6, 0.6);
      const headY = y - stem * between(random, 0.55, 1.1);
      context.beginPath();
      context.moveTo(x, y + stem * 0.5);
      context.quadraticCurveTo(x, headY + stem * 0.5, headX, headY);
      context.stroke();
      const color = mix(
        darken(
          mix(pick(random, [light.accents[0], light.accents[0], light.accents[1], light.accents[2]]), light.sun, 0.12),
          (1 - light.brightness) * 0.45,
        ),
        light.haze,
        haze,
      );
      if (size < unit * 0.012) fillCircle(context, headX, headY, size * 0.7, css(color));
      else
        paintBloom(
          stage,
          pick(random, kinds),
          { x: headX, y: headY, size, color, openness: between(random, 0.45, 0.95) },
          random,
        );
    }
  }
}

/** A round flower, seen a little from the side. */
export function paintPetalsAt(stage: Stage, bloom: Bloom, random: Random): void {
  paintPetals(
    stage,
    bloom,
    pick(random, [
      { count: 5, breadth: 0.78 },
      { count: 8, breadth: 0.46 },
    ]),
    random,
  );
}
