/** Finished jobs shown once more when the storm is over: by `/show`, and from the gallery by `Post here`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { InteractionOutcome } from '../../sandbox/interface.ts';
import { buttonsOf } from '../end-to-end/world.ts';
import { listFinished } from './cards.ts';
import type { Members } from './members.ts';
import { selectsOf } from './selects.ts';

/** The newest, of every kind as `ONE_OF_EACH` has them. */
const SHOWN = 4;
const LONGEST_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** By the first member. Resolves when each is answered; the pictures follow. */
export async function showFinished(members: Members): Promise<void> {
  const [userId = ''] = members.ids;
  for (const { card } of listFinished(members.sandbox, userId).slice(-SHOWN)) {
    await members.command(userId, 'show', { job: card.jobId });
  }
  await postFromGallery(members, userId);
}

/** Opens the newest job of the first page, and posts it. */
async function postFromGallery(members: Members, userId: string): Promise<void> {
  const messageId = messageOf(await members.command(userId, 'gallery', {}));
  const [select] = await whenThere(members, messageId, selectsOf);
  const [value] = select?.values ?? [];
  if (select === undefined || value === undefined) return;
  await members.choose({ userId, messageId, customId: select.customId, values: [value] });
  const buttons = await whenThere(members, messageId, (message) => [...buttonsOf(message)].filter(isPost));
  const [[label, customId] = ['', '']] = buttons;
  if (customId !== '') await members.press(label, { userId, messageId, customId });
}

function isPost([label]: [string, string]): boolean {
  return label === 'Post here';
}

/** What is found of the message, once there is any; none when it does not come. */
async function whenThere<T>(
  { sandbox }: Members,
  messageId: string,
  find: (message: Parameters<typeof buttonsOf>[0]) => T[],
): Promise<T[]> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const seen = sandbox.discord.getMessage(messageId);
    const found = seen === undefined ? [] : find(seen.message);
    if (found.length > 0 || Date.now() > deadline) return found;
    await sleep(LOOK_EVERY_MS);
  }
}

function messageOf(outcome: InteractionOutcome | null): string {
  return outcome?.status === 'answered' ? (outcome.messageId ?? '') : '';
}
