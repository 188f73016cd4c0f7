/**
 * The `settings` option as text: `key=value, key=value`. A value with a comma, a quote, or spaces at its ends stands
 * in double quotes; inside them `\"` and `\\` are a quote and a backslash. Keys are not checked here: the model's
 * schema knows them.
 */

/** What is wrong with a text; `got` as it was typed. */
export interface SettingsProblem {
  kind: 'no-equals' | 'no-key' | 'double' | 'open-quote' | 'too-many';
  got: string;
}

/** A text as far as it is typed: the finished parts, and the one at its end. */
export interface TypedSettings {
  /** Everything before the last part, with its comma; spaces as typed. */
  head: string;
  /** Keys in the head. */
  keys: string[];
  /** Of the last part; empty when nothing stands there. */
  key: string;
  /** null: no `=` yet. As typed, an opening quote dropped. */
  value: string | null;
}

/** More than any model has inputs (facts: at most 73 in 3,808 public schemas). */
const MOST_SETTINGS = 100;

export type ParsedSettings = { settings: Record<string, string>; problem: null } | { problem: SettingsProblem };

/** Values stay texts; the model's schema gives them their types. */
export function parseSettings(text: string): ParsedSettings {
  const { parts, isQuoteOpen } = splitParts(text);
  const settings = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    const got = part.trim();
    if (got === '') continue;
    if (isQuoteOpen && index === parts.length - 1) return { problem: { kind: 'open-quote', got } };
    const equals = part.indexOf('=');
    if (equals === -1) return { problem: { kind: 'no-equals', got } };
    const key = part.slice(0, equals).trim();
    if (key === '') return { problem: { kind: 'no-key', got } };
    if (settings.has(key)) return { problem: { kind: 'double', got: key } };
    settings.set(key, unquote(part.slice(equals + 1).trim()));
    if (settings.size > MOST_SETTINGS) return { problem: { kind: 'too-many', got: key } };
  }
  return { settings: Object.fromEntries(settings), problem: null };
}

/** For completion: what stands, and what is being typed. */
export function readTypedSettings(text: string): TypedSettings {
  const { parts } = splitParts(text);
  const last = parts.at(-1) ?? '';
  const finished = parts.slice(0, -1);
  // The spaces before the last part belong to what is kept.
  const lead = last.length - last.trimStart().length;
  const head = text.slice(0, text.length - last.length + lead);
  const equals = last.indexOf('=');
  const keys = finished.map((part) => part.split('=')[0]?.trim() ?? '').filter((key) => key !== '');
  if (equals === -1) return { head, keys, key: last.trim(), value: null };
  const value = last.slice(equals + 1).trimStart();
  return { head, keys, key: last.slice(0, equals).trim(), value: value.startsWith('"') ? unquote(value) : value };
}

/** `key=value`, quoted where it must be. */
export function formatSetting(key: string, value: string): string {
  const isPlain = !/[",]|^\s|\s$/.test(value);
  return `${key}=${isPlain ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`}`;
}

/** At commas outside quotes. A quote opens only where a value begins. */
function splitParts(text: string): { parts: string[]; isQuoteOpen: boolean } {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at++;
    else if (isQuoted && character === '"') isQuoted = false;
    else if (!isQuoted && character === '"') isQuoted = /=\s*$/.test(text.slice(start, at));
    else if (!isQuoted && character === ',') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return { parts: [...parts, text.slice(start)], isQuoteOpen: isQuoted };
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  const inner = value.length > 1 && value.endsWith('"') ? value.slice(1, -1) : value.slice(1);
  return inner.replaceAll(/\\(["\\])/g, '$1');
}
