/** Servers, channels, and who is looking. */
import type { JSX } from 'preact';
import type { SandboxChannel, SandboxGuild, SandboxUser } from '../interface.ts';
import { Avatar } from './author.tsx';
import { Icon } from './icon.tsx';
import { membersOf, type LiveState } from './live-state.ts';

export interface SidebarProps {
  state: LiveState;
  channel: SandboxChannel;
  user: SandboxUser;
  isOpen: boolean;
  close(): void;
  goTo(channelId: string): void;
  become(userId: string): void;
}

export function Sidebar({ state, channel, user, isOpen, close, goTo, become }: SidebarProps): JSX.Element {
  const guild = state.guilds.find(({ id }) => id === channel.guildId);
  return (
    <nav id="channels" class={`sidebar${isOpen ? ' is-open' : ''}`} aria-label="Servers and channels">
      <ul class="servers" aria-label="Servers">
        {state.guilds.map((other) => (
          <li key={other.id}>
            <ServerButton guild={other} isCurrent={other.id === guild?.id} goTo={goTo} />
          </li>
        ))}
      </ul>
      <div class="channels">
        <header>
          <h2 dir="auto">{guild?.name}</h2>
          <button type="button" class="icon-button drawer-close" aria-label="Close the channel list" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <ul aria-label="Channels">
          {guild?.channels.map((other) => (
            <li key={other.id}>
              <button
                type="button"
                class="channel-link"
                aria-current={other.id === channel.id ? 'page' : undefined}
                onClick={() => goTo(other.id)}
              >
                <span class="hash" aria-hidden="true">
                  #
                </span>
                {other.name}
              </button>
            </li>
          ))}
        </ul>
        <Viewer state={state} user={user} become={become} />
      </div>
    </nav>
  );
}

interface ServerButtonProps {
  guild: SandboxGuild;
  isCurrent: boolean;
  goTo(channelId: string): void;
}

function ServerButton({ guild, isCurrent, goTo }: ServerButtonProps): JSX.Element {
  const initials = guild.name
    .split(/\s+/u)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
  const first = guild.channels[0];
  return (
    <button
      type="button"
      class="server"
      aria-label={guild.name}
      title={guild.name}
      aria-current={isCurrent ? 'true' : undefined}
      onClick={() => {
        if (first !== undefined) goTo(first.id);
      }}
    >
      {initials}
    </button>
  );
}

function Viewer({ state, user, become }: { state: LiveState; user: SandboxUser; become: (id: string) => void }) {
  return (
    <div class="viewer">
      <Avatar user={user} />
      <label>
        <span class="quiet">You are</span>
        <select aria-label="You are" value={user.id} onChange={(event) => become(event.currentTarget.value)}>
          {state.guilds.map((guild) => (
            <optgroup key={guild.id} label={guild.name}>
              {membersOf(state, guild.id).map((member) => (
                <option key={member.id} value={member.id}>
                  {member.globalName}
                  {member.isModerator ? ' (moderator)' : ''}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
    </div>
  );
}
