/**
 * The sandbox's contract: a Discord, a Replicate and a Gemini on this machine, and the bot as a process beside
 * them. Used by `npm run sandbox` (through `control`, which the page talks to) and by the tests.
 *
 * Everything listens on 127.0.0.1 only. Ports are picked by the system unless given. Whoever starts a
 * part closes it; `close()` leaves no timer, socket or child process behind.
 */
import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIMessage,
  APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10';

// ---------------------------------------------------------------------------------------------- time

/** The sandbox's own clock: real time plus what a person or a test has added. Drives token expiry, rate limits and the Date header. */
export interface SandboxClock {
  now(): number;
  advance(ms: number): void;
}

// ------------------------------------------------------------------------------------------- Discord

export interface SandboxUser {
  id: string;
  username: string;
  globalName: string;
  /** CSS colour of the letter avatar on the page. */
  color: string;
  isModerator: boolean;
  isBot: boolean;
}

export interface SandboxChannel {
  id: string;
  guildId: string;
  name: string;
  topic: string;
  /** Set for a thread: the channel it belongs to. */
  parentId?: string;
}

export interface SandboxGuild {
  id: string;
  name: string;
  channels: SandboxChannel[];
}

/** A message as the sandbox keeps it: the API's object, who may see it, and what became of it. */
export interface SandboxMessage {
  message: APIMessage;
  /** Set for an ephemeral message: the only user who sees it. */
  ephemeralFor: string | null;
  /** `loading` while a deferred answer has not been filled in. */
  isLoading: boolean;
  /** How often it was edited, and when last (sandbox clock). */
  edits: number;
  editedAt: number | null;
}

/** What a user saw come of a command, a press or a modal. */
export type InteractionOutcome =
  /** The bot answered in time. `messageId` is the new or updated message, where there is one. */
  | {
      status: 'answered';
      type: number;
      interactionId: string;
      messageId: string | null;
      modal: APIModalInteractionResponseCallbackData | null;
    }
  /** "The application did not respond": 3 seconds passed, or no bot was connected. */
  | { status: 'no-answer'; interactionId: string };

/** A file a person picked, for an attachment option or an upload in a modal. */
export interface PickedFile {
  name: string;
  contentType: string;
  /** Base64. */
  data: string;
}

/** Values by option name, as the page's composer has them. */
export type CommandOptions = Record<string, string | number | boolean | PickedFile>;

export type ModalValue = string | boolean | string[] | PickedFile[];

/** What the next matching calls meet instead of an honest answer. */
export interface DiscordFault {
  /** HTTP method, or `*`. */
  method: string;
  /** Tested against the path without `/api/v10`, for example /^\/webhooks\/.+@original$/. */
  route: RegExp;
  /** `hang`: accepted, never answered, nothing done. `cut-before`/`cut-after`: the socket is destroyed before or after it was carried out. */
  kind:
    /** `isHtml`: as Cloudflare answers before Discord is reached: a page, and no header of a rate limit but Retry-After. */
    | { status: number; code?: number; message?: string; retryAfterSeconds?: number; isHtml?: boolean }
    | 'hang'
    | 'cut-before'
    | 'cut-after';
  times: number;
}

export interface RecordedRequest {
  at: number;
  method: string;
  /** Path and query without `/api/v10`; interaction tokens are kept, tests need them. */
  path: string;
  status: number | 'hang' | 'cut';
  /** JSON body (payload_json for multipart), null when there was none. */
  body: unknown;
  /** File names and sizes of a multipart body. */
  files: { name: string; size: number }[];
  /** The error answered, when one was: code, message and the paths that were refused. */
  error: { code: number; message: string; paths: string[] } | null;
}

