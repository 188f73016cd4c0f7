/** An engine on a real SQLite file with a scripted provider and a clock whose waits pass at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Engine, type EngineConfig } from '../../src/jobs/engine.ts';
import { getItem, type Item, type Job } from '../../src/jobs/job.ts';
import type { AssetStore, Clock, History, JobStore } from '../../src/jobs/ports.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { openStores } from '../store/open-stores.ts';
import { ScriptedProvider } from './scripted-provider.ts';

/** Sleeping moves the clock and lets everything else run first: a test of eight-second waits takes none. */
export class LeapingClock implements Clock {
  #now = 1_700_000_000_000;
  #jumpedMs = 0;
  readonly slept: number[] = [];

  now(): number {
    return this.#now + this.#jumpedMs;
  }

  monotonic(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // The background's waits must not race the clock ahead of the work under test.
    if (ms >= 10_000) return never(signal);
    this.slept.push(ms);
    this.#now += ms;
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }

  /** Somebody sets the clock: the wall's jumps, what a stopwatch shows does not. */
  jump(ms: number): void {
    this.#jumpedMs += ms;
  }
}

function never(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

export interface Harness {
  engine: Engine;
  store: JobStore;
  history: History;
  assets: AssetStore;
  provider: ScriptedProvider;
  clock: LeapingClock;
  saved: Job[];
  log: { message: string; fields: Record<string, unknown> }[];
  folder: string;
  /** What the owner would hear of. */
  troubles: string[];
  submit(job: Job): Promise<void>;
  /** The job when it is final, as it is on disk. */
  whenFinal(jobId: string): Promise<Job>;
  whenState(jobId: string, state: Item['state']): Promise<Job>;
  /** Leaves everything as a killed process would, and starts another engine on the same store. */
  restart(isClean?: boolean, options?: { isStarted?: boolean }): Promise<Harness>;
}

export interface HarnessOptions {
  config?: Partial<EngineConfig>;
  provider?: ScriptedProvider;
  providers?: Provider[];
  folder?: string;
  wrapStore?: (store: JobStore) => JobStore;
  wrapAssets?: (assets: AssetStore) => AssetStore;
  clock?: LeapingClock;
  /** False: loaded only, as when the start ends before anything runs. */
  isStarted?: boolean;
}

const CONFIG: EngineConfig = {
  timeoutMs: { image: 20_000, video: 60_000 },
  retry: { baseMs: 2_000, maxMs: 30_000, variation: 'auto' },
  retryOfSets: { baseMs: 1_000, maxMs: 8_000, variation: 'always' },
  jobMaxAgeMs: 24 * 3_600_000,
  concurrency: 4,
  userRunningLimit: 4,
  userWaitingLimit: 10,
  minFreeBytes: 0,
  breakAfter: 5,
};

export async function startEngine(context: TestContext, options: HarnessOptions = {}): Promise<Harness> {
  const isOwnFolder = options.folder === undefined;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'darkroom-engine-')));
  if (isOwnFolder) context.after(() => rm(folder, { recursive: true, force: true }));
  const stores = await openStores(folder);
  const store = options.wrapStore?.(stores.jobs) ?? stores.jobs;
  const provider = options.provider ?? new ScriptedProvider();
  const clock = options.clock ?? new LeapingClock();
  const saved: Job[] = [];
  const log: Harness['log'] = [];
  const write = (message: string, fields: Record<string, unknown> = {}): void => {
    log.push({ message, fields });
  };
  const troubles: string[] = [];
  const listeners = new Set<() => void>();
  const engine = new Engine({
    config: { ...CONFIG, ...options.config },
    store,
    assets: options.wrapAssets?.(stores.assets) ?? stores.assets,
    providers: new Map((options.providers ?? [provider]).map((each) => [each.name, each])),
    clock,
    random: () => 0.5,
    log: { info: write, warn: write, error: write },
    describe: (lost) => lost.reason,
    hashPrompt: () => 'hash',
    onSaved: (job) => {
      saved.push(job);
      for (const listener of listeners) listener();
    },
    onContext: () => undefined,
    onAttempt: () => undefined,
    onDiskFull: () => troubles.push('disk-full'),
    onBreaker: ({ reason, state }) => troubles.push(`${reason} ${state}`),
  });
  await engine.load();
  if (options.isStarted !== false) await engine.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await engine.stop();
    await stores.close();
  };
  context.after(stop);

  const when = async (jobId: string, isThere: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const job = await store.get(jobId);
      if (job !== undefined && isThere(job)) return job;
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    }
  };

  return {
    engine,
    store,
    history: stores.history,
    assets: stores.assets,
    provider,
    clock,
    saved,
    log,
    folder,
    troubles,
    async submit(job) {
      await engine.submit(job);
      engine.begin(job.id);
    },
    whenFinal: (jobId) => when(jobId, (job) => job.finishedAt !== null),
    whenState: (jobId, state) => when(jobId, (job) => getItem(job, 'image').state === state),
    async restart(isClean = false, { isStarted = true } = {}) {
      await stop();
      if (isClean) await markClean(folder);
      return startEngine(context, { ...options, provider, clock, folder, isStarted });
    },
  };
}

async function markClean(folder: string): Promise<void> {
  const stores = await openStores(folder);
  await stores.jobs.markCleanEnd();
  await stores.close();
}

/** The same object with one method of a test's own. */
export function replaceMethod<T extends object, K extends keyof T>(target: T, name: K, method: T[K]): T {
  return new Proxy(target, {
    get(object, key): unknown {
      if (key === name) return method;
      const value: unknown = Reflect.get(object, key);
      // Private fields belong to the object itself, not to what stands before it.
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
