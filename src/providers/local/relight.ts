/** A picture somebody gave, in the light and weather that the prompt names; one with holes stands in the scene itself. */
import { createCanvas, ImageData } from '@napi-rs/canvas';
import { css, mix, WHITE } from './color.ts';
import { develop, MOVING_LOOK, paintHalation, paintMark, paintVignette, STRONG_LOOK } from './finish.ts';
import { type PaintRequest, paintScene, setStage } from './paint.ts';
import type { PictureSize } from './picture-size.ts';
import { encodePng } from './png.ts';
import { createFall, paintGlow, type Stage } from './stage.ts';
import { paintFog, paintWeather } from './weather.ts';

export interface RelightRequest extends PaintRequest {
  /** Of exactly the size: red, green, blue, alpha, a byte each, row by row. */
  pixels: Uint8Array;
  isSeeThrough: boolean;
}

/** Share of white in the colours that the picture is seen through: most of its own stay. */
const LEAST_WHITE = 0.62;
const SUNLIGHT = 0.2;

/** Returns the bytes of a PNG. Blocks its thread meanwhile. */
export function relight({ pixels, isSeeThrough, prompt, seed, width, height }: RelightRequest): Buffer {
  const canvas = createCanvas(width, height);
  const stage = setStage(canvas.getContext('2d'), { prompt, seed, width, height });
  if (isSeeThrough) paintScene(stage);
  drawPixels(stage, pixels);
  paintLight(stage);
  if (stage.scene.concepts.has('fog')) paintFog(stage);
  paintWeather(stage);
  paintHalation(stage, 0.16);
  paintVignette(stage);
  paintMark(stage, STRONG_LOOK);
  const painted = canvas.data();
  develop(painted, { width, height }, seed);
  return encodePng(painted, { width, height });
}

function drawPixels({ context, width, height }: Stage, pixels: Uint8Array): void {
  const given = createCanvas(width, height);
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  given.getContext('2d').putImageData(new ImageData(clamped, width, height), 0, 0);
  context.drawImage(given, 0, 0);
}

/** The colours of the sky fall on everything, and the sun adds its own where it stands. */
function paintLight({ context, scene, sun, width, height, unit }: Stage): void {
  const colors = scene.light.sky.map((color) => css(mix(color, WHITE, LEAST_WHITE)));
  context.save();
  context.globalCompositeOperation = 'multiply';
  context.fillStyle = createFall(context, 0, height, colors);
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'screen';
  paintGlow(context, { x: sun.x, y: sun.y, radius: unit * 0.9, color: scene.light.sun, alpha: SUNLIGHT });
  context.restore();
}

/** Letters of 11 pixels: smaller ones could not be read. */
const LEAST_MARK_UNIT = 815;

/** The mark alone on nothing, to be laid over what moves: red, green, blue, alpha, a byte each. */
export function paintMarkAlone({ width, height }: PictureSize): Uint8ClampedArray {
  const context = createCanvas(width, height).getContext('2d');
  const unit = Math.max(Math.min(width, height), LEAST_MARK_UNIT);
  paintMark({ context, width, height, unit }, MOVING_LOOK);
  return context.getImageData(0, 0, width, height).data;
}
