/** `Details` of a finished job, and the question before it is deleted. Pure. */
import { ButtonStyle, ComponentType, type APIComponentInContainer } from 'discord-api-types/v10';
import type { Attempt, Item, Job } from '../jobs/job.ts';
import { varyPrompt } from '../jobs/variations.ts';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { costFact } from './cost-line.ts';
import { formatCustomId } from './custom-id.ts';
import { plainText, quoteLine } from './markdown.ts';
import { button, privateCard, row, seconds, text, type PrivateCard } from './private-card.ts';

export interface DetailsView {
  job: Job;
  /** The message of the card it was asked from; null where there is none (a list). */
  cardMessageId: string | null;
  /** Whether the reader may delete it. */
  mayDelete: boolean;
  locale: Locale;
}

/** A prompt too long for the card goes along whole as a file. */
export interface DetailsCard {
  body: PrivateCard;
  promptFile: { name: string; text: string } | null;
}

/** All texts of a message share 4,000 characters (Discord: components, "Text Display"); escaping may double a prompt. */
const PROMPT_SHOWN = 900;
const NEGATIVE_SHOWN = 200;
const SETTINGS_SHOWN = 300;
/** Characters for the attempts of all items together; the oldest are left out first. */
const ATTEMPTS_SHOWN = 1_200;
const PROMPT_FILE = 'prompt.txt';

export function renderDetails({ job, cardMessageId, mayDelete, locale }: DetailsView): DetailsCard {
  const words = locale.details;
  const sent = promptAsSent(job);
  const isLong = sent.length > PROMPT_SHOWN;
  const parts: APIComponentInContainer[] = [
    text(`### ${words.title}`),
    text(factLines(job, locale).join('\n')),
    text(promptLines(job, sent, locale).join('\n')),
  ];
  if (isLong) parts.push({ type: ComponentType.File, file: { url: `attachment://${PROMPT_FILE}` } });
  for (const item of job.items) parts.push(text(attemptLines(job, item, locale)));
  parts.push(text(`-# ${locale.card.job(job.id)}`));
  if (mayDelete) parts.push(row([deleteButton(job, cardMessageId, locale)]));
  return {
    body: privateCard(COLOURS.queued, parts),
    promptFile: isLong ? { name: PROMPT_FILE, text: `${sent}\n` } : null,
  };
}

