/**
 * How many attempts are in flight at once: one p-queue for each provider and kind. The only file that
 * knows p-queue. A lane carries tickets to one handler registered here, never closures, so another
 * kind of lane (workers on other machines) can take its place.
 *
 * Turns are taken one by one when there is room, so a queue inside p-queue never grows behind the
 * back of the fair turns.
 */
import PQueue from 'p-queue';
import type { Ticket } from './turns.ts';

export interface LanesOptions {
  /** Attempts in flight in each lane. */
  concurrency: number;
  /** Runs one attempt; never rejects. */
  run: (ticket: Ticket) => Promise<void>;
  /** Called whenever a lane may have room again. */
  onRoom: (lane: string) => void;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #queues = new Map<string, PQueue>();

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  hasRoom(lane: string): boolean {
    const queue = this.#queueOf(lane);
    return queue.size + queue.pending < this.#options.concurrency;
  }

  /** Runs the ticket when a slot is free. `onRoom` follows when it has ended. */
  add(lane: string, ticket: Ticket): void {
    void this.#queueOf(lane)
      .add(() => this.#options.run(ticket))
      .then(() => this.#options.onRoom(lane));
  }

  /** Attempts in flight in all lanes. */
  inFlight(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.pending, 0);
  }

  /** Resolves when nothing is in flight. Tickets that have not begun are dropped: their jobs are saved. */
  async drain(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => (queue.clear(), queue.onIdle())));
  }

  #queueOf(lane: string): PQueue {
    let queue = this.#queues.get(lane);
    if (queue === undefined) this.#queues.set(lane, (queue = new PQueue({ concurrency: this.#options.concurrency })));
    return queue;
  }
}
