/** Cards whose job is gone: they say so, or are taken away. */
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import type { Card, CardStore } from './card.ts';
import { isPassing } from './delivery-failure.ts';
import { insist } from './insist.ts';
import { renderRemoved } from './render.ts';
import { endOfEdits } from './token-source.ts';

export interface RemovedCardsOptions {
  api: DiscordApi;
  cards: CardStore;
  clock: Clock;
  /** When a job was removed; undefined: it never was. */
  getRemovedAt: (jobId: string) => Promise<number | undefined>;
  log: Log;
  signal: AbortSignal;
}

export class RemovedCards {
  readonly #options: RemovedCardsOptions;

  constructor(options: RemovedCardsOptions) {
    this.#options = options;
  }

  /** Its job was removed before the card showed the end: it says that, and has nothing left to press. Never rejects. */
  async show(card: Card): Promise<void> {
    try {
      await this.#show(card);
    } catch (error) {
      this.#options.log.warn('the card of a removed job could not be drawn', {
        jobId: card.currentJobId,
        errorMessage: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #show(card: Card): Promise<void> {
    const { api, cards, clock, signal } = this.#options;
    const removedAt = (await this.#options.getRemovedAt(card.currentJobId)) ?? clock.now();
    const { body } = renderRemoved(removedAt, localeFor(card.locale));
    const write = { body: { ...body, attachments: [] }, files: [] };
    const isByToken = clock.now() < endOfEdits(card);
    const isClosed = card.closed !== null || (card.private && !isByToken);
    const call = (): Promise<unknown> => (isByToken ? api.editOriginal(card, write) : api.editMessage(card, write));
    const lost = isClosed ? null : await insist(call, { clock, signal });
    // While Discord is away it stays unsettled, for the next start.
    if (lost === null || !isPassing(lost)) await cards.settle(card.messageId);
  }

  /** False: the message still stands, since there is no way to it. One that is gone already counts as deleted. */
  async delete(card: Card): Promise<boolean> {
    const { api, clock, log, signal } = this.#options;
    const isByToken = card.private;
    if (isByToken && clock.now() >= endOfEdits(card)) return false;
    const call = (): Promise<void> => (isByToken ? api.deleteOriginal(card) : api.deleteMessage(card));
    const lost = await insist(call, { clock, signal });
    if (lost === null || lost.kind === 'gone') return true;
    log.warn('a card could not be deleted', { jobId: card.currentJobId, why: lost.kind });
    return false;
  }
}
