/** What stands behind a figure alone: a large disc of light, as on a poster. */
import { css, mix, WHITE } from '../color.ts';
import { between, createTurbulence, pick } from '../random.ts';
import { createFall, fillCircle, paintField, paintGlow, type Stage } from '../stage.ts';
import { createHills, fillRidge, landColor, paintMist } from '../terrain.ts';

export function paintBackdrop(stage: Stage): void {
  const { context, scene, width, height, unit, horizon, chance } = stage;
  const random = chance('backdrop');
  const { light } = scene;
  const [zenith, middle, low] = light.sky;
  context.fillStyle = createFall(context, 0, height, [css(zenith), css(middle), css(low)]);
  context.fillRect(0, 0, width, height);
  const wash = createTurbulence(random, 4);
  const veil = mix(light.accents[0], low, 0.5);
  paintField(context, { x: 0, y: 0, width, height, cell: unit / 100 }, (x, y) => [
    ...veil,
    Math.max(0, 0.34 * wash((x / unit) * 1.3, (y / unit) * 2.2)),
  ]);
  const disc = { x: width * between(random, 0.44, 0.56), y: Math.min(height * 0.44, height - unit * 0.52) };
  const radius = unit * between(random, 0.3, 0.38);
  paintGlow(context, { ...disc, radius: radius * 2, color: light.sun, alpha: 0.6 });
  const kind = pick(random, ['disc', 'rings', 'stripes'] as const);
  context.fillStyle = createFall(context, disc.y - radius, disc.y + radius, [
    css(mix(light.sun, WHITE, 0.2)),
    css(mix(light.sun, light.accents[0], 0.35)),
  ]);
  context.beginPath();
  context.arc(disc.x, disc.y, radius, 0, Math.PI * 2);
  context.fill();
  if (kind === 'rings') {
    for (let ring = 1; ring <= 4; ring++) {
      context.strokeStyle = css(mix(light.sun, low, 0.3), 0.5 - ring * 0.09);
      context.lineWidth = unit * 0.004;
      context.beginPath();
      context.arc(disc.x, disc.y, radius * (1 + ring * 0.13), 0, Math.PI * 2);
      context.stroke();
    }
  } else if (kind === 'stripes') {
    for (let stripe = 0; stripe < 6; stripe++) {
      context.fillStyle = css(mix(middle, low, 0.5));
      const down = 0.16 + stripe * 0.15;
      // As long as the disc is broad there.
      const half = radius * Math.sqrt(1 - down * down);
      context.fillRect(disc.x - half, disc.y + radius * down, half * 2, radius * (0.018 + stripe * 0.012));
    }
  }
  for (let drawn = 0; drawn < 40; drawn++)
    fillCircle(
      context,
      random() * width,
      random() * height,
      unit * between(random, 0.001, 0.003),
      css(light.sun, between(random, 0.2, 0.7)),
    );
  for (let layer = 0; layer < 3; layer++) {
    const base = horizon + (height - horizon) * (0.18 + 0.26 * layer);
    fillRidge(
      stage,
      createHills(stage, chance(`hill ${layer}`), { base, rise: unit * 0.05 }),
      landColor(stage, mix(light.accents[2], light.sky[0], 0.6), 0.2 + layer * 0.28),
      0.3 + layer * 0.2,
    );
    paintMist(stage, base + unit * 0.04, 0.2, unit * 0.1);
  }
}
