/**
 * Addresses of originals that end: signed with a key of this bot's own, each for one file and one moment. Whoever
 * has one may fetch that file until then, and nothing else; there is no list of them, and nothing to revoke but the
 * file.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface LinkedFile {
  jobId: string;
  /** Of the file in the folder of its job. */
  name: string;
}

/** What an address says of itself, as it came: anybody may have written it. */
export interface LinkClaim extends LinkedFile {
  query: URLSearchParams;
}

export type LinkVerdict = 'valid' | 'expired' | 'forged';

/** Below PUBLIC_URL. */
export const FILES_PATH = '/files';
const SAFE_JOB = /^[A-Za-z0-9_-]{1,64}$/;
const SAFE_NAME = /^[A-Za-z0-9_-]{1,128}\.[a-z0-9]{1,10}$/;
/** In seconds since 1970. */
const MOMENT = /^[1-9]\d{0,10}$/;

export class FileLinks {
  readonly #publicUrl: string;
  readonly #key: Buffer;

  /** `secret`: of this store; the key is another one, made from it. */
  constructor({ publicUrl, secret }: { publicUrl: string; secret: string }) {
    this.#publicUrl = publicUrl;
    this.#key = createHmac('sha256', secret).update('links to files').digest();
  }

  /** `expiresAt` in milliseconds since 1970; whole seconds of it count. */
  create({ jobId, name }: LinkedFile, expiresAt: number): string {
    const until = String(Math.floor(expiresAt / 1_000));
    const query = new URLSearchParams({ until, key: this.#sign(jobId, name, until) });
    return `${this.#publicUrl}${FILES_PATH}/${jobId}/${name}?${query.toString()}`;
  }

  /** `now` in milliseconds since 1970. What is not signed is forged, however old it says it is. */
  check({ jobId, name, query }: LinkClaim, now: number): LinkVerdict {
    const until = readOnly(query, 'until');
    const key = readOnly(query, 'key');
    if (until === null || key === null || !MOMENT.test(until)) return 'forged';
    if (!SAFE_JOB.test(jobId) || !SAFE_NAME.test(name)) return 'forged';
    if (!isSame(key, this.#sign(jobId, name, until))) return 'forged';
    return now < Number(until) * 1_000 ? 'valid' : 'expired';
  }

  #sign(jobId: string, name: string, until: string): string {
    return createHmac('sha256', this.#key).update(`${jobId}/${name}\n${until}`).digest('base64url');
  }
}

/** null when it is absent, or there twice: which of them was signed? */
function readOnly(query: URLSearchParams, name: string): string | null {
  const [value, ...more] = query.getAll(name);
  return value !== undefined && more.length === 0 ? value : null;
}

/** As text: two spellings of the same bytes are two keys. Takes equally long whatever differs, but for the length. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
