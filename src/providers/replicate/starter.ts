/** Begins the work of an attempt. A create that was refused began nothing, so it may be mended and made once more. */
import type { InputChange } from '../../jobs/job.ts';
import { type AttemptRequest, ProviderFailure, type Started, type StartOptions } from '../provider.ts';
import { HttpFailure } from './api.ts';
import { findImageFields } from './field-roles.ts';
import { type ImageSenderOptions, placeImages, sendImages } from './images.ts';
import { buildInput, type BuiltInput, type ModelInput, refuseWish } from './inputs.ts';
import type { MendedInputs } from './mended-inputs.ts';
import type { Choice, ModelChoice } from './model-choice.ts';
import type { Found, Model, Models } from './models.ts';
import type { PredictionCalls } from './prediction-calls.ts';
import { nameModel, operationOf } from './predictions.ts';
import { listChanges, repairInput } from './repair.ts';

export interface StarterOptions extends ImageSenderOptions {
  calls: PredictionCalls;
  models: Models;
  choice: ModelChoice;
  mended: MendedInputs;
  webhookUrl: URL | null;
}

/** One create as it was or will be sent. */
interface Create {
  model: Model;
  input: ModelInput;
  /** As they stand in the input. */
  images: readonly string[];
  changes: InputChange[];
}

export class Starter {
  readonly #options: StarterOptions;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /**
   * Always an operation, even for a prediction that is over when the answer comes: once it is saved nothing of
   * it can be lost, and `check` tells the rest.
   */
  async start(request: AttemptRequest, ends: Required<StartOptions>): Promise<Started> {
    const { signal, unpaid } = ends;
    const choice = await this.#options.choice.choose({ ...request, images: request.images.length }, unpaid);
    const { found } = choice;
    const first = await this.#prepare(request, choice, unpaid);
    try {
      return await this.#create(request, first, ends);
    } catch (error) {
      if (signal.aborted || !(error instanceof HttpFailure) || !isRefusedAsSent(error)) throw error;
      // Sent half blind, so the refusal says nothing about the request.
      if (found.unknown !== null) throw new ProviderFailure(found.unknown.failure);
      const second = await this.#revise(request, first, { found, error, signal: unpaid });
      if (second === null) throw error;
      this.#options.mended.remember(request, second.input, second.images);
      return this.#create(request, second, ends);
    }
  }

  async #prepare(request: AttemptRequest, choice: Choice, signal: AbortSignal): Promise<Create> {
    const { found, instead, changes } = choice;
    const { model } = found;
    // What the model cannot take is refused before a picture is uploaded for nothing.
    const wish = { ...request, model: model.name, images: request.images.length, instead };
    const refused = refuseWish(wish, model.fields);
    if (refused !== null) throw new ProviderFailure(refused);
    buildInput(request, model.fields, placeImages(request));
    const images = await sendImages(request, this.#options, signal);
    const built = buildInput(request, model.fields, images);
    return { model, images, input: built.input, changes: [...changes, ...built.changes] };
  }

  /** What to send in place of a refused create, by the schema as it is now; null: nothing else would be sent. */
  async #revise(
    request: AttemptRequest,
    first: Create,
    { found, error, signal }: { found: Found; error: HttpFailure; signal: AbortSignal },
  ): Promise<Create | null> {
    const { model, input: sent, images } = first;
    const now = found.isCached ? await this.#options.models.findAgain(model.reference, signal) : found;
    if (now.unknown !== null) return null;
    const { fields, version } = now.model;
    // Without the picture it would be paid and come to something else.
    const losesImage = images.length > 0 && (fields === null || findImageFields(fields).first === null);
    if (losesImage) return null;
    const fresh = buildAnew(request, fields, first);
    const { refused } = error;
    const repaired = refused.length === 0 ? null : repairInput({ sent, fresh: fresh.input, refused, fields, images });
    const isOtherModel = version !== model.version || JSON.stringify(fresh.input) !== JSON.stringify(sent);
    // A field that cannot be mended stays refused, unless the model itself has changed since.
    const input = repaired ?? (isOtherModel ? fresh.input : null);
    if (input === null) return null;
    return { model: now.model, images, input, changes: listChanges(fresh.changes, sent, input) };
  }

  async #create(request: AttemptRequest, create: Create, { signal, unpaid }: Required<StartOptions>): Promise<Started> {
    // The last moment at which a cancel costs nothing.
    unpaid.throwIfAborted();
    const { model, input, changes } = create;
    const { calls, mended, webhookUrl } = this.#options;
    const data = { version: model.version, input, ...describeWebhook(webhookUrl, request) };
    const { expiresAfterMs } = request;
    const prediction = await calls.create({ data, expiresAfterMs, model: model.reference, signal });
    mended.forget(request);
    return { status: 'running', operation: operationOf(prediction), model: nameModel(prediction, model), changes };
  }
}

/** By the schema as it is now. A setting that it refuses by now stays as it was sent: the repair brings it to what is allowed. */
function buildAnew(request: AttemptRequest, fields: Model['fields'], first: Create): BuiltInput {
  try {
    const { input, changes } = buildInput(request, fields, first.images);
    return { input, changes: [...first.changes.filter(({ field }) => field === 'model'), ...changes] };
  } catch (error) {
    if (error instanceof ProviderFailure) return first;
    throw error;
  }
}

/** The service said no to the model or the input, and began nothing. */
function isRefusedAsSent(error: HttpFailure): boolean {
  return ['input-refused', 'model-unknown'].includes(error.failure.reason);
}

/** Names the attempt in the address, so that a webhook tells whose work it is even when the create's answer was lost. */
function describeWebhook(base: URL | null, { jobId, item, attempt }: AttemptRequest): object {
  if (base === null) return {};
  const url = new URL(base);
  for (const [name, value] of Object.entries({ job: jobId, item, attempt: String(attempt) }))
    url.searchParams.set(name, value);
  return { webhook: url.href, webhook_events_filter: ['start', 'completed'] };
}
