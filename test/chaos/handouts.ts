/** What finished cards give to whoever asks when the storm is over: the original files, and the details. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxMessage } from '../../sandbox/interface.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Job } from '../../src/jobs/job.ts';
import { buttonsOf, textOf } from '../end-to-end/world.ts';
import { readCard, readChannel } from './cards.ts';

export interface Handout {
  label: 'Download' | 'Details';
  jobId: string;
  /** Whether it was answered, and filled in. */
  isThere: boolean;
  text: string;
  /** SHA-256 of the files that came with it. */
  files: string[];
}

export interface HandoutsResult {
  downloads: number;
  details: number;
  violations: string[];
}

const WITH_FILES: ReadonlySet<string> = new Set(['Done', 'Partly done']);
/** Cards that are asked: the latest. */
const MOST_CARDS = 10;
const LONGEST_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** Presses both buttons of finished cards, one after the other, by the first of the viewers. No process may be killed meanwhile. */
export async function takeHandouts(sandbox: Sandbox, viewers: readonly string[]): Promise<Handout[]> {
  const [userId = ''] = viewers;
  const handouts: Handout[] = [];
  const done = readChannel(sandbox, [userId]).filter((message) => WITH_FILES.has(readCard(message)?.word ?? ''));
  for (const { message } of done.slice(-MOST_CARDS)) {
    for (const label of ['Download', 'Details'] as const) {
      const customId = buttonsOf(message).get(label);
      const jobId = customId?.split(':')[2] ?? '';
      const answer = customId === undefined ? null : await ask(sandbox, { userId, messageId: message.id, customId });
      handouts.push({
        label,
        jobId,
        isThere: answer !== null,
        text: answer === null ? '' : textOf(answer.message),
        files: answer === null ? [] : hashFiles(sandbox, answer),
      });
    }
  }
  return handouts;
}

/** null: no answer, or one that was never filled in. */
async function ask(
  { discord }: Sandbox,
  press: { userId: string; messageId: string; customId: string },
): Promise<SandboxMessage | null> {
  const outcome = await discord.press(press);
  if (outcome.status !== 'answered' || outcome.messageId === null) return null;
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const answer = discord.getMessage(outcome.messageId);
    if (answer?.isLoading === false) return answer;
    if (Date.now() > deadline) return null;
    await sleep(LOOK_EVERY_MS);
  }
}

function hashFiles({ discord }: Sandbox, { message }: SandboxMessage): string[] {
  return message.attachments.map(({ url }) => {
    const bytes = discord.readFile(url);
    return bytes === undefined ? 'gone' : createHash('sha256').update(bytes).digest('hex');
  });
}

/** Several come as one archive too. */
function isWhole(saved: readonly string[], files: readonly string[]): boolean {
  const others = files.filter((file) => !saved.includes(file));
  const originals = files.filter((file) => saved.includes(file));
  const isAll = saved.length > 0 && saved.toSorted().join() === originals.toSorted().join();
  return isAll && others.length === (saved.length > 1 ? 1 : 0);
}

export function checkHandouts(jobs: readonly Job[], handouts: readonly Handout[]): HandoutsResult {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const violations = handouts.flatMap(({ label, jobId, isThere, text, files }) => {
    if (!isThere) return [`${label} of job ${jobId} was not answered.`];
    const saved = (byId.get(jobId)?.result ?? []).map(({ sha256 }) => sha256);
    if (label === 'Details') return text.includes(jobId) ? [] : [`Details of job ${jobId} say nothing of it.`];
    return isWhole(saved, files)
      ? []
      : [`Download of job ${jobId} gave ${files.length} files that are not the ${saved.length} saved.`];
  });
  const count = (label: Handout['label']): number => handouts.filter((handout) => handout.label === label).length;
  return { downloads: count('Download'), details: count('Details'), violations };
}
