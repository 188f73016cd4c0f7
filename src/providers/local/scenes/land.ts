/** Mountains, hills and deserts under a sky. */
import { css, hex, mix, type Color } from '../color.ts';
import { paintBuilding, paintCastle, paintGate } from '../landmarks.ts';
import { paintGrass, paintLoneTree, paintMeadow, paintWood } from '../plants.ts';
import { between, pick, type Random } from '../random.ts';
import { paintBirds, paintSky } from '../sky.ts';
import type { Stage } from '../stage.ts';
import {
  createHills,
  createPeaks,
  darken,
  fillRidge,
  landColor,
  paintMist,
  paintSnowCaps,
  shadePeaks,
  snowColor,
} from '../terrain.ts';

const ROCK: readonly [string, ...string[]] = ['#3d5273', '#4b5a63', '#5a4f74', '#4a5f7d', '#6a5560'];
const GREEN: readonly [string, ...string[]] = ['#4c8a4c', '#6a9149', '#3f7f5c', '#8a8f48', '#5c8f60'];

export function paintMountains(stage: Stage): void {
  const { scene, height, unit, horizon, chance } = stage;
  const random = chance('mountains');
  paintSky(stage);
  paintBirds(stage);
  const rock = hex(pick(random, ROCK));
  const green = groundOf(stage, random);
  if (scene.concepts.has('fuji')) paintCone(stage, rock, random);
  const peaks = scene.concepts.has('fuji') ? 1 : 3 + Math.floor(random() * 2);
  const tall = unit * (scene.concepts.has('fuji') ? 0.1 : between(random, 0.26, 0.46));
  const hasCaps = scene.concepts.has('snow') || random() < 0.55;
  for (let layer = 0; layer < peaks; layer++) {
    const nearness = (layer / peaks) * 0.62;
    const base = horizon + (height - horizon) * (0.03 + 0.42 * (layer / peaks) ** 1.2);
    const relief = createPeaks(stage, chance(`peaks ${layer}`), { base, rise: tall * (1 - (0.55 * layer) / peaks) });
    fillRidge(stage, relief, landColor(stage, rock, nearness), nearness);
    if (hasCaps && layer < peaks - 1)
      paintSnowCaps(stage, relief, chance(`caps ${layer}`), scene.concepts.has('snow') ? 0.62 : 0.46);
    shadePeaks(stage, relief, chance(`shade ${layer}`), 0.16 + 0.26 * nearness);
    paintMist(stage, base, 0.34 - 0.2 * nearness);
  }
  paintForeground(stage, green, random, 3);
}

/** One volcano alone, white at the top, with long even slopes. */
function paintCone(stage: Stage, rock: Color, random: Random): void {
  const { width, height, unit, horizon, chance } = stage;
  const center = width * between(random, 0.36, 0.64);
  const base = horizon + (height - horizon) * 0.08;
  const rise = Math.min(unit * 0.4, horizon * 0.62);
  const rough = createHills(stage, chance('cone'), { base: 0, rise: unit * 0.006, octaves: 5 });
  const heightAt = (x: number): number => {
    const far = Math.abs(x - center) / (unit * 0.95);
    const slope = Math.min(0.94, Math.max(0, 1 - far) ** 2.1);
    return base - rise * slope + rough.heightAt(x) * (0.4 + far);
  };
  const relief = { heightAt, base, rise };
  fillRidge(stage, relief, landColor(stage, rock, 0.42), 0.3);
  paintSnowCaps(stage, relief, chance('cone snow'), 0.36);
  paintMist(stage, base, 0.4);
}

export function paintHills(stage: Stage): void {
  const { scene, height, unit, horizon, chance } = stage;
  const random = chance('hills');
  paintSky(stage);
  paintBirds(stage);
  const green = groundOf(stage, random);
  if (random() < 0.6) {
    const relief = createPeaks(stage, chance('far peaks'), {
      base: horizon + unit * 0.03,
      rise: unit * between(random, 0.1, 0.24),
    });
    fillRidge(stage, relief, landColor(stage, hex(pick(random, ROCK)), 0.12), 0.1);
    if (random() < 0.5) paintSnowCaps(stage, relief, chance('far caps'), 0.45);
  }
  for (let layer = 0; layer < 3; layer++) {
    const nearness = 0.16 + layer * 0.16;
    const base = horizon + (height - horizon) * (0.1 + 0.15 * layer);
    const relief = createHills(stage, chance(`hill ${layer}`), {
      base,
      rise: unit * (0.045 + 0.012 * layer),
      octaves: 2,
    });
    const color = landColor(stage, mix(green, hex(pick(random, GREEN)), 0.35), nearness);
    fillRidge(stage, relief, color, nearness);
    const isWooded = layer > 0 || random() < 0.5;
    if (isWooded && !scene.concepts.has('snow'))
      paintWood(
        stage,
        relief,
        { color: darken(color, 0.16), size: unit * (0.016 + 0.022 * layer), share: 0.36, kind: 'round' },
        chance(`grove ${layer}`),
      );
    else if (isWooded)
      paintWood(
        stage,
        relief,
        { color: darken(color, 0.5), size: unit * (0.02 + 0.025 * layer), share: 0.3, kind: 'fir' },
        chance(`grove ${layer}`),
      );
    paintMist(stage, base + unit * 0.05, 0.16);
  }
  paintForeground(stage, green, random, 2);
}

