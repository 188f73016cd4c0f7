/**
 * Draws one picture: a landscape in the light and on the land that the prompt's words suggest. The same
 * prompt, seed and size give the same bytes, in any process.
 */
import { fileURLToPath } from 'node:url';
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';
import type { PictureSize } from './picture-size.ts';
import { encodePng } from './png.ts';
import { between, createRandom, createRidge, pick, type Random } from './random.ts';
import { composeScene, css, mix, type Color, type Scene } from './scene.ts';

export interface PaintRequest extends PictureSize {
  prompt: string;
  seed: number;
}

/** A name that no system font has: letters come from the bundled file or not at all. */
const FONT_FAMILY = 'Darkroom Bundled Inter';
const FONT_FILE = '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf';
const MARK = 'LOCAL PREVIEW';

const BLACK: Color = [8, 10, 20];
const WHITE: Color = [255, 255, 255];
/** Pixels between two points of a ridge: finer cannot be seen. */
const RIDGE_STEP = 3;

interface Painting extends PictureSize {
  context: SKRSContext2D;
  scene: Scene;
  /** Shorter side: what sizes of things are measured by. */
  unit: number;
  /** A stream of chance for one part of the picture. */
  chance: (part: string) => Random;
}

/** Returns the bytes of a PNG. Takes some tens of milliseconds and blocks its thread meanwhile. */
export function paint({ prompt, seed, width, height }: PaintRequest): Buffer {
  const canvas = createCanvas(width, height);
  const scene = composeScene(prompt, seed);
  const painting: Painting = {
    context: canvas.getContext('2d'),
    scene,
    width,
    height,
    unit: Math.min(width, height),
    chance: (part) => createRandom(part, prompt, seed),
  };
  paintSky(painting);
  if (scene.light.isNight) paintStars(painting);
  paintSun(painting);
  paintClouds(painting);
  if (!scene.light.isNight) paintBirds(painting);
  if (scene.land === 'sea') paintSea(painting);
  else paintLand(painting);
  if (scene.hasSnow) paintSnowfall(painting);
  paintVignette(painting);
  paintMark(painting);
  return encodePng(canvas.data(), { width, height });
}

function paintSky({ context, scene, width, height }: Painting): void {
  const gradient = context.createLinearGradient(0, 0, 0, height * scene.horizon * 1.06);
  const [zenith, middle, low] = scene.light.sky;
  gradient.addColorStop(0, css(zenith));
  gradient.addColorStop(0.55, css(middle));
  gradient.addColorStop(1, css(low));
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
}

function paintStars({ context, scene, width, height, unit, chance }: Painting): void {
  const random = chance('stars');
  const skyHeight = height * scene.horizon;
  const count = Math.round((260 * width * skyHeight) / (unit * unit * 0.6));
  for (let drawn = 0; drawn < count; drawn++) {
    // Squared: most stars stand high, where the sky is dark.
    const y = random() ** 1.6 * skyHeight;
    const radius = unit * (0.0005 + 0.0013 * random() ** 5);
    fillCircle(
      context,
      random() * width,
      y,
      radius,
      css(WHITE, between(random, 0.25, 0.95) * (1 - y / skyHeight / 1.4)),
    );
  }
}

function paintSun({ context, scene, width, height, unit, chance }: Painting): void {
  const { sun, isNight } = scene.light;
  const x = scene.sunX * width;
  const y = height * scene.horizon * (1 - scene.sunY);
  const radius = unit * between(chance('sun'), 0.045, 0.065);
  for (const [size, strength] of [
    [isNight ? 5 : 12, isNight ? 0.16 : 0.3],
    [isNight ? 2.4 : 4.5, isNight ? 0.22 : 0.5],
  ] as const) {
    const glow = context.createRadialGradient(x, y, radius * 0.6, x, y, radius * size);
    glow.addColorStop(0, css(sun, strength));
    glow.addColorStop(0.35, css(sun, strength * 0.34));
    glow.addColorStop(1, css(sun, 0));
    context.fillStyle = glow;
    context.fillRect(0, 0, width, height);
  }
  fillCircle(context, x, y, radius, css(sun));
  if (isNight) paintCraters(context, x, y, radius, chance('craters'));
}

