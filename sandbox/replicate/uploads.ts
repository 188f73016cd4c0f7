/** Files that were uploaded to be the inputs of predictions, kept for a day (POST /files of Replicate's OpenAPI file). */
import { createHash, randomBytes } from 'node:crypto';
import type { SandboxClock, SandboxUpload } from '../interface.ts';
import { FILE_TOO_LARGE, Problem } from './problem.ts';

export interface Upload {
  readonly id: string;
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly metadata: Record<string, unknown>;
  readonly createdAt: number;
}

/** "Files must be less than 100MB in size". */
export const MOST_UPLOAD_BYTES = 100_000_000;
/** The real service says in each answer when it deletes a file: a day later. */
const KEPT_MS = 24 * 3_600_000;

export class UploadStore {
  readonly #clock: SandboxClock;
  readonly #byId = new Map<string, Upload>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  /** Throws Problem 413. */
  add(file: Pick<Upload, 'bytes' | 'contentType' | 'metadata'>): Upload {
    if (file.bytes.length >= MOST_UPLOAD_BYTES) throw new Problem(FILE_TOO_LARGE);
    const id = randomBytes(13).toString('hex');
    const upload = { id, ...file, createdAt: this.#clock.now() };
    this.#byId.set(id, upload);
    return upload;
  }

  /** undefined: it is not there (any more). */
  find(id: string): Upload | undefined {
    const upload = this.#byId.get(id);
    return upload !== undefined && this.#clock.now() < upload.createdAt + KEPT_MS ? upload : undefined;
  }

  /** Returns whether it was there. */
  delete(id: string): boolean {
    return this.find(id) !== undefined && this.#byId.delete(id);
  }

  /** Oldest first. */
  all(): Upload[] {
    return [...this.#byId.values()].filter(({ id }) => this.find(id) !== undefined);
  }
}

/** The API's file object; `url` ends in /v1. */
export function presentUpload({ id, bytes, contentType, metadata, createdAt }: Upload, url: string): object {
  return {
    id,
    content_type: contentType,
    size: bytes.length,
    checksums: { sha256: createHash('sha256').update(bytes).digest('hex') },
    metadata,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(createdAt + KEPT_MS).toISOString(),
    urls: { get: `${url}/files/${id}` },
  };
}

export function summarizeUpload({ id, bytes, contentType, createdAt }: Upload): SandboxUpload {
  return { id, contentType, size: bytes.length, createdAt };
}
