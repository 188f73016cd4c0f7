/** What is left behind when a run is over, gathered from every side that has seen it. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxGeneration, SandboxMessage, SandboxPrediction, SandboxWebhook } from '../../sandbox/interface.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { HistoryEntry } from '../../src/jobs/ports.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openJobStore } from '../../src/store/job-store.ts';
import type { MetFault } from './faults.ts';
import type { LogLine } from './lives.ts';
import type { Handout } from './handouts.ts';
import type { Asked } from './members.ts';

/** The records, as a store that was ended in order holds them. */
export interface Records {
  jobs: Job[];
  /** Ids still listed as open. */
  open: string[];
  /** Of the server, newest first. */
  history: HistoryEntry[];
  /** Keys of records that could not be read. */
  unreadable: string[];
  /** Ids. */
  drafts: string[];
  /** Ids of jobs that are gone. */
  removed: string[];
}

export interface Evidence extends Records {
  lines: readonly LogLine[];
  /** Processes that were started. */
  lives: number;
  /** Ends of processes that nobody asked for. */
  brokenEnds: readonly string[];
  predictions: readonly SandboxPrediction[];
  generations: readonly SandboxGeneration[];
  /** null: none were asked for in this run. */
  webhooks: readonly SandboxWebhook[] | null;
  /** When processes were killed, and when the gateway lost the bot: as `Date.now()` tells it. */
  killedAt: readonly number[];
  goneAt: readonly number[];
  /** What finished cards handed out when all was quiet again. */
  handouts: readonly Handout[];
  /** Everything the bot has written in the channel, whoever sees it. */
  messages: readonly SandboxMessage[];
  faults: readonly MetFault[];
  asked: readonly Asked[];
  /** Those that files of jobs and drafts lie in. */
  folders: readonly string[];
  /** Where they are. */
  assetFolder: string;
}

const MOST_HISTORY_PAGES = 200;
const FILES = ['darkroom.sqlite', 'darkroom.sqlite-wal', 'darkroom.sqlite-shm'];

/** Reads a copy, so that looking changes nothing of what the bot left in `folder`. No bot may run meanwhile. */
export async function readRecords(folder: string, guildId: string): Promise<Records> {
  const copy = join(folder, 'copy');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const file of FILES) if (existsSync(join(folder, file))) cpSync(join(folder, file), join(copy, file));
  const database = await openDatabase({ url: `sqlite://${join(copy, 'darkroom.sqlite')}` });
  const unreadable: string[] = [];
  const onUnreadable = (key: string): unknown => unreadable.push(key);
  try {
    const open = await database.listKeys('open');
    const store = await openJobStore({ database, onUnreadable, removeFiles: async () => undefined });
    const found = await Promise.all((await database.listKeys('job')).map((id) => store.get(id)));
    const history: HistoryEntry[] = [];
    let from: string | null = null;
    for (let page = 0; page < MOST_HISTORY_PAGES && (page === 0 || from !== null); page++) {
      const answer = await store.history.list({ scope: { guildId }, matches: () => true, from, limit: 100 });
      history.push(...answer.entries);
      from = answer.next;
    }
    const [drafts, removed] = await Promise.all([database.listKeys('draft'), database.listKeys('removed')]);
    return { jobs: found.filter((job) => job !== undefined), open, history, unreadable, drafts, removed };
  } finally {
    await database.close();
  }
}
