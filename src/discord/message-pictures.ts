/**
 * The commands of the menu of a message: its pictures, made to move or used to start from. Of a card of this bot the
 * originals are taken, of any other message what it shows.
 */
import type { Engine } from '../jobs/engine.ts';
import type { Kind } from '../jobs/job.ts';
import { localeFor } from '../locales/locale.ts';
import { type Animations, describeLack } from './animations.ts';
import type { Answers } from './answers.ts';
import type { MenuAsk } from './ask.ts';
import type { DraftChoice } from './draft.ts';
import { requestOf } from './draft-wish.ts';
import type { Drafts } from './drafts.ts';
import type { LiveMessage } from './live-message.ts';
import { maySee } from './permissions.ts';
import { choicesOfJob, choicesOfMessage } from './source-pictures.ts';

export interface MessagePicturesOptions {
  answers: Answers;
  engine: Engine;
  live: LiveMessage;
  drafts: Drafts;
  animations: Animations;
  /** The provider a request without one goes to, for each kind. */
  defaultProviders: Readonly<Record<Kind, string>>;
}

interface Found {
  choices: DraftChoice[];
  /** As what they were made by. */
  private: boolean;
}

export class MessagePictures {
  readonly #options: MessagePicturesOptions;

  constructor(options: MessagePicturesOptions) {
    this.#options = options;
  }

  async animate(ask: MenuAsk): Promise<void> {
    const found = await this.#find(ask);
    if (typeof found === 'string') return this.#options.answers.refuse(ask, found);
    await this.#options.animations.animate(ask, found.choices, { private: found.private });
  }

  /** A form asks for the prompt, and which of several pictures. */
  async use(ask: MenuAsk): Promise<void> {
    const { answers, drafts, defaultProviders } = this.#options;
    const found = await this.#find(ask);
    if (typeof found === 'string') return answers.refuse(ask, found);
    const input = requestOf({ command: 'generate', kind: 'image', provider: defaultProviders.image });
    await drafts.ask(ask, { purpose: 'use', input, ...found });
  }

  /** At least one picture, or the sentence that says why there is none. */
  async #find(ask: MenuAsk): Promise<Found | string> {
    const { engine, live } = this.#options;
    const locale = localeFor(ask.locale);
    const card = await live.getCard(ask.message.id);
    const job = card === undefined ? undefined : await engine.get(card.currentJobId);
    if (job !== undefined && maySee(ask, job)) {
      const choices = choicesOfJob(job, locale);
      return describeLack(job, choices, locale) ?? { choices, private: job.private };
    }
    if (job?.private === true) return locale.drafts.messageWithout;
    // Of a card whose job was removed, or came from elsewhere, what it shows is there for all to see, and no more.
    const choices = choicesOfMessage(ask.message.pictures, locale);
    return choices.length === 0 ? locale.drafts.messageWithout : { choices, private: false };
  }
}
