/** What is wished of a model, as near as it comes to what the service takes. What differs is told on the card. Pure. */
import { failure, type InputChange, type Kind } from '../../jobs/job.ts';
import { ABOUT_THE_SAME, isAlike, nearestRatio } from '../aspect-ratio.ts';
import { type AttemptRequest, ProviderFailure, type ReferenceImage } from '../provider.ts';
import { listRatios, LONGEST_SHOWN, rangeSeconds } from './inputs.ts';

/** What Google's models read (its guide to image understanding). */
const READABLE = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];
/** In one request: "up to 14" of the guide to image generation, "maximum images per prompt: 10" of Omni's page. */
const MOST_IMAGES: Readonly<Record<Kind, number>> = { image: 14, video: 10 };
/** "Request payload size exceeds the limit": 20 MB, with some left for the prompt and the words around it. */
const ROOM_BYTES = 20_000_000 - 100_000;

type Shaped = Pick<AttemptRequest, 'aspectRatio' | 'kind' | 'images'>;

/**
 * The shape to send, null for none. A video would be wide whatever it starts from, so one that starts from a single
 * picture takes the picture's where nothing was asked for.
 */
export function chooseRatio(request: Shaped, model: string): { ratio: string | null; changes: InputChange[] } {
  const { aspectRatio, kind } = request;
  const start = kind === 'video' && request.images.length === 1 ? request.images[0] : undefined;
  const wanted = aspectRatio ?? (start === undefined ? null : `${start.width}x${start.height}`);
  if (wanted === null) return { ratio: null, changes: [] };
  const ratio = nearestRatio(wanted, listRatios(model, kind)) ?? null;
  const isAsWanted = aspectRatio === null ? isAlike(wanted, ratio, ABOUT_THE_SAME) : ratio === aspectRatio;
  const change = { field: 'aspect_ratio', from: wanted.slice(0, LONGEST_SHOWN), to: ratio };
  return { ratio, changes: isAsWanted ? [] : [change] };
}

/** Whole seconds within what the model makes; null: as long as it likes. */
export function chooseSeconds(
  { durationSeconds, kind }: Pick<AttemptRequest, 'durationSeconds' | 'kind'>,
  model: string,
): { seconds: number | null; changes: InputChange[] } {
  if (durationSeconds === null) return { seconds: null, changes: [] };
  const from = String(durationSeconds);
  if (kind === 'image') return { seconds: null, changes: [{ field: 'duration', from, to: null }] };
  const { shortest, longest } = rangeSeconds(model);
  const seconds = Math.min(longest, Math.max(shortest, Math.round(durationSeconds)));
  const change = { field: 'duration', from, to: String(seconds) };
  return { seconds, changes: seconds === durationSeconds ? [] : [change] };
}

/**
 * The first so many pictures as one request holds, in their order. Throws ProviderFailure where not even the first
 * can be sent: it would be paid for and made without what it starts from.
 */
export function chooseImages({ images, kind }: Pick<AttemptRequest, 'images' | 'kind'>): {
  images: readonly ReferenceImage[];
  changes: InputChange[];
} {
  const unreadable = images.find(({ mimeType }) => !READABLE.includes(mimeType));
  if (unreadable !== undefined) throw refuseImage(`a picture of type ${unreadable.mimeType}`);
  let room = ROOM_BYTES;
  const fitting = images.slice(0, MOST_IMAGES[kind]).filter(({ bytes }) => {
    // Base64. Once one is left out, so are those after it: what is sent stays a beginning.
    room -= Math.ceil(bytes.length / 3) * 4;
    return room >= 0;
  });
  if (fitting.length === 0 && images.length > 0) throw refuseImage('a picture larger than one request holds');
  const change = { field: 'image', from: String(images.length), to: String(fitting.length) };
  return { images: fitting, changes: fitting.length === images.length ? [] : [change] };
}

function refuseImage(fields: string): ProviderFailure {
  return new ProviderFailure(failure('input-refused', 'give-up', { details: { fields } }));
}
