/** Reads what a card says from the message alone, as a member would. */
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { parseCustomId } from '../../src/discord/custom-id.ts';
import { textOf } from '../end-to-end/world.ts';

export interface SeenCard {
  messageId: string;
  /** The job its buttons name. */
  jobId: string;
  /** The status word it begins with. */
  word: string;
  isPrivate: boolean;
}

export const FINAL_WORDS: ReadonlySet<string> = new Set(['Done', 'Partly done', 'Failed', 'Cancelled']);

/** null: the message is no card. */
export function readCard({ message, ephemeralFor }: SandboxMessage): SeenCard | null {
  const ids = [...JSON.stringify(message.components ?? []).matchAll(/"custom_id":"([^"]+)"/g)];
  const jobId = ids.map(([, id = '']) => parseCustomId(id)?.jobId).find((id) => id !== undefined);
  if (jobId === undefined) return null;
  const [, word = ''] = /^### ([^·\n]+?)\s*(?:·|$)/m.exec(textOf(message)) ?? [];
  return { messageId: message.id, jobId, word, isPrivate: ephemeralFor !== null };
}

/** Every message of the first channel, each once, whoever sees it. */
export function readChannel({ discord }: Sandbox, viewers: readonly string[]): SandboxMessage[] {
  const channelId = discord.guilds[0]?.channels[0]?.id ?? '';
  const all = new Map<string, SandboxMessage>();
  for (const viewer of viewers) {
    for (const seen of discord.messages(channelId, viewer)) all.set(seen.message.id, seen);
  }
  return [...all.values()];
}
