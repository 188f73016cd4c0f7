/** The `Retry-After` header. */

/** In milliseconds from `now`; null for a header that is missing or says neither seconds nor a date. */
export function readRetryAfterMs(value: string | null, now: number): number | null {
  if (value === null || value.trim() === '') return null;
  const seconds = Number(value);
  // A number is never read as a date: `32` would be the year 2032.
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null;
}
