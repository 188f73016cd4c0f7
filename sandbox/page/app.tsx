/** The page as a whole: which channel, which user, what is open. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { APIMessage } from 'discord-api-types/v10';
import type { CommandOptions, ControlCalls, InteractionOutcome, SandboxChannel, SandboxUser } from '../interface.ts';
import { ChannelLog } from './channel.tsx';
import { ClockOffset } from './clock.ts';
import { listCommands, type RunnableCommand } from './command-text.ts';
import type { Component } from './component-shape.ts';
import { Composer } from './composer.tsx';
import { call, listen } from './connection.ts';
import { Icon } from './icon.tsx';
import { applyNews, EMPTY_STATE, membersOf, visibleMessages, type LiveState } from './live-state.ts';
import { NO_ANSWER, type Notice } from './message.tsx';
import { ModalDialog, type OpenModal } from './modal.tsx';
import { Page } from './page-context.ts';
import { Panel } from './panel.tsx';
import { Sidebar } from './sidebar.tsx';
import { ThemeButton } from './theme.tsx';

export function App(): JSX.Element {
  const [state, tell] = useReducer(applyNews, EMPTY_STATE);
  const [place, setPlace] = useState<{ channelId: string; userId: string } | null>(null);
  useEffect(() => listen(tell), []);
  const { channel, user } = findPlace(state, place);
  if (!state.isReady || channel === undefined || user === undefined) {
    return (
      <main class="waiting">
        <p role="status">Connecting to the sandbox…</p>
      </main>
    );
  }
  return (
    <ClockOffset.Provider value={state.clockOffsetMs}>
      <Shell state={state} channel={channel} user={user} setPlace={setPlace} />
    </ClockOffset.Provider>
  );
}

/** The chosen channel and user, or the first of each. */
function findPlace(state: LiveState, place: { channelId: string; userId: string } | null) {
  const channels = state.guilds.flatMap((guild) => guild.channels);
  const channel = channels.find(({ id }) => id === place?.channelId) ?? channels[0];
  const members = channel === undefined ? [] : membersOf(state, channel.guildId);
  return { channel, user: members.find(({ id }) => id === place?.userId) ?? members[0] };
}

interface ShellProps {
  state: LiveState;
  channel: SandboxChannel;
  user: SandboxUser;
  setPlace(place: { channelId: string; userId: string }): void;
}

type Drawer = 'channels' | 'panel' | null;

function Shell({ state, channel, user, setPlace }: ShellProps): JSX.Element {
  const [drawer, setDrawer] = useState<Drawer>(null);
  const [fill, setFill] = useState<{ text: string } | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const talk = useInteractions(user, channel);
  useDrawerKeys(drawer, () => setDrawer(null));

  const facts = useMemo(
    () => ({ users: state.users, channels: state.guilds.flatMap((guild) => guild.channels) }),
    [state.users, state.guilds],
  );
  const commands = useMemo(() => {
    const members = [...membersOf(state, channel.guildId), ...state.users.filter(({ isBot }) => isBot)];
    const channels = state.guilds.find(({ id }) => id === channel.guildId)?.channels ?? [];
    return listCommands(state.commands[channel.guildId] ?? [], { user, members, channels });
  }, [state.commands, state.guilds, state.users, channel.guildId, user]);
  const messages = useMemo(
    () => visibleMessages(state, channel.id, user.id).filter(({ message }) => !dismissed.has(message.id)),
    [state.messages, channel.id, user.id, dismissed],
  );
  const run = async <Path extends keyof ControlCalls>(path: Path, body: ControlCalls[Path]): Promise<void> => {
    setRefusal(null);
    await call(path, body).catch((error: unknown) => setRefusal(sentenceOf(error)));
  };
  const goTo = (channelId: string): void => {
    setFill(null);
    setPlace({ channelId, userId: user.id });
    setDrawer(null);
  };
  const become = (userId: string): void => {
    const guild = state.guilds.find(({ id }) => membersOf(state, id).some((member) => member.id === userId));
    const isHere = guild?.channels.some(({ id }) => id === channel.id) === true;
    setFill(null);
    setPlace({ userId, channelId: isHere ? channel.id : (guild?.channels[0]?.id ?? channel.id) });
    setDrawer(null);
  };

  return (
    <Page.Provider value={facts}>
      <div class="app">
        <Header state={state} channel={channel} drawer={drawer} setDrawer={setDrawer} />
        <Sidebar
          {...{ state, channel, user, goTo, become }}
          isOpen={drawer === 'channels'}
          close={() => setDrawer(null)}
        />
        <main class="channel" aria-label={`#${channel.name}`}>
          {refusal !== null && (
            <p class="banner-note trouble" role="alert">
              {refusal}{' '}
              <button type="button" class="link-button" onClick={() => setRefusal(null)}>
                Dismiss
              </button>
            </p>
          )}
          <ChannelLog
            channel={channel}
            bot={state.bot}
            messages={messages}
            notices={talk.notices.filter((notice) => notice.channelId === channel.id && notice.user.id === user.id)}
            press={talk.press}
            dismiss={(id) => setDismissed(new Set([...dismissed, id]))}
            dismissNotice={talk.dismissNotice}
            tryExample={(text) => setFill({ text })}
          />
          <Composer
            key={`${channel.id} ${user.id}`}
            channelName={channel.name}
            commands={commands}
            fill={fill}
            send={talk.send}
            complete={talk.complete}
          />
        </main>
        <Panel state={state} isOpen={drawer === 'panel'} close={() => setDrawer(null)} run={run} />
        {drawer !== null && <div class="backdrop" onClick={() => setDrawer(null)} />}
        {talk.modal !== null && (
          <ModalDialog
            key={talk.modal.interactionId}
            open={talk.modal}
            submit={talk.submitModal}
            close={talk.closeModal}
          />
        )}
      </div>
    </Page.Provider>
  );
}

