/** Finds the work that a lost start had begun after all: by model, time and input, for the list tells nothing else of who asked. */
import type { AttemptRequest, FindOptions, FoundOperation } from '../provider.ts';
import type { ReplicateApi } from './api.ts';
import { placeImages } from './images.ts';
import { buildInput, isInputOf } from './inputs.ts';
import type { MendedInputs } from './mended-inputs.ts';
import type { Model } from './models.ts';
import type { PredictionCalls } from './prediction-calls.ts';
import { isOf, nameModel, operationOf, type Prediction } from './predictions.ts';
import { dropImages, isRepairOf } from './repair.ts';
import { readSettings } from './settings.ts';

export interface SearchOptions {
  api: ReplicateApi;
  calls: PredictionCalls;
  mended: MendedInputs;
  /** How long after a create was sent its work may still begin. */
  createMs: number;
  now: () => number;
}

/** What a search is after. */
interface Wanted {
  request: AttemptRequest;
  model: Model;
  isClaimed: FindOptions['isClaimed'];
  signal: AbortSignal;
}

/** What is left of a difference between their clock and ours, and of the way to them and back. */
const CLOCK_MARGIN_MS = 60_000;
/** How far back to look when our clock was set back since the start was sent. */
const AFTER_CLOCK_JUMP_MS = 30 * 60_000;

export class Search {
  readonly #options: SearchOptions;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async find(request: AttemptRequest, model: Model, options: FindOptions): Promise<FoundOperation | null> {
    const wanted = { request, model, isClaimed: options.isClaimed, signal: options.signal };
    return (await this.#findHeard(wanted, options.heard)) ?? this.#findListed(wanted, options.since);
  }

  /** A webhook names an id and proves nothing: only what the service itself says of it is believed. */
  async #findHeard(wanted: Wanted, heard: readonly string[]): Promise<FoundOperation | null> {
    for (const id of new Set(heard)) {
      const prediction = await this.#options.calls.get(id, wanted.signal);
      if (prediction === null || !isOf(prediction, wanted.model)) continue;
      const isOurs = this.#isSent(prediction.input, wanted) || isMendedFor(prediction.input, wanted);
      if (isOurs && !(await wanted.isClaimed(id))) return foundOf(prediction, wanted.model);
    }
    return null;
  }

  async #findListed(wanted: Wanted, since: number): Promise<FoundOperation | null> {
    const { api, calls, now: readNow } = this.#options;
    const { model, isClaimed, signal } = wanted;
    const now = readNow();
    const ours = since <= now ? since : now - AFTER_CLOCK_JUMP_MS;
    const from = api.toTheirTime(ours) - CLOCK_MARGIN_MS;
    const candidates = (await calls.listSince(from, signal)).filter((listed) => isOf(listed, model));
    let mended: Prediction | null = null;
    for (const listed of candidates.toSorted((a, b) => (a.createdAt ?? Infinity) - (b.createdAt ?? Infinity))) {
      const input = listed.input === undefined ? (await calls.get(listed.id, signal))?.input : listed.input;
      const isSent = this.#isSent(input, wanted);
      const isMended = !isSent && mended === null && isMendedFor(input, wanted);
      if ((!isSent && !isMended) || (await isClaimed(listed.id))) continue;
      if (isSent) return foundOf(listed, model);
      mended = listed;
    }
    return mended === null ? this.#findRemoved(candidates, wanted, ours) : foundOf(mended, model);
  }

  /**
   * An hour after its end a prediction has lost its input, by which it is known. One of our model, of just that
   * time, that nobody holds, is taken for ours: its result is gone, but it must not be paid again unasked.
   */
  async #findRemoved(
    candidates: readonly Prediction[],
    { model, isClaimed }: Wanted,
    since: number,
  ): Promise<FoundOperation | null> {
    const latest = this.#options.api.toTheirTime(since) + this.#options.createMs + CLOCK_MARGIN_MS;
    for (const listed of candidates) {
      const isOfThatTime = listed.createdAt !== null && listed.createdAt <= latest;
      if (listed.isDataRemoved && isOfThatTime && !(await isClaimed(listed.id))) return foundOf(listed, model);
    }
    return null;
  }

  #isSent(input: unknown, { request, model }: Wanted): boolean {
    return this.#options.mended.fits(input, request) || isInputOf(input, request, model.fields, placeImages(request));
  }
}

/** After a restart nobody remembers what a refused input was mended to. */
function isMendedFor(input: unknown, { request, model }: Wanted): boolean {
  const { fields } = model;
  const images = fields === null ? [] : placeImages(request);
  // A setting that the schema refuses today was not left as it was.
  const settings = readSettings(request.settings, fields, request.kind).failure === null ? request.settings : {};
  const { input: asked } = buildInput({ ...request, settings }, fields, images);
  return isRepairOf(input, dropImages(asked, images), fields);
}

function foundOf(listed: Prediction, model: Model): FoundOperation {
  return { operation: operationOf(listed), model: nameModel(listed, model) };
}
