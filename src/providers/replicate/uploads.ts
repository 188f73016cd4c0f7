/** Which picture was uploaded under an address: each upload has another, and the service tells the hash of what it got. */
import { createHash } from 'node:crypto';
import { type ReplicateApi, HttpFailure } from './api.ts';

export interface UploadsOptions {
  api: ReplicateApi;
  /** Ends in a slash. */
  baseUrl: URL;
  timeoutMs: number;
}

const HASH = /^[0-9a-f]{64}$/i;
const ID = /^[\w-]{1,100}$/;
/** An upload never changes. */
const MOST_KEPT = 500;

export class Uploads {
  readonly #options: UploadsOptions;
  /** By id. null: the service does not tell. */
  readonly #hashes = new Map<string, string | null>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /**
   * Whether another picture than this is under the address. false where it is not one of our uploads, or no longer
   * there. Throws ProviderFailure where the service may tell another time.
   */
  async isOther(address: string, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const folder = `${this.#options.baseUrl.href}files/`;
    const id = address.startsWith(folder) ? address.slice(folder.length) : '';
    if (!ID.test(id)) return false;
    const hash = this.#hashes.get(id) ?? (await this.#ask(id, signal));
    return hash !== null && hash !== createHash('sha256').update(bytes).digest('hex');
  }

  async #ask(id: string, signal: AbortSignal): Promise<string | null> {
    const { api, timeoutMs } = this.#options;
    const body = await api.call({ route: `/files/${id}`, timeoutMs, signal }).catch((error: unknown) => {
      const isRefused = error instanceof HttpFailure && error.status < 500 && error.status !== 429;
      if (isRefused) return null;
      throw error;
    });
    const told = ((body ?? {}) as { checksums?: { sha256?: unknown } | null }).checksums?.sha256;
    const hash = typeof told === 'string' && HASH.test(told) ? told.toLowerCase() : null;
    this.#hashes.set(id, hash);
    const oldest = this.#hashes.keys().next().value;
    if (this.#hashes.size > MOST_KEPT && oldest !== undefined) this.#hashes.delete(oldest);
    return hash;
  }
}
