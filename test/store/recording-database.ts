/** A real database that also notes, in order, each row it wrote or removed, and each key it read. */
import type { Database, Namespace } from '../../src/store/database.ts';

export function recordWrites(
  database: Database,
  onWrite: () => void = () => undefined,
): { database: Database; writes: string[]; reads: string[] } {
  const writes: string[] = [];
  const reads: string[] = [];
  const note = (write: string): void => {
    writes.push(write);
    onWrite();
  };
  const record = (namespace: Namespace): Namespace => ({
    name: namespace.name,
    get(key) {
      reads.push(`${namespace.name}:${key}`);
      return namespace.get(key);
    },
    getMany(keys) {
      reads.push(...keys.map((key) => `${namespace.name}:${key}`));
      return namespace.getMany(keys);
    },
    async set(key, value, ttlMs) {
      await namespace.set(key, value, ttlMs);
      note(`set ${namespace.name}:${key}`);
    },
    async delete(key) {
      await namespace.delete(key);
      note(`delete ${namespace.name}:${key}`);
    },
  });
  return {
    writes,
    reads,
    database: {
      path: database.path,
      namespace: (name) => record(database.namespace(name)),
      listKeys: (name) => database.listKeys(name),
      deleteExpired: (name) => database.deleteExpired(name),
      inOrder: (task) => database.inOrder(task),
      onWritten: (listener) => database.onWritten(listener),
      close: () => database.close(),
    },
  };
}
