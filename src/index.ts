/**
 * The only wiring: builds every part, hands `commands/` to the router, starts, and stops in reverse.
 *
 * Exit codes: 0 after SIGTERM or SIGINT; 1 when a setting, the store or the disk is wrong; 78 when
 * Discord refuses the bot as it is set up, so that a supervisor does not start it again.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { commands } from '../commands/index.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { DiscordApi } from './discord/api.ts';
import { Buttons } from './discord/buttons.ts';
import { Downloads } from './discord/downloads.ts';
import { type Gateway, GatewayConnection, GatewayRefused, inviteLink } from './discord/gateway.ts';
import { Intake } from './discord/intake.ts';
import { LiveMessage } from './discord/live-message.ts';
import { registerCommands } from './discord/register.ts';
import type { CardContext } from './discord/render.ts';
import { Router } from './discord/router.ts';
import { systemClock } from './jobs/clock.ts';
import { Engine } from './jobs/engine.ts';
import type { Job } from './jobs/job.ts';
import { StoreFailure } from './jobs/ports.ts';
import { en } from './locales/en.ts';
import { localeFor } from './locales/locale.ts';
import { createLog, type Log } from './log.ts';
import { createLocalProvider } from './providers/local/local-provider.ts';
import type { Provider } from './providers/provider.ts';
import { createReplicateProvider } from './providers/replicate/replicate-provider.ts';
import { openAssetStore } from './store/asset-store.ts';
import { openCardStore } from './store/card-store.ts';
import { openDatabase } from './store/database.ts';
import { openJobStore } from './store/job-store.ts';
import { createMetaStore, type MetaStore } from './store/meta-store.ts';

const EXIT_WRONG_SETUP = 1;
const EXIT_REFUSED = 78;
/** SIGTERM must be over within 10 s; final edits get most of it. */
const FLUSH_MS = 5_000;
const STOP_BOUND_MS = 9_500;
const clock = systemClock;

await main();

async function main(): Promise<void> {
  try {
    const config = loadConfig();
    await run(config, createLog({ level: config.log.level, file: config.log.file, secrets: config.secrets }));
  } catch (error) {
    if (error instanceof GatewayRefused) return exitWith(error.message, EXIT_REFUSED);
    if (error instanceof ConfigError || error instanceof StoreFailure) return exitWith(error.message, EXIT_WRONG_SETUP);
    throw error;
  }
}

/** One sentence, no stack. */
function exitWith(sentence: string, code: number): never {
  console.error(sentence);
  process.exit(code);
}

async function run(config: Config, log: Log): Promise<void> {
  const stopping = new AbortController();
  const onUnreadable = (key: string, why: string): void => log.error('a record could not be read and was set aside', { key, why });
  const database = await openDatabase({ url: config.storeUrl });
  const meta = createMetaStore(database);
  const jobs = await openJobStore({ database, onUnreadable });
  const cards = await openCardStore({ database, onUnreadable });
  const assets = await openAssetStore({ folder: join(config.dataDir, 'assets') });
  const providers = createProviders(config);
  const promptKey = await readPromptKey(meta);

  const api = new DiscordApi({ apiUrl: config.discord.apiUrl, token: config.discord.token });
  const engine = new Engine({
    config: config.engine,
    store: jobs,
    assets,
    providers,
    clock,
    random: Math.random,
    log,
    describe: (lost) => en.failures[lost.reason](lost.details),
    hashPrompt: (prompt) => createHmac('sha256', promptKey).update(prompt).digest('hex').slice(0, 16),
    onSaved: (job) => live.onSaved(job),
    onContext: (jobId) => live.onContext(jobId),
  });
  const contextFor = (job: Job, updatesEndAt: number | null): CardContext => ({
    now: clock.now(),
    locale: localeFor(job.locale),
    ...engine.contextOf(job.id),
    providers: [...providers.values()].map(({ name, isPaid }) => ({ name, label: en.providers[name] ?? name, isPaid })),
    fallback: config.fallback,
    updatesEndAt,
  });
  const live = new LiveMessage({ api, cards, assets, clock, getJob: (jobId) => engine.get(jobId), contextFor, log });
  const intake = new Intake({ api, engine, live, providers, clock, maxRetries: config.maxRetries, contextFor, log, signal: stopping.signal });
  const buttons = new Buttons({ engine, intake, live, downloads: new Downloads({ api, assets, log }) });
  const router = new Router({ commands, intake, buttons, clock, defaultProvider: config.defaultProvider, log });
  const gateway = new GatewayConnection({
    token: config.discord.token,
    apiUrl: config.discord.apiUrl,
    clock,
    onInteraction: (payload) => router.handle(payload),
    onRefused: (refusal) => exitWith(refusal.message, EXIT_REFUSED),
    log,
  });
}
