/** A small set of ids on disk, held in memory too: this process alone writes the file, so both agree. */
import type { Database, Namespace } from './database.ts';

export class IdSet {
  readonly #namespace: Namespace;
  readonly #ids: Set<string>;

  private constructor(namespace: Namespace, ids: Set<string>) {
    this.#namespace = namespace;
    this.#ids = ids;
  }

  /** Rejects with StoreFailure, as every method does. */
  static async open(database: Database, name: string): Promise<IdSet> {
    return new IdSet(database.namespace(name), new Set(await database.listKeys(name)));
  }

  ids(): string[] {
    return [...this.#ids];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Durable when it resolves; costs nothing for an id that is there. */
  async add(id: string): Promise<void> {
    if (this.#ids.has(id)) return;
    await this.#namespace.set(id, 1);
    this.#ids.add(id);
  }

  /** Memory forgets only what the disk has forgotten, so that a failed removal can be repeated. */
  async remove(id: string): Promise<void> {
    if (!this.#ids.has(id)) return;
    await this.#namespace.delete(id);
    this.#ids.delete(id);
  }
}
