/**
 * What a call's failure means, and where it leads a card that shows finished work. Discord's codes are in one
 * table; their source is Discord's list "Opcodes and Status Codes", JSON error codes.
 */
import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';

/**
 * Where a finished card goes from here. The ways to show it are, in this order: an edit by the interaction's
 * token, an edit by the bot, a new message by the bot; a private card has the first alone.
 */
export type Step =
  /** The next way; after the last one the result is kept for its asker. */
  | 'next'
  /** The same way once more, after a wait. */
  | 'again'
  /** The same way with smaller pictures, and at last with none. */
  | 'smaller'
  /** The same way with words alone; when that is refused as well, the next one. */
  | 'plain'
  /** The thread is opened first; when that is refused, the next way. */
  | 'open-thread'
  /** No message can show it there: the result is kept for its asker. */
  | 'keep'
  /** Somebody took the card away: nothing is posted in its place. */
  | 'stop';

/** What it means to whoever made the call. */
export type DeliveryFailure = { step: Step } & (
  | /** The message was deleted. */ { kind: 'gone' }
    /** The interaction token ended, or was never good: the bot's own edit is the other way. */
  | { kind: 'token-ended' }
  /** The bot may not see or write there, or the place is gone. */
  | { kind: 'no-access'; code: number }
  /** `message`: only this one, which is older than an hour, is to be left alone. */
  | { kind: 'rate-limited'; retryAfterMs: number; scope: 'channel' | 'message' }
  /** The files are too large. */
  | { kind: 'too-large' }
  /** The body was refused: a bug or a filter of Discord's. Paths, never the body: it holds the prompt. */
  | { kind: 'refused'; code: number; paths: string[] }
  /** Somebody answered this interaction already. */
  | { kind: 'answered-already' }
  /** The 3 seconds are over. */
  | { kind: 'too-late' }
  /** The bot's token was refused: for a moment, or for good. */
  | { kind: 'unauthorized' }
  /** Discord's guard lets nothing through from this address for a while. */
  | { kind: 'blocked'; retryAfterMs: number }
  /** Network trouble, a 5xx, a call that hung: nobody knows whether it was carried out. */
  | { kind: 'transient'; status: string }
);

type Kind = DeliveryFailure['kind'];

interface Row {
  kind: Kind;
  step: Step;
}

/** By Discord's code. What is not listed is told by its HTTP status, below. */
export const BY_CODE: Readonly<Record<number, Row>> = {
  // The place or the message.
  10003: { kind: 'no-access', step: 'keep' }, // unknown channel
  10004: { kind: 'no-access', step: 'keep' }, // unknown guild
  10008: { kind: 'gone', step: 'stop' }, // unknown message
  50001: { kind: 'no-access', step: 'next' }, // missing access
  50005: { kind: 'no-access', step: 'next' }, // cannot edit a message authored by another user
  50007: { kind: 'no-access', step: 'keep' }, // cannot send messages to this user
  50013: { kind: 'no-access', step: 'plain' }, // missing permissions: words need no Attach Files
  50083: { kind: 'no-access', step: 'open-thread' }, // the thread is archived
  50278: { kind: 'no-access', step: 'keep' }, // no server in common with this user
  160005: { kind: 'no-access', step: 'open-thread' }, // the thread is locked
  // The interaction.
  10015: { kind: 'token-ended', step: 'next' }, // unknown webhook
  10062: { kind: 'too-late', step: 'next' }, // unknown interaction
  40060: { kind: 'answered-already', step: 'again' },
  40094: { kind: 'refused', step: 'keep' }, // more than 5 follow-ups where only the user has the bot
  50027: { kind: 'token-ended', step: 'next' }, // invalid webhook token
  // What it says.
  20009: { kind: 'refused', step: 'plain' }, // explicit content
  40005: { kind: 'too-large', step: 'smaller' }, // request entity too large
  50035: { kind: 'refused', step: 'plain' }, // invalid form body
  50045: { kind: 'too-large', step: 'smaller' }, // file uploaded exceeds the maximum size
  200000: { kind: 'refused', step: 'plain' }, // held back by AutoMod
  240000: { kind: 'refused', step: 'plain' }, // a harmful link
  // When.
  30046: { kind: 'rate-limited', step: 'again' }, // edits of messages older than an hour
  40333: { kind: 'blocked', step: 'again' }, // refused by Cloudflare
  130000: { kind: 'transient', step: 'again' }, // overloaded
};

