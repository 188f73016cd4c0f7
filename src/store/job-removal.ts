/**
 * Deletes final jobs: mark, files, places in the history, and last the record, which tells where the places are.
 * Each step may be repeated, and a removal stays listed under `removing` until all are done: whatever ends the
 * process in between, the next start goes through them again.
 */
import { randomUUID } from 'node:crypto';
import { isFinal, type Job } from '../jobs/job.ts';
import { StoreFailure } from '../jobs/ports.ts';
import type { Database } from './database.ts';
import { placeOf, type HistoryPlace } from './history-record.ts';
import type { HistoryStore } from './history-store.ts';
import { Records, type OnUnreadable } from './records.ts';
import { removalShape, removedMarkShape, type Removal, type RemovedMark } from './removal-record.ts';

/** Jobs in one task, so that saves between two tasks wait for milliseconds only. */
const TASK_JOBS = 50;

export interface JobRemovalOptions {
  database: Database;
  onUnreadable: OnUnreadable;
  records: Records<Job>;
  history: HistoryStore;
  /** Deletes every file of a job; none there is no error. */
  removeFiles: (jobId: string) => Promise<void>;
}

/** Every method rejects with StoreFailure; a removal that was refused half way goes on with the next one, or the next start. */
export class JobRemoval {
  readonly #database: Database;
  readonly #records: Records<Job>;
  readonly #history: HistoryStore;
  readonly #removeFiles: (jobId: string) => Promise<void>;
  readonly #removals: Records<Removal>;
  readonly #marks: Records<RemovedMark>;
  /** Under way, oldest first. */
  readonly #underWay = new Map<string, Removal>();
  /** Of every job of a removal under way. */
  readonly #removedAt = new Map<string, number>();
  #lastRemoval: Promise<unknown> = Promise.resolve();

  constructor({ database, onUnreadable, records, history, removeFiles }: JobRemovalOptions) {
    this.#database = database;
    this.#records = records;
    this.#history = history;
    this.#removeFiles = removeFiles;
    this.#removals = new Records(database, removalShape, onUnreadable);
    this.#marks = new Records(database, removedMarkShape, onUnreadable);
  }

  /** Whether the job is gone for readers although a removal still works on it. */
  isUnderWay(jobId: string): boolean {
    return this.#removedAt.has(jobId);
  }

  async getRemovedAt(jobId: string): Promise<number | undefined> {
    const at = this.#removedAt.get(jobId);
    if (at !== undefined) return at;
    const mark = await this.#marks.read(jobId);
    return mark.kind === 'record' ? mark.record.at : undefined;
  }

  /** At a start, before anything is read: finishes what the last process left. */
  async finishInterrupted(): Promise<void> {
    const found = await this.#removals.readMany(await this.#database.listKeys(removalShape.namespace));
    for (const entry of found) if (entry.kind === 'record') this.#begin(entry.record);
    await this.#finishAll();
  }

  /** One removal after another, so that two of the same job are one. `isOpen`: left alone. */
  remove(jobIds: readonly string[], at: number, isOpen: (jobId: string) => boolean): Promise<string[]> {
    const result = this.#lastRemoval.then(() => this.#removeNow([...new Set(jobIds)], at, isOpen));
    // The caller is told; the next removal only needs to know that this one ended.
    this.#lastRemoval = result.catch(() => undefined);
    return result;
  }

  async #removeNow(asked: string[], at: number, isOpen: (jobId: string) => boolean): Promise<string[]> {
    const removed = new Set(asked.filter((id) => this.isUnderWay(id)));
    await this.#finishAll();
    const chosen: string[] = [];
    // In order with the saves: a job whose final save is under way is still open.
    await this.#inTasks(asked, async (ids) => {
      const found = await this.#records.readMany(ids);
      for (const [index, id] of ids.entries()) {
        const entry = found[index];
        if (entry?.kind === 'record' && isFinal(entry.record) && !isOpen(id)) chosen.push(id);
      }
    });
    if (chosen.length > 0) {
      const removal: Removal = { v: 1, id: randomUUID(), at, jobIds: chosen };
      await this.#database.inOrder(() => this.#removals.write(removal));
      // Only now: what the disk refused to list was never begun.
      this.#begin(removal);
      await this.#finish(removal);
    }
    for (const id of chosen) removed.add(id);
    return asked.filter((id) => removed.has(id));
  }

  #begin(removal: Removal): void {
    this.#underWay.set(removal.id, removal);
    for (const id of removal.jobIds) this.#removedAt.set(id, removal.at);
  }

  /** A removal that the disk still refuses stays listed, and must not hold up the others, nor a start. */
  async #finishAll(): Promise<void> {
    for (const removal of this.#underWay.values()) {
      await this.#finish(removal).catch((error: unknown) => {
        if (!(error instanceof StoreFailure)) throw error;
      });
    }
  }

  async #finish({ id: removalId, at, jobIds }: Removal): Promise<void> {
    const places: HistoryPlace[] = [];
    await this.#inTasks(jobIds, async (ids) => {
      for (const id of ids) await this.#marks.write({ v: 1, id, at });
      // Where the record is gone already, so is everything before it.
      const found = await this.#records.readMany(ids);
      for (const entry of found) if (entry.kind === 'record') places.push(placeOf(entry.record));
    });
    for (const id of jobIds) await this.#removeFiles(id);
    await this.#history.takeOut(places);
    await this.#inTasks(jobIds, async (ids) => {
      for (const id of ids) await this.#records.delete(id);
    });
    await this.#database.inOrder(() => this.#removals.delete(removalId));
    this.#underWay.delete(removalId);
    for (const id of jobIds) this.#removedAt.delete(id);
  }

  async #inTasks(ids: readonly string[], task: (ids: readonly string[]) => Promise<void>): Promise<void> {
    for (let start = 0; start < ids.length; start += TASK_JOBS) {
      await this.#database.inOrder(() => task(ids.slice(start, start + TASK_JOBS)));
    }
  }
}
