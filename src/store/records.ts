/**
 * Versioned records. One that cannot be read is copied under `aside`, reported, and treated as absent; the
 * original stays where it is, so that a newer Darkroom, or a person, can still read it.
 */
import type { ZodType } from 'zod';
import { StoreFailure } from '../jobs/ports.ts';
import type { Database, Namespace, Row } from './database.ts';

/** Told of a record that cannot be read: its key in the file, and why. Never its content. */
export type OnUnreadable = (key: string, why: string) => void;

/** What a record of one namespace looks like, and how older ones become it. */
export interface RecordShape<T> {
  namespace: string;
  /** The version written now. */
  version: number;
  schema: ZodType<T>;
  /** `upgrades[n]` turns a record of version n into one of version n + 1. The only place for upgrades. */
  upgrades: Readonly<Record<number, (record: object) => object>>;
  /** A record must name the key it stands under. */
  keyOf(record: T): string;
}

/** What was found under a key. `unreadable` has been reported and set aside. */
export type Found<T> = { kind: 'record'; record: T } | { kind: 'absent' } | { kind: 'unreadable' };

export class Records<T extends object> {
  readonly #shape: RecordShape<T>;
  readonly #namespace: Namespace;
  readonly #aside: Namespace;
  readonly #onUnreadable: OnUnreadable;
  readonly #reported = new Set<string>();

  constructor(database: Database, shape: RecordShape<T>, onUnreadable: OnUnreadable) {
    this.#shape = shape;
    this.#namespace = database.namespace(shape.namespace);
    this.#aside = database.namespace('aside');
    this.#onUnreadable = onUnreadable;
  }

  /** Durable when it resolves. Refuses, before writing, a record that could not be read back. */
  async write(record: T): Promise<void> {
    const key = this.#shape.keyOf(record);
    const why = checkShape(this.#shape, key, record);
    if (why !== undefined) {
      throw new StoreFailure(`Expected a ${this.#shape.namespace} record that can be read back, got one where ${why}.`);
    }
    await this.#namespace.set(key, record);
    this.#reported.delete(key);
  }

  async read(key: string): Promise<Found<T>> {
    return this.#examine(key, await this.#namespace.get(key));
  }

  /** In the order of `keys`. */
  async readMany(keys: readonly string[]): Promise<Found<T>[]> {
    const rows = await this.#namespace.getMany(keys);
    const found: Found<T>[] = [];
    for (const [index, key] of keys.entries()) found.push(await this.#examine(key, rows[index]));
    return found;
  }

  async delete(key: string): Promise<void> {
    await this.#namespace.delete(key);
  }

  async #examine(key: string, row: Row | undefined): Promise<Found<T>> {
    if (row === undefined) return { kind: 'absent' };
    if (row.kind === 'damaged') return this.#setAside(key, row.text, 'it is not a JSON record');
    const upgraded = upgrade(this.#shape, row.value);
    if (upgraded.kind === 'unreadable') return this.#setAside(key, row.value, upgraded.why);
    const why = checkShape(this.#shape, key, upgraded.record);
    if (why !== undefined) return this.#setAside(key, row.value, why);
    // As it was read, not as the schema would copy it: fields this version does not know survive its next save.
    return { kind: 'record', record: upgraded.record as T };
  }

  async #setAside(key: string, content: unknown, why: string): Promise<Found<T>> {
    if (this.#reported.has(key)) return { kind: 'unreadable' };
    const fullKey = `${this.#shape.namespace}:${key}`;
    await this.#aside.set(fullKey, { why, content });
    this.#reported.add(key);
    this.#onUnreadable(fullKey, why);
    return { kind: 'unreadable' };
  }
}

function upgrade<T>(
  shape: RecordShape<T>,
  value: unknown,
): { kind: 'record'; record: object } | { kind: 'unreadable'; why: string } {
  if (typeof value !== 'object' || value === null) return { kind: 'unreadable', why: 'it is not a record' };
  const found: unknown = 'v' in value ? value.v : undefined;
  const wrongVersion = `its version is ${typeof found === 'number' ? found : 'missing'}, expected ${shape.version} or an older one`;
  if (typeof found !== 'number' || !Number.isInteger(found) || found > shape.version) {
    return { kind: 'unreadable', why: wrongVersion };
  }
  let record: object = value;
  for (let version = found; version < shape.version; version += 1) {
    const step = shape.upgrades[version];
    if (step === undefined) return { kind: 'unreadable', why: wrongVersion };
    try {
      record = step(record);
    } catch {
      return { kind: 'unreadable', why: `it could not be brought from version ${version} to ${version + 1}` };
    }
  }
  return { kind: 'record', record };
}

/** Why it is not a record of this shape, naming places and never contents; undefined when it is one. */
function checkShape<T>(shape: RecordShape<T>, key: string, record: object): string | undefined {
  const result = shape.schema.safeParse(record);
  if (!result.success) {
    const issue = result.error.issues[0];
    return `${issue?.path.join('.') || 'the record'} is not as expected (${issue?.code ?? 'unknown'})`;
  }
  return shape.keyOf(result.data) === key ? undefined : 'it names another key than the one it stands under';
}
