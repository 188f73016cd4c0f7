/** Finds the work that a lost start had begun after all: by model, time and input, for the list tells nothing else of who asked. */
import type { InputChange } from '../../jobs/job.ts';
import type { AttemptRequest, FindOptions, FoundOperation } from '../provider.ts';
import type { ReplicateApi } from './api.ts';
import { placeImages } from './images.ts';
import { buildInput, type BuiltInput, type ModelInput } from './inputs.ts';
import type { MendedInputs } from './mended-inputs.ts';
import type { Choice } from './model-choice.ts';
import type { PredictionCalls } from './prediction-calls.ts';
import { isOf, nameModel, operationOf, type Prediction } from './predictions.ts';
import { listPictures, recognizeInput } from './recognition.ts';
import { dropImages, isRepairOf, listChanges } from './repair.ts';
import { readSettings } from './settings.ts';
import type { Uploads } from './uploads.ts';

export interface SearchOptions {
  api: ReplicateApi;
  calls: PredictionCalls;
  mended: MendedInputs;
  uploads: Uploads;
  /** How long after a create was sent its work may still begin. */
  createMs: number;
  now: () => number;
}

/** What a search is after. */
interface Wanted {
  request: AttemptRequest;
  choice: Pick<Choice, 'found' | 'changes'>;
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

  /** Throws ProviderFailure when the service does not tell. */
  async find(request: AttemptRequest, choice: Wanted['choice'], options: FindOptions): Promise<FoundOperation | null> {
    const wanted = { request, choice, isClaimed: options.isClaimed, signal: options.signal };
    return (await this.#findHeard(wanted, options.heard)) ?? this.#findListed(wanted, options.since);
  }

  /** A webhook names an id and proves nothing: only what the service itself says of it is believed. */
  async #findHeard(wanted: Wanted, heard: readonly string[]): Promise<FoundOperation | null> {
    for (const id of new Set(heard)) {
      const prediction = await this.#options.calls.get(id, wanted.signal);
      if (prediction === null || !isOf(prediction, wanted.choice.found.model)) continue;
      const { input } = prediction;
      const changes = this.#readSent(input, wanted) ?? readMended(input, wanted);
      if (changes !== null && (await this.#isFree(id, input, wanted))) return foundOf(prediction, wanted, changes);
    }
    return null;
  }

  async #findListed(wanted: Wanted, since: number): Promise<FoundOperation | null> {
    const { api, calls, now: readNow } = this.#options;
    const { choice, signal } = wanted;
    const now = readNow();
    const ours = since <= now ? since : now - AFTER_CLOCK_JUMP_MS;
    const from = api.toTheirTime(ours) - CLOCK_MARGIN_MS;
    const candidates = (await calls.listSince(from, signal)).filter((listed) => isOf(listed, choice.found.model));
    let mended: FoundOperation | null = null;
    for (const listed of candidates.toSorted((a, b) => (a.createdAt ?? Infinity) - (b.createdAt ?? Infinity))) {
      const input = listed.input === undefined ? (await calls.get(listed.id, signal))?.input : listed.input;
      const sent = this.#readSent(input, wanted);
      const changes = sent ?? (mended === null ? readMended(input, wanted) : null);
      if (changes === null || !(await this.#isFree(listed.id, input, wanted))) continue;
      const found = foundOf(listed, wanted, changes);
      if (sent !== null) return found;
      mended = found;
    }
    return mended ?? this.#findRemoved(candidates, wanted, ours);
  }

  /**
   * An hour after its end a prediction has lost its input, by which it is known. One of our model, of just that
   * time, that nobody holds, is taken for ours: its result is gone, but it must not be paid again unasked.
   */
  async #findRemoved(candidates: readonly Prediction[], wanted: Wanted, since: number): Promise<FoundOperation | null> {
    const latest = this.#options.api.toTheirTime(since) + this.#options.createMs + CLOCK_MARGIN_MS;
    for (const listed of candidates) {
      const isOfThatTime = listed.createdAt !== null && listed.createdAt <= latest;
      if (!listed.isDataRemoved || !isOfThatTime || (await wanted.isClaimed(listed.id))) continue;
      return foundOf(listed, wanted, build(wanted).changes);
    }
    return null;
  }

  /** What was sent otherwise than asked; null: it is not what was sent for this. */
  #readSent(input: unknown, wanted: Wanted): InputChange[] | null {
    const { request, choice } = wanted;
    if (this.#options.mended.fits(input, request)) return listMended(input, wanted);
    const sent = recognizeInput(input, request, choice.found.model.fields, placeImages(request));
    if (sent === null) return null;
    return (sent.isBlind ? readMended(input, wanted) : null) ?? sent.changes;
  }

  /** Whether nobody holds it, and each picture that was uploaded for it is one of ours: all else may be equal. */
  async #isFree(id: string, input: unknown, { request, choice, isClaimed, signal }: Wanted): Promise<boolean> {
    if (await isClaimed(id)) return false;
    for (const { address, index } of listPictures(input, request, choice.found.model.fields)) {
      const image = request.images[index];
      if (image !== undefined && (await this.#options.uploads.isOther(address, image.bytes, signal))) return false;
    }
    return true;
  }
}

/** After a restart nobody remembers what a refused input was mended to. null: it is no mended one of ours. */
function readMended(input: unknown, wanted: Wanted): InputChange[] | null {
  const { model } = wanted.choice.found;
  return isRepairOf(input, build(wanted).input, model.fields) ? listMended(input, wanted) : null;
}

function listMended(input: unknown, wanted: Wanted): InputChange[] {
  const asked = build(wanted);
  const found = Object.entries((input ?? {}) as ModelInput).filter(([name]) => name in asked.input);
  return listChanges(asked.changes, asked.input, Object.fromEntries(found));
}

/** What the schema makes of the request, without its pictures. */
function build({ request, choice }: Wanted): BuiltInput {
  const { fields } = choice.found.model;
  const images = fields === null ? [] : placeImages(request);
  // A setting that the schema refuses today was not left as it was.
  const settings = readSettings(request.settings, fields, request.kind).failure === null ? request.settings : {};
  const { input, changes } = buildInput({ ...request, settings }, fields, images);
  return { input: dropImages(input, images), changes };
}

function foundOf(listed: Prediction, { choice }: Wanted, changes: readonly InputChange[]): FoundOperation {
  const model = nameModel(listed, choice.found.model);
  return { operation: operationOf(listed), model, changes: [...choice.changes, ...changes] };
}
