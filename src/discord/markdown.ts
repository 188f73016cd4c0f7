/** Makes what a user typed inert: it shows as it was typed and formats, links, pings and reorders nothing. */

/** Everything Discord's markdown gives a meaning to, and what starts mentions, timestamps and custom emoji. */
const ACTIVE = /[\\*_~`|>#<@:[\]()\-+.!/]/g;
/** Controls, and what reorders text (Unicode's Bidi_Control). Joiners stay: emoji are built with them. */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}]/gu;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * One line of at most `longest` characters (as Discord counts them, UTF-16 units, before escaping), cut
 * between what a reader sees as characters. Its direction stays its own.
 */
export function quoteLine(text: string, longest: number): string {
  const line = cut(plainLine(text), longest);
  return `${FIRST_STRONG_ISOLATE}${line.replace(ACTIVE, '\\$&')}${POP_ISOLATE}`;
}

/** As plain text, for places where Discord formats nothing (alt text). */
export function plainText(text: string, longest: number): string {
  return cut(plainLine(text), longest);
}

function plainLine(text: string): string {
  // Half of a surrogate pair is no text: JSON carries it, but Discord does not take it.
  return text
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .trim();
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    if (kept.length + segment.length > longest - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
