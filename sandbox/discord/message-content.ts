/** What a bot without the MESSAGE_CONTENT intent sees of a message. */
import type { APIMessage } from 'discord-api-types/v10';
import { USERS } from './world.ts';

/**
 * Discord's documentation, "Message Content Intent": content, embeds, attachments and components are empty, except
 * in the bot's own messages, in those that mention it, and in the message that a command of the message menu was
 * used on (which does not come through here). Nobody switched the intent on for this application.
 */
export function hideContent(message: APIMessage): APIMessage {
  const isMentioned = message.mentions.some(({ id }) => id === USERS.bot.id);
  if (message.author.id === USERS.bot.id || isMentioned) return message;
  return { ...message, content: '', embeds: [], attachments: [], components: [] };
}
