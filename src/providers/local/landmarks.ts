/** Single things made by people that stand in a landscape. */
import { css, hex, mix, WHITE, type Color } from './color.ts';
import { between, pick, type Random } from './random.ts';
import { fillCircle, fillShape, paintGlow, type Stage } from './stage.ts';
import { darken, snowColor } from './terrain.ts';

interface Place {
  x: number;
  /** Where it stands, from the top. */
  foot: number;
  size: number;
}

const LAMPLIGHT: Color = [255, 205, 118];

/** A house with a lit window. */
export function paintBuilding(stage: Stage, { x, foot, size }: Place, random: Random): void {
  const { context, scene } = stage;
  const { light } = scene;
  const wall = mix(light.ink, hex(pick(random, ['#8c5a45', '#c9b8a0', '#7a6a5c', '#a84e42'])), light.brightness * 0.75);
  const roof = scene.concepts.has('snow') ? snowColor(stage) : darken(mix(wall, light.ink, 0.55), 0.1);
  const [half, tall] = [size * 0.5, size * 0.42];
  context.fillStyle = css(wall);
  context.fillRect(x - half, foot - tall, size, tall * 1.2);
  context.fillStyle = css(mix(wall, light.ink, 0.3));
  context.fillRect(x + half * 0.3, foot - tall, half * 0.7, tall * 1.2);
  fillShape(context, [x + half * 0.3, foot - tall], [x + half, foot - tall], [x + half * 0.65, foot - tall * 1.85]);
  context.fillStyle = css(roof);
  context.fillRect(x + half * 0.02, foot - tall * 2.15, size * 0.07, tall * 0.7);
  fillShape(
    context,
    [x - half * 1.14, foot - tall * 0.94],
    [x - half * 0.8, foot - tall * 1.9],
    [x + half * 0.66, foot - tall * 1.9],
    [x + half * 0.3, foot - tall * 0.94],
  );
  const pane = size * 0.1;
  for (const [left, up] of [
    [-0.32, 0.66],
    [-0.12, 0.66],
    [0.28, 0.66],
  ] as const) {
    const [px, py] = [x + size * left, foot - tall * up];
    if (light.brightness < 0.9)
      paintGlow(context, { x: px + pane / 2, y: py + pane / 2, radius: size * 0.42, color: LAMPLIGHT, alpha: 0.42 });
    context.fillStyle = css(light.brightness < 0.9 ? LAMPLIGHT : mix(light.sky[1], light.ink, 0.35));
    context.fillRect(px, py, pane, pane * 1.2);
  }
}

/** Towers with pointed roofs, dark against the sky, a few windows lit. */
export function paintCastle({ context, scene }: Stage, { x, foot, size }: Place, random: Random): void {
  const { light } = scene;
  const wall = mix(light.ink, mix(light.haze, hex('#8a8296'), 0.5), 0.16 + 0.34 * light.brightness);
  const shade = mix(wall, light.ink, 0.4);
  const roof = mix(mix(light.ink, light.accents[0], 0.3 + 0.4 * light.brightness), shade, 0.2);
  const towers = [-0.52, 0.5, -0.26, 0.27, 0].map((across, index) => ({
    left: x + across * size - size * 0.085,
    wide: size * (index === 4 ? 0.2 : 0.15),
    tall: size * ([0.52, 0.6, 0.78, 0.7, 1.02][index] ?? 1) * between(random, 0.9, 1.1),
  }));
  context.fillStyle = css(wall);
  context.fillRect(x - size * 0.55, foot - size * 0.36, size * 1.12, size * 0.46);
  for (const { left, wide, tall } of towers) {
    context.fillStyle = css(wall);
    context.fillRect(left, foot - tall, wide, tall + size * 0.1);
    context.fillStyle = css(shade);
    context.fillRect(left + wide * 0.6, foot - tall, wide * 0.4, tall + size * 0.1);
    context.fillStyle = css(roof);
    fillShape(
      context,
      [left - wide * 0.16, foot - tall],
      [left + wide / 2, foot - tall - wide * 1.75],
      [left + wide * 1.16, foot - tall],
    );
    if (light.brightness > 0.8 && random() < 0.5) continue;
    const [px, py] = [left + wide * 0.3, foot - tall * between(random, 0.62, 0.82)];
    paintGlow(context, { x: px + wide * 0.1, y: py, radius: size * 0.13, color: LAMPLIGHT, alpha: 0.4 });
    context.fillStyle = css(LAMPLIGHT);
    context.fillRect(px, py, wide * 0.2, wide * 0.42);
  }
  context.fillStyle = css(shade);
  for (let tooth = 0; tooth < 12; tooth++)
    context.fillRect(x - size * 0.55 + tooth * size * 0.095, foot - size * 0.395, size * 0.05, size * 0.05);
}

