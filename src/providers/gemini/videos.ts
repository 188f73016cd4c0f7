/** A video: an interaction, from what is sent to what becomes of it. */
import type { Interactions } from '@google/genai';
import type { Output } from '../../jobs/job.ts';
import type { AttemptRequest, Checked } from '../provider.ts';
import { codeSigns, fieldsOf, readCode, textOf } from './error-answer.ts';
import { classify } from './failures.ts';
import { writePrompt } from './inputs.ts';

export type VideoRequest = Interactions.CreateModelInteractionParamsNonStreaming;

export interface VideoSettings {
  model: string;
  ratio: string | null;
  seconds: number | null;
  resolution: string | undefined;
}

export interface Interaction {
  id: string;
  /** `queued`, `in_progress`, `completed`, `failed`, `cancelled` …; others may come one day. */
  status: string;
  /** Of its errors, in lower case. */
  codes: string[];
  /** What its errors say. */
  message: string;
  /** Where the video is, or the video itself; null: there is none. */
  output: Output | null;
  /** What the model said beside or instead. */
  words: string;
}

export function buildVideoRequest(request: AttemptRequest, settings: VideoSettings): VideoRequest {
  const { model, ratio, seconds, resolution } = settings;
  const images = request.images.map(({ bytes, mimeType }) => ({
    type: 'image' as const,
    data: Buffer.from(bytes).toString('base64'),
    mime_type: mimeType,
  }));
  return {
    model,
    input: [{ type: 'text', text: writePrompt(request) }, ...images],
    response_format: {
      type: 'video',
      // Inline ends at 4 MB, and is there only once.
      delivery: 'uri',
      ...(ratio === null ? {} : { aspect_ratio: ratio }),
      ...(seconds === null ? {} : { duration: `${seconds}s` }),
      ...(resolution === undefined ? {} : { resolution }),
    },
    generation_config: { video_config: { task: taskOf(images.length) } },
    // Answered at once, to be asked about later; in the foreground the client also continues, and pays, by itself.
    background: true,
    store: true,
  };
}

/** One picture is the first frame; several show what is to be in it. */
function taskOf(images: number): string {
  if (images === 0) return 'text_to_video';
  return images === 1 ? 'image_to_video' : 'reference_to_video';
}

/** null: not an interaction. */
export function readInteraction(value: unknown): Interaction | null {
  const { id, status, errors, output_video: video, output_text: words } = fieldsOf(value);
  if (typeof id !== 'string' || id === '' || typeof status !== 'string') return null;
  const faults = (Array.isArray(errors) ? errors : []).map(fieldsOf);
  return {
    id,
    status: status.toLowerCase(),
    codes: faults.map(({ code }) => readCode(code)).filter((code) => code !== ''),
    message: faults.map(({ message }) => textOf(message)).join('; '),
    output: readOutput(fieldsOf(video)),
    words: textOf(words),
  };
}

function readOutput({ uri, data, mime_type: mimeType }: Record<string, unknown>): Output | null {
  if (typeof uri === 'string' && uri !== '') return { kind: 'url', url: uri };
  if (typeof data !== 'string' || data === '') return null;
  return { kind: 'url', url: `data:${textOf(mimeType)};base64,${data}` };
}

const FAILED = ['failed', 'cancelled', 'incomplete', 'budget_exceeded'];

/** Where the work stands. A status we do not know counts as running: our own time limit bounds it. */
export function checkInteraction({ status, codes, message, output, words }: Interaction): Checked {
  if (status === 'completed' && output !== null) return { status: 'finished', outputs: [output] };
  if (status !== 'completed' && !FAILED.includes(status))
    return { status: 'running', begun: status !== 'queued', progress: null };
  const signs = codes.flatMap((code) => [`failed ${code}`, ...codeSigns(code)]);
  const providerStatus = [status, ...codes].join(' ');
  return {
    status: 'failed',
    failure: classify({ signs: [...signs, `status ${status}`], providerStatus, message, words }),
  };
}

/** Of a finished interaction, by the state of its file: `PROCESSING`, `ACTIVE`, `FAILED`. */
export function checkFileState(state: string, finished: Checked): Checked {
  if (state === 'PROCESSING') return { status: 'running', begun: true, progress: null };
  if (state !== 'FAILED') return finished;
  return { status: 'failed', failure: classify({ signs: ['status failed'], providerStatus: 'file FAILED' }) };
}
