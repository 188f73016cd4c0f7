/** What falls through the whole picture. */
import { css, mix, WHITE, type Color } from './color.ts';
import { between, createTurbulence, pick } from './random.ts';
import { createFall, fillCircle, paintField, paintGlow, type Stage } from './stage.ts';

export function paintWeather(stage: Stage): void {
  const { concepts } = stage.scene;
  if (concepts.has('rain')) paintRain(stage);
  if (concepts.has('snow')) paintSnowfall(stage);
  if (concepts.has('fire')) paintEmbers(stage);
  if (concepts.has('autumn'))
    paintLeaves(stage, [
      [222, 98, 38],
      [240, 168, 52],
      [190, 58, 40],
    ]);
  if (concepts.has('blossom')) paintLeaves(stage, [stage.scene.light.accents[0], stage.scene.light.accents[1]]);
}

function paintRain({ context, scene, width, height, unit, chance }: Stage): void {
  const random = chance('rain');
  const slant = pick(random, [-1, 1]) * between(random, 0.08, 0.26);
  const veil = mix(scene.light.haze, scene.light.sky[1], 0.5);
  context.fillStyle = createFall(context, 0, height, [css(veil, 0.16), css(veil, 0.22), css(veil, 0.04)]);
  context.fillRect(0, 0, width, height);
  const drops = Math.min(3000, Math.round((620 * width * height) / (unit * unit)));
  const color = mix(WHITE, scene.light.haze, 0.35);
  context.lineCap = 'butt';
  for (let drawn = 0; drawn < drops; drawn++) {
    const near = random() ** 3;
    const long = unit * (0.014 + 0.07 * near);
    const [x, y] = [random() * (width * 1.2) - width * 0.1, random() * height];
    context.strokeStyle = css(color, 0.1 + 0.3 * random() * (1 - near * 0.5));
    context.lineWidth = unit * (0.0009 + 0.0014 * near);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + long * slant, y + long);
    context.stroke();
  }
}

function paintSnowfall({ context, width, height, unit, chance }: Stage): void {
  const random = chance('snowfall');
  const flakes = Math.min(2200, Math.round((380 * width * height) / (unit * unit)));
  for (let drawn = 0; drawn < flakes; drawn++) {
    const radius = unit * (0.001 + 0.0032 * random() ** 4);
    fillCircle(context, random() * width, random() * height, radius, css(WHITE, between(random, 0.35, 0.9)));
  }
  // A few so near that they are out of focus.
  for (let drawn = 0; drawn < 14; drawn++) {
    const [x, y] = [random() * width, random() * height];
    paintGlow(context, { x, y, radius: unit * between(random, 0.012, 0.034), color: WHITE, alpha: 0.4 });
  }
}

/** Lies over the land, behind whoever stands near. */
export function paintFog({ context, scene, width, height, unit, horizon, chance }: Stage): void {
  const cloud = createTurbulence(chance('fog'), 4);
  const color = mix(scene.light.haze, scene.light.sky[2], 0.4);
  const middle = horizon + (height - horizon) * 0.25;
  paintField(context, { x: 0, y: 0, width, height, cell: unit / 110 }, (x, y) => {
    const band = Math.exp(-(((y - middle) / (unit * 0.26)) ** 2));
    return [...color, Math.max(0, band * (0.36 + 0.6 * cloud((x / unit) * 1.6, (y / unit) * 5)))];
  });
}

function paintEmbers({ context, width, height, unit, chance }: Stage): void {
  const random = chance('embers');
  for (let drawn = 0; drawn < 130; drawn++) {
    const [x, y] = [random() * width, height * (0.15 + 0.85 * Math.sqrt(random()))];
    const size = unit * (0.001 + 0.003 * random() ** 3);
    paintGlow(context, { x, y, radius: size * 5, color: [255, 130, 40], alpha: 0.5 });
    fillCircle(context, x, y, size, css([255, 220, 150], between(random, 0.5, 1)));
  }
}

function paintLeaves(
  { context, scene, width, height, unit, chance }: Stage,
  colors: readonly [Color, ...Color[]],
): void {
  const random = chance('leaves');
  for (let drawn = 0; drawn < 46; drawn++) {
    const size = unit * (0.004 + 0.012 * random() ** 2);
    context.save();
    context.translate(random() * width, random() * height);
    context.rotate(random() * Math.PI * 2);
    context.fillStyle = css(mix(pick(random, colors), scene.light.ink, random() * 0.35), 0.9);
    context.beginPath();
    context.ellipse(0, 0, size, size * between(random, 0.25, 0.6), 0, 0, Math.PI * 2);
    context.fill();
    context.restore();
  }
}