/** A torii: two posts and two beams, the upper one bent. */
export function paintGate({ context, scene }: Stage, { x, foot, size }: Place): void {
  const { light } = scene;
  const red = mix(light.ink, hex('#d8452f'), 0.35 + 0.6 * light.brightness);
  const [half, top] = [size * 0.4, foot - size * 0.86];
  const post = size * 0.075;
  for (const way of [-1, 1]) {
    context.fillStyle = css(mix(red, light.ink, way > 0 ? 0.28 : 0));
    const at = x + way * half;
    fillShape(
      context,
      [at - post / 2 - way * post * 0.5, top],
      [at + post / 2 - way * post * 0.5, top],
      [at + post * 0.6, foot + size * 0.06],
      [at - post * 0.6, foot + size * 0.06],
    );
  }
  context.fillStyle = css(red);
  context.fillRect(x - half * 1.22, top + size * 0.17, half * 2.44, size * 0.06);
  context.fillRect(x - size * 0.035, top, size * 0.07, size * 0.18);
  const beam = (lift: number, thick: number, reach: number): void => {
    context.beginPath();
    context.moveTo(x - half * reach, top - lift - size * 0.05);
    context.quadraticCurveTo(x, top - lift + size * 0.03, x + half * reach, top - lift - size * 0.05);
    context.lineTo(x + half * reach * 0.98, top - lift + thick - size * 0.04);
    context.quadraticCurveTo(
      x,
      top - lift + thick + size * 0.03,
      x - half * reach * 0.98,
      top - lift + thick - size * 0.04,
    );
    context.fill();
  };
  beam(0, size * 0.06, 1.42);
  context.fillStyle = css(mix(light.ink, red, 0.2));
  beam(size * 0.055, size * 0.05, 1.5);
}

export function paintLighthouse(stage: Stage, { x, foot, size }: Place, random: Random): void {
  const { context, scene, unit } = stage;
  const { light } = scene;
  const rock = mix(light.ink, light.sky[0], 0.2);
  context.fillStyle = css(rock);
  context.beginPath();
  context.moveTo(x - size * 1.2, foot + size * 0.06);
  for (let step = 0; step <= 12; step++) {
    const along = step / 6 - 1;
    context.lineTo(x + along * size * 1.05, foot - size * 0.3 * (1 - along * along) * between(random, 0.75, 1.15));
  }
  context.lineTo(x + size * 1.2, foot + size * 0.06);
  context.fill();
  const top = foot - size * 1.35;
  const stand = foot - size * 0.2;
  const white = mix(mix(light.ink, WHITE, Math.max(0.5, light.brightness)), light.haze, 0.15);
  const red = mix(light.ink, hex('#c8413c'), Math.max(0.5, light.brightness));
  const halfAt = (share: number): number => size * (0.085 + 0.065 * share);
  for (let band = 0; band < 5; band++) {
    const [from, to] = [band / 5, (band + 1) / 5];
    const tower = context.createLinearGradient(x - halfAt(1), 0, x + halfAt(1), 0);
    const color = band % 2 === 0 ? white : red;
    tower.addColorStop(0, css(color));
    tower.addColorStop(1, css(mix(color, light.ink, 0.5)));
    context.fillStyle = tower;
    const yAt = (share: number): number => top + (stand - top) * share;
    fillShape(
      context,
      [x - halfAt(from), yAt(from)],
      [x + halfAt(from), yAt(from)],
      [x + halfAt(to), yAt(to)],
      [x - halfAt(to), yAt(to)],
    );
  }
  context.fillStyle = css(darken(rock, 0.3));
  context.fillRect(x - size * 0.13, top - size * 0.02, size * 0.26, size * 0.035);
  fillShape(context, [x - size * 0.1, top - size * 0.17], [x, top - size * 0.28], [x + size * 0.1, top - size * 0.17]);
  context.fillStyle = css(LAMPLIGHT);
  context.fillRect(x - size * 0.065, top - size * 0.17, size * 0.13, size * 0.15);
  const lamp = { x, y: top - size * 0.1 };
  for (const way of [-1, 1]) {
    const beam = context.createLinearGradient(lamp.x, 0, lamp.x + way * unit * 0.9, 0);
    beam.addColorStop(0, css(LAMPLIGHT, light.brightness < 0.8 ? 0.5 : 0.2));
    beam.addColorStop(1, css(LAMPLIGHT, 0));
    context.fillStyle = beam;
    fillShape(
      context,
      [lamp.x, lamp.y],
      [lamp.x + way * unit * 0.9, lamp.y - unit * 0.1],
      [lamp.x + way * unit * 0.9, lamp.y + unit * 0.03],
    );
  }
  paintGlow(context, { ...lamp, radius: size * 0.6, color: LAMPLIGHT, alpha: 0.8 });
}

