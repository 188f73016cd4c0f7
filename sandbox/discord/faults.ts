import type { DiscordFault } from '../interface.ts';
import { DiscordError } from './errors.ts';

const PHRASES: Readonly<Record<number, string>> = {
  400: '400: Bad Request',
  401: '401: Unauthorized',
  403: '403: Forbidden',
  404: '404: Not Found',
  429: 'You are being rate limited.',
  500: '500: Internal Server Error',
  502: '502: Bad Gateway',
  503: '503: Service Unavailable',
};

/** Faults in the order they were added; each is used up by the calls it fits. */
export class Faults {
  #armed: DiscordFault[] = [];

  add(fault: DiscordFault): void {
    this.#armed.push({ ...fault });
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault that this call meets, or undefined. `path` without `/api/v10` and without the query. */
  take(method: string, path: string): DiscordFault['kind'] | undefined {
    const fault = this.#armed.find(
      (armed) =>
        armed.times > 0 &&
        (armed.method === '*' || armed.method.toUpperCase() === method) &&
        path.search(armed.route) !== -1,
    );
    if (!fault) return undefined;
    fault.times -= 1;
    this.#armed = this.#armed.filter((armed) => armed.times > 0);
    return fault.kind;
  }
}

/** The page that Cloudflare shows in Discord's place. */
export const GUARD_PAGE =
  '<!doctype html><title>Access denied | discord.com used Cloudflare to restrict access</title>';

export function toError(kind: Exclude<DiscordFault['kind'], string>): DiscordError {
  const message = kind.message ?? PHRASES[kind.status] ?? `${kind.status}: Error`;
  const seconds = kind.retryAfterSeconds ?? (kind.status === 429 ? 1 : undefined);
  if (kind.isHtml === true) {
    const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) };
    return new DiscordError(kind.status, 0, message, { headers });
  }
  if (seconds === undefined) return new DiscordError(kind.status, kind.code ?? 0, message);
  return new DiscordError(kind.status, kind.code ?? 0, message, {
    headers: { 'retry-after': String(seconds), 'x-ratelimit-scope': 'user' },
    extra: { retry_after: seconds, global: false },
  });
}
