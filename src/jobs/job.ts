/**
 * What a job is, and the only way it changes.
 *
 * A job is one request with a life. It has 1 to 5 items, each one output. Only items have a life of
 * their own; the job's state follows from theirs.
 *
 *   queued ──▶ starting ──▶ running ──▶ collecting ──▶ done
 *                 │  │         │             │
 *                 │  └─────────│────────────▶│          (a provider that answers at once)
 *                 ▼            ▼             ▼
 *              waiting ◀───────┴─────────────┘          (next attempt at a saved time; holds no slot)
 *                 └──▶ starting
 *
 *   Every state but the last three may also go to failed or cancelled. done, failed and cancelled are final.
 *
 * - queued      saved, shown, not yet paid for.
 * - starting    saved before the provider is called, so after a crash it means: perhaps paid. The
 *               provider's `find` is asked before anything is paid again.
 * - running     the provider gave an operation and it is saved: from here the same work is picked up
 *               after any crash.
 * - collecting  the outputs are known and their files are being fetched.
 * - waiting     an attempt came to nothing; the next one starts at `until`.
 *
 * Job, from its items: all final: all done = done; some done = partial; none done and any failed =
 * failed; else cancelled. Not final: nothing begun = queued, else running. A job that goes on with an earlier one's
 * set carries what was done there as done items of its own: they count as done, and not as begun.
 *
 * This file imports nothing. Times are milliseconds since 1970 (UTC).
 */

/** What is made. */
export type Kind = 'image' | 'video';

export type ItemState = 'queued' | 'starting' | 'running' | 'waiting' | 'collecting' | 'done' | 'failed' | 'cancelled';

export type JobState = 'queued' | 'running' | 'done' | 'partial' | 'failed' | 'cancelled';

