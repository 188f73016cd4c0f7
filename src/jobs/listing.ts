/**
 * A product as its seller describes it: what was typed, checked and made one line each. The words stay the seller's
 * own; only what would break a line (controls, line breaks) becomes a space.
 */
import type { Keyword, Product, Request } from './job.ts';
import { buildListingPrompts, LONGEST_PRODUCT_PROMPT } from './listing-prompts.ts';

/** Characters as a reader counts them (code points). */
export const PRODUCT_LIMITS = { title: 200, feature: 200, audience: 200, keywords: 500 } as const;
export const MOST_KEYWORDS = 12;
export const MOST_INTENTS = 5;
export const LONGEST_KEYWORD = 60;
export const LONGEST_INTENT = 40;
/** How many features a listing has room for; the first is required. */
export const MOST_FEATURES = 3;

/** As it came from the options of a command or the fields of a form. */
export interface TypedProduct {
  title: string | null;
  /** In the order of their fields; those left out are null. */
  features: readonly (string | null)[];
  audience: string | null;
}

export type ProductProblemKind =
  | 'empty'
  | 'too-long'
  | 'too-long-together'
  | 'no-word'
  | 'two-colons'
  | 'too-many-keywords'
  | 'too-many-intents'
  | 'long-keyword'
  | 'long-intent';

/** What is wrong, and with which field. */
export interface ProductProblem {
  kind: ProductProblemKind;
  field: string;
  /** What was found: a part of the text, or how long or how many. */
  got: string;
  /** How long or how many it may be; 0 where that is not the point. */
  most: number;
}

export type ReadProduct = { product: Product; problem: null } | { problem: ProductProblem };
export type ReadKeywords = { keywords: Keyword[]; problem: null } | { problem: ProductProblem };

/** Breaks a line, or does something else than show. */
const BREAKING = /[\p{Cc}\u2028\u2029]+/gu;
/** Anything a reader would see. */
const VISIBLE = /[^\p{C}\p{Z}\p{M}]/u;
/** As typed on an English and on a Japanese keyboard. */
const COMMA = /[,，、\r\n\u2028\u2029]/u;
const COLON = /[:：]/u;
const PLUS = /[+＋]/u;

/** The product, or the first thing wrong with it. `keywords` are read already: a form has no field for them. */
export function readProduct(typed: TypedProduct, keywords: readonly Keyword[]): ReadProduct {
  const title = toOneLine(typed.title ?? '');
  const features = typed.features.map((feature) => toOneLine(feature ?? ''));
  const audience = toOneLine(typed.audience ?? '');
  const problem =
    checkText('title', title, { most: PRODUCT_LIMITS.title, isRequired: true }) ??
    findFirst(features, (feature, index) =>
      checkText(`feature_${index + 1}`, feature, { most: PRODUCT_LIMITS.feature, isRequired: index === 0 }),
    ) ??
    checkText('audience', audience, { most: PRODUCT_LIMITS.audience, isRequired: false });
  if (problem !== null) return { problem };
  const product: Product = {
    title,
    features: features.filter(isShown),
    audience: isShown(audience) ? audience : null,
    keywords: [...keywords],
  };
  // Characters of two units each (emoji) may need more room than they are counted.
  const longest = Math.max(...Object.values(buildListingPrompts(product, true)).map(({ length }) => length));
  if (longest <= LONGEST_PRODUCT_PROMPT) return { product, problem: null };
  return { problem: { kind: 'too-long-together', field: '', got: String(longest - LONGEST_PRODUCT_PROMPT), most: 0 } };
}

/** The same request for this product: its prompts are built anew, so that no word of an earlier one is left. */
export function askForProduct(input: Request, product: Product, hasReference: boolean): Request {
  return { ...input, prompt: product.title, product, itemPrompts: buildListingPrompts(product, hasReference) };
}

/** `word`, `word:intent` or `word:intent+intent`, with commas between. The same word twice is one with the intents of both. */
export function parseKeywords(text: string): ReadKeywords {
  const length = countCharacters(text);
  if (length > PRODUCT_LIMITS.keywords) return { problem: tooLong('keywords', length, PRODUCT_LIMITS.keywords) };
  const keywords = new Map<string, Keyword>();
  for (const part of text.split(COMMA)) {
    if (!isShown(part)) continue;
    const { keyword, problem } = parseKeyword(toOneLine(part));
    if (problem !== null) return { problem };
    const key = keyword.word.toLowerCase();
    const known = keywords.get(key);
    const intents = [...new Set([...(known?.intents ?? []), ...keyword.intents])];
    if (intents.length > MOST_INTENTS) return { problem: wrong('too-many-intents', keyword.word, MOST_INTENTS) };
    keywords.set(key, { word: known?.word ?? keyword.word, intents });
    if (keywords.size > MOST_KEYWORDS) return { problem: wrong('too-many-keywords', keyword.word, MOST_KEYWORDS) };
  }
  return { keywords: [...keywords.values()], problem: null };
}

function parseKeyword(part: string): { keyword: Keyword; problem: null } | { keyword: null; problem: ProductProblem } {
  const refuse = (kind: ProductProblemKind, got: string, most = 0): { keyword: null; problem: ProductProblem } => ({
    keyword: null,
    problem: wrong(kind, got, most),
  });
  const [before = '', after = '', ...rest] = part.split(COLON);
  if (rest.length > 0) return refuse('two-colons', part);
  const word = before.trim();
  if (!isShown(word)) return refuse('no-word', part);
  if (countCharacters(word) > LONGEST_KEYWORD) return refuse('long-keyword', word, LONGEST_KEYWORD);
  const intents = after.split(PLUS).flatMap((each) => (isShown(each) ? [each.trim()] : []));
  const long = intents.find((intent) => countCharacters(intent) > LONGEST_INTENT);
  if (long !== undefined) return refuse('long-intent', long, LONGEST_INTENT);
  return { keyword: { word, intents: [...new Set(intents)] }, problem: null };
}

/** The same words on one line; half a surrogate pair is no text. */
function toOneLine(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replace(BREAKING, ' ')
    .trim();
}

/** As Discord counts what fits into an option. */
function countCharacters(text: string): number {
  return Array.from(text).length;
}

function isShown(text: string): boolean {
  return VISIBLE.test(text);
}

function checkText(
  field: string,
  text: string,
  { most, isRequired }: { most: number; isRequired: boolean },
): ProductProblem | null {
  if (isRequired && !isShown(text)) return { kind: 'empty', field, got: '', most };
  const length = countCharacters(text);
  return length > most ? tooLong(field, length, most) : null;
}

function tooLong(field: string, length: number, most: number): ProductProblem {
  return { kind: 'too-long', field, got: String(length), most };
}

function wrong(kind: ProductProblemKind, got: string, most: number): ProductProblem {
  return { kind, field: 'keywords', got, most };
}

function findFirst<T, R>(all: readonly T[], look: (each: T, index: number) => R | null): R | null {
  for (const [index, each] of all.entries()) {
    const found = look(each, index);
    if (found !== null) return found;
  }
  return null;
}
