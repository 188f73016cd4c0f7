/**
 * A card as a pure function of the saved job and what surrounds it. Draws Discord's Components V2; sends
 * nothing, reads nothing, knows no clock of its own.
 *
 * The status word comes first, before any bar, and state is never told by colour alone.
 */
import {
  ComponentType,
  MessageFlags,
  SeparatorSpacingSize,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APIMessageTopLevelComponent,
} from 'discord-api-types/v10';
import type { Asset, ErrorCode, Failure, FailureReason, InputChange, Item, Job, Kind } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { buttonRows, isToldHold, offersPreview } from './card-buttons.ts';
import { COLOURS } from './colours.ts';
import { plainText, quoteLine } from './markdown.ts';
import { seconds, text } from './private-card.ts';

export interface CardContext {
  now: number;
  locale: Locale;
  /** Place in line of each queued item, where known. */
  positions: ReadonlyMap<string, number>;
  /** 0 to 1 for items whose provider tells. */
  progress: ReadonlyMap<string, number>;
  /** Why its provider is not asked to begin anything now; null: nothing keeps it. */
  hold: { until: number; reason: FailureReason } | null;
  /** Configured providers. */
  providers: readonly { name: string; isPaid: boolean; kinds: readonly Kind[] }[];
  fallback: 'ask' | 'auto' | 'never';
  /** For a private card: when live updates end; null for others. */
  updatesEndAt: number | null;
}

export interface CardMessage {
  body: { flags: number; components: APIMessageTopLevelComponent[]; allowed_mentions: { parse: never[] } };
  /** Assets to be uploaded with it, by the names its components refer to. */
  files: { name: string; asset: Asset; description: string }[];
}

export interface Notice {
  flags: number;
  components: APIMessageTopLevelComponent[];
  allowed_mentions: { parse: never[] };
}

type CardStatus = keyof Locale['status'];
type CardFile = CardMessage['files'][number];

const PROMPT_SHOWN = 300;
/** Discord's limit for alt text (components, "Unfurled Media Item"). */
const ALT_TEXT_LIMIT = 1_000;
/** From this place on the line is too long to be worth a number. */
const LAST_SHOWN_POSITION = 10;
const BAR_CELLS = 10;
/** What the same request meets again, however often. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AUTH_ERROR', 'QUOTA_EXCEEDED', 'VALIDATION_ERROR']);
/** What no other try mends soon. */
const PREVIEW_HELPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['TIMEOUT', 'AUTH_ERROR', 'QUOTA_EXCEEDED']);
/** A gallery takes ten pictures (Discord: components, "Media Gallery"). */
const GALLERY_LIMIT = 10;

/** The card of a job, whatever its state. */
export function renderCard(job: Job, context: CardContext): CardMessage {
  const status = statusOf(job);
  const files = filesOf(job, context);
  const parts: APIComponentInContainer[] = [text(headline(job, status, context)), text(quote(job))];
  const body = bodyLines(job, status, context);
  if (body !== '') parts.push(text(body));
  if (files.length > 0) parts.push(gallery(files));
  parts.push(text(footer(job, context)));
  // Under a picture a line sets the buttons apart; a card of three lines is only made heavy by it.
  if (files.length > 0) {
    parts.push({ type: ComponentType.Separator, divider: true, spacing: SeparatorSpacingSize.Small });
  }
  parts.push(...buttonRows(job, context));
  return {
    body: message([{ type: ComponentType.Container, accent_color: COLOURS[status], components: parts }]),
    files,
  };
}

/** The same card in words alone, for when Discord refuses the full one: no prompt, no picture, its buttons. */
export function renderFallbackText(job: Job, context: CardContext): CardMessage {
  const status = statusOf(job);
  const lines = [headline(job, status, context)];
  if (job.result.length > 0) lines.push(context.locale.card.withoutPicture);
  lines.push(`-# ${context.locale.card.job(job.id)}`);
  const container: APIContainerComponent = {
    type: ComponentType.Container,
    accent_color: COLOURS[status],
    components: [text(lines.join('\n')), ...buttonRows(job, context)],
  };
  return { body: message([container]), files: [] };
}

