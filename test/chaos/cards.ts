/** Reads what a card says from the message alone, as a member would. */
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { parseCustomId, type DetailsAction, type JobAction } from '../../src/discord/custom-id.ts';
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

/** Of the private answer to `Details`, which names a job and is no card. */
const ELSEWHERE: ReadonlySet<JobAction> = new Set<DetailsAction>(['delete', 'delete-now', 'keep']);

/** null: the message is no card. */
export function readCard({ message, ephemeralFor }: SandboxMessage): SeenCard | null {
  const ids = [...JSON.stringify(message.components ?? []).matchAll(/"custom_id":"([^"]+)"/g)];
  const jobId = ids.map(([, id = '']) => readJobId(id)).find((id) => id !== null) ?? null;
  if (jobId === null) return null;
  const [, word = ''] = /^### ([^·\n]+?)\s*(?:·|$)/m.exec(textOf(message)) ?? [];
  return { messageId: message.id, jobId, word, isPrivate: ephemeralFor !== null };
}

/** null: not of a card's button. */
function readJobId(customId: string): string | null {
  const id = parseCustomId(customId);
  return id === null || ELSEWHERE.has(id.action) ? null : id.jobId;
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
