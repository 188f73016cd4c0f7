/**
 * The calls to Discord that Darkroom makes, and what their failures mean for a card.
 *
 * Two clients on purpose. Interaction callbacks and webhook edits have a bucket each and do not count
 * in Discord's global 50 a second, but discord.js counts them there: a client of their own lets 300 final
 * cards out at once. Retries are off in both: discord.js repeats a POST at once after a timeout, and
 * waits out a 429 with every newer edit stuck behind it. Waiting is the caller's, who knows what is newest.
 */
import { DiscordAPIError, HTTPError, RateLimitError, REST, Routes } from 'discord.js';
import type { RawFile, RequestData } from 'discord.js';
import type {
  APIInteractionResponse,
  APIMessage,
  RESTPostAPIInteractionCallbackWithResponseResult,
} from 'discord-api-types/v10';
import { encodeMultipart } from './multipart.ts';

/** What a call's failure means to whoever keeps a card. The source of the codes is Discord's list of JSON error codes. */
export type DeliveryFailure =
  /** The message was deleted. */
  | { kind: 'gone' }
  /** The interaction token ended, or was never good: the bot's own edit is the other way. */
  | { kind: 'token-ended' }
  /** The bot may not see or write there, or the place is gone. */
  | { kind: 'no-access'; code: number }
  | { kind: 'rate-limited'; retryAfterMs: number }
  /** The files are too large. */
  | { kind: 'too-large' }
  /** The body was refused: a bug or a filter of Discord's. Paths, never the body: it holds the prompt. */
  | { kind: 'refused'; code: number; paths: string[] }
  /** Somebody answered this interaction already. */
  | { kind: 'answered-already' }
  /** The 3 seconds are over. */
  | { kind: 'too-late' }
  /** Network trouble, a 5xx, a call that hung: nobody knows whether it was carried out. */
  | { kind: 'transient'; status: string };

const FAILURES_BY_CODE: Readonly<Record<number, DeliveryFailure['kind']>> = {
  10008: 'gone',
  10003: 'no-access',
  10004: 'no-access',
  50001: 'no-access',
  50013: 'no-access',
  50083: 'no-access',
  160005: 'no-access',
  10015: 'token-ended',
  50027: 'token-ended',
  10062: 'too-late',
  40060: 'answered-already',
  40005: 'too-large',
  50045: 'too-large',
  30046: 'rate-limited',
};

/** How long a message older than an hour is left alone after Discord said so (code 30046 has no number of its own). */
const OLD_MESSAGE_PAUSE_MS = 10_000;
const CALL_TIMEOUT_MS = 15_000;

export interface DiscordApiOptions {
  /** DISCORD_API_URL, without `/v10`. */
  apiUrl: string;
  token: string;
}

export interface MessageWrite {
  body: unknown;
  files: RawFile[];
}

export class DiscordApi {
  /** Calls with the bot's token. Also used to register commands. */
  readonly bot: REST;
  readonly #interactions: REST;

