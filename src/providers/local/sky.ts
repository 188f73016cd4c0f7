/** Everything above the horizon. */
import { BLACK, css, grade, mix, WHITE, type Color } from './color.ts';
import { between, clamp, createRidge, createTurbulence, pick, smoothstep, type Random } from './random.ts';
import { createFall, fillCircle, paintField, paintGlow, type Stage } from './stage.ts';

export function paintSky(stage: Stage): void {
  const { context, scene, width, height, horizon } = stage;
  context.fillStyle = createFall(
    context,
    0,
    horizon * 1.04,
    scene.light.sky.map((color) => css(color)),
  );
  context.fillRect(0, 0, width, height);
  const isStarry = scene.light.isNight && !isOvercast(stage);
  if (isStarry) {
    if (scene.concepts.has('stars') || scene.concepts.has('space')) paintMilkyWay(stage);
    paintStars(stage, horizon);
  }
  if (scene.concepts.has('aurora')) paintAurora(stage);
  if (!isOvercast(stage)) paintSun(stage);
  paintClouds(stage);
  if (scene.concepts.has('storm')) paintLightning(stage);
}

function isOvercast({ scene: { concepts } }: Stage): boolean {
  const isClear = concepts.has('moon') || concepts.has('stars') || concepts.has('aurora') || concepts.has('fireworks');
  return concepts.has('storm') || (!isClear && (concepts.has('rain') || concepts.has('snow')));
}

export function paintStars({ context, width, unit, chance }: Stage, bottom: number): void {
  const random = chance('stars');
  const count = Math.min(1600, Math.round((430 * width * bottom) / (unit * unit * 0.6)));
  for (let drawn = 0; drawn < count; drawn++) {
    // Most stars stand high, where the sky is dark.
    const y = random() ** 1.5 * bottom;
    const radius = unit * (0.0005 + 0.0014 * random() ** 6);
    const color = mix(pick(random, [WHITE, [190, 210, 255], [255, 224, 190]]), WHITE, 0.4);
    fillCircle(context, random() * width, y, radius, css(color, between(random, 0.2, 0.95) * (1 - y / bottom / 1.3)));
  }
  for (let drawn = 0; drawn < 6; drawn++) {
    const [x, y] = [random() * width, random() * bottom * 0.6];
    paintGlow(context, { x, y, radius: unit * between(random, 0.008, 0.02), color: WHITE, alpha: 0.8 });
  }
}

function paintMilkyWay({ context, scene, width, height, unit, horizon, chance }: Stage): void {
  const random = chance('milky way');
  const cloud = createTurbulence(random, 5);
  const slope = pick(random, [-1, 1]) * between(random, 0.5, 1.1);
  const middle = between(random, 0.35, 0.65) * width;
  const warm = mix(scene.light.sky[2], WHITE, 0.45);
  const cold = mix(scene.light.accents[0], WHITE, 0.3);
  const bottom = Math.min(height, horizon * 1.05);
  paintField(context, { x: 0, y: 0, width, height: bottom, cell: unit / 120 }, (x, y) => {
    const across = ((x - middle) * 0.9 - (y - horizon * 0.5) * slope) / unit;
    const dust = cloud((x / unit) * 3, (y / unit) * 3);
    const near = Math.exp(-((across + dust * 0.16) ** 2) * 16);
    const lane = smoothstep(-0.1, 0.35, cloud((x / unit) * 4 + 40, (y / unit) * 4) + 0.25);
    const color = mix(cold, warm, clamp(near * 1.2 + dust * 0.4, 0, 1));
    return [...color, clamp(near * (0.22 + 0.34 * lane + dust * 0.12), 0, 0.65)];
  });
  for (let drawn = 0; drawn < 500; drawn++) {
    const y = random() * horizon;
    const x = middle + ((y - horizon * 0.5) * slope) / 0.9 + (random() + random() + random() - 1.5) * unit * 0.26;
    fillCircle(context, x, y, unit * (0.0004 + 0.0009 * random() ** 4), css(WHITE, between(random, 0.2, 0.8)));
  }
}

