/** Who may do something where, and who sees which message; refusals are sentences for whoever drives the sandbox. */
import type { SandboxChannel, SandboxUser } from '../interface.ts';
import type { StoredMessage } from './messages.ts';
import { findChannel, findGuild, findUser, isMember } from './world.ts';

/** A person and a channel of a server they are in. */
export function requirePlace(userId: string, channelId: string): { user: SandboxUser; channel: SandboxChannel } {
  const user = findUser(userId);
  const channel = findChannel(channelId);
  if (!user || user.isBot) throw new Error(`Expected the id of a person of the sandbox, got ${userId}.`);
  if (!channel) throw new Error(`Expected the id of a channel of the sandbox, got ${channelId}.`);
  if (!isMember(userId, channel.guildId))
    throw new Error(`${user.globalName} is not a member of the server of #${channel.name}.`);
  return { user, channel };
}

export function requireVisible(stored: StoredMessage | undefined, messageId: string, userId: string): StoredMessage {
  if (stored && isVisible(stored, userId)) return stored;
  throw new Error(`Expected a message that this user sees, got ${messageId}.`);
}

export function isVisible(stored: StoredMessage, viewerId: string): boolean {
  const guildId = findChannel(stored.message.channel_id)?.guildId ?? '';
  return isMember(viewerId, guildId) && (stored.ephemeralFor === null || stored.ephemeralFor === viewerId);
}

/** Throws for an id that no server has. */
export function requireGuild(guildId: string): string {
  if (findGuild(guildId)) return guildId;
  throw new Error(`Expected the id of a server of the sandbox, got ${guildId}.`);
}
