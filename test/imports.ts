/** Reads what a source file imports. TypeScript 7 offers no stable parser; Prettier's form makes this enough. */
import { posix } from 'node:path';

export interface Source {
  /** From the package's root, with forward slashes: `src/jobs/job.ts`. */
  path: string;
  text: string;
}

export interface Import {
  /** A path from the package's root for a file of ours, else as written: `node:fs`, `discord.js`. */
  target: string;
  /** Written `import type` or `export type`: gone when the program runs. */
  typeOnly: boolean;
  /** What the importing file calls the things it imported. */
  names: string[];
}

const STATIC =
  /^(?:import\s+(type\s+)?([^'";]*?)\s*from\s*|import\s+|export\s+(type\s+)?[*{][^'";]*?from\s*)['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g;
const COMMENT_LINE = /^\s*(?:\/\/|\/?\*).*$/gm;

export function readImports({ path, text }: Source): Import[] {
  const code = text.replace(COMMENT_LINE, '');
  const found: Import[] = [];
  for (const [, importsType, clause, exportsType, specifier = ''] of code.matchAll(STATIC)) {
    const typeOnly = importsType !== undefined || exportsType !== undefined;
    found.push({ target: resolveImport(path, specifier), typeOnly, names: localNames(clause ?? '') });
  }
  for (const [, specifier = ''] of code.matchAll(DYNAMIC)) {
    found.push({ target: resolveImport(path, specifier), typeOnly: false, names: [] });
  }
  return found;
}

function resolveImport(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

/** `PQueue, { type A, b as c }` gives PQueue, A and c. */
function localNames(clause: string): string[] {
  return clause
    .replaceAll(/[{}]/g, ',')
    .split(',')
    .map((part) => part.trim().split(/\s+/).at(-1) ?? '')
    .filter((name) => name !== '');
}

/** The package an import names (`discord-api-types` of `discord-api-types/v10`), null for Node's own and for our files. */
export function packageOf(target: string): string | null {
  if (target.startsWith('node:') || /\.tsx?$/.test(target)) return null;
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
}

/** Each chain of files that import one another's values, as `a.ts -> b.ts -> a.ts`. */
export function findCycles(sources: readonly Source[]): string[] {
  const known = new Map(sources.map((source) => [source.path, valueTargets(source)]));
  const settled = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, chain: readonly string[]): void => {
    const start = chain.indexOf(path);
    if (start >= 0) {
      cycles.push([...chain.slice(start), path].join(' -> '));
      return;
    }
    if (settled.has(path)) return;
    for (const target of known.get(path) ?? []) visit(target, [...chain, path]);
    settled.add(path);
  };
  for (const path of known.keys()) visit(path, []);
  return cycles;
}

function valueTargets(source: Source): string[] {
  return readImports(source)
    .filter(({ typeOnly }) => !typeOnly)
    .map(({ target }) => target);
}
