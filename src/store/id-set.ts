/** A small set of ids on disk, held in memory too: this process alone writes the file, so both agree. */
import type { Database, Namespace } from './database.ts';

export class IdSet {
  readonly #namespace: Namespace;
  readonly #ids: Set<string>;
  /** What was done since the disk last took everything, newest last: whether the id was there before. */
  #undo: { id: string; wasThere: boolean }[] = [];

  private constructor(database: Database, name: string, ids: Set<string>) {
    this.#namespace = database.namespace(name);
    this.#ids = ids;
    database.onWritten((wereKept) => this.#settle(wereKept));
  }

  /** Rejects with StoreFailure, as every method does. `add` and `remove`: only in a task of `Database.inOrder`. */
  static async open(database: Database, name: string): Promise<IdSet> {
    return new IdSet(database, name, new Set(await database.listKeys(name)));
  }

  ids(): string[] {
    return [...this.#ids];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Costs nothing for an id that is there. */
  async add(id: string): Promise<void> {
    if (this.#ids.has(id)) return;
    await this.#namespace.set(id, 1);
    this.#ids.add(id);
    this.#undo.push({ id, wasThere: false });
  }

  /** Memory forgets only what the disk has forgotten, so that a failed removal can be repeated. */
  async remove(id: string): Promise<void> {
    if (!this.#ids.has(id)) return;
    await this.#namespace.delete(id);
    this.#ids.delete(id);
    this.#undo.push({ id, wasThere: true });
  }

  #settle(wereKept: boolean): void {
    const undo = this.#undo;
    this.#undo = [];
    if (wereKept) return;
    for (const { id, wasThere } of undo.toReversed()) {
      if (wasThere) this.#ids.add(id);
      else this.#ids.delete(id);
    }
  }
}