function paintCraters(context: SKRSContext2D, x: number, y: number, radius: number, random: Random): void {
  for (let drawn = 0; drawn < 6; drawn++) {
    const angle = random() * Math.PI * 2;
    const distance = random() * 0.62 * radius;
    const size = between(random, 0.08, 0.22) * radius;
    fillCircle(
      context,
      x + Math.cos(angle) * distance,
      y + Math.sin(angle) * distance,
      size,
      'rgba(150, 150, 165, 0.22)',
    );
  }
}

/** Long flat bands, each of many faint puffs, lit in the colour of the sun. */
function paintClouds({ context, scene, width, height, unit, chance }: Painting): void {
  const random = chance('clouds');
  const skyHeight = height * scene.horizon;
  const tint = mix(scene.light.sky[2], scene.light.sun, 0.6);
  const strength = scene.light.isNight ? 0.07 : 0.22;
  const bands = 3 + Math.floor(random() * 4);
  for (let band = 0; band < bands; band++) {
    const centerX = random() * width;
    const centerY = between(random, 0.1, 0.78) * skyHeight;
    const length = between(random, 0.16, 0.42) * unit;
    for (let puff = 0; puff < 26; puff++) {
      const along = random() * 2 - 1;
      const size = unit * between(random, 0.02, 0.07) * (1.1 - Math.abs(along));
      paintPuff(context, {
        x: centerX + along * length,
        y: centerY - size * 0.25 + (random() - 0.5) * unit * 0.012,
        size: Math.max(size, unit * 0.006),
        color: tint,
        alpha: strength,
      });
    }
  }
}

function paintPuff(
  context: SKRSContext2D,
  { x, y, size, color, alpha }: { x: number; y: number; size: number; color: Color; alpha: number },
): void {
  context.save();
  context.translate(x, y);
  context.scale(2.6, 0.42);
  const gradient = context.createRadialGradient(0, 0, 0, 0, 0, size);
  gradient.addColorStop(0, css(color, alpha));
  gradient.addColorStop(1, css(color, 0));
  context.fillStyle = gradient;
  context.fillRect(-size, -size, size * 2, size * 2);
  context.restore();
}

function paintBirds({ context, scene, width, height, unit, chance }: Painting): void {
  const random = chance('birds');
  if (random() < 0.35) return;
  const centerX = between(random, 0.25, 0.75) * width;
  const centerY = between(random, 0.3, 0.55) * height * scene.horizon;
  context.strokeStyle = css(mix(scene.light.sky[0], BLACK, 0.55), 0.7);
  context.lineCap = 'round';
  const count = 3 + Math.floor(random() * 5);
  for (let drawn = 0; drawn < count; drawn++) {
    const x = centerX + (random() - 0.5) * unit * 0.3;
    const y = centerY + (random() - 0.5) * unit * 0.1;
    const span = unit * between(random, 0.008, 0.016);
    context.lineWidth = unit * 0.0016;
    context.beginPath();
    context.moveTo(x - span, y - span * 0.35);
    context.quadraticCurveTo(x - span * 0.4, y - span * 0.5, x, y);
    context.quadraticCurveTo(x + span * 0.4, y - span * 0.5, x + span, y - span * 0.35);
    context.stroke();
  }
}

