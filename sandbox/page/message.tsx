/** One message of the channel: who, when, what it answers, its content, and what can be done with it. */
import type { JSX } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { APIAttachment, APIMessage } from 'discord-api-types/v10';
import type { SandboxMessage } from '../interface.ts';
import { AuthorLine, Avatar, useAuthorName } from './author.tsx';
import { formatMessageTime, formatTime, useNow } from './clock.ts';
import { bareUrl, listPictures, readComponents, type Component, type Picture } from './component-shape.ts';
import { Components, Dots } from './components.tsx';
import { Icon } from './icon.tsx';
import { Lightbox } from './lightbox.tsx';
import { Markdown } from './markdown.tsx';
import { FileRow, Gallery } from './media.tsx';
import { MessageMenu, type MenuPlace } from './message-menu.tsx';
import { plainTextOf } from './message-text.ts';
import { EphemeralNote } from './notice.tsx';
import { Actions, OpenPicture, usePage } from './page-context.ts';

const V2_FLAG = 32_768;
/** Discord's message type of an answer to a command of the message menu. */
const CONTEXT_MENU_COMMAND: number = 23;

export interface MessageViewProps {
  shown: SandboxMessage;
  /** Follows a message of the same author: without avatar and name. */
  isGrouped: boolean;
  /** What it replies to, when that is still there. */
  repliedTo: APIMessage | undefined;
  /** Names of the commands for messages. */
  messageCommands: readonly string[];
  /** Presses a component. Resolves with a sentence when nothing came of it, else null. */
  press(message: APIMessage, component: Component, values: string[] | undefined): Promise<string | null>;
  runCommand(message: APIMessage, name: string): void;
  dismiss(messageId: string): void;
}

export function MessageView(props: MessageViewProps): JSX.Element {
  const { shown, isGrouped, repliedTo, press, dismiss } = props;
  const { message, ephemeralFor, isLoading } = shown;
  const { viewerId } = usePage();
  const { pending, trouble, forget, pressHere } = usePresses(message, press);
  const [menuPlace, openMenu] = useState<MenuPlace | null>(null);
  const isEphemeral = ephemeralFor !== null;
  const isMentioned = message.mention_everyone || message.mentions.some(({ id }) => id === viewerId);
  const name = useAuthorName(message);
  const states = [
    isGrouped ? ' is-grouped' : '',
    isEphemeral ? ' is-ephemeral' : '',
    isMentioned ? ' is-mentioned' : '',
    menuPlace === null ? '' : ' has-menu',
  ];
  return (
    <li
      role="article"
      class={`message${states.join('')}`}
      aria-label={`${name}${isEphemeral ? ', only you can see this' : ''}${isMentioned ? ', mentions you' : ''}`}
      data-message-id={message.id}
      onContextMenu={(event) => {
        // Words that are marked and links keep the browser's own menu.
        if (isOwnMenuWanted(event)) return;
        event.preventDefault();
        openMenu(placeOf(event));
      }}
      onKeyDown={(event) => {
        if (!isMenuKey(event) || !(event.target instanceof HTMLElement)) return;
        event.preventDefault();
        const { left, bottom } = event.target.getBoundingClientRect();
        openMenu({ x: left, y: bottom, opener: event.target });
      }}
    >
      {isGrouped ? (
        <GutterTime message={message} />
      ) : (
        <>
          <Origin message={message} repliedTo={repliedTo} />
          <Author message={message} />
        </>
      )}
      <div class="message-body">
        {isLoading ? (
          <p class="thinking">
            <Dots /> {name} is thinking…
          </p>
        ) : (
          <Actions.Provider value={{ pending, press: pressHere }}>
            <Content message={message} />
          </Actions.Provider>
        )}
        {trouble !== null && (
          <p class="trouble" role="alert">
            {trouble}{' '}
            <button type="button" class="link-button" onClick={forget}>
              Dismiss
            </button>
          </p>
        )}
        {isEphemeral && <EphemeralNote dismiss={() => dismiss(message.id)} />}
      </div>
      <Toolbar open={openMenu} isOpen={menuPlace !== null} />
      {menuPlace !== null && <Menu {...props} place={menuPlace} close={() => openMenu(null)} />}
    </li>
  );
}

