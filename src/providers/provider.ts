/**
 * The seam to a provider: the services (and the local painter) that make pictures.
 *
 * A provider turns a vendor's talk into ours and does nothing else: it never polls, never waits for a
 * retry and keeps no state of the work. The engine does all three. Only `start` costs money.
 *
 * How a call ends:
 * - it returns;
 * - it throws ProviderFailure: classified, with what next;
 * - it throws anything else: a bug of ours, never retried.
 * When the given signal aborts, a call ends soon, by throwing anything; the engine knows why it aborted.
 */
import {
  type Failure,
  failure as createFailure,
  type InputChange,
  type Kind,
  type Operation,
  type Output,
} from '../jobs/job.ts';

/** One attempt as the provider gets it. */
export interface AttemptRequest {
  jobId: string;
  item: string;
  /** From 1. */
  attempt: number;
  kind: Kind;
  /** null: the provider's configured default. */
  model: string | null;
  /** As sent, with the variation in it. */
  prompt: string;
  negativePrompt: string | null;
  aspectRatio: string | null;
  /** 0 to 2^31 - 1: what every model with a seed accepts. */
  seed: number;
  /** The model's own inputs by name, as they were typed. */
  settings: Readonly<Record<string, string>>;
  /** How long a video is to last; null: as long as the model makes them. */
  durationSeconds: number | null;
  /** Pictures to start from, in order; few models take more than one. */
  images: readonly ReferenceImage[];
  /** After this long the work is worth nothing to us; told to the provider where it can be, as a stop to spending. */
  expiresAfterMs: number;
}

/** A picture the user gave, checked and made ready: upright, without metadata, of moderate size. */
export interface ReferenceImage {
  bytes: Uint8Array;
  mimeType: string;
  width: number;
  height: number;
}

interface StartedCommon {
  model: string;
  /** What was sent otherwise than asked, for the card to tell. */
  changes: InputChange[];
}

export type Started = StartedCommon &
  (
    | { status: 'running'; operation: Operation }
    /** `bytes` pairs with `outputs` by index: set for `inline`, null for `url`. */
    | { status: 'finished'; outputs: Output[]; bytes: (Uint8Array | null)[] }
  );

export type Checked =
  /** `begun`: the work left the provider's own queue. `progress` from 0 to 1, null when it does not tell. */
  | { status: 'running'; begun: boolean; progress: number | null }
  | { status: 'finished'; outputs: Output[] }
  /** The operation itself ended badly; a call that failed throws instead. */
  | { status: 'failed'; failure: Failure };

export interface FetchedFile {
  bytes: Uint8Array;
  /** Sniffed from the bytes, never believed from a header. */
  mimeType: string;
  /** With the dot. */
  extension: string;
}

export interface CallOptions {
  signal: AbortSignal;
}

export interface StartOptions extends CallOptions {
  /**
   * Aborts as `signal` does, and also when nobody wants the work any more. It is heeded in all that comes before the
   * paid call (looking models up, uploading pictures), and not from there on: a call cut in the middle would leave
   * nobody who knew what to cancel. Absent: `signal` alone.
   */
  unpaid?: AbortSignal;
}

export interface FindOptions extends CallOptions {
  /** When the doubtful `start` was first sent, by our clock. */
  since: number;
  /** Whether an item holds this operation already: such a one is somebody else's. */
  isClaimed: (operationId: string) => Promise<boolean>;
  /**
   * Ids of operations that a webhook named for this attempt, perhaps ours: to be asked about first, and believed
   * only when the service itself says that they have our model and input.
   */
  heard: readonly string[];
}

/** Work that a lost `start` had begun after all. */
export interface FoundOperation {
  operation: Operation;
  /** As `Started` would have told it. */
  model: string;
  /** As `Started` would have told them. */
  changes: InputChange[];
}

/** What a model of a service can be asked for. */
export interface ModelEntry {
  /** As `model:` takes it: `owner/name`, or a Gemini model's id. */
  name: string;
  /** null: not known. */
  kind: Kind | null;
  /** One line; empty when there is none. */
  description: string;
  /** Whether it is the configured default of its kind. */
  isDefault: boolean;
}

