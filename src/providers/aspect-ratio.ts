/** Shapes of pictures, as two numbers or a word: `16:9`, `1024x768`, `portrait`. */

/** What some models call the shapes they have; of the two that are not square every one is 16 by 9. */
const NAMED_RATIOS: ReadonlyMap<string, number> = new Map([
  ['landscape', 16 / 9],
  ['portrait', 9 / 16],
  ['square', 1],
]);

/** Width divided by height; null for words like `match_input_image`. */
export function readRatio(text: string | number): number | null {
  const named = NAMED_RATIOS.get(String(text).trim().toLowerCase());
  if (named !== undefined) return named;
  const match = /^(\d+(?:\.\d+)?)\s*[:x*×]\s*(\d+(?:\.\d+)?)$/i.exec(String(text).trim());
  const ratio = Number(match?.[1]) / Number(match?.[2]);
  return ratio > 0 && Number.isFinite(ratio) ? ratio : null;
}

/** A picture of about this shape is not cut much. As `within` of `isAlike`. */
export const ABOUT_THE_SAME = 0.1;
/** The same shape in other words: `1024x1024` for `1:1`, and not `4:5` for `3:4`. */
export const THE_SAME = 0.05;

/** Whether two shapes are no further apart than the natural logarithm `within`; never where one is a word for none. */
export function isAlike(one: string | number, other: string | number | null, within: number): boolean {
  const [first, second] = [readRatio(one), other === null ? null : readRatio(other)];
  return first !== null && second !== null && Math.abs(Math.log(first / second)) < within;
}

/** The choice whose shape is nearest, where 2:1 and 1:2 are as far from 1:1; of equals the first. undefined: nothing to compare. */
export function nearestRatio<T extends string | number>(aspectRatio: string, choices: readonly T[]): T | undefined {
  const same = choices.find((choice) => choice === aspectRatio);
  const wanted = readRatio(aspectRatio);
  if (same !== undefined || wanted === null) return same;
  let nearest: { choice: T; distance: number } | undefined;
  for (const choice of choices) {
    const ratio = readRatio(choice);
    const distance = ratio === null ? Infinity : Math.abs(Math.log(ratio / wanted));
    if (distance < (nearest?.distance ?? Infinity)) nearest = { choice, distance };
  }
  return nearest?.choice;
}
