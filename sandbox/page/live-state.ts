/** What the page knows, and how each piece of news changes it. Pure. */
import type { BotStatus, PageEvent, PageFault, PageSnapshot, RecordedRequest, SandboxGuild } from '../interface.ts';
import type { SandboxMessage, SandboxUser } from '../interface.ts';

/** Older requests are forgotten: the list is for watching, the tests keep their own. */
const MOST_REQUESTS = 300;
/** Refusals stand in the channel too, and are kept apart so that many requests do not push them out. */
const MOST_REFUSALS = 50;

export interface SeenRequest {
  /** Counts up; a key for the list. */
  number: number;
  to: 'discord' | 'replicate' | 'gemini';
  request: RecordedRequest;
}

export interface LiveState {
  /** False until the first snapshot. */
  isReady: boolean;
  isConnected: boolean;
  guilds: SandboxGuild[];
  users: SandboxUser[];
  /** By server id. */
  commands: PageSnapshot['commands'];
  /** In order of time. */
  messages: SandboxMessage[];
  bot: BotStatus;
  clockOffsetMs: number;
  faults: PageFault[];
  pace: PageSnapshot['pace'];
  uploadLimits: PageSnapshot['uploadLimits'];
  /** Newest last. */
  requests: SeenRequest[];
  /** Of them what Discord would have refused too, newest last. */
  refusals: SeenRequest[];
  /** By server id; empty until they are fetched. */
  roles: Roles;
}

export type Roles = Readonly<Record<string, readonly { id: string; name: string }[]>>;

export const EMPTY_STATE: LiveState = {
  isReady: false,
  isConnected: false,
  guilds: [],
  users: [],
  commands: {},
  messages: [],
  bot: { state: 'stopped', pid: null, lastWords: null },
  clockOffsetMs: 0,
  faults: [],
  pace: { queueMs: 0, workMs: 0 },
  uploadLimits: {},
  requests: [],
  refusals: [],
  roles: {},
};

export type News = PageEvent | { type: 'connected'; isConnected: boolean } | { type: 'roles'; roles: Roles };

export function applyNews(state: LiveState, news: News): LiveState {
  switch (news.type) {
    case 'connected':
      return { ...state, isConnected: news.isConnected };
    case 'snapshot': {
      const { type: _type, ...known } = news;
      return { ...state, ...known, isReady: true };
    }
    case 'message':
      return { ...state, messages: putMessage(state.messages, news.message) };
    case 'message-deleted':
      return { ...state, messages: state.messages.filter(({ message }) => message.id !== news.messageId) };
    case 'commands':
      return { ...state, commands: news.commands };
    case 'bot':
      return { ...state, bot: news.bot };
    case 'clock':
      return { ...state, clockOffsetMs: news.clockOffsetMs };
    case 'faults':
      return { ...state, faults: news.faults };
    case 'pace':
      return { ...state, pace: news.pace };
    case 'upload-limits':
      return { ...state, uploadLimits: news.uploadLimits };
    case 'roles':
      return { ...state, roles: news.roles };
    case 'request': {
      const number = (state.requests.at(-1)?.number ?? 0) + 1;
      const seen: SeenRequest = { number, to: news.to, request: news.request };
      return {
        ...state,
        requests: [...state.requests, seen].slice(-MOST_REQUESTS),
        refusals: isRefusal(seen) ? [...state.refusals, seen].slice(-MOST_REFUSALS) : state.refusals,
      };
    }
    default:
      // A newer server may know news that this page does not.
      return state;
  }
}

/**
 * A change that Discord would not have made. Not a question that found nothing, and not a rate limit: both are
 * part of a bot's day.
 */
function isRefusal({ to, request }: SeenRequest): boolean {
  const { method, status, error } = request;
  if (to !== 'discord' || error === null || typeof status !== 'number') return false;
  return method !== 'GET' && status >= 400 && status < 500 && status !== 429;
}

/** Those of this channel, and those whose path names none (an interaction's). */
export function visibleRefusals(state: LiveState, channelId: string): SeenRequest[] {
  return state.refusals.filter(({ request }) => {
    const named = /^\/channels\/(\d+)/u.exec(request.path)?.[1];
    return named === undefined || named === channelId;
  });
}

function putMessage(messages: SandboxMessage[], changed: SandboxMessage): SandboxMessage[] {
  const index = messages.findIndex(({ message }) => message.id === changed.message.id);
  return index === -1 ? [...messages, changed] : messages.with(index, changed);
}

/** What this user sees of the channel. */
export function visibleMessages(state: LiveState, channelId: string, userId: string): SandboxMessage[] {
  return state.messages.filter(
    ({ message, ephemeralFor }) =>
      message.channel_id === channelId && (ephemeralFor === null || ephemeralFor === userId),
  );
}

/**
 * Who can look at a server. The talk does not say it in data, only in words: the last person is the
 * outsider, alone in the second server; the others are in the first.
 */
export function membersOf(state: LiveState, guildId: string): SandboxUser[] {
  const people = state.users.filter((user) => !user.isBot);
  const isFirst = state.guilds[0]?.id === guildId;
  if (state.guilds.length < 2 || people.length < 2) return people;
  return isFirst ? people.slice(0, -1) : people.slice(-1);
}
