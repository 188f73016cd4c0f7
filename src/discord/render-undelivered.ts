/** Tells an asker of ends that no message could show. Pure. */
import type { APIComponentInContainer } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { formatCustomId } from './custom-id.ts';
import { quoteLine } from './markdown.ts';
import { button, privateCard, row, text, type PrivateCard } from './private-card.ts';

/** Four components each: with room to spare below Discord's 40 of a message. */
export const UNDELIVERED_AT_ONCE = 5;
const PROMPT_SHOWN = 80;

/** `more`: how many wait beside these. */
export function renderUndelivered(jobs: readonly Job[], more: number, locale: Locale): PrivateCard {
  const words = locale.undelivered;
  const parts: APIComponentInContainer[] = [text(`### ${words.title(jobs.length)}`)];
  for (const job of jobs) parts.push(text(linesOf(job, locale)), row(buttonsOf(job, locale)));
  if (more > 0) parts.push(text(words.more(more)));
  return privateCard(COLOURS.queued, parts);
}

function linesOf(job: Job, locale: Locale): string {
  const words = locale.undelivered;
  const done = job.private ? words.donePrivate : words.done(job.channelId);
  const sentence = job.result.length > 0 ? done : words.failed(job.channelId);
  return `${sentence}\n> ${quoteLine(job.input.prompt, PROMPT_SHOWN)}\n-# ${locale.card.job(job.id)}`;
}

function buttonsOf({ id: jobId, result }: Job, { buttons }: Locale): ReturnType<typeof button>[] {
  const details = button(buttons.details, formatCustomId({ action: 'details', jobId, argument: 'list' }));
  if (result.length === 0) return [details];
  return [button(buttons.download, formatCustomId({ action: 'download', jobId, argument: null })), details];
}
