/** A real database that also notes, in order, each row it wrote or removed. */
import type { Database, Namespace } from '../../src/store/database.ts';

export function recordWrites(database: Database): { database: Database; writes: string[] } {
  const writes: string[] = [];
  const record = (namespace: Namespace): Namespace => ({
    name: namespace.name,
    get: (key) => namespace.get(key),
    getMany: (keys) => namespace.getMany(keys),
    async set(key, value, ttlMs) {
      await namespace.set(key, value, ttlMs);
      writes.push(`set ${namespace.name}:${key}`);
    },
    async delete(key) {
      await namespace.delete(key);
      writes.push(`delete ${namespace.name}:${key}`);
    },
  });
  return {
    writes,
    database: {
      path: database.path,
      namespace: (name) => record(database.namespace(name)),
      listKeys: (name) => database.listKeys(name),
      deleteExpired: (name) => database.deleteExpired(name),
      inOrder: (task) => database.inOrder(task),
      close: () => database.close(),
    },
  };
}