function isOwnMenuWanted(event: MouseEvent): boolean {
  const isOnLink = event.target instanceof Element && event.target.closest('a, input, textarea, select') !== null;
  return isOnLink || (getSelection()?.isCollapsed === false && event.button === 2);
}

function placeOf({ clientX, clientY }: MouseEvent): MenuPlace {
  const opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  return { x: clientX, y: clientY, opener };
}

function isMenuKey({ key, shiftKey }: KeyboardEvent): boolean {
  return key === 'ContextMenu' || (key === 'F10' && shiftKey);
}

function Toolbar({ open, isOpen }: { open(place: MenuPlace): void; isOpen: boolean }): JSX.Element {
  return (
    <div class="toolbar">
      <button
        type="button"
        class="icon-button"
        aria-label="Apps"
        title="Apps"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          open({ x: left, y: bottom + 4, opener: event.currentTarget });
        }}
      >
        <Icon name="apps" />
      </button>
    </div>
  );
}

function Menu(props: MessageViewProps & { place: MenuPlace; close(): void }): JSX.Element {
  const { shown, place, messageCommands, runCommand, dismiss, close } = props;
  const { message } = shown;
  const words = plainTextOf(message);
  return (
    <MessageMenu
      place={place}
      commands={messageCommands}
      run={(name) => runCommand(message, name)}
      copyText={words === '' ? undefined : () => copy(words)}
      copyId={() => copy(message.id)}
      dismiss={shown.ephemeralFor === null ? undefined : () => dismiss(message.id)}
      close={close}
    />
  );
}

function copy(words: string): void {
  // A browser that does not let a page copy has its own way to mark and copy.
  void navigator.clipboard?.writeText(words).catch(() => undefined);
}

function usePresses(message: APIMessage, press: MessageViewProps['press']) {
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const [trouble, setTrouble] = useState<string | null>(null);
  const pressHere = useCallback(
    (component: Component, values?: string[]): void => {
      const customId = component.custom_id ?? '';
      setTrouble(null);
      setPending((before) => new Set([...before, customId]));
      void press(message, component, values).then((sentence) => {
        setPending((before) => new Set([...before].filter((other) => other !== customId)));
        setTrouble(sentence);
      });
    },
    [message, press],
  );
  return { pending, trouble, forget: () => setTrouble(null), pressHere };
}

/** `Mira used /generate`, or the message that this one replies to. */
function Origin(props: { message: APIMessage; repliedTo: APIMessage | undefined }): JSX.Element | null {
  const { message, repliedTo } = props;
  const { users } = usePage();
  const command = readCommandName(message);
  const isMenuCommand = message.type === CONTEXT_MENU_COMMAND;
  if (message.message_reference !== undefined && !isMenuCommand) return <Reply repliedTo={repliedTo} />;
  const asked = message.interaction_metadata;
  if (asked === undefined || command === undefined) return null;
  const user = users.find(({ id }) => id === asked.user.id);
  return (
    <p class="origin">
      {user !== undefined && <Avatar user={user} />}
      <strong>{user?.globalName ?? asked.user.username}</strong> used{' '}
      <span class="origin-command">{isMenuCommand ? command : `/${command}`}</span>
    </p>
  );
}

function Reply({ repliedTo }: { repliedTo: APIMessage | undefined }): JSX.Element {
  const { users } = usePage();
  if (repliedTo === undefined) {
    return (
      <p class="origin">
        <Icon name="reply" /> Original message was deleted
      </p>
    );
  }
  const user = users.find(({ id }) => id === repliedTo.author.id);
  const words = plainTextOf(repliedTo).slice(0, 120);
  return (
    <p class="origin">
      {user !== undefined && <Avatar user={user} />}
      <strong>{user?.globalName ?? repliedTo.author.username}</strong>
      <button type="button" class="link-button origin-words" dir="auto" onClick={() => showMessage(repliedTo.id)}>
        {words === '' ? 'Go to the message' : words}
      </button>
    </p>
  );
}

