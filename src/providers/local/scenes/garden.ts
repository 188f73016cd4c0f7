/** Flowers from near: heads large before us, a field of them behind, the light soft. */
import { css, hex, mix, WHITE, type Color } from '../color.ts';
import { paintBloom, paintGrass, paintMeadow, paintWood, type BloomKind } from '../plants.ts';
import { between, pick } from '../random.ts';
import { paintSky } from '../sky.ts';
import { createFall, fillCircle, paintGlow, type Stage } from '../stage.ts';
import { createHills, darken, fillRidge, landColor, paintMist, RIDGE_STEP } from '../terrain.ts';

export function paintGarden(stage: Stage): void {
  const { height, unit, horizon, chance } = stage;
  const random = chance('garden');
  paintSky(stage);
  const green = hex(pick(random, ['#5c9a58', '#4c8a4c', '#6fa05a']));
  for (let layer = 0; layer < 2; layer++) {
    const nearness = 0.1 + layer * 0.2;
    const base = horizon + (height - horizon) * 0.08 * layer;
    const relief = createHills(stage, chance(`hill ${layer}`), { base, rise: unit * 0.05 });
    const color = landColor(stage, green, nearness);
    fillRidge(stage, relief, color, nearness);
    paintWood(
      stage,
      relief,
      { color: darken(color, 0.14), size: unit * (0.02 + 0.03 * layer), share: 0.5, kind: 'round' },
      chance(`grove ${layer}`),
    );
    paintMist(stage, base + unit * 0.03, 0.25, unit * 0.1);
  }
  paintGreen(stage, green);
  paintMeadow(
    stage,
    { from: horizon + (height - horizon) * 0.2, to: height * 0.98, largest: unit * 0.06 },
    chance('field'),
  );
  paintBokeh(stage);
  paintNearBlooms(stage);
}

/** The ground of the field: pale far away, and so dark near us that stems rise out of shadow. */
function paintGreen(stage: Stage, green: Color): void {
  const { context, scene, width, height, unit, horizon, chance } = stage;
  const { light } = scene;
  const top = horizon + (height - horizon) * 0.15;
  const field = createHills(stage, chance('field edge'), { base: top, rise: unit * 0.02 });
  const lit = mix(light.ink, green, 0.2 + 0.6 * light.brightness);
  context.fillStyle = createFall(context, top, height, [
    css(mix(lit, light.haze, 0.4)),
    css(lit),
    css(mix(lit, light.ink, 0.55)),
    css(mix(lit, light.ink, 0.8)),
  ]);
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, field.heightAt(x));
  context.lineTo(width + RIDGE_STEP, height);
  context.fill();
  paintGrass(
    stage,
    mix(lit, light.ink, 0.45),
    { tall: unit * 0.14, base: () => height - unit * 0.06 },
    chance('grass'),
  );
}

/** Lights out of focus. */
function paintBokeh({ context, scene, width, height, unit, chance }: Stage): void {
  const random = chance('bokeh');
  for (let drawn = 0; drawn < 34; drawn++) {
    const [x, y] = [random() * width, height * between(random, 0.1, 0.95)];
    const radius = unit * between(random, 0.008, 0.045);
    const color = mix(pick(random, [...scene.light.accents, scene.light.sun]), WHITE, 0.45);
    fillCircle(context, x, y, radius, css(color, between(random, 0.05, 0.2)));
  }
  paintGlow(context, { x: width * random(), y: height * 0.2, radius: unit * 0.7, color: scene.light.sun, alpha: 0.25 });
}

function paintNearBlooms(stage: Stage): void {
  const { context, scene, width, height, unit, chance } = stage;
  const { light } = scene;
  const random = chance('near blooms');
  const kind: BloomKind = pick(random, ['daisy', 'poppy', 'tulip', 'poppy', 'daisy']);
  const count = Math.max(3, Math.round((3 + Math.floor(random() * 3)) * (width / unit)));
  const leaf = mix(light.ink, hex('#4f9460'), 0.25 + 0.55 * light.brightness);
  context.lineCap = 'round';
  const heads = Array.from({ length: count }, (_, index) => ({
    x: width * ((index + between(random, 0.15, 0.85)) / count),
    y: height - unit * between(random, 0.18, 0.52),
    size: unit * between(random, 0.07, 0.12),
    color: darken(
      mix(pick(random, [light.accents[0], light.accents[1], light.accents[2]]), light.sun, 0.08),
      (1 - light.brightness) * 0.3,
    ),
    openness: between(random, 0.6, 0.95),
  })).toSorted((a, b) => a.y - b.y);
  for (const head of heads) {
    const foot = head.x + unit * between(random, -0.08, 0.08);
    context.strokeStyle = css(leaf);
    context.lineWidth = head.size * 0.1;
    context.beginPath();
    context.moveTo(foot, height + 10);
    context.quadraticCurveTo(foot, head.y + head.size * 2, head.x, head.y);
    context.stroke();
    for (const way of [-1, 1]) {
      const at = height - (height - head.y) * between(random, 0.2, 0.5);
      context.fillStyle = css(darken(leaf, random() * 0.3));
      context.beginPath();
      context.moveTo(foot, at);
      context.quadraticCurveTo(
        foot + way * head.size * 0.9,
        at - head.size * 1.1,
        foot + way * head.size * 1.7,
        at - head.size * 1.2,
      );
      context.quadraticCurveTo(foot + way * head.size * 1.2, at - head.size * 0.2, foot, at);
      context.fill();
    }
    paintBloom(stage, kind, head, random);
  }
}
