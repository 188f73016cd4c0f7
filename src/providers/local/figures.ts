/** Who stands before the picture: shapes against the light, with its rim on the side of the sun. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { css, mix, type Color } from './color.ts';
import { between, pick } from './random.ts';
import { paintBust } from './portrait.ts';
import { paintRobot } from './robot.ts';
import type { Figure } from './scene.ts';
import { outlineBird, outlineCat, outlineDeer, outlineDog, outlineRabbit } from './silhouettes.ts';
import type { Pose, Stage } from './stage.ts';
import { createHills, fillRidge } from './terrain.ts';

type Outline = (pen: SKRSContext2D) => void;

const ANIMALS: Readonly<Partial<Record<Figure, Outline>>> = {
  cat: outlineCat,
  dog: outlineDog,
  deer: outlineDeer,
  rabbit: outlineRabbit,
  bird: outlineBird,
};

export function paintFigure(stage: Stage, figure: Figure): void {
  const { width, height, unit, scene, sun, chance } = stage;
  const random = chance('figure');
  const x = width * pick(random, [0.5, between(random, 0.34, 0.44), between(random, 0.56, 0.66)]);
  const way = pick(random, [-1, 1]);
  const outline = ANIMALS[figure];
  if (outline === undefined) {
    const size = Math.min(unit * 0.78, height * 0.8);
    if (figure === 'robot') paintRobot(stage, { x, foot: height, size, way });
    else paintBust(stage, { x, foot: height, size, way: sun.x < x ? -1 : 1 }, figure, random);
    return;
  }
  const base = height - unit * between(random, 0.1, 0.15);
  const ground = createHills(stage, chance('stand'), { base, rise: unit * 0.03, octaves: 2 });
  const standColor = mix(scene.light.ink, scene.light.sky[0], 0.12);
  fillRidge(stage, ground, standColor, 1);
  const size = unit * (figure === 'bird' ? 0.34 : figure === 'deer' ? 0.6 : 0.46);
  const pose = { x, foot: ground.heightAt(x) + size * 0.02, size, way };
  paintOutline(stage, pose, outline, mix(scene.light.ink, scene.light.accents[2], 0.14));
}

/** Fills a shape dark, with light along the edges that face the sun. */
function paintOutline(stage: Stage, { x, foot, size, way }: Pose, outline: Outline, color: Color): void {
  const { context, scene, sun, unit } = stage;
  const side = sun.x < x ? -1 : 1;
  const trace = (shiftX: number, shiftY: number): void => {
    context.translate(x + shiftX, foot + shiftY);
    context.scale(size * way, size);
    context.beginPath();
    outline(context);
  };
  context.save();
  trace(0, 0);
  context.fillStyle = css(mix(scene.light.sun, scene.light.sky[2], 0.45), 0.85);
  context.fill();
  context.clip();
  context.resetTransform();
  trace(-side * unit * 0.0036, unit * 0.0028);
  context.fillStyle = css(color);
  context.fill();
  context.restore();
}