/** What is left of a card whose job was removed before the card could show its end. */
export function renderRemoved(removedAt: number, locale: Locale): CardMessage {
  const words = text(locale.refusals.removed(seconds(removedAt)));
  return {
    body: message([{ type: ComponentType.Container, accent_color: COLOURS.cancelled, components: [words] }]),
    files: [],
  };
}

/** One sentence to one person, or to the channel. */
export function renderNotice(sentence: string, { isEphemeral }: { isEphemeral: boolean }): Notice {
  const notice = message([{ type: ComponentType.TextDisplay, content: sentence }]);
  return { ...notice, flags: notice.flags | (isEphemeral ? MessageFlags.Ephemeral : 0) };
}

function message(components: APIMessageTopLevelComponent[]): CardMessage['body'] {
  return { flags: MessageFlags.IsComponentsV2, components, allowed_mentions: { parse: [] } };
}

/** `retrying` only while every open item waits: as long as one is at work, the job is. */
function statusOf(job: Job): CardStatus {
  if (job.state === 'queued' || isFinal(job)) return job.state as CardStatus;
  const open = job.items.filter(
    (item) => item.state !== 'done' && item.state !== 'failed' && item.state !== 'cancelled',
  );
  return open.every((item) => item.state === 'waiting') ? 'retrying' : 'generating';
}

/** The word, and what is worth as much as it: where in line, which attempt, how many of a set. */
function headline(job: Job, status: CardStatus, context: CardContext): string {
  const { locale } = context;
  const word = `### ${locale.status[status]}`;
  if (job.cancelRequest !== null && !isFinal(job)) return `${word} · ${locale.card.cancelling}`;
  const [item] = job.items;
  if (item === undefined) return word;
  if (status === 'partial') return `${word} · ${locale.card.of(countDone(job), job.items.length)}`;
  if (job.items.length > 1) return word;
  if (status === 'queued') {
    const place = positionWords(context.positions.get(item.name), locale);
    return place === '' ? word : `${word} · ${place}`;
  }
  return status === 'retrying' ? `${word} · ${locale.card.attempt(item.attempt + 1, job.maxRetries + 1)}` : word;
}

function countDone(job: Job): number {
  return job.items.filter((item) => item.state === 'done').length;
}

function quote(job: Job): string {
  return `> ${quoteLine(job.input.prompt, PROMPT_SHOWN)}`;
}

function bodyLines(job: Job, status: CardStatus, context: CardContext): string {
  if (job.items.length > 1 && !isFinal(job)) {
    return job.items.map((item) => `**${item.name}** ${itemLine(job, item, context)}`).join('\n');
  }
  const [item] = job.items;
  if (item === undefined) return '';
  switch (status) {
    case 'done':
    case 'partial':
      return resultLines(job, context);
    case 'cancelled':
      return stoppedLine(job, context.locale);
    case 'failed':
      return failureLines(job, context);
    case 'queued':
      return holdLine(job, context);
    case 'retrying':
      return item.state === 'waiting' ? waitLines(job, item, context) : '';
    case 'generating':
      return itemLine(job, item, context);
  }
}

/** What an item is at, in words. */
function itemLine(job: Job, item: Item, context: CardContext): string {
  const { locale } = context;
  switch (item.state) {
    case 'queued':
      return positionWords(context.positions.get(item.name), locale) || locale.status.queued;
    case 'starting':
    case 'running':
      return progressLine(item, context);
    case 'collecting':
      return locale.card.fetching;
    case 'waiting':
      return waitLine(job, item, locale);
    case 'failed':
      return `${locale.card.reason(item.failure.code)} ${describeFailure(item.failure, locale)}`;
    case 'done':
      return locale.status.done;
    case 'cancelled':
      return locale.status.cancelled;
  }
}

/** Why nobody's turn comes. */
function holdLine({ input }: Job, context: CardContext): string {
  const { hold, locale } = context;
  if (hold === null || !isToldHold(context)) return '';
  if (hold.reason === 'disk-full') return locale.card.heldByDisk;
  const provider = locale.providers[input.provider] ?? input.provider;
  const describe = hold.reason === 'rate-limit' ? locale.card.heldByPause : locale.card.heldByTrouble;
  return describe(provider, seconds(hold.until));
}

