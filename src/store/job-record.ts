/** A job as it is written: checked on reading so that nothing else in the program can stumble over it. */
import { z } from 'zod';
import { ERROR_CODES, FAILURE_CODES, type FailureReason, type Job } from '../jobs/job.ts';
import type { RecordShape } from './records.ts';

// Object.keys forgets the type of its keys; FAILURE_CODES has exactly one for each reason.
const failureReasons = Object.keys(FAILURE_CODES) as FailureReason[];

const errorCode = z.enum(ERROR_CODES);
const texts = z.record(z.string(), z.string());
const time = z.number();

const failure = z.object({
  code: errorCode,
  reason: z.enum(failureReasons),
  next: z.enum(['retry', 'vary', 'give-up']),
  mostRetries: z.number().nullable(),
  providerStatus: z.string().nullable(),
  retryAfterMs: z.number().nullable(),
  details: texts,
});

const operation = z.object({ provider: z.string(), id: z.string(), data: texts });

const output = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('url'), url: z.string() }),
  z.object({ kind: z.literal('inline'), mimeType: z.string() }),
]);

const asset = z.object({
  file: z.string(),
  mimeType: z.string(),
  extension: z.string(),
  bytes: z.number(),
  sha256: z.string(),
});

export const requestSchema = z.object({
  command: z.string(),
  kind: z.enum(['image', 'video']),
  provider: z.string(),
  model: z.string().nullable(),
  prompt: z.string(),
  negativePrompt: z.string().nullable(),
  aspectRatio: z.string().nullable(),
  seed: z.number().nullable(),
  settings: texts,
  durationSeconds: z.number().nullable(),
  product: z
    .object({
      title: z.string(),
      features: z.array(z.string()),
      audience: z.string().nullable(),
      keywords: z.array(z.object({ word: z.string(), intents: z.array(z.string()) })),
    })
    .nullable(),
  itemPrompts: texts,
});

const referenceCommon = z.object({ name: z.string(), fromJobId: z.string().nullable() });
const referenceSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('address'), url: z.string() }),
  z.object({ kind: z.literal('asset'), asset }),
]);
const referencePicture = z.object({ asset, width: z.number(), height: z.number(), isFirstFrame: z.boolean() });

/** Also of drafts, which hold references before there is a job. */
export const referenceSchema = z.discriminatedUnion('state', [
  referenceCommon.extend({ state: z.literal('coming'), source: referenceSource }),
  referenceCommon.extend({ state: z.literal('kept'), picture: referencePicture }),
]);

const inputChange = z.object({ field: z.string(), from: z.string(), to: z.string().nullable() });
const fetches = z.object({ tries: z.number(), lastFailure: failure.nullable() });

const attempt = z.object({
  number: z.number(),
  provider: z.string(),
  model: z.string().nullable(),
  operationId: z.string().nullable(),
  seed: z.number(),
  variation: z.number(),
  changes: z.array(inputChange),
  fetches,
  startedAt: time,
  endedAt: time,
  failure: failure.nullable(),
});

const itemCommon = z.object({
  name: z.string(),
  attempt: z.number(),
  retryCount: z.number(),
  seed: z.number(),
  variation: z.number(),
  attemptStartedAt: time.nullable(),
  model: z.string().nullable(),
  changes: z.array(inputChange),
  fetches,
  inDoubtSince: time.nullable(),
  attempts: z.array(attempt),
  carriedFrom: z.string().nullable(),
  uncleanEnds: z.number(),
  alone: z.boolean(),
});

const item = z.discriminatedUnion('state', [
  itemCommon.extend({ state: z.literal('queued') }),
  itemCommon.extend({ state: z.literal('starting') }),
  itemCommon.extend({ state: z.literal('running'), operation, begunAt: time.nullable() }),
  itemCommon.extend({ state: z.literal('waiting'), until: time, delayMs: z.number(), failure }),
  itemCommon.extend({ state: z.literal('collecting'), operation: operation.nullable(), outputs: z.array(output) }),
  itemCommon.extend({ state: z.literal('done'), assets: z.array(asset) }),
  itemCommon.extend({ state: z.literal('failed'), failure, causeCode: errorCode.nullable() }),
  itemCommon.extend({ state: z.literal('cancelled'), failure }),
]);

const job = z.object({
  v: z.literal(3),
  id: z.string().min(1),
  revision: z.number(),
  state: z.enum(['queued', 'running', 'done', 'partial', 'failed', 'cancelled']),
  input: requestSchema,
  references: z.array(referenceSchema),
  items: z.array(item).min(1),
  guildId: z.string().nullable(),
  channelId: z.string(),
  userId: z.string(),
  private: z.boolean(),
  locale: z.string(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  retryCount: z.number(),
  maxRetries: z.number(),
  errorCode: errorCode.nullable(),
  causeCode: errorCode.nullable(),
  errorMessage: z.string().nullable(),
  result: z.array(asset),
  retryOf: z.string().nullable(),
  fallbackFrom: z.string().nullable(),
  attachmentSizeLimit: z.number(),
  origin: z.object({
    interactionId: z.string(),
    applicationId: z.string(),
    token: z.string(),
    tokenExpiresAt: time,
    cardMessageId: z.string().nullable(),
  }),
  cancelRequest: z.object({ userId: z.string(), at: time }).nullable(),
});

/** The failures, items and attempts of version 1 knew nothing of bounded retries, changed inputs and counted fetches. */
function upgradeFirst(record: object): object {
  const { input, items } = record as { input?: object; items?: unknown };
  return { ...record, v: 2, input: { ...input, settings: {} }, items: mapObjects(items, upgradeItem) };
}

function upgradeItem(old: object): object {
  const { failure: lost, attempts } = old as { failure?: unknown; attempts?: unknown };
  const upgraded = { ...old, ...NOTHING_CHANGED, attempts: mapObjects(attempts, upgradeAttempt) };
  return lost === undefined ? upgraded : { ...upgraded, failure: upgradeFailure(lost) };
}

function upgradeAttempt(old: object): object {
  return { ...old, ...NOTHING_CHANGED, failure: upgradeFailure((old as { failure?: unknown }).failure) };
}

function upgradeFailure(old: unknown): unknown {
  return typeof old === 'object' && old !== null ? { ...old, mostRetries: null } : old;
}

const NOTHING_CHANGED = { changes: [], fetches: { tries: 0, lastFailure: null } };

/** The requests of version 2 knew no sets and no references. */
function upgradeSecond(record: object): object {
  const { input, items } = record as { input?: object; items?: unknown };
  return {
    ...record,
    v: 3,
    input: { ...input, durationSeconds: null, product: null, itemPrompts: {} },
    references: [],
    items: mapObjects(items, (each) => ({ ...each, carriedFrom: null })),
  };
}

/** What is no list of objects stays as it is, for the schema to refuse. */
function mapObjects(list: unknown, change: (each: object) => object): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((each: unknown) => (typeof each === 'object' && each !== null ? change(each) : each));
}

/** When the shape of Job changes: raise `version`, and add `upgrades[old version]`. */
export const jobShape: RecordShape<Job> = {
  namespace: 'job',
  version: 3,
  schema: job,
  upgrades: { 1: upgradeFirst, 2: upgradeSecond },
  keyOf: (record) => record.id,
};
