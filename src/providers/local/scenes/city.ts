/** Skylines over water or roofs, and streets we stand in. */
import { css, hex, mix, WHITE, type Color } from '../color.ts';
import { paintFireworks } from '../landmarks.ts';
import { between, clamp, pick, type Random } from '../random.ts';
import { paintBirds, paintSky } from '../sky.ts';
import { createFall, fillCircle, fillShape, paintGlow, type Point, type Stage } from '../stage.ts';
import { darken, paintMist } from '../terrain.ts';
import { paintMirror } from '../water.ts';

const LAMPLIGHTS: readonly [Color, ...Color[]] = [
  [255, 214, 140],
  [255, 196, 110],
  [255, 236, 196],
  [190, 220, 255],
];

export function paintCity(stage: Stage): void {
  const { scene, height, unit, horizon, chance } = stage;
  const random = chance('city');
  paintSky(stage);
  paintBirds(stage);
  if (scene.concepts.has('fireworks')) paintFireworks(stage);
  const isByWater = random() < 0.5 || scene.concepts.has('rain');
  const foot = isByWater ? horizon : height;
  paintSkyline(stage, {
    foot,
    tall: (isByWater ? 0.46 : 0.6) * Math.min(unit, horizon * 1.1) + (foot - horizon),
    layers: 4,
  });
  if (!isByWater) return;
  const deep = mix(scene.light.ink, scene.light.sky[0], 0.35);
  paintMirror(
    stage,
    { waterline: foot, deep, unrest: scene.concepts.has('rain') ? 0.8 : between(random, 0.3, 0.6), clarity: 0.75 },
    chance('mirror'),
  );
  paintMist(stage, foot, 0.22, unit * 0.05);
}

interface Skyline {
  foot: number;
  /** The highest roof over the foot. */
  tall: number;
  layers: number;
}

export function paintSkyline(stage: Stage, { foot, tall, layers }: Skyline): void {
  const { scene, width, unit, chance } = stage;
  const { light } = scene;
  const center = chance('downtown')() * 0.6 + 0.2;
  for (let layer = 0; layer < layers; layer++) {
    const random = chance(`skyline ${layer}`);
    const nearness = (layer + 0.5) / layers;
    const body = mix(
      mix(light.haze, light.sky[1], 0.3),
      mix(light.ink, light.sky[0], 0.22),
      0.22 + 0.78 * nearness ** 0.85,
    );
    const broad = unit * (0.036 + 0.05 * nearness);
    for (let x = -broad; x < width + broad;) {
      const wide = broad * between(random, 0.6, 1.6);
      const downtown = Math.exp(-(((x / width - center) / 0.3) ** 2));
      const high = tall * (1 - 0.52 * nearness) * (0.34 + 0.46 * downtown) * between(random, 0.55, 1.35);
      paintTower(stage, { x, foot, wide, high, body, nearness }, random);
      x += wide * between(random, 0.85, 1.15);
    }
    if (layer < layers - 1) paintMist(stage, foot - unit * 0.03, 0.34, unit * 0.16);
  }
}

interface Tower {
  x: number;
  foot: number;
  wide: number;
  high: number;
  body: Color;
  nearness: number;
}

function paintTower(stage: Stage, { x, foot, wide, high, body, nearness }: Tower, random: Random): void {
  const { context, scene, sun, unit } = stage;
  const { light } = scene;
  const top = foot - high;
  const lit = mix(body, light.sun, light.isNight ? 0.03 : 0.16 * (1 - nearness * 0.5));
  context.fillStyle = createFall(context, top, foot, [css(lit), css(mix(body, light.haze, 0.12))]);
  context.fillRect(x, top, wide, high + 2);
  const style = random();
  if (style < 0.22) context.fillRect(x + wide * 0.18, top - high * 0.07, wide * 0.64, high * 0.08);
  if (style < 0.1) {
    context.fillRect(x + wide * 0.34, top - high * 0.13, wide * 0.32, high * 0.08);
    context.fillRect(x + wide * 0.48, top - high * 0.3, Math.max(1.5, wide * 0.035), high * 0.2);
  } else if (style > 0.92) fillShape(context, [x, top + 1], [x + wide * 0.5, top - high * 0.12], [x + wide, top + 1]);
  else if (style > 0.8) fillShape(context, [x, top + 1], [x, top - wide * 0.35], [x + wide, top + 1]);
  context.fillStyle = css(mix(body, light.ink, 0.5), 0.4);
  context.fillRect(sun.x < x ? x + wide * 0.72 : x, top, wide * 0.28, high + 2);
  paintWindows(stage, { x, top, wide, foot, nearness }, random);
  if (style < 0.1 && light.isNight)
    paintGlow(context, {
      x: x + wide * 0.5,
      y: top - high * 0.3,
      radius: unit * 0.012,
      color: [255, 80, 80],
      alpha: 0.9,
    });
}

