/** A message's words without their marks, on one line: for a reply, for those who hear the page, for copying. */
import type { APIMessage } from 'discord-api-types/v10';
import { listTexts, readComponents } from './component-shape.ts';

export function plainTextOf(message: APIMessage): string {
  const texts = [message.content, ...listTexts(readComponents(message.components))];
  // What stands below one another on a card would run together.
  return texts
    .map(plain)
    .filter((text) => text !== '')
    .join(' · ');
}

function plain(text: string): string {
  return text
    .replace(/\\([^\w\s])|[*_#`~|>]|<[^>]*>|(?:^|\s)-#/gu, (_mark, escaped: string | undefined) => escaped ?? '')
    .replace(/\s+/gu, ' ')
    .trim();
}