/** By HTTP status, where the code says nothing. */
function byStatus(status: number, isByToken: boolean): Row {
  if (status === 401)
    return isByToken ? { kind: 'token-ended', step: 'next' } : { kind: 'unauthorized', step: 'again' };
  if (status === 403) return { kind: 'no-access', step: 'next' };
  if (status === 413) return { kind: 'too-large', step: 'smaller' };
  if (status === 429) return { kind: 'rate-limited', step: 'again' };
  if (status >= 500) return { kind: 'transient', step: 'again' };
  return { kind: 'refused', step: 'plain' };
}

/** How long to wait where Discord does not say. */
const UNTOLD_PAUSE_MS = 10_000;
/** A guard that was met is not run against: not documented, so long that a few hundred cards make no storm of it. */
const BLOCKED_PAUSE_MS = 60_000;

/** A 429 that is about one old message, not about its channel's bucket. */
export class OldMessageLimit extends Error {
  override name = 'OldMessageLimit';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('This message is older than an hour and was edited too often.');
    this.retryAfterMs = retryAfterMs || UNTOLD_PAUSE_MS;
  }
}

/** An answer that is not Discord's but of the guard before it. */
export class BlockedByGuard extends Error {
  override name = 'BlockedByGuard';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("Discord's guard refuses calls from this address.");
    this.retryAfterMs = retryAfterMs || BLOCKED_PAUSE_MS;
  }
}

/** Classifies whatever a call threw. A programming error (TypeError from our code) is thrown on. */
export function classifyDelivery(error: unknown): DeliveryFailure {
  if (error instanceof RateLimitError) {
    const retryAfterMs = error.retryAfter || UNTOLD_PAUSE_MS;
    return { kind: 'rate-limited', step: 'again', retryAfterMs, scope: 'channel' };
  }
  if (error instanceof OldMessageLimit) {
    return { kind: 'rate-limited', step: 'again', retryAfterMs: error.retryAfterMs, scope: 'message' };
  }
  if (error instanceof BlockedByGuard) return { kind: 'blocked', step: 'again', retryAfterMs: error.retryAfterMs };
  if (error instanceof DiscordAPIError) return classifyApiError(error);
  if (error instanceof HTTPError) return describe(byStatus(error.status, false), error.status, error.status, null);
  if (error instanceof Error && (isAbort(error) || isNetworkError(error))) {
    return { kind: 'transient', step: 'again', status: error.name };
  }
  throw error;
}

/** Nothing was said about the call itself: made again later, it may go through. */
export function isPassing({ kind }: DeliveryFailure): boolean {
  return kind === 'transient' || kind === 'rate-limited' || kind === 'blocked' || kind === 'unauthorized';
}

function classifyApiError(error: DiscordAPIError): DeliveryFailure {
  const code = Number(error.code);
  const isByToken = /\/(?:webhooks|interactions)\//u.test(error.url);
  return describe(BY_CODE[code] ?? byStatus(error.status, isByToken), code, error.status, error.rawError);
}

function describe({ kind, step }: Row, code: number, status: number, rawError: unknown): DeliveryFailure {
  switch (kind) {
    case 'no-access':
      return { kind, step, code };
    case 'refused':
      return { kind, step, code, paths: listErrorPaths(rawError) };
    case 'rate-limited':
      return { kind, step, retryAfterMs: UNTOLD_PAUSE_MS, scope: 'channel' };
    case 'blocked':
      return { kind, step, retryAfterMs: BLOCKED_PAUSE_MS };
    case 'transient':
      return { kind, step, status: `HTTP ${status}` };
    default:
      return { kind, step };
  }
}

/** The paths of Discord's nested `errors` object that hold a complaint. */
function listErrorPaths(rawError: unknown): string[] {
  const paths: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || paths.length >= 20) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '_errors') paths.push(path);
      else walk(inner, path === '' ? key : `${path}.${key}`);
    }
  };
  if (typeof rawError === 'object' && rawError !== null && 'errors' in rawError) walk(rawError.errors, '');
  return paths;
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError' || error.name === 'TimeoutError';
}

/** fetch and undici name their troubles in `code`, on the error or its cause. */
function isNetworkError(error: Error): boolean {
  const codes = [error, error.cause].map((part) =>
    typeof part === 'object' && part !== null && 'code' in part ? part.code : undefined,
  );
  return (
    error.message === 'fetch failed' ||
    codes.some((code) => typeof code === 'string' && /^(UND_ERR|E[A-Z]+$)/.test(code))
  );
}
