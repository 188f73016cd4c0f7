/**
 * A draft: a request that waits for its asker, because something of it is still to be said: which of several pictures,
 * or what to make of it. Saved, so that it outlives a restart; forgotten after a day.
 */
import type { Reference, Request } from '../jobs/job.ts';

/** `animate`: a select asks which picture is to move. `use`: a form asks for the prompt, and for the picture. */
export type DraftPurpose = 'animate' | 'use';

/** A picture to choose. */
export interface DraftChoice {
  /** What its asker reads: 100 characters at most, as `description`. */
  label: string;
  description: string | null;
  /** `coming` until it is a file of the draft's own: the address it came from ends within a day. */
  reference: Reference;
  /** The item that made it, with its prompt; null: it was no picture of the bot's. */
  itemName: string | null;
  prompt: string | null;
}

export interface Draft {
  v: 1;
  /** Also the folder of its files. See `draft-id.ts`. */
  id: string;
  /** Nobody else may use it. */
  userId: string;
  purpose: DraftPurpose;
  /** As far as it is known: an empty prompt was not typed. */
  input: Request;
  private: boolean;
  choices: DraftChoice[];
  createdAt: number;
  expiresAt: number;
}

/** What is known of a draft without reading it. */
export type DraftEntry = Pick<Draft, 'id' | 'userId' | 'createdAt' | 'expiresAt'>;

/** Drafts on disk. Every method but `list` and `has` rejects with StoreFailure when the store did not do what was asked. */
export interface DraftStore {
  /** Durable when it resolves. */
  save(draft: Draft): Promise<void>;
  /** undefined: there is no such draft, or its record cannot be read (set aside and logged). */
  get(id: string): Promise<Draft | undefined>;
  /** A picture is a file of the draft's own by now. Nothing, where the draft is gone. */
  keepReference(id: string, index: number, reference: Reference): Promise<void>;
  /** An absent one is no error. */
  delete(id: string): Promise<void>;
  /** Oldest first, from memory. */
  list(): DraftEntry[];
  /** Whether there is a record, readable or not. */
  has(id: string): boolean;
}