export interface SandboxDiscord {
  /** What DISCORD_API_URL must be: `http://127.0.0.1:PORT/api`. */
  readonly url: string;
  /** What DISCORD_TOKEN must be. */
  readonly token: string;
  readonly applicationId: string;
  readonly clock: SandboxClock;
  /** Two servers: the first with channels #pictures and #general, the second for tenancy. */
  readonly guilds: readonly SandboxGuild[];
  /** One thread of the first server's first channel; listed in no server, for whoever asks what threads do. */
  readonly thread: SandboxChannel;
  /** `member` and `member2` and `moderator` are in the first server; `outsider` moderates the second. */
  readonly users: Readonly<Record<'member' | 'member2' | 'moderator' | 'outsider' | 'bot', SandboxUser>>;
  /** Newest last. */
  readonly requests: readonly RecordedRequest[];
  /** So many further members of the first server, always the same ones: for loads that need many users. */
  crowd(count: number): SandboxUser[];

  /** Global plus that server's own commands, as a member sees them. */
  commands(guildId: string): APIApplicationCommand[];
  isBotConnected(): boolean;
  /** Resolves when a bot has identified and got READY. */
  waitForBot(timeoutMs: number): Promise<void>;

  runCommand(ask: {
    userId: string;
    channelId: string;
    name: string;
    subcommand?: string;
    options: CommandOptions;
    locale?: string;
  }): Promise<InteractionOutcome>;
  /** A command of the message menu (right-click, Apps), on a message this user sees. */
  runMessageCommand(ask: {
    userId: string;
    messageId: string;
    name: string;
    locale?: string;
  }): Promise<InteractionOutcome>;
  press(ask: {
    userId: string;
    messageId: string;
    customId: string;
    values?: string[];
    locale?: string;
  }): Promise<InteractionOutcome>;
  submitModal(ask: {
    userId: string;
    interactionId: string;
    customId: string;
    /** By the component's custom_id: a text, or what was chosen, or the files uploaded. */
    values: Record<string, ModalValue>;
    locale?: string;
  }): Promise<InteractionOutcome>;
  autocomplete(ask: {
    userId: string;
    channelId: string;
    name: string;
    subcommand?: string;
    options: CommandOptions;
    focused: string;
    locale?: string;
  }): Promise<APIApplicationCommandOptionChoice[]>;
  /** Sends the gateway event of an earlier interaction once more, with the same id and token. */
  replay(interactionId: string): void;

  /** What this user sees in the channel, oldest first. */
  messages(channelId: string, viewerId: string): SandboxMessage[];
  getMessage(messageId: string): SandboxMessage | undefined;
  /** The file behind an attachment URL. */
  readFile(url: string): Buffer | undefined;
  deleteMessage(messageId: string): void;
  /** Takes away or gives back permissions of the bot in a channel (bits as in Discord, for example SendMessages). */
  setBotPermissions(channelId: string, permissions: bigint): void;

  /** Archives the thread, or takes it out; a locked one only moderators may open. */
  setThread(state: { isArchived: boolean; isLocked: boolean }): void;

  addFault(fault: DiscordFault): void;
  clearFaults(): void;
  /** Closes the bot's gateway connection: `true` so that it can resume (missed events are replayed). */
  dropGateway(isResumable: boolean): void;
  /** Tells the bot that its session is invalid (opcode 9) and cannot be resumed. */
  invalidateSession(): void;
  /** Called after every change a page would want to see. Returns the way to stop listening. */
  onChange(listener: (change: DiscordChange) => void): () => void;
  close(): Promise<void>;
}

export type DiscordChange =
  | { type: 'message'; message: SandboxMessage }
  | { type: 'message-deleted'; messageId: string; channelId: string }
  | { type: 'commands' }
  | { type: 'bot-connected'; isConnected: boolean }
  | { type: 'request'; request: RecordedRequest };

// ----------------------------------------------------------------------------------------- Replicate

