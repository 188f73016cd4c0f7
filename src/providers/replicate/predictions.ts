/** A prediction as the API tells it, and what it means for us. */
import type { Operation, Output } from '../../jobs/job.ts';
import type { Checked } from '../provider.ts';
import { classifyEnding, classifyPredictionError } from './failures.ts';
import { type Model, parseReference } from './models.ts';

export interface Prediction {
  id: string;
  /** `owner/name`; empty when not told. */
  model: string;
  /** A version's id, or `hidden` for an official model. */
  version: string;
  /** `starting`, `processing`, `succeeded`, `failed`, `canceled`, `aborted`; others may come one day. */
  status: string;
  input: unknown;
  output: unknown;
  error: string;
  logs: string;
  isDataRemoved: boolean;
  /** Made by a person on the website, not by a program. */
  isFromWeb: boolean;
  /** Milliseconds since 1970, or null. */
  createdAt: number | null;
}

/** Outputs of a model are lists and objects of a few levels. */
const DEEPEST_OUTPUT = 8;
const MOST_OUTPUTS = 50;
/** Where the last line of progress is looked for in a log. */
const LOG_END = 10_000;

/** null: not a prediction. */
export function readPrediction(body: unknown): Prediction | null {
  if (typeof body !== 'object' || body === null) return null;
  const { id, model, version, status, input, output, error, logs, data_removed, created_at, source } = body as Record<
    string,
    unknown
  >;
  if (typeof id !== 'string' || id === '' || typeof status !== 'string') return null;
  const createdAt = typeof created_at === 'string' ? Date.parse(created_at) : Number.NaN;
  return {
    id,
    model: typeof model === 'string' ? model : '',
    version: typeof version === 'string' ? version : '',
    status,
    input,
    output,
    error: typeof error === 'string' ? error : JSON.stringify(error ?? ''),
    logs: typeof logs === 'string' ? logs : '',
    isDataRemoved: data_removed === true,
    isFromWeb: source === 'web',
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
  };
}

/** The handle by which a prediction is asked about later. */
export function operationOf({ id }: Prediction): Operation {
  return { provider: 'replicate', id, data: {} };
}

/** The model in the service's own words, with the version where the user asked for one. */
export function nameModel({ model: told }: Prediction, model: Model): string {
  const version = parseReference(model.reference)?.version ?? null;
  const name = parseReference(told)?.name ?? model.name;
  return version === null ? name : `${name}:${version}`;
}

/** Whether a prediction was made by a program, of this model. */
export function isOf(listed: Prediction, model: Model): boolean {
  const isModel = listed.model.toLowerCase() === model.name.toLowerCase() || listed.version === model.version;
  return !listed.isFromWeb && isModel;
}

/** Where the work stands. A status we do not know counts as running: our own time limit bounds it. */
export function checkPrediction(prediction: Prediction): Checked {
  const { status } = prediction;
  switch (status) {
    case 'succeeded':
      return checkOutput(prediction);
    case 'failed':
      return { status: 'failed', failure: classifyPredictionError(prediction.error) };
    case 'canceled':
    case 'aborted':
      return { status: 'failed', failure: classifyEnding(status) };
    default:
      return { status: 'running', begun: status === 'processing', progress: readProgress(prediction.logs) };
  }
}

/** From 0 to 1: the last percentage that the log shows as a progress bar (tqdm rewrites its line with \r); null for none. */
export function readProgress(logs: string): number | null {
  const last = [
    ...logs
      .slice(-LOG_END)
      .replaceAll('\r', '\n')
      .matchAll(/(\d{1,3})%\|[^|]*\|\s*(\d+)\/(\d+)/g),
  ].at(-1);
  return last === undefined ? null : Math.min(1, Number(last[1]) / 100);
}

/** Every address in an output, in order, each once: models answer with a string, a list, or objects of them. */
export function collectUrls(output: unknown): string[] {
  const urls = new Set<string>();
  const walk = (value: unknown, depth: number): void => {
    if (urls.size >= MOST_OUTPUTS || depth > DEEPEST_OUTPUT) return;
    if (typeof value === 'string' && /^(https?:\/\/|data:(image|video)\/)/i.test(value)) urls.add(value);
    if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) walk(part, depth + 1);
  };
  walk(output, 0);
  return [...urls];
}

function checkOutput({ output, isDataRemoved }: Prediction): Checked {
  const outputs = collectUrls(output).map((url): Output => ({ kind: 'url', url }));
  if (outputs.length > 0) return { status: 'finished', outputs };
  return { status: 'failed', failure: classifyEnding(isDataRemoved ? 'data removed' : 'succeeded') };
}
