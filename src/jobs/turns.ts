/**
 * Fair turns between users, in front of the lanes: whoever was served least recently goes next, so a
 * user with ten waiting items never keeps another's first one waiting for all ten.
 *
 * Pure bookkeeping in memory; after a restart it is filled again from the saved jobs.
 */

/** What travels to a lane: plain data, so that a lane may be in another process one day. */
export interface Ticket {
  jobId: string;
  item: string;
  /** The attempt this turn is for, from 1. */
  attempt: number;
  userId: string;
}

interface Line {
  /** By user, in the order they asked. A user without a ticket has no entry. */
  tickets: Map<string, Ticket[]>;
}

export class Turns {
  readonly #lines = new Map<string, Line>();
  /** When each user was last served, as a count of turns; users never served count as 0. */
  readonly #servedAt = new Map<string, number>();
  #turn = 0;

  /** `isFirst`: before the user's other tickets, for work that has already had a turn. */
  offer(lane: string, ticket: Ticket, isFirst = false): void {
    const line = this.#lineOf(lane);
    const own = line.tickets.get(ticket.userId) ?? [];
    if (isFirst) own.unshift(ticket);
    else own.push(ticket);
    line.tickets.set(ticket.userId, own);
  }

  /** The next ticket of the least recently served user whom `isAllowed` lets run more; undefined when there is none. */
  take(lane: string, isAllowed: (userId: string) => boolean): Ticket | undefined {
    const line = this.#lineOf(lane);
    let next: string | undefined;
    for (const userId of line.tickets.keys()) {
      if (!isAllowed(userId)) continue;
      // Maps keep insertion order, so among equals the one who asked first wins.
      if (next === undefined || this.#served(userId) < this.#served(next)) next = userId;
    }
    if (next === undefined) return undefined;
    const own = line.tickets.get(next) ?? [];
    const ticket = own.shift();
    if (own.length === 0) line.tickets.delete(next);
    this.#servedAt.set(next, ++this.#turn);
    this.#forgetIdle();
    return ticket;
  }

  /** Takes an item out of every line. */
  remove(jobId: string, item: string): void {
    for (const line of this.#lines.values()) {
      for (const [userId, own] of line.tickets) {
        const left = own.filter((ticket) => ticket.jobId !== jobId || ticket.item !== item);
        if (left.length === 0) line.tickets.delete(userId);
        else line.tickets.set(userId, left);
      }
    }
  }

  /** The next `count` tickets in the order they would be served if everybody were allowed. */
  upcoming(lane: string, count: number): Ticket[] {
    const rest = [...this.#lineOf(lane).tickets].map(([userId, own]) => ({
      own,
      next: 0,
      servedAt: this.#served(userId),
    }));
    const order: Ticket[] = [];
    for (let turn = this.#turn + 1; order.length < count; turn++) {
      let first: (typeof rest)[number] | undefined;
      for (const user of rest) {
        if (user.next < user.own.length && (first === undefined || user.servedAt < first.servedAt)) first = user;
      }
      const ticket = first?.own[first.next];
      if (first === undefined || ticket === undefined) break;
      order.push(ticket);
      first.next++;
      first.servedAt = turn;
    }
    return order;
  }

  /** The place the ticket would have if it were offered now, from 1; null when it is not among the next `most`. */
  placeOf(lane: string, ticket: Ticket, most: number): number | null {
    this.offer(lane, ticket);
    const place = this.upcoming(lane, most).indexOf(ticket) + 1;
    this.remove(ticket.jobId, ticket.item);
    return place === 0 ? null : place;
  }

  lanes(): string[] {
    return [...this.#lines.keys()];
  }

  #lineOf(lane: string): Line {
    let line = this.#lines.get(lane);
    if (line === undefined) this.#lines.set(lane, (line = { tickets: new Map() }));
    return line;
  }

  #served(userId: string): number {
    return this.#servedAt.get(userId) ?? 0;
  }

  /** Keeps the memory of who was served bounded: only the last 10,000 turns matter to anybody. */
  #forgetIdle(): void {
    if (this.#servedAt.size <= 10_000) return;
    const oldest = this.#turn - 5_000;
    for (const [userId, servedAt] of this.#servedAt) if (servedAt < oldest) this.#servedAt.delete(userId);
  }
}
