/**
 * A card: the message that shows a job, edited live. A record of its own beside the job, written only
 * by the live message. Retry shows a new job on the old card.
 */

export interface Card {
  v: 1;
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
  /** Why it can never be edited again, or null: `deleted`, `no-access`, `token-ended`. */
  closed: 'deleted' | 'no-access' | 'token-ended' | null;
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
