/** What the routes share: the parts of one running service. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RecordedRequest, SandboxClock, StartReplicateOptions } from '../interface.ts';
import type { Catalog } from './catalog.ts';
import type { Faults } from './faults.ts';
import type { Pace, Prediction } from './prediction.ts';
import type { UploadStore } from './uploads.ts';
import type { WebhookSender } from './webhooks.ts';

export interface Context {
  readonly clock: SandboxClock;
  readonly faults: Faults;
  readonly catalog: Catalog;
  readonly predictions: PredictionStore;
  readonly uploads: UploadStore;
  readonly webhooks: WebhookSender;
  readonly picture: StartReplicateOptions['picture'];
  /** How long the work of a prediction that met the fault `slow` takes. */
  readonly slowMs: number;
  /** Aborts when the service closes. */
  readonly closing: AbortSignal;
  /** For predictions created from now on. */
  pace(): Pace;
  /** `http://127.0.0.1:PORT`. */
  origin(): string;
  /** What a form brought, for the record of requests. */
  noteFiles(request: FastifyRequest, files: RecordedRequest['files']): void;
  /** Leaves the caller without (the rest of) an answer: for ever, or by destroying the socket now. */
  lose(request: FastifyRequest, reply: FastifyReply, kind: 'hang' | 'cut'): FastifyReply;
}

/** All that were accepted, oldest first. */
export class PredictionStore {
  readonly all: Prediction[] = [];
  readonly #byId = new Map<string, Prediction>();
  readonly #byFileToken = new Map<string, Prediction>();

  add(prediction: Prediction): void {
    this.all.push(prediction);
    this.#byId.set(prediction.id, prediction);
    this.#byFileToken.set(prediction.fileToken, prediction);
  }

  find(id: string): Prediction | undefined {
    return this.#byId.get(id);
  }

  findByFileToken(token: string): Prediction | undefined {
    return this.#byFileToken.get(token);
  }
}