/** The ground we stand on, and what stands on it. */
function paintForeground(stage: Stage, green: Color, random: Random, layers: number): void {
  const { scene, width, height, unit, horizon, chance } = stage;
  const { concepts } = scene;
  const hasFlowers = concepts.has('flowers');
  const isMountain = scene.setting === 'mountains';
  for (let layer = 0; layer < layers; layer++) {
    const nearness = 0.62 + (0.38 * (layer + 1)) / layers;
    const base = horizon + (height - horizon) * (0.52 + 0.38 * ((layer + 0.6) / layers));
    const relief = createHills(stage, chance(`ground ${layer}`), { base, rise: unit * 0.06, octaves: 3 });
    const color = landColor(stage, green, nearness);
    const isNearest = layer === layers - 1;
    // Before the ground, which then covers its foot.
    if (layer === 0) paintFocus(stage, relief.heightAt, chance('focus'));
    fillRidge(stage, relief, color, nearness);
    const wooded = isMountain && !hasFlowers;
    if (wooded)
      paintWood(
        stage,
        relief,
        {
          color: concepts.has('snow') ? darken(mix(color, scene.light.ink, 0.75), 0.1) : darken(color, 0.3),
          size: unit * (0.05 + 0.06 * nearness ** 3),
          share: isNearest ? 0.5 : 0.66,
          kind: 'fir',
        },
        chance(`wood ${layer}`),
      );
    if (!isNearest) paintMist(stage, base + unit * 0.06, 0.14);
    else if (!concepts.has('snow') && !wooded)
      paintGrass(
        stage,
        darken(color, 0.28),
        { tall: unit * 0.06, base: (x) => Math.min(height + 4, relief.heightAt(x) + unit * 0.02) },
        chance('grass'),
      );
  }
  if (hasFlowers)
    paintMeadow(
      stage,
      { from: horizon + (height - horizon) * 0.62, to: height * 1.03, largest: Math.min(unit * 0.055, width * 0.1) },
      chance('flowers'),
    );
}

/** One thing the eye rests on: what the prompt names, or now and then a tree or a house. */
function paintFocus(stage: Stage, groundAt: (x: number) => number, random: Random): void {
  const { scene, width, unit } = stage;
  const { concepts } = scene;
  const x = width * pick(random, [between(random, 0.2, 0.36), between(random, 0.64, 0.8)]);
  const chanceOf = random();
  const foot = groundAt(x) + unit * 0.016;
  const hasFigure = scene.figure !== null;
  if (concepts.has('castle')) paintCastle(stage, { x, foot, size: unit * between(random, 0.3, 0.38) }, random);
  else if (concepts.has('gate')) paintGate(stage, { x, foot, size: unit * between(random, 0.26, 0.34) });
  else if (concepts.has('house') || (chanceOf < 0.2 && !hasFigure))
    paintBuilding(stage, { x, foot, size: unit * between(random, 0.09, 0.13) }, random);
  else if (
    concepts.has('tree') ||
    concepts.has('blossom') ||
    (chanceOf > 0.72 && scene.setting === 'hills' && !hasFigure)
  ) {
    const leaf = concepts.has('blossom')
      ? scene.light.accents[0]
      : concepts.has('autumn')
        ? hex('#c8612c')
        : pick(random, [hex('#3f7f4a'), scene.light.accents[0], hex('#5c8440')]);
    const color = concepts.has('snow')
      ? snowColor(stage)
      : mix(scene.light.ink, leaf, concepts.has('blossom') ? 1 : scene.light.brightness);
    paintLoneTree(
      stage,
      {
        x,
        foot: foot + unit * 0.02,
        tall:
          unit *
          (concepts.has('tree') || concepts.has('blossom') ? between(random, 0.5, 0.62) : between(random, 0.22, 0.38)),
        leaf: color,
      },
      random,
    );
  }
}

function groundOf(stage: Stage, random: Random): Color {
  const { concepts } = stage.scene;
  if (concepts.has('snow')) return snowColor(stage);
  if (concepts.has('fire')) return hex('#3a2a2c');
  return hex(concepts.has('autumn') ? pick(random, ['#b5722f', '#a85a30', '#c08d3c']) : pick(random, GREEN));
}

const SAND: readonly [string, ...string[]] = ['#d9985a', '#cf8a50', '#dcae74', '#c4744a', '#e0b483'];

