/** Several files as one. They are stored as they are: pictures and videos are compressed already. */
import { zipSync } from 'fflate';

export interface ZipEntry {
  name: string;
  data: Uint8Array;
}

/** Of the archive's own tables for each file, beside its name, which stands there twice (PKWARE APPNOTE 4.3: 30 + 46). */
const TABLE_BYTES = 76;
const END_BYTES = 22;

/** Names are UTF-8. `modifiedAt` in milliseconds since 1970: the time each file bears. */
export function zipFiles(entries: readonly ZipEntry[], modifiedAt: number): Uint8Array {
  return zipSync(Object.fromEntries(entries.map(({ name, data }) => [name, data])), { level: 0, mtime: modifiedAt });
}

/** How large `zipFiles` makes it. */
export function measureZip(files: readonly { name: string; bytes: number }[]): number {
  return files.reduce((sum, { name, bytes }) => sum + bytes + TABLE_BYTES + 2 * Buffer.byteLength(name), END_BYTES);
}
