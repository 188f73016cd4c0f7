/**
 * A prediction as a plan in time. What it is at a moment follows from the plan and the clock alone, so
 * nothing has to run between two calls:
 *
 *   created ── queueMs ──▶ starts ── workMs ──▶ ends as its fate says
 *   a cancel before the end:           canceled
 *   its deadline before the start:     aborted
 *   its deadline before the end:       canceled
 *   an hour after completion:          input, output, logs and files are gone
 */
import { randomBytes } from 'node:crypto';
import type { SandboxPrediction } from '../interface.ts';
import type { SandboxModel } from './cog.ts';
import type { FaultKind, FaultOn } from './faults.ts';
import type { InputFiles, InputPicture } from './input-files.ts';

export interface Pace {
  queueMs: number;
  workMs: number;
}

export type Status = SandboxPrediction['status'];

/** How the work ends when nobody cancels it. `removed`: it succeeded, and its data is gone at once. */
type Fate =
  | { status: 'succeeded'; output: 'files' | 'null' | 'empty-list' | 'removed' }
  | { status: 'failed'; error: string }
  | { status: 'canceled' }
  /** Ended before it began. */
  | { status: 'aborted' };

export interface Prediction {
  readonly id: string;
  /** In the address of its files, which anyone who knows it may fetch. */
  readonly fileToken: string;
  readonly model: SandboxModel;
  readonly input: Record<string, unknown>;
  readonly seed: number;
  /** What its input shows. */
  readonly pictures: readonly InputPicture[];
  readonly createdAt: number;
  readonly startsAt: number;
  /** Infinity: works until somebody cancels it. */
  readonly endsAt: number;
  readonly fate: Fate;
  readonly cancelAfter: string | null;
  readonly webhook: Webhook | null;
  /** When `Cancel-After` ends it, or null. */
  readonly deadline: number | null;
  canceledAt: number | null;
  gets: number;
  cancels: number;
  fileFetches: number;
}

export interface Webhook {
  url: string;
  /** The events that were asked for, in Replicate's words. */
  events: readonly string[];
}

export interface State {
  status: Status;
  startedAt: number | null;
  completedAt: number | null;
  isDataRemoved: boolean;
}

/** Replicate keeps the data of predictions made through the API for an hour (docs, "data retention"). */
const DATA_KEPT_MS = 3_600_000;

const NSFW_ERROR = 'NSFW content detected. Try running it again, or try a different prompt.';
const INTERRUPTED_ERROR = 'Prediction interrupted; please retry (code: PA)';
const DIRECTOR_ERROR = 'Director: unexpected error handling prediction (E9828)';

export interface Plan {
  model: SandboxModel;
  input: Record<string, unknown>;
  now: number;
  pace: Pace;
  slowMs: number;
  fault: FaultOn<'prediction'> | null;
  cancelAfter: { text: string; ms: number } | null;
  webhook: Webhook | null;
  files: InputFiles;
}

export function planPrediction(plan: Plan): Prediction {
  const { model, input, now, pace, slowMs, fault, cancelAfter, webhook, files } = plan;
  const startsAt = now + pace.queueMs;
  return {
    id: randomName(26),
    fileToken: randomName(40),
    model,
    input,
    seed: typeof input.seed === 'number' ? input.seed : randomBytes(4).readUInt32LE(0) >>> 1,
    createdAt: now,
    startsAt,
    pictures: files.pictures,
    // What cannot be read stops it before it works.
    endsAt: startsAt + (files.error === null ? workMsOf(fault?.kind, pace.workMs, slowMs) : 0),
    fate: files.error === null ? fateOf(fault) : { status: 'failed', error: files.error },
    cancelAfter: cancelAfter?.text ?? null,
    webhook,
    deadline: cancelAfter === null ? null : now + cancelAfter.ms,
    canceledAt: null,
    gets: 0,
    cancels: 0,
    fileFetches: 0,
  };
}

export function stateAt(prediction: Prediction, now: number): State {
  const { startsAt, endsAt } = prediction;
  const stoppedAt = Math.min(prediction.canceledAt ?? Infinity, prediction.deadline ?? Infinity);
  const completedAt = Math.min(stoppedAt, endsAt);
  if (now < completedAt) {
    const hasStarted = now >= startsAt;
    return {
      status: hasStarted ? 'processing' : 'starting',
      startedAt: hasStarted ? startsAt : null,
      completedAt: null,
      isDataRemoved: false,
    };
  }
  const status = endedAs(prediction, completedAt);
  const { fate } = prediction;
  const isRemovedAtOnce = status === 'succeeded' && fate.status === 'succeeded' && fate.output === 'removed';
  return {
    status,
    startedAt: status !== 'aborted' && completedAt >= startsAt ? startsAt : null,
    completedAt,
    isDataRemoved: isRemovedAtOnce || now >= completedAt + DATA_KEPT_MS,
  };
}

/** Cancelling what has ended changes nothing. */
export function cancelPrediction(prediction: Prediction, now: number): void {
  prediction.cancels += 1;
  if (stateAt(prediction, now).completedAt === null) prediction.canceledAt = now;
}

function workMsOf(kind: FaultKind<'prediction'> | undefined, workMs: number, slowMs: number): number {
  if (kind === 'never-ends') return Infinity;
  if (kind === 'slow') return slowMs;
  if (kind === '12-minutes') return 12 * 60_000;
  if (kind === 'aborted') return 0;
  return kind === 'interrupted' || kind === 'canceled' ? workMs / 2 : workMs;
}

const FATES: Record<Exclude<FaultKind<'prediction'>, 'error'>, Fate> = {
  fails: { status: 'failed', error: DIRECTOR_ERROR },
  nsfw: { status: 'failed', error: NSFW_ERROR },
  interrupted: { status: 'failed', error: INTERRUPTED_ERROR },
  canceled: { status: 'canceled' },
  aborted: { status: 'aborted' },
  nothing: { status: 'succeeded', output: 'null' },
  'empty-list': { status: 'succeeded', output: 'empty-list' },
  'data-removed': { status: 'succeeded', output: 'removed' },
  slow: { status: 'succeeded', output: 'files' },
  '12-minutes': { status: 'succeeded', output: 'files' },
  'never-ends': { status: 'succeeded', output: 'files' },
};

function fateOf(fault: Plan['fault']): Fate {
  if (fault === null) return { status: 'succeeded', output: 'files' };
  return fault.kind === 'error' ? { status: 'failed', error: fault.error } : FATES[fault.kind];
}

function endedAs(prediction: Prediction, completedAt: number): Status {
  if (completedAt === prediction.canceledAt) return 'canceled';
  if (completedAt === prediction.endsAt) return prediction.fate.status;
  return completedAt < prediction.startsAt ? 'aborted' : 'canceled';
}

/** Lower-case letters and digits, as in Replicate's ids. */
function randomName(length: number): string {
  return Array.from(randomBytes(length), (byte) => '0123456789abcdefghjkmnpqrstvwxyz'.charAt(byte % 32)).join('');
}
