/** Every endpoint: what it is called, who may call it, which rate limit it shares, what it does. */
import { IncomingWebhookRequestPartialSchema, IncomingWebhookUpdateRequestPartialSchema } from 'discord-api-spec/zod';
import type { UploadedFile } from './attachments.ts';
import type { ChannelMessages } from './channel-messages.ts';
import { withoutLocalizations } from './commands.ts';
import type { CommandScope, CommandStore } from './commands.ts';
import { refuse, refuseIssues } from './errors.ts';
import type { Gateway } from './gateway.ts';
import type { Interactions } from './interactions.ts';
import { checkFileSizes } from './message-body.ts';
import type { MessageBody } from './message-body.ts';
import type { MessageStore } from './messages.ts';
import { BUCKETS } from './rate-limits.ts';
import type { Bucket } from './rate-limits.ts';
import { findIssues } from './schema-check.ts';
import type { UploadLimits } from './upload-limits.ts';
import {
  APPLICATION_ID,
  findChannel,
  findGuild,
  findUser,
  GUILDS,
  toApiApplication,
  toApiGuild,
  toApiUser,
  USERS,
} from './world.ts';

export interface ApiCall {
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: unknown;
  files: readonly UploadedFile[];
}

export interface ApiAnswer {
  status: number;
  body?: unknown;
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind `/api/v10`. Parameters that end in `Id` are snowflakes. */
  url: string;
  /** By bot token; the others carry an interaction token in their path. */
  needsBot: boolean;
  /** null: no limit at all, as interaction callbacks have. */
  bucket: Bucket | null;
  /** The parameters that make a bucket of its own. */
  sharedBy: readonly string[];
  handle: (call: ApiCall) => ApiAnswer;
}

export interface RouteParts {
  gateway: Gateway;
  commands: CommandStore;
  interactions: Interactions;
  messages: MessageStore;
  channelMessages: ChannelMessages;
  uploadLimits: UploadLimits;
}

export function createRoutes(parts: RouteParts): Route[] {
  return [
    ...accountRoutes(parts),
    ...commandRoutes(parts.commands),
    ...channelRoutes(parts),
    ...interactionRoutes(parts),
  ];
}

function accountRoutes({ gateway }: RouteParts): Route[] {
  const read = (url: string, handle: Route['handle']): Route => ({
    method: 'GET',
    url,
    needsBot: true,
    bucket: { ...BUCKETS.other, name: `get ${url}` },
    sharedBy: ['guildId'],
    handle,
  });
  return [
    { ...read('/gateway', () => ok({ url: gateway.url })), needsBot: false },
    read('/gateway/bot', () => ok(gateway.describe())),
    read('/users/@me', () =>
      ok({ ...toApiUser(USERS.bot), verified: true, mfa_enabled: false, email: null, flags: 0 }),
    ),
    read('/users/@me/guilds', () =>
      ok(GUILDS.map((guild) => ({ id: guild.id, name: guild.name, icon: null, owner: false, features: [] }))),
    ),
    read('/users/:userId', ({ parameters }) => {
      const user = findUser(parameters['userId'] ?? '');
      if (!user) throw refuse('unknownUser');
      return ok(toApiUser(user));
    }),
    read('/applications/@me', () => ok(toApiApplication())),
    read('/oauth2/applications/@me', () => ok(toApiApplication())),
    read('/guilds/:guildId', ({ parameters }) => {
      const guild = findGuild(parameters['guildId'] ?? '');
      if (!guild) throw refuse('unknownGuild');
      return ok(toApiGuild(guild));
    }),
    {
      ...read('/users/@me/channels', () => {
        throw refuse('cannotMessageUser');
      }),
      method: 'POST',
    },
  ];
}

function commandRoutes(commands: CommandStore): Route[] {
  const scopes: { base: string; scopeOf: (call: ApiCall) => CommandScope }[] = [
    { base: '/applications/:applicationId/commands', scopeOf: () => null },
    {
      base: '/applications/:applicationId/guilds/:guildId/commands',
      scopeOf: ({ parameters }) => {
        const guild = findGuild(parameters['guildId'] ?? '');
        if (!guild) throw refuse('missingAccess');
        return guild.id;
      },
    },
  ];
  return scopes.flatMap(({ base, scopeOf }) => {
    const route = (
      method: Route['method'],
      url: string,
      handle: (scope: CommandScope, call: ApiCall) => ApiAnswer,
    ): Route => ({
      method,
      url,
      needsBot: true,
      bucket: method === 'GET' ? { ...BUCKETS.other, name: 'read-commands' } : BUCKETS.writeCommands,
      sharedBy: ['guildId'],
      handle: (call) => {
        if (call.parameters['applicationId'] !== APPLICATION_ID) throw refuse('unknownApplication');
        return handle(scopeOf(call), call);
      },
    });
    const one = `${base}/:commandId`;
    const idOf = ({ parameters }: ApiCall): string => parameters['commandId'] ?? '';
    return [
      route('GET', base, (scope, { query }) => {
        const listed = commands.list(scope);
        return ok(query.get('with_localizations') === 'true' ? listed : withoutLocalizations(listed));
      }),
      route('PUT', base, (scope, { body }) => ok(commands.replaceAll(scope, body))),
      route('POST', base, (scope, { body }) => {
        const { command, isNew } = commands.upsert(scope, body);
        return { status: isNew ? 201 : 200, body: command };
      }),
      route('GET', one, (scope, call) => ok(commands.get(scope, idOf(call)))),
      route('PATCH', one, (scope, call) => ok(commands.patch(scope, idOf(call), call.body))),
      route('DELETE', one, (scope, call) => {
        commands.delete(scope, idOf(call));
        return { status: 204 };
      }),
    ];
  });
}

