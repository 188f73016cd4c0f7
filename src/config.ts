/**
 * Every setting, read once: the only file that reads the environment. Later code sees typed values in
 * milliseconds and bytes and no missing ones. `.env.example` lists the same settings in the same order.
 */
import { existsSync } from 'node:fs';

export interface Config {
  readonly discord: { readonly token: string; readonly apiUrl: string; readonly guildId: string | null };
  /** Where the owner is told what only the owner can mend; null: nowhere but in the log. */
  readonly ownerChannelId: string | null;
  /** null: the provider is off. */
  readonly replicate: {
    readonly token: string;
    readonly baseUrl: string;
    readonly imageModel: string;
    readonly videoModel: string;
  } | null;
  /** null: the provider is off. `baseUrl` null: the SDK's own. */
  readonly gemini: {
    readonly apiKey: string;
    readonly baseUrl: string | null;
    readonly imageModel: string;
    readonly videoModel: string;
  } | null;
  readonly defaultProvider: string;
  readonly fallback: 'ask' | 'auto' | 'never';
  readonly storeUrl: string;
  readonly dataDir: string;
  readonly maxRetries: number;
  /** 0: never. */
  readonly notifyAfterMs: number;
  /** null: no HTTP server. `publicUrl` null: no webhooks. */
  readonly http: {
    readonly port: number;
    readonly host: string;
    readonly publicUrl: string | null;
    readonly webhookSecret: string | null;
  } | null;
  /** What the engine is given as it is. */
  readonly engine: {
    readonly timeoutMs: { readonly image: number; readonly video: number };
    readonly retry: RetrySettings;
    readonly retryOfSets: RetrySettings;
    readonly jobMaxAgeMs: number;
    /** With less room than this on the disk nothing paid is begun. */
    readonly minFreeBytes: number;
    readonly breakAfter: number;
    readonly concurrency: number;
    readonly userRunningLimit: number;
    readonly userWaitingLimit: number;
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly file: string | null };
  /** Values that must never be logged. */
  readonly secrets: readonly string[];
}

export interface RetrySettings {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly variation: 'auto' | 'always' | 'never';
}

/** A setting is missing or wrong. The message is one sentence for the owner and never holds a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const BYTES_IN_MB = 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of `.env` in the working directory, where there is one, beneath those of the environment. */
export function loadConfig(): Config {
  if (existsSync('.env')) loadEnvFile();
  return readConfig(process.env);
}

function loadEnvFile(): void {
  try {
    // The file does not replace what is set; an empty one is not set (the interface), but Node would keep it.
    for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
    process.loadEnvFile('.env');
  } catch {
    throw new ConfigError('Expected .env to be a readable file of NAME=value lines; it could not be read.');
  }
}

