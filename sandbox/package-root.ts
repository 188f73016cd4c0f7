import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json above this file, wherever it was compiled to. */
export const packageRoot = findPackageRoot(import.meta.dirname);

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  if (dirname(folder) === folder)
    throw new Error(`Expected a package.json in or above ${import.meta.dirname}, found none.`);
  return findPackageRoot(dirname(folder));
}
