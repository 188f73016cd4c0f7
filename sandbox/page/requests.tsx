/** What the bot asks of Discord and the vendors, as it goes. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SeenRequest } from './live-state.ts';
import { shortenPath } from './request-path.ts';
import { SERVICE_NAMES } from './service-names.ts';

const FILTERS = ['all', 'discord', 'replicate', 'gemini', 'refused'] as const;
type Filter = (typeof FILTERS)[number];

const FILTER_WORDS: Readonly<Record<Filter, string>> = {
  all: 'All',
  ...SERVICE_NAMES,
  refused: 'Refused',
};

export function RequestSection({ requests }: { requests: readonly SeenRequest[] }): JSX.Element {
  const [filter, setFilter] = useState<Filter>('all');
  const shown = requests.filter((seen) => fits(seen, filter)).toReversed();
  return (
    <section aria-labelledby="panel-requests" class="requests">
      <h3 id="panel-requests">
        Requests <span class="quiet">newest first</span>
      </h3>
      <fieldset class="segments">
        <legend class="visually-hidden">Which requests</legend>
        {FILTERS.map((name) => (
          <label key={name}>
            <input type="radio" name="requests" checked={filter === name} onChange={() => setFilter(name)} />
            <span>{FILTER_WORDS[name]}</span>
          </label>
        ))}
      </fieldset>
      {shown.length === 0 && (
        <p class="quiet">
          {requests.length === 0
            ? 'What the bot asks of Discord, Replicate and Gemini appears here.'
            : 'None of these yet.'}
        </p>
      )}
      <ol>
        {shown.map((seen) => (
          <RequestRow key={seen.number} seen={seen} />
        ))}
      </ol>
    </section>
  );
}

function fits(seen: SeenRequest, filter: Filter): boolean {
  if (filter === 'refused') return isRefused(seen);
  return filter === 'all' || seen.to === filter;
}

function isRefused({ request }: SeenRequest): boolean {
  return typeof request.status !== 'number' || request.status >= 400;
}

function RequestRow({ seen }: { seen: SeenRequest }): JSX.Element {
  const { to, request } = seen;
  const [isOpen, open] = useState(false);
  return (
    <li class={`request${isRefused(seen) ? ' is-refused' : ''}`}>
      <button type="button" class="request-line" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
        <span class={`service is-${to}`} title={SERVICE_NAMES[to]}>
          {SERVICE_NAMES[to].slice(0, 1)}
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
          {/* Where the message does not say them already. */}
          {request.error.paths.length > 0 && !request.error.message.includes('\n') && (
            <span class="request-paths"> {request.error.paths.join(', ')}</span>
          )}
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