function paintAurora({ context, scene, width, unit, horizon, chance }: Stage): void {
  const random = chance('aurora');
  const curtain = createRidge(random, 4, 0.5);
  const rays = createRidge(random, 5, 0.6);
  const [green, violet]: [Color, Color] = [mix([70, 245, 170], scene.light.accents[0], 0.15), [150, 80, 235]];
  const foot = horizon * between(random, 0.62, 0.8);
  paintField(context, { x: 0, y: 0, width, height: horizon, cell: unit / 110 }, (x, y) => {
    const along = x / unit;
    let alpha = 0;
    let share = 0;
    for (const [at, tall] of [
      [0, 0.62],
      [30, 0.42],
    ] as const) {
      const base = foot - at * unit * 0.004 + curtain(along * 1.1 + at) * unit * 0.2;
      const up = (base - y) / (horizon * tall);
      const strength = up < 0 ? smoothstep(-0.07, 0, up) : Math.exp(-up * 2.6);
      alpha += strength * (0.55 + 0.45 * rays(along * 7 + curtain(along * 2 + at) * 2 + at));
      share = Math.max(share, clamp(up * 1.5, 0, 1));
    }
    return [...mix(green, violet, share), clamp(alpha * 1.15, 0, 0.92)];
  });
}

export function paintSun(stage: Stage): void {
  const { context, scene, sun, chance } = stage;
  const { light } = scene;
  const strength = light.isNight ? 0.4 : 0.75;
  paintGlow(context, {
    ...sun,
    radius: sun.radius * (light.isNight ? 8 : 15),
    color: mix(light.sun, light.sky[2], 0.4),
    alpha: strength * 0.8,
  });
  paintGlow(context, { ...sun, radius: sun.radius * 4, color: light.sun, alpha: strength });
  fillCircle(context, sun.x, sun.y, sun.radius, css(light.sun));
  if (light.isNight) paintMoonFace(stage, chance('moon'));
  else paintGlow(context, { ...sun, radius: sun.radius * 1.4, color: WHITE, alpha: 0.5 });
  // A moon in the sky of a story may be a thin one.
  if (light.isNight && chance('crescent')() < 0.3) paintMoonShade(stage);
}

function paintMoonFace({ context, sun, scene }: Stage, random: Random): void {
  context.save();
  context.beginPath();
  context.arc(sun.x, sun.y, sun.radius, 0, Math.PI * 2);
  context.clip();
  const shade = mix(scene.light.sun, scene.light.sky[1], 0.4);
  for (let drawn = 0; drawn < 12; drawn++) {
    const angle = random() * Math.PI * 2;
    const distance = Math.sqrt(random()) * 0.8 * sun.radius;
    const size = between(random, 0.06, 0.34) * sun.radius;
    fillCircle(context, sun.x + Math.cos(angle) * distance, sun.y + Math.sin(angle) * distance, size, css(shade, 0.16));
  }
  context.restore();
}

function paintMoonShade({ context, sun, scene }: Stage): void {
  context.save();
  context.beginPath();
  context.arc(sun.x, sun.y, sun.radius * 1.01, 0, Math.PI * 2);
  context.clip();
  fillCircle(
    context,
    sun.x + sun.radius * 0.5,
    sun.y - sun.radius * 0.2,
    sun.radius * 0.98,
    css(mix(scene.light.sky[0], scene.light.sky[1], 0.5), 0.93),
  );
  context.restore();
}

