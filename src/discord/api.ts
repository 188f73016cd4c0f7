/**
 * The calls to Discord that Darkroom makes. What their failures mean is in `delivery-failure.ts`.
 *
 * Two clients on purpose. Interaction callbacks and webhook edits have a bucket each and do not count
 * in Discord's global 50 a second, but discord.js counts them there: a client of their own lets 300 final
 * cards out at once. Retries are off in both: discord.js repeats a POST at once after a timeout, and
 * waits out a 429 with every newer edit stuck behind it. Waiting is the caller's, who knows what is newest.
 */
import { DefaultRestOptions, DiscordAPIError, REST, Routes } from 'discord.js';
import type { RawFile, RequestData, ResponseLike, RESTOptions } from 'discord.js';
import type {
  APIInteractionResponse,
  APIMessage,
  RESTPostAPIInteractionCallbackWithResponseResult,
} from 'discord-api-types/v10';
import { BlockedByGuard, OldMessageLimit } from './delivery-failure.ts';
import { encodeMultipart } from './multipart.ts';

export { classifyDelivery, type DeliveryFailure } from './delivery-failure.ts';

const CALL_TIMEOUT_MS = 15_000;
/** A guard is asked again at least so often, whatever it said. */
const LONGEST_BLOCK_MS = 10 * 60_000;
/** "Maximum number of edits to messages older than 1 hour reached." */
const OLD_MESSAGE_CODE = 30046;

export interface DiscordApiOptions {
  /** DISCORD_API_URL, without `/v10`. */
  apiUrl: string;
  token: string;
  /** Discord refused the bot's token, and again when it was asked about it: nothing will go through any more. */
  onTokenRefused?: () => void;
}

export interface MessageWrite {
  body: unknown;
  files: RawFile[];
}

export class DiscordApi {
  /** Calls with the bot's token. Also used to register commands. */
  readonly bot: REST;
  readonly #interactions: REST;
  readonly #options: DiscordApiOptions;
  /** Monotonic: until then Discord's guard lets nothing through. */
  #blockedUntil = 0;
  #isAskingAboutToken = false;

