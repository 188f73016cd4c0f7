/** From Replicate's OpenAPI file: "The minimum allowed duration is 5 seconds." */
const SHORTEST_MS = 5_000;
const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000 };

/**
 * Milliseconds in a `Cancel-After` header: `30`, `30s`, `5m`, `1h30m45s`. Returns null for a text that is
 * none of these or is under the minimum.
 */
export function parseCancelAfter(text: string): number | null {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text.trim());
  if (match === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  const ms = Number(hours) * UNIT_MS.h + Number(minutes) * UNIT_MS.m + Number(seconds) * UNIT_MS.s;
  return ms < SHORTEST_MS ? null : ms;
}
