/** Seas and lakes: the far shore, and all of it again in the water. */
import { css, hex, mix, type Color } from '../color.ts';
import { paintFireworks, paintGate, paintLighthouse, paintSailboat, paintWhale } from '../landmarks.ts';
import { paintGrass, paintMeadow, paintWood } from '../plants.ts';
import { between, clamp, createRidge, pick, type Random } from '../random.ts';
import { paintBirds, paintSky } from '../sky.ts';
import { createFall, type Stage } from '../stage.ts';
import {
  createHills,
  createPeaks,
  darken,
  fillRidge,
  landColor,
  paintMist,
  paintSnowCaps,
  RIDGE_STEP,
  shadePeaks,
  snowColor,
} from '../terrain.ts';
import { paintGlitter, paintMirror, paintReflected } from '../water.ts';
import { paintSkyline } from './city.ts';

const WATER: readonly [string, ...string[]] = ['#1f7f96', '#23649f', '#2a8f90', '#1d5c86'];

export function paintWaterside(stage: Stage): void {
  const { scene, unit, horizon, chance } = stage;
  const { concepts, light } = scene;
  const random = chance('waterside');
  paintSky(stage);
  paintBirds(stage);
  if (concepts.has('fireworks')) paintFireworks(stage);
  paintFarShore(stage, random);
  const isWild = concepts.has('storm') || concepts.has('rain');
  const isLake = concepts.has('lake') || concepts.has('calm');
  const deep = mix(light.ink, hex(pick(random, WATER)), light.brightness * 0.8);
  paintMirror(
    stage,
    {
      waterline: horizon,
      deep,
      unrest: isWild ? 1 : isLake ? 0.25 : between(random, 0.4, 0.7),
      clarity: isLake ? 0.85 : isWild ? 0.4 : 0.62,
    },
    chance('mirror'),
  );
  paintMist(stage, horizon, 0.3, unit * 0.05);
  paintGlitter(stage, horizon, chance('glitter'));
  if (isWild) paintSwell(stage, deep, random);
  paintNearThings(stage, random);
  paintNearShore(stage, random);
}

function paintFarShore(stage: Stage, random: Random): void {
  const { scene, unit, horizon, chance } = stage;
  const { concepts } = scene;
  if (concepts.has('city')) paintSkyline(stage, { foot: horizon, tall: unit * 0.3, layers: 3 });
  else if (concepts.has('mountains') || (concepts.has('lake') && random() < 0.75)) paintFarPeaks(stage, random);
  else if (random() < 0.8) paintIslands(stage, 1 + Math.floor(random() * 3));
  if (concepts.has('forest') || (concepts.has('lake') && !concepts.has('city') && random() < 0.6)) {
    const shore = createHills(stage, chance('shore'), { base: horizon - unit * 0.012, rise: unit * 0.016 });
    const color = landColor(stage, concepts.has('autumn') ? hex('#b06a30') : hex('#2f5a48'), 0.5);
    fillRidge(stage, shore, color, 0.9);
    paintWood(
      stage,
      shore,
      { color: darken(color, 0.2), size: unit * 0.075, share: 0.9, kind: 'fir' },
      chance('shore wood'),
    );
  }
}

function paintFarPeaks(stage: Stage, random: Random): void {
  const { unit, horizon, chance, scene } = stage;
  for (let layer = 0; layer < 3; layer++) {
    const relief = createPeaks(stage, chance(`far ${layer}`), {
      base: horizon + unit * 0.01,
      rise: unit * (between(random, 0.26, 0.36) - layer * 0.09),
    });
    fillRidge(stage, relief, landColor(stage, hex('#40587a'), 0.1 + layer * 0.2), 0.2 + layer * 0.2);
    shadePeaks(stage, relief, chance(`far shade ${layer}`), 0.16 + layer * 0.08);
    if (layer < 2 && (scene.concepts.has('snow') || random() < 0.6))
      paintSnowCaps(stage, relief, chance(`far snow ${layer}`), 0.55);
    paintMist(stage, horizon - unit * 0.01, 0.3, unit * 0.08);
  }
}

function paintIslands(stage: Stage, count: number): void {
  const { context, scene, width, unit, horizon, chance } = stage;
  for (let island = 0; island < count; island++) {
    const random = chance(`island ${island}`);
    const ridge = createRidge(random, 5, 0.5);
    const center = between(random, -0.05, 1.05) * width;
    const half = unit * between(random, 0.2, 0.55);
    const tall = unit * between(random, 0.025, 0.075);
    context.fillStyle = css(landColor(stage, mix(scene.light.sky[0], hex('#3f5a5c'), 0.5), 0.2 + 0.22 * island));
    context.beginPath();
    context.moveTo(center - half, horizon + 1);
    for (let x = center - half; x <= center + half; x += RIDGE_STEP) {
      const dome = 1 - ((x - center) / half) ** 2;
      context.lineTo(x, horizon - dome * tall * (1.1 + ridge(x / (unit * 0.16))));
    }
    context.lineTo(center + half, horizon + 1);
    context.fill();
  }
}