/** What a person picks on the page, and a test in code. Each is used up by the next call or prediction it fits. */
export type ReplicateFault =
  | {
      on: 'create';
      kind:
        | 'http-429'
        /** "less than $5.0 in credit". */
        | 'http-429-credit'
        /** "until you add a payment method". */
        | 'http-429-card'
        | 'http-500'
        | 'http-502'
        | 'http-503'
        | 'http-504'
        | 'http-401'
        | 'http-402'
        | 'http-403'
        | 'http-404'
        | 'http-408'
        /** `invalid_fields`: an enum the input does not fit. */
        | 'http-422'
        /** `invalid_fields`: `additional_property_not_allowed`. */
        | 'http-422-extra'
        /** "Invalid version or not permitted". */
        | 'http-422-version'
        /** Accepted, and the answer is no JSON. */
        | 'broken-json'
        | 'hang'
        | 'cut-before'
        | 'cut-after';
    }
  | {
      on: 'get';
      kind: 'http-401' | 'http-404' | 'http-429' | 'http-500' | 'http-503' | 'broken-json' | 'hang' | 'cut-before';
    }
  /** The list of predictions. */
  | { on: 'list'; kind: 'http-500' | 'http-503' | 'hang' | 'cut-before' }
  | {
      on: 'file';
      kind:
        | 'http-403'
        | 'http-404'
        | 'http-410'
        | 'http-429'
        | 'http-500'
        | 'http-503'
        | 'hang'
        | 'cut-half'
        | 'too-large'
        /** Whole and sound, and heavier than Discord takes: a picture of 3,200 × 3,200 pixels, or a padded video. */
        | '30-mb'
        /** A small file that claims 30,000 × 30,000 pixels. */
        | 'too-many-pixels'
        | 'wrong-type'
        /** 302 to another host. */
        | 'redirect-away';
    }
  /** POST /files. After `cut-after` the file is there, and nobody knows its address. */
  | {
      on: 'upload';
      kind: 'http-401' | 'http-413' | 'http-429' | 'http-500' | 'http-503' | 'hang' | 'cut-before' | 'cut-after';
    }
  /** Of the next prediction created. `slow` takes `slowMs`, `12-minutes` that long by the clock; `nothing` succeeds with null, `empty-list` with []. */
  | {
      on: 'prediction';
      kind:
        | 'fails'
        | 'nsfw'
        | 'nothing'
        | 'empty-list'
        | 'data-removed'
        | 'slow'
        | '12-minutes'
        | 'never-ends'
        | 'interrupted'
        | 'canceled'
        | 'aborted';
    }
  /** The next prediction created fails with just these words in `error`. */
  | { on: 'prediction'; kind: 'error'; error: string }
  /** What becomes of the next prediction's webhooks. `bad-signature` and `old` are also sent rightly afterwards, as a retry would be. */
  | { on: 'webhook'; kind: 'lost' | 'doubled' | 'late' | 'reordered' | 'bad-signature' | 'old' };

export interface SandboxPrediction {
  id: string;
  model: string;
  input: Record<string, unknown>;
  status: 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'aborted';
  createdAt: number;
  cancelAfter: string | null;
  /** Where its webhooks go; null: none was asked for. */
  webhook: string | null;
  /** How often each call about it came. */
  gets: number;
  cancels: number;
  fileFetches: number;
}

/** A file that was uploaded. */
export interface SandboxUpload {
  id: string;
  contentType: string;
  size: number;
  createdAt: number;
}

/** A webhook that was sent. */
export interface SandboxWebhook {
  at: number;
  /** `webhook-id`; the same again for one that is sent again. */
  id: string;
  event: 'start' | 'completed';
  predictionId: string;
  url: string;
  /** What was answered; `refused`: nobody listened, or the answer did not come. */
  status: number | 'refused';
}

export interface SandboxReplicate {
  /** What REPLICATE_BASE_URL must be: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** What REPLICATE_API_TOKEN must be. */
  readonly token: string;
  /** `whsec_…`, as `GET /webhooks/default/secret` tells it. */
  readonly webhookSecret: string;
  readonly requests: readonly RecordedRequest[];
  /** Newest last. */
  readonly webhooks: readonly SandboxWebhook[];
  /** Every prediction that was accepted, oldest first: what the owner would pay for. */
  predictions(): SandboxPrediction[];
  /** Every file that was taken and not deleted, oldest first. */
  uploads(): SandboxUpload[];
  /** From now on the model has this version: for schemas that change within the hour. Input names to their JSON schema; Cog's own wrapping is added. */
  changeModel(name: string, inputs: Record<string, Record<string, unknown>>, required?: string[]): void;
  /** How long a prediction queues (`starting`) and works (`processing`); a page shows about 1 and 4 seconds. */
  setPace(pace: { queueMs: number; workMs: number }): void;
  addFault(fault: ReplicateFault, times?: number): void;
  clearFaults(): void;
  onChange(listener: (request: RecordedRequest) => void): () => void;
  close(): Promise<void>;
}

