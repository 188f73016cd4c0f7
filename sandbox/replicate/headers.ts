/** The request headers that say how a create is to be treated. */
import { badRequest, Problem } from './problem.ts';

/** From Replicate's OpenAPI file: "The minimum allowed duration is 5 seconds." */
const SHORTEST_MS = 5_000;
const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000 };

/** `Prefer: wait` holds an answer for 60 s at most. */
const LONGEST_WAIT_MS = 60_000;

/** `text` as sent. Null without the header; throws Problem 400 for one that is not understood. */
export function readCancelAfter(header: string | string[] | undefined): { text: string; ms: number } | null {
  if (header === undefined) return null;
  const text = String(header);
  const ms = parseCancelAfter(text);
  if (ms === null) {
    throw new Problem(
      badRequest(
        `Invalid Cancel-After header: expected a duration of at least 5 seconds like 30s, 5m or 1h30m, got ${text}.`,
      ),
    );
  }
  return { text, ms };
}

/** `wait` is 60 seconds, `wait=n` is n of them; anything else does not wait. */
export function readWaitMs(header: string | string[] | undefined): number {
  const match = /^wait(?:=(\d{1,2}))?$/.exec(String(header ?? ''));
  if (match === null) return 0;
  return match[1] === undefined ? LONGEST_WAIT_MS : Math.min(LONGEST_WAIT_MS, Number(match[1]) * 1000);
}

/**
 * Milliseconds in a `Cancel-After` header: `30`, `30s`, `5m`, `1h30m45s`. Returns null for a text that is
 * none of these or is under the minimum.
 */
function parseCancelAfter(text: string): number | null {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text.trim());
  if (match === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  const ms = Number(hours) * UNIT_MS.h + Number(minutes) * UNIT_MS.m + Number(seconds) * UNIT_MS.s;
  return ms < SHORTEST_MS ? null : ms;
}