/** High waves: crests with light in them, dark valleys, foam where they break. */
function paintSwell(stage: Stage, deep: Color, random: Random): void {
  const { context, scene, width, height, unit, horizon } = stage;
  const { light } = scene;
  for (let wave = 0; wave < 9; wave++) {
    const nearness = (wave + 1) / 9;
    const base = horizon + (height - horizon) * (0.05 + 0.9 * nearness ** 1.5);
    const rise = unit * (0.01 + 0.06 * nearness);
    const { heightAt } = createHills(stage, random, { base, rise, octaves: 4 });
    const body = mix(mix(light.haze, deep, 0.5 + 0.45 * nearness), light.ink, 0.15 * nearness);
    context.fillStyle = createFall(context, base - rise, base + rise * 3.4, [
      css(mix(body, light.haze, 0.5)),
      css(body),
      css(mix(body, light.ink, 0.5)),
    ]);
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, heightAt(x));
    context.lineTo(width + RIDGE_STEP, height);
    context.fill();
    for (let fleck = 0; fleck < (90 * width) / unit; fleck++) {
      const x = random() * width;
      const top = heightAt(x);
      // Foam sits where the wave stands high.
      if (top > base - rise * 0.15) continue;
      const size = unit * (0.0012 + 0.004 * nearness * random());
      context.fillStyle = css(mix(light.sun, light.haze, 0.3), between(random, 0.2, 0.75));
      context.fillRect(x, top + rise * 0.5 * random() ** 2, size * between(random, 2, 9), size);
    }
  }
}

function paintNearThings(stage: Stage, random: Random): void {
  const { scene, width, height, unit, horizon } = stage;
  const { concepts } = scene;
  const depth = height - horizon;
  const x = width * pick(random, [between(random, 0.2, 0.36), between(random, 0.64, 0.8)]);
  if (concepts.has('lighthouse'))
    paintLighthouse(stage, { x, foot: horizon + depth * 0.1, size: Math.min(unit * 0.3, horizon * 0.5) }, random);
  if (concepts.has('gate')) {
    const size = Math.min(unit * 0.42, horizon * 0.7);
    const gate = { x: clamp(x, size * 0.7, width - size * 0.7), foot: horizon + depth * 0.16, size };
    paintReflected(stage, gate.foot, () => paintGate(stage, gate));
  }
  if (concepts.has('whale')) paintWhale(stage, { x: width - x, foot: horizon + depth * 0.32, size: unit * 0.22 });
  else if (
    concepts.has('boat') ||
    (!concepts.has('lighthouse') && !concepts.has('gate') && !concepts.has('city') && random() < 0.5)
  )
    paintBoat(stage, concepts.has('lighthouse') ? width - x : x);
}

function paintBoat(stage: Stage, x: number): void {
  const { scene, height, unit, horizon } = stage;
  const boat = {
    x,
    foot: horizon + (height - horizon) * 0.2,
    size: unit * (scene.concepts.has('boat') ? 0.12 : 0.055),
  };
  paintReflected(stage, boat.foot + boat.size * 0.1, () => paintSailboat(stage, boat));
}

/** Where we stand: flowers, reeds, sand, or nothing but water. */
function paintNearShore(stage: Stage, random: Random): void {
  const { scene, width, height, unit, chance } = stage;
  const { concepts, light } = scene;
  if (concepts.has('storm')) return;
  const choice = random();
  if (concepts.has('flowers') || choice < 0.4 || concepts.has('snow')) {
    const base = height - unit * (concepts.has('flowers') ? 0.16 : 0.05);
    const slope = pick(random, [-1, 1]) * unit * 0.07;
    const hill = createHills(stage, chance('near shore'), { base, rise: unit * 0.03 });
    const heightAt = (x: number): number => hill.heightAt(x) + (x / width - 0.5) * slope * 2;
    const ground = concepts.has('snow') ? snowColor(stage) : mix(light.ink, hex('#4c7a45'), light.brightness * 0.55);
    fillRidge(stage, { ...hill, heightAt }, ground, 1);
    if (!concepts.has('snow'))
      paintGrass(
        stage,
        darken(ground, 0.2),
        { tall: unit * 0.07, base: (x) => heightAt(x) + unit * 0.02 },
        chance('reeds'),
      );
    if (concepts.has('flowers'))
      paintMeadow(stage, { from: base + unit * 0.02, to: height * 1.02, largest: unit * 0.055 }, chance('flowers'));
  }
}
