/**
 * The one SQLite file behind every record, reached through Keyv so that nothing it swallows stays unseen.
 *
 * - One KeyvSqlite for the process. Several Keyvs on it share its last namespace, so `Keyv.clear()` and
 *   `Keyv.iterator()` touch the wrong rows and are never called.
 * - Keyv turns errors into `false` and `undefined` unless `throwOnErrors` is set; what it does return is checked too.
 * - `locking_mode=EXCLUSIVE`: a second process is refused instead of both writing; kill -9 frees the lock.
 * - `synchronous=FULL`: a resolved write survives the loss of power.
 */
import { dirname, resolve as resolvePath } from 'node:path';
import Keyv from 'keyv';
import { StoreFailure } from '../jobs/ports.ts';
import { GatheringSqlite } from './gathering-sqlite.ts';
import { createFolder } from './folder.ts';
import { damagedFile, toStoreFailure } from './storage-failure.ts';

const SCHEME = 'sqlite://';

/** Rows per page of the adapter's iterator. Its default of 10 is 25 times slower and overflows the stack near 30,000 rows. */
const ITERATION_LIMIT = 1000;

/** Keys for one `getMany`: the adapter searches its rows once for each key, so the work grows with the square. */
const GET_MANY_LIMIT = 500;

/** Every Keyv adds an error listener to the adapter; Node warns from 11 on. */
const MAX_LISTENERS = 200;

/** Tasks of one transaction: some hundred writes, a few milliseconds. */
const TASKS_TOGETHER = 64;

const NAMESPACE_NAME = /^[a-z][a-z-]*$/;

/** A row as it was found: a value, or text that is not what Keyv writes. */
export type Row = { kind: 'value'; value: unknown } | { kind: 'damaged'; text: string };

/** What waits for its turn. `drop` tells its caller that nothing was kept. */
interface Task {
  run: () => Promise<TaskEnd>;
  drop: (reason: StoreFailure) => void;
}

/** `tell` tells the caller, once what was done is durable. */
interface TaskEnd {
  hasFailed: boolean;
  tell: () => void;
}

/** Records under one name. Every method rejects with StoreFailure. Any string is a fit key. */
export interface Namespace {
  readonly name: string;
  get(key: string): Promise<Row | undefined>;
  /** In the order of `keys`. */
  getMany(keys: readonly string[]): Promise<(Row | undefined)[]>;
  /** Durable when it resolves. `value` must be plain JSON. `ttlMs`: forgotten after this long. */
  set(key: string, value: unknown, ttlMs?: number): Promise<void>;
  /** An absent key is no error. */
  delete(key: string): Promise<void>;
}

export interface Database {
  /** Absolute path of the file. */
  readonly path: string;
  /** `name`: lower-case letters and dashes. The same name gives the same namespace. */
  namespace(name: string): Namespace;
  /** Every key of a namespace. Only for small ones: it reads their values too. */
  listKeys(name: string): Promise<string[]>;
  /** Removes rows whose time to live has ended; Keyv itself does so only for rows that are read. */
  deleteExpired(name: string): Promise<void>;
  /**
   * Runs tasks one after another, in the order of the calls. SQLite writes one at a time anyway, and statements
   * given to it at once may change places. A task must not call `inOrder` itself: it would wait for its own end.
   *
   * Tasks that wait at the same time are written to the disk together, which takes one wait for it instead of
   * one for each write. Each resolves once all are durable, or rejects by itself; when the disk does not take
   * them, all of them reject. Nothing relies on it: another kind of store may keep each write by itself.
   */
  inOrder<T>(task: () => Promise<T>): Promise<T>;
  /** Called after tasks were written together, before they resolve. What memory holds of them is undone where they were not kept. */
  onWritten(listener: (wereKept: boolean) => void): void;
  /** Waits for tasks under way, then frees the file. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens (or creates) the store at `sqlite://path`; a relative path counts from the working directory.
 * Resolves only when this process holds the file alone, the file is sound, and a write was read back.
 * Rejects with StoreFailure: one sentence for the owner.
 */
export async function openDatabase({ url }: { url: string }): Promise<Database> {
  const path = parsePath(url);
  await prepareFolder(dirname(path));
  const adapter = new GatheringSqlite({ uri: `${SCHEME}${path}`, iterationLimit: ITERATION_LIMIT });
  adapter.on('error', ignoreReported);
  adapter.setMaxListeners(MAX_LISTENERS);
  try {
    await prepare(adapter, path);
  } catch (error) {
    // When the adapter could not even create its table, its handle is out of reach and this rejects too:
    // the handle holds no lock then, and is freed with the adapter.
    await adapter.close().catch(ignoreReported);
    throw await toStoreFailure(error, path);
  }
  return new SqliteDatabase(path, adapter);
}

function parsePath(url: string): string {
  if (!url.startsWith(SCHEME)) {
    const scheme = /^[a-z][a-z0-9+.-]*:(\/\/)?/i.exec(url)?.[0] ?? 'no scheme';
    // Never the whole address: it may hold a password.
    throw new StoreFailure(
      `Expected STORE_URL to begin with ${SCHEME} (for example sqlite://data/darkroom.sqlite), got ${scheme}: other stores do not work yet.`,
    );
  }
  const path = url.slice(SCHEME.length);
  if (path === '' || path === ':memory:') {
    throw new StoreFailure(
      `Expected STORE_URL to name a file (for example sqlite://data/darkroom.sqlite), got ${url}: jobs kept in memory would be lost.`,
    );
  }
  return resolvePath(path);
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await createFolder(folder);
  } catch (error) {
    throw await toStoreFailure(error, folder);
  }
}

