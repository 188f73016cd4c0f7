/**
 * Discord's markdown as a tree. Never fails: what is not markup is text. Nesting is bounded, so no
 * text of Discord's 4000 characters takes long.
 */

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'link'; url: string; title: string | undefined; children: Inline[] }
  | { type: 'time'; seconds: number; style: string }
  | { type: 'user' | 'channel' | 'role'; id: string }
  | { type: 'command'; name: string }
  | { type: 'emoji'; name: string };

export type Block =
  | { type: 'paragraph' | 'subtext'; children: Inline[] }
  | { type: 'heading'; level: 1 | 2 | 3; children: Inline[] }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; isOrdered: boolean; start: number; items: { depth: number; children: Inline[] }[] }
  | { type: 'code-block'; language: string; text: string };

const MOST_NESTED = 10;

export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.replaceAll('\r\n', '\n'), 0);
}

function parseBlocks(text: string, depth: number): Block[] {
  const blocks: Block[] = [];
  let rest = text;
  // Every turn takes at least one line or one code block away.
  while (rest !== '') {
    const taken = takeBlock(rest, depth);
    if (taken.block.type === 'paragraph') pushParagraph(blocks, taken.block.children);
    else blocks.push(taken.block);
    rest = rest.slice(taken.length);
  }
  return blocks;
}

interface Taken {
  block: Block;
  length: number;
}

function takeBlock(text: string, depth: number): Taken {
  return takeCodeBlock(text) ?? takeQuote(text, depth) ?? takeList(text) ?? takeLine(text);
}

/** Lines of one paragraph stand together; an empty line is a gap, as Discord shows it. */
function pushParagraph(blocks: Block[], children: Inline[]): void {
  const last = blocks.at(-1);
  if (last?.type === 'paragraph') last.children.push({ type: 'text', text: '\n' }, ...children);
  else blocks.push({ type: 'paragraph', children });
}

function takeCodeBlock(text: string): Taken | undefined {
  const found = /^```(?:([\w+#.-]{1,20})\n)?\n?([\s\S]*?)\n?```\n?/u.exec(text);
  if (found === null || found[2] === undefined || found[2].trim() === '') return undefined;
  return { block: { type: 'code-block', language: found[1] ?? '', text: found[2] }, length: found[0].length };
}

function takeQuote(text: string, depth: number): Taken | undefined {
  if (depth >= 1) return undefined;
  const long = /^>>> ([\s\S]*)$/u.exec(text);
  if (long !== null) {
    return { block: { type: 'quote', blocks: parseBlocks(long[1] ?? '', depth + 1) }, length: text.length };
  }
  const lines = /^(?:> [^\n]*(?:\n|$))+/u.exec(text)?.[0];
  if (lines === undefined) return undefined;
  const inner = lines.replace(/\n$/u, '').replace(/^> /gmu, '');
  return { block: { type: 'quote', blocks: parseBlocks(inner, depth + 1) }, length: lines.length };
}

const LIST_LINE = /^( *)([-*]|\d{1,9}\.) +([^\n]*)(?:\n|$)/u;

function takeList(text: string): Taken | undefined {
  const first = LIST_LINE.exec(text);
  if (first === null) return undefined;
  const isOrdered = isNumber(first[2]);
  const items: { depth: number; children: Inline[] }[] = [];
  let length = 0;
  for (let line: RegExpExecArray | null = first; line !== null; line = LIST_LINE.exec(text.slice(length))) {
    if (isNumber(line[2]) !== isOrdered) break;
    const depth = Math.min(Math.floor((line[1] ?? '').length / 2), MOST_NESTED);
    items.push({ depth, children: parseInline(line[3] ?? '') });
    length += line[0].length;
  }
  return { block: { type: 'list', isOrdered, start: Number.parseInt(first[2] ?? '1', 10) || 1, items }, length };
}

function isNumber(marker: string | undefined): boolean {
  return marker !== undefined && /\d/u.test(marker);
}

