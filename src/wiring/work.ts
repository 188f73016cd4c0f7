/** The engine, the cards that show what it does, and the intake of new work: three that need one another. */
import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Answers } from '../discord/answers.ts';
import type { DiscordApi } from '../discord/api.ts';
import { describeForRecord } from '../discord/failure-words.ts';
import { Intake } from '../discord/intake.ts';
import { LiveMessage } from '../discord/live-message.ts';
import type { CardContext } from '../discord/render.ts';
import { Engine } from '../jobs/engine.ts';
import type { Job } from '../jobs/job.ts';
import type { Clock, ReferenceKeeper } from '../jobs/ports.ts';
import { en } from '../locales/en.ts';
import { localeFor } from '../locales/locale.ts';
import type { Log } from '../log.ts';
import { makePreview } from '../pictures/preview.ts';
import type { Provider } from '../providers/provider.ts';
import type { LinkedFiles } from './files.ts';
import type { OwnerTroubles } from './owner-troubles.ts';
import type { Stores } from './stores.ts';

/** What most parts are built on. */
export interface Surroundings {
  config: Config;
  stores: Stores;
  providers: ReadonlyMap<string, Provider>;
  api: DiscordApi;
  answers: Answers;
  keeper: ReferenceKeeper;
  linkTo: LinkedFiles['linkTo'];
  clock: Clock;
  log: Log;
  /** Ends waits when the process stops. */
  signal: AbortSignal;
}

export interface WorkOptions extends Surroundings {
  troubles: OwnerTroubles;
}

export interface Work {
  engine: Engine;
  live: LiveMessage;
  intake: Intake;
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
}

/** Nothing runs yet. */
export function createWork(options: WorkOptions): Work {
  const { config, stores, api, answers, keeper, linkTo, clock, log, signal, providers } = options;
  const { assets, cards, jobs, undelivered } = stores;
  const engine = createEngine(options, {
    onSaved: (job) => {
      // First, so that the card knows whether this failure is the end.
      if (config.fallback === 'auto') void intake.fallBack(job);
      live.onSaved(job);
    },
    onContext: (jobId) => live.onContext(jobId),
  });
  const shown = [...providers.values()].map(({ name, isPaid, kinds }) => ({ name, isPaid, kinds }));
  const contextFor = (job: Job, updatesEndAt: number | null): CardContext => ({
    now: clock.now(),
    locale: localeFor(job.locale),
    ...engine.contextOf(job.id),
    providers: shown,
    fallback: config.fallback,
    updatesEndAt,
  });
  const live = new LiveMessage({
    api,
    cards,
    undelivered,
    assets,
    makePreview,
    linkTo,
    clock,
    getJob: (jobId) => engine.get(jobId),
    getRemovedAt: (jobId) => jobs.getRemovedAt(jobId),
    contextFor,
    notice: { afterMs: config.notifyAfterMs, goesOnAlone: (job) => intake.goesOnAlone(job) },
    log,
  });
  const { maxRetries } = config;
  const around = { api, answers, engine, live, providers, assets, keeper, contextFor, clock, log, signal };
  const intake = new Intake({ ...around, store: jobs, maxRetries, storeKey: stores.key });
  return { engine, live, intake, contextFor };
}

function createEngine(
  { config, stores, providers, troubles, clock, log }: WorkOptions,
  listeners: { onSaved: (job: Job) => void; onContext: (jobId: string) => void },
): Engine {
  return new Engine({
    config: config.engine,
    store: stores.jobs,
    assets: stores.assets,
    providers,
    clock,
    random: Math.random,
    log,
    describe: (lost, kind) => describeForRecord(lost, en, kind),
    hashPrompt: (prompt) => createHmac('sha256', stores.key).update(`prompt:${prompt}`).digest('hex').slice(0, 16),
    ...listeners,
    onAttempt: (provider, lost) => troubles.onAttempt(provider, lost),
    onDiskFull: (freeBytes) => troubles.onDiskFull(freeBytes),
    onBreaker: (news) => troubles.onBreaker(news),
  });
}