/** The codes a user, a log reader or a program meets. */
export const ERROR_CODES = [
  'TIMEOUT',
  'NETWORK_ERROR',
  'API_ERROR',
  'RATE_LIMIT',
  'VALIDATION_ERROR',
  'MAX_RETRIES_EXCEEDED',
  'CONTENT_BLOCKED',
  'AUTH_ERROR',
  'QUOTA_EXCEEDED',
  'NO_OUTPUT',
  'CANCELLED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * Why, finer than the code: each reason has one code and one sentence for the user (`src/locales`).
 * Add a reason here, its code in FAILURE_CODES, and the compiler asks every language for its sentence.
 */
export type FailureReason =
  | 'attempt-timeout'
  | 'provider-queue-timeout'
  | 'job-too-old'
  | 'network'
  | 'answer-lost'
  | 'provider-error'
  | 'provider-bug'
  | 'out-of-memory'
  | 'rate-limit'
  | 'breaker-open'
  | 'disk-full'
  | 'model-unknown'
  | 'model-retired'
  | 'input-refused'
  | 'setting-refused'
  | 'image-needed'
  | 'image-not-taken'
  | 'reference-refused'
  | 'reference-unreachable'
  | 'reference-lost'
  | 'provider-off'
  | 'output-blocked'
  | 'output-copied'
  | 'prompt-blocked'
  | 'key-refused'
  | 'no-credit'
  | 'no-quota'
  | 'daily-quota'
  | 'no-output'
  | 'words-only'
  | 'file-gone'
  | 'file-unreachable'
  | 'file-refused'
  | 'file-too-large'
  | 'internal'
  | 'crashed-alone'
  | 'cancelled-by-user'
  | 'cancelled-undelivered';

export const FAILURE_CODES: Readonly<Record<FailureReason, ErrorCode>> = {
  'attempt-timeout': 'TIMEOUT',
  'provider-queue-timeout': 'TIMEOUT',
  'job-too-old': 'TIMEOUT',
  network: 'NETWORK_ERROR',
  'answer-lost': 'NETWORK_ERROR',
  'provider-error': 'API_ERROR',
  'provider-bug': 'API_ERROR',
  'out-of-memory': 'API_ERROR',
  'rate-limit': 'RATE_LIMIT',
  'breaker-open': 'API_ERROR',
  'disk-full': 'API_ERROR',
  'model-unknown': 'VALIDATION_ERROR',
  'model-retired': 'VALIDATION_ERROR',
  'input-refused': 'VALIDATION_ERROR',
  'setting-refused': 'VALIDATION_ERROR',
  'image-needed': 'VALIDATION_ERROR',
  'image-not-taken': 'VALIDATION_ERROR',
  'reference-refused': 'VALIDATION_ERROR',
  'reference-unreachable': 'NETWORK_ERROR',
  'reference-lost': 'VALIDATION_ERROR',
  'provider-off': 'VALIDATION_ERROR',
  'output-blocked': 'CONTENT_BLOCKED',
  'output-copied': 'CONTENT_BLOCKED',
  'prompt-blocked': 'CONTENT_BLOCKED',
  'key-refused': 'AUTH_ERROR',
  'no-credit': 'QUOTA_EXCEEDED',
  'no-quota': 'QUOTA_EXCEEDED',
  'daily-quota': 'QUOTA_EXCEEDED',
  'no-output': 'NO_OUTPUT',
  'words-only': 'NO_OUTPUT',
  'file-gone': 'NO_OUTPUT',
  'file-unreachable': 'NO_OUTPUT',
  'file-refused': 'NO_OUTPUT',
  'file-too-large': 'NO_OUTPUT',
  internal: 'API_ERROR',
  'crashed-alone': 'API_ERROR',
  'cancelled-by-user': 'CANCELLED',
  'cancelled-undelivered': 'CANCELLED',
};

/**
 * What an attempt came to when it did not succeed, with its own disposition.
 * `next` is what the one who classified it advises; `retry.ts` decides.
 */
export interface Failure {
  code: ErrorCode;
  reason: FailureReason;
  /** `retry`: same request again. `vary`: again with another seed and wording. `give-up`: never again. */
  next: 'retry' | 'vary' | 'give-up';
  /** At most so many retries of one item after failures of this reason; null: as many as it has. */
  mostRetries: number | null;
  /** The provider's own status, fit for a log: `HTTP 503`, `failed E9828`. Never a body, never a key. */
  providerStatus: string | null;
  /** The wait the provider asked for, if it did. */
  retryAfterMs: number | null;
  /** Named values for the user's sentence, for example the refused field. Never a secret. */
  details: Record<string, string>;
}

/** The provider's handle to work it has accepted: plain JSON, opaque to all but its provider. */
export interface Operation {
  provider: string;
  id: string;
  /** What only its provider reads. */
  data: Record<string, string>;
}

/**
 * Where a finished output is. `inline` bytes came with the answer and are kept
 * before anything else is saved; `url` can be fetched again.
 */
export type Output = { kind: 'url'; url: string } | { kind: 'inline'; mimeType: string };

/** A file that was made and is kept. `file` is relative to the asset folder. */
export interface Asset {
  file: string;
  mimeType: string;
  /** With the dot: `.png`. */
  extension: string;
  bytes: number;
  sha256: string;
}

/** What the user asked. Never changes. */
export interface Request {
  command: string;
  kind: Kind;
  provider: string;
  /** null: the provider's default when the attempt starts. */
  model: string | null;
  prompt: string;
  negativePrompt: string | null;
  aspectRatio: string | null;
  /** null: a fresh one for each attempt. */
  seed: number | null;
  /** The model's own inputs by name, as they were typed; the provider gives them the types of its schema. */
  settings: Record<string, string>;
  /** How long a video is to last; null: as long as the model makes them. */
  durationSeconds: number | null;
  /** What a set of pictures is to sell; the prompts of its items are built from it. null: no set. */
  product: Product | null;
  /** The prompts of items that have one of their own, by the item's name. */
  itemPrompts: Record<string, string>;
}

/** As its owner described it. */
export interface Product {
  title: string;
  features: string[];
  audience: string | null;
  keywords: Keyword[];
}

/** What buyers search for, and why they do. */
export interface Keyword {
  word: string;
  intents: string[];
}

/** Where a reference is copied from. */
export type ReferenceSource = { kind: 'address'; url: string } | { kind: 'asset'; asset: Asset };

/** A reference made ready: upright, without metadata, of moderate size, and a file of the job itself. */
export interface ReferencePicture {
  asset: Asset;
  width: number;
  height: number;
  /** Of a picture that moves, the first frame alone was taken. */
  isFirstFrame: boolean;
}

/** A picture to start from. It is copied before anything is paid, since the address it came from ends. */
export type Reference = {
  /** A file's name, for the one who gave it; empty for a job's picture. */
  name: string;
  /** The job whose picture it is; null: it was given as a file. */
  fromJobId: string | null;
} & ({ state: 'coming'; source: ReferenceSource } | { state: 'kept'; picture: ReferencePicture });

/** An input that was not sent as it was asked for, because the service does not take it so. */
export interface InputChange {
  field: string;
  /** As it was asked for, short. */
  from: string;
  /** null: left out. */
  to: string | null;
}

/** How the files of an attempt were fetched. */
export interface Fetches {
  /** Calls for a file that were made, all files together. */
  tries: number;
  /** The last one that failed; null: none did. */
  lastFailure: Failure | null;
}

/** The interaction that asked, so that the card can be found and edited after a crash. */
export interface Origin {
  interactionId: string;
  applicationId: string;
  token: string;
  tokenExpiresAt: number;
  /** The card a button stood on; null for a command, whose card is the interaction's own answer. */
  cardMessageId: string | null;
}

/** One try that ended, kept for the record and for `Details`. */
export interface Attempt {
  number: number;
  provider: string;
  model: string | null;
  operationId: string | null;
  seed: number;
  variation: number;
  changes: InputChange[];
  fetches: Fetches;
  startedAt: number;
  endedAt: number;
  /** null: it succeeded. */
  failure: Failure | null;
}

export interface ItemCommon {
  /** `image` for a single picture; sets name theirs. Unique in the job. */
  name: string;
  /** The current or last attempt, from 1; 0 before the first. */
  attempt: number;
  /** Automatic retries used. A 429 on start uses none. */
  retryCount: number;
  /** Our own seed of the current attempt: also the fingerprint by which `find` knows our work. */
  seed: number;
  /** Which prompt variation the current attempt carries; 0 is none. */
  variation: number;
  /** When the current attempt was first sent; null before the first. */
  attemptStartedAt: number | null;
  /** What the provider called the model of the current attempt. */
  model: string | null;
  /** What of the current attempt was sent otherwise than asked. */
  changes: InputChange[];
  /** Of the current attempt. */
  fetches: Fetches;
  /**
   * Set when an answer to `start` was lost and `find` saw nothing yet: before the next `start`, look
   * from this time on once more. null: nothing is in doubt.
   */
  inDoubtSince: number | null;
  attempts: Attempt[];
  /** The job that made it, where this one only shows it again; null: it is this job's own work. */
  carriedFrom: string | null;
  /** Unclean process ends in this same step without progress between them. */
  uncleanEnds: number;
  /** The item runs with nothing beside it, because it was there at two unclean ends. */
  alone: boolean;
}

/** Each state carries only its own data. */
export type ItemStatus =
  | { state: 'queued' }
  | { state: 'starting' }
  | {
      state: 'running';
      operation: Operation;
      /** When the provider began to work, as opposed to queueing; null while it has not. */
      begunAt: number | null;
    }
  | { state: 'waiting'; until: number; delayMs: number; failure: Failure }
  | { state: 'collecting'; operation: Operation | null; outputs: Output[] }
  | { state: 'done'; assets: Asset[] }
  | { state: 'failed'; failure: Failure; causeCode: ErrorCode | null }
  | { state: 'cancelled'; failure: Failure };

export type Item = ItemCommon & ItemStatus;

export interface Job {
  /** Version of this record's shape. */
  v: 3;
  id: string;
  /** Grows by one with every save; a card knows which it shows. */
  revision: number;
  state: JobState;
  input: Request;
  /** Pictures to start from, in order. Nothing begins before each of them is kept. */
  references: Reference[];
  items: Item[];
  guildId: string | null;
  channelId: string;
  /** Whose job it is, on whose limits; a moderator's Retry leaves it so. */
  userId: string;
  private: boolean;
  locale: string;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  retryCount: number;
  maxRetries: number;
  errorCode: ErrorCode | null;
  /** The last cause behind MAX_RETRIES_EXCEEDED. */
  causeCode: ErrorCode | null;
  errorMessage: string | null;
  result: Asset[];
  /** The job this one repeats on the same card or as `Again`. */
  retryOf: string | null;
  /** The provider that failed before this job fell back to another. */
  fallbackFrom: string | null;
  /** Largest file Discord takes as an answer to this interaction, in bytes. */
  attachmentSizeLimit: number;
  origin: Origin;
  /** Saved when someone cancels, so that a crash does not forget it. */
  cancelRequest: { userId: string; at: number } | null;
}

/** Who may follow whom. A state naming itself may be saved again with news (a note, not a move). */
export const MOVES: Readonly<Record<ItemState, readonly ItemState[]>> = {
  queued: ['starting', 'failed', 'cancelled'],
  starting: ['starting', 'running', 'collecting', 'waiting', 'failed', 'cancelled'],
  running: ['running', 'collecting', 'waiting', 'failed', 'cancelled'],
  waiting: ['starting', 'failed', 'cancelled'],
  collecting: ['collecting', 'starting', 'done', 'waiting', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
};

export const OPEN_ITEM_STATES: ReadonlySet<ItemState> = new Set<ItemState>([
  'queued',
  'starting',
  'running',
  'waiting',
  'collecting',
]);

/** States that hold a lane slot: an attempt is in flight. */
export const ACTIVE_ITEM_STATES: ReadonlySet<ItemState> = new Set<ItemState>(['starting', 'running', 'collecting']);

/** Seeds are below this: 2^31 - 1 is the largest that every model takes. */
export const SEEDS = 2 ** 31;

/** Thrown by `moveTo` when the map does not know the move: always a bug of the caller. */
export class IllegalMove extends Error {
  override name = 'IllegalMove';
  constructor(job: Job, item: Item, to: ItemState) {
    super(
      `Expected item ${item.name} of job ${job.id} to move from ${item.state} to one of [${MOVES[item.state].join(', ')}], got ${to}.`,
    );
  }
}

export interface NewJob {
  id: string;
  input: Request;
  references: Reference[];
  itemNames: readonly [string, ...string[]];
  /** Done items of an earlier job, their files copied to this one: not made again. Names among `itemNames`. */
  carried: readonly (Item & { state: 'done' })[];
  guildId: string | null;
  channelId: string;
  userId: string;
  private: boolean;
  locale: string;
  createdAt: number;
  maxRetries: number;
  retryOf: string | null;
  fallbackFrom: string | null;
  attachmentSizeLimit: number;
  origin: Origin;
}

/** A job as it is first saved: revision 1, every item queued but those carried over. */
export function createJob({ itemNames, carried, ...rest }: NewJob): Job {
  const items = itemNames.map(
    (name, index): Item => carried.find((item) => item.name === name) ?? createItem(name, index, rest.input),
  );
  return {
    ...rest,
    v: 3,
    revision: 1,
    state: deriveState(items),
    items,
    startedAt: null,
    finishedAt: null,
    retryCount: 0,
    errorCode: null,
    causeCode: null,
    errorMessage: null,
    result: resultOf(items),
    cancelRequest: null,
  };
}

function createItem(name: string, index: number, { seed, model }: Request): Item {
  return {
    name,
    state: 'queued',
    attempt: 0,
    retryCount: 0,
    // Several pictures of one seed would be the same picture.
    seed: seed === null ? 0 : (seed + index) % SEEDS,
    variation: 0,
    attemptStartedAt: null,
    model,
    changes: [],
    fetches: { tries: 0, lastFailure: null },
    inDoubtSince: null,
    attempts: [],
    carriedFrom: null,
    uncleanEnds: 0,
    alone: false,
  };
}

/** A done item as another job shows it: its files are those of that job by now, and its retries are over. */
export function carryItem(job: Job, item: Item & { state: 'done' }, assets: Asset[]): Item & { state: 'done' } {
  return { ...item, assets, retryCount: 0, carriedFrom: item.carriedFrom ?? job.id };
}

export interface Move {
  item: string;
  to: ItemStatus;
  /** What else changes on the item in the same save. */
  note?: Partial<ItemCommon>;
  now: number;
}

/**
 * The one way an item changes. Returns the job's next revision and leaves the given one alone.
 * `describe` gives the sentence kept in `errorMessage`.
 * Throws IllegalMove for a move the map does not know, and for an unknown item name.
 */
export function moveTo(job: Job, move: Move, describe: (failure: Failure) => string): Job {
  const current = getItem(job, move.item);
  if (!MOVES[current.state].includes(move.to.state)) throw new IllegalMove(job, current, move.to.state);
  // Only the common part is carried over: what belonged to the old state must not outlive it.
  const next: Item = { ...commonOf(current), ...move.to, ...move.note };
  const items = job.items.map((item) => (item === current ? next : item));
  return { ...job, ...summarize(job, items, move.now, describe), items, revision: job.revision + 1 };
}

/** Notes that someone cancels. The run loop acts on it; a second request changes nothing. */
export function requestCancel(job: Job, userId: string, now: number): Job {
  if (job.cancelRequest !== null || isFinal(job)) return job;
  return { ...job, cancelRequest: { userId, at: now }, revision: job.revision + 1 };
}

/** A picture to start from is a file of the job by now. */
export function setReference(job: Job, index: number, reference: Reference): Job {
  if (isFinal(job) || job.references[index]?.state !== 'coming') return job;
  const references = job.references.map((each, at) => (at === index ? reference : each));
  return { ...job, references, revision: job.revision + 1 };
}

export function getItem(job: Job, name: string): Item {
  const item = job.items.find((candidate) => candidate.name === name);
  if (item === undefined) {
    throw new Error(`Expected an item of job ${job.id} ([${job.items.map((i) => i.name).join(', ')}]), got ${name}.`);
  }
  return item;
}

/** The names of a request's items: one output each. */
export function nameItems(kind: Kind, count: number): [string, ...string[]] {
  const [first = kind, ...rest] = Array.from({ length: count }, (_, index) => `${kind}_${index + 1}`);
  return rest.length === 0 ? [kind] : [first, ...rest];
}

export function itemNamesOf({ items, input }: Pick<Job, 'items' | 'input'>): [string, ...string[]] {
  const [first = input.kind, ...rest] = items.map(({ name }) => name);
  return [first, ...rest];
}

/** What of a job need not be made again. */
export function doneNames({ items }: Pick<Job, 'items'>): Set<string> {
  return new Set(items.filter(({ state }) => state === 'done').map(({ name }) => name));
}

/** The prompt of an item, without any variation. */
export function promptOf({ prompt, itemPrompts }: Pick<Request, 'prompt' | 'itemPrompts'>, itemName: string): string {
  return Object.hasOwn(itemPrompts, itemName) ? (itemPrompts[itemName] ?? prompt) : prompt;
}

/** Whether every picture to start from is a file of the job itself. */
export function hasReferences({ references }: Pick<Job, 'references'>): boolean {
  return references.every(({ state }) => state === 'kept');
}

/** Names an item among those of all jobs. */
export function itemKey(jobId: string, item: string): string {
  return `${jobId}:${item}`;
}

export function isOpenItem(item: Item): boolean {
  return OPEN_ITEM_STATES.has(item.state);
}

/** Done, partial, failed or cancelled: nothing will change it any more. */
export function isFinal(job: Job): boolean {
  return isFinalState(job.state);
}

export function isFinalState(state: JobState): boolean {
  return state !== 'queued' && state !== 'running';
}

export function deriveState(items: readonly Item[]): JobState {
  const count = (state: ItemState): number => items.filter((item) => item.state === state).length;
  if (items.some(isOpenItem)) {
    const isBegun = ({ state, carriedFrom }: Item): boolean => state !== 'queued' && carriedFrom === null;
    return items.some(isBegun) ? 'running' : 'queued';
  }
  if (count('done') === items.length) return 'done';
  if (count('done') > 0) return 'partial';
  return count('failed') > 0 ? 'failed' : 'cancelled';
}

/** Builds a Failure; the code follows from the reason. */
export function failure(
  reason: FailureReason,
  next: Failure['next'],
  more: Partial<Pick<Failure, 'mostRetries' | 'providerStatus' | 'retryAfterMs' | 'details'>> = {},
): Failure {
  return {
    code: FAILURE_CODES[reason],
    reason,
    next,
    mostRetries: null,
    providerStatus: null,
    retryAfterMs: null,
    details: {},
    ...more,
  };
}

/** What every item keeps when it leaves its state behind. */
function commonOf(item: Item): ItemCommon {
  const { name, attempt, retryCount, seed, variation, attemptStartedAt, model } = item;
  const { changes, fetches, inDoubtSince, attempts, carriedFrom, uncleanEnds, alone } = item;
  return {
    name,
    attempt,
    retryCount,
    seed,
    variation,
    attemptStartedAt,
    model,
    changes,
    fetches,
    inDoubtSince,
    attempts,
    carriedFrom,
    uncleanEnds,
    alone,
  };
}

/** The job's own fields that follow from its items, so that they can never disagree. */
function summarize(
  job: Job,
  items: readonly Item[],
  now: number,
  describe: (failure: Failure) => string,
): Partial<Job> {
  const state = deriveState(items);
  const lost = items.find((item) => item.state === 'failed') ?? items.find((item) => item.state === 'cancelled');
  const isLost = lost?.state === 'failed' || lost?.state === 'cancelled';
  return {
    state,
    startedAt: job.startedAt ?? (state === 'queued' || state === 'cancelled' ? null : now),
    finishedAt: isFinalState(state) ? now : null,
    retryCount: items.reduce((most, item) => Math.max(most, item.retryCount), 0),
    errorCode: isLost
      ? lost.state === 'failed' && lost.causeCode !== null
        ? 'MAX_RETRIES_EXCEEDED'
        : lost.failure.code
      : null,
    causeCode: isLost && lost.state === 'failed' ? lost.causeCode : null,
    errorMessage: isLost ? describe(lost.failure) : null,
    result: resultOf(items),
  };
}

function resultOf(items: readonly Item[]): Asset[] {
  return items.flatMap((item) => (item.state === 'done' ? item.assets : []));
}
