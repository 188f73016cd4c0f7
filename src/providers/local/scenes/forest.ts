/** Among trees: trunks in the mist and shafts of light, or wooded slopes seen from outside. */
import { css, hex, mix, type Color } from '../color.ts';
import { fillFir, paintGrass, paintMeadow, paintWood } from '../plants.ts';
import { between, pick, type Random } from '../random.ts';
import { paintBirds, paintSky } from '../sky.ts';
import { createFall, fillCircle, fillShape, paintGlow, type Stage } from '../stage.ts';
import {
  createHills,
  createPeaks,
  darken,
  fillRidge,
  landColor,
  paintMist,
  paintSnowCaps,
  snowColor,
} from '../terrain.ts';

const LEAVES: readonly [string, ...string[]] = ['#2f6a4a', '#3d6f3f', '#2a6660', '#4c7040'];
const AUTUMN_LEAVES: readonly [string, ...string[]] = ['#b5642a', '#a84a2c', '#c48a34'];

export function paintForest(stage: Stage): void {
  const random = stage.chance('forest');
  const leaf = hex(pick(random, stage.scene.concepts.has('autumn') ? AUTUMN_LEAVES : LEAVES));
  if (random() < 0.62) paintInside(stage, leaf, random);
  else paintSlopes(stage, leaf, random);
}

/** Ridge behind ridge, each a wall of firs that stands in the mist of the next valley. */
function paintSlopes(stage: Stage, leaf: Color, random: Random): void {
  const { scene, height, unit, horizon, chance } = stage;
  paintSky(stage);
  paintBirds(stage);
  const isSnowy = scene.concepts.has('snow');
  if (random() < 0.6) {
    const peaks = createPeaks(stage, chance('far peaks'), {
      base: horizon + unit * 0.02,
      rise: unit * between(random, 0.2, 0.32),
    });
    fillRidge(stage, peaks, landColor(stage, hex('#4a5f7d'), 0.12), 0.1);
    if (isSnowy || random() < 0.5) paintSnowCaps(stage, peaks, chance('far caps'), 0.6);
    paintMist(stage, horizon, 0.4);
  }
  const layers = 6;
  for (let layer = 0; layer < layers; layer++) {
    const nearness = (layer + 0.5) / layers;
    const base = horizon + unit * 0.04 + (height * 1.02 - horizon) * (layer / layers) ** 1.1;
    const relief = createHills(stage, chance(`slope ${layer}`), {
      base,
      rise: unit * (0.075 + 0.02 * layer),
      octaves: 3,
    });
    const color = landColor(stage, leaf, nearness);
    fillRidge(stage, relief, isSnowy ? mix(color, snowColor(stage), 0.75 - 0.3 * nearness) : color, nearness * 0.9);
    const wood = isSnowy ? mix(color, scene.light.ink, 0.25) : darken(color, 0.08);
    paintWood(
      stage,
      relief,
      { color: wood, size: unit * (0.035 + 0.17 * nearness ** 1.7), share: isSnowy ? 0.8 : 1, kind: 'fir' },
      chance(`wood ${layer}`),
    );
    if (layer < layers - 1)
      paintMist(stage, base + unit * (0.05 + 0.06 * nearness), 0.5 - 0.25 * nearness, unit * 0.11);
  }
  if (scene.concepts.has('flowers'))
    paintMeadow(stage, { from: height * 0.9, to: height * 1.03, largest: unit * 0.04 }, chance('meadow'));
}

/** Rows of trunks, the far ones pale, before a light that stands low between them. */
function paintInside(stage: Stage, leaf: Color, random: Random): void {
  const { context, scene, sun, width, height, unit, horizon, chance } = stage;
  const { light, concepts } = scene;
  const isSnowy = concepts.has('snow');
  const [zenith, middle, low] = light.sky;
  const glow = mix(mix(low, light.sun, 0.3), [255, 222, 140], light.isNight ? 0 : 0.35);
  const air = (color: Color): string => css(mix(color, leaf, light.isNight ? 0.12 : 0.34));
  context.fillStyle = createFall(context, 0, height * 0.8, [
    air(mix(zenith, middle, 0.35)),
    air(middle),
    css(mix(low, leaf, 0.06)),
    air(mix(middle, light.haze, 0.5)),
  ]);
  context.fillRect(0, 0, width, height);
  const lamp = { x: sun.x, y: horizon * 0.72 };
  paintGlow(context, { ...lamp, radius: unit * 0.85, color: glow, alpha: 0.85 });
  fillCircle(context, lamp.x, lamp.y, unit * 0.05, css(light.sun, light.isNight ? 0.92 : 0.8));
  const kind = pick(random, ['fir', 'trunk', 'trunk'] as const);
  const layers = 5;
  for (let layer = 0; layer < layers; layer++) {
    const nearness = layer / (layers - 1);
    const ground = createHills(stage, chance(`floor ${layer}`), {
      base: horizon + (height - horizon) * (0.06 + 0.72 * nearness ** 1.3),
      rise: unit * 0.028,
    });
    const color = mix(
      mix(light.haze, leaf, 0.3),
      mix(light.ink, leaf, 0.42 * light.brightness ** 1.5),
      0.2 + 0.8 * nearness ** 0.9,
    );
    paintTrunks(stage, { color, nearness, groundAt: ground.heightAt, kind }, chance(`trunks ${layer}`));
    const floor = isSnowy
      ? mix(snowColor(stage), color, 0.18 + 0.2 * nearness)
      : mix(color, leaf, 0.3 * light.brightness);
    fillRidge(stage, ground, floor, nearness);
    if (layer === 2) paintShafts(stage, lamp, random);
    if (layer < layers - 1) paintMist(stage, ground.base, 0.3, unit * 0.16);
    else if (!isSnowy) {
      paintGrass(
        stage,
        darken(floor, 0.2),
        { tall: unit * 0.075, base: (x) => ground.heightAt(x) + unit * 0.03 },
        chance('ferns'),
      );
      if (concepts.has('flowers'))
        paintMeadow(stage, { from: height * 0.85, to: height * 1.02, largest: unit * 0.045 }, chance('flowers'));
    }
  }
  paintFireflies(stage, random);
}