  constructor(options: DiscordApiOptions) {
    const { apiUrl, token } = options;
    this.#options = options;
    const common: Partial<RESTOptions> = {
      api: apiUrl,
      version: '10',
      retries: 0,
      timeout: CALL_TIMEOUT_MS,
      makeRequest: (url, init) => this.#fetch(url, init),
    };
    this.bot = new REST({ ...common, rejectOnRateLimit: ['/channels'] }).setToken(token);
    this.#interactions = new REST({
      ...common,
      globalRequestsPerSecond: Number.MAX_SAFE_INTEGER,
      rejectOnRateLimit: () => true,
    });
  }

  /** How long nothing but answers to people should be sent, because Discord's guard refuses this address; 0: go on. */
  blockedForMs(): number {
    return Math.max(0, this.#blockedUntil - performance.now());
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

  /** Gives the message as it stands now. */
  async editOriginal(
    target: { applicationId: string; token: string },
    { body, files }: MessageWrite,
  ): Promise<APIMessage> {
    const route = Routes.webhookMessage(target.applicationId, target.token);
    return (await this.#interactions.patch(route, { auth: false, ...toRequest(body, files) })) as APIMessage;
  }

  /** Gives the message as it stands now. */
  async editMessage(
    target: { channelId: string; messageId: string },
    { body, files }: MessageWrite,
  ): Promise<APIMessage> {
    const route = Routes.channelMessage(target.channelId, target.messageId);
    return (await this.#asBot(() => this.bot.patch(route, toRequest(body, files)))) as APIMessage;
  }

  /** A new message as the bot. `nonce`: as in `reply`, 25 characters at most. */
  async post(
    channelId: string,
    { body, files }: { body: object; files: RawFile[] },
    nonce: string,
  ): Promise<APIMessage> {
    const request = toRequest({ ...body, nonce, enforce_nonce: true }, files);
    return (await this.#asBot(() => this.bot.post(Routes.channelMessages(channelId), request))) as APIMessage;
  }

  /** Takes a thread out of the archive. Its messages can be edited then. */
  async openThread(channelId: string): Promise<void> {
    await this.#asBot(() => this.bot.patch(Routes.channel(channelId), { body: { archived: false } }));
  }

  /**
   * A reply to a message of this channel, as the bot. `nonce`: the same one again within minutes gives the message
   * that stands already (Discord: "Create Message", enforce_nonce). It stands alone if the message is gone.
   */
  async reply(target: { channelId: string; messageId: string }, body: object, nonce: string): Promise<void> {
    const reference = { message_id: target.messageId, fail_if_not_exists: false };
    const request = { body: { ...body, message_reference: reference, nonce, enforce_nonce: true } };
    await this.#asBot(() => this.bot.post(Routes.channelMessages(target.channelId), request));
  }

  /** A further message by an interaction's token. */
  async followUp(
    target: { applicationId: string; token: string },
    body: object,
    files: readonly RawFile[] = [],
  ): Promise<void> {
    const route = Routes.webhook(target.applicationId, target.token);
    await this.#interactions.post(route, { auth: false, ...toRequest(body, files) });
  }

  async deleteOriginal(target: { applicationId: string; token: string }): Promise<void> {
    await this.#interactions.delete(Routes.webhookMessage(target.applicationId, target.token), { auth: false });
  }

  async deleteMessage(target: { channelId: string; messageId: string }): Promise<void> {
    await this.#asBot(() => this.bot.delete(Routes.channelMessage(target.channelId, target.messageId)));
  }

  /** Up to 100 messages of a channel from this id on, newest first. */
  async listMessagesAfter(channelId: string, messageId: string): Promise<APIMessage[]> {
    const query = new URLSearchParams({ after: messageId, limit: '100' });
    return (await this.#asBot(() => this.bot.get(Routes.channelMessages(channelId), { query }))) as APIMessage[];
  }

  /** After a 401 discord.js forgets the token, and every later call would fail unsent: one odd answer is no reason. */
  async #asBot<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (isUnauthorized(error)) {
        this.bot.setToken(this.#options.token);
        void this.#askAboutToken();
      }
      throw error;
    }
  }

  async #askAboutToken(): Promise<void> {
    if (this.#isAskingAboutToken) return;
    this.#isAskingAboutToken = true;
    try {
      await this.bot.get(Routes.user());
    } catch (error) {
      if (!isUnauthorized(error)) return;
      this.bot.setToken(this.#options.token);
      this.#options.onTokenRefused?.();
    } finally {
      this.#isAskingAboutToken = false;
    }
  }

  /** Sees what discord.js does not pass on: which limit a 429 is about, and an answer that is not Discord's own. */
  async #fetch(...request: Parameters<RESTOptions['makeRequest']>): Promise<ResponseLike> {
    const response = await DefaultRestOptions.makeRequest(...request);
    if (response.status !== 429 && response.status !== 403) return response;
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000;
    if (!isJson) {
      await response.text();
      const blocked = new BlockedByGuard(retryAfterMs);
      this.#blockedUntil = performance.now() + Math.min(blocked.retryAfterMs, LONGEST_BLOCK_MS);
      throw blocked;
    }
    if (response.status === 403) return response;
    // discord.js reads a 429's headers alone.
    const body = (await response.json()) as { code?: unknown };
    if (body.code === OLD_MESSAGE_CODE) throw new OldMessageLimit(retryAfterMs);
    return response;
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.status === 401;
}

function toRequest(body: unknown, files: readonly RawFile[]): RequestData {
  if (files.length === 0) return { body };
  const { bytes, contentType } = encodeMultipart(body, files);
  return { body: bytes, passThroughBody: true, headers: { 'content-type': contentType } };
}
