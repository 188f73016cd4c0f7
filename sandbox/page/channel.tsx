/** The channel: its messages, what a newcomer reads while there are none, and the composer's place. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { APIMessage } from 'discord-api-types/v10';
import type { BotStatus, SandboxChannel, SandboxMessage } from '../interface.ts';
import { listTexts, readComponents } from './component-shape.ts';
import { Icon } from './icon.tsx';
import { MessageView, NoticeView, type MessageViewProps, type Notice } from './message.tsx';

/** Closer to the end than this counts as at the end. */
const STICKY_PX = 60;
const EXAMPLE = '/generate prompt: a beautiful sunset over mountains';

export interface ChannelLogProps {
  channel: SandboxChannel;
  bot: BotStatus;
  messages: readonly SandboxMessage[];
  notices: readonly Notice[];
  press: MessageViewProps['press'];
  dismiss: MessageViewProps['dismiss'];
  dismissNotice(id: number): void;
  tryExample(text: string): void;
}

export function ChannelLog(props: ChannelLogProps): JSX.Element {
  const { channel, bot, messages, notices, press, dismiss, dismissNotice, tryExample } = props;
  const { scroller, content, isAway, toEnd } = useStickyScroll(channel.id);
  const byId = useMemo(() => new Map(messages.map(({ message }) => [message.id, message])), [messages]);
  const isEmpty = messages.length === 0 && notices.length === 0;
  return (
    <div class="log-frame">
      <div ref={scroller} class="log" tabIndex={0} aria-label={`Messages in #${channel.name}`} role="region">
        <div ref={content} class="log-content">
          {isEmpty ? (
            <Welcome channel={channel} bot={bot} tryExample={tryExample} />
          ) : (
            <p class="log-start">This is the start of #{channel.name}.</p>
          )}
          <ol class="messages">
            {messages.map((shown) => (
              <MessageView
                key={shown.message.id}
                shown={shown}
                repliedTo={findRepliedTo(shown.message, byId)}
                press={press}
                dismiss={dismiss}
              />
            ))}
            {notices.map((notice) => (
              <NoticeView key={notice.id} notice={notice} dismiss={dismissNotice} />
            ))}
          </ol>
        </div>
      </div>
      {isAway && (
        <button type="button" class="to-end" onClick={toEnd}>
          Jump to the newest <Icon name="down" />
        </button>
      )}
      <Announcer channelId={channel.id} messages={messages} />
    </div>
  );
}

function findRepliedTo(message: APIMessage, byId: ReadonlyMap<string, APIMessage>): APIMessage | undefined {
  const id = message.message_reference?.message_id;
  return id === undefined ? undefined : byId.get(id);
}

/** Stays at the end while things grow, unless the person has scrolled up. */
function useStickyScroll(channelId: string) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isSticky = useRef(true);
  const [isAway, setAway] = useState(false);
  const toEnd = (): void => {
    isSticky.current = true;
    setAway(false);
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [channelId]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null || content.current === null) return undefined;
    let lastTop = box.scrollTop;
    const onScroll = (): void => {
      const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < STICKY_PX;
      // Something that grew since our own scroll leaves a distance too; only a person goes up.
      if (isAtEnd) isSticky.current = true;
      else if (box.scrollTop < lastTop) isSticky.current = false;
      lastTop = box.scrollTop;
      setAway(!isSticky.current);
    };
    // Pictures that load and cards that grow, and a composer or keyboard that takes room.
    const observer = new ResizeObserver(() => {
      if (isSticky.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(content.current);
    observer.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, []);
  return { scroller, content, isAway, toEnd };
}

function Welcome(props: Pick<ChannelLogProps, 'channel' | 'bot' | 'tryExample'>): JSX.Element {
  const { channel, bot, tryExample } = props;
  return (
    <div class="welcome">
      <span class="welcome-mark" aria-hidden="true">
        #
      </span>
      <h2>Welcome to #{channel.name}</h2>
      <p>
        This is Darkroom on your own machine: the real bot, in a Discord that needs no token and no network. Describe a
        picture and it is made here.
      </p>
      <p class="welcome-example">
        <code>{EXAMPLE}</code>
        <button type="button" class="button primary" onClick={() => tryExample(EXAMPLE)}>
          Try this example
        </button>
      </p>
      <p class="quiet">
        {bot.state === 'stopped'
          ? 'The bot is not running: press Start the bot in the panel first.'
          : 'Then press Enter. Or type / to see every command.'}
      </p>
    </div>
  );
}

/**
 * Says new messages, and old ones that begin with another word now (Queued, Generating, Done): a card that
 * ticks is not read out again and again.
 */
function Announcer({ channelId, messages }: { channelId: string; messages: readonly SandboxMessage[] }): JSX.Element {
  const said = useRef<{ channelId: string; firstWords: Map<string, string> } | null>(null);
  const [words, say] = useState('');
  useEffect(() => {
    const texts = new Map(messages.map((shown) => [shown.message.id, describe(shown)]));
    const firstWords = new Map([...texts].map(([id, text]) => [id, text.split(/\s/u)[0] ?? '']));
    const before = said.current;
    said.current = { channelId, firstWords };
    // What stood in the channel on arrival is there to be read, not news.
    if (before === null || before.channelId !== channelId) return;
    const news = [...texts].filter(([id]) => before.firstWords.get(id) !== firstWords.get(id));
    const [, latest] = news.at(-1) ?? [];
    if (latest !== undefined) say(latest);
  }, [channelId, messages]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {words}
    </p>
  );
}

function describe({ message, isLoading }: SandboxMessage): string {
  if (isLoading) return 'Thinking…';
  const texts = [message.content, ...listTexts(readComponents(message.components))];
  return texts
    .join(' ')
    .replace(/[*_#`~|>]|<[^>]*>/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 160);
}
