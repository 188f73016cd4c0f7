/** When a card may be edited: its channel's pace, the pause between two bars, and a guard of Discord's. */
import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job.ts';
import type { Clock } from '../jobs/ports.ts';
import type { DiscordApi } from './api.ts';
import type { Card } from './card.ts';
import type { Way } from './card-sender.ts';
import { progressPauseMs } from './pace.ts';
import type { Pacer } from './pacer.ts';

export interface CardTurnParts {
  api: Pick<DiscordApi, 'blockedForMs'>;
  pacer: Pacer;
  clock: Clock;
  stop: AbortSignal;
  isFlushing: () => boolean;
}

export class CardTurn {
  readonly #parts: CardTurnParts;
  /** Ends a wait for a paced turn that is no longer needed. */
  #turn: AbortController | null = null;
  /** Ends the pause between two edits that show progress alone. */
  #pause: AbortController | null = null;

  constructor(parts: CardTurnParts) {
    this.#parts = parts;
  }

  /** False: the wait was ended by something newer, which has asked for itself. `shownAt`: when it was last edited. */
  async wait(way: Way, { card, job, shownAt }: { card: Card; job: Job; shownAt: number }): Promise<boolean> {
    const { api, pacer, clock, stop } = this.#parts;
    const isUrgent = isFinal(job);
    const blockedMs = api.blockedForMs();
    const isPaced = !isUrgent || way !== 'token';
    if (!isPaced && blockedMs === 0) return true;
    const turn = (this.#turn = new AbortController());
    const signal = AbortSignal.any([turn.signal, stop]);
    try {
      if (blockedMs > 0) await clock.sleep(blockedMs, signal);
      if (!isUrgent) await this.#waitForProgress(card, job, { shownAt, signal });
      if (isPaced) await pacer.wait(card.channelId, isUrgent, signal);
      return true;
    } catch {
      return false;
    } finally {
      this.#turn = null;
    }
  }

  /** What it waits for is of no interest any more. */
  end(why: string): void {
    this.#turn?.abort(new Error(why));
  }

  /** There is more than a bar to show. */
  wake(): void {
    this.#pause?.abort(new Error('there is news'));
  }

  /** News of the job itself goes out as soon as it may; progress alone only now and then. */
  async #waitForProgress(
    card: Card,
    job: Job,
    { shownAt, signal }: { shownAt: number; signal: AbortSignal },
  ): Promise<void> {
    const { clock, isFlushing } = this.#parts;
    if (isFlushing()) throw new Error('progress is not shown while stopping');
    if (card.shownRevision < job.revision) return;
    const waitMs = progressPauseMs(job, shownAt, clock.now());
    if (waitMs <= 0) return;
    const pause = (this.#pause = new AbortController());
    // Woken by news, it goes on to its turn: the newest is drawn there.
    await clock.sleep(waitMs, AbortSignal.any([signal, pause.signal])).catch(() => signal.throwIfAborted());
    this.#pause = null;
  }
}