/** Who stopped it, where it was not the asker. */
function stoppedLine({ cancelRequest, userId }: Job, { card }: Locale): string {
  return cancelRequest === null || cancelRequest.userId === userId
    ? card.stopped
    : card.stoppedBy(cancelRequest.userId);
}

/** Empty where the line is too long to be worth a number. */
function positionWords(position: number | undefined, locale: Locale): string {
  return position === undefined || position > LAST_SHOWN_POSITION ? '' : locale.card.position(position);
}

/** The number before the bar: a screen reader comes to it first. Nothing done yet is told by the time alone. */
function progressLine(item: Item, { progress, locale }: CardContext): string {
  const told = progress.get(item.name);
  const fraction = told === undefined || Number.isNaN(told) ? 0 : Math.min(1, Math.max(0, told));
  const percent = Math.round(fraction * 100);
  const facts = [
    ...(item.attemptStartedAt === null ? [] : [locale.card.since(seconds(item.attemptStartedAt))]),
    ...(item.variation > 0 ? [locale.card.variation(item.variation)] : []),
  ];
  const small = facts.length === 0 ? [] : [`-# ${facts.join(' · ')}`];
  if (percent === 0) return small.join('');
  const cells = Math.round(fraction * BAR_CELLS);
  const bar = '▰'.repeat(cells) + '▱'.repeat(BAR_CELLS - cells);
  return [`${locale.card.percent(percent)} ${bar}`, ...small].join('\n');
}

/** One line for an item among others. */
function waitLine(job: Job, item: Item & { state: 'waiting' }, { card }: Locale): string {
  const parts = [
    card.attempt(item.attempt + 1, job.maxRetries + 1),
    card.reason(item.failure.code),
    card.at(seconds(item.until)),
  ];
  if (item.variation > 0) parts.push(card.variation(item.variation));
  return parts.join(' · ');
}

/** What went wrong and when it goes on, in words; the code for those who look it up. */
function waitLines(job: Job, item: Item & { state: 'waiting' }, context: CardContext): string {
  const { locale, hold } = context;
  const { card } = locale;
  const facts = [card.reason(item.failure.code)];
  if (item.variation > 0) facts.push(card.variation(item.variation));
  const cause = item.failure.reason === 'answer-lost' ? card.answerLost : locale.causes[item.failure.code];
  const next = (item.variation > 0 ? card.nextTryChanged : card.nextTry)(seconds(item.until));
  // Its own time means nothing while the service is left alone for longer.
  const held = hold !== null && hold.until > item.until ? holdLine(job, context) : '';
  return `${held === '' ? `${cause} ${next}` : held}\n-# ${facts.join(' · ')}`;
}

function failureLines(job: Job, context: CardContext): string {
  const { locale } = context;
  const item = job.items.find((each) => each.state === 'failed');
  if (item?.state !== 'failed') return '';
  const { card } = locale;
  const isHopeless = HOPELESS.has(item.failure.code) && item.retryCount === 0 && job.maxRetries > 0;
  const retries = isHopeless ? card.noRetries(job.maxRetries) : card.retries(item.retryCount, job.maxRetries);
  const sentences = [describeFailure(item.failure, locale)];
  if (PREVIEW_HELPS.has(item.failure.code) && offersPreview(job, context)) sentences.push(card.previewHelps);
  return `${sentences.join(' ')}\n-# ${card.reason(item.failure.code)} · ${retries}`;
}

/** The user's sentence for a failure. Details may come from a provider, and a model name from a user: shown, never obeyed. */
export function describeFailure({ reason, details }: Failure, locale: Locale): string {
  const inert = Object.fromEntries(
    // The sentences put them in code, where a grave accent is the only way out.
    Object.entries(details).map(([name, value]) => [name, plainText(value, 200).replaceAll('`', "'")]),
  );
  return locale.failures[reason](inert);
}

