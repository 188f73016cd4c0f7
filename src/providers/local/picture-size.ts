/** How large a picture is, from the aspect ratio that was asked for. */

/** Shorter side in pixels: what the hosted models give as well. */
const SHORT_SIDE = 1024;
/** Flatter or taller than this is no picture any more, and its other side would be needlessly long. */
const MOST_EXTREME_RATIO = 8;

export interface PictureSize {
  width: number;
  height: number;
}

/**
 * Pixels for an aspect ratio like `16:9` (`null` is `1:1`); undefined for anything that is not two whole
 * numbers with a colon between, at most 8 to 1.
 */
export function sizeOf(aspectRatio: string | null): PictureSize | undefined {
  const match = /^(\d{1,3}):(\d{1,3})$/.exec(aspectRatio ?? '1:1');
  const ratio = Number(match?.[1]) / Number(match?.[2]);
  if (!(ratio >= 1 / MOST_EXTREME_RATIO && ratio <= MOST_EXTREME_RATIO)) return undefined;
  return fromRatio(ratio);
}

/** As large as `sizeOf` makes it, of the shape of a picture that was given; 8 to 1 at most. */
export function sizeLike({ width, height }: PictureSize): PictureSize {
  const ratio = Math.min(MOST_EXTREME_RATIO, Math.max(1 / MOST_EXTREME_RATIO, width / height));
  return fromRatio(ratio);
}

function fromRatio(ratio: number): PictureSize {
  return ratio >= 1
    ? { width: Math.round(SHORT_SIDE * ratio), height: SHORT_SIDE }
    : { width: SHORT_SIDE, height: Math.round(SHORT_SIDE / ratio) };
}