/** One input of a model, by its own schema. */
export interface ModelInputField {
  name: string;
  type: 'text' | 'integer' | 'number' | 'boolean' | 'file' | 'files' | 'other';
  /** The only values allowed, or null. */
  choices: readonly (string | number)[] | null;
  minimum: number | null;
  maximum: number | null;
  /** As text; null: none. */
  default: string | null;
  description: string;
  isRequired: boolean;
  /** Filled from an option of its own (prompt, seed, aspect_ratio …) or from attached files: not a setting. */
  isOwnOption: boolean;
}

export interface ModelInputs {
  model: string;
  kind: Kind | null;
  /** In the author's order. */
  fields: readonly ModelInputField[];
}

/** What is known of a service's models. `known…` answer from memory and never wait. */
export interface ModelCatalog {
  /** The configured and the well-known first; those of the kind alone, or all. Case and word order do not matter. */
  knownModels(ask: { kind: Kind | null; search: string; limit: number }): ModelEntry[];
  /** undefined: not known yet; it is asked for in the background. */
  knownInputs(model: string | null, kind: Kind): ModelInputs | undefined;
  /** Asks the service where memory does not tell. Throws ProviderFailure. */
  listModels(ask: { kind: Kind | null; search: string }, options: CallOptions): Promise<ModelEntry[]>;
  /** Throws ProviderFailure: `model-unknown`, or what kept the service from answering. */
  describeInputs(model: string | null, kind: Kind, options: CallOptions): Promise<ModelInputs>;
  /** Asks for the lists and the default models' inputs ahead. Returns the configured models that the service no longer has. Throws ProviderFailure. */
  warm(options: CallOptions): Promise<string[]>;
}

/** What a request asks of a provider beyond its prompt, to be checked before it is taken. */
export interface RequestCheck {
  kind: Kind;
  model: string | null;
  settings: Readonly<Record<string, string>>;
  /** How many reference images come with it. */
  images: number;
}

export interface Provider {
  /** In settings, commands and records: `replicate`, `gemini`, `local`. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** Whether `start` costs the owner money. */
  readonly isPaid: boolean;
  /**
   * Whether `find` can tell if a lost `start` was accepted. Where it cannot, and the work is free or
   * has no handle, `start` is called again: at once where it is free, as another attempt where it is paid.
   */
  readonly canFind: boolean;
  /**
   * Kinds whose `start` is the whole work: it answers with the outputs, and there is nothing upstream to cancel. Only
   * such a call is aborted by a cancel; any other must tell first what it began.
   */
  readonly wholeInStart: readonly Kind[];
  /** Whether it tells by webhook when work begins and ends: polling is then only the net beneath it. */
  readonly hasWebhooks: boolean;
  /** null: there is nothing to choose from. */
  readonly catalog: ModelCatalog | null;
  /**
   * Whether the model and its settings can be used, as far as can be told without paying: null is yes, or
   * not known in time (then the attempt will tell). Asked where a user named a model or a setting.
   */
  refuse(request: RequestCheck, options: CallOptions): Promise<Failure | null>;
  /** The one paid call. A ProviderFailure with `isAccepted: 'unknown'` makes the engine ask `find`. */
  start(request: AttemptRequest, options: StartOptions): Promise<Started>;
  check(operation: Operation, options: CallOptions): Promise<Checked>;
  /** Safe to repeat, also on finished work. */
  cancel(operation: Operation, options: CallOptions): Promise<void>;
  /** The oldest unclaimed operation that this request must have started, or null. Waits out no lag; the engine asks again. */
  find(request: AttemptRequest, options: FindOptions): Promise<FoundOperation | null>;
  /** Fetches one `url` output, limited in size, type and time. */
  fetchFile(output: Output & { kind: 'url' }, options: CallOptions): Promise<FetchedFile>;
}

/** A classified failure of a call. */
export class ProviderFailure extends Error {
  override name = 'ProviderFailure';
  readonly failure: Failure;
  /** For `start`: whether the provider may have taken the work (and the money) all the same. */
  readonly isAccepted: 'no' | 'unknown';

  constructor(failure: Failure, isAccepted: 'no' | 'unknown' = 'no') {
    super(`${failure.code} (${failure.reason})${failure.providerStatus === null ? '' : `: ${failure.providerStatus}`}`);
    this.failure = failure;
    this.isAccepted = isAccepted;
  }
}

/**
 * The answer to a paid call is lost, and the service has nothing to find it by: what it made may be paid. It is tried
 * once more, and no oftener.
 */
export function loseAnswer(providerStatus: string | null): Failure {
  return createFailure('answer-lost', 'retry', { mostRetries: 1, providerStatus });
}