/** One line, or several up to a code block that begins inside it. */
function takeLine(text: string): Taken {
  const newline = text.indexOf('\n');
  const end = newline === -1 ? text.length : newline;
  const line = text.slice(0, end);
  const length = newline === -1 ? end : end + 1;
  const heading = /^(#{1,3}) +(\S.*)$/u.exec(line);
  if (heading !== null) {
    const level = (heading[1] ?? '#').length as 1 | 2 | 3;
    return { block: { type: 'heading', level, children: parseInline(heading[2] ?? '') }, length };
  }
  const subtext = /^-# +(\S.*)$/u.exec(line);
  if (subtext !== null) return { block: { type: 'subtext', children: parseInline(subtext[1] ?? '') }, length };
  return takeParagraph(text, line, length);
}

/** Markup may run over a line's end, so a paragraph is all lines up to one that begins another block. */
function takeParagraph(text: string, firstLine: string, firstLength: number): Taken {
  let taken = firstLine;
  let length = firstLength;
  while (
    length < text.length &&
    !/^(?:```|> |>>> |#{1,3} +\S|-# +\S| *(?:[-*]|\d{1,9}\.) +)/u.test(text.slice(length))
  ) {
    const newline = text.indexOf('\n', length);
    const end = newline === -1 ? text.length : newline;
    taken += `\n${text.slice(length, end)}`;
    length = newline === -1 ? end : end + 1;
  }
  const codeBlock = taken.indexOf('```', 1);
  if (codeBlock !== -1 && takeCodeBlock(text.slice(codeBlock)) !== undefined) {
    return { block: { type: 'paragraph', children: parseInline(taken.slice(0, codeBlock)) }, length: codeBlock };
  }
  return { block: { type: 'paragraph', children: parseInline(taken) }, length };
}

interface Found {
  node: Inline;
  length: number;
}

type Rule = (text: string, depth: number, before: string) => Found | undefined;

export function parseInline(text: string, depth = 0): Inline[] {
  const nodes: Inline[] = [];
  let plain = '';
  let position = 0;
  while (position < text.length) {
    const rest = text.slice(position);
    const found = depth < MOST_NESTED ? findRule(rest, depth, text[position - 1] ?? '') : undefined;
    if (found === undefined) {
      plain += rest[0];
      position += 1;
      continue;
    }
    if (found.node.type === 'text') plain += found.node.text;
    else {
      if (plain !== '') nodes.push({ type: 'text', text: plain });
      plain = '';
      nodes.push(found.node);
    }
    position += found.length;
  }
  if (plain !== '') nodes.push({ type: 'text', text: plain });
  return nodes;
}

function findRule(text: string, depth: number, before: string): Found | undefined {
  const rule = RULES[text[0] ?? ''];
  if (rule === undefined) return undefined;
  for (const read of rule) {
    const found = read(text, depth, before);
    if (found !== undefined) return found;
  }
  return undefined;
}

const escape: Rule = (text) => {
  const escaped = /^\\([^\p{L}\p{N}\s])/u.exec(text);
  return escaped === null ? undefined : { node: { type: 'text', text: escaped[1] ?? '' }, length: escaped[0].length };
};

const code: Rule = (text) => {
  const found = /^(`{1,2})(?!`)([\s\S]*?[^`])\1(?!`)/u.exec(text);
  if (found === null) return undefined;
  const inner = found[2] ?? '';
  const isPadded = /^ [\s\S]*`|` $/u.test(inner);
  return { node: { type: 'code', text: isPadded ? inner.trim() : inner }, length: found[0].length };
};

/** Markup between two equal marks. A backslash hides the character after it. */
function between(mark: string, type: 'bold' | 'underline' | 'strike' | 'spoiler'): Rule {
  return (text, depth) => {
    if (!text.startsWith(mark)) return undefined;
    const end = findEnd(text, mark);
    if (end === undefined) return undefined;
    const children = parseInline(text.slice(mark.length, end), depth + 1);
    return { node: { type, children }, length: end + mark.length };
  };
}

function findEnd(text: string, mark: string): number | undefined {
  for (let index = mark.length; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text.startsWith(mark, index)) {
      // Of `***` at the end the outer mark is the last one.
      const end = text[index + mark.length] === mark[0] && mark.length === 2 ? index + 1 : index;
      return end === mark.length ? undefined : end;
    }
  }
  return undefined;
}

const italicStar: Rule = (text, depth) => {
  const found = /^\*(?=\S)((?:\\[\s\S]|\*\*(?:\\[\s\S]|[^\\*])+\*\*|[^\\*])+?)\*(?!\*)/u.exec(text);
  if (found === null || /\s$/u.test(found[1] ?? '')) return undefined;
  return { node: { type: 'italic', children: parseInline(found[1] ?? '', depth + 1) }, length: found[0].length };
};

/** Inside a word an underscore is a letter: file_names_like_this stay whole. */
const italicUnderscore: Rule = (text, depth, before) => {
  if (/[\p{L}\p{N}_]/u.test(before)) return undefined;
  const found = /^_((?:\\[\s\S]|__|[^\\_])+?)_(?![\p{L}\p{N}_])/u.exec(text);
  if (found === null) return undefined;
  return { node: { type: 'italic', children: parseInline(found[1] ?? '', depth + 1) }, length: found[0].length };
};

const maskedLink: Rule = (text, depth) => {
  const found =
    /^\[((?:\\[\s\S]|[^\\[\]])+)\]\(<?(https?:\/\/[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?: "([^"\n]*)")?\)/u.exec(
      text,
    );
  if (found === null) return undefined;
  const children = parseInline(found[1] ?? '', depth + 1);
  return { node: { type: 'link', url: found[2] ?? '', title: found[3], children }, length: found[0].length };
};

const bareLink: Rule = (text, _depth, before) => {
  if (/[\p{L}\p{N}]/u.test(before)) return undefined;
  const found = /^https?:\/\/[^\s<>]+[^\s<>"'.,:;!?\]|*_~]/u.exec(text)?.[0];
  if (found === undefined) return undefined;
  // A bracket that closes one before the link is not part of it.
  const url = found.endsWith(')') && !found.includes('(') ? found.slice(0, -1) : found;
  return { node: { type: 'link', url, title: undefined, children: [{ type: 'text', text: url }] }, length: url.length };
};

const angle: Rule = (text) => {
  const found = /^<([^<>\n]{1,300})>/u.exec(text);
  const node = found === null ? undefined : readAngle(found[1] ?? '');
  return found === null || node === undefined ? undefined : { node, length: found[0].length };
};

function readAngle(inner: string): Inline | undefined {
  const time = /^t:(-?\d{1,13})(?::([tTdDfFRsS]))?$/u.exec(inner);
  if (time !== null) return { type: 'time', seconds: Number(time[1]), style: time[2] ?? 'f' };
  const mention = /^(@!?|@&|#)(\d{15,25})$/u.exec(inner);
  if (mention !== null) {
    const type = mention[1] === '#' ? 'channel' : mention[1] === '@&' ? 'role' : 'user';
    return { type, id: mention[2] ?? '' };
  }
  const command = /^\/([^:]{1,100}):\d{15,25}$/u.exec(inner);
  if (command !== null) return { type: 'command', name: command[1] ?? '' };
  const emoji = /^a?:(\w{2,32}):\d{15,25}$/u.exec(inner);
  if (emoji !== null) return { type: 'emoji', name: emoji[1] ?? '' };
  if (/^https?:\/\/\S+$/u.test(inner)) {
    return { type: 'link', url: inner, title: undefined, children: [{ type: 'text', text: inner }] };
  }
  return undefined;
}

/** By the first character, most particular first. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  '\\': [escape],
  '`': [code],
  '*': [between('**', 'bold'), italicStar],
  _: [between('__', 'underline'), italicUnderscore],
  '~': [between('~~', 'strike')],
  '|': [between('||', 'spoiler')],
  '[': [maskedLink],
  '<': [angle],
  h: [bareLink],
};
