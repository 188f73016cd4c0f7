/** What fetch throws when the network failed, told apart from a bug. */

/** With one of these nothing was sent: no connection came to be. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export interface NetworkError {
  /** `ECONNRESET`, `UND_ERR_SOCKET`, `CERT_HAS_EXPIRED`; null when none was given. */
  code: string | null;
  /** Certain that the other side got nothing. */
  isUnsent: boolean;
}

/** null: not an error of the network. */
export function readNetworkError(error: unknown): NetworkError | null {
  if (!(error instanceof TypeError)) return null;
  const code = codeOf(error.cause);
  // undici's only words for a failed exchange and for a body that was cut.
  if (error.message !== 'fetch failed' && error.message !== 'terminated') return null;
  return { code, isUnsent: isUnsent(error.cause) };
}

function isUnsent(cause: unknown): boolean {
  // One error for each address that was tried.
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.every(isUnsent);
  const code = codeOf(cause);
  return code !== null && (NEVER_CONNECTED.has(code) || /CERT|TLS|SSL/.test(code));
}

function codeOf(cause: unknown): string | null {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : null;
}
