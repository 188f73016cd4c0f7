/** Far out: nebulae, planets with rings, sometimes the ground of a moon. */
import { css, mix, WHITE, type Color } from '../color.ts';
import { between, clamp, createTurbulence, pick, smoothstep, type Random } from '../random.ts';
import { paintStars } from '../sky.ts';
import { paintField, paintGlow, type Stage } from '../stage.ts';
import { createHills, createPeaks, fillRidge, shadePeaks } from '../terrain.ts';

export function paintSpace(stage: Stage): void {
  const { context, scene, width, height, unit, chance } = stage;
  const random = chance('space');
  const { light } = scene;
  const dark = mix(light.ink, [4, 5, 14], 0.6);
  context.fillStyle = css(dark);
  context.fillRect(0, 0, width, height);
  paintNebula(stage, dark);
  paintStars(stage, height * 1.5);
  const isLarge = random() < 0.55;
  const radius = unit * (isLarge ? between(random, 0.24, 0.36) : between(random, 0.12, 0.2));
  const planet = { x: width * between(random, 0.3, 0.7), y: height * between(random, 0.34, 0.56), radius };
  const way = pick(random, [-1, 1]);
  paintPlanet(
    stage,
    planet,
    { color: light.accents[0], second: light.accents[1], way, hasRings: random() < 0.6 },
    chance('planet'),
  );
  for (let moon = 0; moon < 2; moon++) {
    const angle = between(random, -2.6, 0.6);
    const distance = radius * between(random, 1.6, 2.3);
    const place = {
      x: planet.x + Math.cos(angle) * distance * 1.2,
      y: planet.y + Math.sin(angle) * distance,
      radius: unit * between(random, 0.014, 0.045),
    };
    paintPlanet(
      stage,
      place,
      { color: mix(light.accents[2], light.haze, 0.4), second: light.haze, way, hasRings: false },
      chance(`moon ${moon}`),
    );
  }
  if (random() < 0.6) paintMoonGround(stage, random);
}

function paintNebula({ context, scene, width, height, unit, chance }: Stage, dark: Color): void {
  const random = chance('nebula');
  const cloud = createTurbulence(random, 5);
  const { light } = scene;
  const [warm, cold, bright] = [
    mix(light.sky[2], light.accents[1], 0.4),
    mix(light.sky[1], light.accents[0], 0.4),
    mix(light.sky[2], WHITE, 0.5),
  ];
  const [slope, center] = [between(random, -0.8, 0.8), between(random, 0.35, 0.65)];
  paintField(context, { x: 0, y: 0, width, height, cell: unit / 130 }, (x, y) => {
    const [u, v] = [(x / unit) * 1.5, (y / unit) * 1.5];
    const bend = cloud(u + 7, v - 3);
    const dust = cloud(u + bend * 0.7, v - bend * 0.7);
    const band = Math.exp(-(((y / height - center + (x / width - 0.5) * slope + bend * 0.16) / 0.3) ** 2));
    const glow = clamp(band * (0.55 + dust * 1.1), 0, 1);
    const color = mix(
      mix(dark, cold, smoothstep(0, 0.5, glow)),
      mix(warm, bright, smoothstep(0.72, 1, glow)),
      smoothstep(0.3, 0.85, glow + dust * 0.3),
    );
    return [...color, smoothstep(0.02, 0.4, glow)];
  });
}

interface Surface {
  color: Color;
  second: Color;
  /** Where the light comes from: -1 left, 1 right. */
  way: number;
  hasRings: boolean;
}

function paintPlanet(
  stage: Stage,
  place: { x: number; y: number; radius: number },
  { color, second, way, hasRings }: Surface,
  random: Random,
): void {
  const { context, scene, unit } = stage;
  const { x, y, radius } = place;
  const tilt = between(random, -0.5, 0.5);
  paintGlow(context, {
    x: x + way * radius * 0.2,
    y,
    radius: radius * 1.7,
    color: mix(color, WHITE, 0.3),
    alpha: 0.34,
  });
  if (hasRings) paintRings(stage, place, { color: second, tilt, isFront: false });
  context.save();
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.clip();
  const cloud = createTurbulence(random, 4);
  const stretch = between(random, 1.5, 5);
  paintField(
    context,
    { x: x - radius, y: y - radius, width: radius * 2, height: radius * 2, cell: Math.max(2, unit / 190) },
    (px, py) => {
      const [dx, dy] = [(px - x) / radius, (py - y) / radius];
      const across = dy * Math.cos(tilt) + dx * Math.sin(tilt);
      const bands = cloud(dx * 1.2 + 9, across * stretch + cloud(dx * 2, dy * 2) * 0.5);
      const facing = Math.sqrt(Math.max(0, 1 - dx * dx - dy * dy));
      const lit = clamp(way * dx * 0.72 - dy * 0.34 + facing * 0.55, 0, 1);
      const ground = mix(mix(color, second, smoothstep(-0.3, 0.4, bands)), WHITE, smoothstep(0.3, 0.7, bands) * 0.35);
      const rim = (1 - facing) ** 2.2 * lit * 0.7;
      return [...mix(mix(scene.light.ink, ground, 0.06 + 0.94 * lit ** 0.9), WHITE, rim), 1];
    },
  );
  context.restore();
  if (hasRings) paintRings(stage, place, { color: second, tilt, isFront: true });
}

function paintRings(
  { context }: Stage,
  { x, y, radius }: { x: number; y: number; radius: number },
  { color, tilt, isFront }: { color: Color; tilt: number; isFront: boolean },
): void {
  context.save();
  context.translate(x, y);
  context.rotate(-tilt);
  for (let ring = 0; ring < 15; ring++) {
    const reach = radius * (1.34 + ring * 0.052);
    context.strokeStyle = css(
      mix(color, WHITE, 0.3 + (0.3 * ((ring * 7) % 5)) / 5),
      ring % 6 === 4 ? 0.08 : 0.28 + (0.35 * ((ring * 11) % 7)) / 7,
    );
    context.lineWidth = radius * 0.048;
    context.beginPath();
    context.ellipse(0, 0, reach, reach * 0.24, 0, isFront ? 0 : Math.PI, isFront ? Math.PI : Math.PI * 2);
    context.stroke();
  }
  context.restore();
}

function paintMoonGround(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit, chance } = stage;
  const { light } = scene;
  for (let layer = 0; layer < 3; layer++) {
    const base = height * (0.84 + layer * 0.07);
    const stream = chance(`moon ground ${layer}`);
    const relief =
      layer < 2
        ? createPeaks(stage, stream, { base, rise: unit * (0.17 - layer * 0.05) })
        : createHills(stage, stream, { base, rise: unit * 0.03 });
    const color = mix(mix(light.accents[2], light.sky[1], 0.5), mix(light.ink, light.sky[0], 0.2), 0.45 + 0.25 * layer);
    fillRidge(stage, relief, color, 0.4 + layer * 0.3);
    shadePeaks(stage, relief, random, 0.5);
  }
  for (let crater = 0; crater < 9; crater++) {
    const [x, y] = [random() * width, height * between(random, 0.95, 1)];
    const size = unit * between(random, 0.012, 0.05);
    context.fillStyle = css(light.ink, 0.5);
    context.beginPath();
    context.ellipse(x, y, size, size * 0.22, 0, 0, Math.PI * 2);
    context.fill();
  }
}
