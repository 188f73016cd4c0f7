/**
 * `Download`: the original files, privately, to anyone who sees the card; several also as one archive. What Discord
 * does not take is linked to where the bot has an address of its own. What cannot be handed out is said with what
 * works instead: the picture on the card, a later press, or the bot's owner.
 */
import type { RawFile } from 'discord.js';
import type { APIInteractionResponse } from 'discord-api-types/v10';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { AssetStore, Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { Locale } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import type { Answers } from './answers.ts';
import { answerSignal, type Asker, type PressAsk } from './ask.ts';
import type { UndeliveredStore } from './card.ts';
import { classifyDelivery, type DeliveryFailure } from './delivery-failure.ts';
import type { Original } from './file-name.ts';
import { planHandout, type Part } from './handout.ts';
import { insist } from './insist.ts';
import { seconds } from './private-card.ts';
import { renderCardPictures } from './render-removed.ts';
import { planShown, type LinkTo } from './shown-files.ts';
import { zipFiles } from './zip.ts';

export interface DownloadsOptions {
  api: DiscordApi;
  answers: Answers;
  assets: AssetStore;
  linkTo: LinkTo;
  undelivered: UndeliveredStore;
  clock: Clock;
  log: Log;
}

/** One press, and how far its answer is. */
interface Handing {
  asker: Asker;
  job: Job;
  locale: Locale;
  /** The first message fills in the answer; the others follow it. */
  hasAnswered: boolean;
  sent: number;
  tooLarge: Original[];
  unreadable: Original[];
}

const NO_MENTIONS = { parse: [] as never[] };
const LINK_MS = 3_600_000;
/** So many addresses fit into the 2000 characters of a message. */
const LINKS_AT_ONCE = 5;

export class Downloads {
  readonly #options: DownloadsOptions;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Answers the interaction in every case: with the files, or with a sentence that says why not. */
  async send(asker: Asker, job: Job, locale: Locale): Promise<void> {
    if (!(await this.#defer(asker, job))) return;
    const { batches, tooLarge } = planHandout(job, asker.attachmentSizeLimit);
    const handing: Handing = { asker, job, locale, hasAnswered: false, sent: 0, tooLarge, unreadable: [] };
    if (batches.length === 0 && tooLarge.length === 0) return this.#say(handing, locale.download.nothing);
    const lost = await this.#sendAll(handing, batches);
    if (lost !== null) return this.#say(handing, await this.#explain(lost, job, locale));
    await this.#link(handing);
    const trouble = await this.#describeTrouble(handing);
    if (trouble !== null) return this.#say(handing, trouble);
    await this.#noteDelivered(asker, job);
  }

  /** The job was removed: what is still attached to the card is the last there is of it. */
  async sendFromCard(ask: PressAsk, removedAt: number, locale: Locale): Promise<void> {
    await this.#options.answers.show(ask, renderCardPictures(ask.pictures, removedAt, locale));
  }

  /** Reading and sending ten megabytes may take longer than the 3 seconds. False: nobody waits for it any more. */
  async #defer(asker: Asker, job: Job): Promise<boolean> {
    const { api, clock, log } = this.#options;
    const thinking: APIInteractionResponse = {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: MessageFlags.Ephemeral },
    };
    try {
      await api.answer(asker, thinking, { signal: answerSignal(asker, clock.now()) });
      return true;
    } catch (error) {
      const lost = classifyDelivery(error);
      log.warn('a download could not be answered', { jobId: job.id, why: lost.kind });
      // It may have arrived although its answer was lost: then the files still get there.
      return lost.kind === 'transient';
    }
  }

  /** What Discord finds too large together is sent one by one. null: there was no other failure. */
  async #sendAll(handing: Handing, batches: readonly Part[][]): Promise<DeliveryFailure | null> {
    const queue = [...batches];
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const lost = await this.#sendBatch(handing, batch);
      if (lost === null) continue;
      if (lost.kind !== 'too-large') return lost;
      const files = batch.filter(({ isArchive }) => !isArchive);
      if (batch.length > 1) queue.unshift(...files.map((file) => [file]));
      else handing.tooLarge.push(...files.flatMap(({ of }) => of));
    }
    return null;
  }

  async #sendBatch(handing: Handing, batch: readonly Part[]): Promise<DeliveryFailure | null> {
    const { job, locale, unreadable } = handing;
    const originals = batch.filter(({ isArchive }) => !isArchive).flatMap(({ of }) => of);
    const files = await this.#read(handing, originals);
    const count = files.length;
    const archive = batch.find(({ isArchive }) => isArchive);
    // One that lacks a file would not be what it says.
    if (archive !== undefined && unreadable.length === 0) files.push(await this.#pack(handing, archive));
    if (files.length === 0) return null;
    const sentences = [
      ...(count > 0 ? [describeFiles(handing.sent + count, job.result.length, locale)] : []),
      ...(files.length > count ? [locale.download.archive(count > 0)] : []),
    ];
    const lost = await this.#answer(handing, sentences.join(' '), files);
    if (lost === null) handing.sent += count;
    return lost;
  }

  /** Those that cannot be read are noted. */
  async #read(handing: Handing, originals: readonly Original[]): Promise<(RawFile & { data: Buffer })[]> {
    const { assets, log } = this.#options;
    const found = await Promise.all(
      originals.map(async (original) => {
        const { asset, name } = original;
        try {
          return [{ name, data: await assets.read(asset), contentType: asset.mimeType }];
        } catch (error) {
          if (!(error instanceof StoreFailure)) throw error;
          log.warn('an original could not be read', { jobId: handing.job.id, errorMessage: error.message });
          if (!handing.unreadable.includes(original)) handing.unreadable.push(original);
          return [];
        }
      }),
    );
    return found.flat();
  }

  async #pack(handing: Handing, { name, of }: Part): Promise<RawFile & { data: Buffer }> {
    const entries = await this.#read(handing, of);
    const { finishedAt, createdAt } = handing.job;
    const data = Buffer.from(zipFiles(entries, finishedAt ?? createdAt));
    return { name, data, contentType: 'application/zip' };
  }

  /** What Discord does not take, where the bot has an address of its own; what it cannot link to stays noted. */
  async #link(handing: Handing): Promise<void> {
    const { job, locale, tooLarge } = handing;
    const endsAt = this.#options.clock.now() + LINK_MS;
    const linked = tooLarge.flatMap((original) => {
      const url = this.#options.linkTo(job, original.asset, endsAt);
      return url === null ? [] : [{ ...original, url }];
    });
    if (linked.length < tooLarge.length) return;
    handing.tooLarge = [];
    for (let first = 0; first < linked.length; first += LINKS_AT_ONCE) {
      const some = linked.slice(first, first + LINKS_AT_ONCE);
      const lines = some.map(({ name, asset, url }) =>
        locale.download.link({ name, url, megabytes: (asset.bytes / 1_000_000).toFixed(1) }),
      );
      await this.#say(handing, [locale.download.linked(some.length, seconds(endsAt)), ...lines].join('\n'));
    }
  }

  async #answer(
    handing: Handing,
    content: string,
    files: readonly (RawFile & { data: Buffer })[] = [],
  ): Promise<DeliveryFailure | null> {
    const { api, clock } = this.#options;
    const { asker, hasAnswered } = handing;
    const attachments = files.map(({ name }, id) => ({ id, filename: name }));
    const body = { content, attachments, allowed_mentions: NO_MENTIONS };
    const call = (): Promise<unknown> =>
      hasAnswered
        ? api.followUp(asker, { ...body, flags: MessageFlags.Ephemeral }, files)
        : api.editOriginal(asker, { body, files: [...files] });
    const lost = await insist(call, { clock });
    if (lost === null) handing.hasAnswered = true;
    return lost;
  }

  async #explain(lost: DeliveryFailure, job: Job, { download }: Locale): Promise<string> {
    this.#options.log.warn('a download did not reach Discord', { jobId: job.id, why: lost.kind });
    const isOnCard = await this.#isOnCard(job);
    switch (lost.kind) {
      case 'refused':
      case 'no-access':
        return `${download.refused} ${isOnCard ? download.onCard : download.elsewhere}`;
      default:
        return isOnCard ? `${download.failed} ${download.onCard}` : download.failed;
    }
  }

  /** null: there was none. */
  async #describeTrouble({ job, locale, tooLarge, unreadable }: Handing): Promise<string | null> {
    const { download } = locale;
    const sentences = [];
    if (tooLarge.length > 0) sentences.push(download.tooLarge(tooLarge.length));
    if (unreadable.length > 0) sentences.push(download.unreadable(unreadable.length));
    if (sentences.length === 0) return null;
    const otherwise = unreadable.length > 0 ? download.askOwner : download.elsewhere;
    return [...sentences, (await this.#isOnCard(job)) ? download.onCard : otherwise].join(' ');
  }

  /** The card shows what fitted when it was asked for, where there is a card. */
  async #isOnCard(job: Job): Promise<boolean> {
    const { undelivered } = this.#options;
    if (!planShown(job).files.some(({ form }) => form === 'original')) return false;
    if (!undelivered.mayHave(job.userId)) return true;
    return !(await undelivered.list(job.userId)).some(({ jobId }) => jobId === job.id);
  }

  /** In place of the files, or behind those that got through. */
  async #say(handing: Handing, content: string): Promise<void> {
    const lost = await this.#answer(handing, content);
    if (lost === null) return;
    this.#options.log.warn('nor did the reason of a download', { jobId: handing.job.id, why: lost.kind });
  }

  /** Whoever asked for it has it now, on whatever way. */
  async #noteDelivered({ userId }: Asker, job: Job): Promise<void> {
    const { undelivered, log } = this.#options;
    if (userId !== job.userId || !undelivered.mayHave(userId)) return;
    await undelivered.remove(userId, [job.id]).catch((error: unknown) => {
      if (!(error instanceof StoreFailure)) throw error;
      log.warn('that a job was delivered could not be saved', { jobId: job.id, errorMessage: error.message });
    });
  }
}

function describeFiles(files: number, all: number, { download }: Locale): string {
  return files === all ? download.here(files) : download.someOf(files, all);
}