// -------------------------------------------------------------------------------------------- Gemini

/** As ReplicateFault. HTTP kinds answer with the exact bodies Google gives; those of `generate` and `interaction` are met before any work. */
export type GeminiFault =
  | {
      on: 'generate' | 'interaction';
      kind:
        /** 400 INVALID_ARGUMENT with ErrorInfo API_KEY_INVALID. */
        | 'http-400-key'
        | 'http-400-input'
        /** 400 FAILED_PRECONDITION: billing or location. */
        | 'http-400-billing'
        | 'http-401'
        | 'http-403'
        /** "is no longer available". */
        | 'http-404-retired'
        /** RESOURCE_EXHAUSTED, PerMinute, with RetryInfo. */
        | 'http-429-minute'
        /** PerDay. */
        | 'http-429-day'
        /** `limit: 0`: the plan has no quota for this model. */
        | 'http-429-no-quota'
        /** Without details. */
        | 'http-429-bare'
        | 'http-500'
        | 'http-503'
        | 'http-504'
        /** Carried out, and the answer is no JSON. */
        | 'broken-json'
        | 'hang'
        | 'cut-before'
        | 'cut-after';
    }
  /** What the next generateContent answers with 200 instead of a picture. */
  | {
      on: 'image';
      kind:
        | 'blocked-safety'
        | 'blocked-other'
        | 'blocked-list'
        | 'blocked-prohibited'
        | 'finish-image-safety'
        | 'finish-safety'
        | 'finish-prohibited'
        | 'finish-spii'
        | 'finish-recitation'
        | 'finish-no-image'
        | 'finish-other'
        | 'finish-max-tokens'
        | 'finish-malformed'
        | 'text-only'
        | 'thought-only'
        | 'empty'
        | 'slow';
    }
  /** What becomes of the next interaction. */
  | {
      on: 'video';
      kind:
        | 'blocked'
        | 'fails-internal'
        | 'fails-invalid'
        /** `completed` without any output. */
        | 'nothing'
        | 'cancelled'
        | 'incomplete'
        | 'budget-exceeded'
        /** The GET answers 400 with the failure. */
        | 'get-400'
        | 'slow'
        | 'never-ends';
    }
  | { on: 'get'; kind: 'http-404' | 'http-429-minute' | 'http-500' | 'http-503' | 'hang' | 'cut-before' }
  | { on: 'file'; kind: 'http-403' | 'http-404' | 'http-500' | 'hang' | 'cut-half' }
  | { on: 'models'; kind: 'http-500' | 'hang' };

/** One paid call: an image, or an interaction. */
export interface SandboxGeneration {
  /** The interaction's id; images have none, so one of ours. */
  id: string;
  kind: 'image' | 'video';
  model: string;
  prompt: string;
  /** Reference pictures that came with it. */
  images: number;
  createdAt: number;
  status: 'working' | 'completed' | 'failed' | 'cancelled';
  gets: number;
  cancels: number;
  fileFetches: number;
}

export interface SandboxGemini {
  /** What GEMINI_BASE_URL must be: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** What GEMINI_API_KEY must be. */
  readonly key: string;
  readonly requests: readonly RecordedRequest[];
  /** Everything that was accepted, oldest first: what the owner would pay for. */
  generations(): SandboxGeneration[];
  /** How long an image takes, and an interaction queues and works. */
  setPace(pace: { imageMs: number; queueMs: number; workMs: number }): void;
  /** Takes a model out of the list and answers 404 for it, as for one that was shut down. */
  retireModel(name: string): void;
  addFault(fault: GeminiFault, times?: number): void;
  clearFaults(): void;
  onChange(listener: (request: RecordedRequest) => void): () => void;
  close(): Promise<void>;
}