/** Ridges one before the other: far ones high, jagged and lost in haze, near ones low, soft and dark. */
function paintLand(painting: Painting): void {
  const { scene, height, unit, chance } = painting;
  const isJagged = scene.land === 'mountains';
  const layers = isJagged ? 6 : 5;
  for (let layer = 0; layer < layers; layer++) {
    const nearness = layer / (layers - 1);
    const random = chance(`ridge ${layer}`);
    // Only what is far away stands up as mountains; the ground before them rolls.
    const isPeak = isJagged && nearness < 0.65;
    const base = height * (scene.horizon + (1 - scene.horizon) * (nearness ** 1.25 * 0.82 + 0.02));
    const rise = unit * (isPeak ? 0.3 * (1 - nearness * 0.6) : 0.055 + 0.02 * nearness);
    const relief = isPeak ? createPeaks(random, unit) : createHills(random, unit, scene.land === 'desert' ? 2 : 3);
    const heightAt = (x: number): number => base - rise * relief(x);
    const ground = landColor(scene, nearness);
    fillRidge(painting, heightAt, base, ground, nearness);
    if (scene.hasSnow && isPeak) paintSnowCaps(painting, heightAt, base, rise);
    if (scene.land === 'forest' && layer > 0)
      paintTrees(painting, heightAt, ground, nearness, chance(`trees ${layer}`));
    if (scene.land === 'hills' && layer === layers - 1)
      paintTrees(painting, heightAt, ground, 0.8, chance('grove'), 0.14);
  }
}

/** From about 0 to 1: folded noise has crests instead of waves, and a slow swell makes some higher than others. */
function createPeaks(random: Random, unit: number): (x: number) => number {
  const crests = createRidge(random, 6, 0.5);
  const swell = createRidge(random, 2, 0.4);
  const offset = random() * 200;
  return (x) => {
    const share = 0.5 + 0.5 * swell(x / (unit * 0.3) + offset);
    return share * (1.28 - 1.9 * Math.abs(crests(x / (unit * 0.34) + offset)));
  };
}

/** From about -1 to 1. */
function createHills(random: Random, unit: number, octaves: number): (x: number) => number {
  const waves = createRidge(random, octaves, 0.35);
  const offset = random() * 200;
  return (x) => waves(x / (unit * 0.42) + offset);
}

function landColor({ light, ground }: Scene, nearness: number): Color {
  const lit = mix(BLACK, ground, light.brightness);
  const near = mix(lit, light.isNight ? BLACK : light.sky[0], 0.12);
  return mix(light.haze, near, 0.2 + 0.8 * nearness ** 0.85);
}

function fillRidge(
  { context, scene, width, height }: Painting,
  heightAt: (x: number) => number,
  base: number,
  ground: Color,
  nearness: number,
): void {
  const top = base - height * 0.2;
  const gradient = context.createLinearGradient(0, top, 0, base + height * 0.16);
  gradient.addColorStop(0, css(mix(ground, BLACK, 0.06 + 0.1 * nearness)));
  gradient.addColorStop(0.55, css(ground));
  // Mist gathers in the valleys between two ridges, least where we stand.
  gradient.addColorStop(1, css(mix(ground, nearness > 0.95 ? BLACK : scene.light.haze, nearness > 0.95 ? 0.35 : 0.42)));
  context.fillStyle = gradient;
  context.beginPath();
  context.moveTo(0, height);
  for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, heightAt(x));
  context.lineTo(width + RIDGE_STEP, height);
  context.fill();
}

function paintSnowCaps(
  { context, scene, width, unit, chance }: Painting,
  heightAt: (x: number) => number,
  base: number,
  rise: number,
): void {
  const fringe = createRidge(chance('snow line'), 4, 0.6);
  const line = base - rise * 0.46;
  context.fillStyle = css(mix(WHITE, scene.light.sky[1], scene.light.isNight ? 0.5 : 0.12), 0.85);
  context.beginPath();
  // Down the ridge, back along the snow's lower edge: where the ridge is below the edge they are one, and nothing is filled.
  for (let x = 0; x <= width + RIDGE_STEP; x += RIDGE_STEP) context.lineTo(x, heightAt(x));
  for (let x = width + RIDGE_STEP; x >= 0; x -= RIDGE_STEP) {
    const edge = line + fringe(x / (unit * 0.045)) * rise * 0.22;
    context.lineTo(x, Math.max(heightAt(x), edge));
  }
  context.fill();
}