interface Trunks {
  color: Color;
  nearness: number;
  groundAt: (x: number) => number;
  kind: 'fir' | 'trunk';
}

function paintTrunks(
  { context, scene, sun, width, height, unit }: Stage,
  { color, nearness, groundAt, kind }: Trunks,
  random: Random,
): void {
  const thick = unit * (0.008 + 0.05 * nearness ** 1.6);
  const gap = unit * (0.045 + 0.3 * nearness ** 1.2);
  const rim = mix(color, scene.light.sun, 0.35 * (1 - nearness * 0.4));
  for (let x = -gap * random(); x < width + gap; x += gap * between(random, 0.45, 1.5)) {
    const foot = groundAt(x) + unit * 0.01;
    // The way towards the light stays open.
    if (nearness > 0.6 && Math.abs(x - sun.x) < unit * 0.14) continue;
    if (kind === 'fir' && nearness < 0.8) {
      context.fillStyle = css(color);
      fillFir(context, x, foot, unit * (0.22 + 0.62 * nearness) * between(random, 0.6, 1.2));
      continue;
    }
    const half = thick * between(random, 0.35, 0.75);
    const lean = between(random, -0.04, 0.04) * height;
    const side = sun.x < x ? -1 : 1;
    context.fillStyle = css(color);
    fillShape(
      context,
      [x - half * 1.5, foot + half],
      [x - half * 0.8, foot - unit * 0.07],
      [x - half * 0.7 + lean, -10],
      [x + half * 0.7 + lean, -10],
      [x + half * 0.8, foot - unit * 0.07],
      [x + half * 1.5, foot + half],
    );
    context.fillStyle = css(rim, 0.5);
    fillShape(
      context,
      [x + side * half * 0.82, foot - unit * 0.06],
      [x + side * half * 0.7 + lean, -10],
      [x + side * half * 0.46 + lean, -10],
      [x + side * half * 0.5, foot - unit * 0.06],
    );
    context.strokeStyle = css(color);
    context.lineCap = 'round';
    for (let branch = 0; branch < 3; branch++) {
      const up = between(random, 0.25, 0.8);
      const way = random() < 0.5 ? -1 : 1;
      const [bx, by] = [x + lean * up, foot * (1 - up)];
      context.lineWidth = half * 0.4;
      context.beginPath();
      context.moveTo(bx, by);
      context.quadraticCurveTo(
        bx + way * half * 4,
        by - half * 2,
        bx + way * half * 8,
        by - half * between(random, 5, 9),
      );
      context.stroke();
    }
  }
  if (kind === 'fir' || scene.concepts.has('snow')) return;
  // Leaves along the upper edge.
  for (let leaf = 0; leaf < 150; leaf++) {
    const y = height * 0.2 * random() ** 2 * (0.4 + nearness);
    context.fillStyle = css(color, 0.85);
    context.beginPath();
    context.ellipse(
      random() * width,
      y,
      unit * between(random, 0.008, 0.022),
      unit * between(random, 0.004, 0.011),
      random(),
      0,
      Math.PI * 2,
    );
    context.fill();
  }
}

function paintShafts(
  { context, scene, width, height, unit }: Stage,
  lamp: { x: number; y: number },
  random: Random,
): void {
  if (scene.concepts.has('rain')) return;
  const slant = (lamp.x < width / 2 ? 1 : -1) * between(random, 0.25, 0.6);
  context.save();
  context.globalCompositeOperation = 'screen';
  for (let shaft = 0; shaft < 7; shaft++) {
    const x = lamp.x + (random() - 0.5) * unit * 1.1;
    const wide = unit * between(random, 0.02, 0.1);
    context.fillStyle = createFall(context, 0, height * 0.92, [
      css(scene.light.sun, scene.light.isNight ? 0.1 : 0.26),
      css(scene.light.sun, 0),
    ]);
    const reach = height * slant * 0.8;
    fillShape(context, [x, 0], [x + wide, 0], [x + wide * 2.2 + reach, height], [x + reach, height]);
  }
  context.restore();
}

function paintFireflies({ context, scene, width, height, unit, horizon }: Stage, random: Random): void {
  const count = scene.light.isNight || scene.concepts.has('dreamy') ? 46 : 14;
  for (let drawn = 0; drawn < count; drawn++) {
    const [x, y] = [random() * width, between(random, horizon * 0.7, height)];
    const size = unit * between(random, 0.001, 0.0026);
    paintGlow(context, { x, y, radius: size * 6, color: mix(scene.light.sun, [255, 220, 120], 0.5), alpha: 0.5 });
    fillCircle(context, x, y, size, css(scene.light.sun, 0.9));
  }
}
