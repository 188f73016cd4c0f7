/**
 * `Download`: the original files, privately, to anyone who sees the card. What cannot be handed out is said with
 * what works instead: the picture on the card, a later press, or the bot's owner.
 */
import type { APIInteractionResponse } from 'discord-api-types/v10';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Asset, Job } from '../jobs/job.ts';
import type { AssetStore, Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { Locale } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import type { Answers } from './answers.ts';
import { answerSignal, type Asker, type PressAsk } from './ask.ts';
import type { UndeliveredStore } from './card.ts';
import { classifyDelivery, type DeliveryFailure } from './delivery-failure.ts';
import { downloadName } from './file-name.ts';
import { insist } from './insist.ts';
import { renderCardPictures } from './render-removed.ts';

export interface DownloadsOptions {
  api: DiscordApi;
  answers: Answers;
  assets: AssetStore;
  undelivered: UndeliveredStore;
  clock: Clock;
  log: Log;
}

interface Original {
  asset: Asset;
  name: string;
}

interface Handout {
  /** In messages of their own where one would be too large. */
  batches: Original[][];
  tooLarge: Asset[];
}

const NO_MENTIONS = { parse: [] as never[] };
/** Of one message: Discord takes 10 files and 25 MiB with everything around them (resources/message, "Limitations"). */
const MOST_FILES = 10;
const MOST_BYTES = 24 * 1024 * 1024;

export class Downloads {
  readonly #options: DownloadsOptions;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Answers the interaction in every case: with the files, or with a sentence that says why not. */
  async send(asker: Asker, job: Job, locale: Locale): Promise<void> {
    if (!(await this.#defer(asker, job))) return;
    if (job.result.length === 0) return this.#say(asker, job, locale.download.nothing);
    const { batches, tooLarge } = sort(asker, job);
    let sent = 0;
    let unreadable = 0;
    for (const batch of batches) {
      const files = await this.#read(batch, job);
      unreadable += batch.length - files.length;
      if (files.length === 0) continue;
      const content = describeFiles(sent + files.length, job.result.length, locale);
      const lost = await this.#sendFiles(asker, { content, files, isFirst: sent === 0 });
      if (lost !== null) return this.#say(asker, job, await this.#explain(lost, job, locale), sent > 0);
      sent += files.length;
    }
    const isOnCard = await this.#isOnCard(job);
    const trouble = describeTrouble({ tooLarge: tooLarge.length, unreadable, isOnCard }, locale);
    if (trouble !== null) return this.#say(asker, job, trouble, sent > 0);
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

  async #read(batch: readonly Original[], job: Job): Promise<{ name: string; data: Buffer; contentType: string }[]> {
    const found = await Promise.all(
      batch.map(async ({ asset, name }) => {
        try {
          return [{ name, data: await this.#options.assets.read(asset), contentType: asset.mimeType }];
        } catch (error) {
          if (!(error instanceof StoreFailure)) throw error;
          this.#options.log.warn('an original could not be read', { jobId: job.id, errorMessage: error.message });
          return [];
        }
      }),
    );
    return found.flat();
  }

  async #sendFiles(
    asker: Asker,
    message: { content: string; files: { name: string; data: Buffer; contentType: string }[]; isFirst: boolean },
  ): Promise<DeliveryFailure | null> {
    const { api, clock } = this.#options;
    const { content, files, isFirst } = message;
    const attachments = files.map(({ name }, id) => ({ id, filename: name }));
    const body = { content, attachments, allowed_mentions: NO_MENTIONS };
    const more = { ...body, flags: MessageFlags.Ephemeral };
    return insist(() => (isFirst ? api.editOriginal(asker, { body, files }) : api.followUp(asker, more, files)), {
      clock,
    });
  }

  async #explain(lost: DeliveryFailure, job: Job, { download }: Locale): Promise<string> {
    this.#options.log.warn('a download did not reach Discord', { jobId: job.id, why: lost.kind });
    const isOnCard = await this.#isOnCard(job);
    switch (lost.kind) {
      case 'too-large':
        return `${download.tooLarge(job.result.length)} ${isOnCard ? download.onCard : download.elsewhere}`;
      case 'refused':
      case 'no-access':
        return `${download.refused} ${isOnCard ? download.onCard : download.elsewhere}`;
      default:
        return isOnCard ? `${download.failed} ${download.onCard}` : download.failed;
    }
  }

  /** The card shows what fitted when it was asked for, where there is a card. */
  async #isOnCard({ id, userId, result, attachmentSizeLimit }: Job): Promise<boolean> {
    if (!result.some(({ bytes }) => bytes <= attachmentSizeLimit)) return false;
    const { undelivered } = this.#options;
    if (!undelivered.mayHave(userId)) return true;
    return !(await undelivered.list(userId)).some(({ jobId }) => jobId === id);
  }

  /** In place of the files, or behind those that got through. */
  async #say(asker: Asker, job: Job, content: string, isBehind = false): Promise<void> {
    const { api, clock, log } = this.#options;
    const body = { content, allowed_mentions: NO_MENTIONS };
    const call = (): Promise<void> =>
      isBehind
        ? api.followUp(asker, { ...body, flags: MessageFlags.Ephemeral })
        : api.editOriginal(asker, { body, files: [] });
    const lost = await insist(call, { clock });
    if (lost !== null) log.warn('nor did the reason of a download', { jobId: job.id, why: lost.kind });
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

function sort(asker: Asker, job: Job): Handout {
  const { result } = job;
  const batches: Original[][] = [];
  let bytes = 0;
  for (const [index, asset] of result.entries()) {
    if (asset.bytes > asker.attachmentSizeLimit) continue;
    const original = { asset, name: downloadName(job, asset, index, result.length) };
    const last = batches.at(-1);
    if (last === undefined || last.length >= MOST_FILES || bytes + asset.bytes > MOST_BYTES) {
      batches.push([original]);
      bytes = asset.bytes;
    } else {
      last.push(original);
      bytes += asset.bytes;
    }
  }
  return { batches, tooLarge: result.filter((asset) => asset.bytes > asker.attachmentSizeLimit) };
}

function describeFiles(files: number, all: number, { download }: Locale): string {
  return files === all ? download.here(files) : download.someOf(files, all);
}

/** null: there was none. */
function describeTrouble(
  { tooLarge, unreadable, isOnCard }: { tooLarge: number; unreadable: number; isOnCard: boolean },
  { download }: Locale,
): string | null {
  const sentences = [];
  if (tooLarge > 0) sentences.push(download.tooLarge(tooLarge));
  if (unreadable > 0) sentences.push(download.unreadable(unreadable));
  if (sentences.length === 0) return null;
  const otherwise = unreadable > 0 ? download.askOwner : download.elsewhere;
  return [...sentences, isOnCard ? download.onCard : otherwise].join(' ');
}
