/**
 * The connection to Discord's gateway, kept by discord.js. Interactions are taken raw, the moment they
 * arrive: discord.js itself holds them back until every shard is ready, longer than they live.
 *
 * No intent is asked for: interactions need none, and without the server caches a thousand servers
 * cost next to no memory.
 */
import {
  Client,
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  Events,
  Options,
  Routes,
  Status,
} from 'discord.js';
import type { IIdentifyThrottler, REST } from 'discord.js';
import type {
  APIInteraction,
  GatewayInteractionCreateDispatchData,
  RESTGetAPIGatewayBotResult,
} from 'discord-api-types/v10';
import { GatewayDispatchEvents } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import type { SessionStarts } from './session-starts.ts';

export interface GatewayOptions {
  token: string;
  /** DISCORD_API_URL, without `/v10`. */
  apiUrl: string;
  clock: Clock;
  /** Guards the day's budget of session starts. */
  starts: SessionStarts;
  onInteraction: (payload: APIInteraction) => void;
  /** Discord refused the bot for good, after it had been connected. */
  onRefused: (refusal: GatewayRefused) => void;
  log: Log;
}

export interface Gateway {
  readonly applicationId: string;
  readonly rest: REST;
  readonly botName: string;
}

/** Discord refuses this bot as it is set up; trying again changes nothing. The message is a sentence for the owner. */
export class GatewayRefused extends Error {
  override name = 'GatewayRefused';
}

/** Close codes that trying again does not mend (Discord: topics/opcodes, gateway close event codes). */
const REFUSALS: Readonly<Record<number, string>> = {
  4004: 'Discord refused DISCORD_TOKEN. Expected the bot token of your application; copy a fresh one from the Bot page of the Discord developer portal.',
  4010: 'Discord refused the shard of this bot (close code 4010). Expected a shard number below the shard count.',
  4011: 'Discord asks for sharding (close code 4011): this bot is in too many servers for one connection.',
  4012: 'Discord refused the gateway version (close code 4012). Update Darkroom.',
  4013: 'Discord refused the intents of this bot (close code 4013). Update Darkroom.',
  4014: 'Discord refused an intent that is not allowed for this bot (close code 4014). Allow it on the Bot page of the Discord developer portal.',
};

/** Discord takes the bot's token no more. */
export function tokenRefused(): GatewayRefused {
  return new GatewayRefused(REFUSALS[4004]);
}

/** A gateway that has not answered by then counts as away: saved work goes on without it. */
const PATIENCE_MS = 5_000;
const RECONNECT_MS = { first: 1_000, most: 60_000 };
/** One IDENTIFY in so long for each shard (Discord: events/gateway, `max_concurrency`); a little more, for the way. */
const IDENTIFY_PACE_MS = 5_500;

