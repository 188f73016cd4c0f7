/**
 * Cards on disk. Every save puts the card under `unsettled` first, and only `settle` takes it out: after a crash
 * no card that may show less than its job is missed. A card that was settled and is saved again (a Retry) is
 * unsettled again.
 */
import type { Card, CardStore } from '../discord/card.ts';
import { cardShape } from './card-record.ts';
import type { Database } from './database.ts';
import { IdSet } from './id-set.ts';
import { Records, type OnUnreadable } from './records.ts';

export interface CardStoreOptions {
  database: Database;
  /** Told once for each record that cannot be read. */
  onUnreadable: OnUnreadable;
}

/** Rejects with StoreFailure when the ids of unsettled cards cannot be read. */
export async function openCardStore({ database, onUnreadable }: CardStoreOptions): Promise<CardStore> {
  const unsettled = await IdSet.open(database, 'unsettled');
  return new KeyvCardStore(database, new Records(database, cardShape, onUnreadable), unsettled);
}

class KeyvCardStore implements CardStore {
  readonly #database: Database;
  readonly #records: Records<Card>;
  readonly #unsettled: IdSet;

  constructor(database: Database, records: Records<Card>, unsettled: IdSet) {
    this.#database = database;
    this.#records = records;
    this.#unsettled = unsettled;
  }

  save(card: Card): Promise<void> {
    return this.#database.inOrder(async () => {
      await this.#unsettled.add(card.messageId);
      await this.#records.write(card);
    });
  }

  async get(messageId: string): Promise<Card | undefined> {
    const found = await this.#records.read(messageId);
    return found.kind === 'record' ? found.record : undefined;
  }

  /** Oldest message first: Discord's ids grow with time. */
  listUnsettled(): Promise<Card[]> {
    return this.#database.inOrder(async () => {
      const ids = this.#unsettled.ids().sort(byNumber);
      const found = await this.#records.readMany(ids);
      const cards: Card[] = [];
      for (const [index, id] of ids.entries()) {
        const entry = found[index];
        if (entry?.kind === 'absent') await this.#unsettled.remove(id);
        if (entry?.kind === 'record') cards.push(entry.record);
      }
      return cards;
    });
  }

  settle(messageId: string): Promise<void> {
    return this.#database.inOrder(() => this.#unsettled.remove(messageId));
  }

  /** The id goes last: a crash between the two leaves an id without a card, which the next listing drops. */
  delete(messageId: string): Promise<void> {
    return this.#database.inOrder(async () => {
      await this.#records.delete(messageId);
      await this.#unsettled.remove(messageId);
    });
  }
}

/** Numbers too large for a double, as text. */
function byNumber(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : Number(one > other);
}
