/** The files of this repository as they lie here, whether or not git is at hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './imports.ts';

export const root = join(import.meta.dirname, '..', '..');

/** What .gitignore leaves out, at the top level. */
const NOT_OURS = ['.git', '.env', 'node_modules', 'dist', 'data'];

/** The paths of all files from the package's root, with forward slashes, in order. */
export function listFiles(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.includes(name) && !name.endsWith('.log'))
    .flatMap((entry) => (entry.isDirectory() ? listFolder(entry.name) : [entry.name]))
    .toSorted();
}

function listFolder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.log'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    );
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every TypeScript file of src, commands, sandbox and test. */
export function readSources(): Source[] {
  return listFiles()
    .filter((path) => /^(?:src|commands|sandbox|test)\/.*\.tsx?$/.test(path))
    .map((path) => ({ path, text: readRepositoryFile(path) }));
}