/** Firs along a ridge; `share` of the ridge carries them, in groves. */
function paintTrees(
  { context, scene, width, unit }: Painting,
  heightAt: (x: number) => number,
  ground: Color,
  nearness: number,
  random: Random,
  share = 0.86,
): void {
  const size = unit * (0.022 + 0.075 * nearness ** 1.5);
  const grove = createRidge(random, 2, 0.5);
  const snow = css(mix(WHITE, scene.light.haze, 0.45), 0.75);
  const wood = css(mix(ground, BLACK, 0.14 + 0.2 * nearness));
  for (let x = -size; x < width + size; x += size * between(random, 0.2, 0.5)) {
    const tall = size * between(random, 0.6, 1.25);
    if (grove(x / (unit * 0.3) + 40) * 0.5 + 0.5 > share) continue;
    context.fillStyle = wood;
    fillFir(context, x, heightAt(x) + size * 0.14, tall);
    if (!scene.hasSnow) continue;
    context.fillStyle = snow;
    fillFir(context, x, heightAt(x) + size * 0.14 - tall * 0.62, tall * 0.38);
  }
}

function fillFir(context: SKRSContext2D, x: number, foot: number, tall: number): void {
  context.beginPath();
  for (let tier = 0; tier < 4; tier++) {
    const top = foot - tall * (1 - tier * 0.2);
    const half = tall * (0.09 + tier * 0.055);
    const bottom = tier === 3 ? foot : top + tall * 0.34;
    context.moveTo(x, top);
    context.lineTo(x + half, bottom);
    context.lineTo(x - half, bottom);
    context.closePath();
  }
  context.fill();
}

function paintSea(painting: Painting): void {
  const { context, scene, width, height, unit, chance } = painting;
  const { light } = scene;
  const waterline = height * scene.horizon;
  paintIslands(painting, waterline);
  const deep = mix(BLACK, scene.ground, light.brightness);
  const gradient = context.createLinearGradient(0, waterline, 0, height);
  gradient.addColorStop(0, css(mix(light.sky[2], deep, 0.28)));
  gradient.addColorStop(0.18, css(mix(light.sky[1], deep, 0.55)));
  gradient.addColorStop(1, css(mix(deep, BLACK, 0.25)));
  context.fillStyle = gradient;
  context.fillRect(0, waterline, width, height - waterline);
  paintGlitter(painting, waterline, chance('glitter'));
  paintBoat(painting, waterline + (height - waterline) * 0.2, unit * 0.05, chance('boat'));
}

function paintIslands(painting: Painting, waterline: number): void {
  const { context, scene, width, unit, chance } = painting;
  for (let layer = 0; layer < 2; layer++) {
    const random = chance(`island ${layer}`);
    const ridge = createRidge(random, 5, 0.5);
    const center = between(random, 0.1, 0.9) * width;
    const half = unit * between(random, 0.28, 0.5);
    context.fillStyle = css(
      mix(scene.light.haze, mix(BLACK, [50, 70, 90], scene.light.brightness), 0.35 + layer * 0.3),
    );
    context.beginPath();
    context.moveTo(center - half, waterline);
    for (let x = center - half; x <= center + half; x += RIDGE_STEP) {
      const dome = 1 - ((x - center) / half) ** 2;
      context.lineTo(x, waterline - dome * unit * (0.045 + 0.045 * (1 - layer) * (1 + ridge(x / (unit * 0.16)))));
    }
    context.lineTo(center + half, waterline);
    context.fill();
  }
}

/** Waves as short level strokes, small at the horizon; under the sun they glitter. */
function paintGlitter({ context, scene, width, height, unit }: Painting, waterline: number, random: Random): void {
  const depth = height - waterline;
  const sunX = scene.sunX * width;
  context.lineCap = 'round';
  const waves = Math.round((560 * width) / unit);
  for (let drawn = 0; drawn < waves; drawn++) {
    const nearness = random() ** 1.4;
    const y = waterline + depth * (0.006 + 0.994 * nearness);
    const length = unit * (0.006 + 0.06 * nearness) * between(random, 0.5, 1.3);
    const isGlitter = random() < 0.5;
    const spread = unit * (0.05 + 0.12 * nearness);
    const x = isGlitter ? sunX + (random() + random() - 1) * spread * 1.4 : random() * width;
    const color = isGlitter ? scene.light.sun : mix(scene.light.sky[1], WHITE, 0.25);
    context.strokeStyle = css(color, isGlitter ? between(random, 0.2, 0.75) * (1 - nearness * 0.6) : 0.12);
    context.lineWidth = unit * (0.0012 + 0.003 * nearness);
    context.beginPath();
    context.moveTo(x - length / 2, y);
    context.lineTo(x + length / 2, y);
    context.stroke();
  }
}

