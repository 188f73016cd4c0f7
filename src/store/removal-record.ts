/** What is written of removals: one record for each that is under way, and a mark for each job that is gone. */
import { z } from 'zod';
import type { RecordShape } from './records.ts';

/** Written in one step before anything is deleted, so that a removal is finished whole or was never begun. */
export interface Removal {
  v: 1;
  id: string;
  at: number;
  /** Final jobs only. */
  jobIds: string[];
}

/** All that remains of a job. */
export interface RemovedMark {
  v: 1;
  id: string;
  at: number;
}

/** When the shape of Removal changes: raise `version`, and add `upgrades[old version]`. */
export const removalShape: RecordShape<Removal> = {
  namespace: 'removing',
  version: 1,
  schema: z.object({ v: z.literal(1), id: z.string().min(1), at: z.number(), jobIds: z.array(z.string().min(1)) }),
  upgrades: {},
  keyOf: (record) => record.id,
};

/** When the shape of RemovedMark changes: raise `version`, and add `upgrades[old version]`. */
export const removedMarkShape: RecordShape<RemovedMark> = {
  namespace: 'removed',
  version: 1,
  schema: z.object({ v: z.literal(1), id: z.string().min(1), at: z.number() }),
  upgrades: {},
  keyOf: (record) => record.id,
};
