/** What a page is told of a body: a picture in base64 would be megabytes that nobody reads. */

/** Enough for any prompt. */
const LONGEST_TEXT = 8_000;

/** The same with every longer text cut to its beginning and its length. */
export function shortenTexts(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length <= LONGEST_TEXT ? value : `${value.slice(0, 64)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.map(shortenTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, shortenTexts(entry)]));
}
