/**
 * Keyv's SQLite adapter that can hold writes back and make them together: one statement for all rows, where the
 * adapter has one, with its own wait for the disk, for each.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import KeyvSqlite from '@keyv/sqlite';
import type { StoredData } from 'keyv';

export class GatheringSqlite extends KeyvSqlite {
  /** By key: the text to write, or null to delete. The last word on a key counts. */
  #gathered: Map<string, string | null> | null = null;

  readonly #inside = new AsyncLocalStorage<true>();

  /** From here on writes of what runs `inside` are held back, and seen there alone: they are not on the disk yet. */
  gather(): void {
    this.#gathered = new Map();
  }

  inside<T>(task: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, task);
  }

  dropGathered(): void {
    this.#gathered = null;
  }

  /** All of them, or none: rejects when they are not durable. */
  async writeGathered(): Promise<void> {
    const changes = [...(this.#gathered ?? [])];
    this.#gathered = null;
    const sets = changes.flatMap(([key, value]) => (value === null ? [] : [key, value]));
    const deletes = changes.flatMap(([key, value]) => (value === null ? [key] : []));
    if (sets.length > 0 && deletes.length > 0) {
      try {
        await this.query('BEGIN IMMEDIATE');
        await this.#writeAll(sets, deletes);
        await this.query('COMMIT');
      } catch (error) {
        await this.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    } else await this.#writeAll(sets, deletes);
  }

  async #writeAll(sets: readonly string[], deletes: readonly string[]): Promise<void> {
    const rows = Array.from({ length: sets.length / 2 }, () => '(?,?)').join(',');
    if (sets.length > 0) {
      await this.query(
        `INSERT INTO keyv (key, value) VALUES ${rows} ON CONFLICT(key) DO UPDATE SET value=excluded.value`,
        sets,
      );
    }
    if (deletes.length > 0) {
      await this.query('DELETE FROM keyv WHERE key IN (SELECT value FROM json_each(?))', JSON.stringify(deletes));
    }
  }

  override async get<Value>(key: string): Promise<Value | undefined> {
    const held = this.#held?.get(key);
    return held === undefined ? super.get<Value>(key) : this.#present<Value>(held);
  }

  override async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    const found = await super.getMany<Value>(keys);
    return found.map((value, index) => {
      const held = this.#held?.get(keys[index] ?? '');
      return held === undefined ? value : this.#present<Value>(held);
    });
  }

  get #held(): Map<string, string | null> | null {
    return this.#inside.getStore() === true ? this.#gathered : null;
  }

  /** The adapter's own way to say absent; its types leave it out. */
  #present<Value>(held: string | null): Value {
    return (held ?? undefined) as Value;
  }

  override async set(key: string, value: string): Promise<unknown> {
    const held = this.#held;
    if (held === null) return super.set(key, value);
    held.set(key, value);
    return true;
  }

  override async delete(key: string): Promise<boolean> {
    const held = this.#held;
    if (held === null) return super.delete(key);
    held.set(key, null);
    return true;
  }
}
