/**
 * The only wiring: builds every part, hands `commands/` to the router, starts, and stops in reverse.
 *
 * Exit codes: 0 after SIGTERM or SIGINT; 1 when a setting, the store or the disk is wrong; 78 when
 * Discord refuses the bot as it is set up, so that a supervisor does not start it again.
 */
import { setMaxListeners } from 'node:events';
import { commands, menus } from '../commands/index.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { Answers } from './discord/answers.ts';
import { DiscordApi } from './discord/api.ts';
import { type Gateway, GatewayConnection, GatewayRefused, inviteLink, tokenRefused } from './discord/gateway.ts';
import type { Help } from './discord/help.ts';
import { OwnerNotices } from './discord/owner-notices.ts';
import { registerCommands } from './discord/register.ts';
import { SessionStarts } from './discord/session-starts.ts';
import { HttpServerFailure } from './http/server.ts';
import { systemClock } from './jobs/clock.ts';
import type { Job } from './jobs/job.ts';
import { StoreFailure } from './jobs/ports.ts';
import { createLog, type Log } from './log.ts';
import type { MetaStore } from './store/meta-store.ts';
import { createAnswering } from './wiring/answering.ts';
import { createLinkedFiles } from './wiring/files.ts';
import { startHttp } from './wiring/http.ts';
import { OwnerTroubles } from './wiring/owner-troubles.ts';
import { createProviders, warmCatalog } from './wiring/providers.ts';
import { createReferenceKeeper } from './wiring/references.ts';
import { EXIT_WRONG_SETUP, stopInOrder } from './wiring/stop-in-order.ts';
import { openStores } from './wiring/stores.ts';
import { createWork } from './wiring/work.ts';

const EXIT_REFUSED = 78;
/** SIGTERM must be over within 10 s; final edits get most of it. */
const FLUSH_MS = 3_000;
const LAST_ANSWERS_MS = 2_000;
const LAST_WORD_MS = 500;
const clock = systemClock;

await main();

async function main(): Promise<void> {
  try {
    const config = loadConfig();
    await run(config, createLog({ level: config.log.level, file: config.log.file, secrets: config.secrets }));
  } catch (error) {
    if (error instanceof GatewayRefused) return exitWith(error.message, EXIT_REFUSED);
    if (error instanceof ConfigError || error instanceof StoreFailure || error instanceof HttpServerFailure)
      return exitWith(error.message, EXIT_WRONG_SETUP);
    throw error;
  }
}

/** One sentence, no stack. */
function exitWith(sentence: string, code: number): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

async function run(config: Config, log: Log): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  // Everything that waits listens to it; that is no leak.
  setMaxListeners(0, signal);
  const stores = await openStores(config, log);
  const { meta, jobs, assets } = stores;
  const services = createProviders(config);
  const providers = services.byName;
  const files = createLinkedFiles({ config, secret: stores.key, jobs, assets, clock, log });
  const { linkTo } = files;

  const refuse = ({ message }: GatewayRefused): void => {
    process.stderr.write(`${message}\n`);
    end(EXIT_REFUSED);
  };
  const { apiUrl, token } = config.discord;
  const api = new DiscordApi({ apiUrl, token, onTokenRefused: () => refuse(tokenRefused()) });
  const answers = new Answers({ api, clock, log });
  const owner = new OwnerNotices({ api, channelId: config.ownerChannelId, meta, clock, log, signal });
  const starts = new SessionStarts({ meta, clock, log, tellOwner: (...news) => void owner.tell(...news) });
  const { breakAfter, minFreeBytes } = config.engine;
  const troubles = new OwnerTroubles({ owner, alertAfter: breakAfter, minFreeBytes });
  const keeper = createReferenceKeeper({ config, assets, clock });
  const around = { config, stores, providers, api, answers, keeper, linkTo, clock, log, signal };
  const work = createWork({ ...around, troubles });
  const { engine, live, intake } = work;
  const { router, drafts, help } = createAnswering({ ...around, work });
  const onInteraction = router.handle.bind(router);
  const gateway = new GatewayConnection({ token, apiUrl, clock, onInteraction, starts, onRefused: refuse, log });

  let http: { close(): Promise<void> } | null = null;
  const end = stopInOrder(async () => {
    stopping.abort(new Error('the process is stopping'));
    // At once, so that nothing new is paid for while the last answers go out.
    const stopped = engine.stop();
    await Promise.race([router.close(), clock.sleep(LAST_ANSWERS_MS)]);
    await stopped;
    await live.flush(FLUSH_MS);
    await http?.close();
    await jobs.markCleanEnd();
    await stores.database.close();
    // A gateway that says nothing must not hold up the end: all is saved.
    await Promise.race([gateway.close(), clock.sleep(LAST_WORD_MS)]);
    await services.close();
  }, log);

  let loaded: Job[] = [];
  let goingOn: Promise<void> | null = null;
  const goOn = (): Promise<void> =>
    (goingOn ??= (async () => {
      await live.recover();
      await engine.start();
      intake.recover(loaded);
      void drafts.start();
      // Suspects run first, one by one: nobody else needs to wait for that.
      void engine.resumed.then(() => log.info('the open jobs are back in line', { jobs: loaded.length }));
    })());
  const onUnreachable = (): void => {
    goOn().catch((error: unknown) => {
      process.stderr.write(`${error instanceof StoreFailure ? error.message : String(error)}\n`);
      end(EXIT_WRONG_SETUP);
    });
  };
  try {
    loaded = await engine.load();
    // Before Discord: a port that is taken must end the start before anything is paid.
    http = await startHttp({
      config,
      readWebhookSecret: services.readWebhookSecret,
      onWebhook: (event) => engine.hear(event),
      files: files.route,
      readiness: {
        running: () => !signal.aborted,
        discord: () => gateway.isConnected,
        store: () => meta.set('ready-check', String(clock.now())).then(() => true),
      },
      clock,
      log,
    });
    // A refused token must end the start before anything is paid; a Discord that is away must not stop the work.
    const connected = await gateway.connect(signal, onUnreachable);
    await goOn();
    for (const provider of providers.values())
      void warmCatalog(provider, {
        log,
        signal,
        onRetired: (model) => troubles.onRetiredModel(provider.name, model),
        onRefused: (lost) => troubles.onRefused(provider.name, lost.reason),
      });
    await announce(connected, { config, meta, log, help, providers: [...providers.keys()] });
  } catch (error) {
    // A signal came before the start was over: the stop is under way and ends the process.
    if (!signal.aborted) throw error;
  }
}

interface Announcement {
  config: Config;
  meta: MetaStore;
  log: Log;
  help: Help;
  providers: readonly string[];
}

/** Registers the commands and prints how to invite the bot. Trouble here costs the commands, not the jobs. */
async function announce(
  { rest, applicationId, botName }: Gateway,
  { config, meta, log, help, providers }: Announcement,
): Promise<void> {
  const { guildId } = config.discord;
  try {
    const previousGuildId = (await meta.get('commands-guild')) || null;
    const payloads = [...commands, ...menus].map(({ data }) => data);
    const { wasWritten, ids } = await registerCommands({ rest, applicationId, guildId, previousGuildId, payloads });
    help.setCommandIds(ids);
    await meta.set('commands-guild', guildId ?? '');
    log.info(wasWritten ? 'the commands are registered' : 'the commands were registered already', { guildId });
  } catch (error) {
    log.error('the commands could not be registered; start again to retry', {
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }
  log.info(`${botName} is ready; invite it with ${inviteLink(applicationId)}`, { botName, providers });
}