/** Throws ConfigError at the first setting that is missing or wrong. */
export function readConfig(environment: Environment): Config {
  // Read in the order of `.env.example`, so that the first wrong line is the first one told.
  const settings = new Settings(environment);
  const token = settings.require('DISCORD_TOKEN', 'the bot token from the Bot page of the Discord developer portal');
  const apiUrl = settings.discordUrl('DISCORD_API_URL', 'https://discord.com/api');
  const guildId = settings.snowflake(
    'DISCORD_GUILD_ID',
    'a server id of 15 to 21 digits (right-click the server, Copy Server ID)',
  );
  const ownerChannelId = settings.snowflake(
    'OWNER_CHANNEL_ID',
    'a channel id of 15 to 21 digits (right-click the channel, Copy Channel ID)',
  );
  const replicateToken = settings.secret('REPLICATE_API_TOKEN');
  const baseUrl = settings.url('REPLICATE_BASE_URL', 'https://api.replicate.com/v1');
  const imageModel = settings.model('REPLICATE_IMAGE_MODEL', 'black-forest-labs/flux-schnell');
  const videoModel = settings.model('REPLICATE_VIDEO_MODEL', 'bytedance/seedance-1-pro');
  const gemini = readGemini(settings);
  const configured = [
    ...(replicateToken === null ? [] : ['replicate']),
    ...(gemini === null ? [] : ['gemini']),
    'local',
  ];
  const defaultProvider = settings.choice(
    'DEFAULT_PROVIDER',
    configured,
    configured[0] ?? 'local',
    'one that is set up: ',
  );
  const fallback = settings.choice('FALLBACK', ['ask', 'auto', 'never'], 'ask');
  const variation = settings.choice('PROMPT_VARIATION', ['auto', 'always', 'never'], 'auto');
  const storeUrl = settings.store('STORE_URL', 'sqlite://data/darkroom.sqlite');
  const dataDir = settings.read('DATA_DIR') ?? 'data';
  const imageTimeoutMs = settings.seconds('IMAGE_TIMEOUT_SECONDS', 120, 1, 1_800);
  const videoTimeoutMs = settings.seconds('VIDEO_TIMEOUT_SECONDS', 600, 1, 3_600);
  const maxRetries = settings.integer('MAX_RETRIES', 3, 0, 20);
  const baseMs = settings.seconds('RETRY_BASE_SECONDS', 2, 0, 600);
  const maxMs = settings.seconds('RETRY_MAX_SECONDS', 30, 0, 3_600);
  // A buyer's set is waited for: shorter waits, and another wording each time, unless the owner says otherwise.
  const retryOfSets: RetrySettings = {
    baseMs: settings.read('RETRY_BASE_SECONDS') === null ? 1_000 : baseMs,
    maxMs: settings.read('RETRY_MAX_SECONDS') === null ? 8_000 : maxMs,
    variation: variation === 'never' ? 'never' : 'always',
  };
  const engine: Config['engine'] = {
    timeoutMs: { image: imageTimeoutMs, video: videoTimeoutMs },
    retry: { baseMs, maxMs, variation },
    retryOfSets,
    jobMaxAgeMs: Math.round(settings.number('JOB_MAX_AGE_HOURS', 24, 0.01, 24 * 30) * 3_600_000),
    concurrency: settings.integer('CONCURRENCY', 8, 1, 1_000),
    userRunningLimit: settings.integer('USER_RUNNING_LIMIT', 2, 1, 1_000),
    userWaitingLimit: settings.integer('USER_WAITING_LIMIT', 10, 0, 10_000),
    minFreeBytes: settings.integer('MIN_FREE_MB', 300, 0, 10_000_000) * BYTES_IN_MB,
    breakAfter: settings.integer('ALERT_AFTER_FAILURES', 5, 1, 1_000),
  };
  const notifyAfterMs = settings.seconds('NOTIFY_AFTER_SECONDS', 120, 0, 86_400);
  const http = readHttp(settings);
  const log: Config['log'] = {
    level: settings.choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
    file: settings.read('LOG_FILE'),
  };
  return {
    discord: { token, apiUrl, guildId },
    ownerChannelId,
    replicate: replicateToken === null ? null : { token: replicateToken, baseUrl, imageModel, videoModel },
    gemini,
    defaultProvider,
    fallback,
    storeUrl,
    dataDir,
    maxRetries,
    notifyAfterMs,
    http,
    engine,
    log,
    secrets: [token, replicateToken, gemini?.apiKey, http?.webhookSecret].filter((secret) => secret != null),
  };
}

function readGemini(settings: Settings): Config['gemini'] {
  const apiKey = settings.secret('GEMINI_API_KEY');
  const baseUrl = settings.read('GEMINI_BASE_URL') === null ? null : settings.url('GEMINI_BASE_URL', '');
  const imageModel = settings.geminiModel('GEMINI_IMAGE_MODEL', 'gemini-3.1-flash-image');
  const videoModel = settings.geminiModel('GEMINI_VIDEO_MODEL', 'gemini-omni-1.1-flash');
  return apiKey === null ? null : { apiKey, baseUrl, imageModel, videoModel };
}

function readHttp(settings: Settings): Config['http'] {
  const port = settings.read('HTTP_PORT') === null ? null : settings.integer('HTTP_PORT', 0, 1, 65_535);
  const host = settings.read('HTTP_HOST') ?? '127.0.0.1';
  const publicUrl = settings.read('PUBLIC_URL') === null ? null : settings.url('PUBLIC_URL', '');
  const webhookSecret = settings.webhookSecret('REPLICATE_WEBHOOK_SECRET');
  if (port !== null) return { port, host, publicUrl, webhookSecret };
  if (publicUrl === null) return null;
  throw new ConfigError('HTTP_PORT is not set; expected the port that PUBLIC_URL leads to, or neither of the two.');
}

