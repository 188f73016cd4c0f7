/** A prediction as the API tells it, and as a test reads it. */
import type { SandboxPrediction } from '../interface.ts';
import { nameOf } from './cog.ts';
import { countOutputs, fileNameOf, secondsOf } from './outputs.ts';
import { stateAt, type Prediction } from './prediction.ts';

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

function presentOutput(prediction: Prediction, now: number, origin: string): unknown {
  const count = countOutputs(prediction, now);
  const { fate, fileToken, model, input, seed } = prediction;
  if (count === 0) {
    const { status, isDataRemoved } = stateAt(prediction, now);
    const isEmptyList = fate.status === 'succeeded' && fate.output === 'empty-list';
    return isEmptyList && status === 'succeeded' && !isDataRemoved ? [] : null;
  }
  const urls = Array.from(
    { length: count },
    (_, index) => `${origin}/files/${fileToken}/${fileNameOf(prediction, index)}`,
  );
  if (model.output === 'array') return urls;
  if (model.output === 'string') return urls[0] ?? null;
  return { images: urls, payload: JSON.stringify({ prompt: input.prompt ?? '', seed }) };
}

function metricsOf(
  prediction: Prediction,
  startedAt: number | null,
  completedAt: number,
  now: number,
): Record<string, number> {
  const count = countOutputs(prediction, now);
  return {
    ...(prediction.model.isOfficial && count > 0 ? billingOf(prediction, count) : {}),
    ...(startedAt === null ? {} : { predict_time: (completedAt - startedAt) / 1000 }),
    total_time: (completedAt - prediction.createdAt) / 1000,
  };
}

/** Official models tell what they charge for. */
function billingOf(prediction: Prediction, count: number): Record<string, number> {
  if (prediction.model.media === 'image') return { image_count: count };
  const seconds = secondsOf(prediction);
  return { video_output_count: count, ...(seconds === null ? {} : { video_output_duration_seconds: seconds }) };
}

function logsAt(prediction: Prediction, now: number): string {
  const { startedAt, completedAt } = stateAt(prediction, now);
  if (startedAt === null) return '';
  const opening = `Using seed: ${prediction.seed}\n`;
  const { defaultSteps } = prediction.model;
  if (defaultSteps === null) return `${opening}Running prediction... \nGenerating ${prediction.model.media}...\n`;
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

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
