/**
 * `/gallery`: what was made in a server, page by page, to the one who asks. What they may see is decided anew at
 * every press, from who presses it and where; nothing of it is believed from the component.
 */
import type { RawFile } from 'discord.js';
import type { Asset, Job, Kind } from '../jobs/job.ts';
import type { AssetStore, Clock, History, JobStore } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { Asker, ChoiceAsk, CommandAsk, PressAsk } from './ask.ts';
import { parseGalleryId, type GalleryFilter, type GalleryPlace } from './gallery-id.ts';
import { JOBS_PER_PAGE, readGalleryPage } from './gallery-pages.ts';
import { maySee } from './permissions.ts';
import type { PrivateCard } from './private-card.ts';
import { renderGallery, renderOpened } from './render-gallery.ts';
import type { Show } from './show.ts';
import type { SmallPictures } from './small-pictures.ts';

export interface GalleryOptions {
  answers: Answers;
  show: Show;
  history: History;
  store: Pick<JobStore, 'getMany'>;
  /** undefined: there is none, or it was removed. */
  getJob: (jobId: string) => Promise<Job | undefined>;
  assets: Pick<AssetStore, 'read'>;
  pictures: SmallPictures;
  /** Whether a service of this bot makes videos. */
  canAnimate: boolean;
  clock: Clock;
}

interface Drawn {
  card: PrivateCard;
  files: RawFile[];
}

/** A page whose thumbnails must be made first may take longer than Discord waits for an answer. */
const DRAW_WITHIN_MS = 1_200;
/** Of one message (Discord: components, "Media Gallery", and resources/message, "Limitations": 25 MiB with all around). */
const MOST_FILES = 10;
const MOST_BYTES = 24 * 1024 * 1024;

export class Gallery {
  readonly #options: GalleryOptions;

  constructor(options: GalleryOptions) {
    this.#options = options;
  }

  async browse(ask: CommandAsk, filter: GalleryFilter): Promise<void> {
    const { answers } = this.#options;
    const drawing = this.#drawPage(ask, { ...filter, trail: [] });
    const drawn = await this.#within(drawing);
    if (drawn !== null) return answers.show(ask, drawn.card, drawn.files);
    await answers.defer(ask);
    await this.#finish(ask, await drawing);
  }

  owns(customId: string): boolean {
    return parseGalleryId(customId) !== null;
  }

  async press(ask: PressAsk): Promise<void> {
    const { answers, show } = this.#options;
    const id = parseGalleryId(ask.customId);
    if (id?.action === 'post') return show.show(ask, id.jobId);
    if (id?.action !== 'page') return answers.refuse(ask, localeFor(ask.locale).refusals.unknownButton);
    const drawing = this.#drawPage(ask, id.place);
    const drawn = await this.#within(drawing);
    if (drawn !== null) return answers.replace(ask, drawn.card, drawn.files);
    await answers.acknowledge(ask);
    await this.#finish(ask, await drawing);
  }

  /** Opens one of a page, in its place. */
  async choose(ask: ChoiceAsk): Promise<void> {
    const { answers, getJob } = this.#options;
    const { refusals } = localeFor(ask.locale);
    const id = parseGalleryId(ask.customId);
    const [jobId] = ask.values;
    if (id?.action !== 'open' || jobId === undefined) return answers.refuse(ask, refusals.unknownButton);
    const job = await getJob(jobId);
    if (job === undefined || !maySee(ask, job)) return answers.refuse(ask, refusals.unknownJob);
    // Reading and sending the files may take longer than the 3 seconds.
    await answers.acknowledge(ask);
    const isThere = await this.#finish(ask, await this.#drawOpened(ask, job, id.place, ask.attachmentSizeLimit));
    // Discord may take less than it said.
    if (!isThere && job.result.length > 0) await this.#finish(ask, await this.#drawOpened(ask, job, id.place, 0));
  }

  /** null: it takes longer. */
  async #within(drawing: Promise<Drawn>): Promise<Drawn | null> {
    const bound = new AbortController();
    const late = this.#options.clock.sleep(DRAW_WITHIN_MS, bound.signal).then(
      () => null,
      () => null,
    );
    try {
      return await Promise.race([drawing, late]);
    } finally {
      bound.abort();
    }
  }

  #finish(ask: Asker, { card, files }: Drawn): Promise<boolean> {
    return this.#options.answers.finishWith(ask, card, files);
  }

  async #drawPage(viewer: Asker, place: GalleryPlace): Promise<Drawn> {
    const { pictures } = this.#options;
    const { jobs, next } = await readGalleryPage(this.#options, viewer, place);
    const made = await Promise.all(jobs.map(async (job) => ({ job, data: await pictures.thumbnail(job) })));
    const files: RawFile[] = [];
    const thumbnails = new Map<string, string>();
    for (const [index, { job, data }] of made.entries()) {
      if (data === null) continue;
      const name = `thumbnail_${index + 1}.webp`;
      files.push({ name, data, contentType: 'image/webp' });
      thumbnails.set(job.id, name);
    }
    const isCut = jobs.length < JOBS_PER_PAGE;
    const view = { place, jobs, next, isCut, thumbnails, isOwn: viewer.guildId === null };
    return { card: renderGallery(view, localeFor(viewer.locale)), files };
  }

  /** `sizeLimit`: bytes of the largest file; what is larger is shown smaller. */
  async #drawOpened(asker: Asker, job: Job, place: GalleryPlace, sizeLimit: number): Promise<Drawn> {
    const files: RawFile[] = [];
    const hasLess = { smaller: 0, missing: Math.max(0, job.result.length - MOST_FILES) };
    let room = MOST_BYTES;
    for (const [index, asset] of job.result.slice(0, MOST_FILES).entries()) {
      const shown = await this.#load(asset, Math.min(sizeLimit, room));
      if (shown === null) {
        hasLess.missing += 1;
        continue;
      }
      if (shown.isSmaller) hasLess.smaller += 1;
      room -= shown.data.byteLength;
      const { data, extension, contentType } = shown;
      files.push({ name: `${job.id}_${index + 1}${extension}`, data, contentType });
    }
    const mayAnimate = this.#options.canAnimate && job.input.kind === ('image' satisfies Kind);
    const names = files.map(({ name }) => name);
    const card = renderOpened({ job, place, files: names, hasLess, mayAnimate }, localeFor(asker.locale));
    return { card, files };
  }

  /** The original where it fits, else a small one; null: neither. */
  async #load(
    asset: Asset,
    most: number,
  ): Promise<{ data: Buffer; extension: string; contentType: string; isSmaller: boolean } | null> {
    const { assets, pictures } = this.#options;
    if (asset.bytes <= most) {
      try {
        const { extension, mimeType: contentType } = asset;
        return { data: await assets.read(asset), extension, contentType, isSmaller: false };
      } catch (error) {
        if (!(error instanceof StoreFailure)) throw error;
      }
    }
    const data = await pictures.view(asset);
    return data === null ? null : { data, extension: '.webp', contentType: 'image/webp', isSmaller: true };
  }
}
