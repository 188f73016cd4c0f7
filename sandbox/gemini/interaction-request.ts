/** Reads the body of a new interaction that makes a video, and refuses what the service refuses. */
import { isObject } from '../replicate/validate.ts';
import { invalidArgument, Problem, type Failure } from './failures.ts';
import { type InputPicture, readInputImage } from './input-image.ts';
import type { SandboxModel } from './models.ts';
import { ANY, BOOLEAN, exactMessage, INTEGER, listOf, NUMBER, oneOf, readShape, TEXT } from './shape.ts';
import { variant, type Violation } from './shape.ts';

export interface VideoAsk {
  prompt: string;
  /** Reference pictures, in their order. */
  pictures: InputPicture[];
  aspectRatio: '16:9' | '9:16';
  seconds: number;
  delivery: 'inline' | 'uri';
  isBackground: boolean;
  /** As it was sent, for the step that repeats it. */
  input: unknown[];
}

/** "Maximum images per prompt: 10" of Gemini Omni Flash. */
const MOST_IMAGES = 10;
const SHORTEST_SECONDS = 3;
const DEFAULT_SECONDS = 8;

const CONTENT = variant({
  text: exactMessage({ type: TEXT, text: TEXT, annotations: ANY }),
  image: exactMessage({ type: TEXT, data: TEXT, mime_type: TEXT, uri: TEXT, resolution: TEXT }),
  video: exactMessage({
    type: TEXT,
    data: TEXT,
    mime_type: TEXT,
    uri: TEXT,
    resolution: TEXT,
    name: TEXT,
    processing: ANY,
  }),
});

const TASKS = ['text_to_video', 'image_to_video', 'reference_to_video', 'edit', 'extend', 'upscale'];
const NEEDS_IMAGE = new Set(['image_to_video', 'reference_to_video']);
const NEEDS_VIDEO = new Set(['edit', 'extend', 'upscale']);

/** By the types of @google/genai 2.32; deprecated fields are still taken. */
const REQUEST = exactMessage({
  model: TEXT,
  input: ANY,
  background: BOOLEAN,
  store: BOOLEAN,
  stream: BOOLEAN,
  response_format: ANY,
  response_modalities: listOf(oneOf('ResponseModality', 'text', 'image', 'audio', 'video')),
  response_mime_type: TEXT,
  generation_config: exactMessage({
    video_config: exactMessage({ task: oneOf('Task', ...TASKS) }),
    image_config: ANY,
    max_output_tokens: INTEGER,
    seed: INTEGER,
    speech_config: ANY,
    stop_sequences: listOf(TEXT),
    temperature: NUMBER,
    thinking_level: TEXT,
    thinking_summaries: TEXT,
    tool_choice: ANY,
    top_p: NUMBER,
    transcription_config: ANY,
  }),
  labels: ANY,
  previous_interaction_id: TEXT,
  safety_settings: ANY,
  service_tier: TEXT,
  system_instruction: TEXT,
  tools: listOf(ANY),
  cached_content: TEXT,
  continuation_token: TEXT,
  environment: ANY,
  webhook_config: ANY,
});

const VIDEO_FORMAT = variant({
  video: exactMessage({
    type: TEXT,
    aspect_ratio: oneOf('aspect_ratio', '16:9', '9:16'),
    delivery: oneOf('delivery', 'inline', 'uri'),
    duration: TEXT,
    resolution: oneOf('resolution', '360p', '720p', '1080p', '4k'),
  }),
});

/** The body and its parts after readShape; every field may be missing. */
interface RequestBody {
  model?: string;
  input?: unknown;
  background?: boolean;
  store?: boolean;
  stream?: boolean;
  response_format?: unknown;
  generation_config?: { video_config?: { task?: string } };
}

interface VideoFormat {
  aspect_ratio?: '16:9' | '9:16';
  delivery?: 'inline' | 'uri';
  duration?: string;
}

interface Content {
  type: 'text' | 'image' | 'video';
  text?: string;
  data?: string;
  mime_type?: string;
  uri?: string;
}

