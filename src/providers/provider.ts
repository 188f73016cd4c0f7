/**
 * The seam to a provider: the services (and the local painter) that make pictures.
 *
 * A provider turns a vendor's talk into ours and does nothing else: it never polls, never waits for a
 * retry and never keeps state. The engine does all three. Only `start` costs money.
 *
 * How a call ends:
 * - it returns;
 * - it throws ProviderFailure: classified, with what next;
 * - it throws anything else: a bug of ours, never retried.
 * When the given signal aborts, a call ends soon, by throwing anything; the engine knows why it aborted.
 */
import type { Failure, Kind, Operation, Output } from '../jobs/job.ts';

/** One attempt as the provider gets it. */
export interface AttemptRequest {
  jobId: string;
  item: string;
  kind: Kind;
  /** null: the provider's configured default. */
  model: string | null;
  /** As sent, with the variation in it. */
  prompt: string;
  negativePrompt: string | null;
  aspectRatio: string | null;
  /** 0 to 2^31 - 1: what every model with a seed accepts. */
  seed: number;
  /** After this long the work is worth nothing to us; told to the provider where it can be, as a stop to spending. */
  expiresAfterMs: number;
}

export type Started =
  | { status: 'running'; operation: Operation; model: string }
  /** `bytes` pairs with `outputs` by index: set for `inline`, null for `url`. */
  | { status: 'finished'; outputs: Output[]; bytes: (Uint8Array | null)[]; model: string };

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

export interface FindOptions extends CallOptions {
  /** When the doubtful `start` was first sent, by our clock. */
  since: number;
  /** Whether an item holds this operation already: such a one is somebody else's. */
  isClaimed: (operationId: string) => Promise<boolean>;
}

export interface Provider {
  /** In settings, commands and records: `replicate`, `gemini`, `local`. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** Whether `start` costs the owner money. */
  readonly isPaid: boolean;
  /**
   * Whether `find` can tell if a lost `start` was accepted. Where it cannot, and the work is free or
   * has no handle, `start` is simply called again.
   */
  readonly canFind: boolean;
  /**
   * Whether the model can be used, as far as can be told without paying: null is yes, or not known
   * in time (then the attempt will tell). Only ever asked for a model a user typed.
   */
  refuseModel(model: string, options: CallOptions): Promise<Failure | null>;
  /** The one paid call. A ProviderFailure with `isAccepted: 'unknown'` makes the engine ask `find`. */
  start(request: AttemptRequest, options: CallOptions): Promise<Started>;
  check(operation: Operation, options: CallOptions): Promise<Checked>;
  /** Safe to repeat, also on finished work. */
  cancel(operation: Operation, options: CallOptions): Promise<void>;
  /** The oldest unclaimed operation that this request must have started, or null. Waits out no lag; the engine asks again. */
  find(request: AttemptRequest, options: FindOptions): Promise<Operation | null>;
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
