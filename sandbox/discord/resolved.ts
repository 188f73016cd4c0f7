/** The `resolved` of an interaction: what its values name by id, as Discord sends it along. */
import type { APIAttachment, APIMessage } from 'discord-api-types/v10';
import { findChannel, findRole, findUser, isMember, memberPermissions } from './world.ts';
import { toApiChannel, toApiMember, toApiUser } from './world.ts';

/** What an id may name; `mentionable` is a user or a role. */
export type NamedKind = 'user' | 'role' | 'mentionable' | 'channel';

export interface NamedThings {
  ids?: readonly { kind: NamedKind; id: string }[];
  attachments?: readonly APIAttachment[];
  messages?: readonly APIMessage[];
}

/** Whether the id names such a thing of this server. */
export function isNamed(kind: NamedKind, id: string, guildId: string): boolean {
  const isUser = findUser(id) !== undefined && isMember(id, guildId);
  const isRole = findRole(id, guildId) !== undefined;
  switch (kind) {
    case 'user':
      return isUser;
    case 'role':
      return isRole;
    case 'mentionable':
      return isUser || isRole;
    default:
      return findChannel(id)?.guildId === guildId;
  }
}

/** `{ resolved }` with the tables that are needed, or nothing where nothing is named. */
export function buildResolved(named: NamedThings, guildId: string): { resolved?: Record<string, unknown> } {
  const tables: Record<string, Record<string, unknown>> = {};
  const put = (table: string, id: string, value: unknown): void => {
    (tables[table] ??= {})[id] = value;
  };
  for (const { kind, id } of named.ids ?? []) putNamed(put, { kind, id }, guildId);
  for (const attachment of named.attachments ?? []) put('attachments', attachment.id, attachment);
  for (const message of named.messages ?? []) put('messages', message.id, message);
  return Object.keys(tables).length > 0 ? { resolved: tables } : {};
}

function putNamed(
  put: (table: string, id: string, value: unknown) => void,
  { kind, id }: { kind: NamedKind; id: string },
  guildId: string,
): void {
  const user = kind === 'user' || kind === 'mentionable' ? findUser(id) : undefined;
  if (user) {
    const { user: _inUsers, deaf: _deaf, mute: _mute, ...member } = toApiMember(user, guildId, memberPermissions(user));
    put('users', id, toApiUser(user));
    put('members', id, member);
  }
  const role = kind === 'role' || kind === 'mentionable' ? findRole(id, guildId) : undefined;
  if (role) put('roles', id, role);
  const channel = kind === 'channel' ? findChannel(id) : undefined;
  if (channel) put('channels', id, { ...toApiChannel(channel), permissions: '0' });
}