function resultLines(job: Job, { locale }: CardContext): string {
  const lines: string[] = [];
  const first = job.fallbackFrom;
  if (first !== null && job.input.provider === 'local') {
    lines.push(locale.card.previewInstead(locale.providers[first] ?? first));
  } else if (first !== null) lines.push(locale.card.fellBackFrom(locale.providers[first] ?? first));
  const changes = (job.items[0]?.changes ?? []).filter((change) => isAskedFor(change, job));
  if (changes.length > 0) lines.push(locale.card.sentOtherwise(changes.map((change) => changeWords(change, locale))));
  const tooLarge = job.result.find((asset) => asset.bytes > job.attachmentSizeLimit);
  if (tooLarge !== undefined) lines.push(locale.card.tooLargeToShow((tooLarge.bytes / 1_000_000).toFixed(1)));
  return lines.join('\n');
}

/** What the bot chose by itself is nobody's wish; Details tells all. For the sake of a picture another model may do the work. */
function isAskedFor({ field }: InputChange, { input, references }: Job): boolean {
  const asked = {
    aspect_ratio: input.aspectRatio,
    negative_prompt: input.negativePrompt,
    seed: input.seed,
    duration: input.durationSeconds,
  };
  const isOfPicture = references.length > 0 && (field === 'image' || field === 'model');
  const isOption = Object.entries(asked).some(([name, value]) => name === field && value !== null);
  return isOfPicture || isOption || field in input.settings;
}

function changeWords({ field, from, to }: InputChange, { card }: Locale): string {
  const [name, asked] = [plainText(field, 40), plainText(from, 40)];
  return to === null ? card.leftOut(name, asked) : card.changedTo(name, asked, plainText(to, 40));
}

/**
 * What anybody may want to know, small: whose it is (a card made by a button does not say), made with what, how
 * long it took, and the job's id. The rest is in `Details`.
 */
function footer(job: Job, context: CardContext): string {
  const { locale } = context;
  const { input } = job;
  const facts = [locale.card.askedBy(job.userId), locale.providers[input.provider] ?? input.provider];
  const model = input.model ?? (job.state === 'done' ? (job.items[0]?.model ?? null) : null);
  if (model !== null && input.provider !== 'local') facts.push(plainModel(model));
  if (input.aspectRatio !== null) facts.push(input.aspectRatio);
  const seed = shownSeed(job);
  if (seed !== null) facts.push(locale.card.seed(seed));
  if (job.state === 'done' && job.finishedAt !== null && job.startedAt !== null) {
    facts.push(locale.card.took(((job.finishedAt - job.startedAt) / 1_000).toFixed(1)));
  }
  facts.push(locale.card.job(job.id));
  const lines = [facts.join(' · ')];
  if (context.updatesEndAt !== null && !isFinal(job)) lines.push(locale.card.updatesEnd(seconds(context.updatesEndAt)));
  return lines.map((line) => `-# ${line}`).join('\n');
}

/** The one that was asked for, or that a retry took in its place; null where the service takes none. */
function shownSeed({ state, input, items }: Job): number | null {
  const [item] = items;
  if (input.seed === null || item?.changes.some(({ field }) => field === 'seed') === true) return null;
  return state === 'done' ? (item?.seed ?? input.seed) : input.seed;
}

/** Without its owner and its version, which `Details` tells; inert, since a user may have typed it. */
function plainModel(model: string): string {
  const [name = model] = (model.split('/').at(-1) ?? model).split(':');
  return quoteLine(name, 60);
}

function filesOf(job: Job, { locale }: CardContext): CardFile[] {
  if (!isFinal(job)) return [];
  const words = plainText(job.input.prompt, ALT_TEXT_LIMIT);
  const description = job.input.provider === 'local' ? locale.card.previewOf(words) : words;
  return job.result
    .filter((asset) => asset.bytes <= job.attachmentSizeLimit)
    .slice(0, GALLERY_LIMIT)
    .map((asset, index) => ({ name: `${job.id}_${index + 1}${asset.extension}`, asset, description }));
}

function gallery(files: readonly CardFile[]): APIComponentInContainer {
  return {
    type: ComponentType.MediaGallery,
    items: files.map(({ name, description }) => ({ media: { url: `attachment://${name}` }, description })),
  };
}
