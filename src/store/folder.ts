/** Folders and files that survive the loss of power. */
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './storage-failure.ts';

/**
 * Creates the folder and those above it that are missing. Not mkdir's own `recursive`: where a parent exists and
 * refuses with ENOENT (as /proc does), Node 20 tries for ever.
 */
export async function createFolder(path: string): Promise<void> {
  try {
    // Most often the parent is there.
    return await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await isFolder(path))) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path || (await isFolder(parent))) throw error;
    await createFolder(parent);
  }
  try {
    await mkdir(path);
  } catch (error) {
    // Someone else may have made it in between.
    if (codeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whatever hides it, mkdir will say.
    return false;
  }
}

/** Writes a new file; its bytes are on the disk when it resolves, its name is once `syncFolder` has run. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Its bytes are on the disk when it resolves, whoever wrote them. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