/** Reads one setting of each kind; an empty one counts as not set. */
class Settings {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  read(name: string): string | null {
    const value = this.#environment[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  require(name: string, expected: string): string {
    const value = this.secret(name);
    if (value === null) {
      throw new ConfigError(`${name} is not set; expected ${expected}, in .env or in the environment.`);
    }
    return value;
  }

  /** Never told back. One with spaces in it would only fail later, in a header. */
  secret(name: string): string | null {
    const value = this.read(name);
    if (value === null || /^[\x21-\x7e]+$/.test(value)) return value;
    throw new ConfigError(
      `${name} has spaces or unusual characters in it; expected the bare token, without quotes and without a word before it.`,
    );
  }

  store(name: string, fallback: string): string {
    const value = this.read(name) ?? fallback;
    if (/^sqlite:\/\/[^:]/.test(value)) return value;
    throw wrong(name, schemeOf(value), 'sqlite:// and a file, for example sqlite://data/darkroom.sqlite');
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T, kind = ''): T {
    const value = this.read(name);
    if (value === null) return fallback;
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw wrong(name, value, `${kind}${choices.join(', ')}`);
    return choice;
  }

  number(name: string, fallback: number, least: number, most: number): number {
    const value = this.read(name);
    if (value === null) return fallback;
    const number = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    if (!Number.isFinite(number) || number < least || number > most) {
      throw wrong(name, value, `a number from ${least} to ${most}`);
    }
    return number;
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const number = this.number(name, fallback, least, most);
    if (!Number.isInteger(number)) throw wrong(name, String(number), `a whole number from ${least} to ${most}`);
    return number;
  }

  /** In milliseconds; fractions of seconds are allowed. */
  seconds(name: string, fallback: number, least: number, most: number): number {
    return Math.round(this.number(name, fallback, least, most) * 1_000);
  }

  /** Without a slash at the end. Plain http only on this machine: a key travels with it. */
  url(name: string, fallback: string): string {
    const value = this.read(name) ?? fallback;
    const expected = 'an https:// address (http:// only for this machine)';
    if (!URL.canParse(value)) throw wrong(name, value, expected);
    const { protocol, hostname, username, password } = new URL(value);
    if (username !== '' || password !== '') throw wrong(name, 'an address with a name or a password in it', expected);
    const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
    if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) throw wrong(name, value, expected);
    return value.replace(/\/+$/, '');
  }

  /** The clients put the version behind it by themselves. */
  discordUrl(name: string, fallback: string): string {
    const value = this.url(name, fallback);
    if (/\/v\d+$/.test(value)) throw wrong(name, value, 'the address without the version at its end');
    return value;
  }

  snowflake(name: string, expected: string): string | null {
    const value = this.read(name);
    if (value === null || /^\d{15,21}$/.test(value)) return value;
    throw wrong(name, value, expected);
  }

  geminiModel(name: string, fallback: string): string {
    const value = this.read(name) ?? fallback;
    if (/^[\w.-]+$/.test(value)) return value;
    throw wrong(name, value, `a model id, for example ${fallback}`);
  }

  /** Never told back. */
  webhookSecret(name: string): string | null {
    const value = this.secret(name);
    if (value === null || /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(value)) return value;
    throw new ConfigError(`${name} is not a signing secret; expected whsec_ and what Replicate shows behind it.`);
  }

  model(name: string, fallback: string): string {
    const value = this.read(name) ?? fallback;
    if (/^[\w.-]+\/[\w.-]+(:[0-9a-f]{64})?$/.test(value)) return value;
    throw wrong(name, value, 'owner/name or owner/name:version');
  }
}

/** Store addresses may hold a password; only what stands before it is told. */
function schemeOf(url: string): string {
  const end = url.indexOf('://');
  return end < 0 ? '…' : `${url.slice(0, end)}://…`;
}

/** A setting pasted in the wrong place may be a page long. */
function shorten(found: string): string {
  return found.length > 100 ? `${found.slice(0, 99)}…` : found;
}

function wrong(name: string, found: string, expected: string): ConfigError {
  return new ConfigError(`${name} is ${JSON.stringify(shorten(found))}; expected ${expected}.`);
}