export function paintSailboat({ context, scene }: Stage, { x, foot, size }: Place): void {
  const { light } = scene;
  const hull = mix(light.ink, light.accents[2], 0.25);
  const sail = mix(mix(light.sun, WHITE, 0.4), light.ink, light.isNight ? 0.45 : 0.06);
  context.fillStyle = css(sail, 0.97);
  context.beginPath();
  context.moveTo(x + size * 0.03, foot - size * 1.4);
  context.quadraticCurveTo(x + size * 0.5, foot - size * 0.8, x + size * 0.62, foot - size * 0.16);
  context.lineTo(x + size * 0.03, foot - size * 0.16);
  context.fill();
  context.fillStyle = css(mix(sail, light.haze, 0.4), 0.97);
  context.beginPath();
  context.moveTo(x - size * 0.03, foot - size * 1.2);
  context.quadraticCurveTo(x - size * 0.2, foot - size * 0.55, x - size * 0.42, foot - size * 0.16);
  context.lineTo(x - size * 0.03, foot - size * 0.16);
  context.fill();
  context.fillStyle = css(hull);
  context.fillRect(x - size * 0.012, foot - size * 1.42, size * 0.024, size * 1.36);
  context.beginPath();
  context.moveTo(x - size * 0.52, foot - size * 0.12);
  context.lineTo(x + size * 0.66, foot - size * 0.12);
  context.quadraticCurveTo(x + size * 0.5, foot + size * 0.1, x + size * 0.3, foot + size * 0.12);
  context.lineTo(x - size * 0.32, foot + size * 0.12);
  context.quadraticCurveTo(x - size * 0.48, foot + size * 0.06, x - size * 0.52, foot - size * 0.12);
  context.fill();
}

/** The tail of a diving whale. */
export function paintWhale({ context, scene }: Stage, { x, foot, size }: Place): void {
  context.fillStyle = css(mix(scene.light.ink, scene.light.sky[0], 0.22));
  context.beginPath();
  context.moveTo(x - size * 0.16, foot + size * 0.03);
  context.bezierCurveTo(
    x - size * 0.02,
    foot - size * 0.3,
    x - size * 0.05,
    foot - size * 0.5,
    x - size * 0.05,
    foot - size * 0.62,
  );
  context.bezierCurveTo(
    x - size * 0.3,
    foot - size * 0.6,
    x - size * 0.55,
    foot - size * 0.75,
    x - size * 0.72,
    foot - size * 0.98,
  );
  context.bezierCurveTo(x - size * 0.4, foot - size * 1.02, x - size * 0.12, foot - size * 0.95, x, foot - size * 0.78);
  context.bezierCurveTo(
    x + size * 0.12,
    foot - size * 0.95,
    x + size * 0.4,
    foot - size * 1.02,
    x + size * 0.72,
    foot - size * 0.98,
  );
  context.bezierCurveTo(
    x + size * 0.55,
    foot - size * 0.75,
    x + size * 0.3,
    foot - size * 0.6,
    x + size * 0.05,
    foot - size * 0.62,
  );
  context.bezierCurveTo(
    x + size * 0.05,
    foot - size * 0.5,
    x + size * 0.04,
    foot - size * 0.3,
    x + size * 0.2,
    foot + size * 0.03,
  );
  context.fill();
  for (let drop = 0; drop < 24; drop++)
    fillCircle(
      context,
      x + ((drop * 37) % 60) * size * 0.012 - size * 0.36,
      foot - ((drop * 53) % 40) * size * 0.006,
      size * 0.012,
      css(WHITE, 0.5),
    );
}