interface HeaderProps {
  state: LiveState;
  channel: SandboxChannel;
  drawer: Drawer;
  setDrawer(drawer: Drawer): void;
}

function Header({ state, channel, drawer, setDrawer }: HeaderProps): JSX.Element {
  const toggle = (name: 'channels' | 'panel'): void => setDrawer(drawer === name ? null : name);
  return (
    <header class="top">
      <button
        type="button"
        class="icon-button drawer-open"
        aria-label="Channels"
        aria-controls="channels"
        aria-expanded={drawer === 'channels'}
        onClick={() => toggle('channels')}
      >
        <Icon name="menu" />
      </button>
      <h1>
        <span class="hash" aria-hidden="true">
          #
        </span>
        {channel.name}
      </h1>
      <p class="topic" dir="auto">
        {channel.topic}
      </p>
      <p class="connection" role="status">
        {state.isConnected ? '' : 'Connection lost, trying again…'}
      </p>
      <ThemeButton />
      <button
        type="button"
        class="icon-button drawer-open"
        aria-label="Sandbox panel"
        aria-controls="panel"
        aria-expanded={drawer === 'panel'}
        onClick={() => toggle('panel')}
      >
        <Icon name="panel" />
        <span class={`state-dot is-${state.bot.state}`} aria-hidden="true" />
      </button>
    </header>
  );
}

/** Escape closes the open drawer; the focus goes into it and comes back. */
function useDrawerKeys(drawer: Drawer, close: () => void): void {
  useEffect(() => {
    if (drawer === null) return undefined;
    document.querySelector<HTMLElement>(`#${drawer} .drawer-close`)?.focus();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      document.querySelector<HTMLElement>(`[aria-controls='${drawer}']`)?.focus();
    };
  }, [drawer]);
}

/** Commands, presses and modals of this user in this channel, and what comes of them. */
function useInteractions(user: SandboxUser, channel: SandboxChannel) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const [modal, setModal] = useState<OpenModal | null>(null);
  const lastNotice = useRef(0);
  const dismissNotice = useCallback((id: number) => setNotices((all) => all.filter((notice) => notice.id !== id)), []);

  const showModal = (outcome: InteractionOutcome): void => {
    if (outcome.status !== 'answered' || outcome.modal === null) return;
    setModal({ interactionId: outcome.interactionId, modal: outcome.modal });
  };

  const send = async (command: RunnableCommand, options: CommandOptions): Promise<string | null> => {
    lastNotice.current += 1;
    const id = lastNotice.current;
    setNotices((all) => [...all, { id, channelId: channel.id, user, command: command.title, state: 'sending' }]);
    try {
      const outcome = await call('command', { ...describeCommand(command, user, channel), options });
      showModal(outcome);
      if (outcome.status === 'answered') dismissNotice(id);
      else setNotices((all) => all.map((notice) => (notice.id === id ? { ...notice, state: 'no-answer' } : notice)));
      return null;
    } catch (error) {
      dismissNotice(id);
      return sentenceOf(error);
    }
  };

  const press = useCallback(
    async (message: APIMessage, component: Component, values: string[] | undefined): Promise<string | null> => {
      const customId = component.custom_id ?? '';
      try {
        const ask = { userId: user.id, messageId: message.id, customId, ...(values === undefined ? {} : { values }) };
        const outcome = await call('press', ask);
        showModal(outcome);
        return outcome.status === 'answered' ? null : NO_ANSWER;
      } catch (error) {
        return sentenceOf(error);
      }
    },
    [user.id],
  );

  const submitModal = async (customId: string, values: Record<string, string>): Promise<string | null> => {
    try {
      const ask = { userId: user.id, interactionId: modal?.interactionId ?? '', customId, values };
      const outcome = await call('modal', ask);
      return outcome.status === 'answered' ? null : NO_ANSWER;
    } catch (error) {
      return sentenceOf(error);
    }
  };

  const complete = (command: RunnableCommand, options: CommandOptions, focused: string) =>
    call('autocomplete', { ...describeCommand(command, user, channel), options, focused });

  return { notices, dismissNotice, modal, closeModal: () => setModal(null), send, press, submitModal, complete };
}

function describeCommand(command: RunnableCommand, user: SandboxUser, channel: SandboxChannel) {
  const { name, subcommand } = command;
  return { userId: user.id, channelId: channel.id, name, ...(subcommand === undefined ? {} : { subcommand }) };
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
