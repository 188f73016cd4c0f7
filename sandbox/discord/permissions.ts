import { PermissionFlagsBits as Flags } from 'discord-api-types/v10';

/** What the invite link of a bot like this asks for, and what it gets in every channel at first. */
export const BOT_PERMISSIONS =
  Flags.ViewChannel |
  Flags.SendMessages |
  Flags.SendMessagesInThreads |
  Flags.EmbedLinks |
  Flags.AttachFiles |
  Flags.ReadMessageHistory;

export const MEMBER_PERMISSIONS =
  BOT_PERMISSIONS |
  Flags.AddReactions |
  Flags.UseApplicationCommands |
  Flags.UseExternalApps |
  Flags.CreateInstantInvite |
  Flags.ChangeNickname;

export const MODERATOR_PERMISSIONS = MEMBER_PERMISSIONS | Flags.ManageMessages | Flags.ModerateMembers;

/** The bot's permissions by channel, as app_permissions tells them. */
export class BotPermissions {
  readonly #byChannel = new Map<string, bigint>();

  set(channelId: string, permissions: bigint): void {
    this.#byChannel.set(channelId, permissions);
  }

  get(channelId: string): bigint {
    return this.#byChannel.get(channelId) ?? BOT_PERMISSIONS;
  }

  has(channelId: string, flag: bigint): boolean {
    return (this.get(channelId) & flag) === flag;
  }
}

/**
 * Discord's rule for a command's default_member_permissions: null lets everyone, "0" only administrators,
 * anything else whoever has all of the bits. Administrators always may.
 */
export function mayUseCommand(required: string | null | undefined, permissions: bigint): boolean {
  if ((permissions & Flags.Administrator) !== 0n) return true;
  if (required === null || required === undefined) return true;
  const bits = BigInt(required);
  return bits !== 0n && (permissions & bits) === bits;
}
