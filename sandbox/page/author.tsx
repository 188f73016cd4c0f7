/** Who wrote a message. */
import type { ComponentChildren, JSX } from 'preact';
import type { APIMessage } from 'discord-api-types/v10';
import type { SandboxUser } from '../interface.ts';
import { usePage } from './page-context.ts';

export function Avatar({ user }: { user: SandboxUser }): JSX.Element {
  return (
    <span class={`avatar${user.isBot ? ' is-app' : ''}`} style={{ backgroundColor: user.color }} aria-hidden="true">
      {user.isBot ? <BotMark /> : (user.globalName[0] ?? '?').toUpperCase()}
    </span>
  );
}

/** The lens of the page's icon. */
function BotMark(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32">
      <circle cx="16" cy="16" r="8.5" />
      <circle cx="16" cy="16" r="3.5" class="is-full" />
    </svg>
  );
}

export function useAuthorName(message: APIMessage): string {
  const { users } = usePage();
  const known = users.find((user) => user.id === message.author.id);
  return known?.globalName ?? message.author.global_name ?? message.author.username;
}

export interface AuthorLineProps {
  user: SandboxUser | undefined;
  name: string;
  isBot: boolean;
  children?: ComponentChildren;
}

export function AuthorLine({ user, name, isBot, children }: AuthorLineProps): JSX.Element {
  return (
    <>
      {user !== undefined && <Avatar user={user} />}
      <div class="author">
        <strong class="author-name" dir="auto">
          {name}
        </strong>
        {isBot && <span class="app-badge">APP</span>}
        {children}
      </div>
    </>
  );
}
