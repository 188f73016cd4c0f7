/** Draws a card and brings it to Discord by one of its ways. Decides nothing: what a failure leads to is the slot's. */
import type { Job } from '../jobs/job.ts';
import type { AssetStore, Clock, Log } from '../jobs/ports.ts';
import type { DiscordApi, MessageWrite } from './api.ts';
import type { Card } from './card.ts';
import { renderCard, renderFallbackText, type CardContext, type CardMessage } from './render.ts';
import { firstIdAt } from './snowflake.ts';
import { endOfEdits } from './token-source.ts';

export interface CardSenderOptions {
  api: DiscordApi;
  assets: AssetStore;
  clock: Clock;
  /** Everything a card shows beside the job, for its language. */
  contextFor: (job: Job, updatesEndAt: number | null) => CardContext;
  log: Log;
}

/** How a card is shown: edited by the interaction's token, edited by the bot, or posted anew by the bot. */
export type Way = 'token' | 'bot' | 'post';

/** Discord knows a nonce for "the past few minutes" ("Create Message", enforce_nonce); so long it is relied on. */
const NONCE_KNOWN_MS = 60_000;
/** Clocks differ: a message is looked for from a little before it was first asked for. */
const CLOCK_MARGIN_MS = 60_000;

export class CardSender {
  readonly #options: CardSenderOptions;

  constructor(options: CardSenderOptions) {
    this.#options = options;
  }

  /** `isPlain`: in words alone, without the prompt. */
  draw(card: Card, job: Job, isPlain: boolean): CardMessage {
    const context = this.#options.contextFor(job, card.private ? endOfEdits(card) : null);
    // Where a job is shown once more, other sizes may fit than where it was asked for.
    const shown = card.again === null ? job : { ...job, attachmentSizeLimit: card.again.attachmentSizeLimit };
    return isPlain ? renderFallbackText(shown, context) : renderCard(shown, context);
  }

  /** Gives the id of the message that shows it now: another one than the card's when it was posted. */
  async send(way: Way, card: Card, job: Job, message: CardMessage): Promise<string> {
    const { api } = this.#options;
    const posted = way === 'post' ? await this.#findPosted(card, job) : null;
    const write = await this.#load(card, job, message);
    if (way === 'token') await api.editOriginal(card, write);
    else if (way === 'bot') await api.editMessage(card, write);
    else if (posted === null) return api.post(card.channelId, write, `card-${job.id}`);
    else await api.editMessage({ ...card, messageId: posted }, write);
    return posted ?? card.messageId;
  }

  /** A post whose end nobody knows may stand, and Discord forgets its nonce. */
  async #findPosted({ channelId, postingSince }: Card, job: Job): Promise<string | null> {
    const { api, clock } = this.#options;
    if (postingSince === null || clock.now() - postingSince < NONCE_KNOWN_MS) return null;
    const messages = await api.listMessagesAfter(channelId, firstIdAt(postingSince - CLOCK_MARGIN_MS));
    const found = messages.find(({ components }) => JSON.stringify(components ?? []).includes(job.id));
    return found?.id ?? null;
  }

  /** Reads the files a card carries. One that cannot be read leaves a card of words, with its buttons. */
  async #load(card: Card, job: Job, message: CardMessage): Promise<MessageWrite & { body: object }> {
    try {
      const files = await Promise.all(
        message.files.map(async ({ name, asset }) => ({
          name,
          data: await this.#options.assets.read(asset),
          contentType: asset.mimeType,
        })),
      );
      // `attachments` lists what stays: what the card showed before goes.
      const attachments = message.files.map(({ name, description }, id) => ({ id, filename: name, description }));
      return { body: { ...message.body, attachments }, files };
    } catch (error) {
      this.#options.log.warn('a file of a finished job could not be read', {
        jobId: job.id,
        errorMessage: error instanceof Error ? error.message : String(error),
      });
      return { body: { ...this.draw(card, job, true).body, attachments: [] }, files: [] };
    }
  }
}
