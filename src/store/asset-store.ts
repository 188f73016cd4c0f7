/**
 * The files that were made: `<folder>/<job id>/<item>-<index>-<hash><extension>`. The hash in the name means that
 * a file never takes the place of another one, and that the same bytes twice are one file.
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, link, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { AtOnce } from '../jobs/at-once.ts';
import type { Asset } from '../jobs/job.ts';
import { StoreFailure, type AssetStore } from '../jobs/ports.ts';
import { createFolder, syncFile, syncFolder, writeDurably } from './folder.ts';
import { codeOf, toStoreFailure } from './storage-failure.ts';

/** Begins with a dot, which no job id may, and lies on the same disk, so that a rename is one step. */
const TEMPORARY_FOLDER = '.tmp';

const SAFE_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const SAFE_EXTENSION = /^\.[a-z0-9]{1,10}$/;
const SAFE_DERIVED = /^[a-z]{1,32}$/;
const ASSET_FILE = /^[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,128}\.[a-z0-9]{1,10}$/;

/** Item, index, hash and extension of a name that `put` made. */
const NAME_PARTS = /^([A-Za-z0-9_-]{1,64})-(\d+)-([0-9a-f]{16})(\.[a-z0-9]{1,10})$/;
/** Of the files that are handed over as bytes, so that no sniffing is needed. */
const MIME_TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

/** Enough to keep Node's four disk threads busy; hundreds at once would have the database wait behind them. */
const PUTS_AT_ONCE = 8;

/** Hex digits of the hash kept in a file's name. */
const NAME_HASH_LENGTH = 16;

type NewFile = Parameters<AssetStore['put']>[0];

export interface FolderAssetStore extends AssetStore {
  /**
   * The file, or the bytes `start` to `end` of it, without holding it in memory; its size is looked at, its content
   * not. Rejects with StoreFailure when it is gone.
   */
  open(asset: Asset, range: { start: number; end: number } | null): Promise<Readable>;
  /** Whether the file is there in its full size; `read` looks at its content too. */
  has(asset: Asset): Promise<boolean>;
  /** The folders whose name begins so, in no order: each is of a job, or of a draft. Rejects with StoreFailure. */
  listFolders(prefix: string): Promise<string[]>;
}

/**
 * Creates the folder, proves that it can be written, and removes temporary files that a crash left.
 * Rejects with StoreFailure.
 */
export async function openAssetStore({ folder }: { folder: string }): Promise<FolderAssetStore> {
  const root = resolve(folder);
  const temporary = join(root, TEMPORARY_FOLDER);
  try {
    await createFolder(root);
    await rm(temporary, { recursive: true, force: true });
    await createFolder(temporary);
    const probe = join(temporary, 'probe');
    await writeDurably(probe, Buffer.from('probe'));
    await rm(probe);
  } catch (error) {
    throw await toStoreFailure(error, root);
  }
  return new DiskAssetStore(root, temporary);
}

class DiskAssetStore implements FolderAssetStore {
  readonly #root: string;
  readonly #temporary: string;
  readonly #rootSync = new SharedSync();
  readonly #queue = new AtOnce(PUTS_AT_ONCE);

  constructor(root: string, temporary: string) {
    this.#root = root;
    this.#temporary = temporary;
  }

