/** `/gallery`, drawn: a page of what was made, and one job of it opened. Pure. */
import {
  ButtonStyle,
  ComponentType,
  SeparatorSpacingSize,
  type APIComponentInContainer,
  type APISectionComponent,
} from 'discord-api-types/v10';
import type { Job, JobState, Kind } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';
import { COLOURS } from './colours.ts';
import { formatCustomId } from './custom-id.ts';
import { formatGalleryId, type GalleryPlace } from './gallery-id.ts';
import { plainText, quoteLine } from './markdown.ts';
import { button, privateCard, row, seconds, text, type PrivateCard } from './private-card.ts';
import { describeFailure } from './render.ts';

export interface GalleryView {
  place: GalleryPlace;
  jobs: readonly Job[];
  next: string | null;
  /** More would fit: the look back ended before it had enough. */
  isCut: boolean;
  /** Names of the attached thumbnails, by job. */
  thumbnails: ReadonlyMap<string, string>;
  /** Whether these are one's own from everywhere, as in a private chat. */
  isOwn: boolean;
}

export interface OpenedView {
  job: Job;
  place: GalleryPlace;
  /** Names of the attached pictures, in order. */
  files: readonly string[];
  /** Some are shown smaller than they are, or not at all. */
  hasLess: { smaller: number; missing: number };
  /** Whether it can be made to move here. */
  mayAnimate: boolean;
}

const PROMPT_SHOWN = 90;
const OPENED_PROMPT_SHOWN = 300;
/** Of a service's own words: a page shows several failures. */
const FAILURE_DETAIL_SHOWN = 80;
const ALT_TEXT_SHOWN = 300;
/** Discord's limits of a select's option (components, "String Select"). */
const LABEL_SHOWN = 100;
/** Told apart by shape as well; the word stands before them. */
const MARKS: Readonly<Record<JobState, string>> = {
  queued: '',
  running: '',
  done: ' ✅',
  partial: ' ⚠️',
  failed: ' ❌',
  cancelled: ' 🚫',
};

export function renderGallery(view: GalleryView, locale: Locale): PrivateCard {
  const { place, jobs, next } = view;
  const words = locale.gallery;
  const filter = filterWords(place, locale);
  const title = view.isOwn ? words.titleOwn : words.title;
  const parts: APIComponentInContainer[] = [text(`### ${title}\n-# ${[words.newestFirst, ...filter].join(' · ')}`)];
  for (const [index, job] of jobs.entries()) {
    parts.push(line(), entry(job, index + 1, view, locale));
  }
  if (jobs.length > 0) parts.push(line(), picker(place, jobs, locale));
  else parts.push(text(next !== null ? words.noneSoFar : filter.length > 0 ? words.noMatch : words.none));
  const buttons = pageButtons(view, locale);
  if (buttons.length > 0) parts.push(row(buttons));
  return privateCard(COLOURS.generating, parts);
}

/** One of them, in place of its page. */
export function renderOpened({ job, place, files, hasLess, mayAnimate }: OpenedView, locale: Locale): PrivateCard {
  const parts: APIComponentInContainer[] = [
    text(`### ${stateWords(job, locale)}`),
    text(`> ${quoteLine(job.input.prompt, OPENED_PROMPT_SHOWN)}`),
  ];
  if (files.length > 0) {
    const description = plainText(job.input.prompt, ALT_TEXT_SHOWN);
    const items = files.map((name) => ({ media: { url: `attachment://${name}` }, description }));
    parts.push({ type: ComponentType.MediaGallery, items });
  }
  const sentences = [failureWords(job, locale), ...lessWords(hasLess, locale)].filter((each) => each !== '');
  if (sentences.length > 0) parts.push(text(sentences.join('\n')));
  const provider = locale.providers[job.input.provider] ?? job.input.provider;
  parts.push(text(`-# ${[askedFor(job, false, locale), provider, locale.card.job(job.id)].join(' · ')}`));
  parts.push(line(), row(openedButtons(job, place, mayAnimate, locale)));
  return privateCard(COLOURS[job.state === 'running' ? 'generating' : job.state], parts);
}

