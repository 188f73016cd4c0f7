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
import type { FaultKind, FaultOn } from './faults.ts';
import { nameOf, type SandboxModel } from './cog.ts';
import { sizeOf, type PictureFormat, type PictureRequest } from './picture.ts';

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
}

export function planPrediction({ model, input, now, pace, slowMs, fault, cancelAfter, webhook }: Plan): Prediction {
  const startsAt = now + pace.queueMs;
  return {
    id: randomName(26),
    fileToken: randomName(40),
    model,
    input,
    seed: typeof input.seed === 'number' ? input.seed : randomBytes(4).readUInt32LE(0) >>> 1,
    createdAt: now,
    startsAt,
    endsAt: startsAt + workMsOf(fault?.kind, pace.workMs, slowMs),
    fate: fateOf(fault),
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

/** How many files it has to offer now. */
export function countOutputs(prediction: Prediction, now: number): number {
  const { status, isDataRemoved } = stateAt(prediction, now);
  const { fate, input, model } = prediction;
  if (status !== 'succeeded' || isDataRemoved || fate.status !== 'succeeded' || fate.output !== 'files') return 0;
  return model.output === 'array' && typeof input.num_outputs === 'number' ? input.num_outputs : 1;
}

/** The API's prediction object. `origin` is `http://127.0.0.1:PORT`. */
export function presentPrediction(prediction: Prediction, now: number, origin: string): Record<string, unknown> {
  const { status, startedAt, completedAt, isDataRemoved } = stateAt(prediction, now);
  const { id, model, deadline, fate } = prediction;
  return {
    id,
    model: nameOf(model),
    version: model.isOfficial ? 'hidden' : model.versionId,
    input: isDataRemoved ? {} : prediction.input,
    logs: isDataRemoved ? '' : logsAt(prediction, now),
    output: presentOutput(prediction, now, origin),
    data_removed: isDataRemoved,
    error: status === 'failed' && fate.status === 'failed' ? fate.error : null,
    source: 'api',
    status,
    created_at: timestamp(prediction.createdAt),
    ...(startedAt === null ? {} : { started_at: timestamp(startedAt) }),
    ...(completedAt === null
      ? {}
      : { completed_at: timestamp(completedAt), metrics: metricsOf(prediction, startedAt, completedAt, now) }),
    ...(deadline === null ? {} : { deadline: timestamp(deadline) }),
    urls: {
      get: `${origin}/v1/predictions/${id}`,
      cancel: `${origin}/v1/predictions/${id}/cancel`,
      stream: `${origin}/v1/predictions/${id}/stream`,
      web: `https://replicate.com/p/${id}`,
    },
  };
}

/** As the list shows it: no logs and nothing about webhooks. */
export function presentListed(prediction: Prediction, now: number, origin: string): Record<string, unknown> {
  const { logs: _logs, ...listed } = presentPrediction(prediction, now, origin);
  return listed;
}

export function summarizePrediction(prediction: Prediction, now: number): SandboxPrediction {
  const { id, model, input, createdAt, cancelAfter, webhook, gets, cancels, fileFetches } = prediction;
  const { status } = stateAt(prediction, now);
  return {
    id,
    model: nameOf(model),
    input: structuredClone(input),
    status,
    createdAt,
    cancelAfter,
    webhook: webhook?.url ?? null,
    gets,
    cancels,
    fileFetches,
  };
}

/** What to draw for one of its files. */
export function pictureOf(prediction: Prediction, index: number): PictureRequest {
  const { input, seed } = prediction;
  const { width, height } = dimensionsOf(input);
  return {
    prompt: typeof input.prompt === 'string' ? input.prompt : '',
    seed,
    index,
    width,
    height,
    format: formatOf(prediction),
  };
}

/** `out-0.webp` for a list, `output.jpg` for a single file. */
export function fileNameOf(prediction: Prediction, index: number): string {
  const format = formatOf(prediction);
  return prediction.model.output === 'string' ? `output.${format}` : `out-${index}.${format}`;
}

function workMsOf(kind: FaultKind<'prediction'> | undefined, workMs: number, slowMs: number): number {
  if (kind === 'never-ends') return Infinity;
  if (kind === 'slow') return slowMs;
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

function presentOutput(prediction: Prediction, now: number, origin: string): string[] | string | null {
  const count = countOutputs(prediction, now);
  const { fate } = prediction;
  const { status, isDataRemoved } = stateAt(prediction, now);
  if (count === 0) {
    const isEmptyList = fate.status === 'succeeded' && fate.output === 'empty-list';
    return isEmptyList && status === 'succeeded' && !isDataRemoved ? [] : null;
  }
  const urls = Array.from(
    { length: count },
    (_, index) => `${origin}/files/${prediction.fileToken}/${fileNameOf(prediction, index)}`,
  );
  return prediction.model.output === 'string' ? (urls[0] ?? null) : urls;
}

function metricsOf(
  prediction: Prediction,
  startedAt: number | null,
  completedAt: number,
  now: number,
): Record<string, number> {
  const images = countOutputs(prediction, now);
  return {
    ...(prediction.model.isOfficial && images > 0 ? { image_count: images } : {}),
    ...(startedAt === null ? {} : { predict_time: (completedAt - startedAt) / 1000 }),
    total_time: (completedAt - prediction.createdAt) / 1000,
  };
}

function logsAt(prediction: Prediction, now: number): string {
  const { startedAt, completedAt } = stateAt(prediction, now);
  if (startedAt === null) return '';
  const opening = `Using seed: ${prediction.seed}\n`;
  const { defaultSteps } = prediction.model;
  if (defaultSteps === null) return `${opening}Running prediction... \nGenerating image...\n`;
  const chosen = prediction.input.num_inference_steps;
  const steps = typeof chosen === 'number' ? chosen : defaultSteps;
  const stepMs = (prediction.endsAt - startedAt) / steps;
  const reached = Number.isFinite(stepMs) && stepMs > 0 ? Math.floor(((completedAt ?? now) - startedAt) / stepMs) : 0;
  const shown = Array.from({ length: Math.min(steps, reached) + 1 }, (_, done) => progressLine(done, steps, stepMs));
  return opening + shown.join('\r');
}

/** As tqdm writes it in plain ASCII: ` 25%|##5       | 1/4 [00:01<00:03,  1.00s/it]`. */
function progressLine(done: number, steps: number, stepMs: number): string {
  const share = done / steps;
  const percent = String(Math.floor(share * 100)).padStart(3);
  const tenths = Math.floor(share * 100) % 10;
  const bar = `${'#'.repeat(Math.floor(share * 10))}${share < 1 && tenths > 0 ? tenths : ''}`.padEnd(10);
  if (done === 0) return `${percent}%|${bar}| 0/${steps} [00:00<?, ?it/s]`;
  const rate = (stepMs / 1000).toFixed(2).padStart(5);
  return `${percent}%|${bar}| ${done}/${steps} [${minutes(done * stepMs)}<${minutes((steps - done) * stepMs)}, ${rate}s/it]`;
}

function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

function dimensionsOf(input: Record<string, unknown>): { width: number; height: number } {
  const { width, height, aspect_ratio: aspectRatio, megapixels } = input;
  const isOwnSize = aspectRatio === undefined || aspectRatio === 'custom';
  if (isOwnSize && typeof width === 'number' && typeof height === 'number')
    return { width: clampSide(width), height: clampSide(height) };
  return sizeOf(typeof aspectRatio === 'string' ? aspectRatio : '1:1', megapixels === '0.25' ? 0.25 : 1);
}

/** SDXL's schema has no bounds; a canvas has. */
function clampSide(length: number): number {
  return Math.min(2048, Math.max(64, Math.round(length)));
}

function formatOf({ input, model }: Prediction): PictureFormat {
  const preset = model.input.properties.output_format?.default ?? 'png';
  const format = input.output_format ?? preset;
  return format === 'webp' || format === 'jpg' ? format : 'png';
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** Lower-case letters and digits, as in Replicate's ids. */
function randomName(length: number): string {
  return Array.from(randomBytes(length), (byte) => '0123456789abcdefghjkmnpqrstvwxyz'.charAt(byte % 32)).join('');
}
