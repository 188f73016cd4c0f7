/** `Details` of a finished job, and the question before it is deleted. Pure. */
import { ButtonStyle, ComponentType, type APIComponentInContainer } from 'discord-api-types/v10';
import type { Item, Job } from '../jobs/job.ts';
import { varyPrompt } from '../jobs/variations.ts';
import type { Locale } from '../locales/locale.ts';
import { attemptLines, code, duration, isSeedLeftOut } from './attempt-lines.ts';
import { COLOURS } from './colours.ts';
import { costFact } from './cost-line.ts';
import { formatCustomId } from './custom-id.ts';
import { nameItem } from './item-words.ts';
import { quoteLine } from './markdown.ts';
import { button, privateCard, row, seconds, text, type PrivateCard } from './private-card.ts';
import { originOf } from './result-lines.ts';

export interface DetailsView {
  job: Job;
  /** The message of the card it was asked from; null where there is none (a list). */
  cardMessageId: string | null;
  /** Whether the reader may delete it. */
  mayDelete: boolean;
  locale: Locale;
}

/** Prompts too long for the card, or too many for it, go along whole as a file. */
export interface DetailsCard {
  body: PrivateCard;
  promptFile: { name: string; text: string } | null;
}

/** All texts of a message share so many characters (Discord: components, "Text Display"). */
const TEXT_LIMIT = 4_000;
/** Escaping may double it. */
const PROMPT_SHOWN = 900;
/** Of several prompts the file tells all. */
const SHARED_PROMPT_SHOWN = 200;
const NEGATIVE_SHOWN = 200;
const SETTINGS_SHOWN = 300;
const PROMPT_FILE = 'prompt.txt';
const PROMPTS_FILE = 'prompts.txt';

export function renderDetails({ job, cardMessageId, mayDelete, locale }: DetailsView): DetailsCard {
  const prompts = readPrompts(job, locale);
  const head = [
    `### ${locale.details.title}`,
    factLines(job, locale).join('\n'),
    promptLines(job, prompts, locale).join('\n'),
  ];
  const foot = `-# ${locale.card.job(job.id)}`;
  const left = TEXT_LIMIT - [...head, foot].reduce((sum, part) => sum + part.length, 0);
  const parts: APIComponentInContainer[] = head.map(text);
  const { file } = prompts;
  if (file !== null) parts.push({ type: ComponentType.File, file: { url: `attachment://${file.name}` } });
  for (const item of job.items) parts.push(text(itemLines(job, item, locale, left / job.items.length)));
  parts.push(text(foot));
  if (mayDelete) parts.push(row([deleteButton(job, cardMessageId, locale)]));
  return { body: privateCard(COLOURS.queued, parts), promptFile: file };
}

/** Asked once more, since it cannot be undone. */
export function renderDeleteQuestion(job: Job, cardMessageId: string | null, locale: Locale): PrivateCard {
  const argument = cardMessageId;
  return privateCard(COLOURS.failed, [
    text(
      `### ${locale.details.deleteQuestion(job.input.kind, job.result.length)}\n${locale.details.deleteMeans}\n-# ${locale.card.job(job.id)}`,
    ),
    row([
      button(
        locale.buttons.deleteNow,
        formatCustomId({ action: 'delete-now', jobId: job.id, argument }),
        ButtonStyle.Danger,
      ),
      button(locale.buttons.keep, formatCustomId({ action: 'keep', jobId: job.id, argument })),
    ]),
  ]);
}

function deleteButton(job: Job, argument: string | null, locale: Locale): ReturnType<typeof button> {
  return button(
    locale.buttons.delete,
    formatCustomId({ action: 'delete', jobId: job.id, argument }),
    ButtonStyle.Danger,
  );
}

function factLines(job: Job, locale: Locale): string[] {
  const { details, providers, states } = locale;
  const { input } = job;
  const provider = providers[input.provider] ?? input.provider;
  const models = input.provider === 'local' ? [] : listModels(job);
  const facts: [string, string][] = [
    [details.status, states[job.state]],
    [details.service, [provider, ...models.map(code)].join(' · ')],
  ];
  const [item] = job.items;
  // A failed one may have had a seed for each attempt, and a set has one for each item; they stand with the attempts.
  if (item !== undefined && job.items.length === 1 && hasSeed(item))
    facts.push([details.seed, code(String(item.seed))]);
  if (input.aspectRatio !== null) facts.push([details.aspectRatio, input.aspectRatio]);
  if (input.durationSeconds !== null) facts.push([details.duration, details.seconds(input.durationSeconds)]);
  facts.push(...sourceFacts(job, locale));
  facts.push([details.asked, `<@${job.userId}> <t:${seconds(job.createdAt)}:f>`]);
  if (job.finishedAt !== null) facts.push([details.time, timesOf(job, locale)]);
  const cost = costFact(job, locale);
  if (cost !== null) facts.push(cost);
  return facts.map(([name, value]) => `**${name}** ${value}`);
}

