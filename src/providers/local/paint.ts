/**
 * Paints one picture of what the prompt names. A scene is read (scene.ts), painted back to front (scenes/), and
 * finished as film (finish.ts).
 *
 * The same prompt, seed and size give the same bytes in any process on any x86-64 processor. Skia, which draws,
 * has code for SSE, AVX2 and AVX-512 and chooses at run time. Its whole-number code gives the same bytes in all
 * three; its floating-point code does not, and these operations need it, so nothing here may use them:
 * - `imageSmoothingQuality` 'high': drawEnlarged (stage.ts) instead;
 * - radial gradients between circles that do not share their centre: fillBall (ball.ts) instead;
 * - canvas patterns, and `filter` (brightness, sepia and grayscale differ);
 * - blending by color-dodge, color-burn, hue, saturation, color or luminosity.
 * Measured with @napi-rs/canvas 1.0.11: with the first two of them 275 of 330 pictures differed between SSE and
 * AVX-512, without them none between SSE, AVX2 and AVX-512. Gradients about one centre, strokes, curves, clips, text,
 * bilinear scaling, screen and multiply agreed. To measure again, compare with the hashes that
 * `qemu-x86_64 -cpu Nehalem node --jitless` gives.
 *
 * On 64-bit ARM Skia rounds every blend in another way: the same picture, but other bytes (no channel differed by
 * more than 10 of 255 in eight pictures).
 */
import { createCanvas } from '@napi-rs/canvas';
import { paintFigure } from './figures.ts';
import { develop, paintHalation, paintMark, paintVignette } from './finish.ts';
import { paintBalloons } from './landmarks.ts';
import type { PictureSize } from './picture-size.ts';
import { encodePng } from './png.ts';
import { between, createRandom } from './random.ts';
import { composeScene, type Setting } from './scene.ts';
import { paintAbstract } from './scenes/abstract.ts';
import { paintBackdrop } from './scenes/backdrop.ts';
import { paintCity, paintStreet } from './scenes/city.ts';
import { paintForest } from './scenes/forest.ts';
import { paintGarden } from './scenes/garden.ts';
import { paintDesert, paintHills, paintMountains } from './scenes/land.ts';
import { paintSpace } from './scenes/space.ts';
import { paintStillLife } from './scenes/still-life.ts';
import { paintWaterside } from './scenes/waterside.ts';
import type { Stage } from './stage.ts';
import { paintFog, paintWeather } from './weather.ts';

export interface PaintRequest extends PictureSize {
  prompt: string;
  seed: number;
}

const SETTINGS: Readonly<Record<Setting, (stage: Stage) => void>> = {
  mountains: paintMountains,
  hills: paintHills,
  water: paintWaterside,
  forest: paintForest,
  city: paintCity,
  street: paintStreet,
  desert: paintDesert,
  space: paintSpace,
  flowers: paintGarden,
  backdrop: paintBackdrop,
  'still-life': paintStillLife,
  abstract: paintAbstract,
};

/** Returns the bytes of a PNG. Takes about a tenth of a second for a megapixel and blocks its thread meanwhile. */
export function paint(request: PaintRequest): Buffer {
  const { seed, width, height } = request;
  const canvas = createCanvas(width, height);
  const stage = setStage(canvas.getContext('2d'), request);
  const { scene } = stage;
  paintScene(stage);
  if (scene.concepts.has('fog')) paintFog(stage);
  if (scene.figure !== null) paintFigure(stage, scene.figure);
  paintWeather(stage);
  paintHalation(stage, scene.concepts.has('dreamy') ? 0.5 : 0.28);
  paintVignette(stage);
  paintMark(stage);
  const pixels = canvas.data();
  develop(pixels, { width, height }, seed);
  return encodePng(pixels, { width, height });
}

/** The place, without weather and whoever stands before it. */
export function paintScene(stage: Stage): void {
  SETTINGS[stage.scene.setting](stage);
  if (stage.scene.concepts.has('balloon')) paintBalloons(stage);
}

export function setStage(context: Stage['context'], { prompt, seed, width, height }: PaintRequest): Stage {
  const scene = composeScene(prompt, seed);
  const unit = Math.min(width, height);
  const horizon = scene.horizon * height;
  const chance: Stage['chance'] = (part) => createRandom(part, prompt, seed);
  const sun = {
    x: scene.sunX * width,
    // In a tall picture the sky is high: the sun stays near enough to the land to light it.
    y: horizon - Math.min(scene.sunY * horizon, unit * 0.9),
    radius: unit * between(chance('sun'), 0.034, 0.062),
  };
  return { context, scene, width, height, unit, horizon, sun, chance };
}
