/** Chance that repeats: everything follows from the prompt and the seed, nothing from time. */
import { createHash } from 'node:crypto';

/** A number from 0 (included) to 1 (not included). */
export type Random = () => number;

/**
 * A stream of numbers that is the same for the same words. Each part of a picture takes a stream of its
 * own, so that a change to one leaves the others as they were.
 */
export function createRandom(...words: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)) as [number, number, number, number];
  // sfc32 of PractRand: small, fast, and whole-number arithmetic only, so equal on every machine.
  return () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** From `low` to `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

export function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** Smooth noise along a line, from -1 to 1: random heights at whole numbers, eased between them. */
export function createNoise(random: Random): (x: number) => number {
  const heights = Array.from({ length: 256 }, () => random() * 2 - 1);
  const heightAt = (index: number): number => heights[index & 255] ?? 0;
  return (x) => {
    const left = Math.floor(x);
    const share = x - left;
    const eased = share * share * (3 - 2 * share);
    return heightAt(left) + (heightAt(left + 1) - heightAt(left)) * eased;
  };
}

/** Noise with detail: each of the octaves twice as fine and `gain` times as high as the one before. */
export function createRidge(random: Random, octaves: number, gain: number): (x: number) => number {
  const layers = Array.from({ length: octaves }, () => createNoise(random));
  let whole = 0;
  for (let octave = 0, high = 1; octave < octaves; octave++, high *= gain) whole += high;
  return (x) => {
    let [sum, fine, high] = [0, x, 1];
    for (const noise of layers) {
      sum += noise(fine) * high;
      fine *= 2;
      high *= gain;
    }
    return sum / whole;
  };
}

/** Smooth noise on a plane, about -1 to 1: Perlin's, with sixteen directions for the slopes. */
export function createPlaneNoise(random: Random): (x: number, y: number) => number {
  const slopes = Uint8Array.from({ length: 256 }, () => Math.floor(random() * 256));
  const dot = (column: number, row: number, x: number, y: number): number => {
    const slope = slopes[((slopes[column & 255] ?? 0) + row) & 255] ?? 0;
    const steep = (slope & 1) === 0 ? 1 : 0.5;
    const level = steep === 1 ? 0.5 : 1;
    return ((slope & 2) === 0 ? x : -x) * steep + ((slope & 4) === 0 ? y : -y) * level;
  };
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const [dx, dy] = [x - column, y - row];
    const u = dx * dx * dx * (dx * (dx * 6 - 15) + 10);
    const v = dy * dy * dy * (dy * (dy * 6 - 15) + 10);
    const top = dot(column, row, dx, dy);
    const bottom = dot(column, row + 1, dx, dy - 1);
    const topHere = top + (dot(column + 1, row, dx - 1, dy) - top) * u;
    const bottomHere = bottom + (dot(column + 1, row + 1, dx - 1, dy - 1) - bottom) * u;
    return topHere + (bottomHere - topHere) * v;
  };
}

/** Plane noise with detail, about -1 to 1: each octave twice as fine and half as high as the one before. */
export function createTurbulence(random: Random, octaves: number): (x: number, y: number) => number {
  const noise = createPlaneNoise(random);
  return (x, y) => {
    let sum = 0;
    for (let octave = 0, scale = 1; octave < octaves; octave++, scale *= 2)
      sum += noise(x * scale + octave * 17.3, y * scale + octave * 9.1) / scale;
    return sum;
  };
}

/** From 0 below `low` to 1 above `high`, eased. */
export function smoothstep(low: number, high: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return share * share * (3 - 2 * share);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