function channelRoutes({ channelMessages, uploadLimits }: RouteParts): Route[] {
  const route = (
    method: Route['method'],
    url: string,
    bucket: Bucket,
    handle: (channelId: string, call: ApiCall) => ApiAnswer,
  ): Route => ({
    method,
    url,
    needsBot: true,
    bucket,
    sharedBy: ['channelId'],
    handle: (call) => {
      const channelId = call.parameters['channelId'] ?? '';
      checkFileSizes(call.files, uploadLimits.ofBot(findChannel(channelId)?.guildId ?? null));
      return handle(channelId, call);
    },
  });
  const messages = '/channels/:channelId/messages';
  const one = `${messages}/:messageId`;
  const idOf = ({ parameters }: ApiCall): string => parameters['messageId'] ?? '';
  const reading = (name: string): Bucket => ({ ...BUCKETS.other, name });
  return [
    route('GET', '/channels/:channelId', reading('get-channel'), (channelId) =>
      ok(channelMessages.getChannel(channelId)),
    ),
    route('PATCH', '/channels/:channelId', reading('change-channel'), (channelId, { body }) =>
      ok(channelMessages.changeChannel(channelId, body)),
    ),
    route('POST', '/channels/:channelId/typing', reading('typing'), (channelId) => {
      channelMessages.requireChannel(channelId);
      return { status: 204 };
    }),
    route('GET', messages, reading('list-messages'), (channelId, { query }) =>
      ok(channelMessages.list(channelId, query)),
    ),
    route('POST', messages, BUCKETS.createMessage, (channelId, call) => ok(channelMessages.post(channelId, call))),
    route('GET', one, reading('get-message'), (channelId, call) => ok(channelMessages.get(channelId, idOf(call)))),
    route('PATCH', one, BUCKETS.editMessage, (channelId, call) =>
      ok(channelMessages.edit(channelId, idOf(call), call)),
    ),
    route('DELETE', one, BUCKETS.deleteMessage, (channelId, call) => {
      channelMessages.delete(channelId, idOf(call));
      return { status: 204 };
    }),
  ];
}

function interactionRoutes({ interactions, messages, uploadLimits }: RouteParts): Route[] {
  const webhook = '/webhooks/:applicationId/:token';
  const one = `${webhook}/messages/:message`;
  const route = (method: Route['method'], url: string, handle: Route['handle']): Route => ({
    method,
    url,
    needsBot: false,
    bucket: BUCKETS.interactionWebhook,
    sharedBy: ['applicationId', 'token'],
    handle: (call) => {
      checkFileSizes(call.files, uploadLimits.ofBot(interactions.guildIdOf(call.parameters['token'] ?? '')));
      return handle(call);
    },
  });
  const find = ({ parameters }: ApiCall) => {
    const interaction = interactions.requireWebhook(parameters['applicationId'] ?? '', parameters['token'] ?? '');
    return { interaction, stored: interactions.requireMessage(interaction, parameters['message'] ?? '') };
  };
  return [
    {
      ...route('POST', '/interactions/:interactionId/:token/callback', ({ parameters, query, body, files }) => {
        const answer = interactions.answer(parameters['interactionId'] ?? '', parameters['token'] ?? '', {
          body,
          files,
        });
        return query.get('with_response') === 'true' ? ok(answer) : { status: 204 };
      }),
      bucket: null,
    },
    route('POST', webhook, ({ parameters, body, files }) => {
      const interaction = interactions.requireWebhook(parameters['applicationId'] ?? '', parameters['token'] ?? '');
      refuseIssues(findIssues(IncomingWebhookRequestPartialSchema, body));
      return ok(messages.toApi(interactions.followUp(interaction, { body: body as MessageBody, files })));
    }),
    route('GET', one, (call) => ok(messages.toApi(find(call).stored))),
    route('PATCH', one, (call) => {
      const { interaction, stored } = find(call);
      refuseIssues(findIssues(IncomingWebhookUpdateRequestPartialSchema, call.body));
      interactions.editMessage(interaction, stored, { body: call.body as MessageBody, files: call.files });
      return ok(messages.toApi(stored));
    }),
    route('DELETE', one, (call) => {
      messages.delete(find(call).stored);
      return { status: 204 };
    }),
  ];
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}
