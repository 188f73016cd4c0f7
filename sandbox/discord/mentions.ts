import type { APIUser } from 'discord-api-types/v10';
import { findUser, toApiUser } from './world.ts';

export interface AllowedMentions {
  parse?: (string | null)[] | null;
  users?: (string | null)[] | null;
  roles?: (string | null)[] | null;
  replied_user?: boolean | null;
}

export interface Mentions {
  mentions: APIUser[];
  mention_roles: string[];
  mention_everyone: boolean;
}

/** Whom a text pings. Without `allowed` everything in it does, as on every create and edit that leaves it out. */
export function findMentions(
  texts: readonly string[],
  allowed: AllowedMentions | null | undefined,
  context: { mayMentionEveryone: boolean; repliedTo: APIUser | null },
): Mentions {
  const text = texts.join('\n');
  const isAllowed = (kind: 'users' | 'roles', id: string): boolean =>
    !allowed || (allowed.parse ?? []).includes(kind) || (allowed[kind] ?? []).includes(id);
  const named = [...text.matchAll(/<@!?(\d+)>/gu)].map(([, id]) => id ?? '').filter((id) => isAllowed('users', id));
  const pingsReplied = context.repliedTo !== null && (!allowed || allowed.replied_user === true);
  const userIds = new Set([...(pingsReplied && context.repliedTo ? [context.repliedTo.id] : []), ...named]);
  const roleIds = [...text.matchAll(/<@&(\d+)>/gu)].map(([, id]) => id ?? '').filter((id) => isAllowed('roles', id));
  const namesEveryone = /@(?:everyone|here)\b/u.test(text);
  const everyoneAllowed = !allowed || (allowed.parse ?? []).includes('everyone');
  return {
    mentions: [...userIds].flatMap((id) => {
      const user = findUser(id);
      return user ? [toApiUser(user)] : [];
    }),
    mention_roles: [...new Set(roleIds)],
    mention_everyone: namesEveryone && everyoneAllowed && context.mayMentionEveryone,
  };
}