function paintWindows(
  stage: Stage,
  { x, top, wide, foot, nearness }: { x: number; top: number; wide: number; foot: number; nearness: number },
  random: Random,
): void {
  const { context, scene, unit } = stage;
  const { light, concepts } = scene;
  const share = light.isNight ? between(random, 0.22, 0.6) : light.brightness < 0.7 ? between(random, 0.1, 0.34) : 0.3;
  if (nearness < 0.3 && !light.isNight) return;
  const size = unit * (0.0042 + 0.0036 * nearness);
  const step = size * between(random, 1.8, 2.5);
  const isNeon = concepts.has('neon') && random() < 0.4;
  const lamp = isNeon ? mix(pick(random, light.accents), WHITE, 0.2) : pick(random, LAMPLIGHTS);
  const dayPane = mix(light.sky[1], light.ink, 0.45);
  const color = light.brightness >= 0.7 ? dayPane : mix(lamp, light.haze, 0.45 * (1 - nearness));
  for (let py = top + size * 1.6; py < foot - size; py += step * 1.25) {
    for (let px = x + size; px < x + wide - size * 1.4; px += step) {
      if (random() > share) continue;
      context.fillStyle = css(color, between(random, 0.45, 1));
      context.fillRect(px, py, size, size * 1.35);
    }
  }
}

/** A street that runs away from us, houses on both sides, lamps and signs, and all of it on the wet ground. */
export function paintStreet(stage: Stage): void {
  const { scene, width, unit, horizon, chance } = stage;
  const random = chance('street');
  const { light, concepts } = scene;
  paintSky(stage);
  const vanishing: Point = [width * between(random, 0.38, 0.62), horizon];
  paintStreetEnd(stage, vanishing);
  const wall = mix(
    light.ink,
    hex(pick(random, ['#5a5a72', '#6a564c', '#4c6070', '#75604f'])),
    light.brightness * 0.6 + 0.1,
  );
  const isWet = concepts.has('rain') || light.isNight;
  for (let step = 7; step >= 0; step--) {
    for (const side of [-1, 1] as const)
      paintFront(
        stage,
        { side, near: 1 + step * 0.62, far: 1 + (step + 1) * 0.62, vanishing, wall, depth: step / 7 },
        chance(`front ${side} ${step}`),
      );
    if (step > 0) paintMist(stage, horizon, 0.09, unit * 0.3);
  }
  paintRoad(stage, vanishing, isWet);
  paintWalker(stage, vanishing, random);
  if (light.isNight)
    paintGlow(stage.context, { x: vanishing[0], y: horizon, radius: unit * 0.4, color: light.sky[2], alpha: 0.28 });
}

function paintStreetEnd(stage: Stage, [x, y]: Point): void {
  const { context, scene, unit } = stage;
  paintSkyline(stage, { foot: y + unit * 0.01, tall: unit * 0.26, layers: 2 });
  paintGlow(context, { x, y, radius: unit * 0.5, color: mix(scene.light.sky[2], scene.light.sun, 0.4), alpha: 0.55 });
}

interface Front {
  side: -1 | 1;
  near: number;
  far: number;
  vanishing: Point;
  wall: Color;
  /** 0 beside us, 1 at the street's end. */
  depth: number;
}

