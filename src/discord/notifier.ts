/** Sends the one reply to somebody who waited long. */
import { MessageFlags } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import type { Card } from './card.ts';
import { insist } from './insist.ts';
import { noticeFor, type NoticePolicy } from './notice.ts';

export interface NotifierOptions {
  api: DiscordApi;
  clock: Clock;
  policy: NoticePolicy;
  log: Log;
  signal: AbortSignal;
}

export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Work that took long gets one message that mentions whoever asked; on a private card only they see it. */
  async tellEnd(card: Card, job: Job): Promise<void> {
    const { api, clock, policy, log, signal } = this.#options;
    const message = noticeFor(job, policy, localeFor(job.locale));
    if (message === null) return;
    const send = (): Promise<void> => {
      if (!card.private) return api.reply(card, message, `notice-${job.id}`);
      return api.followUp(card, { ...message, flags: MessageFlags.Ephemeral });
    };
    const lost = await insist(send, { clock, signal });
    if (lost !== null) log.warn('a notice did not reach Discord', { jobId: job.id, why: lost.kind });
  }
}
