/** One video in the making: its state follows from the sandbox's clock, its plan and whether it was cancelled. */
import { randomBytes } from 'node:crypto';
import type { KindOn } from '../fault-queue.ts';
import type { GeminiFault } from '../interface.ts';
import { drawClip, padClip } from './clip.ts';
import { invalidArgument, Problem } from './failures.ts';
import type { VideoAsk } from './interaction-request.ts';
import type { Generation, Pace } from './service.ts';

type VideoFault = KindOn<GeminiFault, 'video'>;
type Status = 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'incomplete' | 'budget_exceeded';

interface Fate {
  status: Status;
  error?: { code: string; message: string };
  /** Completed with a video. */
  hasOutput?: boolean;
  /** The GET answers with the failure instead of an interaction that failed. */
  isThrown?: boolean;
  /** How large the file is made; as it comes where nothing is said. */
  fileBytes?: number;
}

const WELL: Fate = { status: 'completed', hasOutput: true };

/** Codes and words of https://ai.google.dev/gemini-api/docs/api-errors. */
const FATES: Readonly<Record<VideoFault, Fate>> = {
  blocked: {
    status: 'failed',
    error: { code: 'safety', message: 'The request was blocked due to safety violations (harmful content).' },
  },
  'fails-internal': {
    status: 'failed',
    error: { code: 'api_error', message: 'An unexpected error occurred on the server.' },
  },
  'fails-invalid': {
    status: 'failed',
    error: { code: 'invalid_request', message: 'The input image could not be used to generate a video.' },
  },
  nothing: { status: 'completed' },
  cancelled: { status: 'cancelled' },
  incomplete: { status: 'incomplete' },
  'budget-exceeded': { status: 'budget_exceeded' },
  'get-400': {
    status: 'failed',
    isThrown: true,
    error: { code: 'content_blocked', message: 'The request was blocked due to unspecified policy reasons.' },
  },
  // Three times what Discord takes where nobody boosts.
  large: { ...WELL, fileBytes: 30 * 1024 * 1024 },
  slow: WELL,
  'never-ends': WELL,
};

/** How the contract calls it: what a service ended is failed, unless somebody cancelled it. */
const KEPT_AS: Readonly<Record<Status, ReturnType<Generation['statusAt']>>> = {
  queued: 'working',
  in_progress: 'working',
  completed: 'completed',
  failed: 'failed',
  incomplete: 'failed',
  budget_exceeded: 'failed',
  cancelled: 'cancelled',
};

/** Tokens of a second of video: 57,920 for 10 s were seen. */
const TOKENS_PER_SECOND = 5_792;

export interface InteractionPlan {
  ask: VideoAsk;
  model: string;
  fault: VideoFault | null;
  now: number;
  pace: Pace;
  slowMs: number;
}

export class Interaction implements Generation {
  readonly id = `v1_${randomBytes(30).toString('base64url')}`;
  readonly fileId = randomName(12);
  readonly kind = 'video';
  readonly model: string;
  readonly prompt: string;
  readonly images: number;
  readonly createdAt: number;
  readonly endsAt: number;
  gets = 0;
  cancels = 0;
  fileFetches = 0;
  readonly #ask: VideoAsk;
  readonly #startsAt: number;
  readonly #fate: Fate;
  #cancelledAt: number | null = null;
  #clip: Promise<Buffer> | null = null;

  constructor({ ask, model, fault, now, pace, slowMs }: InteractionPlan) {
    this.model = model;
    this.prompt = ask.prompt;
    this.images = ask.pictures.length;
    this.createdAt = now;
    this.#ask = ask;
    this.#startsAt = now + pace.queueMs;
    this.endsAt = this.#startsAt + (fault === 'never-ends' ? Infinity : fault === 'slow' ? slowMs : pace.workMs);
    this.#fate = fault === null ? WELL : FATES[fault];
  }

