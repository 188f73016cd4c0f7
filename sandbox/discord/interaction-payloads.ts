/** What the gateway sends of an interaction: INTERACTION_CREATE with every field of the real one. */
import { InteractionContextType, InteractionType, Locale } from 'discord-api-types/v10';
import type { APIMessage, ApplicationCommandType } from 'discord-api-types/v10';
import type { SandboxChannel, SandboxUser } from '../interface.ts';
import {
  APPLICATION_ID,
  memberPermissions,
  OPEN_THREAD,
  toApiChannel,
  toApiMember,
  toApiThread,
  toApiUser,
} from './world.ts';

export interface PayloadFacts {
  id: string;
  token: string;
  type: InteractionType;
  data: unknown;
  user: SandboxUser;
  channel: SandboxChannel;
  locale: string;
  appPermissions: bigint;
  /** Bytes. */
  attachmentSizeLimit: number;
  /** The message a component stands on, also for a modal that a component opened. */
  message: APIMessage | null;
}

export function buildPayload(facts: PayloadFacts): Record<string, unknown> {
  const { channel, user } = facts;
  const permissions = memberPermissions(user);
  return {
    version: 1,
    id: facts.id,
    application_id: APPLICATION_ID,
    type: facts.type,
    token: facts.token,
    data: facts.data,
    guild_id: channel.guildId,
    guild: { id: channel.guildId, locale: Locale.EnglishUS, features: [] },
    channel_id: channel.id,
    channel: {
      ...(channel.parentId === undefined ? toApiChannel(channel) : toApiThread(channel, OPEN_THREAD)),
      permissions: String(permissions),
    },
    member: toApiMember(user, channel.guildId, permissions),
    app_permissions: String(facts.appPermissions),
    locale: facts.locale,
    guild_locale: Locale.EnglishUS,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: { 0: channel.guildId },
    context: InteractionContextType.Guild,
    attachment_size_limit: facts.attachmentSizeLimit,
    ...(facts.message ? { message: facts.message } : {}),
  };
}

export interface MetadataFacts {
  id: string;
  type: InteractionType;
  user: SandboxUser;
  guildId: string;
  /** The command that was used; a command of the message menu has a target. */
  command: { name: string; type: ApplicationCommandType; targetMessageId: string | null } | null;
  sourceMessageId: string | null;
  triggeredBy: MetadataFacts | null;
}

/** The fields by which a message tells which interaction it answers. */
export function buildMetadata(facts: MetadataFacts): Record<string, unknown> {
  return {
    id: facts.id,
    type: facts.type,
    user: toApiUser(facts.user),
    authorizing_integration_owners: { 0: facts.guildId },
    ...(facts.command === null ? {} : { name: facts.command.name, command_type: facts.command.type }),
    ...(facts.command?.targetMessageId ? { target_message_id: facts.command.targetMessageId } : {}),
    ...(facts.type === InteractionType.MessageComponent ? { interacted_message_id: facts.sourceMessageId } : {}),
    ...(facts.triggeredBy ? { triggering_interaction_metadata: buildMetadata(facts.triggeredBy) } : {}),
  };
}