  async put(file: NewFile): Promise<Asset> {
    const asset = await this.#queue.run(() => this.#putNow(file));
    try {
      // The job folder's own name is durable once its parent is.
      await this.#rootSync.run(() => syncFolder(this.#root));
    } catch (error) {
      throw await toStoreFailure(error, this.#root);
    }
    return asset;
  }

  async #putNow(file: NewFile): Promise<Asset> {
    const sha256 = hashOf(file.bytes);
    const name = fileName(file, sha256);
    const jobFolder = join(this.#root, file.jobId);
    const temporary = join(this.#temporary, randomUUID());
    try {
      await createFolder(jobFolder);
      await writeDurably(temporary, file.bytes);
      await rename(temporary, join(jobFolder, name));
      // A name is durable only once its folder is.
      await syncFolder(jobFolder);
    } catch (error) {
      // What cannot be removed now is removed at the next start.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw await toStoreFailure(error, join(jobFolder, name));
    }
    return {
      file: `${file.jobId}/${name}`,
      mimeType: file.mimeType,
      extension: file.extension,
      bytes: file.bytes.byteLength,
      sha256,
    };
  }

  async read(asset: Asset): Promise<Buffer> {
    const path = this.#pathOf(asset);
    const bytes = await readWhole(path);
    if (bytes.byteLength !== asset.bytes || hashOf(bytes) !== asset.sha256) {
      throw new StoreFailure(
        `${path} is not the file that was saved (expected ${asset.bytes} bytes and their hash, got ${bytes.byteLength} bytes): restore it from a backup.`,
      );
    }
    return bytes;
  }

  /** A second name for the same file where the disk has such names; a copy elsewhere. */
  async adopt(asset: Asset, to: { jobId: string; item: string; index: number }): Promise<Asset> {
    const name = fileName({ ...to, extension: asset.extension }, asset.sha256);
    const jobFolder = join(this.#root, to.jobId);
    const path = join(jobFolder, name);
    const source = this.#pathOf(asset);
    try {
      await createFolder(jobFolder);
      await link(source, path).catch(async (error: unknown) => {
        if (codeOf(error) === 'EEXIST') return;
        if (codeOf(error) === 'ENOENT') throw error;
        await this.#copy(source, path);
      });
      await syncFolder(jobFolder);
      await this.#rootSync.run(() => syncFolder(this.#root));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw goneFile(source, error);
      throw await toStoreFailure(error, path);
    }
    return { ...asset, file: `${to.jobId}/${name}` };
  }

  async #copy(source: string, path: string): Promise<void> {
    const temporary = join(this.#temporary, randomUUID());
    try {
      await copyFile(source, temporary);
      await syncFile(temporary);
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Not durable: what is lost is made again. Its second dot keeps it out of `findAll`. */
  async derive(asset: Asset, name: string, make: (bytes: Buffer) => Promise<Uint8Array>): Promise<Buffer> {
    if (!SAFE_DERIVED.test(name)) throw new Error(`Expected the name of what is derived to be a to z, got ${name}.`);
    const path = `${this.#pathOf(asset)}.${name}`;
    try {
      return await readFile(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw await toStoreFailure(error, path);
    }
    const made = Buffer.from(await make(await this.read(asset)));
    const temporary = join(this.#temporary, randomUUID());
    // Without room for it, it is made anew each time.
    await writeFile(temporary, made)
      .then(() => rename(temporary, path))
      .catch(() => rm(temporary, { force: true }).catch(() => undefined));
    return made;
  }

  async findAll(jobId: string, item: string): Promise<Asset[]> {
    if (!SAFE_NAME.test(jobId)) return [];
    const jobFolder = join(this.#root, jobId);
    const names = await readdir(jobFolder).catch(async (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw await toStoreFailure(error, jobFolder);
    });
    const found: { index: number; asset: Asset }[] = [];
    for (const name of names) {
      const [, named, index, hash, extension = ''] = NAME_PARTS.exec(name) ?? [];
      const mimeType = MIME_TYPES[extension];
      if (named !== item || mimeType === undefined) continue;
      const bytes = await readWhole(join(jobFolder, name));
      const sha256 = hashOf(bytes);
      if (!sha256.startsWith(hash ?? '')) continue;
      const asset = { file: `${jobId}/${name}`, mimeType, extension, bytes: bytes.byteLength, sha256 };
      found.push({ index: Number(index), asset });
    }
    return found.toSorted((one, other) => one.index - other.index).map(({ asset }) => asset);
  }

  async measureFree(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.#root);
      return bavail * bsize;
    } catch (error) {
      throw await toStoreFailure(error, this.#root);
    }
  }

  /** `put` takes no unsafe name, so there is nothing to delete under one. */
  async removeAll(jobId: string): Promise<void> {
    if (!SAFE_NAME.test(jobId)) return;
    const jobFolder = join(this.#root, jobId);
    try {
      await rm(jobFolder, { recursive: true });
      await syncFolder(this.#root);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw await toStoreFailure(error, jobFolder);
    }
  }

  async open(asset: Asset, range: { start: number; end: number } | null): Promise<Readable> {
    const path = this.#pathOf(asset);
    const handle = await open(path).catch(async (error: unknown) => {
      throw codeOf(error) === 'ENOENT' ? goneFile(path, error) : await toStoreFailure(error, path);
    });
    const { size } = await handle.stat().catch(() => ({ size: -1 }));
    if (size === asset.bytes) return handle.createReadStream(range ?? {});
    await handle.close();
    throw new StoreFailure(
      `${path} is not the file that was saved (expected ${asset.bytes} bytes, got ${size}): restore it from a backup.`,
    );
  }

  async has(asset: Asset): Promise<boolean> {
    const path = this.#pathOf(asset);
    try {
      const found = await stat(path);
      return found.isFile() && found.size === asset.bytes;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw await toStoreFailure(error, path);
    }
  }

  async listFolders(prefix: string): Promise<string[]> {
    try {
      return (await readdir(this.#root)).filter((name) => SAFE_NAME.test(name) && name.startsWith(prefix));
    } catch (error) {
      throw await toStoreFailure(error, this.#root);
    }
  }

  /** A record can be edited by hand: what it names must still lie in the folder. */
  #pathOf(asset: Asset): string {
    if (!ASSET_FILE.test(asset.file)) {
      throw new StoreFailure(
        `Expected an asset's file to be job/name.extension, got ${JSON.stringify(asset.file.slice(0, 200))}: it was not read.`,
      );
    }
    return join(this.#root, asset.file);
  }
}

/** One sync of a folder for all who wait for one: each gets one that began after it asked. */
class SharedSync {
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  run(sync: () => Promise<void>): Promise<void> {
    if (this.#running === null) return (this.#running = sync().finally(() => (this.#running = null)));
    const underWay = this.#running.catch(() => undefined);
    return (this.#next ??= underWay.then(() => {
      this.#next = null;
      return this.run(sync);
    }));
  }
}

function goneFile(path: string, cause: unknown): StoreFailure {
  return new StoreFailure(`${path} is gone: restore it from a backup, or make the picture again.`, { cause });
}

function fileName({ jobId, item, index, extension }: Omit<NewFile, 'bytes' | 'mimeType'>, sha256: string): string {
  const isSafe = SAFE_NAME.test(jobId) && SAFE_NAME.test(item) && SAFE_EXTENSION.test(extension);
  if (!isSafe || !Number.isSafeInteger(index) || index < 0) {
    const found = JSON.stringify({ jobId, item, index, extension }).slice(0, 200);
    throw new StoreFailure(
      `Expected a file's job and item to be 1 to 64 of A-Z a-z 0-9 _ -, its index a whole number, and its extension like .png, got ${found}: it was not saved.`,
    );
  }
  return `${item}-${index}-${sha256.slice(0, NAME_HASH_LENGTH)}${extension}`;
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw await toStoreFailure(error, path);
    throw goneFile(path, error);
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
