/** Messages by the bot's own token: read, posted, edited and deleted in a channel. */
import { MessageType, PermissionFlagsBits } from 'discord-api-types/v10';
import type { APIEmbed, APIMessage } from 'discord-api-types/v10';
import {
  MessageCreateRequestSchema,
  MessageEditRequestPartialSchema,
  UpdateThreadRequestPartialSchema,
} from 'discord-api-spec/zod';
import type { SandboxChannel, SandboxClock, SandboxUser } from '../interface.ts';
import type { AttachmentStore, UploadedFile } from './attachments.ts';
import { refuse, refuseIssues } from './errors.ts';
import { composeMessage, EDIT_FLAGS, NEW_MESSAGE_FLAGS } from './message-body.ts';
import type { ComposedMessage, MessageBody } from './message-body.ts';
import { hideContent } from './message-content.ts';
import type { MessageStore, StoredMessage } from './messages.ts';
import type { BotPermissions } from './permissions.ts';
import type { RateLimits } from './rate-limits.ts';
import { findIssues } from './schema-check.ts';
import { findChannel, OPEN_THREAD, toApiChannel, toApiThread, toApiUser, USERS } from './world.ts';
import type { ThreadState } from './world.ts';

/** "The past few minutes" in Discord's words. */
const NONCE_LIFE_MS = 5 * 60_000;
const PAGE = { usual: 50, most: 100 };

interface ChannelParts {
  clock: SandboxClock;
  nextId: () => string;
  messages: MessageStore;
  attachments: AttachmentStore;
  permissions: BotPermissions;
  rateLimits: RateLimits;
}

export interface ChannelRequest {
  body: unknown;
  files: readonly UploadedFile[];
}

export interface PersonSays {
  content?: string;
  /** What Discord makes of the links in it. */
  embeds?: APIEmbed[];
  files: readonly UploadedFile[];
}