export interface StartDiscordOptions {
  port?: number;
  clock?: SandboxClock;
  /** Default true. Off only where a test asks about something else and would wait for nothing. */
  rateLimits?: boolean;
  /** Default 1,000. One identify more ends every session and the token with them. */
  identifiesADay?: number;
  /** Default false, because a test that starts a bot again would wait: one identify in 5 seconds, and opcode 9 for another. */
  hasIdentifyPace?: boolean;
}

export interface StartReplicateOptions {
  port?: number;
  clock?: SandboxClock;
  /** The file every prediction gives, where drawing one for each would measure the sandbox itself. */
  picture?: { bytes: Buffer; mimeType: string };
}
export interface StartGeminiOptions {
  port?: number;
  clock?: SandboxClock;
  /** The file every image gives, where drawing one for each would measure the sandbox itself. */
  picture?: { bytes: Buffer; mimeType: string };
}
// startDiscord(options) lives in sandbox/discord/index.ts, startReplicate(options) in sandbox/replicate/index.ts,
// startGemini(options) in sandbox/gemini/index.ts.

// ----------------------------------------------------------------------------------- the bot, outside

export interface BotProcess {
  readonly pid: number;
  /** Every line the bot wrote, newest last; log lines are JSON. */
  readonly lines: readonly string[];
  /** Log lines parsed, others left out. */
  logs(): Record<string, unknown>[];
  /** Sends the signal and resolves when the process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<{ code: number | null; signal: string | null }>;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
}
// startBot({ env }) lives in sandbox/bot.ts: `node dist/src/index.js` with only that environment (plus PATH), never the caller's.

// -------------------------------------------------------------------------------------- the page's talk

/**
 * The page's server (sandbox/control.ts, port 4400): static files, these POSTs under `/control/` (JSON in,
 * JSON out; a refusal is 400 with `{ error: sentence }`), and a WebSocket at `/live` that sends PageEvents:
 * first one `snapshot`, then the news. The page filters by the user it looks through.
 */
export interface PageSnapshot {
  type: 'snapshot';
  guilds: SandboxGuild[];
  users: SandboxUser[];
  /** By server id. */
  commands: Record<string, APIApplicationCommand[]>;
  messages: SandboxMessage[];
  bot: BotStatus;
  clockOffsetMs: number;
  faults: PageFault[];
  /** How long a prediction queues and works. */
  pace: { queueMs: number; workMs: number };
}

export interface BotStatus {
  /** `starting`: the process lives and has not reached the gateway. */
  state: 'stopped' | 'starting' | 'online';
  pid: number | null;
  /** The last sentence of a bot that stopped by itself. */
  lastWords: string | null;
}

export type PageEvent =
  | PageSnapshot
  | { type: 'message'; message: SandboxMessage }
  | { type: 'message-deleted'; messageId: string; channelId: string }
  | { type: 'commands'; commands: Record<string, APIApplicationCommand[]> }
  | { type: 'bot'; bot: BotStatus }
  | { type: 'clock'; clockOffsetMs: number }
  | { type: 'faults'; faults: PageFault[] }
  | { type: 'pace'; pace: { queueMs: number; workMs: number } }
  | { type: 'request'; to: 'discord' | 'replicate' | 'gemini'; request: RecordedRequest };

/** A fault a person can pick; `armed` counts how often it is still to come. */
export interface PageFault {
  id: string;
  service: 'replicate' | 'gemini' | 'discord';
  label: string;
  armed: number;
}

/** Path under `/control/` -> body. Answers: InteractionOutcome for the first four, choices for autocomplete, `{}` for the rest. */
export interface ControlCalls {
  command: { userId: string; channelId: string; name: string; subcommand?: string; options: CommandOptions };
  'message-command': { userId: string; messageId: string; name: string };
  press: { userId: string; messageId: string; customId: string; values?: string[] };
  modal: { userId: string; interactionId: string; customId: string; values: Record<string, ModalValue> };
  autocomplete: {
    userId: string;
    channelId: string;
    name: string;
    subcommand?: string;
    options: CommandOptions;
    focused: string;
  };
  'bot/kill': Record<string, never>;
  'bot/start': Record<string, never>;
  fault: { id: string };
  'faults/clear': Record<string, never>;
  clock: { advanceMs: number };
  pace: { queueMs: number; workMs: number };
}
