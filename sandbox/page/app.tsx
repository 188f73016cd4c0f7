/** The page as a whole: which channel, which user, what is open. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import type { APIMessage } from 'discord-api-types/v10';
import type { ControlCalls, SandboxChannel, SandboxUser } from '../interface.ts';
import { ChannelLog } from './channel.tsx';
import { ClockOffset } from './clock.ts';
import { listCommands, listMessageCommands } from './command-text.ts';
import { Composer } from './composer.tsx';
import { call, fetchRoles, listen } from './connection.ts';
import { Header, isNarrow, useDrawerKeys, type Drawer } from './header.tsx';
import { sentenceOf, useInteractions } from './interactions.ts';
import { applyNews, EMPTY_STATE, membersOf, visibleMessages, visibleRefusals, type LiveState } from './live-state.ts';
import { ModalDialog } from './modal.tsx';
import { refusalId } from './notice.tsx';
import { Page } from './page-context.ts';
import { readPageQuery } from './page-query.ts';
import { Panel } from './panel.tsx';
import { filesOf, USUAL_FILE_BYTES } from './picked-file.ts';
import { Sidebar } from './sidebar.tsx';

interface Place {
  channelId: string | null;
  userId: string | null;
}

export function App(): JSX.Element {
  const [state, tell] = useReducer(applyNews, EMPTY_STATE);
  const [place, setPlace] = useState<Place>(readPageQuery);
  useEffect(() => listen(tell), []);
  useEffect(() => void fetchRoles().then((roles) => tell({ type: 'roles', roles })), []);
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

/** The chosen channel and user, or the first of each; a user alone brings the first channel of their server. */
function findPlace(state: LiveState, { channelId, userId }: Place) {
  const isIn = (guildId: string): boolean => membersOf(state, guildId).some(({ id }) => id === userId);
  const channels = state.guilds.flatMap((guild) => guild.channels);
  const channel =
    channels.find(({ id }) => id === channelId) ?? channels.find(({ guildId }) => isIn(guildId)) ?? channels[0];
  const members = channel === undefined ? [] : membersOf(state, channel.guildId);
  return { channel, user: members.find(({ id }) => id === userId) ?? members[0] };
}

interface ShellProps {
  state: LiveState;
  channel: SandboxChannel;
  user: SandboxUser;
  setPlace(place: Place): void;
}

function Shell({ state, channel, user, setPlace }: ShellProps): JSX.Element {
  const [drawer, setDrawer] = useState<Drawer>(null);
  const [isPanelClosed, closePanel] = useState(() => readPageQuery().isPanelClosed);
  const [fill, setFill] = useState<{ text: string } | null>(null);
  const [dropped, setDropped] = useState<{ files: readonly File[] } | null>(null);
  const [isDragging, setDragging] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [dismissed, dismiss] = useDismissed();
  const talk = useInteractions(user, channel);
  useDrawerKeys(drawer, () => setDrawer(null));

  const facts = useMemo(
    () => ({
      users: state.users,
      members: [...membersOf(state, channel.guildId), ...state.users.filter(({ isBot }) => isBot)],
      roles: state.roles[channel.guildId] ?? [],
      guildChannels: state.guilds.find(({ id }) => id === channel.guildId)?.channels ?? [],
      channels: state.guilds.flatMap((guild) => guild.channels),
      largestFileBytes: Math.max(state.uploadLimits[channel.guildId] ?? 0, USUAL_FILE_BYTES),
      viewerId: user.id,
    }),
    [state.users, state.guilds, state.roles, state.uploadLimits, channel.guildId, user.id],
  );
  const registered = state.commands[channel.guildId] ?? [];
  const commands = useMemo(() => {
    const { members, roles, guildChannels } = facts;
    return listCommands(registered, { user, members, roles, channels: guildChannels });
  }, [registered, facts, user]);
  const titles = useMemo(() => commands.map(({ title }) => title), [commands]);
  const messageCommands = useMemo(() => listMessageCommands(registered, user), [registered, user]);
  const messages = useMemo(
    () => visibleMessages(state, channel.id, user.id).filter(({ message }) => !dismissed.has(message.id)),
    [state.messages, channel.id, user.id, dismissed],
  );
  const refusals = useMemo(
    () => visibleRefusals(state, channel.id).filter(({ number }) => !dismissed.has(refusalId(number))),
    [state.refusals, channel.id, dismissed],
  );
  const runMessageCommand = useCallback(
    (message: APIMessage, name: string): void => void talk.runMessageCommand(message, name).then(setRefusal),
    [talk.runMessageCommand],
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
      <div class={`app${isPanelClosed ? ' is-panel-closed' : ''}`}>
        <Header
          {...{ state, channel, drawer, setDrawer, isPanelClosed }}
          togglePanel={() => {
            if (isNarrow()) setDrawer(drawer === 'panel' ? null : 'panel');
            else closePanel(!isPanelClosed);
          }}
        />
        <Sidebar
          {...{ state, channel, user, goTo, become }}
          isOpen={drawer === 'channels'}
          close={() => setDrawer(null)}
        />
        <main
          class={`channel${isDragging ? ' is-dragging' : ''}`}
          aria-label={`#${channel.name}`}
          // Behind an open drawer nothing can be reached.
          inert={drawer !== null}
          onDragOver={(event) => {
            event.preventDefault();
            setDragging(event.dataTransfer?.types.includes('Files') === true);
          }}
          onDragLeave={(event) => {
            // Into a child is still over the channel.
            if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
          }}
          onDrop={(event) => {
            event.preventDefault();
            setDragging(false);
            const files = filesOf(event.dataTransfer);
            if (files.length > 0) setDropped({ files });
          }}
        >
          {refusal !== null && (
            <p class="banner-note trouble" role="alert">
              {refusal}{' '}
              <button type="button" class="link-button" onClick={() => setRefusal(null)}>
                Dismiss
              </button>
            </p>
          )}
          <ChannelLog
            {...{ channel, messages, refusals, titles, messageCommands, dismiss }}
            bot={state.bot}
            sent={talk.sent}
            notices={talk.notices.filter((notice) => notice.channelId === channel.id && notice.user.id === user.id)}
            press={talk.press}
            runMessageCommand={runMessageCommand}
            dismissNotice={talk.dismissNotice}
            tryExample={(text) => setFill({ text })}
          />
          <Composer
            key={`${channel.id} ${user.id}`}
            channelName={channel.name}
            commands={commands}
            fill={fill}
            dropped={dropped}
            send={talk.send}
            say={talk.say}
            complete={talk.complete}
          />
        </main>
        <Panel {...{ state, channel, user, become, run }} isOpen={drawer === 'panel'} close={() => setDrawer(null)} />
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

/** What this page no longer shows; the sandbox keeps it. */
function useDismissed(): [ReadonlySet<string>, (id: string) => void] {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  return [dismissed, useCallback((id: string) => setDismissed((before) => new Set([...before, id])), [])];
}