export class ChannelMessages {
  readonly #parts: ChannelParts;
  #thread: ThreadState = OPEN_THREAD;
  readonly #nonces = new Map<string, { messageId: string; at: number }>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** A channel the bot can see: 10003 when there is none, 50001 without VIEW_CHANNEL. */
  requireChannel(channelId: string): SandboxChannel {
    const channel = findChannel(channelId);
    if (!channel) throw refuse('unknownChannel');
    if (!this.#parts.permissions.has(channelId, PermissionFlagsBits.ViewChannel)) throw refuse('missingAccess');
    return channel;
  }

  setThread(state: ThreadState): void {
    this.#thread = state;
  }

  getChannel(channelId: string): unknown {
    const channel = this.requireChannel(channelId);
    return channel.parentId === undefined ? toApiChannel(channel) : toApiThread(channel, this.#thread);
  }

  /** Of a channel the bot may change nothing; a thread anybody who may write there takes out of the archive. */
  changeChannel(channelId: string, body: unknown): unknown {
    const channel = this.requireChannel(channelId);
    if (channel.parentId === undefined) throw refuse('missingPermissions');
    refuseIssues(findIssues(UpdateThreadRequestPartialSchema, body));
    const { archived, locked } = body as { archived?: boolean; locked?: boolean };
    const isModerator = this.#parts.permissions.has(channelId, PermissionFlagsBits.ManageThreads);
    const mayOpen = this.#parts.permissions.has(channelId, PermissionFlagsBits.SendMessagesInThreads);
    if (!isModerator && (this.#thread.isLocked || locked !== undefined || !mayOpen)) throw refuse('missingPermissions');
    this.#thread = { isArchived: archived ?? this.#thread.isArchived, isLocked: locked ?? this.#thread.isLocked };
    return this.getChannel(channelId);
  }

  /** Newest first, as Discord lists them; without READ_MESSAGE_HISTORY the list is empty. */
  list(channelId: string, query: URLSearchParams): APIMessage[] {
    this.requireChannel(channelId);
    if (!this.#parts.permissions.has(channelId, PermissionFlagsBits.ReadMessageHistory)) return [];
    const limit = readLimit(query.get('limit'));
    const [before, after] = [query.get('before'), query.get('after')];
    const visible = this.#parts.messages.list(channelId).filter((stored) => stored.ephemeralFor === null);
    return visible
      .filter((stored) => before === null || BigInt(stored.message.id) < BigInt(before))
      .filter((stored) => after === null || BigInt(stored.message.id) > BigInt(after))
      .toReversed()
      .slice(0, limit)
      .map((stored) => hideContent(this.#parts.messages.toApi(stored)));
  }

  get(channelId: string, messageId: string): APIMessage {
    this.requireChannel(channelId);
    if (!this.#parts.permissions.has(channelId, PermissionFlagsBits.ReadMessageHistory)) throw refuse('missingAccess');
    return hideContent(this.#parts.messages.toApi(this.#requireMessage(channelId, messageId)));
  }

  post(channelId: string, { body, files }: ChannelRequest): APIMessage {
    const { messages, permissions } = this.#parts;
    const channel = this.requireChannel(channelId);
    const isThread = channel.parentId !== undefined;
    const writes = isThread ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages;
    if (!permissions.has(channelId, writes)) throw refuse('missingPermissions');
    if (isThread && this.#isLocked(channelId)) throw refuse('threadIsLocked');
    if (files.length > 0 && !permissions.has(channelId, PermissionFlagsBits.AttachFiles))
      throw refuse('missingPermissions');
    refuseIssues(findIssues(MessageCreateRequestSchema, body));
    const request = body as MessageBody;
    const earlier = this.#findByNonce(channelId, request);
    if (earlier) return messages.toApi(earlier);
    const repliedTo = this.#findReplied(channelId, request);
    const composed = this.#compose(channelId, request, files, null, repliedTo);
    // A new message takes a thread out of the archive.
    if (isThread) this.#thread = { ...this.#thread, isArchived: false };
    const stored = messages.create({
      channelId,
      composed,
      extra: {
        ...replyFields(repliedTo, channel),
        ...(request.nonce ? { nonce: request.nonce } : {}),
        tts: request.tts ?? false,
      },
      ephemeralFor: null,
      isLoading: false,
    });
    if (request.enforce_nonce && request.nonce) {
      this.#nonces.set(`${channelId}:${request.nonce}`, { messageId: stored.message.id, at: this.#parts.clock.now() });
    }
    return messages.toApi(stored);
  }

  /** What a person writes. Returns the message's id. */
  postAs(user: SandboxUser, channel: SandboxChannel, { content = '', embeds = [], files }: PersonSays): string {
    const composed = this.#compose(channel.id, { content, embeds }, files, null, null);
    const extra = { author: toApiUser(user) };
    const shown = { channelId: channel.id, composed, extra, ephemeralFor: null, isLoading: false };
    return this.#parts.messages.create(shown).message.id;
  }

  edit(channelId: string, messageId: string, { body, files }: ChannelRequest): APIMessage {
    const { messages, permissions, rateLimits, clock } = this.#parts;
    const channel = this.requireChannel(channelId);
    const stored = this.#requireMessage(channelId, messageId);
    if (stored.message.author.id !== USERS.bot.id) throw refuse('editByOtherUser');
    if (channel.parentId !== undefined && this.#thread.isArchived) {
      throw refuse(this.#isLocked(channelId) ? 'threadIsLocked' : 'threadIsArchived');
    }
    if (files.length > 0 && !permissions.has(channelId, PermissionFlagsBits.AttachFiles))
      throw refuse('missingPermissions');
    rateLimits.takeOldEdit(channelId, clock.now() - stored.createdAt);
    refuseIssues(findIssues(MessageEditRequestPartialSchema, body));
    messages.edit(stored, this.#compose(channelId, body as MessageBody, files, stored, null));
    return messages.toApi(stored);
  }

  delete(channelId: string, messageId: string): void {
    this.requireChannel(channelId);
    const stored = this.#requireMessage(channelId, messageId);
    const isOwn = stored.message.author.id === USERS.bot.id;
    if (!isOwn && !this.#parts.permissions.has(channelId, PermissionFlagsBits.ManageMessages))
      throw refuse('missingPermissions');
    this.#parts.messages.delete(stored);
  }

  #isLocked(channelId: string): boolean {
    return this.#thread.isLocked && !this.#parts.permissions.has(channelId, PermissionFlagsBits.ManageThreads);
  }

  /** An ephemeral message is no message of the channel: only its interaction reaches it. */
  #requireMessage(channelId: string, messageId: string): StoredMessage {
    const stored = this.#parts.messages.get(messageId);
    if (!stored || stored.message.channel_id !== channelId || stored.ephemeralFor !== null)
      throw refuse('unknownMessage');
    return stored;
  }

  #findByNonce(channelId: string, { nonce, enforce_nonce: isEnforced }: MessageBody): StoredMessage | undefined {
    const known = nonce && isEnforced ? this.#nonces.get(`${channelId}:${nonce}`) : undefined;
    if (!known || this.#parts.clock.now() - known.at > NONCE_LIFE_MS) return undefined;
    return this.#parts.messages.get(known.messageId);
  }

  #findReplied(channelId: string, { message_reference: reference }: MessageBody): StoredMessage | null {
    if (!reference?.message_id) return null;
    if (!this.#parts.permissions.has(channelId, PermissionFlagsBits.ReadMessageHistory))
      throw refuse('replyWithoutHistory');
    const stored = this.#parts.messages.get(reference.message_id);
    if (stored && stored.message.channel_id === channelId && stored.ephemeralFor === null) return stored;
    if (reference.fail_if_not_exists === false) return null;
    refuseIssues([
      { path: ['message_reference'], code: 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', message: 'Unknown message' },
    ]);
    return null;
  }

  #compose(
    channelId: string,
    body: MessageBody,
    files: readonly UploadedFile[],
    existing: StoredMessage | null,
    repliedTo: StoredMessage | null,
  ): ComposedMessage {
    const { attachments, nextId, permissions } = this.#parts;
    return composeMessage(
      {
        body,
        files,
        existing: existing?.message ?? null,
        channelId,
        prefix: [],
        settableFlags: existing ? EDIT_FLAGS : NEW_MESSAGE_FLAGS,
        mayMentionEveryone: permissions.has(channelId, PermissionFlagsBits.MentionEveryone),
        repliedTo: repliedTo?.message.author ?? null,
      },
      attachments,
      nextId,
    );
  }
}

function replyFields(repliedTo: StoredMessage | null, channel: SandboxChannel): Partial<APIMessage> {
  if (!repliedTo) return {};
  return {
    type: MessageType.Reply,
    message_reference: { type: 0, channel_id: channel.id, message_id: repliedTo.message.id, guild_id: channel.guildId },
    referenced_message: hideContent(repliedTo.message),
  };
}

function readLimit(text: string | null): number {
  const limit = text === null ? PAGE.usual : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE.most) return limit;
  refuseIssues([
    { path: ['limit'], code: 'NUMBER_TYPE_MAX', message: `int value should be between 1 and ${PAGE.most}.` },
  ]);
  return PAGE.usual;
}
