/** The sandbox's own controls: the bot, who looks, what goes wrong next, the clock, the pace, and the requests. */
import type { JSX } from 'preact';
import type { BotStatus, ControlCalls, PageSnapshot, SandboxChannel, SandboxUser } from '../interface.ts';
import { Avatar } from './author.tsx';
import { Icon } from './icon.tsx';
import { membersOf, type LiveState } from './live-state.ts';
import { FaultSection } from './panel-faults.tsx';
import { RequestSection } from './requests.tsx';

const PACES = {
  fast: { queueMs: 200, workMs: 800 },
  normal: { queueMs: 1_000, workMs: 4_000 },
  slow: { queueMs: 4_000, workMs: 20_000 },
} as const;

type Pace = keyof typeof PACES;

export interface PanelProps {
  state: LiveState;
  channel: SandboxChannel;
  user: SandboxUser;
  isOpen: boolean;
  close(): void;
  become(userId: string): void;
  /** Makes a call whose answer says nothing; a refusal is shown by the caller. */
  run<Path extends keyof ControlCalls>(path: Path, body: ControlCalls[Path]): Promise<void>;
}

export function Panel({ state, channel, user, isOpen, close, become, run }: PanelProps): JSX.Element {
  return (
    <aside id="panel" class={`panel${isOpen ? ' is-open' : ''}`} aria-label="Sandbox">
      <header class="panel-header">
        <h2>Sandbox</h2>
        <button type="button" class="icon-button drawer-close" aria-label="Close the panel" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="panel-body">
        <BotSection bot={state.bot} run={run} />
        <ViewerSection state={state} user={user} become={become} />
        <FaultSection faults={state.faults} run={run} />
        <TimeSection clockOffsetMs={state.clockOffsetMs} pace={state.pace} run={run} />
        <FileSection state={state} guildId={channel.guildId} run={run} />
        <RequestSection requests={state.requests} />
      </div>
    </aside>
  );
}

const STATE_WORDS: Readonly<Record<BotStatus['state'], string>> = {
  stopped: 'Stopped',
  starting: 'Starting…',
  online: 'Online',
};

function BotSection({ bot, run }: { bot: BotStatus; run: PanelProps['run'] }): JSX.Element {
  return (
    <section aria-labelledby="panel-bot">
      <h3 id="panel-bot">Bot</h3>
      <p class="bot-state" role="status">
        <span class={`state-dot is-${bot.state}`} aria-hidden="true" />
        <strong>{STATE_WORDS[bot.state]}</strong>
        {bot.pid !== null && <span class="quiet">process {bot.pid}</span>}
      </p>
      {bot.lastWords !== null && bot.state === 'stopped' && (
        <p class="last-words" dir="auto">
          {bot.lastWords}
        </p>
      )}
      <div class="button-pair">
        <button
          type="button"
          class="button danger"
          disabled={bot.state === 'stopped'}
          title="A real kill -9: no goodbye, nothing flushed"
          onClick={() => void run('bot/kill', {})}
        >
          Kill the bot
        </button>
        <button
          type="button"
          class="button success"
          disabled={bot.state !== 'stopped'}
          onClick={() => void run('bot/start', {})}
        >
          Start the bot
        </button>
      </div>
      <p class="quiet">Kill it while a picture is generating, start it, and watch the same card finish.</p>
    </section>
  );
}

function ViewerSection(props: Pick<PanelProps, 'state' | 'user' | 'become'>): JSX.Element {
  const { state, user, become } = props;
  const people = state.guilds.flatMap((guild) => membersOf(state, guild.id).map((member) => ({ guild, member })));
  return (
    <section aria-labelledby="panel-viewer">
      <h3 id="panel-viewer">Who I am</h3>
      <div class="viewers" role="radiogroup" aria-labelledby="panel-viewer">
        {people.map(({ guild, member }) => (
          <label key={member.id} class="viewer-choice" title={guild.name}>
            <input type="radio" name="viewer" checked={member.id === user.id} onChange={() => become(member.id)} />
            <Avatar user={member} />
            <span>{member.globalName}</span>
            <small>{describeViewer(member, guild.id !== state.guilds[0]?.id)}</small>
          </label>
        ))}
      </div>
    </section>
  );
}