function entry(job: Job, number: number, { thumbnails, isOwn }: GalleryView, locale: Locale): APIComponentInContainer {
  const failure = failureWords(job, locale);
  const words = text(
    [
      `**${number}. ${quoteLine(job.input.prompt, PROMPT_SHOWN)}**`,
      stateWords(job, locale),
      ...(failure === '' ? [] : [`-# ${failure}`]),
      `-# ${askedFor(job, isOwn, locale)}`,
    ].join('\n'),
  );
  const thumbnail = thumbnails.get(job.id);
  if (thumbnail === undefined) return words;
  const section: APISectionComponent = {
    type: ComponentType.Section,
    components: [words],
    accessory: {
      type: ComponentType.Thumbnail,
      media: { url: `attachment://${thumbnail}` },
      description: plainText(job.input.prompt, ALT_TEXT_SHOWN),
    },
  };
  return section;
}

function stateWords(job: Job, locale: Locale): string {
  const { state, items, input } = job;
  const parts = [`${locale.states[state]}${MARKS[state]}`];
  if (items.length > 1) parts.push(locale.card.of(items.filter((item) => item.state === 'done').length, items.length));
  if (input.kind === 'video') parts.push(locale.gallery.video);
  if (job.private) parts.push(locale.show.private);
  return parts.join(' · ');
}

/** The code, and the sentence a user understands; of a set, of the first that failed. */
function failureWords(job: Job, locale: Locale): string {
  const lost = job.items.find((item) => item.state === 'failed');
  if (lost?.state !== 'failed') return '';
  const surroundings = { retry: '', longestDetail: FAILURE_DETAIL_SHOWN };
  const sentence = describeFailure(lost.failure, locale, job.input.kind, surroundings);
  return `${locale.card.reason(lost.failure.code)} ${sentence}`;
}

/** Who, and when. In a phone's width beside a thumbnail there is room for no more. */
function askedFor({ userId, createdAt }: Job, isOwn: boolean, { card }: Locale): string {
  return [...(isOwn ? [] : [card.askedBy(userId)]), card.at(seconds(createdAt))].join(' · ');
}

function lessWords({ smaller, missing }: OpenedView['hasLess'], { gallery }: Locale): string[] {
  return [...(smaller > 0 ? [gallery.smaller(smaller)] : []), ...(missing > 0 ? [gallery.missing(missing)] : [])];
}

function picker(place: GalleryPlace, jobs: readonly Job[], locale: Locale): APIComponentInContainer {
  return {
    type: ComponentType.ActionRow,
    components: [
      {
        type: ComponentType.StringSelect,
        custom_id: formatGalleryId({ action: 'open', place }),
        placeholder: locale.gallery.open,
        options: jobs.map((job, index) => ({
          label: plainText(`${index + 1}. ${job.input.prompt}`, LABEL_SHOWN),
          description: stateWords(job, locale),
          value: job.id,
        })),
      },
    ],
  };
}

function pageButtons({ place, next, isCut }: GalleryView, { jobs: words }: Locale): ReturnType<typeof button>[] {
  const { trail } = place;
  const page = (steps: readonly string[]): string =>
    formatGalleryId({ action: 'page', place: { ...place, trail: steps } });
  const buttons = [];
  if (trail.length > 0) buttons.push(button(words.newer, page(trail.slice(0, -1))));
  if (next !== null) buttons.push(button(isCut ? words.searchOlder : words.older, page([...trail, next])));
  return buttons;
}

function openedButtons(
  job: Job,
  place: GalleryPlace,
  mayAnimate: boolean,
  { gallery, buttons }: Locale,
): ReturnType<typeof button>[] {
  const jobId = job.id;
  const hasFiles = job.result.length > 0;
  return [
    button(gallery.postHere, formatGalleryId({ action: 'post', jobId }), ButtonStyle.Primary),
    ...(hasFiles ? [button(buttons.download, formatCustomId({ action: 'download', jobId, argument: null }))] : []),
    // These stand on no card.
    ...(hasFiles && mayAnimate
      ? [button(buttons.animate, formatCustomId({ action: 'animate', jobId, argument: 'view' }))]
      : []),
    button(buttons.details, formatCustomId({ action: 'details', jobId, argument: 'list' })),
    button(gallery.back, formatGalleryId({ action: 'page', place })),
  ];
}

function filterWords({ userId, kind, state }: GalleryPlace, locale: Locale): string[] {
  const { jobs, gallery, states } = locale;
  return [
    ...(kind === null ? [] : [gallery.only[kind satisfies Kind]]),
    ...(state === null ? [] : [jobs.withStatus(states[state])]),
    ...(userId === null ? [] : [jobs.ofUser(`<@${userId}>`)]),
  ];
}

function line(): APIComponentInContainer {
  return { type: ComponentType.Separator, divider: true, spacing: SeparatorSpacingSize.Small };
}
