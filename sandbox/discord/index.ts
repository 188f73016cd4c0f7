/** A Discord on this machine: REST v10, gateway, files, and the people who use it. */
import { randomBytes } from 'node:crypto';
import { ApplicationCommandType, GatewayIntentBits, InteractionType } from 'discord-api-types/v10';
import type { APIApplicationCommandOptionChoice, APIMessage } from 'discord-api-types/v10';
import { createClock } from '../clock.ts';
import type {
  DiscordChange,
  InteractionOutcome,
  RecordedRequest,
  SandboxDiscord,
  SandboxUser,
  StartDiscordOptions,
} from '../interface.ts';
import { AttachmentStore } from './attachments.ts';
import { ChannelMessages } from './channel-messages.ts';
import { buildAutocompleteData, buildCommandData, buildMessageCommandData } from './command-options.ts';
import type { CommandContext } from './command-options.ts';
import { CommandStore } from './commands.ts';
import { buildPressData } from './component-input.ts';
import { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import { createHttpServer } from './http-server.ts';
import { IdentifyBudget } from './identify-budget.ts';
import { Links } from './links.ts';
import { hideContent } from './message-content.ts';
import { Interactions } from './interactions.ts';
import { MessageStore } from './messages.ts';
import { buildModalData } from './modal-input.ts';
import { BotPermissions } from './permissions.ts';
import { isVisible, requireGuild, requirePlace, requireVisible } from './places.ts';
import { RateLimits } from './rate-limits.ts';
import { createRoutes } from './routes.ts';
import { createSnowflakes } from './snowflakes.ts';
import { UploadLimits } from './upload-limits.ts';
import { checkPickedFile, toUploadedFile, Uploads } from './uploads.ts';
import { APPLICATION_ID, crowdMember, findChannel, GUILDS, THREAD, USERS } from './world.ts';

const HOST = '127.0.0.1';
/** What Discord gives a bot that is in few servers. */
const IDENTIFIES_A_DAY = 1_000;
const DEFAULT_LOCALE = 'en-US';
/** Enough for a long test; a page that stays open for days forgets the oldest. */
const MOST_REQUESTS = 10_000;

/**
 * Starts the sandbox's Discord on 127.0.0.1. Rejects when the port is taken.
 * Whoever starts it closes it: `close()` leaves no socket and no timer.
 */
export async function startDiscord(options: StartDiscordOptions = {}): Promise<SandboxDiscord> {
  const clock = options.clock ?? createClock();
  const token = createToken();
  const listeners = new Set<(change: DiscordChange) => void>();
  const emit = (change: DiscordChange): void => {
    for (const listener of listeners) listener(change);
  };
  const requests: RecordedRequest[] = [];
  let origin = '';

  const nextId = createSnowflakes(clock);
  const permissions = new BotPermissions();
  const faults = new Faults();
  const rateLimits = new RateLimits(clock, options.rateLimits ?? true);
  const links = new Links(clock, () => origin);
  const attachments = new AttachmentStore(links, () => origin);
  const uploadLimits = new UploadLimits();
  const uploads = new Uploads(attachments, nextId);
  const gateway = new Gateway({
    clock,
    token,
    identifies: new IdentifyBudget(clock, {
      identifiesADay: options.identifiesADay ?? IDENTIFIES_A_DAY,
      hasIdentifyPace: options.hasIdentifyPace ?? false,
    }),
    onConnectedChange: (isConnected) => emit({ type: 'bot-connected', isConnected }),
  });
  const commands = new CommandStore({ clock, nextId, onChange: () => emit({ type: 'commands' }) });
  const announce = (event: string, message: APIMessage): void => {
    const guildId = findChannel(message.channel_id)?.guildId;
    if (guildId === undefined) return;
    const data =
      event === 'MESSAGE_DELETE'
        ? { id: message.id, channel_id: message.channel_id, guild_id: guildId }
        : { ...hideContent(message), guild_id: guildId };
    gateway.dispatch(event, data, guildId, GatewayIntentBits.GuildMessages);
  };
  const messages = new MessageStore({ clock, nextId, attachments, emit, announce });
  const interactions = new Interactions({
    clock,
    nextId,
    messages,
    attachments,
    permissions,
    uploadLimits,
    hasSession: () => gateway.hasSession(),
    dispatch: (payload, guildId) => gateway.dispatch('INTERACTION_CREATE', payload, guildId, 0),
  });
  const channelMessages = new ChannelMessages({ clock, nextId, messages, attachments, permissions, rateLimits });
  const server = createHttpServer({
    clock,
    isToken: (found) => gateway.isToken(found),
    routes: createRoutes({ gateway, commands, interactions, messages, channelMessages, uploadLimits }),
    faults,
    rateLimits,
    attachments,
    record: (request) => {
      requests.push(request);
      if (requests.length > MOST_REQUESTS) requests.shift();
      emit({ type: 'request', request });
    },
  });
  const contextOf = (user: SandboxUser, guildId: string): CommandContext => ({
    commands: commands.visibleIn(guildId),
    user,
    guildId,
    largestFileBytes: uploadLimits.ofPerson(guildId),
  });
  origin = await server.listen({ host: HOST, port: options.port ?? 0 });
  gateway.attach(server.server, `${origin.replace(/^http/u, 'ws')}/gateway`);

  return {
    url: `${origin}/api`,
    token,
    applicationId: APPLICATION_ID,
    clock,
    guilds: GUILDS,
    thread: THREAD,
    users: USERS,
    requests,
    crowd: (count) => Array.from({ length: count }, (_, index) => crowdMember(index)),
    commands: (guildId) => commands.visibleIn(guildId),
    isBotConnected: () => gateway.isConnected(),
    waitForBot: (timeoutMs) => waitForBot({ gateway, listeners, timeoutMs }),

    async runCommand({ userId, channelId, locale, ...ask }) {
      const { user, channel } = requirePlace(userId, channelId);
      const context = contextOf(user, channel.guildId);
      const data = buildCommandData(ask, context, (file) => uploads.keep(file, channelId));
      return interactions.ask({
        type: InteractionType.ApplicationCommand,
        user,
        channel,
        data,
        locale: locale ?? DEFAULT_LOCALE,
        command: { name: ask.name, type: ApplicationCommandType.ChatInput, targetMessageId: null },
        source: null,
        triggeredBy: null,
      }).outcome;
    },

    async runMessageCommand({ userId, messageId, name, locale }) {
      const target = requireVisible(messages.get(messageId), messageId, userId);
      const { user, channel } = requirePlace(userId, target.message.channel_id);
      const context = contextOf(user, channel.guildId);
      return interactions.ask({
        type: InteractionType.ApplicationCommand,
        user,
        channel,
        data: buildMessageCommandData(name, messages.toApi(target), context),
        locale: locale ?? DEFAULT_LOCALE,
        command: { name, type: ApplicationCommandType.Message, targetMessageId: messageId },
        source: null,
        triggeredBy: null,
      }).outcome;
    },

    async press({ userId, messageId, customId, values, locale }) {
      const source = requireVisible(messages.get(messageId), messageId, userId);
      const { user, channel } = requirePlace(userId, source.message.channel_id);
      const data = buildPressData(source, customId, values, channel.guildId);
      return interactions.ask({
        type: InteractionType.MessageComponent,
        user,
        channel,
        data,
        locale: locale ?? DEFAULT_LOCALE,
        command: null,
        source,
        triggeredBy: null,
      }).outcome;
    },

    async submitModal({ userId, interactionId, customId, values, locale }): Promise<InteractionOutcome> {
      const opener = interactions.get(interactionId);
      if (!opener?.modal)
        throw new Error(`Expected an interaction that was answered with a modal, got ${interactionId}.`);
      if (opener.facts.user.id !== userId) throw new Error('The modal is open for another user.');
      const { channel } = opener;
      const form = {
        customId,
        values,
        guildId: channel.guildId,
        largestFileBytes: uploadLimits.ofPerson(channel.guildId),
      };
      const data = buildModalData(opener.modal, form, (file) => uploads.keep(file, channel.id));
      const sourceId = opener.facts.sourceMessageId;
      return interactions.ask({
        type: InteractionType.ModalSubmit,
        user: opener.facts.user,
        channel,
        data,
        locale: locale ?? DEFAULT_LOCALE,
        command: null,
        source: (sourceId === null ? undefined : messages.get(sourceId)) ?? null,
        triggeredBy: opener,
      }).outcome;
    },

    async autocomplete({ userId, channelId, locale, ...ask }): Promise<APIApplicationCommandOptionChoice[]> {
      const { user, channel } = requirePlace(userId, channelId);
      const context = contextOf(user, channel.guildId);
      const { interaction, outcome } = interactions.ask({
        type: InteractionType.ApplicationCommandAutocomplete,
        user,
        channel,
        data: buildAutocompleteData(ask, context),
        locale: locale ?? DEFAULT_LOCALE,
        command: { name: ask.name, type: ApplicationCommandType.ChatInput, targetMessageId: null },
        source: null,
        triggeredBy: null,
      });
      const { status } = await outcome;
      if (status === 'no-answer') throw new Error('Loading options failed: the bot did not answer the autocomplete.');
      return interaction.choices;
    },

    async postAsMember({ userId, channelId, files = [], ...said }) {
      const { user, channel } = requirePlace(userId, channelId);
      const largestBytes = uploadLimits.ofPerson(channel.guildId);
      for (const file of files) checkPickedFile(file, 'the message', { fileTypes: null, largestBytes });
      return channelMessages.postAs(user, channel, { ...said, files: files.map(toUploadedFile) });
    },

    replay: (interactionId) => interactions.replay(interactionId),
    messages: (channelId, viewerId) =>
      messages
        .list(channelId)
        .filter((stored) => isVisible(stored, viewerId))
        .map((stored) => messages.toSandbox(stored)),
    getMessage(messageId) {
      const stored = messages.get(messageId);
      return stored && messages.toSandbox(stored);
    },
    readFile: (url) => attachments.read(url)?.bytes,
    deleteMessage(messageId) {
      const stored = messages.get(messageId);
      if (!stored) throw new Error(`Expected the id of a message to delete, got ${messageId}.`);
      messages.delete(stored);
    },
    attachmentSizeLimit: (guildId) => uploadLimits.ofBot(requireGuild(guildId)),
    setAttachmentSizeLimit: (guildId, bytes) => uploadLimits.set(requireGuild(guildId), bytes),
    endLinks: () => links.endAll(),
    setBotPermissions: (channelId, bits) => permissions.set(channelId, bits),
    setThread: (state) => channelMessages.setThread(state),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    dropGateway: (isResumable) => gateway.drop(isResumable),
    invalidateSession: () => gateway.invalidate(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      interactions.close();
      gateway.close();
      await server.close();
      listeners.clear();
    },
  };
}

/** Resolves when a bot is connected; rejects after `timeoutMs` of real time. */
function waitForBot(wait: {
  gateway: Gateway;
  listeners: Set<(change: DiscordChange) => void>;
  timeoutMs: number;
}): Promise<void> {
  const { gateway, listeners, timeoutMs } = wait;
  if (gateway.isConnected()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const listener = (change: DiscordChange): void => {
      if (change.type === 'bot-connected' && change.isConnected) end(resolve);
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`Expected a bot to connect within ${timeoutMs} ms, none did.`))),
      timeoutMs,
    );
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      listeners.delete(listener);
      settle();
    };
    listeners.add(listener);
  });
}

/** Three parts as Discord's tokens have them: the application's id, a time, a secret. */
function createToken(): string {
  const id = Buffer.from(APPLICATION_ID).toString('base64url');
  return `${id}.${randomBytes(4).toString('base64url')}.${randomBytes(28).toString('base64url')}`;
}