function paintFront(stage: Stage, { side, near, far, vanishing: [vx, vy], wall, depth }: Front, random: Random): void {
  const { context, scene, width, height, unit } = stage;
  const { light } = scene;
  const road = Math.max(width * 0.3, unit * 0.3);
  const roof = Math.max(vy, unit * 0.7) * between(random, 0.75, 1.5);
  const xAt = (z: number): number => vx + (side * road * 1.35) / z;
  const yAt = (z: number, up: number): number => vy + (up * 1) / z;
  const ground = height - vy;
  const color = mix(mix(wall, light.accents[Math.floor(random() * 3)] ?? wall, 0.12), light.haze, 0.1 + 0.6 * depth);
  const [xNear, xFar] = [xAt(near), xAt(far)];
  // The front that faces us, then the wall along the street.
  context.fillStyle = css(darken(color, 0.28));
  context.beginPath();
  context.rect(Math.min(xNear, xNear + side * width), yAt(near, -roof), width, (roof + ground) / near);
  context.fill();
  const fall = context.createLinearGradient(xNear, 0, xFar, 0);
  fall.addColorStop(0, css(darken(color, 0.1)));
  fall.addColorStop(1, css(mix(color, mix(light.sky[2], light.haze, 0.5), 0.3)));
  context.fillStyle = fall;
  fillShape(
    context,
    [xNear, yAt(near, -roof)],
    [xFar, yAt(far, -roof)],
    [xFar, yAt(far, ground)],
    [xNear, yAt(near, ground)],
  );
  const at = (along: number, up: number): Point => {
    const z = 1 / (1 / near + (1 / far - 1 / near) * along);
    return [xAt(z), yAt(z, -up)];
  };
  const floors = Math.max(2, Math.round(roof / (unit * 0.15)));
  for (let floor = 0; floor < floors; floor++) {
    for (let pane = 0; pane < 4; pane++) {
      const isLit = random() < (light.brightness < 0.75 ? 0.42 : 0.1);
      const paneColor = isLit ? pick(random, LAMPLIGHTS) : mix(color, light.sky[0], 0.35);
      context.fillStyle = css(mix(paneColor, light.haze, depth * 0.4), isLit ? 0.9 : 0.6);
      const [left, right] = [(pane + 0.22) / 4, (pane + 0.78) / 4];
      const low = -unit * 0.02 + (roof * (floor + 0.3)) / floors;
      const high = low + (roof / floors) * 0.5;
      fillShape(context, at(left, low), at(right, low), at(right, high), at(left, high));
    }
  }
  paintShop(stage, { at, near, side, ground, depth }, random);
}

/** What hangs and shines on the ground floor. */
function paintShop(
  stage: Stage,
  {
    at,
    near,
    side,
    ground,
    depth,
  }: { at: (along: number, up: number) => Point; near: number; side: number; ground: number; depth: number },
  random: Random,
): void {
  const { context, scene, unit } = stage;
  const { light } = scene;
  const lamp = pick(random, LAMPLIGHTS);
  const [low, high] = [-ground * 0.86, -ground * 0.3];
  context.fillStyle = css(mix(lamp, light.haze, depth * 0.3), light.brightness < 0.75 ? 0.78 : 0.3);
  fillShape(context, at(0.12, low), at(0.86, low), at(0.86, high), at(0.12, high));
  const awning = mix(pick(random, light.accents), light.ink, 0.35 * (1 - light.brightness) + 0.1);
  context.fillStyle = css(mix(awning, light.haze, depth * 0.5));
  fillShape(context, at(0.06, high * 0.9), at(0.92, high * 0.9), at(0.92, high * 1.5), at(0.06, high * 1.5));
  if (random() < 0.3) return;
  // A sign that stands out over the street.
  const [x, y] = at(between(random, 0.1, 0.5), ground * between(random, 0.1, 0.9));
  const tall = (unit * between(random, 0.1, 0.2)) / near;
  const wide = tall * between(random, 0.24, 0.4);
  const color = mix(pick(random, light.accents), WHITE, light.brightness < 0.75 ? 0.15 : 0);
  const left = side < 0 ? x : x - wide;
  if (light.brightness < 0.75)
    paintGlow(context, { x: left + wide / 2, y: y - tall / 2, radius: tall * 1.5, color, alpha: 0.5 });
  context.fillStyle = css(mix(color, light.ink, 0.12));
  context.beginPath();
  context.roundRect(left, y - tall, wide, tall, wide * 0.14);
  context.fill();
  context.fillStyle = css(mix(color, WHITE, 0.72), 0.92);
  const marks = 3 + Math.floor(random() * 2);
  for (let mark = 0; mark < marks; mark++) {
    const top = y - tall * (0.92 - (mark * 0.86) / marks);
    context.fillRect(left + wide * 0.26, top, wide * 0.48, (tall * 0.3) / marks);
    if (mark % 2 === 0) context.fillRect(left + wide * 0.44, top, wide * 0.12, (tall * 0.62) / marks);
  }
}

