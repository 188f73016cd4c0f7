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
import type { FailureReason, Job, Kind } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { buttonRows } from './card-buttons.ts';
import { bodyLines, headline, quote, statusOf } from './card-lines.ts';
import { COLOURS } from './colours.ts';
import { makerOf, nameItem } from './item-words.ts';
import { plainText } from './markdown.ts';
import { seconds, text } from './private-card.ts';
import { footer } from './result-lines.ts';
import { planShown, type ShownFile, type ShownFiles, type TooLarge } from './shown-files.ts';

export { describeFailure } from './failure-words.ts';

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
  /** To be uploaded with it, or standing there already, by the names its components refer to. */
  files: (ShownFile & { description: string })[];
}

export interface Notice {
  flags: number;
  components: APIMessageTopLevelComponent[];
  allowed_mentions: { parse: never[] };
}

type CardFile = CardMessage['files'][number];

/** Discord's limit (its API's schema, `MediaGalleryItemRequest.description`). */
const ALT_TEXT_LIMIT = 1_024;
/** As many addresses fit into a card beside its other words, however long they are. */
const MOST_LINKS = 5;

/** The card of a job, whatever its state, with these of its files. */
export function renderCard(job: Job, context: CardContext, shown: ShownFiles = planShown(job)): CardMessage {
  const status = statusOf(job);
  const files = filesOf(shown, job, context);
  const parts: APIComponentInContainer[] = [text(headline(job, status, context)), text(quote(job))];
  const body = bodyLines(job, status, context);
  if (body !== '') parts.push(text(body));
  if (files.length > 0) parts.push(gallery(files));
  const notes = fileNotes(shown, job, context);
  if (notes !== '') parts.push(text(notes));
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
  if (job.result.length > 0) lines.push(context.locale.card.withoutPicture(job.input.kind));
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

function filesOf({ files }: ShownFiles, job: Job, context: CardContext): CardFile[] {
  return files.map((file) => ({ ...file, description: altText(file, job, context) }));
}

function altText(file: ShownFile, job: Job, { locale }: CardContext): string {
  // Discord takes no empty one, and a prompt may hold nothing that can be seen.
  return plainText(describePicture(file, job, locale), ALT_TEXT_LIMIT) || nameItem(file.item, locale);
}

/** The words it was made from; of a set, which of it it is. */
function describePicture({ item, isPoster }: ShownFile, job: Job, locale: Locale): string {
  const { prompt, product } = job.input;
  const subject = product === null ? prompt : `${nameItem(item, locale)}: ${prompt}`;
  if (isPoster) return locale.files.posterOf(subject);
  const made = job.items.find(({ name }) => name === item);
  return made !== undefined && makerOf(made, job) === 'local' ? locale.card.previewOf(subject) : subject;
}

/** What of its files is shown smaller or not at all, and how to get at it. */
function fileNotes({ all, lessened, tooLarge, linksEndAt }: ShownFiles, { input }: Job, context: CardContext): string {
  const words = context.locale.files;
  const { kind } = input;
  const lines = (['smaller', 'poster', 'words'] as const)
    .filter((as) => lessened[as] > 0)
    .map((as) => words.lessened[as]({ files: lessened[as], all, kind }));
  const [first] = tooLarge;
  if (first !== undefined) {
    const megabytes = (first.bytes / 1_000_000).toFixed(1);
    const links = tooLarge.flatMap((each) => linkTo(each, tooLarge.length, context)).slice(0, MOST_LINKS);
    const how = links.length > 0 ? words.linked(links, seconds(linksEndAt)) : words.kept;
    lines.push(`${words.tooLarge({ files: tooLarge.length, all, kind, megabytes, shownAs: first.shownAs })} ${how}`);
  }
  return lines.map((line) => `-# ${line}`).join('\n');
}

function linkTo({ item, url }: TooLarge, count: number, { locale }: CardContext): string[] {
  if (url === null) return [];
  return [`[${count === 1 ? locale.files.open : nameItem(item, locale)}](<${url}>)`];
}

function gallery(files: readonly CardFile[]): APIComponentInContainer {
  return {
    type: ComponentType.MediaGallery,
    items: files.map(({ name, description }) => ({ media: { url: `attachment://${name}` }, description })),
  };
}
