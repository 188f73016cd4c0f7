/** What makes one photograph of all the layers: bloom, vignette, tones, grain; and the mark of the painter. */
import { createCanvas } from '@napi-rs/canvas';
import { BLACK, css, WHITE } from './color.ts';
import { FONT_FAMILY, registerFont } from './font.ts';
import type { PictureSize } from './picture-size.ts';
import { createRandom, smoothstep } from './random.ts';
import { drawEnlarged, type Stage } from './stage.ts';

const MARK = 'LOCAL PREVIEW';

/** Bright parts spill a little light over their neighbours, as on film. */
export function paintHalation({ context, width, height }: Stage, strength: number): void {
  const small = createCanvas(Math.ceil(width / 16), Math.ceil(height / 16));
  const reduced = small.getContext('2d');
  reduced.imageSmoothingQuality = 'medium';
  reduced.drawImage(context.canvas, 0, 0, small.width, small.height);
  // Twice itself: only what is bright stays.
  reduced.globalCompositeOperation = 'multiply';
  reduced.drawImage(small, 0, 0);
  context.save();
  context.globalCompositeOperation = 'screen';
  context.globalAlpha = strength;
  drawEnlarged(context, small, { x: 0, y: 0, width, height });
  context.restore();
}

export function paintVignette({ context, width, height }: Stage): void {
  // An ellipse, so that the corners of a wide picture darken as those of a square one.
  context.save();
  context.translate(width / 2, height / 2);
  context.scale(width / 2, height / 2);
  const shade = context.createRadialGradient(0, 0, 0.72, 0, 0, 1.45);
  shade.addColorStop(0, css(BLACK, 0));
  shade.addColorStop(1, css(BLACK, 0.42));
  context.fillStyle = shade;
  context.fillRect(-1, -1, 2, 2);
  context.restore();
}

type Place = Pick<Stage, 'context' | 'width' | 'height' | 'unit'>;

interface MarkLook {
  /** How dark it is behind the letters. */
  shade: number;
  corner: 'left' | 'right';
}

const OWN_LOOK: MarkLook = { shade: 0.3, corner: 'right' };
/** What others gave may be white there. */
export const STRONG_LOOK: MarkLook = { shade: 0.55, corner: 'right' };
/** A picture that was painted here has its own mark, which moves with it. */
export const MOVING_LOOK: MarkLook = { shade: 0.55, corner: 'left' };

/** Says what the picture is, so that nobody takes it for the work of a model. */
export function paintMark({ context, width, height, unit }: Place, { shade, corner } = OWN_LOOK): void {
  registerFont();
  const size = Math.round(unit * 0.0135);
  const margin = Math.round(unit * 0.022);
  context.font = `600 ${size}px "${FONT_FAMILY}"`;
  context.letterSpacing = `${Math.round(size * 0.16)}px`;
  context.textBaseline = 'middle';
  const textWidth = context.measureText(MARK).width;
  const box = { width: Math.round(textWidth + size * 1.5), height: Math.round(size * 2) };
  const left = corner === 'left' ? margin : width - margin - box.width;
  const top = height - margin - box.height;
  context.fillStyle = css(BLACK, shade);
  context.beginPath();
  context.roundRect(left, top, box.width, box.height, box.height / 2);
  context.fill();
  context.fillStyle = css(WHITE, 0.82);
  context.fillText(MARK, left + size * 0.82, top + box.height / 2);
}

/** How many values the grain repeats after, at places that chance picks for each row. */
const GRAIN_LENGTH = 1 << 16;
/** In steps of 256: enough to hide the bands of a soft gradient, too little to be seen as noise. */
const GRAIN_STRENGTH = 2.2;
/** Share of the S-curve in the tones; the rest stays straight. */
const CONTRAST = 0.3;

interface Film {
  grain: Int8Array;
  /** What becomes of each of the 256 steps. */
  tones: Uint8Array;
}

let loaded: Film | undefined;

/** Develops the picture in place: deeper shadows, brighter lights, and grain on red, green and blue alike. */
export function develop(pixels: Uint8Array, { width, height }: PictureSize, seed: number): void {
  loaded ??= loadFilm();
  const { grain, tones } = loaded;
  const random = createRandom('grain rows', seed);
  // Clamped: grain on white stays white instead of turning black.
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let y = 0, at = 0; y < height; y++) {
    let from = Math.floor(random() * GRAIN_LENGTH);
    for (const end = at + width * 4; at < end; at += 4) {
      const speck = grain[from++ & (GRAIN_LENGTH - 1)] ?? 0;
      clamped[at] = (tones[clamped[at] ?? 0] ?? 0) + speck;
      clamped[at + 1] = (tones[clamped[at + 1] ?? 0] ?? 0) + speck;
      clamped[at + 2] = (tones[clamped[at + 2] ?? 0] ?? 0) + speck;
    }
  }
}

function loadFilm(): Film {
  const random = createRandom('grain');
  return {
    grain: Int8Array.from({ length: GRAIN_LENGTH }, () => Math.round((random() + random() - 1) * GRAIN_STRENGTH)),
    tones: Uint8Array.from({ length: 256 }, (_, step) => {
      const share = step / 255;
      return Math.round(255 * (share + (smoothstep(0, 1, share) - share) * CONTRAST));
    }),
  };
}
