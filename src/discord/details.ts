/** `Details` of a job, privately, and `Delete` in it: the one way a person takes a picture of their own away. */
import type { Clearing } from '../jobs/clearing.ts';
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { Locale } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { PressAsk } from './ask.ts';
import type { LiveMessage } from './live-message.ts';
import { mayChange } from './permissions.ts';
import { privateNote } from './private-card.ts';
import { renderDeleteQuestion, renderDetails } from './render-details.ts';

export interface DetailsOptions {
  answers: Answers;
  clearing: Clearing;
  live: LiveMessage;
}

/** What a press of one of its buttons is about. */
export interface DetailsPress {
  ask: PressAsk;
  job: Job;
  /** The message of the card; null when it was asked from a list. */
  cardMessageId: string | null;
  locale: Locale;
}

export class Details {
  readonly #options: DetailsOptions;

  constructor(options: DetailsOptions) {
    this.#options = options;
  }

  /** A private answer; `isBack`: in place of the question before deleting. */
  async show({ ask, job, cardMessageId, locale }: DetailsPress, isBack: boolean): Promise<void> {
    const { answers } = this.#options;
    const mayDelete = isFinal(job) && mayChange(ask, job);
    const { body, promptFile } = renderDetails({ job, cardMessageId, mayDelete, locale });
    const files = promptFile === null ? [] : [{ name: promptFile.name, data: Buffer.from(promptFile.text) }];
    if (isBack) await answers.replace(ask, body, files);
    else await answers.show(ask, body, files);
  }

  async askBeforeDelete({ ask, job, cardMessageId, locale }: DetailsPress): Promise<void> {
    await this.#options.answers.replace(ask, renderDeleteQuestion(job, cardMessageId, locale));
  }

  /** The record and the files first: what is left of a deletion cut in half must not be the picture. */
  async delete({ ask, job, cardMessageId, locale }: DetailsPress): Promise<void> {
    const { answers, clearing, live } = this.#options;
    await answers.acknowledge(ask);
    if (!isFinal(job)) return answers.finish(ask, privateNote(locale.details.stillOpen));
    try {
      await clearing.remove([job.id]);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      return answers.finish(ask, privateNote(locale.details.notDeleted));
    }
    const card = cardMessageId === null ? undefined : await live.getCard(cardMessageId);
    const isCardGone = card?.currentJobId === job.id && (await live.deleteCard(card));
    const { deleted, deletedWithoutCard } = locale.details;
    await answers.finish(ask, privateNote(isCardGone ? deleted : deletedWithoutCard));
  }
}
