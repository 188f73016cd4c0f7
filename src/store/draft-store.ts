/** Drafts on disk, one record each, and which there are in memory: this process alone writes them. */
import { z } from 'zod';
import type { Draft, DraftEntry, DraftStore } from '../discord/draft.ts';
import type { Reference } from '../jobs/job.ts';
import type { Database } from './database.ts';
import { referenceSchema, requestSchema } from './job-record.ts';
import { Records, type OnUnreadable, type RecordShape } from './records.ts';

/** When the shape of Draft changes, or of the Request in it: raise `version`, and add `upgrades[old version]`. */
const shape: RecordShape<Draft> = {
  namespace: 'draft',
  version: 1,
  schema: z.object({
    v: z.literal(1),
    id: z.string().min(1),
    userId: z.string(),
    purpose: z.enum(['animate', 'use']),
    input: requestSchema,
    private: z.boolean(),
    choices: z
      .array(
        z.object({
          label: z.string(),
          description: z.string().nullable(),
          reference: referenceSchema,
          itemName: z.string().nullable(),
          prompt: z.string().nullable(),
        }),
      )
      .min(1),
    createdAt: z.number(),
    expiresAt: z.number(),
  }),
  upgrades: {},
  keyOf: (record) => record.id,
};

/** Rejects with StoreFailure when the records cannot be read. */
export async function openDraftStore(options: {
  database: Database;
  /** Told once for each record that cannot be read. */
  onUnreadable: OnUnreadable;
}): Promise<DraftStore> {
  const ids = await options.database.listKeys(shape.namespace);
  const records = new Records(options.database, shape, options.onUnreadable);
  const found = await records.readMany(ids);
  const entries = found.map((each) => (each.kind === 'record' ? entryOf(each.record) : null));
  return new KeyvDraftStore(options.database, records, new Map(ids.map((id, index) => [id, entries[index] ?? null])));
}

class KeyvDraftStore implements DraftStore {
  readonly #database: Database;
  readonly #records: Records<Draft>;
  /** null: its record cannot be read. */
  readonly #entries: Map<string, DraftEntry | null>;

  constructor(database: Database, records: Records<Draft>, entries: Map<string, DraftEntry | null>) {
    this.#database = database;
    this.#records = records;
    this.#entries = entries;
  }

  async save(draft: Draft): Promise<void> {
    const before = this.#entries.get(draft.id);
    // First, so that nobody takes its files for those of a draft that is gone.
    this.#entries.set(draft.id, entryOf(draft));
    try {
      await this.#database.inOrder(() => this.#records.write(draft));
    } catch (error) {
      if (before === undefined) this.#entries.delete(draft.id);
      throw error;
    }
  }

  async get(id: string): Promise<Draft | undefined> {
    const found = await this.#records.read(id);
    return found.kind === 'record' ? found.record : undefined;
  }

  keepReference(id: string, index: number, reference: Reference): Promise<void> {
    return this.#database.inOrder(async () => {
      const draft = await this.get(id);
      if (draft === undefined) return;
      const choices = draft.choices.map((choice, at) => (at === index ? { ...choice, reference } : choice));
      await this.#records.write({ ...draft, choices });
    });
  }

  async delete(id: string): Promise<void> {
    await this.#database.inOrder(() => this.#records.delete(id));
    this.#entries.delete(id);
  }

  list(): DraftEntry[] {
    const known = [...this.#entries.values()].filter((entry) => entry !== null);
    return known.toSorted((one, other) => one.createdAt - other.createdAt);
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }
}

function entryOf({ id, userId, createdAt, expiresAt }: Draft): DraftEntry {
  return { id, userId, createdAt, expiresAt };
}
