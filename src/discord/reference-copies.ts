/**
 * Pictures to start from become files of the job that needs them, before anything of it is paid: their addresses end
 * within a day. Mostly that is over before the card is answered, so that a refusal is a private sentence; where it
 * takes longer, the card stands and says so, and the copy goes on behind it, also after a restart.
 */
import type { Engine } from '../jobs/engine.ts';
import type { Failure, Item, Job, Reference } from '../jobs/job.ts';
import { carryItem, failure, hasReferences } from '../jobs/job.ts';
import type { AssetStore, Clock, JobStore, Log, ReferenceKeeper } from '../jobs/ports.ts';
import { ReferenceRefused, StoreFailure } from '../jobs/ports.ts';
import { followSignals } from '../jobs/signals.ts';

export interface ReferenceCopiesOptions {
  engine: Engine;
  keeper: ReferenceKeeper;
  assets: AssetStore;
  store: Pick<JobStore, 'reserve' | 'release'>;
  clock: Clock;
  log: Log;
  /** Ends copies when the process stops. */
  signal: AbortSignal;
}

/** A job's references as far as they are copied, or why one of them cannot be used. */
export type Copied = { references: Reference[]; refused: null } | { refused: Failure };

/** Done items of an earlier job that another one goes on with. */
export interface Carry {
  from: Job;
  names: ReadonlySet<string>;
}

/** Discord waits 3 seconds for the card, which still has to be saved and sent. */
const ANSWER_WAIT_MS = 1_200;
const SAVE_AGAIN_MS = 5_000;

type Kept = Reference & { state: 'kept' };
type DoneItem = Item & { state: 'done' };

export class ReferenceCopies {
  readonly #options: ReferenceCopiesOptions;
  /** By job: its copies under way by their place in it, and what ends them. */
  readonly #underWay = new Map<string, { end: AbortController; copies: Map<number, Promise<Kept>> }>();

  constructor(options: ReferenceCopiesOptions) {
    this.#options = options;
  }

  /** Before anything is copied for a job that is not saved yet: what a crash leaves is deleted. Rejects with StoreFailure. */
  reserve(jobId: string): Promise<void> {
    return this.#options.store.reserve(jobId);
  }

  /** Begins to copy, and waits as long as an answer may. Rejects with StoreFailure. */
  async begin(jobId: string, references: readonly Reference[]): Promise<Copied> {
    const copies = references.map((reference, index) => this.#copy(jobId, reference, index));
    for (const copy of copies) copy.catch(() => undefined);
    const timeIsUp = new AbortController();
    const late = this.#options.clock.sleep(ANSWER_WAIT_MS, timeIsUp.signal).catch(() => undefined);
    try {
      const settled = references.map(async (reference, index) => {
        const kept = await Promise.race([copies[index], late]);
        return kept ?? asComing(reference);
      });
      return { references: await Promise.all(settled), refused: null };
    } catch (error) {
      if (error instanceof ReferenceRefused) return { refused: error.failure };
      throw error;
    } finally {
      timeIsUp.abort();
    }
  }

  /** The done items as items of the new job; one whose files are gone is left out, to be made anew. Rejects with StoreFailure. */
  async carry(jobId: string, { from, names }: Carry): Promise<DoneItem[]> {
    const done = from.items.filter((item): item is DoneItem => item.state === 'done' && names.has(item.name));
    const carried = await Promise.all(done.map((item) => this.#carryItem(jobId, from, item)));
    return carried.filter((item) => item !== null);
  }

  async #carryItem(jobId: string, from: Job, item: DoneItem): Promise<DoneItem | null> {
    const { assets } = this.#options;
    try {
      const own = item.assets.map((asset, index) => assets.adopt(asset, { jobId, item: item.name, index }));
      return carryItem(from, item, await Promise.all(own));
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      const read = await Promise.allSettled(item.assets.map((asset) => assets.read(asset)));
      if (read.every(({ status }) => status === 'fulfilled')) throw error;
      return null;
    }
  }

  /** The request was not taken: what was copied for it goes. Never rejects. */
  async forget(jobId: string): Promise<void> {
    await this.#endAll(jobId);
    await this.#options.store.release(jobId).catch(() => undefined);
  }

  async #endAll(jobId: string): Promise<void> {
    const underWay = this.#underWay.get(jobId);
    if (underWay === undefined) return;
    this.#underWay.delete(jobId);
    underWay.end.abort(new Error('nobody wants the copy any more'));
    await Promise.allSettled(underWay.copies.values());
  }

  /**
   * The card stands: the job begins as soon as everything it starts from is its own, and ends unpaid with a sentence
   * when something of it cannot be used. Never rejects.
   */
  async beginWhenCopied(jobId: string): Promise<void> {
    const { engine, signal, log } = this.#options;
    const job = await engine.get(jobId).catch(() => undefined);
    // One that is cancelled meanwhile wants its copies no longer: they must not come back after it was deleted.
    void engine.whenEnded(jobId).then(() => this.#endAll(jobId));
    try {
      if (job !== undefined && !hasReferences(job)) await this.#finish(job);
      engine.begin(jobId);
    } catch (error) {
      if (signal.aborted || !engine.isOpen(jobId)) return;
      if (!(error instanceof ReferenceRefused))
        log.error('a bug ended a copy', {
          jobId,
          errorMessage: error instanceof Error ? error.message : String(error),
        });
      const lost = error instanceof ReferenceRefused ? error.failure : failure('internal', 'give-up');
      await engine.discard(jobId, lost).catch(() => undefined);
    }
  }

  async #finish(job: Job): Promise<void> {
    for (const [index, reference] of job.references.entries()) {
      if (reference.state === 'kept') continue;
      const kept = await this.#insist(job.id, reference, index);
      await this.#options.engine.keepReference(job.id, index, kept);
    }
  }

  /** A disk that is full now may have room later. */
  async #insist(jobId: string, reference: Reference, index: number): Promise<Kept> {
    const { clock, log, engine, signal } = this.#options;
    for (;;) {
      try {
        return await this.#copy(jobId, reference, index);
      } catch (error) {
        if (!(error instanceof StoreFailure) || !engine.isOpen(jobId)) throw error;
        log.error('a picture to start from could not be saved; trying again', { jobId, errorMessage: error.message });
        await clock.sleep(SAVE_AGAIN_MS, signal);
      }
    }
  }

  #copy(jobId: string, reference: Reference, index: number): Promise<Kept> {
    const { keeper, signal } = this.#options;
    const underWay = this.#underWay.get(jobId) ?? { end: new AbortController(), copies: new Map() };
    const { end, copies } = underWay;
    const running = copies.get(index);
    if (running !== undefined) return running;
    this.#underWay.set(jobId, underWay);
    const either = followSignals(signal, end.signal);
    const copy = keeper.keep(reference, { id: jobId, index }, either.signal);
    copies.set(index, copy);
    const over = (): void => {
      either.release();
      copies.delete(index);
    };
    copy.then(over, over);
    return copy;
  }
}

/** As long as it is another one's file, it is not the job's own: that one may be deleted. */
function asComing(reference: Reference): Reference {
  if (reference.state === 'coming') return reference;
  const { name, fromJobId, picture } = reference;
  return { name, fromJobId, state: 'coming', source: { kind: 'asset', asset: picture.asset } };
}
