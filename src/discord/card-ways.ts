/** Which ways to show a card are still open, and whether with its picture or in words alone. Pure. */
import type { Card } from './card.ts';
import type { Way } from './card-sender.ts';
import { endOfEdits } from './token-source.ts';

export class CardWays {
  readonly #closed = new Set<Way>();
  /** Of this revision words alone are shown; `isForNow`: because calls were lost, not because Discord refused. */
  #plain: { revision: number; isForNow: boolean } | null = null;
  /** The revision whose full card was tried again after words alone got through. */
  #secondChance: number | null = null;

  /** The first way that is open; null: none is. A new message is for the end of a job alone. */
  first(card: Card, { isEnd, now }: { isEnd: boolean; now: number }): Way | null {
    if (card.closed !== null) return null;
    if (now < endOfEdits(card)) return 'token';
    if (card.private) return null;
    if (!this.#closed.has('bot')) return 'bot';
    return isEnd && !this.#closed.has('post') ? 'post' : null;
  }

  close(way: Way): void {
    this.#closed.add(way);
  }

  /** There is something new to say, or a new token: each way may be worth a call again. */
  reopen(): void {
    this.#closed.clear();
  }

  isPlain(revision: number): boolean {
    return this.#plain?.revision === revision;
  }

  usePlain(revision: number, { isForNow }: { isForNow: boolean }): void {
    this.#plain = { revision, isForNow };
  }

  /** Words alone got through because calls were lost before: Discord may take the picture now. True once. */
  takeSecondChance(revision: number): boolean {
    const isDue = this.isPlain(revision) && this.#plain?.isForNow === true;
    if (!isDue || this.#secondChance === revision) return false;
    this.#secondChance = revision;
    this.#plain = null;
    return true;
  }
}