/** The order matters: nothing is written before the check, and the lock mode comes before the first write. */
async function prepare(adapter: GatheringSqlite, path: string): Promise<void> {
  await adapter.query('PRAGMA locking_mode=EXCLUSIVE');
  const check: unknown = await adapter.query('PRAGMA quick_check(1)');
  if (!isAnswer(check, 'quick_check', 'ok')) throw damagedFile(path, 'quick_check failed', check);
  const journal: unknown = await adapter.query('PRAGMA journal_mode=WAL');
  if (!isAnswer(journal, 'journal_mode', 'wal')) {
    throw new StoreFailure(`Expected ${path} to be on a disk that allows SQLite's WAL; choose a local disk for it.`);
  }
  await adapter.query('PRAGMA synchronous=FULL');
  // Lets `LIKE 'open:%'`, by which the adapter lists a namespace, use the index: otherwise it reads the whole file.
  await adapter.query('PRAGMA case_sensitive_like=ON');
  const probe = `${process.pid}-${Date.now()}`;
  await adapter.set('probe:start', JSON.stringify({ value: probe }));
  const found: unknown = await adapter.get('probe:start');
  if (found !== JSON.stringify({ value: probe })) throw damagedFile(path, 'a value written was not read back');
}

function isAnswer(rows: unknown, column: string, expected: string): boolean {
  const row: unknown = Array.isArray(rows) && rows.length === 1 ? rows[0] : undefined;
  return (
    typeof row === 'object' && row !== null && Object.entries(row).some(([k, v]) => k === column && v === expected)
  );
}

/** The adapter and Keyv emit what they also throw; without a listener the adapter's emit would throw by itself. */
function ignoreReported(): void {}

class SqliteDatabase implements Database {
  readonly path: string;
  readonly #adapter: GatheringSqlite;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #listeners: ((wereKept: boolean) => void)[] = [];
  #waiting: Task[] = [];
  #working: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(path: string, adapter: GatheringSqlite) {
    this.path = path;
    this.#adapter = adapter;
  }

  namespace(name: string): Namespace {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    assertName(name);
    const created = new KeyvNamespace(name, this.#adapter, this.path);
    this.#namespaces.set(name, created);
    return created;
  }

  async listKeys(name: string): Promise<string[]> {
    assertName(name);
    const prefix = `${name}:`;
    try {
      const keys = new Set<string>();
      for await (const entry of this.#adapter.iterator(name)) {
        const key: unknown = Array.isArray(entry) ? entry[0] : undefined;
        if (typeof key === 'string' && key.startsWith(prefix)) keys.add(key.slice(prefix.length));
      }
      return [...keys];
    } catch (error) {
      throw await toStoreFailure(error, this.path);
    }
  }

  async deleteExpired(name: string): Promise<void> {
    assertName(name);
    try {
      // ';' follows ':' in ASCII, so this is the namespace's own range of the index.
      await this.#adapter.query(
        `DELETE FROM keyv WHERE key >= ? AND key < ?
         AND CASE WHEN json_valid(value) THEN json_extract(value, '$.expires') < ? ELSE 0 END`,
        [`${name}:`, `${name};`, Date.now()],
      );
    } catch (error) {
      throw await toStoreFailure(error, this.path);
    }
  }

  inOrder<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run: () => runTask(task, resolve, reject), drop: reject });
      this.#working ??= this.#workOff();
    });
  }

  onWritten(listener: (wereKept: boolean) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await this.#working;
    try {
      await this.#adapter.close();
    } catch (error) {
      throw await toStoreFailure(error, this.path);
    }
  }

  async #workOff(): Promise<void> {
    while (this.#waiting.length > 0) {
      const tasks = this.#waiting.splice(0, TASKS_TOGETHER);
      const begun = await this.#writeTogether(tasks);
      this.#waiting.unshift(...tasks.slice(begun));
    }
    this.#working = undefined;
  }

  /**
   * Up to the first task that fails, and resolves with how many that were. What failed may have ended the
   * transaction (a full disk does), and then whatever follows would be written by itself: whether the disk kept what
   * was done so far is what COMMIT says.
   */
  async #writeTogether(tasks: readonly Task[]): Promise<number> {
    const ended: TaskEnd[] = [];
    try {
      this.#adapter.gather();
      for (const { run } of tasks) {
        const end = await this.#adapter.inside(run);
        ended.push(end);
        if (end.hasFailed) break;
      }
      await this.#adapter.writeGathered();
    } catch (error) {
      this.#adapter.dropGathered();
      const refused = await toStoreFailure(error, this.path);
      const dropped = tasks.slice(0, Math.max(ended.length, 1));
      for (const listener of this.#listeners) listener(false);
      for (const { drop } of dropped) drop(refused);
      return dropped.length;
    }
    for (const listener of this.#listeners) listener(true);
    for (const { tell } of ended) tell();
    return ended.length;
  }
}

