/**
 * What the jobs need from outside, declared here so that they know neither Keyv, nor a disk, nor Discord.
 */
import type { Asset, Failure, Job, JobState, Kind, Reference } from './job.ts';

/** Time, passed in so that tests move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since some moment of this process: never set, never back. For how long something takes. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. Never throws for a long wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Fields of a log line; those of a move are named in `open-jobs.ts`. */
export type LogFields = Record<string, unknown>;

/** One line for each call. Secrets are taken out behind it. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * The records of jobs: the only truth. Every method rejects with StoreFailure when the store did not
 * do what was asked; nothing is ever swallowed.
 */
export interface JobStore {
  /** Durable when it resolves. A job is listed as open before its record is written. */
  save(job: Job): Promise<void>;
  /**
   * Notes that files may be kept for a job before it is saved: a start that finds no such job deletes them. Durable
   * when it resolves; saving the job takes its place.
   */
  reserve(id: string): Promise<void>;
  /** No job comes of it, and its files are deleted. */
  release(id: string): Promise<void>;
  /** undefined: there is no such job, or its record cannot be read (set aside and logged). */
  get(id: string): Promise<Job | undefined>;
  /** As `get`, in the order of the ids; those that are not there are left out. */
  getMany(ids: readonly string[]): Promise<Job[]>;
  /** Every job that is not final, oldest first; forgets ids that are final or absent. */
  listOpen(): Promise<Job[]>;
  /** Notes that an item holds this operation, so that `find` leaves it to its owner. Writing twice changes nothing. */
  claim(operationId: string, owner: string): Promise<void>;
  isClaimed(operationId: string): Promise<boolean>;
  /** Whether the last process ended on purpose. Reading it marks the store as in use. */
  takeCleanEnd(): Promise<boolean>;
  /** Says that this process ends on purpose. */
  markCleanEnd(): Promise<void>;
  /**
   * Deletes these jobs for good, with their files and their places in the history; what remains of each is the
   * time of its removal. Once it resolves, or after the next start, every one of them is gone whole. Ids that are
   * absent are skipped; an open job is left alone. Resolves with the ids that were removed.
   */
  remove(ids: readonly string[], at: number): Promise<string[]>;
  /** When the job was removed; undefined: it never was. */
  getRemovedAt(id: string): Promise<number | undefined>;
}

/** What a list needs to know of a final job without reading its record. */
export interface HistoryEntry {
  id: string;
  userId: string;
  kind: Kind;
  /** Final. */
  state: JobState;
  private: boolean;
  createdAt: number;
  finishedAt: number;
}

/** The final jobs of one server (those in private messages have none), or of one user wherever they asked. */
export type HistoryScope = { guildId: string } | { userId: string };

export interface HistoryAsk {
  scope: HistoryScope;
  matches: (entry: HistoryEntry) => boolean;
  /** `next` of an earlier answer; null: from the newest on. */
  from: string | null;
  limit: number;
}

export interface HistoryAnswer {
  /** Newest first. Fewer than asked when the look went far back without finding more. */
  entries: HistoryEntry[];
  /** Where to go on: letters and digits, 24 at most; null: there is nothing older. */
  next: string | null;
}

/** Which jobs ended, newest first. Written with a job's final save; rejects with StoreFailure. */
export interface History {
  list(ask: HistoryAsk): Promise<HistoryAnswer>;
}

/** The files that were made. */
export interface AssetStore {
  /** Durable when it resolves (temporary file, fsync, rename); the same bytes twice give the same file. */
  put(file: {
    jobId: string;
    item: string;
    index: number;
    bytes: Uint8Array;
    mimeType: string;
    extension: string;
  }): Promise<Asset>;
  /** Rejects with StoreFailure when the file is gone or is not what was saved. */
  read(asset: Asset): Promise<Buffer>;
  /** The same file as one of another job too, durable when it resolves: each is deleted without the other. */
  adopt(asset: Asset, to: { jobId: string; item: string; index: number }): Promise<Asset>;
  /**
   * What `make` makes of the file's bytes, kept beside it under this name until the job's files are deleted: made once.
   * Rejects with what `make` rejects with, and with StoreFailure when the file itself cannot be read.
   */
  derive(asset: Asset, name: string, make: (bytes: Buffer) => Promise<Uint8Array>): Promise<Buffer>;
  /** The files of one item that were put, in the order of their index: also those that no record names. */
  findAll(jobId: string, item: string): Promise<Asset[]>;
  /** Room on the disk in bytes. Rejects with StoreFailure. */
  measureFree(): Promise<number>;
  /** Deletes every file of the job; none there is no error. */
  removeAll(jobId: string): Promise<void>;
}

/** Something the disk or the store refused. The message is a sentence for the owner. */
export class StoreFailure extends Error {
  override name = 'StoreFailure';
}

/** Makes references the own files of a job, or of a draft that may become one. */
export interface ReferenceKeeper {
  /**
   * Copies a picture to start from and makes it ready; one that is kept elsewhere is taken from there as it is.
   * Durable when it resolves; a second call gives the same. Rejects with ReferenceRefused when it cannot be used, with
   * StoreFailure when the disk did not take it, and with the signal's reason.
   */
  keep(
    reference: Reference,
    owner: { id: string; index: number },
    signal: AbortSignal,
  ): Promise<Reference & { state: 'kept' }>;
}

/** A picture to start from that cannot be used: `failure` says why, in a sentence for its owner. */
export class ReferenceRefused extends Error {
  override name = 'ReferenceRefused';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code} (${failure.reason}): ${failure.details['why'] ?? ''}`);
    this.failure = failure;
  }
}
