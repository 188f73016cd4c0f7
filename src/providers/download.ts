/**
 * Fetches one output file: from allowed hosts only, each redirect checked again, limited in size and time,
 * and believed only by its bytes. What arrives is safe to decode as far as its size goes.
 */
import { failure, type Failure } from '../jobs/job.ts';
import { callWithin, CallTimedOut } from './call.ts';
import { sniffMedia } from './media-type.ts';
import { readNetworkError } from './network-error.ts';
import { isCut, refusePixels } from './pixels.ts';
import { type FetchedFile, ProviderFailure } from './provider.ts';
import { readRetryAfterMs } from './retry-after.ts';

export interface AllowedHost {
  /** `replicate.delivery`, or `*.replicate.delivery` for everything below it. Any port. */
  name: string;
  /** Whether `http:` will do; `https:` always does. */
  isPlainAllowed: boolean;
}

export interface DownloadOptions {
  allowedHosts: readonly AllowedHost[];
  signal: AbortSignal;
  /** Default 200 MiB. */
  maxBytes?: number;
  /** For the whole transfer with its redirects; default 60 s. */
  timeoutMs?: number;
  fetch?: typeof fetch;
  /** Headers for one address, asked again at each redirect: a key must not follow to another host. */
  headersFor?: (url: URL) => Record<string, string>;
}

const DEFAULT_MAX_BYTES = 200 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;
const MOST_REDIRECTS = 5;
const PAGE_RETRIES = 3;
const CUT = { mostRetries: PAGE_RETRIES, providerStatus: 'cut before its end' };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Resolves with the file of an http, https or data address. Throws ProviderFailure: `retry` for what a second
 * fetch may mend (network, 5xx, a body that was cut), `give-up` for what is gone, refused, or too large in bytes or
 * pixels; and the signal's reason when it aborts.
 */
export async function downloadFile(url: string, options: DownloadOptions): Promise<FetchedFile> {
  const bytes = await downloadBytes(url, options);
  const file = await sniffMedia(bytes);
  // A page of a proxy, or nothing at all, may stand where the picture is a moment later.
  if (file === undefined) throw refuse('not a picture or video', url.startsWith('data:') ? 0 : PAGE_RETRIES);
  const refused = file.mimeType.startsWith('image/') ? await refusePixels(file) : null;
  if (refused !== null) throw new ProviderFailure(refused);
  if (isCut(file)) throw new ProviderFailure(failure('network', 'retry', CUT));
  return file;
}

/** As `downloadFile`, whatever it is that arrives: the bytes may be none, and safe for nothing but being looked at. */
export async function downloadBytes(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (url.startsWith('data:')) return readDataUrl(url, options.maxBytes ?? DEFAULT_MAX_BYTES);
  return callWithin({ timeoutMs, signal }, (limited) => fetchBytes(url, { ...options, signal: limited })).catch(
    (error: unknown) => rethrow(error, signal),
  );
}

/** Whether files of a service with this base address may come from `url`. */
export function isAllowedHost(url: URL, allowedHosts: readonly AllowedHost[]): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  // fetch takes no address with a name in it.
  if (url.username !== '' || url.password !== '') return false;
  return allowedHosts.some(
    ({ name, isPlainAllowed }) => (url.protocol === 'https:' || isPlainAllowed) && isSameHost(url.hostname, name),
  );
}

function isSameHost(hostname: string, name: string): boolean {
  if (name.startsWith('*.')) return hostname.endsWith(name.slice(1));
  // This machine has several names for itself, and a service on it may use any.
  return hostname === name || (LOOPBACK.test(hostname) && LOOPBACK.test(name));
}

async function fetchBytes(address: string, options: DownloadOptions): Promise<Uint8Array> {
  const { allowedHosts, maxBytes = DEFAULT_MAX_BYTES, headersFor = () => ({}), signal } = options;
  const fetchOnce = options.fetch ?? fetch;
  let url = parseUrl(address);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    if (!isAllowedHost(url, allowedHosts)) throw refuse(`host ${url.hostname}`);
    // Lengths can be compared only when nothing is packed on the way.
    const headers = { 'accept-encoding': 'identity', ...headersFor(url) };
    const response = await fetchOnce(url, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) return readBody(response, maxBytes);
    await response.body?.cancel();
    url = parseUrl(location, url);
  }
  throw refuse(`more than ${MOST_REDIRECTS} redirects`);
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const announced = readLength(response);
  if (!response.ok || response.body === null || (announced ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw new ProviderFailure(response.ok && response.body !== null ? TOO_LARGE : classifyFileStatus(response));
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (length > maxBytes) throw new ProviderFailure(TOO_LARGE);
    chunks.push(chunk);
  }
  if (announced !== null && length !== announced)
    throw new ProviderFailure(
      failure('network', 'retry', { providerStatus: `cut at ${length} of ${announced} bytes` }),
    );
  return Buffer.concat(chunks, length);
}

const TOO_LARGE = failure('file-too-large', 'give-up');

/** null where the length says nothing about the bytes we get. */
function readLength(response: Response): number | null {
  const length = response.headers.get('content-length');
  return length === null || !/^\d+$/.test(length) || response.headers.has('content-encoding') ? null : Number(length);
}

function classifyFileStatus({ status, headers }: Response): Failure {
  const providerStatus = `file HTTP ${status}`;
  if (status === 429) {
    const retryAfterMs = readRetryAfterMs(headers.get('retry-after'), Date.now());
    return failure('rate-limit', 'retry', { providerStatus, retryAfterMs });
  }
  if (status >= 500 || status === 408) return failure('provider-error', 'retry', { providerStatus });
  return failure(status >= 400 ? 'file-gone' : 'file-refused', 'give-up', { providerStatus });
}

function readDataUrl(url: string, maxBytes: number): Uint8Array {
  const comma = url.indexOf(',');
  if (comma === -1) throw refuse('broken data address');
  const body = url.slice(comma + 1);
  const isBase64 = /;\s*base64$/i.test(url.slice(0, comma));
  if (body.length * (isBase64 ? 0.75 : 1 / 3) > maxBytes) throw new ProviderFailure(TOO_LARGE);
  const bytes = isBase64 ? Buffer.from(body, 'base64') : decodePercent(body);
  if (bytes.length > maxBytes) throw new ProviderFailure(TOO_LARGE);
  return bytes;
}

function decodePercent(text: string): Buffer {
  const binary = text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(binary, 'latin1');
}

function parseUrl(address: string, base?: URL): URL {
  try {
    return new URL(address, base);
  } catch {
    throw refuse('broken address');
  }
}

/** Why is for the log; an address itself may be a signed one and is never told. */
function refuse(why: string, mostRetries = 0): ProviderFailure {
  const providerStatus = `file refused: ${why}`;
  if (mostRetries === 0) return new ProviderFailure(failure('file-refused', 'give-up', { providerStatus }));
  return new ProviderFailure(failure('file-refused', 'retry', { mostRetries, providerStatus }));
}

function rethrow(error: unknown, signal: AbortSignal): never {
  if (signal.aborted || error instanceof ProviderFailure) throw error;
  if (error instanceof CallTimedOut)
    throw new ProviderFailure(failure('network', 'retry', { providerStatus: 'file timed out' }));
  const network = readNetworkError(error);
  if (network === null) throw error;
  throw new ProviderFailure(failure('network', 'retry', { providerStatus: network.code }));
}
