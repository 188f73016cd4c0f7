/** A message's words without their marks: for a reply's line, for those who hear the page, for copying. */
import type { APIMessage } from 'discord-api-types/v10';
import { listTexts, readComponents } from './component-shape.ts';

export function plainTextOf(message: APIMessage): string {
  const texts = [message.content, ...listTexts(readComponents(message.components))];
  return texts
    .join(' ')
    .replace(/\\([^\w\s])|[*_#`~|>]|<[^>]*>|(?:^|\s)-#/gu, (_mark, escaped: string | undefined) => escaped ?? '')
    .replace(/\s+/gu, ' ')
    .trim();
}
