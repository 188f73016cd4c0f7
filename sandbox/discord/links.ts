/**
 * The signed addresses of files. Discord's documentation, "Signed Attachment CDN URLs": `ex` says in hexadecimal
 * seconds until when, `is` since when, `hm` is the signature. What is unsigned, changed or over answers 404.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { SandboxClock } from '../interface.ts';

/** What Discord gives in practice since April 2024; its documentation names no number, readers go by `ex`. */
const LIFE_SECONDS = 86_400;
/** Files in messages, and files that came with an interaction and stand in none. */
const FOLDERS = ['attachments', 'ephemeral-attachments'];

export class Links {
  readonly #clock: SandboxClock;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  readonly #origin: () => string;
  #secret = randomBytes(32);

  constructor(clock: SandboxClock, origin: () => string) {
    this.#clock = clock;
    this.#origin = origin;
  }

  /** A copy with every address of ours signed anew, as each payload of Discord's has it. */
  sign<T>(value: T): T {
    const text = JSON.stringify(value);
    const isNamed = this.#folders().some((folder) => text.includes(folder));
    return (isNamed ? this.#signAny(value) : JSON.parse(text)) as T;
  }

  /** Whether a full address or a path of one is signed by us and not over. */
  isGood(url: string): boolean {
    const { pathname, searchParams } = new URL(url, this.#origin());
    const [ex, is, hm] = ['ex', 'is', 'hm'].map((name) => searchParams.get(name) ?? '');
    if (ex === undefined || is === undefined || hm !== this.#signatureOf(pathname, `${ex}${is}`)) return false;
    return Number.parseInt(ex, 16) * 1000 > this.#clock.now();
  }

  /** Every address given out until now is over. */
  endAll(): void {
    this.#secret = randomBytes(32);
  }

  #folders(): string[] {
    return FOLDERS.map((folder) => `${this.#origin()}/${folder}/`);
  }

  #signAny(value: unknown): unknown {
    if (typeof value === 'string') return this.#isOwn(value) ? this.#signUrl(value) : value;
    if (Array.isArray(value)) return value.map((entry) => this.#signAny(entry));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.#signAny(entry)]));
  }

  #isOwn(url: string): boolean {
    return this.#folders().some((folder) => url.startsWith(folder));
  }

  #signUrl(url: string): string {
    const bare = url.split('?')[0] ?? url;
    const now = Math.floor(this.#clock.now() / 1000);
    const [ex, is] = [(now + LIFE_SECONDS).toString(16), now.toString(16)];
    return `${bare}?ex=${ex}&is=${is}&hm=${this.#signatureOf(new URL(bare).pathname, `${ex}${is}`)}&`;
  }

  #signatureOf(path: string, times: string): string {
    return createHmac('sha256', this.#secret).update(`${path} ${times}`).digest('hex');
  }
}
