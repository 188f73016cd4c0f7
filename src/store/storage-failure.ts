/** What a disk or SQLite refused, as one sentence for the owner. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreFailure } from '../jobs/ports.ts';

/** SQLite reports a full disk also as a plain I/O error (its shared memory file); below this the disk is the reason. */
const FULL_DISK_BYTES = 256 * 1024;

const FULL = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT']);
const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);
const BUSY = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL']);
const FORBIDDEN = new Set([
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  'SQLITE_PERM',
  'ENOENT',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENAMETOOLONG',
]);

/**
 * Turns what the disk or SQLite threw at `path` (a file or a folder) into a StoreFailure that keeps it as `cause`.
 * A StoreFailure is passed through.
 */
export async function toStoreFailure(error: unknown, path: string): Promise<StoreFailure> {
  if (error instanceof StoreFailure) return error;
  const code = codeOf(error);
  const isFull = FULL.has(code) || (isInputOutputError(code) && (await isDiskFull(path)));
  return new StoreFailure(isFull ? fullDisk(path) : sentence(code, error, path), { cause: error });
}

/** `reason` is what SQLite's own check said. */
export function damagedFile(path: string, reason: string, cause?: unknown): StoreFailure {
  return new StoreFailure(damaged(path, reason), { cause });
}

function sentence(code: string, error: unknown, path: string): string {
  if (DAMAGED.has(code)) return damaged(path, code);
  if (BUSY.has(code)) {
    return `Another Darkroom already uses ${path}: stop that one first, or give this one its own STORE_URL.`;
  }
  if (FORBIDDEN.has(code)) {
    return `Expected to create and write ${path}, but the system refused (${code}): check that its folder exists, is a folder, and may be written by this user.`;
  }
  if (code === 'SQLITE_MISUSE')
    return `${path} was already closed, so nothing more can be read from it or saved in it.`;
  const found = code === '' ? messageOf(error) : code;
  return `The disk refused to read or write ${path} (${found}): check the disk and its limits, then try again.`;
}

function damaged(path: string, reason: string): string {
  return `${path} is damaged or is not a Darkroom data file (${reason}); it was left as it is: restore a backup of it, or move it away to start with an empty one.`;
}

function fullDisk(path: string): string {
  return `The disk is full, so ${path} could not be written: free some space and try again.`;
}

function isInputOutputError(code: string): boolean {
  return code === 'SQLITE_IOERR' || code === 'SQLITE_CANTOPEN' || code === 'EIO';
}

async function isDiskFull(path: string): Promise<boolean> {
  try {
    const disk = await statfs(dirname(path));
    // Pseudo file systems such as /proc have no blocks at all; that is not a full disk.
    return disk.blocks > 0 && disk.bavail * disk.bsize < FULL_DISK_BYTES;
  } catch {
    // The folder cannot even be asked: the first error says more than this one.
    return false;
  }
}

export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
