/** Reads what a card says from the message alone, as a member would. */
import type { APIMessage } from 'discord-api-types/v10';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { parseCustomId, type DetailsAction, type JobAction } from '../../src/discord/custom-id.ts';
import { parseGalleryId } from '../../src/discord/gallery-id.ts';
import { en } from '../../src/locales/en.ts';
import { buttonsOf, picturesOf, textOf } from '../end-to-end/world.ts';
import { selectsOf } from './selects.ts';

export interface SeenCard {
  messageId: string;
  /** The job its buttons name. */
  jobId: string;
  /** The status word it begins with. */
  word: string;
  /** Pictures and videos on it. */
  media: number;
  isPrivate: boolean;
}

export const FINAL_WORDS: ReadonlySet<string> = new Set(['Done', 'Partly done', 'Failed', 'Cancelled']);

const COMING = (['image', 'video'] as const).flatMap((kind) => [1, 2].map((files) => en.show.coming(kind, files)));

/** Of the private answer to `Details`, which names a job and is no card. */
const ELSEWHERE: ReadonlySet<JobAction> = new Set<DetailsAction>(['delete', 'delete-now', 'keep']);

/** null: the message is no card. */
export function readCard({ message, ephemeralFor }: SandboxMessage): SeenCard | null {
  const ids = listCustomIds(message);
  // A job opened in the gallery has buttons of its card, and a select may be about one.
  if (ids.some((id) => parseGalleryId(id) !== null) || selectsOf(message).length > 0) return null;
  const jobId = ids.map(readJobId).find((id) => id !== null) ?? null;
  if (jobId === null) return null;
  const [, word = ''] = /^### ([^·\n]+?)\s*(?:·|$)/m.exec(textOf(message)) ?? [];
  return { messageId: message.id, jobId, word, media: picturesOf(message).length, isPrivate: ephemeralFor !== null };
}

/** Whether it stands in words alone, and its pictures are still to come. */
export function isComing({ message }: SandboxMessage): boolean {
  const words = textOf(message);
  return COMING.some((sentence) => words.includes(sentence));
}

/** Of every component, also of buttons that cannot be pressed. */
function listCustomIds({ components }: APIMessage): string[] {
  return [...JSON.stringify(components ?? []).matchAll(/"custom_id":"([^"]+)"/g)].map(([, id = '']) => id);
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

/** Cards of finished jobs that this viewer sees, newest last, each with the ids of its buttons by label. */
export function listFinished(sandbox: Sandbox, viewer: string): { card: SeenCard; buttons: Map<string, string> }[] {
  return readChannel(sandbox, [viewer]).flatMap((seen) => {
    const card = readCard(seen);
    return card === null || !FINAL_WORDS.has(card.word) ? [] : [{ card, buttons: buttonsOf(seen.message) }];
  });
}
