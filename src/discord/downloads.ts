/** `Download`: the original files, privately, to anyone who sees the card. */
import type { APIInteractionResponse } from 'discord-api-types/v10';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { AssetStore, Clock, Log } from '../jobs/ports.ts';
import type { Locale } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import { classifyDelivery } from './api.ts';
import type { Answers } from './answers.ts';
import { answerSignal, type Asker, type PressAsk } from './ask.ts';
import { downloadName } from './file-name.ts';
import { renderCardPictures } from './render-removed.ts';

export interface DownloadsOptions {
  api: DiscordApi;
  answers: Answers;
  assets: AssetStore;
  clock: Clock;
  log: Log;
}

const NO_MENTIONS = { parse: [] as never[] };

export class Downloads {
  readonly #options: DownloadsOptions;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Answers the interaction in every case: with the files, or with a sentence that says why not. */
  async send(asker: Asker, job: Job, locale: Locale): Promise<void> {
    const { api, log } = this.#options;
    const thinking: APIInteractionResponse = {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: MessageFlags.Ephemeral },
    };
    try {
      // Reading and sending ten megabytes may take longer than the 3 seconds.
      await api.answer(asker, thinking, { signal: answerSignal(asker, this.#options.clock.now()) });
      await api.editOriginal(asker, await this.#prepare(asker, job, locale));
    } catch (error) {
      const lost = classifyDelivery(error);
      log.warn('a download did not reach Discord', { jobId: job.id, why: lost.kind });
      if (lost.kind === 'too-late' || lost.kind === 'answered-already') return;
      const content = lost.kind === 'too-large' ? locale.download.tooLarge : locale.download.failed;
      await api
        .editOriginal(asker, { body: { content, allowed_mentions: NO_MENTIONS }, files: [] })
        .catch((second: unknown) => log.warn('nor did the reason', { why: classifyDelivery(second).kind }));
    }
  }

  /** The job was removed: what is still attached to the card is the last there is of it. */
  async sendFromCard(ask: PressAsk, removedAt: number, locale: Locale): Promise<void> {
    await this.#options.answers.show(ask, renderCardPictures(ask.pictures, removedAt, locale));
  }

  async #prepare(
    asker: Asker,
    job: Job,
    locale: Locale,
  ): Promise<{ body: object; files: { name: string; data: Buffer; contentType: string }[] }> {
    const assets = job.result;
    const say = (content: string): { body: object; files: never[] } => ({
      body: { content, allowed_mentions: NO_MENTIONS },
      files: [],
    });
    if (assets.length === 0) return say(locale.download.nothing);
    const total = assets.reduce((sum, asset) => sum + asset.bytes, 0);
    if (total > asker.attachmentSizeLimit) return say(locale.download.tooLarge);
    try {
      const files = await Promise.all(
        assets.map(async (asset, index) => ({
          name: downloadName(job, asset, index, assets.length),
          data: await this.#options.assets.read(asset),
          contentType: asset.mimeType,
        })),
      );
      const attachments = files.map(({ name }, id) => ({ id, filename: name }));
      const content = locale.download.here(files.length);
      return { body: { content, attachments, allowed_mentions: NO_MENTIONS }, files };
    } catch (error) {
      this.#options.log.warn('an original could not be read', { jobId: job.id, errorMessage: String(error) });
      return say(locale.download.unreadable);
    }
  }
}
