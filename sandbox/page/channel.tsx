/** The channel: its messages, what a newcomer reads while there are none, and the composer's place. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { APIMessage } from 'discord-api-types/v10';
import type { BotStatus, SandboxChannel, SandboxMessage } from '../interface.ts';
import { Icon } from './icon.tsx';
import type { SeenRequest } from './live-state.ts';
import { plainTextOf } from './message-text.ts';
import { MessageView, type MessageViewProps } from './message.tsx';
import { NoticeView, refusalId, RefusalView, type Notice } from './notice.tsx';

/** Closer to the end than this counts as at the end. */
const STICKY_PX = 60;
/** Discord's: later messages of the same author begin anew. */
const GROUP_WITHIN_MS = 7 * 60_000;
const EXAMPLE = '/generate prompt: a beautiful sunset over mountains';
/** Those whose command the bot has. */
const MORE_EXAMPLES = [
  '/generate prompt: a quiet harbour at night provider: local',
  '/generate prompt: 夕焼けの海 aspect_ratio: 16:9',
  '/listing title: Red stoneware mug feature_1: keeps coffee warm for an hour',
  '/gallery',
  '/help',
];

export interface ChannelLogProps {
  channel: SandboxChannel;
  bot: BotStatus;
  messages: readonly SandboxMessage[];
  notices: readonly Notice[];
  refusals: readonly SeenRequest[];
  /** How often the person sent something. */
  sent: number;
  /** What the bot's slash commands are called: `/help`. */
  titles: readonly string[];
  messageCommands: MessageViewProps['messageCommands'];
  press: MessageViewProps['press'];
  runMessageCommand: MessageViewProps['runCommand'];
  dismiss: MessageViewProps['dismiss'];
  dismissNotice(id: number): void;
  tryExample(text: string): void;
}

export function ChannelLog(props: ChannelLogProps): JSX.Element {
  const { channel, bot, messages, notices, refusals, sent, messageCommands, dismissNotice, tryExample } = props;
  const { press, runMessageCommand, dismiss } = props;
  const { scroller, content, isAway, toEnd } = useStickyScroll(channel.id, sent);
  const byId = useMemo(() => new Map(messages.map(({ message }) => [message.id, message])), [messages]);
  const isEmpty = messages.length === 0 && notices.length === 0;
  // The same elements as long as nothing of them changed: the page is drawn anew with every request.
  const listed = useMemo(
    () =>
      putInOrder(messages, refusals).map((line) =>
        'seen' in line ? (
          <RefusalView key={refusalId(line.seen.number)} seen={line.seen} dismiss={dismiss} />
        ) : (
          <MessageView
            key={line.shown.message.id}
            shown={line.shown}
            isGrouped={line.isGrouped}
            repliedTo={findRepliedTo(line.shown.message, byId)}
            {...{ messageCommands, press, dismiss }}
            runCommand={runMessageCommand}
          />
        ),
      ),
    [messages, refusals, byId, messageCommands, press, runMessageCommand, dismiss],
  );
  return (
    <div class="log-frame">
      {/* Cards tick: what is news of them is said by the announcer below, and not by the log itself. */}
      <div
        ref={scroller}
        class="log"
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Messages in #${channel.name}`}
      >
        <div ref={content} class="log-content">
          {isEmpty ? (
            <Welcome channel={channel} bot={bot} titles={props.titles} tryExample={tryExample} />
          ) : (
            <p class="log-start">This is the start of #{channel.name}.</p>
          )}
          <ol class="messages">
            {listed}
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
      <Announcer channelId={channel.id} messages={messages} refusals={refusals} />
    </div>
  );
}

type Line = { shown: SandboxMessage; isGrouped: boolean } | { seen: SeenRequest };

/** Messages with the refusals between them, by time, and which of them go on from the one above. */
function putInOrder(messages: readonly SandboxMessage[], refusals: readonly SeenRequest[]): Line[] {
  const lines: Line[] = [];
  const left = [...refusals];
  let above: SandboxMessage | null = null;
  const putRefusalsBefore = (time: number): void => {
    while (left[0] !== undefined && left[0].request.at < time) {
      lines.push({ seen: left[0] });
      left.shift();
      above = null;
    }
  };
  for (const shown of messages) {
    putRefusalsBefore(Date.parse(shown.message.timestamp));
    lines.push({ shown, isGrouped: above !== null && goesOn(above, shown) });
    above = shown;
  }
  putRefusalsBefore(Infinity);
  return lines;
}

function goesOn(above: SandboxMessage, below: SandboxMessage): boolean {
  const [one, other] = [above.message, below.message];
  const isAnswer = other.message_reference !== undefined || other.interaction_metadata !== undefined;
  const isSoon = Date.parse(other.timestamp) - Date.parse(one.timestamp) < GROUP_WITHIN_MS;
  return one.author.id === other.author.id && above.ephemeralFor === below.ephemeralFor && isSoon && !isAnswer;
}

function findRepliedTo(message: APIMessage, byId: ReadonlyMap<string, APIMessage>): APIMessage | undefined {
  const id = message.message_reference?.message_id;
  return id === undefined ? undefined : byId.get(id);
}

/** Stays at the end while things grow, unless the person has scrolled up; whoever sends something goes there. */
function useStickyScroll(channelId: string, sent: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isSticky = useRef(true);
  const [isAway, setAway] = useState(false);
  const toEnd = (): void => {
    isSticky.current = true;
    setAway(false);
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [channelId, sent]);
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

function Welcome(props: Pick<ChannelLogProps, 'channel' | 'bot' | 'titles' | 'tryExample'>): JSX.Element {
  const { channel, bot, titles, tryExample } = props;
  const isKnown = (example: string): boolean => titles.includes(example.split(' ')[0] ?? '');
  const examples = MORE_EXAMPLES.filter((example) => titles.length === 0 || isKnown(example));
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
      <ul class="welcome-more" aria-label="More to try">
        {examples.map((example) => (
          <li key={example}>
            <button type="button" class="chip" onClick={() => tryExample(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">
        {bot.state === 'stopped'
          ? 'The bot is not running: press Start the bot in the panel first.'
          : 'Then press Enter. Or type / to see every command, or press + for a picture to begin with.'}
      </p>
    </div>
  );
}

/**
 * Says new messages, and old ones that begin with another word now (Queued, Generating, Done): a card that
 * ticks is not read out again and again.
 */
function Announcer(props: Pick<ChannelLogProps, 'messages' | 'refusals'> & { channelId: string }): JSX.Element {
  const { channelId, messages, refusals } = props;
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
  const latestRefusal = refusals.at(-1);
  useEffect(() => {
    const { error, method } = latestRefusal?.request ?? {};
    if (error) say(`Discord refused a ${method}: ${error.code} ${error.message}`);
  }, [latestRefusal]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {words}
    </p>
  );
}

function describe({ message, isLoading }: SandboxMessage): string {
  return isLoading ? 'Thinking…' : plainTextOf(message).slice(0, 160);
}
