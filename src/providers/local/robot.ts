/** A friendly machine: boxes of steel, eyes of light. */
import { css, mix, WHITE, type Color } from './color.ts';
import { fillCircle, paintGlow, type Pose, type Stage } from './stage.ts';

export function paintRobot(stage: Stage, { x, foot, size }: Pose): void {
  const { context, scene, sun, unit } = stage;
  const { light } = scene;
  const steel = mix(light.ink, mix(light.haze, light.accents[0], 0.35), 0.5 + 0.4 * light.brightness);
  const way = sun.x < x ? -1 : 1;
  const across = (left: number, wide: number, color: Color): ReturnType<typeof context.createLinearGradient> => {
    const shade = context.createLinearGradient(way < 0 ? left : left + wide, 0, way < 0 ? left + wide : left, 0);
    shade.addColorStop(0, css(mix(mix(color, light.sun, 0.6), WHITE, 0.2)));
    shade.addColorStop(0.14, css(mix(color, light.sun, 0.12)));
    shade.addColorStop(0.6, css(mix(color, light.ink, 0.24)));
    shade.addColorStop(1, css(mix(color, light.ink, 0.62)));
    return shade;
  };
  const box = (left: number, top: number, wide: number, tall: number, round: number, color = steel): void => {
    context.fillStyle = across(x + left * size, wide * size, color);
    context.beginPath();
    context.roundRect(x + left * size, foot + top * size, wide * size, tall * size, round * size);
    context.fill();
  };
  box(-0.47, -0.33, 0.94, 0.5, 0.14);
  box(-0.1, -0.43, 0.2, 0.16, 0.02, mix(steel, light.ink, 0.5));
  box(-0.012, -1, 0.024, 0.16, 0.01);
  box(-0.36, -0.72, 0.72, 0.18, 0.06, mix(steel, light.ink, 0.35));
  box(-0.3, -0.87, 0.6, 0.47, 0.13);
  box(-0.25, -0.79, 0.5, 0.27, 0.11, mix(light.ink, light.sky[0], 0.15));
  box(-0.13, -0.22, 0.26, 0.16, 0.04, mix(steel, light.ink, 0.45));
  const glow = mix(light.accents[1], WHITE, 0.35);
  for (const eye of [-0.11, 0.11]) {
    paintGlow(context, { x: x + eye * size, y: foot - size * 0.655, radius: size * 0.19, color: glow, alpha: 0.75 });
    fillCircle(context, x + eye * size, foot - size * 0.655, size * 0.048, css(mix(glow, WHITE, 0.5)));
  }
  paintGlow(context, { x, y: foot - size, radius: size * 0.12, color: light.accents[0], alpha: 0.8 });
  fillCircle(context, x, foot - size, size * 0.024, css(mix(light.accents[0], WHITE, 0.4)));
  for (const lamp of [-0.07, 0, 0.07])
    fillCircle(
      context,
      x + lamp * size,
      foot - size * 0.14,
      size * 0.02,
      css(mix(light.accents[Math.abs(lamp) > 0 ? 1 : 0], WHITE, 0.3)),
    );
  for (const bolt of [-0.4, 0.4])
    fillCircle(
      context,
      x + bolt * size,
      foot - size * 0.23,
      Math.max(2, unit * 0.009),
      css(mix(steel, light.ink, 0.55)),
    );
}
