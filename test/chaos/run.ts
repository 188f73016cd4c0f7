/** One run: members ask and press, faults come, the bot is killed again and again, and then all must be well. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PickedFile } from '../../sandbox/interface.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { act, askOneOfEach, type Crowd } from './acts.ts';
import { readChannel } from './cards.ts';
import { checkAll, type CheckResult } from './checks.ts';
import { readRecords, type Evidence, type Records } from './evidence.ts';
import { FaultDealer, type MetFault } from './faults.ts';
import { listFolders } from './folders.ts';
import { findLastingPort } from './free-port.ts';
import { drawGivenPictures } from './given-pictures.ts';
import { takeHandouts } from './handouts.ts';
import { showFinished } from './showing.ts';
import { Lives } from './lives.ts';
import { Members } from './members.ts';
import { planKill, waitForMoment } from './moments.ts';
import { Random } from './random.ts';

export interface ChaosOptions {
  kills: number;
  seed: number;
  /** Without the faults that take many seconds to be waited out. */
  isShort?: boolean;
  /** Told after each kill. */
  onKill?: (kill: Kill) => void;
  /** Ends the run early: it rejects then, with all it started ended. */
  signal?: AbortSignal;
}

export interface Kill {
  /** Which process it ended, from 1. */
  life: number;
  moment: string;
  /** Whether what was waited for came. */
  came: boolean;
  /** How long after it. */
  delayMs: number;
  /** As `Date.now()` tells it. */
  at: number;
}

export interface ChaosResult {
  seed: number;
  kills: number;
  /** The kill that ended each life, in order. */
  killed: readonly Kill[];
  seconds: number;
  presses: number;
  forms: number;
  choices: number;
  replays: number;
  faults: readonly MetFault[];
  checks: CheckResult[];
  /** Everything the bot kept; whoever called removes it. */
  folder: string;
  evidence: Evidence;
}

const ACT_EVERY_MS = { least: 100, most: 500 };
const FAULT_SHARE = 0.35;
/** Hung calls are given up after a minute at most; a short run has none. */
const SETTLE_MS = { short: 60_000, full: 240_000 };
/** Far above what a start takes on a busy machine. */
const LONGEST_START_MS = 30_000;
/** So long nothing is open before it counts as settled. */
const QUIET_MS = 1_500;
const LOOK_EVERY_MS = 250;
/** A job whose only log line a kill took is seen in the store alone; it gets so many further lives. */
const EXTRA_LIVES = 5;
const EXTRA_LIFE_MS = 6_000;
const PACE = { queueMs: 50, workMs: 400 };
/** What meets the fault `slow`: well within its time, and long enough to be killed in. */
const SLOW_MS = 2_500;
const SETTINGS = {
  RETRY_BASE_SECONDS: '0.05',
  RETRY_MAX_SECONDS: '0.4',
  // A fault alone must not use them up.
  MAX_RETRIES: '20',
  IMAGE_TIMEOUT_SECONDS: '8',
  VIDEO_TIMEOUT_SECONDS: '12',
  USER_RUNNING_LIMIT: '3',
  NOTIFY_AFTER_SECONDS: '0',
};

/** Rejects when it was ended early, or when a start failed. A promise that was broken is in the result. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-chaos-'));
  try {
    const sandbox = await startSandbox({ folder, replicate: { pace: PACE }, gemini: { slowMs: SLOW_MS } });
    const port = hasWebhooks(options) ? await findLastingPort() : null;
    const run = new ChaosRun(sandbox, options, { port, pictures: await drawGivenPictures() });
    try {
      return await run.run();
    } finally {
      await run.close();
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** With the odd seeds: the other runs find out by asking, as a bot without a public address does. */
function hasWebhooks({ seed }: ChaosOptions): boolean {
  return seed % 2 === 1;
}

interface Given {
  /** Where webhooks come in; null: none are asked for. */
  port: number | null;
  pictures: readonly PickedFile[];
}

class ChaosRun {
  readonly #sandbox: Sandbox;
  readonly #options: ChaosOptions;
  readonly #lives: Lives;
  readonly #members: Members;
  readonly #crowdOfAll: Crowd;
  readonly #faults: FaultDealer;
  readonly #crowding = new AbortController();
  readonly #signal: AbortSignal;
  readonly #killed: Kill[] = [];
  readonly #goneAt: number[] = [];
  readonly #port: number | null;

