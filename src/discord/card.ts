/**
 * A card: the message that shows a job, edited live. A record of its own beside the job, written only
 * by the live message. Retry shows a new job on the old card.
 */

export interface Card {
  v: 3;
  /** The key: one card for each message. */
  messageId: string;
  channelId: string;
  guildId: string | null;
  /** The job it shows. A button that names another job than this one does nothing. */
  currentJobId: string;
  /** The job's revision the message shows; lower than the job's own means it must be redrawn. 0: nothing yet. */
  shownRevision: number;
  /** Only the one who asked sees it (ephemeral): it can be edited by token alone. */
  private: boolean;
  locale: string;
  applicationId: string;
  /** The newest interaction token for this message, good until `tokenExpiresAt`. */
  token: string;
  tokenExpiresAt: number;
  /**
   * When a new message for its job was first asked of Discord because this one cannot be edited; null: not yet.
   * Saved before the call: whoever finds it after a crash looks for that message first.
   */
  postingSince: number | null;
  /**
   * It shows the job once more, beside the job's own card: for whom, and how large a file may be there. null: it is
   * the job's own card, from which its asker is told of the end.
   */
  again: { userId: string; attachmentSizeLimit: number } | null;
  /** Why it can never be edited again, or null. `refused`: Discord takes no form of what it would say. */
  closed: 'deleted' | 'no-access' | 'token-ended' | 'refused' | null;
}

/** Cards on disk. Every method rejects with StoreFailure when the store did not do what was asked. */
export interface CardStore {
  save(card: Card): Promise<void>;
  get(messageId: string): Promise<Card | undefined>;
  /**
   * Cards that may show less than their job: every card from its first save until `settle`.
   * After a crash these, and only these, need a look.
   */
  listUnsettled(): Promise<Card[]>;
  /** The card shows its job's final revision. */
  settle(messageId: string): Promise<void>;
  delete(messageId: string): Promise<void>;
}

/** The end of a job that no message shows its asker. */
export interface Undelivered {
  jobId: string;
  at: number;
  /** When the asker was told; null: not yet. */
  toldAt: number | null;
}

/**
 * What could not be delivered, for each asker, until they have it. Every method but `mayHave` rejects with
 * StoreFailure when the store did not do what was asked.
 */
export interface UndeliveredStore {
  /** Whether this user may have any, from memory: most interactions need no look at the disk. */
  mayHave(userId: string): boolean;
  /** Adding a job twice changes nothing. Beyond 25 the oldest goes: its job is kept all the same. */
  add(userId: string, jobId: string, at: number): Promise<void>;
  /** Oldest first. */
  list(userId: string): Promise<Undelivered[]>;
  noteTold(userId: string, jobIds: readonly string[], at: number): Promise<void>;
  /** Delivered after all, or gone. An absent one is no error. */
  remove(userId: string, jobIds: readonly string[]): Promise<void>;
}
