/** The sandbox's own controls: the bot, what goes wrong next, the clock, the pace, and the requests as they go. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BotStatus, ControlCalls, PageFault } from '../interface.ts';
import { Icon } from './icon.tsx';
import type { LiveState, SeenRequest } from './live-state.ts';

const PACES = {
  fast: { queueMs: 200, workMs: 800 },
  normal: { queueMs: 1_000, workMs: 4_000 },
  slow: { queueMs: 4_000, workMs: 20_000 },
} as const;

type Pace = keyof typeof PACES;

export interface PanelProps {
  state: LiveState;
  isOpen: boolean;
  close(): void;
  /** Makes a call whose answer says nothing; a refusal is shown by the caller. */
  run<Path extends keyof ControlCalls>(path: Path, body: ControlCalls[Path]): Promise<void>;
}

export function Panel({ state, isOpen, close, run }: PanelProps): JSX.Element {
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
        <FaultSection faults={state.faults} run={run} />
        <TimeSection clockOffsetMs={state.clockOffsetMs} run={run} />
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

function FaultSection({ faults, run }: { faults: readonly PageFault[]; run: PanelProps['run'] }): JSX.Element {
  const armed = faults.filter((fault) => fault.armed > 0);
  return (
    <section aria-labelledby="panel-faults">
      <h3 id="panel-faults">
        Faults
        {armed.length > 0 && (
          <button type="button" class="link-button" onClick={() => void run('faults/clear', {})}>
            Clear faults
          </button>
        )}
      </h3>
      <p class="quiet">
        {armed.length === 0 ? 'Pick what goes wrong next. Each is used up by the next call it fits.' : 'Still to come:'}
      </p>
      {armed.length > 0 && (
        <ul class="armed-faults">
          {armed.map((fault) => (
            <li key={fault.id}>
              <span>{fault.label}</span> <strong>×{fault.armed}</strong>
            </li>
          ))}
        </ul>
      )}
      {(['replicate', 'discord'] as const).map((service) => (
        <FaultList
          key={service}
          title={service === 'replicate' ? 'Replicate' : 'Discord'}
          faults={faults.filter((fault) => fault.service === service)}
          arm={(id) => void run('fault', { id })}
        />
      ))}
    </section>
  );
}

interface FaultListProps {
  title: string;
  faults: readonly PageFault[];
  arm(id: string): void;
}

function FaultList({ title, faults, arm }: FaultListProps): JSX.Element | null {
  if (faults.length === 0) return null;
  return (
    <details class="fault-list">
      <summary>
        {title} <span class="quiet">{faults.length}</span>
      </summary>
      <ul>
        {faults.map((fault) => (
          <li key={fault.id}>
            <button
              type="button"
              class={`fault${fault.armed > 0 ? ' is-armed' : ''}`}
              aria-label={fault.armed > 0 ? `${fault.label}, armed ${fault.armed} times` : fault.label}
              onClick={() => arm(fault.id)}
            >
              {/* The list's own title says the service. */}
              <span>{fault.label.replace(/^(?:Replicate|Discord): /u, '')}</span>
              {fault.armed > 0 && <strong>×{fault.armed}</strong>}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function TimeSection({ clockOffsetMs, run }: { clockOffsetMs: number; run: PanelProps['run'] }): JSX.Element {
  const [pace, setPace] = useState<Pace>('normal');
  const choose = (chosen: Pace): void => {
    setPace(chosen);
    void run('pace', PACES[chosen]);
  };
  return (
    <section aria-labelledby="panel-time">
      <h3 id="panel-time">
        Clock <span class="quiet">{formatOffset(clockOffsetMs)}</span>
      </h3>
      <div class="button-pair">
        <button type="button" class="button secondary" onClick={() => void run('clock', { advanceMs: 60_000 })}>
          +1 minute
        </button>
        <button type="button" class="button secondary" onClick={() => void run('clock', { advanceMs: 900_000 })}>
          +15 minutes
        </button>
      </div>
      <fieldset class="paces">
        <legend>Pace of Replicate</legend>
        {(Object.keys(PACES) as Pace[]).map((name) => (
          <label key={name}>
            <input type="radio" name="pace" checked={pace === name} onChange={() => choose(name)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}

function formatOffset(offsetMs: number): string {
  const minutes = Math.round(offsetMs / 60_000);
  if (minutes === 0) return 'real time';
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `+${minutes} min` : `+${hours} h ${minutes % 60} min`;
}

function RequestSection({ requests }: { requests: readonly SeenRequest[] }): JSX.Element {
  return (
    <section aria-labelledby="panel-requests" class="requests">
      <h3 id="panel-requests">
        Requests <span class="quiet">newest first</span>
      </h3>
      {requests.length === 0 && <p class="quiet">What the bot asks of Discord and Replicate appears here.</p>}
      <ol>
        {requests.toReversed().map((seen) => (
          <RequestRow key={seen.number} seen={seen} />
        ))}
      </ol>
    </section>
  );
}

function RequestRow({ seen }: { seen: SeenRequest }): JSX.Element {
  const { to, request } = seen;
  const isRefused = typeof request.status !== 'number' || request.status >= 400;
  const [isOpen, open] = useState(false);
  return (
    <li class={`request${isRefused ? ' is-refused' : ''}`}>
      <button type="button" class="request-line" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
        <span class={`service is-${to}`} title={to === 'discord' ? 'Discord' : 'Replicate'}>
          {to === 'discord' ? 'D' : 'R'}
        </span>
        <span class="method">{request.method}</span>
        <span class="path" title={request.path}>
          {shortenPath(request.path)}
        </span>
        <span class="status">{request.status}</span>
      </button>
      {request.error !== null && (
        <p class="request-error">
          {request.error.code} {request.error.message}
          {request.error.paths.length > 0 && <span class="request-paths"> {request.error.paths.join(', ')}</span>}
        </p>
      )}
      {isOpen && <RequestDetails seen={seen} />}
    </li>
  );
}

function RequestDetails({ seen }: { seen: SeenRequest }): JSX.Element {
  const { request } = seen;
  return (
    <div class="request-details">
      <p>{request.path}</p>
      <p class="quiet">{new Date(request.at).toLocaleTimeString('en')}</p>
      {request.files.map((file) => (
        <p key={file.name}>
          {file.name} ({file.size} bytes)
        </p>
      ))}
      {request.body !== null && <pre tabIndex={0}>{JSON.stringify(request.body, null, 2).slice(0, 6_000)}</pre>}
    </div>
  );
}

/** Tokens to a dot, ids to a few characters, the query away: what is left says which call it was. */
function shortenPath(path: string): string {
  const [bare = path] = path.split('?');
  return bare.split('/').map(shortenPart).join('/');
}

function shortenPart(part: string): string {
  if (/^\d{15,}$/u.test(part)) return `…${part.slice(-4)}`;
  if (part.length > 40) return '…';
  return part.length > 20 ? `${part.slice(0, 5)}…` : part;
}
