/** Colours as numbers, and the arithmetic a palette needs. */

/** Red, green, blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

export const BLACK: Color = [8, 10, 20];
export const WHITE: Color = [255, 255, 255];

/** Reads `#rrggbb`. */
export function hex(text: string): Color {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A colour between two: all of `from` at 0, all of `to` at 1. */
export function mix(from: Color, to: Color, share: number): Color {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

export function css([red, green, blue]: Color, alpha = 1): string {
  return `rgba(${red}, ${green}, ${blue}, ${alpha.toFixed(3)})`;
}

/** Perceived lightness from 0 to 1, and colour as two opponents: Björn Ottosson's Oklab (2020), his constants. */
interface Lab {
  lightness: number;
  a: number;
  b: number;
}

/** `color` with the hue of `tone`; `strength` 1 replaces hue and colourfulness, 0 changes nothing. */
export function tint(color: Color, tone: Color, strength: number): Color {
  const own = toLab(color);
  const other = toLab(tone);
  // Colour fades towards black and white, or shadows and highlights would leave what a screen can show.
  const room = Math.min(1, 4 * own.lightness * (1 - own.lightness) + 0.12);
  return fromLab({
    lightness: own.lightness + (other.lightness - own.lightness) * 0.22 * strength,
    a: own.a + (other.a * room - own.a) * strength,
    b: own.b + (other.b * room - own.b) * strength,
  });
}

/** Multiplies colourfulness and moves lightness by `lift` (from -1 to 1, around 0). */
export function grade(color: Color, colorfulness: number, lift = 0): Color {
  const { lightness, a, b } = toLab(color);
  const end = lift < 0 ? 0 : 1;
  return fromLab({
    lightness: lightness + (end - lightness) * Math.abs(lift),
    a: a * colorfulness,
    b: b * colorfulness,
  });
}

/** From a hue in degrees, lightness 0 to 1 and chroma 0 to about 0.3. */
export function fromHue(degrees: number, lightness: number, chroma: number): Color {
  const angle = (degrees / 180) * Math.PI;
  return fromLab({ lightness, a: Math.cos(angle) * chroma, b: Math.sin(angle) * chroma });
}

function toLab([red, green, blue]: Color): Lab {
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

function fromLab({ lightness, a, b }: Lab): Color {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toLinear(byte: number): number {
  const share = byte / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function toByte(linear: number): number {
  const share = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (share <= 0.0031308 ? share * 12.92 : 1.055 * share ** (1 / 2.4) - 0.055));
}
