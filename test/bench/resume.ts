/** A start with much unfinished work, as a kill -9 leaves it, until the gateway is ready and every job is back in line. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBot } from '../../sandbox/bot.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Card } from '../../src/discord/card.ts';
import { failure, moveTo, type Job } from '../../src/jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';
import { openStores } from '../store/open-stores.ts';
import { median } from './statistics.ts';

export interface ResumeResult {
  jobs: number;
  /** From the start of the process; median of the runs. */
  readyMs: number;
  gatewayMs: number;
}

/** What the bot logs when it has taken up everything; the field `jobs` counts them. */
const BACK_IN_LINE = 'the open jobs are back in line';
const LONGEST_START_MS = 60_000;
/** Nothing ends while it is measured. */
const SLOW_PACE = { queueMs: 60_000, workMs: 60_000 };
/** One job in five waits for its next attempt; the others are in line. */
const WAITING_SHARE = 5;
const USERS = 500;
const SAVED_AT_ONCE = 500;

/** Measures a start with each of these numbers of open jobs. */
export async function measureResumes(counts: readonly number[], runs: number): Promise<ResumeResult[]> {
  const root = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
  try {
    const results: ResumeResult[] = [];
    for (const jobs of counts) {
      const seeded = join(root, `seeded-${jobs}`);
      await seedStore(seeded, jobs);
      const times = [];
      for (let run = 0; run < runs; run++) {
        const folder = join(root, `run-${jobs}-${run}`);
        cpSync(seeded, folder, { recursive: true });
        times.push(await measureStart(folder, jobs));
        rmSync(folder, { recursive: true });
      }
      results.push({
        jobs,
        readyMs: median(times.map(({ readyMs }) => readyMs)),
        gatewayMs: median(times.map(({ gatewayMs }) => gatewayMs)),
      });
    }
    return results;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Through the real stores: jobs in line or waiting, each with its unsettled card, and no mark of a clean end. */
async function seedStore(folder: string, count: number): Promise<void> {
  const sandbox = await startSandbox();
  const channels = sandbox.discord.guilds[0]?.channels ?? [];
  const users = sandbox.discord.crowd(USERS);
  const { applicationId } = sandbox.discord;
  await sandbox.close();
  const { jobs, cards, close } = await openStores(folder);
  const seed = async (index: number): Promise<void> => {
    const messageId = String(1_400_000_000_000_000_000n + BigInt(index));
    const channelId = channels[index % channels.length]?.id ?? '';
    const job = seedJob(index, { applicationId, channelId, userId: users[index % users.length]?.id ?? '' });
    await jobs.save(job);
    await cards.save(seedCard(messageId, job));
  };
  try {
    await jobs.takeCleanEnd();
    for (let from = 0; from < count; from += SAVED_AT_ONCE) {
      const length = Math.min(SAVED_AT_ONCE, count - from);
      await Promise.all(Array.from({ length }, (_, index) => seed(from + index)));
    }
  } finally {
    await close();
  }
}

function seedJob(index: number, place: { applicationId: string; channelId: string; userId: string }): Job {
  const { applicationId, channelId, userId } = place;
  const base = newJob();
  const job = newJob({
    input: { ...base.input, provider: 'replicate' },
    channelId,
    userId,
    guildId: '100',
    origin: {
      ...base.origin,
      interactionId: String(1_400_000_000_000_000_000n + BigInt(index)),
      applicationId,
      token: 't'.repeat(180),
    },
  });
  if (index % WAITING_SHARE !== 0) return job;
  const now = Date.now();
  const starting = moveTo(
    job,
    { item: 'image', to: { state: 'starting' }, note: { attempt: 1, attemptStartedAt: now }, now },
    () => '',
  );
  const to = {
    state: 'waiting',
    until: now + LONGEST_START_MS * 10,
    delayMs: LONGEST_START_MS * 10,
    failure: failure('network', 'retry'),
  } as const;
  return moveTo(starting, { item: 'image', to, now }, () => 'The network failed.');
}

/** The revision of a passing state is not saved, so a waiting job's card is drawn again. */
function seedCard(messageId: string, job: Job): Card {
  const { channelId, guildId, locale, origin } = job;
  return {
    v: 3,
    messageId,
    channelId,
    guildId,
    currentJobId: job.id,
    shownRevision: 1,
    private: false,
    locale,
    applicationId: origin.applicationId,
    token: origin.token,
    tokenExpiresAt: origin.tokenExpiresAt,
    postingSince: null,
    again: null,
    closed: null,
  };
}

async function measureStart(folder: string, count: number): Promise<{ readyMs: number; gatewayMs: number }> {
  const sandbox = await startSandbox({ folder, replicate: { pace: SLOW_PACE } });
  const beganAt = performance.now();
  const elapsed = (): number => performance.now() - beganAt;
  let onBack: (jobs: unknown) => void = () => undefined;
  const back = new Promise<unknown>((resolve) => (onBack = resolve));
  const bot = startBot({
    env: sandbox.env(),
    onLine: (line) => (isBackInLine(line) ? onBack(readJobs(line)) : undefined),
  });
  const bound = new AbortController();
  try {
    const gateway = sandbox.discord.waitForBot(LONGEST_START_MS).then(elapsed);
    const lost = bot.exited.then(({ code }) => {
      throw new Error(
        `Expected the bot to take up ${count} jobs, it ended with ${code}: ${bot.lines.slice(-3).join(' ')}`,
      );
    });
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Expected "${BACK_IN_LINE}" in the log within ${LONGEST_START_MS} ms.`)),
        LONGEST_START_MS,
      );
      bound.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    const both = Promise.all([gateway, back.then((jobs) => ({ jobs, ms: elapsed() }))]);
    const [gatewayMs, { jobs, ms }] = await Promise.race([both, lost, late]);
    if (jobs !== count) throw new Error(`Expected ${count} jobs back in line, the bot tells of ${String(jobs)}.`);
    return { readyMs: Math.max(gatewayMs, ms), gatewayMs };
  } finally {
    bound.abort();
    await bot.end('SIGKILL');
    await sandbox.close();
  }
}

function isBackInLine(line: string): boolean {
  return line.includes(BACK_IN_LINE);
}

function readJobs(line: string): unknown {
  const log: unknown = JSON.parse(line);
  return typeof log === 'object' && log !== null && 'jobs' in log ? log.jobs : undefined;
}
