/** Round things lit from one side: fruit, balls, bubbles. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { BLACK, type Color } from './color.ts';
import { paintField, type FieldColor } from './stage.ts';

/** A circle inside which colours run from a smaller circle, where the light falls, out to its edge. */
export interface Ball {
  x: number;
  y: number;
  radius: number;
  highlight: { x: number; y: number; radius: number };
  /** Each with the place where it stands, from 0 at the highlight to 1 at the edge; red, green, blue, alpha. */
  colors: readonly (readonly [place: number, color: Color, alpha: number])[];
}

/**
 * Fills the current path as a ball lit from one side. The canvas has gradients between two circles, but gives
 * other bytes with them on other processors: see paint.ts.
 */
export function fillBall(context: SKRSContext2D, { x, y, radius, highlight, colors }: Ball): void {
  const placeAt = createPlaceBetween(highlight, { x, y, radius });
  context.save();
  context.clip();
  paintField(
    context,
    { x: x - radius, y: y - radius, width: radius * 2, height: radius * 2, cell: radius / 40 },
    (px, py) => colorBetween(colors, placeAt(px, py)),
  );
  context.restore();
}

type Circle = Pick<Ball, 'x' | 'y' | 'radius'>;

/** Where a point is on the way from the inner circle (0) to the outer (1) that encloses it, as HTML's canvas defines it. */
function createPlaceBetween(inner: Circle, outer: Circle): (x: number, y: number) => number {
  const [dx, dy, grown] = [outer.x - inner.x, outer.y - inner.y, outer.radius - inner.radius];
  const square = dx * dx + dy * dy - grown * grown;
  return (x, y) => {
    const [px, py] = [x - inner.x, y - inner.y];
    const half = px * dx + py * dy + inner.radius * grown;
    const rest = px * px + py * py - inner.radius * inner.radius;
    return (half - Math.sqrt(Math.max(0, half * half - square * rest))) / square;
  };
}

function colorBetween(colors: Ball['colors'], place: number): FieldColor {
  const next = colors.findIndex(([at]) => at >= place);
  const [to, color, alpha] = colors[next] ?? colors.at(-1) ?? [1, BLACK, 0];
  const [from, before, alphaBefore] = colors[next - 1] ?? [to, color, alpha];
  const share = to === from ? 1 : (place - from) / (to - from);
  const run = (start: number, end: number): number => start + (end - start) * share;
  return [run(before[0], color[0]), run(before[1], color[1]), run(before[2], color[2]), run(alphaBefore, alpha)];
}