function paintBoat({ context, scene, width }: Painting, y: number, size: number, random: Random): void {
  if (random() < 0.3) return;
  const x = width * pick(random, [between(random, 0.15, 0.35), between(random, 0.65, 0.85)]);
  const shade = mix(scene.light.sky[0], BLACK, 0.6);
  context.fillStyle = css(mix(scene.light.sun, shade, scene.light.isNight ? 0.6 : 0.12), 0.95);
  fillShape(
    context,
    [x + size * 0.04, y - size * 1.25],
    [x + size * 0.04, y - size * 0.14],
    [x + size * 0.6, y - size * 0.14],
  );
  fillShape(
    context,
    [x - size * 0.04, y - size * 1.05],
    [x - size * 0.04, y - size * 0.14],
    [x - size * 0.36, y - size * 0.14],
  );
  context.fillStyle = css(shade);
  fillShape(
    context,
    [x - size * 0.5, y - size * 0.08],
    [x + size * 0.62, y - size * 0.08],
    [x + size * 0.4, y + size * 0.14],
    [x - size * 0.34, y + size * 0.14],
  );
}

function paintSnowfall({ context, width, height, unit, chance }: Painting): void {
  const random = chance('snowfall');
  const flakes = Math.round((230 * width * height) / (unit * unit));
  for (let drawn = 0; drawn < flakes; drawn++) {
    const radius = unit * (0.0011 + 0.003 * random() ** 4);
    fillCircle(context, random() * width, random() * height, radius, css(WHITE, between(random, 0.3, 0.85)));
  }
}

function paintVignette({ context, width, height }: Painting): void {
  const reach = Math.hypot(width, height) / 2;
  const gradient = context.createRadialGradient(width / 2, height / 2, reach * 0.62, width / 2, height / 2, reach);
  gradient.addColorStop(0, css(BLACK, 0));
  gradient.addColorStop(1, css(BLACK, 0.24));
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
}

/** Says what the picture is, so that nobody takes it for the work of a model. */
function paintMark({ context, width, height, unit }: Painting): void {
  registerFont();
  const size = Math.round(unit * 0.0165);
  const margin = Math.round(unit * 0.024);
  context.font = `600 ${size}px "${FONT_FAMILY}"`;
  context.letterSpacing = `${Math.round(size * 0.14)}px`;
  context.textBaseline = 'middle';
  const textWidth = context.measureText(MARK).width;
  const box = { width: Math.round(textWidth + size * 1.5), height: Math.round(size * 2) };
  const left = width - margin - box.width;
  const top = height - margin - box.height;
  context.fillStyle = css(BLACK, 0.34);
  context.beginPath();
  context.roundRect(left, top, box.width, box.height, box.height / 2);
  context.fill();
  context.fillStyle = css(WHITE, 0.86);
  context.fillText(MARK, left + size * 0.82, top + box.height / 2);
}

function registerFont(): void {
  if (GlobalFonts.has(FONT_FAMILY)) return;
  const file = fileURLToPath(import.meta.resolve(FONT_FILE));
  if (GlobalFonts.registerFromPath(file, FONT_FAMILY) === null)
    throw new Error(`Expected a font file at ${FONT_FILE}, which could not be read; run npm ci.`);
}

function fillCircle(context: SKRSContext2D, x: number, y: number, radius: number, style: string): void {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

function fillShape(context: SKRSContext2D, ...points: readonly (readonly [number, number])[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fill();
}
