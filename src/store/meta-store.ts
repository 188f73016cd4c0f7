/** Small texts about the store itself, for example in which server the commands were registered. */
import type { Database } from './database.ts';

/** Every method rejects with StoreFailure. Names are the program's own; `clean-end` belongs to the job store. */
export interface MetaStore {
  /** undefined: never set, or not a text. */
  get(name: string): Promise<string | undefined>;
  /** Durable when it resolves. */
  set(name: string, value: string): Promise<void>;
}

export function createMetaStore(database: Database): MetaStore {
  const meta = database.namespace('meta');
  return {
    async get(name) {
      const row = await meta.get(name);
      return row?.kind === 'value' && typeof row.value === 'string' ? row.value : undefined;
    },
    set: (name, value) => database.inOrder(() => meta.set(name, value)),
  };
}