function showMessage(messageId: string): void {
  const element = document.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element?.scrollIntoView({ block: 'center', behavior: isCalm ? 'auto' : 'smooth' });
  element?.classList.remove('is-found');
  // Begins its animation anew when the same message is looked for twice.
  requestAnimationFrame(() => element?.classList.add('is-found'));
}

/** Discord names the command in a field that its documentation leaves out, and in the older `interaction`. */
function readCommandName(message: APIMessage): string | undefined {
  const asked = message.interaction_metadata;
  const isNamed = asked !== undefined && 'name' in asked && typeof asked.name === 'string';
  return isNamed ? String(asked.name) : message.interaction?.name;
}

function Author({ message }: { message: APIMessage }): JSX.Element {
  const { users } = usePage();
  const now = useNow();
  const user = users.find(({ id }) => id === message.author.id);
  const name = useAuthorName(message);
  const seconds = new Date(message.timestamp).getTime() / 1000;
  return (
    <AuthorLine user={user} name={name} isBot={message.author.bot === true}>
      <time dateTime={message.timestamp} title={formatTime(seconds, 'F')}>
        {formatMessageTime(message.timestamp, now)}
      </time>
      {message.edited_timestamp && (
        <time
          class="edited"
          dateTime={message.edited_timestamp}
          title={formatMessageTime(message.edited_timestamp, now)}
        >
          (edited)
        </time>
      )}
    </AuthorLine>
  );
}

/** In the place of the avatar, seen while the pointer is there. */
function GutterTime({ message }: { message: APIMessage }): JSX.Element {
  const seconds = new Date(message.timestamp).getTime() / 1000;
  return (
    <time class="gutter-time" dateTime={message.timestamp} title={formatTime(seconds, 'F')}>
      {formatTime(seconds, 't')}
    </time>
  );
}

function Content({ message }: { message: APIMessage }): JSX.Element {
  const isV2 = ((message.flags ?? 0) & V2_FLAG) !== 0;
  const components = useMemo(() => readComponents(message.components), [message.components]);
  const pictures = [...(isV2 ? [] : message.attachments.filter(isPicture).map(toPicture)), ...listPictures(components)];
  const [opened, open] = useState<number | null>(null);
  return (
    <OpenPicture.Provider
      value={(url) =>
        open(
          Math.max(
            0,
            pictures.findIndex((picture) => bareUrl(picture.url) === bareUrl(url)),
          ),
        )
      }
    >
      {isV2 ? (
        // A V2 message shows only the files that a component names.
        <div class="components">
          <Components components={components} />
        </div>
      ) : (
        <>
          {message.content !== '' && <Markdown text={message.content} />}
          <Attachments attachments={message.attachments} />
          <Components components={components} />
        </>
      )}
      {opened !== null && <Lightbox pictures={pictures} index={opened} close={() => open(null)} />}
    </OpenPicture.Provider>
  );
}

function isPicture({ content_type: type }: APIAttachment): boolean {
  return type?.startsWith('image/') === true;
}

function toPicture(attachment: APIAttachment): Picture {
  return { url: attachment.url, description: attachment.description ?? attachment.filename };
}

function Attachments({ attachments }: { attachments: readonly APIAttachment[] }): JSX.Element | null {
  if (attachments.length === 0) return null;
  const pictures = attachments.filter(({ content_type: type }) => /^(?:image|video)\//u.test(type ?? ''));
  return (
    <div class="attachments">
      {pictures.length > 0 && (
        <Gallery
          items={pictures.map((attachment) => ({
            media: {
              url: attachment.url,
              width: attachment.width ?? null,
              height: attachment.height ?? null,
              content_type: attachment.content_type ?? null,
            },
            description: attachment.description ?? attachment.filename,
            spoiler: attachment.filename.startsWith('SPOILER_'),
          }))}
        />
      )}
      {/* Pictures too: the way to save a file under its name. */}
      {attachments.map((attachment) => (
        <FileRow key={attachment.id} file={{ name: attachment.filename, size: attachment.size, url: attachment.url }} />
      ))}
    </div>
  );
}