  constructor({ apiUrl, token }: DiscordApiOptions) {
    const common = { api: apiUrl, version: '10', retries: 0, timeout: CALL_TIMEOUT_MS } as const;
    this.bot = new REST({ ...common, rejectOnRateLimit: ['/channels'] }).setToken(token);
    this.#interactions = new REST({
      ...common,
      globalRequestsPerSecond: Number.MAX_SAFE_INTEGER,
      rejectOnRateLimit: () => true,
    });
  }

  /** Answers an interaction. Resolves with the id of the message it made or changed, null where there is none. */
  async answer(
    interaction: { interactionId: string; token: string },
    answer: APIInteractionResponse,
    { files = [], signal }: { files?: RawFile[]; signal: AbortSignal },
  ): Promise<string | null> {
    const response = (await this.#interactions.post(
      Routes.interactionCallback(interaction.interactionId, interaction.token),
      { auth: false, query: new URLSearchParams({ with_response: 'true' }), body: answer, files, signal },
    )) as RESTPostAPIInteractionCallbackWithResponseResult | undefined;
    return response?.resource?.message?.id ?? response?.interaction?.response_message_id ?? null;
  }

  /** The message an interaction was answered with; for a press, the message the component stands on. */
  async getOriginal({ applicationId, token }: { applicationId: string; token: string }): Promise<APIMessage> {
    return (await this.#interactions.get(Routes.webhookMessage(applicationId, token), { auth: false })) as APIMessage;
  }

  async editOriginal(target: { applicationId: string; token: string }, { body, files }: MessageWrite): Promise<void> {
    await this.#interactions.patch(Routes.webhookMessage(target.applicationId, target.token), {
      auth: false,
      ...toRequest(body, files),
    });
  }

  async editMessage(target: { channelId: string; messageId: string }, { body, files }: MessageWrite): Promise<void> {
    await this.bot.patch(Routes.channelMessage(target.channelId, target.messageId), toRequest(body, files));
  }

  /**
   * A reply to a message of this channel, as the bot. `nonce`: the same one again within minutes gives the message
   * that stands already (Discord: "Create Message", enforce_nonce). It stands alone if the message is gone.
   */
  async reply(target: { channelId: string; messageId: string }, body: object, nonce: string): Promise<void> {
    const reference = { message_id: target.messageId, fail_if_not_exists: false };
    await this.bot.post(Routes.channelMessages(target.channelId), {
      body: { ...body, message_reference: reference, nonce, enforce_nonce: true },
    });
  }

  /** A further message by an interaction's token. */
  async followUp(target: { applicationId: string; token: string }, body: object): Promise<void> {
    await this.#interactions.post(Routes.webhook(target.applicationId, target.token), { auth: false, body });
  }

  async deleteOriginal(target: { applicationId: string; token: string }): Promise<void> {
    await this.#interactions.delete(Routes.webhookMessage(target.applicationId, target.token), { auth: false });
  }

  async deleteMessage(target: { channelId: string; messageId: string }): Promise<void> {
    await this.bot.delete(Routes.channelMessage(target.channelId, target.messageId));
  }

  /** Up to 100 messages of a channel from this id on, newest first. */
  async listMessagesAfter(channelId: string, messageId: string): Promise<APIMessage[]> {
    const query = new URLSearchParams({ after: messageId, limit: '100' });
    return (await this.bot.get(Routes.channelMessages(channelId), { query })) as APIMessage[];
  }
}

function toRequest(body: unknown, files: readonly RawFile[]): RequestData {
  if (files.length === 0) return { body };
  const { bytes, contentType } = encodeMultipart(body, files);
  return { body: bytes, passThroughBody: true, headers: { 'content-type': contentType } };
}

/** Classifies whatever a call threw. A programming error (TypeError from our code) is thrown on. */
export function classifyDelivery(error: unknown): DeliveryFailure {
  if (error instanceof RateLimitError) return { kind: 'rate-limited', retryAfterMs: error.retryAfter };
  if (error instanceof DiscordAPIError) return classifyApiError(error);
  if (error instanceof HTTPError) {
    if (error.status === 413) return { kind: 'too-large' };
    return { kind: 'transient', status: `HTTP ${error.status}` };
  }
  if (error instanceof Error && (isAbort(error) || isNetworkError(error))) {
    return { kind: 'transient', status: error.name };
  }
  throw error;
}

function classifyApiError(error: DiscordAPIError): DeliveryFailure {
  const code = Number(error.code);
  const kind = FAILURES_BY_CODE[code];
  if (kind === 'rate-limited' || error.status === 429) {
    return { kind: 'rate-limited', retryAfterMs: OLD_MESSAGE_PAUSE_MS };
  }
  if (kind === 'no-access') return { kind, code };
  if (kind === 'gone' || kind === 'token-ended' || kind === 'too-late' || kind === 'answered-already') return { kind };
  if (kind === 'too-large' || error.status === 413) return { kind: 'too-large' };
  if (error.status >= 500) return { kind: 'transient', status: `HTTP ${error.status}` };
  if (error.status === 401) return { kind: 'transient', status: 'HTTP 401' };
  if (error.status === 403) return { kind: 'no-access', code };
  return { kind: 'refused', code, paths: listErrorPaths(error.rawError) };
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
