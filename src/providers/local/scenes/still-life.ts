/** Things on a table: a wall behind them, one soft light from the side. */
import { css, hex, mix, WHITE } from '../color.ts';
import { between, pick, type Random } from '../random.ts';
import { createFall, fillCircle, paintGlow, type Stage } from '../stage.ts';
import { paintBottle, paintBowl, paintCup, paintFruitPile, paintPodium, paintVase, type Thing } from '../things.ts';

type PaintThing = (stage: Stage, thing: Thing, random: Random) => void;

export function paintStillLife(stage: Stage): void {
  const { scene, width, height, unit, horizon, chance } = stage;
  const random = chance('still life');
  paintRoom(stage, random);
  const { concepts, light } = scene;
  const main: PaintThing = concepts.has('cup')
    ? paintCup
    : concepts.has('bowl')
      ? paintBowl
      : concepts.has('fruit')
        ? paintFruitPile
        : concepts.has('bottle')
          ? paintBottle
          : concepts.has('vase')
            ? paintVase
            : paintPodium;
  const foot = horizon + (height - horizon) * between(random, 0.36, 0.5);
  const x = width * between(random, 0.42, 0.58);
  const side = pick(random, [-1, 1]);
  const others: PaintThing[] =
    main === paintPodium
      ? []
      : [pick(random, [paintVase, paintBottle, paintFruitPile]), pick(random, [paintFruitPile, paintCup, paintVase])];
  const room = Math.min(unit, width * 0.9);
  for (const [index, other] of others.entries()) {
    if (other === main) continue;
    const away = (index === 0 ? side : -side) * room * between(random, 0.25, 0.33);
    const color = mix(light.accents[index + 1] ?? light.haze, light.haze, 0.25);
    other(
      stage,
      {
        x: x + away,
        foot: foot - unit * between(random, 0.01, 0.06),
        size: room * (other === paintFruitPile || other === paintCup ? 0.15 : 0.38),
        color,
      },
      chance(`other ${index}`),
    );
  }
  main(
    stage,
    {
      x,
      foot: foot + unit * 0.035,
      size: room * (main === paintVase || main === paintBottle ? 0.5 : main === paintPodium ? 0.34 : 0.27),
      color: light.accents[0],
    },
    chance('main'),
  );
}

function paintRoom(stage: Stage, random: Random): void {
  const { context, scene, width, height, unit, horizon } = stage;
  const { light } = scene;
  const wall = mix(light.sky[1], light.accents[0], 0.16);
  const wallLit = mix(light.sky[2], light.haze, 0.4);
  context.fillStyle = createFall(context, 0, horizon, [
    css(mix(wall, light.sky[0], 0.5)),
    css(wall),
    css(mix(wall, wallLit, 0.4)),
  ]);
  context.fillRect(0, 0, width, height);
  const sideX = stage.sun.x < width / 2 ? 0.2 : 0.8;
  paintGlow(context, {
    x: width * sideX,
    y: horizon * 0.4,
    radius: unit * 0.85,
    color: mix(light.sun, wallLit, 0.3),
    alpha: 0.65,
  });
  if (random() < 0.6) paintWindowShadow(stage, sideX, random);
  else fillCircle(context, width * 0.5, horizon * 0.52, unit * 0.31, css(mix(light.sun, light.accents[1], 0.3), 0.5));
  const table = mix(
    mix(light.ink, hex(pick(random, ['#b07a4f', '#8c6a58', '#c9a27c', '#6c5a68'])), 0.35 + 0.6 * light.brightness),
    light.haze,
    0.14,
  );
  context.fillStyle = createFall(context, horizon, height, [
    css(mix(table, light.sun, 0.22)),
    css(table),
    css(mix(table, light.ink, 0.45)),
  ]);
  context.fillRect(0, horizon, width, height - horizon);
  context.fillStyle = css(mix(table, light.sun, 0.5), 0.55);
  context.fillRect(0, horizon, width, Math.max(1.5, unit * 0.0022));
}

function paintWindowShadow({ context, scene, width, unit, horizon }: Stage, sideX: number, random: Random): void {
  const left = width * (sideX < 0.5 ? between(random, 0.36, 0.46) : between(random, 0.14, 0.24));
  const slant = unit * 0.14 * (sideX < 0.5 ? 1 : -1);
  context.fillStyle = css(mix(scene.light.sun, WHITE, 0.2), 0.3);
  const pane = unit * 0.15;
  for (let column = 0; column < 2; column++) {
    for (let row = 0; row < 3; row++) {
      const x = left + column * pane * 1.12 + (row * slant) / 3;
      const y = horizon * 0.1 + row * pane * 1.16;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + pane, y + pane * 0.1);
      context.lineTo(x + pane + slant / 3, y + pane * 1.1);
      context.lineTo(x + slant / 3, y + pane);
      context.fill();
    }
  }
}
