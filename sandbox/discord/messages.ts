/** Every message there is, who sees it, and what became of it. */
import { MessageFlags, MessageType } from 'discord-api-types/v10';
import type { APIMessage } from 'discord-api-types/v10';
import type { DiscordChange, SandboxClock, SandboxMessage } from '../interface.ts';
import type { AttachmentStore } from './attachments.ts';
import type { ComposedMessage } from './message-body.ts';
import { toApiUser, USERS } from './world.ts';

export interface StoredMessage {
  /** As the API has it, with unsigned addresses. */
  message: APIMessage;
  ephemeralFor: string | null;
  isLoading: boolean;
  edits: number;
  editedAt: number | null;
  createdAt: number;
}

export interface NewMessage {
  channelId: string;
  composed: ComposedMessage;
  /** What only some messages have: reference, interaction, webhook. */
  extra: Partial<APIMessage>;
  ephemeralFor: string | null;
  isLoading: boolean;
}

/** Tells the bots of a message that is not ephemeral. */
export type AnnounceMessage = (
  event: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE',
  message: APIMessage,
) => void;

interface MessageStoreParts {
  clock: SandboxClock;
  nextId: () => string;
  attachments: AttachmentStore;
  emit: (change: DiscordChange) => void;
  announce: AnnounceMessage;
}

export class MessageStore {
  readonly #parts: MessageStoreParts;
  readonly #messages = new Map<string, StoredMessage>();

  constructor(parts: MessageStoreParts) {
    this.#parts = parts;
  }

  create({ channelId, composed, extra, ephemeralFor, isLoading }: NewMessage): StoredMessage {
    const { added, ...fields } = composed;
    const now = this.#parts.clock.now();
    const ownFlags = (ephemeralFor === null ? 0 : MessageFlags.Ephemeral) | (isLoading ? MessageFlags.Loading : 0);
    const message: APIMessage = {
      id: this.#parts.nextId(),
      channel_id: channelId,
      type: MessageType.Default,
      author: toApiUser(USERS.bot),
      timestamp: new Date(now).toISOString(),
      edited_timestamp: null,
      tts: false,
      pinned: false,
      ...extra,
      ...fields,
      flags: fields.flags | ownFlags,
    };
    const stored: StoredMessage = { message, ephemeralFor, isLoading, edits: 0, editedAt: null, createdAt: now };
    this.#keepFiles(added);
    this.#messages.set(message.id, stored);
    this.#changed(stored, 'MESSAGE_CREATE');
    return stored;
  }

  /** Filling in a deferred answer is an edit, as it is on Discord, and ends its loading state. */
  edit(stored: StoredMessage, composed: ComposedMessage): void {
    const { added, ...fields } = composed;
    const now = this.#parts.clock.now();
    const kept = new Set(fields.attachments.map((attachment) => attachment.id));
    for (const attachment of stored.message.attachments) {
      if (!kept.has(attachment.id)) this.#parts.attachments.remove(attachment.id);
    }
    this.#keepFiles(added);
    stored.message = { ...stored.message, ...fields, edited_timestamp: new Date(now).toISOString() };
    stored.isLoading = false;
    stored.edits += 1;
    stored.editedAt = now;
    this.#changed(stored, 'MESSAGE_UPDATE');
  }

  delete(stored: StoredMessage): void {
    const { id, channel_id: channelId, attachments } = stored.message;
    for (const attachment of attachments) this.#parts.attachments.remove(attachment.id);
    this.#messages.delete(id);
    this.#parts.emit({ type: 'message-deleted', messageId: id, channelId });
    if (stored.ephemeralFor === null) this.#parts.announce('MESSAGE_DELETE', stored.message);
  }

  get(messageId: string): StoredMessage | undefined {
    return this.#messages.get(messageId);
  }

  /** Oldest first. */
  list(channelId: string): StoredMessage[] {
    return [...this.#messages.values()].filter((stored) => stored.message.channel_id === channelId);
  }

  /** A copy with signed addresses, as an answer of the API carries it. */
  toApi(stored: StoredMessage): APIMessage {
    return this.#parts.attachments.sign(stored.message);
  }

  toSandbox(stored: StoredMessage): SandboxMessage {
    const { ephemeralFor, isLoading, edits, editedAt } = stored;
    return { message: this.toApi(stored), ephemeralFor, isLoading, edits, editedAt };
  }

  #keepFiles(added: ComposedMessage['added']): void {
    for (const { attachment, file } of added) this.#parts.attachments.add(attachment, file);
  }

  #changed(stored: StoredMessage, event: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE'): void {
    this.#parts.emit({ type: 'message', message: this.toSandbox(stored) });
    if (stored.ephemeralFor === null) this.#parts.announce(event, this.toApi(stored));
  }
}