/** Hot air balloons, near and far. */
export function paintBalloons({ context, scene, width, unit, horizon, chance }: Stage): void {
  const random = chance('balloons');
  const { light } = scene;
  for (let drawn = 0; drawn < 6; drawn++) {
    const near = ((drawn + 1) / 6) ** 1.6;
    const radius = unit * (0.016 + 0.085 * near);
    const x = width * between(random, 0.1, 0.9);
    const y = horizon * between(random, 0.16, 0.66);
    const faded = (color: Color): Color =>
      mix(mix(color, light.ink, (1 - light.brightness) * 0.6), light.haze, 0.55 * (1 - near));
    const stripes = [pick(random, light.accents), pick(random, light.accents), mix(light.sun, WHITE, 0.3)];
    for (let stripe = 0; stripe < 5; stripe++) {
      const share = 1 - stripe * 0.235;
      context.fillStyle = css(faded(mix(stripes[stripe % 3] ?? WHITE, light.ink, stripe === 0 ? 0.15 : 0)));
      context.beginPath();
      context.moveTo(x, y + radius * 1.5);
      context.bezierCurveTo(
        x - radius * 0.35 * share,
        y + radius * 1.2,
        x - radius * share,
        y + radius * 0.7,
        x - radius * share,
        y,
      );
      context.bezierCurveTo(
        x - radius * share,
        y - radius * 1.32,
        x + radius * share,
        y - radius * 1.32,
        x + radius * share,
        y,
      );
      context.bezierCurveTo(
        x + radius * share,
        y + radius * 0.7,
        x + radius * 0.35 * share,
        y + radius * 1.2,
        x,
        y + radius * 1.5,
      );
      context.fill();
    }
    context.fillStyle = css(faded([88, 60, 44]));
    context.fillRect(x - radius * 0.16, y + radius * 1.62, radius * 0.32, radius * 0.24);
    paintGlow(context, {
      x: x - radius * 0.3,
      y: y - radius * 0.3,
      radius: radius * 0.9,
      color: light.sun,
      alpha: 0.28,
    });
  }
}

/** Bursts of sparks, each with the light it throws on the sky. */
export function paintFireworks({ context, scene, width, unit, horizon, chance }: Stage): void {
  const random = chance('fireworks');
  for (let burst = 0; burst < 6; burst++) {
    const [x, y] = [width * between(random, 0.12, 0.88), horizon * between(random, 0.12, 0.55)];
    const radius = unit * between(random, 0.08, 0.2);
    const color = mix(pick(random, [...scene.light.accents, [255, 190, 90], [255, 110, 120]]), WHITE, 0.25);
    paintGlow(context, { x, y, radius: radius * 1.8, color, alpha: 0.34 });
    for (let spark = 0; spark < 90; spark++) {
      const angle = random() * Math.PI * 2;
      const reach = radius * Math.sqrt(between(random, 0.25, 1));
      const [dx, dy] = [Math.cos(angle) * reach, Math.sin(angle) * reach];
      context.strokeStyle = css(mix(color, WHITE, random() * 0.5), between(random, 0.3, 0.9));
      context.lineWidth = unit * 0.0014;
      context.beginPath();
      context.moveTo(x + dx * 0.55, y + dy * 0.55);
      context.quadraticCurveTo(x + dx * 0.85, y + dy * 0.85, x + dx, y + dy + reach * 0.12);
      context.stroke();
      fillCircle(context, x + dx, y + dy + reach * 0.12, unit * 0.0019, css(WHITE, 0.85));
    }
  }
}