/** Asked once more, since it cannot be undone. */
export function renderDeleteQuestion(job: Job, cardMessageId: string | null, locale: Locale): PrivateCard {
  const argument = cardMessageId;
  return privateCard(COLOURS.failed, [
    text(`### ${locale.details.deleteQuestion}\n${locale.details.deleteMeans}\n-# ${locale.card.job(job.id)}`),
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
  const [item] = job.items;
  const model = item?.model ?? input.model;
  const provider = providers[input.provider] ?? input.provider;
  const facts: [string, string][] = [
    [details.status, states[job.state]],
    [details.service, model === null || input.provider === 'local' ? provider : `${provider} · ${code(model)}`],
  ];
  // A failed one may have had a seed for each attempt; they stand with the attempts.
  if (item !== undefined && item.attempt > 0 && !isSeedLeftOut(item))
    facts.push([details.seed, code(String(item.seed))]);
  if (input.aspectRatio !== null) facts.push([details.aspectRatio, input.aspectRatio]);
  facts.push([details.asked, `<@${job.userId}> <t:${seconds(job.createdAt)}:f>`]);
  if (job.finishedAt !== null) facts.push([details.time, timesOf(job, locale)]);
  const cost = costFact(job, locale);
  if (cost !== null) facts.push(cost);
  return facts.map(([name, value]) => `**${name}** ${value}`);
}

/** Waiting for its turn and being made are told apart: only one of them is the service's. */
function timesOf({ createdAt, startedAt, finishedAt }: Job, { details }: Locale): string {
  if (finishedAt === null) return '';
  if (startedAt === null) return details.waited(duration(finishedAt - createdAt));
  return `${details.waited(duration(startedAt - createdAt))} · ${details.worked(duration(finishedAt - startedAt))}`;
}

function promptLines({ input }: Job, sent: string, { details }: Locale): string[] {
  const lines = [`**${sent === input.prompt ? details.prompt : details.promptAsSent}**`];
  lines.push(`> ${quoteLine(sent, PROMPT_SHOWN)}`);
  const settings = Object.entries(input.settings).map(([name, value]) => `${name}=${value}`);
  if (settings.length > 0) lines.push(`**${details.settings}** ${quoteLine(settings.join(', '), SETTINGS_SHOWN)}`);
  if (input.negativePrompt !== null) {
    lines.push(`**${details.negativePrompt}** ${quoteLine(input.negativePrompt, NEGATIVE_SHOWN)}`);
  }
  return lines;
}

/** As the last attempt sent it. */
function promptAsSent(job: Job): string {
  const variation = Math.max(0, ...job.items.map((item) => item.attempts.at(-1)?.variation ?? item.variation));
  return varyPrompt(job.input, job.items[0]?.name ?? '', variation);
}

function attemptLines(job: Job, item: Item, locale: Locale): string {
  const { details } = locale;
  const lines = item.attempts.map(
    (attempt, index) => `${attempt.number}. ${attemptLine(attempt, item.attempts[index - 1], locale)}`,
  );
  const shown = fitNewest(lines, ATTEMPTS_SHOWN / job.items.length);
  const earlier = lines.length - shown.length;
  const name = job.items.length > 1 ? `${item.name} · ` : '';
  return [
    `**${name}${details.attempts}**`,
    ...(earlier > 0 ? [details.earlier(earlier)] : []),
    ...shown,
    ...(lines.length === 0 ? [details.noAttempt] : []),
  ].join('\n');
}

/** The last lines that fit so many characters together; always the very last. */
function fitNewest(lines: readonly string[], budget: number): string[] {
  let start = lines.length;
  let left = budget;
  for (; start > 0; start -= 1) {
    left -= (lines[start - 1] ?? '').length;
    if (left < 0 && start < lines.length) break;
  }
  return lines.slice(start);
}

/** What came of it, how long it took, and what was changed against the one before. */
function attemptLine(attempt: Attempt, before: Attempt | undefined, locale: Locale): string {
  const { details, card } = locale;
  const { failure } = attempt;
  const status = failure?.providerStatus == null ? '' : ` (${code(failure.providerStatus)})`;
  const parts = [
    failure === null ? `**${locale.states.done}**` : `**${card.reason(failure.code)}**${status}`,
    details.took(duration(attempt.endedAt - attempt.startedAt)),
    details.at(seconds(attempt.startedAt)),
  ];
  const changes = before === undefined ? [] : changesOf(attempt, before, locale);
  if (changes.length > 0) parts.push(details.changed(changes.join(', ')));
  else if (before !== undefined) parts.push(details.unchanged);
  parts.push(...sentOtherwise(attempt, locale), ...fetchFacts(attempt, locale));
  return parts.join(' · ');
}

/** Where the service takes none, the bot's own says nothing about the picture. */
function isSeedLeftOut({ changes }: Pick<Attempt, 'changes'>): boolean {
  return changes.some(({ field, to }) => field === 'seed' && to === null);
}

/** What the service does not take as it was asked for. */
function sentOtherwise({ changes }: Attempt, { details }: Locale): string[] {
  return changes
    .filter(({ field }) => field !== 'seed')
    .map(({ field, to }) => (to === null ? details.leftOut(code(field)) : details.sentAs(code(field), code(to))));
}

/** Only what was not fetched at once is worth a word. */
function fetchFacts({ fetches, failure }: Attempt, { details }: Locale): string[] {
  const { tries, lastFailure } = fetches;
  if (lastFailure === null) return [];
  const status = code(lastFailure.providerStatus ?? lastFailure.code);
  return [failure === null ? details.fetched(tries, status) : details.notFetched(tries, status)];
}

function changesOf(attempt: Attempt, before: Attempt, { details, card }: Locale): string[] {
  const changes = [];
  if (attempt.seed !== before.seed && !isSeedLeftOut(attempt)) changes.push(details.newSeed(attempt.seed));
  if (attempt.variation !== before.variation) changes.push(card.variation(attempt.variation));
  // An attempt that was lost early never heard which model it would be.
  if (attempt.model !== before.model && before.model !== null && attempt.model !== null)
    changes.push(code(attempt.model));
  return changes;
}

/** Words of a provider, shown and never obeyed. */
function code(words: string): string {
  return `\`${plainText(words, 100).replaceAll('`', "'")}\``;
}

function duration(ms: number): string {
  return (Math.max(0, ms) / 1_000).toFixed(1);
}