function describeViewer({ isModerator }: SandboxUser, isElsewhere: boolean): string {
  if (isElsewhere) return 'elsewhere';
  return isModerator ? 'moderator' : 'member';
}

const STEPS = [
  { label: '+1 minute', advanceMs: 60_000 },
  { label: '+15 minutes', advanceMs: 900_000 },
  { label: '+1 hour', advanceMs: 3_600_000 },
  { label: '+1 day', advanceMs: 86_400_000 },
];

interface TimeSectionProps {
  clockOffsetMs: number;
  pace: PageSnapshot['pace'];
  run: PanelProps['run'];
}

function TimeSection({ clockOffsetMs, pace, run }: TimeSectionProps): JSX.Element {
  const isSet = (name: Pace): boolean => PACES[name].queueMs === pace.queueMs && PACES[name].workMs === pace.workMs;
  return (
    <section aria-labelledby="panel-time">
      <h3 id="panel-time">
        Clock <span class="quiet">{formatOffset(clockOffsetMs)}</span>
      </h3>
      <p class="quiet">Discord's, Replicate's and Gemini's. The bot keeps its own: the times on its cards stay real.</p>
      <div class="button-pair">
        {STEPS.map(({ label, advanceMs }) => (
          <button key={label} type="button" class="button secondary" onClick={() => void run('clock', { advanceMs })}>
            {label}
          </button>
        ))}
      </div>
      <fieldset class="segments paces">
        <legend>
          Pace of the vendors <span class="quiet">{formatPace(pace)}</span>
        </legend>
        {(Object.keys(PACES) as Pace[]).map((name) => (
          <label key={name}>
            <input type="radio" name="pace" checked={isSet(name)} onChange={() => void run('pace', PACES[name])} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}

const MIB = 1024 ** 2;
/** What servers have without boosts and with them, and one in which everything is too large. */
const UPLOAD_LIMITS = [
  { label: '200 KiB', bytes: 200 * 1024 },
  { label: '10 MiB', bytes: 10 * MIB },
  { label: '50 MiB', bytes: 50 * MIB },
  { label: '100 MiB', bytes: 100 * MIB },
];

interface FileSectionProps {
  state: LiveState;
  guildId: string;
  run: PanelProps['run'];
}

function FileSection({ state, guildId, run }: FileSectionProps): JSX.Element {
  const limit = state.uploadLimits[guildId];
  return (
    <section aria-labelledby="panel-files">
      <h3 id="panel-files">Files</h3>
      <fieldset class="segments">
        <legend>The largest file the bot may send in this server</legend>
        {UPLOAD_LIMITS.map(({ label, bytes }) => (
          <label key={bytes}>
            <input
              type="radio"
              name="upload-limit"
              checked={limit === bytes}
              onChange={() => void run('upload-limit', { guildId, bytes })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <button type="button" class="button secondary" onClick={() => void run('links/end', {})}>
        End all file links
      </button>
      <p class="quiet">As after a day: links that the bot was given answer 404. This page gets new ones.</p>
    </section>
  );
}

function formatPace({ queueMs, workMs }: PageSnapshot['pace']): string {
  return `${queueMs / 1000} s queue, ${workMs / 1000} s work`;
}

function formatOffset(offsetMs: number): string {
  const minutes = Math.round(offsetMs / 60_000);
  if (minutes === 0) return 'real time';
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const parts = [
    days > 0 ? `${days} d` : '',
    hours > 0 ? `${hours} h` : '',
    minutes % 60 > 0 ? `${minutes % 60} min` : '',
  ];
  return `+${parts.filter((part) => part !== '').join(' ')}`;
}
