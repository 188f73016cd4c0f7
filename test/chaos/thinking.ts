/**
 * Whether any message still says that the bot is thinking. Only private answers ever do (`Download`, a page of the
 * gallery that takes long), and of those only what a kill cut off may stay so: nobody else can fill them in.
 */
import type { SandboxMessage } from '../../sandbox/interface.ts';

export interface ThinkingResult {
  messages: number;
  'cut off by a kill': number;
  violations: string[];
}

/** What a handful of files takes to be sent, on a busy machine and past a fault or two. */
const FILLED_IN_WITHIN_MS = 10_000;
/** Of the ids of messages (Discord: reference, "Snowflakes"). */
const EPOCH_MS = 1_420_070_400_000n;
const TIME_BITS = 22n;

export function checkThinking(messages: readonly SandboxMessage[], killedAt: readonly number[]): ThinkingResult {
  const thinking = messages.filter(({ isLoading }) => isLoading);
  const isCutOff = ({ message, ephemeralFor }: SandboxMessage): boolean => {
    const at = Number((BigInt(message.id) >> TIME_BITS) + EPOCH_MS);
    return ephemeralFor !== null && killedAt.some((kill) => kill >= at && kill <= at + FILLED_IN_WITHIN_MS);
  };
  const left = thinking.filter((message) => !isCutOff(message));
  return {
    messages: messages.length,
    'cut off by a kill': thinking.length - left.length,
    violations: left.map(({ message, ephemeralFor }) => {
      const who = ephemeralFor === null ? 'to all' : `to ${ephemeralFor}`;
      return `message ${message.id} (${who}) still says that the bot is thinking.`;
    }),
  };
}
