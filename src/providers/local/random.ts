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
  const whole = layers.reduce((sum, _, octave) => sum + gain ** octave, 0);
  return (x) => layers.reduce((sum, noise, octave) => sum + noise(x * 2 ** octave) * gain ** octave, 0) / whole;
}
