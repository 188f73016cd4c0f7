/** Land as layers, one before the other: far ones pale and lost in haze, near ones dark. */
import { BLACK, css, mix, WHITE, type Color } from './color.ts';
import { between, createRidge, type Random } from './random.ts';
import { createFall, type Stage } from './stage.ts';

/** Pixels between two points of a ridge: finer cannot be seen. */
export const RIDGE_STEP = 3;

export interface Relief {
  /** Where the land begins at `x`, from the top. */
  heightAt: (x: number) => number;
  /** Where the layer stands: its foot in the mist. */
  base: number;
  /** Of the highest crest over the base. */
  rise: number;
}

/** Crests with valleys between; a slow swell makes some higher than others. */
export function createPeaks({ unit }: Stage, random: Random, { base, rise }: { base: number; rise: number }): Relief {
  const crests = createRidge(random, 6, 0.48);
  const swell = createRidge(random, 2, 0.4);
  const offset = random() * 200;
  const width = unit * between(random, 0.28, 0.46);
  const heightAt = (x: number): number => {
    const share = 0.5 + 0.5 * swell(x / (width * 0.9) + offset);
    return base - rise * share * (1.28 - 1.9 * Math.abs(crests(x / width + offset)));
  };
  return { heightAt, base, rise };
}

/** Land that rolls. */
export function createHills(
  { unit }: Stage,
  random: Random,
  { base, rise, octaves = 3 }: { base: number; rise: number; octaves?: number },
): Relief {
  const waves = createRidge(random, octaves, 0.33);
  const offset = random() * 200;
  const width = unit * between(random, 0.38, 0.6);
  return { heightAt: (x) => base - rise * waves(x / width + offset), base, rise };
}

/** The colour of land in this light: 0 for the farthest layer, 1 for the nearest. */
export function landColor({ scene: { light } }: Stage, ground: Color, nearness: number): Color {
  const lit = mix(light.ink, ground, light.brightness * (0.85 - 0.25 * nearness));
  const far = mix(light.haze, light.sky[2], 0.25);
  return mix(far, mix(lit, light.ink, 0.12 + 0.38 * nearness ** 2), 0.2 + 0.8 * nearness ** 0.8);
}

/** Fills from the ridge to the bottom of the picture; mist gathers at the foot of all but the nearest. */
export function fillRidge(stage: Stage, { heightAt, base, rise }: Relief, color: Color, nearness: number): void {
  const { context, scene, width, height, unit } = stage;
  const mist =
    nearness > 0.95 ? mix(color, scene.light.ink, 0.55) : mix(color, scene.light.haze, 0.55 - 0.2 * nearness);
  const bottom = nearness > 0.95 ? height : base + unit * 0.12;
  context.fillStyle = createFall(context, base - rise, bottom, [
    css(mix(color, scene.light.sun, 0.05)),
    css(color),
    css(mist),
  ]);
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, heightAt(x));
  context.lineTo(width + RIDGE_STEP, height);
  context.fill();
}

/** The sides of peaks that look away from the sun, each with a broken edge down from its summit. */
export function shadePeaks(stage: Stage, relief: Relief, random: Random, strength: number): void {
  const { context, scene, sun, width, height, unit } = stage;
  const { heightAt, base, rise } = relief;
  context.fillStyle = createFall(context, base - rise, base, [css(scene.light.ink, strength), css(scene.light.ink, 0)]);
  for (const [x, y] of findSummits(relief, width, unit * 0.05)) {
    const away = x < sun.x ? -1 : 1;
    const fall = Math.min(height, base) - y;
    context.beginPath();
    context.moveTo(x, y);
    for (let step = 1; step <= 7; step++) {
      const sway = (step % 2 === 0 ? 0.05 : -0.045) * between(random, 0.5, 1.4) + 0.022 * step;
      const edge = x + away * sway * fall * 1.1;
      // Never above the ridge: a clip would do the same and takes far longer.
      context.lineTo(edge, Math.max(heightAt(edge), y + (fall * step) / 7));
    }
    const reach = fall * 1.7;
    for (let far = reach; far > 0; far -= RIDGE_STEP)
      context.lineTo(x + away * far, Math.min(base, heightAt(x + away * far)));
    context.fill();
  }
}

/** Down the ridge, back along the snow's lower edge: where the ridge lies below that edge nothing is filled. */
export function paintSnowCaps(stage: Stage, { heightAt, base, rise }: Relief, random: Random, depth: number): void {
  const { context, scene, width, unit } = stage;
  const fringe = createRidge(random, 4, 0.6);
  const line = base - rise * (1 - depth);
  const { light } = scene;
  const snow = mix(mix(WHITE, light.sun, 0.4), light.sky[1], light.isNight ? 0.5 : 0.12);
  context.fillStyle = css(snow, 0.88);
  context.beginPath();
  for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, heightAt(x));
  for (let x = width + RIDGE_STEP; x >= 0; x -= RIDGE_STEP) {
    context.lineTo(x, Math.max(heightAt(x), line + fringe(x / (unit * 0.04)) * rise * 0.24));
  }
  context.fill();
}

/** A veil that hides what stands behind it, thickest at `y`. */
export function paintMist({ context, scene, width, unit }: Stage, y: number, alpha: number, tall = unit * 0.16): void {
  const color = mix(scene.light.haze, scene.light.sky[2], 0.4);
  context.fillStyle = createFall(context, y - tall, y + tall, [css(color, 0), css(color, alpha), css(color, 0)]);
  context.fillRect(0, y - tall, width, tall * 2);
}

export function snowColor({ scene: { light } }: Stage): Color {
  return mix(mix(WHITE, light.haze, 0.3), light.sky[0], light.isNight ? 0.45 : 0.12);
}

export function darken(color: Color, share: number): Color {
  return mix(color, BLACK, share);
}

function findSummits({ heightAt }: Relief, width: number, apart: number): [x: number, y: number][] {
  const summits: [number, number][] = [];
  const step = RIDGE_STEP * 2;
  for (let x = -apart; x < width + apart; x += step) {
    const y = heightAt(x);
    const isSummit = [0.25, 0.5, 1].every(
      (share) => heightAt(x - apart * share) > y && heightAt(x + apart * share) > y,
    );
    const last = summits.at(-1);
    if (!isSummit) continue;
    if (last !== undefined && x - last[0] < apart) {
      if (y < last[1]) summits[summits.length - 1] = [x, y];
    } else summits.push([x, y]);
  }
  return summits;
}
