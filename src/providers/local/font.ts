/** The one font the painter has: machines without fonts, and with others, must give the same letters. */
import { fileURLToPath } from 'node:url';
import { GlobalFonts } from '@napi-rs/canvas';

/** A name that no system font has: letters come from the bundled file or not at all. Latin, Greek, Cyrillic; no Japanese. */
export const FONT_FAMILY = 'Darkroom Bundled Inter';
const FONT_FILE = '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf';

/** Makes FONT_FAMILY known to every canvas of this thread's process; later calls do nothing. */
export function registerFont(): void {
  if (GlobalFonts.has(FONT_FAMILY)) return;
  const file = fileURLToPath(import.meta.resolve(FONT_FILE));
  if (GlobalFonts.registerFromPath(file, FONT_FAMILY) === null)
    throw new Error(`Expected a font file at ${FONT_FILE}, which could not be read; run npm ci.`);
}