  constructor(sandbox: Sandbox, options: ChaosOptions, { port, pictures }: Given) {
    const { seed, isShort = false } = options;
    const http = port === null ? {} : { HTTP_PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
    this.#port = port;
    this.#sandbox = sandbox;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#lives = new Lives(sandbox.env({ ...SETTINGS, ...http }));
    this.#members = new Members(sandbox, new Random(seed, 'members'));
    this.#crowdOfAll = { members: this.#members, pictures, spoil: (service) => this.#faults.spoil(service) };
    this.#faults = new FaultDealer(sandbox, new Random(seed, 'faults'), { isShort, hasWebhooks: port !== null });
    sandbox.discord.onChange((change) => {
      if (change.type === 'bot-connected' && !change.isConnected) this.#goneAt.push(Date.now());
    });
  }

  async run(): Promise<ChaosResult> {
    const beganAt = performance.now();
    const { seed, kills } = this.#options;
    const crowd = this.#crowd();
    // A mistake in there ends the run too; it must not go unseen until the last kill.
    await Promise.race([this.#killAll(), crowd.then(() => new Promise<never>(() => undefined))]);
    this.#crowding.abort();
    await crowd;
    const faults = this.#faults.clear();
    const evidence = await this.#settle(faults);
    return {
      seed,
      kills,
      killed: this.#killed,
      seconds: Math.round((performance.now() - beganAt) / 1_000),
      presses: this.#members.presses,
      forms: this.#members.forms,
      choices: this.#members.choices,
      replays: this.#members.replays,
      faults,
      checks: checkAll(evidence),
      folder: this.#sandbox.folder,
      evidence,
    };
  }

  async close(): Promise<void> {
    this.#crowding.abort();
    await this.#lives.end('SIGKILL');
    await this.#sandbox.close();
  }

  /** Members and faults, until the last kill. */
  async #crowd(): Promise<void> {
    const { seed } = this.#options;
    const { signal } = this.#crowding;
    const pace = new Random(seed, 'pace');
    const trouble = new Random(seed, 'trouble');
    while (!signal.aborted) {
      if (this.#sandbox.discord.isBotConnected()) {
        act(this.#crowdOfAll);
        if (trouble.chance(FAULT_SHARE)) this.#faults.deal();
      }
      await sleep(pace.integer(ACT_EVERY_MS.least, ACT_EVERY_MS.most), undefined, { signal }).catch(() => undefined);
    }
  }

  async #killAll(): Promise<void> {
    const { seed, kills, onKill } = this.#options;
    const random = new Random(seed, 'kills');
    // The crowd ends before its time when the run has failed: no process is started then.
    for (let number = 1; number <= kills && !this.#crowding.signal.aborted; number++) {
      this.#signal.throwIfAborted();
      const planned = planKill(random);
      const { name } = planned.moment;
      this.#lives.start();
      const came = await waitForMoment(
        planned,
        { sandbox: this.#sandbox, lives: this.#lives, crowd: this.#crowdOfAll },
        this.#signal,
      );
      const at = Date.now();
      await this.#lives.end('SIGKILL');
      const kill = { life: this.#lives.count, moment: name, came, delayMs: planned.delayMs, at };
      this.#killed.push(kill);
      onKill?.(kill);
    }
  }

  /** No more kills and no more faults: everything must come to its end now, in bounded time. */
  async #settle(faults: readonly MetFault[]): Promise<Evidence> {
    const { discord, replicate, gemini, folder } = this.#sandbox;
    this.#lives.start();
    await this.#members.settled();
    await discord.waitForBot(LONGEST_START_MS);
    // The last life that wrote them may have been the first that lived long enough.
    await this.#until(LONGEST_START_MS, () => discord.commands(this.#guildId).length > 0);
    await askOneOfEach(this.#crowdOfAll);
    const longestMs = this.#options.isShort === true ? SETTLE_MS.short : SETTLE_MS.full;
    await this.#untilQuiet(longestMs);
    await showFinished(this.#members);
    await this.#until(longestMs, () => this.#members.countUnfinished() === 0);
    const handouts = await takeHandouts(this.#sandbox, this.#members.ids);
    let records = await this.#endAndRead();
    for (let extra = 0; extra < EXTRA_LIVES && records.open.length > 0; extra++) {
      this.#lives.start();
      await this.#untilQuiet(EXTRA_LIFE_MS, EXTRA_LIFE_MS - QUIET_MS);
      records = await this.#endAndRead();
    }
    return {
      ...records,
      lines: this.#lives.lines,
      lives: this.#lives.count,
      brokenEnds: this.#lives.brokenEnds,
      predictions: replicate.predictions(),
      generations: gemini.generations(),
      webhooks: this.#port === null ? null : replicate.webhooks,
      killedAt: this.#killed.map(({ at }) => at),
      goneAt: this.#goneAt,
      handouts,
      messages: readChannel(this.#sandbox, this.#members.ids).filter(
        ({ message }) => message.author.id === discord.users.bot.id,
      ),
      faults,
      asked: this.#members.asked,
      folders: listFolders(join(folder, 'assets')),
      assetFolder: join(folder, 'assets'),
    };
  }

  /** SIGTERM, so that the records are as an orderly end leaves them. */
  async #endAndRead(): Promise<Records> {
    const ended = await this.#lives.end('SIGTERM');
    if (ended?.code !== 0) this.#lives.brokenEnds.push(`SIGTERM ended life ${this.#lives.count} with ${ended?.code}`);
    return readRecords(this.#sandbox.folder, this.#guildId);
  }

  get #guildId(): string {
    return this.#sandbox.discord.guilds[0]?.id ?? '';
  }

  /** Until it holds, or the time is over. */
  async #until(mostMs: number, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + mostMs;
    while (!holds() && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
  }

  /** Until no card and no item of the log has been open for a while, or the time is over: the checks tell then. */
  async #untilQuiet(mostMs: number, leastMs = 0): Promise<void> {
    const beganAt = performance.now();
    let quietSince: number | null = null;
    for (;;) {
      this.#signal.throwIfAborted();
      const now = performance.now();
      const isOpen = this.#members.countUnfinished() > 0 || this.#countOpenItems() > 0;
      quietSince = isOpen || now - beganAt < leastMs ? null : (quietSince ?? now);
      if (now - beganAt > mostMs || (quietSince !== null && now - quietSince >= QUIET_MS)) return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Items that this life told of and of which its last line tells no end: none of its lines was lost to a kill. */
  #countOpenItems(): number {
    const last = new Map<string, unknown>();
    for (const { life, fields } of this.#lives.lines) {
      if (life !== this.#lives.count || !('to' in fields)) continue;
      last.set(`${String(fields['jobId'])}:${String(fields['item'])}`, fields['to']);
    }
    const ends: unknown[] = ['done', 'failed', 'cancelled'];
    return [...last.values()].filter((state) => !ends.includes(state)).length;
  }
}
