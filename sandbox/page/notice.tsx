/** Lines of the channel that are no messages: a command on its way or lost, and what Discord refused. */
import type { JSX } from 'preact';
import type { SandboxUser } from '../interface.ts';
import { Icon } from './icon.tsx';
import type { SeenRequest } from './live-state.ts';
import { AuthorLine, Avatar } from './author.tsx';
import { usePage } from './page-context.ts';
import { shortenPath } from './request-path.ts';

export const NO_ANSWER = 'The application did not respond';

/** A command that the server has not answered, or never will: only whoever sent it sees this. */
export interface Notice {
  id: number;
  channelId: string;
  user: SandboxUser;
  /** `/generate`, or the name of a message command. */
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
            <EphemeralNote dismiss={() => dismiss(notice.id)} />
          </>
        )}
      </div>
    </li>
  );
}

export function EphemeralNote({ dismiss }: { dismiss: () => void }): JSX.Element {
  return (
    <p class="ephemeral-note">
      <Icon name="eye" /> Only you can see this ·{' '}
      <button type="button" class="link-button" onClick={dismiss}>
        Dismiss message
      </button>
    </p>
  );
}

/** By which the page remembers that it was dismissed. */
export function refusalId(number: number): string {
  return `refusal-${number}`;
}

/** In red: the sandbox says what the real Discord would have said, where a developer looks. */
export function RefusalView({
  seen,
  dismiss,
}: {
  seen: SeenRequest;
  dismiss: (id: string) => void;
}): JSX.Element | null {
  const { method, path, error, body } = seen.request;
  if (error === null) return null;
  const [sentence = '', ...issues] = error.message.split('\n');
  return (
    <li class="refusal" data-refusal={seen.number}>
      <Icon name="warning" />
      <div class="refusal-words">
        <p>
          <strong>Discord refused</strong> <code>{`${method} ${shortenPath(path)}`}</code>
        </p>
        <p>
          <strong>{error.code}</strong> {sentence}
        </p>
        {issues.length > 0 && (
          <ul>
            {issues.map((issue) => (
              <li key={issue}>
                <IssueLine issue={issue} />
              </li>
            ))}
          </ul>
        )}
        {body !== null && (
          <details>
            <summary>What the bot sent</summary>
            <pre tabIndex={0}>{JSON.stringify(body, null, 2).slice(0, 6_000)}</pre>
          </details>
        )}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label="Dismiss the refusal"
        onClick={() => dismiss(refusalId(seen.number))}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

/** `components[0].label: Must be 80 or fewer in length. (BASE_TYPE_MAX_LENGTH)` */
function IssueLine({ issue }: { issue: string }): JSX.Element {
  const [, path, sentence, code] = /^(\S+): (.*) \((\w+)\)$/u.exec(issue) ?? [];
  if (path === undefined) return <>{issue}</>;
  return (
    <>
      <code>{path}</code> {sentence} <span class="issue-code">{code}</span>
    </>
  );
}
