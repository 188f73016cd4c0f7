/**
 * The only wiring: builds every part, hands `commands/` to the router, starts, and stops in reverse.
 *
 * Exit codes: 0 after SIGTERM or SIGINT; 1 when a setting, the store or the disk is wrong; 78 when
 * Discord refuses the bot as it is set up, so that a supervisor does not start it again.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { commands, menus } from '../commands/index.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { Again } from './discord/again.ts';
import { Animations } from './discord/animations.ts';
import { Answers } from './discord/answers.ts';
import type { Ask } from './discord/ask.ts';
import { DiscordApi } from './discord/api.ts';
import { Completions } from './discord/autocomplete.ts';
import { Buttons } from './discord/buttons.ts';
import { Details } from './discord/details.ts';
import { Downloads } from './discord/downloads.ts';
import { Drafts } from './discord/drafts.ts';
import { type Gateway, GatewayConnection, GatewayRefused, inviteLink, tokenRefused } from './discord/gateway.ts';
import { Gallery } from './discord/gallery.ts';
import { Help } from './discord/help.ts';
import { Intake } from './discord/intake.ts';
import { JobChoices } from './discord/job-choices.ts';
import { JobLists } from './discord/job-lists.ts';
import { LiveMessage } from './discord/live-message.ts';
import { MessagePictures } from './discord/message-pictures.ts';
import { ModelCards } from './discord/models.ts';
import { OwnerNotices } from './discord/owner-notices.ts';
import { registerCommands } from './discord/register.ts';
import type { CardContext } from './discord/render.ts';
import { Router } from './discord/router.ts';
import { SessionStarts } from './discord/session-starts.ts';
import { Show } from './discord/show.ts';
import { SmallPictures } from './discord/small-pictures.ts';
import { Thumbnails } from './discord/thumbnails.ts';
import { UndeliveredTeller } from './discord/undelivered.ts';
import { HttpServerFailure } from './http/server.ts';
import { Clearing } from './jobs/clearing.ts';
import { systemClock } from './jobs/clock.ts';
import { Engine } from './jobs/engine.ts';
import type { Job } from './jobs/job.ts';
import { StoreFailure } from './jobs/ports.ts';
import { en } from './locales/en.ts';
import { localeFor } from './locales/locale.ts';
import { createLog, type Log } from './log.ts';
import { makePreview, makeThumbnail } from './pictures/preview.ts';
import { openAssetStore } from './store/asset-store.ts';
import { openCardStore } from './store/card-store.ts';
import { openDatabase } from './store/database.ts';
import { openDraftStore } from './store/draft-store.ts';
import { openJobStore } from './store/job-store.ts';
import { createMetaStore, type MetaStore } from './store/meta-store.ts';
import { openUndeliveredStore } from './store/undelivered-store.ts';
import { createLinkedFiles } from './wiring/files.ts';
import { startHttp } from './wiring/http.ts';
import { OwnerTroubles } from './wiring/owner-troubles.ts';
import { chooseForVideo, createProviders, warmCatalog } from './wiring/providers.ts';
import { createReferenceKeeper } from './wiring/references.ts';
import { EXIT_WRONG_SETUP, stopInOrder } from './wiring/stop-in-order.ts';

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
  // Everything that waits listens to it; that is no leak.
  setMaxListeners(0, stopping.signal);
  const onUnreadable = (key: string, why: string): void =>
    log.error('a record could not be read and was set aside', { key, why });
  const database = await forSetting('STORE_URL', config.storeUrl, openDatabase({ url: config.storeUrl }));
  const meta = createMetaStore(database);
  const assets = await forSetting(
    'DATA_DIR',
    config.dataDir,
    openAssetStore({ folder: join(config.dataDir, 'assets') }),
  );
  const jobs = await openJobStore({ database, onUnreadable, removeFiles: (jobId) => assets.removeAll(jobId) });
  const cards = await openCardStore({ database, onUnreadable });
  const draftStore = await openDraftStore({ database, onUnreadable });
  const undelivered = await openUndeliveredStore({ database, onUnreadable });
  const services = createProviders(config);
  const providers = services.byName;
  const storeKey = await readStoreKey(meta);
  const files = createLinkedFiles({ config, secret: storeKey, jobs, assets, clock, log });

  const refuse = ({ message }: GatewayRefused): void => {
    process.stderr.write(`${message}\n`);
    end(EXIT_REFUSED);
  };
  const api = new DiscordApi({
    apiUrl: config.discord.apiUrl,
    token: config.discord.token,
    onTokenRefused: () => refuse(tokenRefused()),
  });
  const owner = new OwnerNotices({
    api,
    channelId: config.ownerChannelId,
    meta,
    clock,
    log,
    signal: stopping.signal,
  });
  const starts = new SessionStarts({
    meta,
    clock,
    log,
    tellOwner: (cause, sentence) => void owner.tell(cause, sentence),
  });
  const troubles = new OwnerTroubles({
    owner,
    alertAfter: config.engine.breakAfter,
    minFreeBytes: config.engine.minFreeBytes,
  });
  const engine = new Engine({
    config: config.engine,
    store: jobs,
    assets,
    providers,
    clock,
    random: Math.random,
    log,
    // Without its details: they may be a provider's own words, which may repeat the prompt.
    describe: (lost) => en.failures[lost.reason]({}),
    hashPrompt: (prompt) => createHmac('sha256', storeKey).update(prompt).digest('hex').slice(0, 16),
    onSaved: (job) => {
      // First, so that the card knows whether this failure is the end.
      if (config.fallback === 'auto') void intake.fallBack(job);
      live.onSaved(job);
    },
    onContext: (jobId) => live.onContext(jobId),
    onAttempt: (provider, lost) => troubles.onAttempt(provider, lost),
    onDiskFull: (freeBytes) => troubles.onDiskFull(freeBytes),
    onBreaker: (news) => troubles.onBreaker(news),
  });
  const shownProviders = [...providers.values()].map(({ name, isPaid, kinds }) => ({ name, isPaid, kinds }));
  const contextFor = (job: Job, updatesEndAt: number | null): CardContext => ({
    now: clock.now(),
    locale: localeFor(job.locale),
    ...engine.contextOf(job.id),
    providers: shownProviders,
    fallback: config.fallback,
    updatesEndAt,
  });
  const live = new LiveMessage({
    api,
    cards,
    undelivered,
    assets,
    makePreview,
    linkTo: files.linkTo,
    clock,
    getJob: (jobId) => engine.get(jobId),
    getRemovedAt: (jobId) => jobs.getRemovedAt(jobId),
    contextFor,
    notice: { afterMs: config.notifyAfterMs, goesOnAlone: (job) => intake.goesOnAlone(job) },
    log,
  });
  const answers = new Answers({ api, clock, log });
  const keeper = createReferenceKeeper({ config, assets, clock });
  const intake = new Intake({
    api,
    answers,
    engine,
    live,
    providers,
    assets,
    keeper,
    clock,
    maxRetries: config.maxRetries,
    storeKey,
    contextFor,
    log,
    signal: stopping.signal,
  });
  const clearing = new Clearing({ engine, store: jobs, history: jobs.history, clock });
  const details = new Details({ answers, clearing, live });
  const downloads = new Downloads({ api, answers, assets, linkTo: files.linkTo, undelivered, clock, log });
  const { defaultProvider } = config;
  const defaultProviders = { image: defaultProvider, video: chooseForVideo(defaultProvider, providers) };
  const pictures = new SmallPictures({ assets, makeThumbnail, makePreview, log });
  const thumbnails = new Thumbnails({ pictures, clock });
  const drafts = new Drafts({
    store: draftStore,
    keeper,
    assets,
    thumbnails,
    answers,
    intake,
    storeKey,
    clock,
    log,
    signal: stopping.signal,
  });
  const animations = new Animations({ answers, engine, intake, drafts, providers, defaultProviders });
  const messagePictures = new MessagePictures({ answers, engine, live, drafts, animations, defaultProviders });
  const again = new Again({ answers, intake, thumbnails });
  const buttons = new Buttons({ clock, answers, engine, jobs, intake, live, downloads, details, animations, again });
  const help = new Help({
    answers,
    commands,
    menus,
    providers: shownProviders.map(({ name }) => name),
    runningLimit: config.engine.userRunningLimit,
    waitingLimit: config.engine.userWaitingLimit,
  });
  const lists = new JobLists({ answers, clearing, clock, log });
  const models = new ModelCards({ answers, providers, defaultProvider });
  const jobChoices = new JobChoices({ listOpen: () => engine.listOpen(), store: jobs, history: jobs.history, clock });
  const completions = new Completions({ providers, defaultProvider, jobs: jobChoices });
  const show = new Show({ api, answers, live, getJob: (jobId) => engine.get(jobId), contextFor, clock, log });
  const gallery = new Gallery({
    answers,
    show,
    history: jobs.history,
    store: jobs,
    getJob: (jobId) => engine.get(jobId),
    assets,
    pictures,
    canAnimate: shownProviders.some(({ kinds }) => kinds.includes('video')),
    clock,
  });
  const pictureParts = { gallery, show, animations, messagePictures };
  const context = { answers, intake, lists, help, models, completions, defaultProviders, ...pictureParts };
  const teller = new UndeliveredTeller({
    api,
    store: undelivered,
    getJob: (jobId) => engine.get(jobId),
    isShown: (jobId) => live.isShown(jobId),
    clock,
    log,
  });
  // Somebody who is still typing has no answer that a line could follow.
  const afterAnswer = async (ask: Ask): Promise<void> => (ask.kind === 'completion' ? undefined : teller.tell(ask));
  const parts = [lists, gallery, buttons, drafts];
  const router = new Router({ commands, menus, context, parts, afterAnswer, clock, log });
  const gateway = new GatewayConnection({
    token: config.discord.token,
    apiUrl: config.discord.apiUrl,
    clock,
    onInteraction: (payload) => router.handle(payload),
    starts,
    onRefused: refuse,
    log,
  });

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
    await database.close();
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
        running: () => !stopping.signal.aborted,
        discord: () => gateway.isConnected,
        store: () => meta.set('ready-check', String(clock.now())).then(() => true),
      },
      clock,
      log,
    });
    // A refused token must end the start before anything is paid; a Discord that is away must not stop the work.
    const connected = await gateway.connect(stopping.signal, onUnreachable);
    await goOn();
    for (const provider of providers.values())
      void warmCatalog(provider, {
        log,
        signal: stopping.signal,
        onRetired: (model) => troubles.onRetiredModel(provider.name, model),
        onRefused: (lost) => troubles.onRefused(provider.name, lost.reason),
      });
    await announce(connected, { config, meta, log, help, providers: [...providers.keys()] });
  } catch (error) {
    // A signal came before the start was over: the stop is under way and ends the process.
    if (!stopping.signal.aborted) throw error;
  }
}

/** Made once for a store: keys the hashes of prompts in the log, and the ids of its jobs. */
async function readStoreKey(meta: MetaStore): Promise<string> {
  const known = await meta.get('store-key');
  if (known !== undefined) return known;
  const key = randomBytes(32).toString('hex');
  await meta.set('store-key', key);
  return key;
}

/** Names the setting that a refusal of the store is about. */
async function forSetting<T>(name: string, value: string, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    if (!(error instanceof StoreFailure)) throw error;
    throw new StoreFailure(`${name} is "${value}": ${error.message}`, { cause: error });
  });
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