/** Which job it follows, and what it starts from. */
function sourceFacts(job: Job, locale: Locale): [string, string][] {
  const { details, card } = locale;
  const origin = originOf(job, locale);
  return [
    ...(job.retryOf === null ? [] : ([[details.repeats, card.job(job.retryOf)]] satisfies [string, string][])),
    ...(origin.length === 0 ? [] : ([[details.starts, origin.join(', ')]] satisfies [string, string][])),
  ];
}

/** Every one that made something of it, or was to. */
function listModels({ items, input }: Job): string[] {
  const models = items.map(({ model }) => model ?? input.model).filter((model) => model !== null);
  return [...new Set(models)];
}

function hasSeed(item: Item): boolean {
  return item.attempt > 0 && !isSeedLeftOut(item);
}

/** Waiting for its turn and being made are told apart: only one of them is the service's. */
function timesOf({ createdAt, startedAt, finishedAt }: Job, { details }: Locale): string {
  if (finishedAt === null) return '';
  if (startedAt === null) return details.waited(duration(finishedAt - createdAt));
  return `${details.waited(duration(startedAt - createdAt))} · ${details.worked(duration(finishedAt - startedAt))}`;
}

interface SentPrompts {
  /** The one that all items were sent; null: each has its own. */
  shared: string | null;
  file: DetailsCard['promptFile'];
}

function readPrompts(job: Job, locale: Locale): SentPrompts {
  const sent = job.items.map((item) => ({ item, prompt: promptAsSent(job, item) }));
  const [shared = job.input.prompt, ...others] = new Set(sent.map(({ prompt }) => prompt));
  if (others.length === 0) {
    return { shared, file: shared.length > PROMPT_SHOWN ? { name: PROMPT_FILE, text: `${shared}\n` } : null };
  }
  const sections = sent.map(({ item, prompt }) => `${[nameItem(item.name, locale), prompt].join('\n\n')}\n`);
  return { shared: null, file: { name: PROMPTS_FILE, text: sections.join(`\n${'-'.repeat(60)}\n\n`) } };
}

/** As the last attempt sent it. */
function promptAsSent({ input }: Job, item: Item): string {
  return varyPrompt(input, item.name, item.attempts.at(-1)?.variation ?? item.variation);
}

function promptLines({ input }: Job, { shared }: SentPrompts, { details }: Locale): string[] {
  const lines =
    shared === null
      ? [
          `**${input.product === null ? details.prompt : details.product}**`,
          `> ${quoteLine(input.prompt, SHARED_PROMPT_SHOWN)}`,
          `-# ${details.promptsInFile(input.kind)}`,
        ]
      : [
          `**${shared === input.prompt ? details.prompt : details.promptAsSent}**`,
          `> ${quoteLine(shared, PROMPT_SHOWN)}`,
        ];
  const settings = Object.entries(input.settings).map(([name, value]) => `${name}=${value}`);
  if (settings.length > 0) lines.push(`**${details.settings}** ${quoteLine(settings.join(', '), SETTINGS_SHOWN)}`);
  if (input.negativePrompt !== null) {
    lines.push(`**${details.negativePrompt}** ${quoteLine(input.negativePrompt, NEGATIVE_SHOWN)}`);
  }
  return lines;
}

/** Its attempts; of several items with their names, and what the head tells of a single one. */
function itemLines(job: Job, item: Item, locale: Locale, budget: number): string {
  const heading = job.items.length === 1 ? `**${locale.details.attempts}**` : itemHeading(item, locale);
  const left = budget - heading.length - locale.details.earlier(99).length - 2;
  return [heading, ...attemptLines(item, locale, left)].join('\n');
}

function itemHeading(item: Item, locale: Locale): string {
  const { details, card } = locale;
  const facts = [
    ...(hasSeed(item) ? [card.seed(item.seed)] : []),
    ...(item.carriedFrom === null ? [] : [details.carried(item.carriedFrom)]),
  ];
  return [`**${nameItem(item.name, locale)}**`, ...facts].join(' · ');
}
