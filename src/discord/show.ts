/**
 * Shows an earlier job again: one more card of it, with working buttons. `/show` and `Post here` of the gallery.
 *
 * The answer is the card itself, in words: no placeholder is ever left. Its record is saved before it is sent, so that
 * its pictures come after a crash as well.
 */
import { InteractionResponseType, MessageFlags, type APIInteractionResponse } from 'discord-api-types/v10';
import type { Job } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { DiscordApi } from './api.ts';
import { answerSignal, type Asker } from './ask.ts';
import type { Card } from './card.ts';
import { classifyDelivery, isPassing, type DeliveryFailure } from './delivery-failure.ts';
import { endOfEdits, type LiveMessage } from './live-message.ts';
import { findMissingPermissions, maySee } from './permissions.ts';
import { renderComing } from './render-again.ts';
import type { CardContext } from './render.ts';

export interface ShowOptions {
  api: DiscordApi;
  answers: Answers;
  live: LiveMessage;
  /** undefined: there is none, or it was removed. */
  getJob: (jobId: string) => Promise<Job | undefined>;
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
  clock: Clock;
  log: Log;
}

export class Show {
  readonly #options: ShowOptions;

  constructor(options: ShowOptions) {
    this.#options = options;
  }

  /** Answers the interaction in every case. What the asker may not see is answered exactly like what is not there. */
  async show(asker: Asker, jobId: string): Promise<void> {
    const { answers, getJob, log } = this.#options;
    const { refusals } = localeFor(asker.locale);
    const job = await getJob(jobId);
    if (job === undefined || !maySee(asker, job)) return answers.refuse(asker, refusals.unknownJob);
    const missing = job.private ? [] : findMissingPermissions(asker);
    if (missing.length > 0) return answers.refuse(asker, refusals.missingPermissions(missing));
    try {
      await this.#post(asker, job);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.error('a card of an earlier job could not be saved', { jobId, errorMessage: error.message });
      // After an answer that stands, this one is turned into a message that follows it.
      await answers.refuse(asker, refusals.storeFailing);
    }
  }

  /** Rejects with StoreFailure. */
  async #post(asker: Asker, job: Job): Promise<void> {
    const { live, answers, log } = this.#options;
    const expected = await live.expect(job, asker);
    const lost = await this.#answer(asker, job, expected);
    if (lost === null || typeof lost === 'string') return live.stands(expected, job, lost);
    log.warn('a card of an earlier job did not reach Discord', { jobId: job.id, why: lost.kind });
    // It may stand although its answer was lost: an edit finds out.
    if (isPassing(lost)) return live.stands(expected, job, null);
    await live.forget(expected);
    if (lost.kind === 'refused' || lost.kind === 'no-access') {
      await answers.refuse(asker, localeFor(asker.locale).show.notShown);
    }
  }

  /** The id of the message, null where Discord did not say, or why there is none. */
  async #answer(asker: Asker, job: Job, { again }: Card): Promise<string | null | DeliveryFailure> {
    const { api, clock, contextFor } = this.#options;
    const shown = { ...job, attachmentSizeLimit: again?.attachmentSizeLimit ?? job.attachmentSizeLimit };
    const body = renderComing(shown, contextFor(job, job.private ? endOfEdits(asker) : null));
    const data = { ...body, flags: body.flags | (job.private ? MessageFlags.Ephemeral : 0) };
    const answer: APIInteractionResponse = { type: InteractionResponseType.ChannelMessageWithSource, data };
    try {
      return await api.answer(asker, answer, { signal: answerSignal(asker, clock.now()) });
    } catch (error) {
      return classifyDelivery(error);
    }
  }
}
