/** Discord's ids carry their time in milliseconds since 2015 (reference, "Snowflakes"). */

const EPOCH_MS = 1_420_070_400_000;
const TIME_SHIFT = 22n;

/** null for what is no id of Discord's. */
export function timeOfId(id: string): number | null {
  return /^\d{15,21}$/.test(id) ? Number(BigInt(id) >> TIME_SHIFT) + EPOCH_MS : null;
}

/** Lower than every id given from then on. */
export function firstIdAt(ms: number): string {
  return String(BigInt(Math.max(0, Math.floor(ms - EPOCH_MS))) << TIME_SHIFT);
}
