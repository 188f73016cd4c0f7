import type { SandboxClock } from '../interface.ts';

const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** Makes ids as Discord does: the clock's milliseconds since 2015 above 22 bits of counter, always rising. */
export function createSnowflakes(clock: SandboxClock): () => string {
  let last = 0n;
  return () => {
    const earliest = BigInt(Math.floor(clock.now()) - DISCORD_EPOCH_MS) << 22n;
    last = earliest > last ? earliest : last + 1n;
    return String(last);
  };
}

/** When the id was made, in milliseconds. */
export function timestampOf(snowflake: string): number {
  return Number(BigInt(snowflake) >> 22n) + DISCORD_EPOCH_MS;
}
