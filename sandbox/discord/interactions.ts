/**
 * An interaction from the gateway event to the end of its token.
 *
 * waiting: the event is out, the bot has 3 seconds. A callback makes it `answered`; from then on its
 * token works as a webhook for 15 minutes of the sandbox clock. Without a callback it is `lost` for good:
 * the callback is refused with 10062, the webhook never comes to be (10015).
 */
import { randomBytes } from 'node:crypto';
import {
  InteractionResponseType as Callback,
  MessageFlags,
  MessageType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import type {
  APIApplicationCommandOptionChoice,
  APIMessage,
  APIModalInteractionResponseCallbackData,
  InteractionType,
} from 'discord-api-types/v10';
import type { InteractionOutcome, SandboxChannel, SandboxClock, SandboxUser } from '../interface.ts';
import type { AttachmentStore, UploadedFile } from './attachments.ts';
import { refuse } from './errors.ts';
import type { FormPath } from './errors.ts';
import { buildMetadata, buildPayload } from './interaction-payloads.ts';
import type { MetadataFacts } from './interaction-payloads.ts';
import { checkCallback } from './interaction-rules.ts';
import { composeMessage, EDIT_FLAGS, NEW_MESSAGE_FLAGS } from './message-body.ts';
import type { ComposedMessage, MessageBody } from './message-body.ts';
import type { MessageStore, StoredMessage } from './messages.ts';
import type { BotPermissions } from './permissions.ts';
import type { UploadLimits } from './upload-limits.ts';
import { APPLICATION_ID } from './world.ts';

const ANSWER_WITHIN_MS = 3_000;
const TOKEN_LIFE_MS = 15 * 60_000;
/** Older interactions are forgotten; nobody replays that far back. */
const MOST_KEPT = 5_000;

export interface Interaction {
  readonly facts: MetadataFacts;
  readonly token: string;
  readonly channel: SandboxChannel;
  readonly payload: Record<string, unknown>;
  readonly createdAt: number;
  state: 'waiting' | 'answered' | 'lost';
  /** What `@original` is: the answer, or the message that was updated. */
  originalId: string | null;
  readonly messageIds: Set<string>;
  modal: APIModalInteractionResponseCallbackData | null;
  choices: APIApplicationCommandOptionChoice[];
}

export interface InteractionAsk {
  type: InteractionType;
  user: SandboxUser;
  channel: SandboxChannel;
  data: unknown;
  locale: string;
  command: MetadataFacts['command'];
  /** The message a component stands on. */
  source: StoredMessage | null;
  triggeredBy: Interaction | null;
}

interface InteractionParts {
  clock: SandboxClock;
  nextId: () => string;
  messages: MessageStore;
  attachments: AttachmentStore;
  permissions: BotPermissions;
  uploadLimits: UploadLimits;
  hasSession: () => boolean;
  dispatch: (payload: Record<string, unknown>, guildId: string) => void;
}

/** A request's body and files, where they become a message. */
export interface MessageRequest {
  body: MessageBody;
  files: readonly UploadedFile[];
}

export class Interactions {
  readonly #parts: InteractionParts;
  readonly #byId = new Map<string, Interaction>();
  readonly #byToken = new Map<string, Interaction>();
  readonly #waiting = new Map<string, { timer: NodeJS.Timeout; settle: (outcome: InteractionOutcome) => void }>();

  constructor(parts: InteractionParts) {
    this.#parts = parts;
  }

  /** Sends the event and resolves with what the user sees come of it. The 3 seconds are real ones. */
  ask(ask: InteractionAsk): { interaction: Interaction; outcome: Promise<InteractionOutcome> } {
    const interaction = this.#create(ask);
    const { id, guildId } = interaction.facts;
    if (!this.#parts.hasSession()) {
      interaction.state = 'lost';
      return { interaction, outcome: Promise.resolve({ status: 'no-answer', interactionId: id }) };
    }
    const outcome = new Promise<InteractionOutcome>((resolve) => {
      const timer = setTimeout(() => this.#lose(interaction), ANSWER_WITHIN_MS);
      this.#waiting.set(id, { timer, settle: resolve });
    });
    this.#parts.dispatch(interaction.payload, guildId);
    return { interaction, outcome };
  }

  get(interactionId: string): Interaction | undefined {
    return this.#byId.get(interactionId);
  }

  /** Where the interaction with this token was; null for none. */
  guildIdOf(token: string): string | null {
    return this.#byToken.get(token)?.facts.guildId ?? null;
  }

  replay(interactionId: string): void {
    const interaction = this.#byId.get(interactionId);
    if (!interaction) throw new Error(`Expected the id of an earlier interaction to replay, got ${interactionId}.`);
    this.#parts.dispatch(interaction.payload, interaction.facts.guildId);
  }

  /** POST /interactions/{id}/{token}/callback. Gives the body for `with_response`. */
  answer(
    interactionId: string,
    token: string,
    { body, files }: { body: unknown; files: readonly UploadedFile[] },
  ): Record<string, unknown> {
    const interaction = this.#byId.get(interactionId);
    if (!interaction || interaction.token !== token || this.#isExpired(interaction)) throw refuse('unknownInteraction');
    if (interaction.state === 'lost') throw refuse('unknownInteraction');
    if (interaction.state === 'answered') throw refuse('alreadyAcknowledged');
    const { type, sourceMessageId } = interaction.facts;
    const callback = checkCallback(body, { type, hasMessage: sourceMessageId !== null });
    const message = this.#carryOut(interaction, callback.type, { body: callback.data ?? {}, files });
    interaction.state = 'answered';
    this.#settle(interaction, callback.type, message);
    return this.#describeAnswer(interaction, callback.type, message);
  }

  /** The interaction whose token this is, for the webhook endpoints. */
  requireWebhook(applicationId: string, token: string): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction || applicationId !== APPLICATION_ID) throw refuse('unknownWebhook');
    if (this.#isExpired(interaction)) throw refuse('invalidWebhookToken');
    if (interaction.state !== 'answered') throw refuse('unknownWebhook');
    return interaction;
  }

  /** A message that this token may touch: `@original`, its own follow-ups, and nothing else. */
  requireMessage(interaction: Interaction, reference: string): StoredMessage {
    const id = reference === '@original' ? interaction.originalId : reference;
    const isOwn = id !== null && (id === interaction.originalId || interaction.messageIds.has(id));
    const stored = isOwn ? this.#parts.messages.get(id) : undefined;
    if (!stored) throw refuse('unknownMessage');
    return stored;
  }

  editMessage(interaction: Interaction, stored: StoredMessage, request: MessageRequest): void {
    this.#parts.messages.edit(stored, this.#compose(interaction, request, stored, [], EDIT_FLAGS));
  }

  /** The first follow-up after a deferred answer fills that answer in, an old habit of Discord's. */
  followUp(interaction: Interaction, request: MessageRequest): StoredMessage {
    const original = interaction.originalId === null ? undefined : this.#parts.messages.get(interaction.originalId);
    if (original?.isLoading) {
      this.editMessage(interaction, original, request);
      return original;
    }
    const composed = this.#compose(interaction, request, null, [], NEW_MESSAGE_FLAGS);
    return this.#post(
      interaction,
      composed,
      { isEphemeral: isEphemeral(request.body), isLoading: false },
      original ?? null,
    );
  }

  close(): void {
    for (const interactionId of this.#waiting.keys()) {
      const interaction = this.#byId.get(interactionId);
      if (interaction) this.#lose(interaction);
    }
  }

  #create(ask: InteractionAsk): Interaction {
    const { clock, nextId, messages, permissions, uploadLimits } = this.#parts;
    const id = nextId();
    const token = Buffer.from(`interaction:${id}:`).toString('base64url') + randomBytes(96).toString('base64url');
    const message = ask.source ? messages.toApi(ask.source) : null;
    const interaction: Interaction = {
      facts: {
        id,
        type: ask.type,
        user: ask.user,
        guildId: ask.channel.guildId,
        command: ask.command,
        sourceMessageId: ask.source?.message.id ?? null,
        triggeredBy: ask.triggeredBy?.facts ?? null,
      },
      token,
      channel: ask.channel,
      payload: buildPayload({
        ...ask,
        id,
        token,
        message,
        appPermissions: permissions.get(ask.channel.id),
        attachmentSizeLimit: uploadLimits.ofBot(ask.channel.guildId),
      }),
      createdAt: clock.now(),
      state: 'waiting',
      originalId: null,
      messageIds: new Set(),
      modal: null,
      choices: [],
    };
    this.#byId.set(id, interaction);
    this.#byToken.set(token, interaction);
    this.#forgetOldest();
    return interaction;
  }

  #forgetOldest(): void {
    if (this.#byId.size <= MOST_KEPT) return;
    const [oldest] = this.#byId.values();
    if (!oldest) return;
    this.#byId.delete(oldest.facts.id);
    this.#byToken.delete(oldest.token);
  }

  #carryOut(interaction: Interaction, type: number, request: MessageRequest): StoredMessage | null {
    const sourceId = interaction.facts.sourceMessageId;
    const source = sourceId === null ? undefined : this.#parts.messages.get(sourceId);
    switch (type) {
      case Callback.ChannelMessageWithSource: {
        const composed = this.#compose(interaction, request, null, ['data'], NEW_MESSAGE_FLAGS);
        return this.#answerWith(
          interaction,
          composed,
          { isEphemeral: isEphemeral(request.body), isLoading: false },
          source,
        );
      }
      case Callback.DeferredChannelMessageWithSource:
        return this.#answerWith(
          interaction,
          EMPTY,
          { isEphemeral: isEphemeral(request.body), isLoading: true },
          source,
        );
      case Callback.DeferredMessageUpdate:
      case Callback.UpdateMessage: {
        if (!source) throw refuse('unknownMessage');
        if (type === Callback.UpdateMessage) {
          this.#parts.messages.edit(source, this.#compose(interaction, request, source, ['data'], EDIT_FLAGS));
        }
        interaction.originalId = source.message.id;
        return source;
      }
      case Callback.Modal:
        // Its shape was checked against the schema of the same object.
        interaction.modal = request.body as unknown as APIModalInteractionResponseCallbackData;
        return null;
      default:
        interaction.choices = (request.body as { choices?: APIApplicationCommandOptionChoice[] | null }).choices ?? [];
        return null;
    }
  }

  #compose(
    interaction: Interaction,
    { body, files }: MessageRequest,
    existing: StoredMessage | null,
    prefix: FormPath,
    settableFlags: number,
  ): ComposedMessage {
    const { permissions, attachments, nextId } = this.#parts;
    const channelId = interaction.channel.id;
    if (files.length > 0 && !permissions.has(channelId, PermissionFlagsBits.AttachFiles))
      throw refuse('missingPermissions');
    const mayMentionEveryone = permissions.has(channelId, PermissionFlagsBits.MentionEveryone);
    return composeMessage(
      {
        body,
        files,
        existing: existing?.message ?? null,
        channelId,
        prefix,
        settableFlags,
        mayMentionEveryone,
        repliedTo: null,
      },
      attachments,
      nextId,
    );
  }

  #answerWith(
    interaction: Interaction,
    composed: ComposedMessage,
    how: { isEphemeral: boolean; isLoading: boolean },
    source: StoredMessage | undefined,
  ): StoredMessage {
    const stored = this.#post(interaction, composed, how, source ?? null);
    interaction.originalId = stored.message.id;
    return stored;
  }

  #post(
    interaction: Interaction,
    composed: ComposedMessage,
    how: { isEphemeral: boolean; isLoading: boolean },
    repliedTo: StoredMessage | null,
  ): StoredMessage {
    const { facts, channel } = interaction;
    const targetId = facts.command?.targetMessageId ?? null;
    const referredId = repliedTo?.message.id ?? targetId;
    const extra = {
      type: repliedTo ? MessageType.Reply : typeOfAnswer(facts),
      webhook_id: APPLICATION_ID,
      application_id: APPLICATION_ID,
      interaction_metadata: buildMetadata(facts),
      ...(referredId === null
        ? {}
        : {
            message_reference: {
              type: 0,
              channel_id: channel.id,
              message_id: referredId,
              guild_id: channel.guildId,
            },
          }),
    } as unknown as Partial<APIMessage>;
    const stored = this.#parts.messages.create({
      channelId: channel.id,
      composed,
      extra,
      ephemeralFor: how.isEphemeral ? facts.user.id : null,
      isLoading: how.isLoading,
    });
    interaction.messageIds.add(stored.message.id);
    return stored;
  }

  #describeAnswer(interaction: Interaction, type: number, message: StoredMessage | null): Record<string, unknown> {
    const carriesMessage = type === Callback.ChannelMessageWithSource || type === Callback.UpdateMessage;
    return {
      interaction: {
        id: interaction.facts.id,
        type: interaction.facts.type,
        channel_id: interaction.channel.id,
        guild_id: interaction.channel.guildId,
        ...(message
          ? {
              response_message_id: message.message.id,
              response_message_loading: message.isLoading,
              response_message_ephemeral: message.ephemeralFor !== null,
            }
          : {}),
      },
      ...(carriesMessage && message ? { resource: { type, message: this.#parts.messages.toApi(message) } } : {}),
    };
  }

  #settle(interaction: Interaction, type: number, message: StoredMessage | null): void {
    this.#end(interaction, {
      status: 'answered',
      type,
      interactionId: interaction.facts.id,
      messageId: message?.message.id ?? null,
      modal: interaction.modal,
    });
  }

  #lose(interaction: Interaction): void {
    interaction.state = 'lost';
    this.#end(interaction, { status: 'no-answer', interactionId: interaction.facts.id });
  }

  #end(interaction: Interaction, outcome: InteractionOutcome): void {
    const waiting = this.#waiting.get(interaction.facts.id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(interaction.facts.id);
    waiting.settle(outcome);
  }

  #isExpired(interaction: Interaction): boolean {
    return this.#parts.clock.now() - interaction.createdAt >= TOKEN_LIFE_MS;
  }
}

function typeOfAnswer({ command }: MetadataFacts): MessageType {
  if (command === null) return MessageType.Default;
  return command.targetMessageId === null ? MessageType.ChatInputCommand : MessageType.ContextMenuCommand;
}

/** What a deferred answer holds until it is filled in. */
const EMPTY: ComposedMessage = {
  content: '',
  embeds: [],
  components: [],
  attachments: [],
  flags: 0 as MessageFlags,
  mentions: [],
  mention_roles: [],
  mention_everyone: false,
  added: [],
};

function isEphemeral(body: MessageBody): boolean {
  return ((body.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
}
