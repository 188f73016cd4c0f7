/**
 * `npm run bench`: Darkroom beside a bare discord.js bot, on the sandbox. Prints a table and writes it as JSON.
 *
 *   --json FILE   where the JSON goes; default bench.json in the working directory
 *   --runs N      how often each bot runs; default 3, the median counts
 *   --only PART   crowd, painting, resume, writes or history alone
 *
 * Three processes, as in life: this one with the sandbox's Discord and Replicate, and one bot at a time. On two
 * cores the sandbox has one to itself, and its own work is in every figure of both bots alike.
 * Ends with 0 when it ran, whatever the figures say; with 1 when an answer or a card was lost.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { holdContest } from './contest.ts';
import type { CrowdResult } from './crowd.ts';
import { type HistoryResult, measureHistory } from './history.ts';
import { measurePainting, PAINTED, type PaintingResult } from './painting.ts';
import { makeModelPicture } from './pictures.ts';
import { formatNumber, judge, renderReport, type Section, type Target } from './report.ts';
import { measureResumes, type ResumeResult } from './resume.ts';
import { measureWrites, type WritesResult } from './writes.ts';

const PARTS = ['crowd', 'painting', 'resume', 'writes', 'history'];
const CROWD_USERS = 300;
const PAINTING_USERS = 30;
const ANSWER_MS = 2_000;
const SIDE = 1_024;
const OPEN_JOBS = [0, 1_000, 10_000];
const MANY_OPEN_JOBS = 10_000;
const ENDED_JOBS = [1_000, 100_000] as const;

type Pair = Record<'darkroom' | 'bare', CrowdResult>;

interface Results {
  crowd?: Pair;
  painting?: { single: Omit<PaintingResult, 'picture'>; crowd: Pair };
  resume?: ResumeResult[];
  writes?: WritesResult;
  history?: HistoryResult[];
}

const { values } = parseArgs({
  options: {
    json: { type: 'string', default: 'bench.json' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: PARTS },
  },
});

const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 20)
  throw new Error(`Expected --runs from 1 to 20, got ${values.runs}.`);
const unknown = values.only.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`Expected --only to be one of ${PARTS.join(', ')}, got ${unknown}.`);

const results = await measureAll(values.only, runs);
const targets = aimsOf(results);
process.stdout.write(`${renderReport(describe(results), targets)}\n`);
const machine = { node: process.version, cores: availableParallelism() };
const json = { at: new Date().toISOString(), machine, runs, ...results, targets: targets.map(judge) };
writeFileSync(values.json, `${JSON.stringify(json, null, 2)}\n`);
process.stdout.write(`\nwritten to ${values.json}\n`);

async function measureAll(parts: readonly string[], times: number): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
  const tell = (what: string): boolean => process.stderr.write(`${what} …\n`);
  try {
    const measured: Results = {};
    if (parts.includes('crowd')) {
      tell(`${CROWD_USERS} users at once`);
      measured.crowd = await measureModelCrowd(folder, times);
    }
    if (parts.includes('painting')) {
      tell(`${PAINTING_USERS} users painting`);
      measured.painting = await measureLocalPainting(folder, times);
    }
    if (parts.includes('resume')) {
      tell(`starts with ${OPEN_JOBS.join(', ')} open jobs`);
      measured.resume = await measureResumes(OPEN_JOBS, times);
    }
    if (parts.includes('writes')) {
      tell('durable writes');
      measured.writes = await measureWrites();
    }
    if (parts.includes('history')) {
      tell(`pages of the gallery with ${ENDED_JOBS.join(' and ')} jobs in the store`);
      measured.history = await measureHistory(ENDED_JOBS);
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureModelCrowd(folder: string, times: number): Promise<Pair> {
  const picture = await makeModelPicture();
  const file = join(folder, 'picture.webp');
  writeFileSync(file, picture.bytes);
  return holdContest({
    runs: times,
    crowd: {
      users: CROWD_USERS,
      side: SIDE,
      optionsFor: (user) => ({ prompt: `a beautiful sunset over mountains, view ${user}` }),
    },
    replicate: { pace: { queueMs: 0, workMs: ANSWER_MS }, picture },
    darkroom: { CONCURRENCY: String(CROWD_USERS) },
    bare: { PICTURE_FILE: file, WAIT_MS: String(ANSWER_MS) },
  });
}

async function measureLocalPainting(folder: string, times: number): Promise<NonNullable<Results['painting']>> {
  const { picture, ...single } = await measurePainting();
  const file = join(folder, 'pixels');
  writeFileSync(file, picture.pixels);
  const crowd = await holdContest({
    runs: times,
    crowd: {
      users: PAINTING_USERS,
      side: picture.width,
      optionsFor: () => ({ ...PAINTED, provider: 'local' }),
    },
    darkroom: { CONCURRENCY: String(CROWD_USERS) },
    bare: { PIXELS_FILE: file, PIXELS_WIDTH: String(picture.width) },
  });
  return { single, crowd };
}

function aimsOf({ crowd, painting, resume, history }: Results): Target[] {
  const aims: Target[] = [];
  const aim = (what: string, measured: number, most: number, unit: string): number =>
    aims.push({ what, measured, most, unit });
  if (crowd !== undefined) {
    const { darkroom, bare } = crowd;
    aim(`ack p99 of ${CROWD_USERS} users, against the bare bot`, darkroom.ackP99 / bare.ackP99, 1.1, ' times');
    aim('last final card, against the bare bot', darkroom.lastCard / bare.lastCard, 0.6, ' times');
    aim('answers that met a 429', darkroom.limitedAnswers, 0, '');
  }
  if (painting !== undefined) {
    const { single, crowd: pair } = painting;
    aim('one local picture, against its PNG encoding by sharp', single.paintMs / single.sharpMs, 3, ' times');
    aim('ack p99 under painting, against the bare bot', pair.darkroom.ackP99 / pair.bare.ackP99, 1.5, ' times');
  }
  const many = resume?.find(({ jobs }) => jobs === MANY_OPEN_JOBS);
  if (many !== undefined) aim(`${formatNumber(many.jobs)} open jobs back in line`, many.readyMs / 1_000, 2, ' s');
  const [few, most] = history ?? [];
  if (few !== undefined && most !== undefined) {
    aim(
      `newest gallery page, ${formatNumber(most.jobs)} jobs against ${formatNumber(few.jobs)}`,
      most.newest / few.newest,
      2,
      ' times',
    );
    aim(`one look for nothing among ${formatNumber(most.jobs)} jobs`, most.nothing, 100, ' ms');
  }
  return aims;
}

function describe({ crowd, painting, resume, writes, history }: Results): Section[] {
  const sections: Section[] = [];
  if (crowd !== undefined)
    sections.push(describePair(`${CROWD_USERS} users at once, ${ANSWER_MS / 1_000} s of work`, crowd));
  if (painting !== undefined) {
    const { single } = painting;
    sections.push(describePair(`${PAINTING_USERS} users painting`, painting.crowd), {
      title: 'One local picture',
      columns: ['painted and encoded', 'encoded by sharp'],
      rows: [
        { what: 'time, ms', values: [formatNumber(single.paintMs), formatNumber(single.sharpMs)] },
        {
          what: 'size, kB',
          values: [formatNumber(single.paintedBytes / 1_000), formatNumber(single.sharpBytes / 1_000)],
        },
      ],
    });
  }
  if (resume !== undefined) {
    sections.push({
      title: 'Start after kill -9',
      columns: ['gateway ready, ms', 'and all back in line, ms'],
      rows: resume.map(({ jobs, gatewayMs, readyMs }) => ({
        what: `${formatNumber(jobs)} open jobs`,
        values: [formatNumber(gatewayMs), formatNumber(readyMs)],
      })),
    });
  }
  if (writes !== undefined) {
    sections.push({
      title: 'Durable writes',
      columns: ['a second'],
      rows: [
        { what: 'new jobs, one after another', values: [formatNumber(writes.newJobs)] },
        { what: 'job saves, one after another', values: [formatNumber(writes.savesInTurn)] },
        { what: 'job saves, many at once', values: [formatNumber(writes.savesAtOnce)] },
        { what: 'records straight into the database', values: [formatNumber(writes.rawRecords)] },
        { what: 'appends to a file with fdatasync', values: [formatNumber(writes.rawAppends)] },
      ],
    });
  }
  if (history !== undefined) sections.push(describeHistory(history));
  return sections;
}

function describePair(title: string, { darkroom, bare }: Pair): Section {
  const names: [string, keyof CrowdResult][] = [
    ['ack p50, ms', 'ackP50'],
    ['ack p99, ms', 'ackP99'],
    ['ack max, ms', 'ackMax'],
    ['last final card, ms', 'lastCard'],
    ['peak memory, MB', 'peakMemory'],
    ['edits sent', 'edits'],
    ['429s met', 'limited'],
    ['429s met by answers', 'limitedAnswers'],
  ];
  return {
    title,
    columns: ['Darkroom', 'bare bot', 'ratio'],
    rows: names.map(([what, name]) => ({
      what,
      values: [
        formatNumber(darkroom[name]),
        formatNumber(bare[name]),
        bare[name] === 0 ? '' : formatNumber(darkroom[name] / bare[name]),
      ],
    })),
  };
}

function describeHistory(history: readonly HistoryResult[]): Section {
  const names: [string, 'newest' | 'middle' | 'nothing'][] = [
    ['newest page, ms', 'newest'],
    ['a page in the middle, ms', 'middle'],
    ['one look for what nobody made, ms', 'nothing'],
  ];
  const [few, most] = [history[0], history.at(-1)];
  return {
    title: 'Gallery',
    columns: [...history.map(({ jobs }) => `${formatNumber(jobs)} jobs`), 'ratio'],
    rows: names.map(([what, name]) => ({
      what,
      values: [
        ...history.map((result) => formatNumber(result[name])),
        formatNumber((most?.[name] ?? NaN) / (few?.[name] ?? NaN)),
      ],
    })),
  };
}
