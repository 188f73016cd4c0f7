/** What Darkroom needs in a channel, and who may do what to whose job. */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { Asker } from './ask.ts';

/**
 * The names, as Discord's settings page shows them, of what the bot lacks in the asker's channel. A card
 * is edited by the bot's own token once the interaction's has ended, so it must see the channel and write there.
 */
export function findMissingPermissions(asker: Asker): string[] {
  const granted = asker.appPermissions;
  if (granted === null || asker.guildId === null) return [];
  if (has(granted, PermissionFlagsBits.Administrator)) return [];
  const needed: [bigint, string][] = [
    [PermissionFlagsBits.ViewChannel, 'View Channel'],
    asker.isThread
      ? [PermissionFlagsBits.SendMessagesInThreads, 'Send Messages in Threads']
      : [PermissionFlagsBits.SendMessages, 'Send Messages'],
    [PermissionFlagsBits.AttachFiles, 'Attach Files'],
  ];
  return needed.filter(([bit]) => !has(granted, bit)).map(([, name]) => name);
}

/** The one who asked, and moderators of the server it was asked in. */
export function mayChange(asker: Asker, job: Job): boolean {
  return asker.userId === job.userId || (asker.guildId === job.guildId && isModerator(asker));
}

/** One's own jobs wherever they were asked for; of others, what is not private and of this server. */
export function maySee(
  asker: Pick<Asker, 'userId' | 'guildId'>,
  job: Pick<Job, 'userId' | 'guildId' | 'private'>,
): boolean {
  if (asker.userId === job.userId) return true;
  return !job.private && job.guildId !== null && job.guildId === asker.guildId;
}

/** Buttons are not covered by Discord's command permissions: the presser's Manage Messages decides. */
export function isModerator({ memberPermissions }: Asker): boolean {
  if (memberPermissions === null) return false;
  return (
    has(memberPermissions, PermissionFlagsBits.ManageMessages) ||
    has(memberPermissions, PermissionFlagsBits.Administrator)
  );
}

function has(granted: bigint, bit: bigint): boolean {
  return (granted & bit) === bit;
}
