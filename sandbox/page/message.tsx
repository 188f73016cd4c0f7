/** One message of the channel: who, when, what it answers, its content. */
import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { APIAttachment, APIMessage } from 'discord-api-types/v10';
import type { SandboxMessage, SandboxUser } from '../interface.ts';
import { formatMessageTime, formatTime, useNow } from './clock.ts';
import { readComponents, type Component } from './component-shape.ts';
import { Components, Dots } from './components.tsx';
import { Icon } from './icon.tsx';
import { Markdown } from './markdown.tsx';
import { FileRow, Gallery } from './media.tsx';
import { Actions, usePage } from './page-context.ts';

const V2_FLAG = 32_768;
const NO_ANSWER = 'The application did not respond';

export interface MessageViewProps {
  shown: SandboxMessage;
  /** What it replies to, when that is still there. */
  repliedTo: APIMessage | undefined;
  /** Presses a component. Resolves with a sentence when nothing came of it, else null. */
  press(message: APIMessage, component: Component, values: string[] | undefined): Promise<string | null>;
  dismiss(messageId: string): void;
}

export function MessageView({ shown, repliedTo, press, dismiss }: MessageViewProps): JSX.Element {
  const { message, ephemeralFor, isLoading } = shown;
  const { pending, trouble, pressHere } = usePresses(message, press);
  const isEphemeral = ephemeralFor !== null;
  const name = useAuthorName(message);
  return (
    <li
      role="article"
      class={`message${isEphemeral ? ' is-ephemeral' : ''}`}
      aria-label={`${name}${isEphemeral ? ', only you can see this' : ''}`}
      data-message-id={message.id}
    >
      <Origin message={message} repliedTo={repliedTo} />
      <Author message={message} />
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
            {trouble}
          </p>
        )}
        {isEphemeral && (
          <p class="ephemeral-note">
            <Icon name="eye" /> Only you can see this ·{' '}
            <button type="button" class="link-button" onClick={() => dismiss(message.id)}>
              Dismiss
            </button>
          </p>
        )}
      </div>
    </li>
  );
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
  return { pending, trouble, pressHere };
}

function useAuthorName(message: APIMessage): string {
  const { users } = usePage();
  const known = users.find((user) => user.id === message.author.id);
  return known?.globalName ?? message.author.global_name ?? message.author.username;
}

/** `Mira used /generate`, or the message that this one replies to. */
function Origin(props: { message: APIMessage; repliedTo: APIMessage | undefined }): JSX.Element | null {
  const { message, repliedTo } = props;
  const { users } = usePage();
  if (message.message_reference !== undefined) return <Reply repliedTo={repliedTo} />;
  const asked = message.interaction_metadata;
  if (asked === undefined) return null;
  const user = users.find(({ id }) => id === asked.user.id);
  const command = readCommandName(message);
  if (command === undefined) return null;
  return (
    <p class="origin">
      {user !== undefined && <Avatar user={user} />}
      <strong>{user?.globalName ?? asked.user.username}</strong> used <span class="origin-command">/{command}</span>
    </p>
  );
}

function Reply({ repliedTo }: { repliedTo: APIMessage | undefined }): JSX.Element {
  const { users } = usePage();
  if (repliedTo === undefined) return <p class="origin">Original message was deleted</p>;
  const user = users.find(({ id }) => id === repliedTo.author.id);
  return (
    <p class="origin">
      {user !== undefined && <Avatar user={user} />}
      <strong>{user?.globalName ?? repliedTo.author.username}</strong>
      <button type="button" class="link-button origin-words" onClick={() => showMessage(repliedTo.id)}>
        {repliedTo.content === '' ? 'Go to the message' : repliedTo.content.slice(0, 120)}
      </button>
    </p>
  );
}

function showMessage(messageId: string): void {
  const element = document.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  element?.scrollIntoView({ block: 'center', behavior: 'smooth' });
}

/** Discord names the command in a field that its documentation leaves out, and in the older `interaction`. */
function readCommandName(message: APIMessage): string | undefined {
  const asked = message.interaction_metadata;
  const isNamed = asked !== undefined && 'name' in asked && typeof asked.name === 'string';
  return isNamed ? String(asked.name) : message.interaction?.name;
}

export function Avatar({ user }: { user: SandboxUser }): JSX.Element {
  return (
    <span class="avatar" style={{ backgroundColor: user.color }} aria-hidden="true">
      {(user.globalName[0] ?? '?').toUpperCase()}
    </span>
  );
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

interface AuthorLineProps {
  user: SandboxUser | undefined;
  name: string;
  isBot: boolean;
  children?: ComponentChildren;
}

function AuthorLine({ user, name, isBot, children }: AuthorLineProps): JSX.Element {
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

function Content({ message }: { message: APIMessage }): JSX.Element {
  const isV2 = ((message.flags ?? 0) & V2_FLAG) !== 0;
  const components = <Components components={readComponents(message.components)} />;
  // A V2 message shows only the files that a component names.
  if (isV2) return <div class="components">{components}</div>;
  return (
    <>
      {message.content !== '' && <Markdown text={message.content} />}
      <Attachments attachments={message.attachments} />
      {components}
    </>
  );
}

function Attachments({ attachments }: { attachments: readonly APIAttachment[] }): JSX.Element | null {
  if (attachments.length === 0) return null;
  const isPicture = ({ content_type: type }: APIAttachment): boolean => /^(?:image|video)\//u.test(type ?? '');
  const pictures = attachments.filter(isPicture);
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

/** A command that the server has not answered, or never will: only whoever sent it sees this. */
export interface Notice {
  id: number;
  channelId: string;
  user: SandboxUser;
  /** `/generate` */
  command: string;
  state: 'sending' | 'no-answer';
}

export function NoticeView(props: { notice: Notice; dismiss: (id: number) => void }): JSX.Element {
  const { notice, dismiss } = props;
  const { users } = usePage();
  const bot = users.find((user) => user.isBot);
  const isSending = notice.state === 'sending';
  return (
    <li
      role="article"
      class="message is-ephemeral"
      aria-label={`${bot?.globalName ?? 'The application'}, only you can see this`}
    >
      <p class="origin">
        <Avatar user={notice.user} />
        <strong>{notice.user.globalName}</strong> used <span class="origin-command">{notice.command}</span>
      </p>
      <AuthorLine user={bot} name={bot?.globalName ?? 'The application'} isBot />
      <div class="message-body">
        {isSending ? (
          <p class="thinking">Sending command…</p>
        ) : (
          <>
            <p class="trouble" role="alert">
              {NO_ANSWER}
            </p>
            <p class="ephemeral-note">
              <Icon name="eye" /> Only you can see this ·{' '}
              <button type="button" class="link-button" onClick={() => dismiss(notice.id)}>
                Dismiss
              </button>
            </p>
          </>
        )}
      </div>
    </li>
  );
}

export { NO_ANSWER };