  statusAt(now: number): ReturnType<Generation['statusAt']> {
    return KEPT_AS[this.#stateAt(now)];
  }

  /** Throws Problem 400 when it runs in the foreground or has ended. */
  cancel(now: number): void {
    this.cancels += 1;
    const state = this.#stateAt(now);
    if (!this.#ask.isBackground || (state !== 'queued' && state !== 'in_progress')) {
      throw new Problem(
        invalidArgument(`Only background interactions that are still running can be cancelled; this one is ${state}.`, {
          code: 'failed_precondition',
        }),
      );
    }
    this.#cancelledAt = now;
  }

  /** The file, while there is one. */
  async clipAt(now: number): Promise<Buffer | null> {
    if (!this.#hasClipAt(now)) return null;
    const { prompt, aspectRatio, seconds, pictures } = this.#ask;
    const [start = null] = pictures;
    this.#clip ??= drawClip({ prompt, seed: this.createdAt, aspectRatio, seconds, start });
    const { fileBytes } = this.#fate;
    return fileBytes === undefined ? this.#clip : padClip(await this.#clip, fileBytes);
  }

  /** As the API shows it; throws Problem 400 for a failure that comes as an error of the call. */
  async present(now: number, origin: string): Promise<object> {
    const status = this.#stateAt(now);
    const hasFailed = status === this.#fate.status;
    const error = hasFailed ? this.#fate.error : undefined;
    if (error !== undefined && this.#fate.isThrown === true)
      throw new Problem(invalidArgument(error.message, { code: error.code }));
    return {
      id: this.id,
      object: 'interaction',
      model: this.model,
      status,
      created: timestamp(this.createdAt),
      updated: timestamp(this.#updatedAt(now)),
      steps: [{ type: 'user_input', content: this.#ask.input }, ...(await this.#outputAt(now, origin))],
      ...(error === undefined ? {} : { errors: [error] }),
      ...(status === 'completed' ? { usage: this.#usage() } : {}),
    };
  }

  #stateAt(now: number): Status {
    if (this.#cancelledAt !== null) return 'cancelled';
    if (now < this.#startsAt) return 'queued';
    return now < this.endsAt ? 'in_progress' : this.#fate.status;
  }

  #hasClipAt(now: number): boolean {
    return this.#stateAt(now) === 'completed' && this.#fate.hasOutput === true;
  }

  #updatedAt(now: number): number {
    if (this.#cancelledAt !== null) return this.#cancelledAt;
    return [this.endsAt, this.#startsAt].find((at) => at <= now) ?? this.createdAt;
  }

  /** The SDK makes `output_video` of these steps. */
  async #outputAt(now: number, origin: string): Promise<object[]> {
    if (this.#stateAt(now) !== 'completed') return [];
    if (!this.#hasClipAt(now)) return [{ type: 'model_output', content: [] }];
    const place =
      this.#ask.delivery === 'uri'
        ? { uri: `${origin}/v1beta/files/${this.fileId}:download?alt=media` }
        : { data: (await this.clipAt(now))?.toString('base64') };
    return [
      { type: 'thought', signature: Buffer.from(this.id).toString('base64') },
      { type: 'model_output', content: [{ type: 'video', mime_type: 'video/mp4', ...place }] },
    ];
  }

  #usage(): object {
    const input = Math.ceil(this.prompt.length / 4);
    const output = this.#fate.hasOutput === true ? this.#ask.seconds * TOKENS_PER_SECOND : 0;
    return {
      total_input_tokens: input,
      input_tokens_by_modality: [{ modality: 'text', tokens: input }],
      total_output_tokens: output,
      output_tokens_by_modality: output === 0 ? [] : [{ modality: 'video', tokens: output }],
      total_tokens: input + output,
    };
  }
}

/** Without milliseconds, as the service writes it. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Lower-case letters and digits, as in the ids of files. */
function randomName(length: number): string {
  return Array.from(randomBytes(length), (byte) => '0123456789abcdefghijklmnopqrstuv'.charAt(byte % 32)).join('');
}
