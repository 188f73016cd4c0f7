/** `/jobs list` and `/jobs clear`, drawn. Pure. */
import { ButtonStyle, ComponentType, type APIComponentInContainer } from 'discord-api-types/v10';
import type { Job, JobState } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { formatCustomId } from './custom-id.ts';
import { formatListId, type ClearChoice, type ListPlace } from './list-id.ts';
import { quoteLine } from './markdown.ts';
import { button, privateCard, row, seconds, text, type PrivateCard } from './private-card.ts';

/** With a button and a text each, eight stay below Discord's 40 components of a message. */
export const JOBS_PER_PAGE = 8;
const PROMPT_SHOWN = 80;
const STATE_ORDER: readonly JobState[] = ['running', 'queued', 'done', 'partial', 'failed', 'cancelled'];

export interface ShownPage {
  place: ListPlace;
  jobs: readonly Job[];
  next: string | null;
}

export function renderJobList({ place, jobs, next }: ShownPage, locale: Locale): PrivateCard {
  const words = locale.jobs;
  const filter = filterWords(place, locale);
  const head = `### ${words.title}${filter === '' ? '' : `\n-# ${filter}`}`;
  const parts: APIComponentInContainer[] = [text(head)];
  parts.push(...jobs.map((job) => jobRow(job, locale)));
  if (jobs.length === 0) parts.push(text(next === null ? words.none : words.noneSoFar));
  const { trail } = place;
  const buttons = [];
  if (trail.length > 0) buttons.push(button(words.newer, formatListId({ ...place, trail: trail.slice(0, -1) })));
  if (next !== null) {
    const label = jobs.length < JOBS_PER_PAGE ? words.searchOlder : words.older;
    buttons.push(button(label, formatListId({ ...place, trail: [...trail, next] })));
  }
  if (buttons.length > 0) parts.push(row(buttons));
  return privateCard(COLOURS.queued, parts);
}

/** Two lines: what it was, and what became of it. Another's private picture is counted, not shown. */
function jobRow(job: Job, locale: Locale): APIComponentInContainer {
  const facts = [locale.states[job.state], `<t:${seconds(job.createdAt)}:R>`, `<@${job.userId}>`, `\`${job.id}\``];
  const prompt = job.private ? `*${locale.jobs.private}*` : `**${quoteLine(job.input.prompt, PROMPT_SHOWN)}**`;
  const line = text(`${prompt}\n-# ${facts.join(' · ')}`);
  if (job.private) return line;
  const details = formatCustomId({ action: 'details', jobId: job.id, argument: 'list' });
  return {
    type: ComponentType.Section,
    components: [line],
    accessory: button(locale.buttons.details, details),
  };
}

export interface ClearQuestion {
  choice: ClearChoice;
  /** Whether an age was named. */
  isAged: boolean;
  byState: ReadonlyMap<JobState, number>;
  total: number;
}

/** The question before anything is removed. */
export function renderClearQuestion({ choice, isAged, byState, total }: ClearQuestion, locale: Locale): PrivateCard {
  const words = locale.jobs;
  const open = (byState.get('queued') ?? 0) + (byState.get('running') ?? 0);
  const asksForOpen = choice.jobId !== null || choice.state === 'queued' || choice.state === 'running';
  const age = isAged ? [locale.jobs.askedBefore(seconds(choice.createdBefore))] : [];
  const filter = [filterWords(choice, locale), ...age].filter((part) => part !== '').join(' · ');
  const hint = asksForOpen ? [] : [`-# ${words.openAreLeft}`];
  if (total === 0) {
    const title = choice.jobId === null ? words.nothingToClear : words.noSuchJob;
    return privateCard(COLOURS.queued, [text([`### ${title}`, ...lineOf(filter), ...hint].join('\n'))]);
  }
  const lines = [`### ${words.clearQuestion(total)}`, ...lineOf(filter), countLine(byState, locale), words.clearMeans];
  if (open > 0) lines.push(words.openAreCancelled(open));
  return privateCard(COLOURS.failed, [
    text(lines.join('\n')),
    row([
      button(words.clearNow(total), formatListId(choice), ButtonStyle.Danger),
      button(words.keepThem, formatListId({ kind: 'keep' })),
    ]),
    ...hint.map(text),
  ]);
}

function countLine(byState: ReadonlyMap<JobState, number>, locale: Locale): string {
  return STATE_ORDER.filter((state) => byState.has(state))
    .map((state) => `**${byState.get(state) ?? 0}** ${locale.states[state]}`)
    .join(' · ');
}

function filterWords({ state, userId, ...rest }: ListPlace | ClearChoice, locale: Locale): string {
  const parts = [];
  if (state !== null) parts.push(locale.jobs.withStatus(locale.states[state]));
  if (userId !== null) parts.push(locale.jobs.ofUser(`<@${userId}>`));
  if ('jobId' in rest && rest.jobId !== null) parts.push(locale.card.job(rest.jobId));
  return parts.join(' · ');
}

function lineOf(filter: string): string[] {
  return filter === '' ? [] : [`-# ${filter}`];
}