function paintRoad(stage: Stage, vanishing: Point, isWet: boolean): void {
  const { context, scene, width, height, unit, horizon, chance } = stage;
  const { light } = scene;
  const stone = scene.concepts.has('snow')
    ? mix(WHITE, light.sky[0], 0.4)
    : mix(light.ink, light.haze, 0.2 + 0.2 * light.brightness);
  // The ground begins behind the feet of the houses: a wedge from the vanishing point to both lower corners.
  const road = Math.max(width * 0.3, unit * 0.3) * 1.35;
  context.save();
  context.beginPath();
  const [vx, vy] = vanishing;
  context.moveTo(vx, vy);
  context.lineTo(vx + road, height);
  context.lineTo(vx + Math.max(road, width), height + 1);
  context.lineTo(vx - Math.max(road, width), height + 1);
  context.lineTo(vx - road, height);
  context.clip();
  if (isWet)
    paintMirror(
      stage,
      { waterline: horizon, deep: mix(light.ink, light.sky[0], 0.25), unrest: 0.55, clarity: 0.8 },
      chance('wet'),
    );
  else {
    context.fillStyle = createFall(context, horizon, height, [
      css(mix(stone, light.haze, 0.55)),
      css(stone),
      css(mix(stone, light.ink, 0.35)),
    ]);
    context.fillRect(0, horizon, width, height - horizon);
  }
  context.fillStyle = css(mix(light.haze, WHITE, 0.3), 0.2);
  for (let step = 0; step < 9; step++) {
    const [near, far] = [1 + step * 0.5, 1.22 + step * 0.5];
    const y = (z: number): number => vy + (height - vy) / z;
    const half = unit * 0.011;
    fillShape(
      context,
      [vx - half / near, y(near)],
      [vx + half / near, y(near)],
      [vx + half / far, y(far)],
      [vx - half / far, y(far)],
    );
  }
  context.restore();
}

/** Someone on the way home, under an umbrella when it rains. */
function paintWalker({ context, scene, width, height, unit }: Stage, [vx, vy]: Point, random: Random): void {
  if (scene.figure !== null) return;
  const { light, concepts } = scene;
  const z = between(random, 1.9, 2.8);
  const foot = vy + (height - vy) / z;
  const tall = clamp((height - vy) * 1.12, unit * 0.3, unit * 0.8) / z;
  const x = clamp(vx + pick(random, [-1, 1]) * unit * between(random, 0.03, 0.1), width * 0.2, width * 0.8);
  context.fillStyle = css(mix(light.ink, light.haze, 0.06));
  for (const way of [-1, 1])
    fillShape(
      context,
      [x + way * tall * 0.02, foot - tall * 0.46],
      [x + way * tall * 0.1, foot - tall * 0.46],
      [x + way * tall * 0.1, foot],
      [x + way * tall * 0.04, foot],
    );
  context.beginPath();
  context.moveTo(x - tall * 0.15, foot - tall * 0.26);
  context.bezierCurveTo(x - tall * 0.15, foot - tall * 0.6, x - tall * 0.15, foot - tall * 0.84, x, foot - tall * 0.84);
  context.bezierCurveTo(
    x + tall * 0.15,
    foot - tall * 0.84,
    x + tall * 0.15,
    foot - tall * 0.6,
    x + tall * 0.15,
    foot - tall * 0.26,
  );
  context.fill();
  fillCircle(context, x, foot - tall * 0.91, tall * 0.075, css(light.ink));
  if (!concepts.has('rain')) return;
  const cloth = mix(light.accents[0], light.ink, 0.12);
  const top = foot - tall * 1.22;
  context.fillStyle = css(cloth);
  context.beginPath();
  context.moveTo(x - tall * 0.42, foot - tall * 0.9);
  context.bezierCurveTo(x - tall * 0.36, top + tall * 0.02, x - tall * 0.12, top, x, top);
  context.bezierCurveTo(x + tall * 0.12, top, x + tall * 0.36, top + tall * 0.02, x + tall * 0.42, foot - tall * 0.9);
  for (const share of [0.28, 0, -0.28])
    context.quadraticCurveTo(
      x + (share + 0.07) * tall,
      foot - tall * 0.99,
      x + (share === -0.28 ? -0.42 : share - 0.07) * tall,
      foot - tall * 0.9,
    );
  context.fill();
  context.fillStyle = css(mix(cloth, WHITE, 0.3), 0.5);
  fillShape(
    context,
    [x - tall * 0.3, foot - tall * 1.02],
    [x - tall * 0.02, top],
    [x - tall * 0.06, foot - tall * 0.94],
  );
}