/** The model that a body names. Throws Problem 400. */
export function readModelName(body: unknown): string {
  const { model } = insistOnShape<RequestBody>(REQUEST, isObject(body) ? body : {}, '');
  if (model === undefined || model === '') throw refusal("Missing required parameter 'model'.", 'model');
  return model.replace(/^models\//, '');
}

/** Throws Problem 400. */
export async function readVideoAsk(body: unknown, model: SandboxModel): Promise<VideoAsk> {
  const request = insistOnShape<RequestBody>(REQUEST, body, '');
  if (request.stream === true) throw refusal('Streaming is not supported for video generation.', 'stream');
  if (request.background === true && request.store === false)
    throw refusal('Background interactions require `store` to be true.', 'store');
  const format = readFormat(request.response_format);
  const contents = insistOnShape<Content[]>(listOf(CONTENT), contentsOf(request.input), 'input');
  const prompt = contents.flatMap(({ type, text }) => (type === 'text' ? (text ?? '') : [])).join('\n');
  const images = contents.filter(({ type }) => type === 'image');
  if (prompt.trim() === '' && images.length === 0) throw refusal("Missing required parameter 'input'.", 'input');
  if (images.length > MOST_IMAGES)
    throw refusal(`At most ${MOST_IMAGES} images are supported, got ${images.length}.`, 'input');
  const pictures: InputPicture[] = [];
  for (const { data, mime_type: mimeType, uri } of images) {
    // Nothing is ever uploaded to this Gemini.
    if (data === undefined) throw refusal(`The image ${uri ?? ''} could not be read.`, 'input');
    pictures.push(await readInputImage({ data, mimeType: mimeType ?? '' }));
  }
  insistOnTask(request.generation_config?.video_config?.task, contents);
  return {
    prompt,
    pictures,
    aspectRatio: format.aspect_ratio ?? '16:9',
    seconds: readSeconds(format.duration, model),
    delivery: format.delivery ?? 'inline',
    isBackground: request.background ?? false,
    input: contents,
  };
}

/** A text, one content, contents, or steps of a user: always as contents. */
function contentsOf(input: unknown): unknown[] {
  if (input === undefined) return [];
  if (typeof input === 'string') return [{ type: 'text', text: input }];
  const list: unknown[] = Array.isArray(input) ? input : [input];
  return list.flatMap((entry) => {
    if (typeof entry === 'string') return [{ type: 'text', text: entry }];
    return isObject(entry) && entry.type === 'user_input' ? contentsOf(entry.content) : [entry];
  });
}

function readFormat(format: unknown): VideoFormat {
  const [only = { type: 'video' }, ...more] = Array.isArray(format) ? format : [format];
  if (more.length > 0) throw refusal('Only one response format is supported for video generation.', 'response_format');
  return insistOnShape<VideoFormat>(VIDEO_FORMAT, only, 'response_format');
}

function readSeconds(duration: string | undefined, model: SandboxModel): number {
  if (duration === undefined) return DEFAULT_SECONDS;
  const longest = model.longestSeconds ?? DEFAULT_SECONDS;
  const seconds = Number(/^(\d+)s$/.exec(duration)?.[1] ?? 0);
  if (seconds >= SHORTEST_SECONDS && seconds <= longest) return seconds;
  throw refusal(
    `Invalid value '${duration}' for 'response_format.duration': expected ${SHORTEST_SECONDS}s to ${longest}s.`,
    'response_format.duration',
  );
}

function insistOnTask(task: string | undefined, contents: Content[]): void {
  const misses = (type: Content['type']): boolean => contents.every((content) => content.type !== type);
  if (task === undefined) return;
  if (NEEDS_IMAGE.has(task) && misses('image')) throw refusal(`The task ${task} requires an image input.`, 'input');
  if (NEEDS_VIDEO.has(task) && misses('video')) throw refusal(`The task ${task} requires a video input.`, 'input');
}

/** Throws Problem 400 for the first of what is wrong, as this service does. */
function insistOnShape<T>(shape: Parameters<typeof readShape>[0], value: unknown, path: string): T {
  const { value: read, violations } = readShape(shape, value, path);
  const [first] = violations;
  if (first !== undefined) throw new Problem(wrongParameter(first));
  // Read by the shape, without a violation.
  return read as T;
}

function wrongParameter({ kind, path, name, description }: Violation): Failure {
  if (kind === 'invalid') return invalidArgument(description, { paths: [path] });
  const full = path === '' ? name : `${path}.${name}`;
  return invalidArgument(`Unknown parameter '${full}'.`, { code: 'parameter_unknown', paths: [full] });
}

function refusal(message: string, path: string): Problem {
  return new Problem(invalidArgument(message, { paths: [path] }));
}