/** Carries a task out. Never rejects. */
async function runTask<T>(
  task: () => Promise<T>,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): Promise<TaskEnd> {
  try {
    const value = await task();
    return { hasFailed: false, tell: () => resolve(value) };
  } catch (error) {
    return { hasFailed: true, tell: () => reject(error) };
  }
}

function assertName(name: string): void {
  if (!NAMESPACE_NAME.test(name)) {
    throw new Error(`Expected a namespace of lower-case letters and dashes, got ${JSON.stringify(name)}.`);
  }
}

class KeyvNamespace implements Namespace {
  readonly name: string;
  readonly #keyv: Keyv<unknown>;
  readonly #path: string;

  constructor(name: string, adapter: GatheringSqlite, path: string) {
    this.name = name;
    this.#path = path;
    this.#keyv = new Keyv<unknown>({
      store: adapter,
      namespace: name,
      // Keyv leaves a key that already begins with `name:` unprefixed in get and set but not in getMany;
      // with the prefix put on here, every string is a fit key.
      useKeyPrefix: false,
      throwOnErrors: true,
      // Plain JSON: Keyv's own reader walks every value to undo escapes, several times slower, and one row that is
      // not JSON would fail a whole getMany.
      serialize: (data) => JSON.stringify(data),
      deserialize: parseRow,
    });
    this.#keyv.on('error', ignoreReported);
  }

  async get(key: string): Promise<Row | undefined> {
    return this.#ask(async () => toRow(await this.#keyv.get(this.#fullKey(key))));
  }

  async getMany(keys: readonly string[]): Promise<(Row | undefined)[]> {
    return this.#ask(async () => {
      const rows: (Row | undefined)[] = [];
      for (let start = 0; start < keys.length; start += GET_MANY_LIMIT) {
        const chunk = keys.slice(start, start + GET_MANY_LIMIT).map((key) => this.#fullKey(key));
        const values: unknown[] = await this.#keyv.getMany(chunk);
        if (values.length !== chunk.length) throw new Error(`Expected ${chunk.length} rows, got ${values.length}.`);
        rows.push(...values.map(toRow));
      }
      return rows;
    });
  }

  async set(key: string, value: unknown, ttlMs?: number): Promise<void> {
    return this.#ask(async () => {
      const done: unknown = await this.#keyv.set(this.#fullKey(key), value, ttlMs);
      if (done !== true) throw new Error(`Expected true from a write of ${this.name}, got ${String(done)}.`);
    });
  }

  async delete(key: string): Promise<void> {
    // false only says that the key was absent: failures throw.
    return this.#ask(async () => void (await this.#keyv.delete(this.#fullKey(key))));
  }

  #fullKey(key: string): string {
    return `${this.name}:${key}`;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw await toStoreFailure(error, this.#path);
    }
  }
}

/** Marks text that Keyv did not write, where Keyv itself would throw or silently read it as absent. */
class DamagedText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Keyv lets its caller name the type of what is read; here it is always unknown, and checked by the reader. */
function parseRow<Value>(text: string): { value: Value; expires?: number } {
  const { value, expires } = parseText(text);
  return expires === undefined ? { value: value as Value } : { value: value as Value, expires };
}

function parseText(text: string): { value: unknown; expires?: number | undefined } {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data === 'object' && data !== null && 'value' in data) {
      const expires = 'expires' in data && typeof data.expires === 'number' ? data.expires : undefined;
      return { value: data.value, expires };
    }
  } catch {
    // Not JSON: falls through to the mark, which the reader of the record reports.
  }
  return { value: new DamagedText(text) };
}

function toRow(value: unknown): Row | undefined {
  if (value === undefined) return undefined;
  return value instanceof DamagedText ? { kind: 'damaged', text: value.text } : { kind: 'value', value };
}