/** Dunes, each with a lit and a shaded side along a winding crest. */
export function paintDesert(stage: Stage): void {
  const { scene, height, unit, horizon, chance } = stage;
  const random = chance('desert');
  paintSky(stage);
  paintBirds(stage);
  const sand = scene.concepts.has('snow') ? snowColor(stage) : hex(pick(random, SAND));
  if (random() < 0.55) {
    const mesas = createPeaks(stage, chance('mesas'), { base: horizon + unit * 0.02, rise: unit * 0.16 });
    const flat = horizon - unit * between(random, 0.05, 0.1);
    fillRidge(
      stage,
      { ...mesas, heightAt: (x) => Math.max(flat, mesas.heightAt(x)) },
      landColor(stage, darken(sand, 0.25), 0.1),
      0.1,
    );
  } else if (random() < 0.4) paintPyramids(stage, sand, random);
  const dunes = 5;
  for (let layer = 0; layer < dunes; layer++) {
    const nearness = (layer + 0.6) / dunes;
    const base = horizon + (height - horizon) * (0.04 + 0.86 * (layer / dunes) ** 1.25);
    paintDune(stage, { base, rise: unit * (0.03 + 0.085 * nearness), nearness, sand }, chance(`dune ${layer}`));
  }
}

function paintDune(
  stage: Stage,
  { base, rise, nearness, sand }: { base: number; rise: number; nearness: number; sand: Color },
  random: Random,
): void {
  const { context, scene, sun, width, unit } = stage;
  const relief = createHills(stage, random, { base, rise, octaves: 2 });
  const lit = mix(landColor(stage, mix(sand, scene.light.sun, 0.14), nearness * 0.72), scene.light.haze, 0.06);
  fillRidge(stage, relief, lit, Math.min(0.9, nearness));
  // The side away from the sun lies below a crest that bends towards us, and grows lighter away from it.
  const shade = mix(mix(lit, scene.light.sky[0], 0.4), scene.light.ink, 0.2 + 0.22 * nearness);
  const away = sun.x < width / 2 ? 1 : -1;
  const gap = unit * (0.5 + 0.35 * nearness);
  for (let crest = -gap * random(); crest < width + gap; crest += gap * between(random, 0.7, 1.3)) {
    const long = gap * between(random, 0.7, 1.15);
    const deep = unit * (0.07 + 0.24 * nearness) * between(random, 0.8, 1.2);
    const top = relief.heightAt(crest);
    const end = crest + away * long;
    const fall = context.createLinearGradient(crest, 0, end, 0);
    fall.addColorStop(0, css(shade, 0.9));
    fall.addColorStop(0.55, css(shade, 0.5));
    fall.addColorStop(1, css(shade, 0));
    context.fillStyle = fall;
    context.beginPath();
    for (let step = 0; step <= 24; step++) {
      const x = crest + (away * long * step) / 24;
      context.lineTo(x, relief.heightAt(x));
    }
    context.bezierCurveTo(
      crest + away * long * 0.75,
      top + deep * 1.25,
      crest - away * long * 0.12,
      top + deep * 0.8,
      crest + away * long * 0.1,
      top + deep * 0.36,
    );
    context.quadraticCurveTo(crest + away * long * 0.16, top + deep * 0.14, crest, top);
    context.fill();
  }
  paintSandRipples(stage, { heightAt: relief.heightAt, color: mix(lit, scene.light.ink, 0.3), nearness }, random);
}

function paintSandRipples(
  { context, width, unit }: Stage,
  { heightAt, color, nearness }: { heightAt: (x: number) => number; color: Color; nearness: number },
  random: Random,
): void {
  if (nearness < 0.5) return;
  context.lineWidth = unit * 0.0014;
  for (let ripple = 0; ripple < 16; ripple++) {
    const from = random() * width;
    const long = unit * between(random, 0.1, 0.34);
    const down = unit * (0.02 + 0.17 * random() * nearness);
    context.strokeStyle = css(color, between(random, 0.08, 0.26));
    context.beginPath();
    for (let step = 0; step <= 12; step++) {
      const x = from + (long * step) / 12;
      context.lineTo(x, heightAt(x) + down + Math.sin(step * 1.1 + ripple) * unit * 0.003);
    }
    context.stroke();
  }
}

function paintPyramids({ context, scene, sun, width, unit, horizon }: Stage, sand: Color, random: Random): void {
  const center = width * between(random, 0.25, 0.75);
  for (const [shift, share] of [
    [-0.3, 0.6],
    [0.34, 0.42],
    [0, 1],
  ] as const) {
    const x = center + shift * unit;
    const half = unit * 0.2 * share;
    const top = horizon - unit * 0.22 * share;
    const edge = x + half * 0.24 * (sun.x < x ? 1 : -1);
    const lit = mix(mix(scene.light.ink, sand, Math.max(0.6, scene.light.brightness)), scene.light.haze, 0.5);
    const foot = horizon + unit * 0.05;
    context.fillStyle = css(lit);
    context.beginPath();
    context.moveTo(x - half, foot);
    context.lineTo(x, top);
    context.lineTo(x + half, foot);
    context.fill();
    context.fillStyle = css(mix(mix(lit, scene.light.ink, 0.35), scene.light.haze, 0.12));
    context.beginPath();
    context.moveTo(edge, foot);
    context.lineTo(x, top);
    context.lineTo(sun.x < x ? x + half : x - half, foot);
    context.fill();
  }
}
