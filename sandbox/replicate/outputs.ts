/** The files of a prediction: how many, under which names, and what is on them. */
import type { SandboxModel } from './cog.ts';
import { sizeOf, type PictureFormat, type PictureRequest } from './picture.ts';
import { stateAt, type Prediction } from './prediction.ts';

/** What models call the number of pictures. */
const COUNT_INPUTS = ['num_outputs', 'num_images', 'number_of_images', 'max_images'];
/** What models call the length of a video, in seconds or in frames. */
const SECONDS_INPUTS = ['duration', 'seconds'];
const FRAMES_INPUTS = ['num_frames', 'video_length'];
const RATE_INPUTS = ['frames_per_second', 'fps'];
/** What models call a size in pixels, `1024x768`. */
const SIZE_INPUTS = ['size', 'resolution'];

/** Shapes that are the given picture's. */
const FROM_PICTURE: readonly string[] = ['match_input_image', 'adaptive', 'auto'];
const NAMED_RATIOS: Readonly<Record<string, string>> = { landscape: '16:9', portrait: '9:16' };
/** As the models' own pages say that a picture decides the shape. */
const IGNORED_WITH_PICTURE = /ignored if (?:an? )?(?:\w+_)?(?:image|frame)\b/i;

/** How many files it has to offer now. */
export function countOutputs(prediction: Prediction, now: number): number {
  const { status, isDataRemoved } = stateAt(prediction, now);
  const { fate, input, model } = prediction;
  if (status !== 'succeeded' || isDataRemoved || fate.status !== 'succeeded' || fate.output !== 'files') return 0;
  if (model.output === 'string') return 1;
  const asked = COUNT_INPUTS.filter((name) => name in model.input.properties).map((name) => input[name]);
  return asked.find((value) => typeof value === 'number') ?? 1;
}

/** `out-0.webp` for a list, `output.jpg` or `output.mp4` for a single file. */
export function fileNameOf({ model, input }: Prediction, index: number): string {
  const ending = model.media === 'video' ? 'mp4' : formatOf(model, input);
  return model.output === 'string' ? `output.${ending}` : `out-${index}.${ending}`;
}

/** What to draw for one of its pictures. */
export function pictureOf(prediction: Prediction, index: number): PictureRequest {
  const { input, model, seed, pictures } = prediction;
  const references = pictures.map(({ bytes }) => bytes);
  const size = dimensionsOf(prediction);
  return { prompt: promptOf(input), seed, index, ...size, format: formatOf(model, input), references };
}

/** How long a video is asked to be, in the words of its model; null: they do not tell. */
export function secondsOf({ input, model }: Prediction): number | null {
  const valueOf = (name: string): number => {
    const value = input[name] ?? model.input.properties[name]?.default;
    return typeof value === 'number' || typeof value === 'string' ? Number.parseFloat(String(value)) : Number.NaN;
  };
  const direct = SECONDS_INPUTS.map(valueOf).find((value) => value > 0);
  if (direct !== undefined) return direct;
  const frames = FRAMES_INPUTS.map(valueOf).find((value) => value > 0);
  const rate = RATE_INPUTS.map(valueOf).find((value) => value > 0);
  return frames === undefined || rate === undefined ? null : frames / rate;
}

/** Width by height of a video: as asked, unless its first picture decides; else that picture's. */
export function ratioOf(prediction: Prediction): number {
  const { pictures } = prediction;
  const start = pictures.find(({ isEnd }) => !isEnd) ?? pictures[0];
  const { width, height } = readShape(prediction) ?? start ?? sizeOf('16:9');
  return width / height;
}

/** What was sent as `aspect_ratio`; null: nothing that counts. */
function readShape({
  input: { aspect_ratio: sent },
  model,
  pictures,
}: Prediction): { width: number; height: number } | null {
  if (typeof sent !== 'string' || FROM_PICTURE.includes(sent)) return null;
  const { description = '' } = model.input.properties.aspect_ratio ?? {};
  return pictures.length > 0 && IGNORED_WITH_PICTURE.test(description) ? null : sizeOf(NAMED_RATIOS[sent] ?? sent);
}

export function promptOf(input: Record<string, unknown>): string {
  return typeof input.prompt === 'string' ? input.prompt : '';
}

function dimensionsOf({ input, model, pictures: [reference] }: Prediction): { width: number; height: number } {
  for (const name of SIZE_INPUTS) {
    const [, across, down] = /^(\d+)x(\d+)$/.exec(String(input[name])) ?? [];
    if (across !== undefined && down !== undefined) return { width: clampSide(+across), height: clampSide(+down) };
  }
  const { width, height, aspect_ratio: aspectRatio, size, megapixels } = input;
  const isOwnSize = size === 'custom' || aspectRatio === undefined || aspectRatio === 'custom';
  if (isOwnSize && typeof width === 'number' && typeof height === 'number')
    return { width: clampSide(width), height: clampSide(height) };
  const pictureRatio = reference === undefined ? '1:1' : `${reference.width}:${reference.height}`;
  const word = aspectRatio ?? model.input.properties.aspect_ratio?.default;
  return sizeOf(
    typeof word !== 'string' || FROM_PICTURE.includes(word) ? pictureRatio : word,
    megapixels === '0.25' ? 0.25 : 1,
  );
}

/** SDXL's schema has no bounds; a canvas has. */
function clampSide(length: number): number {
  return Math.min(2048, Math.max(64, Math.round(length)));
}

function formatOf(model: SandboxModel, input: Record<string, unknown>): PictureFormat {
  const format = input.output_format ?? model.input.properties.output_format?.default;
  if (format === 'jpeg') return 'jpg';
  return format === 'webp' || format === 'jpg' ? format : 'png';
}