/** Clouds on a plane above us: large overhead, small and flat towards the horizon, lit from the sun's side. */
function paintClouds(stage: Stage): void {
  const { context, scene, width, unit, horizon, sun, chance } = stage;
  const { light } = scene;
  const random = chance('clouds');
  const overcast = isOvercast(stage);
  const cloud = createTurbulence(random, 5);
  const cover = overcast
    ? between(random, -0.35, -0.1)
    : scene.concepts.has('aurora')
      ? 0.4
      : pick(random, [between(random, -0.1, 0.1), between(random, 0.05, 0.25), 0.36]);
  const stretch = pick(random, [0.5, 0.8, 1.6]);
  const fineness = between(random, 0.9, 1.7);
  const most = light.isNight ? (overcast ? 0.75 : 0.34) : overcast ? 0.9 : 0.8;
  const [zenith, middle, low] = light.sky;
  const shadow = overcast ? mix(mix(zenith, middle, 0.4), BLACK, 0.25) : mix(middle, zenith, 0.35);
  const lit = light.isNight ? mix(middle, low, 0.7) : mix(mix(low, light.sun, 0.55), WHITE, overcast ? 0 : 0.2);
  const glowReach = unit * 0.8;
  paintField(context, { x: 0, y: 0, width, height: horizon, cell: unit / 130 }, (x, y) => {
    const depth = 1.12 - y / horizon;
    const u = ((x - width / 2) / unit / depth) * stretch * fineness;
    const v = (1.6 / depth) * fineness;
    const here = cloud(u, v);
    const density = smoothstep(cover, cover + 0.55, here);
    if (density === 0) return [0, 0, 0, 0];
    const towards = cloud(u + ((sun.x - x) / width) * 0.22, v + 0.14);
    const glow = Math.exp(-((x - sun.x) ** 2 + (y - sun.y) ** 2) / (glowReach * glowReach));
    const share = clamp(0.42 + (here - towards) * 1.5 + glow * 0.5 - density * 0.22, 0, 1);
    return [...mix(shadow, lit, share), density * most * smoothstep(0.1, 0.3, depth)];
  });
}

function paintLightning({ context, scene, width, unit, horizon, chance }: Stage): void {
  const random = chance('lightning');
  const color = mix(WHITE, scene.light.accents[1], 0.15);
  let x = between(random, 0.2, 0.8) * width;
  let y = horizon * 0.12;
  paintGlow(context, { x, y: horizon * 0.45, radius: unit * 0.55, color, alpha: 0.32 });
  context.strokeStyle = css(color, 0.95);
  context.lineJoin = 'round';
  context.lineWidth = unit * 0.0032;
  context.beginPath();
  context.moveTo(x, y);
  while (y < horizon) {
    y += unit * between(random, 0.015, 0.04);
    x += unit * between(random, -0.03, 0.03);
    context.lineTo(x, y);
    if (random() < 0.22) {
      context.lineTo(x + unit * between(random, -0.08, 0.08), y + unit * between(random, 0.04, 0.1));
      context.moveTo(x, y);
    }
  }
  context.stroke();
}

export function paintBirds({ context, scene, width, unit, horizon, chance }: Stage): void {
  const random = chance('birds');
  if (scene.light.isNight || random() < 0.4) return;
  const centerX = between(random, 0.25, 0.75) * width;
  const centerY = between(random, 0.3, 0.6) * horizon;
  context.strokeStyle = css(grade(scene.light.ink, 0.9), 0.7);
  context.lineCap = 'round';
  const count = 4 + Math.floor(random() * 7);
  for (let drawn = 0; drawn < count; drawn++) {
    const x = centerX + (random() - 0.5) * unit * 0.32;
    const y = centerY + (random() - 0.5) * unit * 0.12;
    const span = unit * between(random, 0.007, 0.015);
    context.lineWidth = unit * 0.0017;
    context.beginPath();
    context.moveTo(x - span, y - span * 0.4);
    context.quadraticCurveTo(x - span * 0.4, y - span * 0.6, x, y);
    context.quadraticCurveTo(x + span * 0.4, y - span * 0.6, x + span, y - span * 0.4);
    context.stroke();
  }
}
