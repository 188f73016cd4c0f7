/** The page's talk with the sandbox: news over a WebSocket, calls by POST. */
import type { APIApplicationCommandOptionChoice } from 'discord-api-types/v10';
import type { ControlCalls, InteractionOutcome, PageEvent, SampleFile } from '../interface.ts';
import type { News, Roles } from './live-state.ts';

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 5_000;

interface Answers {
  command: InteractionOutcome;
  'message-command': InteractionOutcome;
  press: InteractionOutcome;
  modal: InteractionOutcome;
  autocomplete: APIApplicationCommandOptionChoice[];
}

type Answer<Path extends keyof ControlCalls> = Path extends keyof Answers ? Answers[Path] : Record<string, never>;

/**
 * Makes one call. Rejects with an Error whose message is a sentence for the person: the sandbox's own
 * refusal, or that it cannot be reached.
 */
export async function call<Path extends keyof ControlCalls>(
  path: Path,
  body: ControlCalls[Path],
): Promise<Answer<Path>> {
  const response = await fetch(`/control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error('The sandbox cannot be reached. Is `npm run sandbox` still running?');
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as Answer<Path>;
  throw new Error(readRefusal(answer) ?? `The sandbox answered ${response.status}.`);
}

/** By server id. A page without them still works: roles are then shown by no name. */
export async function fetchRoles(): Promise<Roles> {
  const response = await fetch('/roles.json').catch(() => undefined);
  return response?.ok ? ((await response.json()) as Roles) : {};
}

/** A page without them works as well: then none are offered. */
export async function fetchSamples(): Promise<readonly SampleFile[]> {
  const response = await fetch('/samples.json').catch(() => undefined);
  return response?.ok ? ((await response.json()) as SampleFile[]) : [];
}

function readRefusal(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  return typeof answer.error === 'string' ? answer.error : undefined;
}

/** Listens until the returned function is called. A lost connection is opened again, a little later each time. */
export function listen(tell: (news: News) => void): () => void {
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let failures = 0;
  let isOver = false;

  const connect = (): void => {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    socket.addEventListener('open', () => {
      failures = 0;
      tell({ type: 'connected', isConnected: true });
    });
    socket.addEventListener('message', ({ data }) => {
      const event = readEvent(data);
      if (event !== undefined) tell(event);
    });
    socket.addEventListener('close', () => {
      if (isOver) return;
      tell({ type: 'connected', isConnected: false });
      timer = window.setTimeout(connect, Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS));
      failures += 1;
    });
  };

  connect();
  return () => {
    isOver = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}

function readEvent(data: unknown): PageEvent | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    // Our own server's words, in the shape both sides compile against.
    return JSON.parse(data) as PageEvent;
  } catch {
    return undefined;
  }
}
