/** Tells an asker, after their next command or press anywhere, of ends that no message could show. */
import type { Job } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { DiscordApi } from './api.ts';
import type { Asker } from './ask.ts';
import type { UndeliveredStore } from './card.ts';
import { insist } from './insist.ts';
import { renderUndelivered, UNDELIVERED_AT_ONCE } from './render-undelivered.ts';

export interface UndeliveredTellerOptions {
  api: DiscordApi;
  store: UndeliveredStore;
  /** undefined: it was removed. */
  getJob: (jobId: string) => Promise<Job | undefined>;
  /** Whether a card of the job is being brought up to date just now. */
  isShown: (jobId: string) => boolean;
  clock: Clock;
  log: Log;
}

export class UndeliveredTeller {
  readonly #options: UndeliveredTellerOptions;
  /** Users who are being told: two presses in a moment are one message. */
  readonly #underWay = new Set<string>();

  constructor(options: UndeliveredTellerOptions) {
    this.#options = options;
  }

  /** To be called once the interaction has been answered. Never rejects: what was not told waits for the next chance. */
  async tell(asker: Asker): Promise<void> {
    const { userId } = asker;
    if (!this.#options.store.mayHave(userId) || this.#underWay.has(userId)) return;
    this.#underWay.add(userId);
    try {
      await this.#tell(asker);
    } catch (error) {
      this.#options.log.warn('an asker could not be told of what was not delivered', {
        errorMessage: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#underWay.delete(userId);
    }
  }

  async #tell(asker: Asker): Promise<void> {
    const { api, store, clock, log } = this.#options;
    const jobs = await this.#listUntold(asker.userId);
    if (jobs.length === 0) return;
    const told = jobs.slice(0, UNDELIVERED_AT_ONCE);
    const body = renderUndelivered(told, jobs.length - told.length, localeFor(asker.locale));
    const lost = await insist(() => api.followUp(asker, body), { clock });
    if (lost !== null) return log.warn('what was not delivered could not be told of', { why: lost.kind });
    const ids = told.map(({ id }) => id);
    await store.noteTold(asker.userId, ids, clock.now());
  }

  /** Oldest first. Removed jobs are forgotten here, too. */
  async #listUntold(userId: string): Promise<Job[]> {
    const { store, getJob, isShown } = this.#options;
    const jobs: Job[] = [];
    const gone: string[] = [];
    for (const { jobId, toldAt } of await store.list(userId)) {
      const job = await getJob(jobId);
      if (job === undefined) gone.push(jobId);
      else if (toldAt === null && !isShown(jobId)) jobs.push(job);
    }
    if (gone.length > 0) await store.remove(userId, gone);
    return jobs;
  }
}