export class GatewayConnection {
  readonly #options: GatewayOptions;
  readonly #client: Client;
  #refuse: ((refusal: GatewayRefused) => void) | null = null;
  /** Of this process; null: it has not identified yet. */
  #identifiedAt: number | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#client = new Client({
      intents: [],
      allowedMentions: { parse: [], repliedUser: false },
      rest: { api: options.apiUrl, version: '10' },
      ws: { buildIdentifyThrottler: () => this.#throttle() },
      // Interactions would leave their users and members in memory for ever.
      makeCache: Options.cacheWithLimits({
        ...Options.DefaultMakeCacheSettings,
        MessageManager: 0,
        UserManager: { maxSize: 0, keepOverLimit: (user) => user.id === user.client.user.id },
        GuildMemberManager: { maxSize: 0, keepOverLimit: (member) => member.id === member.client.user.id },
        ReactionManager: 0,
        PresenceManager: 0,
        VoiceStateManager: 0,
      }),
    });
    this.#listen();
  }

  /**
   * Connects. Resolves when Discord has taken the bot. Rejects with GatewayRefused when it never will;
   * any other trouble is waited out, told once through `onUnreachable`.
   */
  async connect(signal: AbortSignal, onUnreachable: () => void): Promise<Gateway> {
    for (let delayMs = RECONNECT_MS.first; ; delayMs = Math.min(delayMs * 2, RECONNECT_MS.most)) {
      signal.throwIfAborted();
      // REST may answer while the gateway does not; discord.js then tries for ever without a word.
      const patience = setTimeout(onUnreachable, PATIENCE_MS);
      try {
        await this.#options.starts.waitUntilAllowed(() => this.#readLimit(signal), signal, onUnreachable);
        return await this.#login(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (isTokenInvalid(error)) throw tokenRefused();
        if (error instanceof GatewayRefused) throw error;
        onUnreachable();
        this.#options.log.warn('Discord cannot be reached; trying again', { delayMs, errorMessage: nameOf(error) });
        await this.#options.clock.sleep(delayMs, signal);
      } finally {
        clearTimeout(patience);
      }
    }
  }

  get isConnected(): boolean {
    return this.#client.ws.status === Status.Ready;
  }

  /** Closes the connection. Calls by other clients go on working. */
  async close(): Promise<void> {
    await this.#client.destroy();
  }

  async #readLimit(signal: AbortSignal): Promise<RESTGetAPIGatewayBotResult['session_start_limit']> {
    const { rest } = this.#client;
    rest.setToken(this.#options.token);
    const { session_start_limit: limit } = (await rest.get(Routes.gatewayBot(), {
      // discord.js leaves a listener on the signal with each call: on one that goes with it.
      signal: AbortSignal.any([signal]),
    })) as RESTGetAPIGatewayBotResult;
    return limit;
  }

  /** discord.js asks before each IDENTIFY, also of a connection that could not be resumed. */
  #throttle(): IIdentifyThrottler {
    return {
      waitForIdentify: async (_shardId, signal) => {
        const { clock, starts, log } = this.#options;
        // The first one was allowed before the connection was opened.
        if (this.#identifiedAt !== null) {
          const sinceMs = clock.monotonic() - this.#identifiedAt;
          if (sinceMs < IDENTIFY_PACE_MS) await clock.sleep(IDENTIFY_PACE_MS - sinceMs, signal);
          try {
            await starts.waitUntilAllowed(() => this.#readLimit(signal), signal);
          } catch (error) {
            signal.throwIfAborted();
            // discord.js would take an error for the end of the connection.
            log.warn('what is left of the session starts could not be asked', { errorMessage: nameOf(error) });
          }
        }
        await starts.note();
        this.#identifiedAt = clock.monotonic();
      },
    };
  }

  #login(signal: AbortSignal): Promise<Gateway> {
    return new Promise((resolve, reject) => {
      const onReady = (client: Client<true>): void => {
        this.#refuse = null;
        resolve({ applicationId: client.application.id, rest: client.rest, botName: client.user.username });
      };
      const onFailure = (error: unknown): void => {
        this.#client.off(Events.ClientReady, onReady);
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      this.#refuse = onFailure;
      signal.addEventListener('abort', () => onFailure(signal.reason), { once: true });
      this.#client.once(Events.ClientReady, onReady);
      this.#client.login(this.#options.token).catch(onFailure);
    });
  }

  #listen(): void {
    const { log, onInteraction, onRefused } = this.#options;
    this.#client.ws.on(GatewayDispatchEvents.InteractionCreate, (data: GatewayInteractionCreateDispatchData) => {
      onInteraction(data);
    });
    this.#client.on(Events.ShardDisconnect, ({ code }) => {
      const sentence = REFUSALS[code];
      if (sentence === undefined) return;
      const refusal = new GatewayRefused(sentence);
      if (this.#refuse === null) onRefused(refusal);
      else this.#refuse(refusal);
    });
    this.#client.on(Events.ShardReconnecting, () => log.info('the connection to Discord broke; reconnecting'));
    this.#client.on(Events.ShardResume, () => log.info('the connection to Discord goes on'));
    this.#client.on(Events.ShardError, (error) =>
      log.warn('the connection to Discord had trouble', { errorMessage: nameOf(error) }),
    );
    // Without a listener an error would end the process.
    this.#client.on(Events.Error, (error) => log.warn('discord.js reports an error', { errorMessage: nameOf(error) }));
  }
}

function isTokenInvalid(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return error.status === 401;
  return error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid;
}

/** Enough to tell what happened; bodies and stacks stay out of the log. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause = error.cause instanceof Error && 'code' in error.cause ? ` (${String(error.cause.code)})` : '';
  return `${error.name}${cause}: ${error.message.slice(0, 200)}`;
}

/** The link with which a server's owner invites the bot: View Channel, Send, Send in Threads, Embed, Attach, Read History. */
export function inviteLink(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: 'bot applications.commands',
    permissions: '274878024704',
  });
  return `https://discord.com/oauth2/authorize?${query.toString()}`;
}
