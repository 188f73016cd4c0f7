/** The two bots, each as a process of its own beside a fresh sandbox, in turn. */
import { join } from 'node:path';
import { startBot } from '../../sandbox/bot.ts';
import type { BotProcess } from '../../sandbox/interface.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/sandbox.ts';
import { measureCrowd, type CrowdAsk, type CrowdResult } from './crowd.ts';
import { medianOfEach } from './statistics.ts';

export interface Contest {
  runs: number;
  crowd: Pick<CrowdAsk, 'users' | 'optionsFor' | 'side'>;
  replicate?: NonNullable<SandboxOptions['replicate']>;
  /** Settings of Darkroom, beside those it needs to be there. */
  darkroom: Record<string, string>;
  /** Settings of the bare bot. */
  bare: Record<string, string>;
}

const START_WAIT_MS = 20_000;
const LOOK_EVERY_MS = 20;
const BARE_BOT = join(import.meta.dirname, 'bare-bot.js');

/** Alternating, so that whatever else the machine does meets both; the median of each figure. */
export async function holdContest(contest: Contest): Promise<Record<'darkroom' | 'bare', CrowdResult>> {
  const results: Record<'darkroom' | 'bare', CrowdResult[]> = { darkroom: [], bare: [] };
  for (let run = 0; run < contest.runs; run++) {
    const darkroom = runOnce(contest, (env) => startBot({ env: { ...env, ...contest.darkroom } }));
    results.darkroom.push(await named('Darkroom', darkroom));
    const bare = runOnce(contest, (env) => startBot({ env: { ...env, ...contest.bare }, entry: BARE_BOT }));
    results.bare.push(await named('the bare bot', bare));
  }
  return { darkroom: medianOfEach(results.darkroom), bare: medianOfEach(results.bare) };
}

async function named<T>(name: string, run: Promise<T>): Promise<T> {
  return run.catch((error: unknown) => {
    throw new Error(`${name} broke: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
}

async function runOnce(
  { crowd, replicate = {} }: Contest,
  start: (env: Record<string, string>) => BotProcess,
): Promise<CrowdResult> {
  const sandbox = await startSandbox({ replicate });
  try {
    const bot = start(sandbox.env());
    try {
      await waitForCommand(sandbox, bot);
      return await measureCrowd({ ...crowd, sandbox, bot });
    } finally {
      await bot.end('SIGKILL');
    }
  } finally {
    await sandbox.close();
  }
}

async function waitForCommand({ discord }: Sandbox, bot: BotProcess): Promise<void> {
  const guildId = discord.guilds[0]?.id ?? '';
  for (let waited = 0; waited < START_WAIT_MS; waited += LOOK_EVERY_MS) {
    if (discord.isBotConnected() && discord.commands(guildId).some(({ name }) => name === 'generate')) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`Expected /generate within ${START_WAIT_MS} ms, got: ${bot.lines.slice(-3).join(' ')}`);
}
