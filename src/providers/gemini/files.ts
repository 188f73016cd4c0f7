/** Files that the API keeps for what it made. */

/** Where the API is without a proxy before it. */
export const GOOGLE = 'https://generativelanguage.googleapis.com';

/** The client's own version, which it puts behind the base address. */
const VERSION = 'v1beta';

/** `files/abc` of a name or an address; null when it is no file of the API. */
export function readFileName(address: string): string | null {
  return /(?:^|\/)(files\/[\w-]+)(?::download)?(?:\?.*)?$/.exec(address)?.[1] ?? null;
}

/**
 * Where the bytes are. A video is told as an address for its bytes, as one of what is known about it, or by its name
 * alone; and behind a proxy it may still be one on Google's own host, for which the proxy's key is none.
 */
export function toDownloadAddress(address: string, baseUrl: URL): string {
  const own = baseUrl.href.replace(/\/$/, '');
  const whole = address.startsWith('files/')
    ? `${own}/${VERSION}/${address}`
    : address.startsWith(`${GOOGLE}/`)
      ? `${own}${address.slice(GOOGLE.length)}`
      : address;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || url.origin !== baseUrl.origin || readFileName(url.pathname) === null) return whole;
  if (!url.pathname.endsWith(':download')) url.pathname += ':download';
  url.searchParams.set('alt', 'media');
  return url.href;
}
