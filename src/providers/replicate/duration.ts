/** How long a video is to last, in the words of a model: whole seconds, a text like `5s`, or a number of frames. Pure. */
import type { InputChange, Kind } from '../../jobs/job.ts';
import type { InputField, InputFields } from './schema.ts';

/** The input that says it; the first that a model has. The two last count frames in some models and seconds in others. */
const SECONDS_NAMES: readonly string[] = [
  'duration',
  'seconds',
  'duration_seconds',
  'video_duration',
  'video_length',
  'length',
];
const FRAMES_NAMES: readonly string[] = [
  'num_frames',
  'number_of_frames',
  'n_frames',
  'frame_count',
  'frames',
  'video_length',
  'length',
];
const RATE_NAMES: readonly string[] = ['fps', 'frames_per_second', 'frame_rate', 'framerate'];
/** `5`, `5s`, `5 seconds`. */
const SECONDS = /^(\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?)?$/i;
/** Nobody sees a smaller difference, and frames seldom come out even. */
const SAME_SECONDS = 0.25;

export interface Length {
  input: Record<string, string | number>;
  changes: InputChange[];
}

/** A value as the model takes it, and how much it is: seconds, or frames. */
interface Option {
  value: string | number;
  amount: number;
}

interface Fit {
  name: string;
  value: string | number;
  seconds: number;
}

/** What to send for so many seconds: the nearest that the model takes, of two equally near the shorter, which costs less. */
export function buildDuration(
  wantedSeconds: number | null,
  fields: InputFields,
  settings: Readonly<Record<string, unknown>>,
): Length {
  if (wantedSeconds === null) return { input: {}, changes: [] };
  const from = String(wantedSeconds);
  const sent = fitSeconds(wantedSeconds, fields) ?? fitFrames(wantedSeconds, fields, settings);
  if (sent === null) return { input: {}, changes: [{ field: 'duration', from, to: null }] };
  const to = String(Math.round(sent.seconds * 10) / 10);
  const isAsWished = Math.abs(sent.seconds - wantedSeconds) < SAME_SECONDS;
  return { input: { [sent.name]: sent.value }, changes: isAsWished ? [] : [{ field: 'duration', from, to }] };
}

/** Whether an input says how long a video lasts, so that the option `duration` fills it. `field`: undefined where the schema is not known. */
export function isDuration(name: string, field: InputField | undefined, kind: Kind | null): boolean {
  return kind === 'video' && SECONDS_NAMES.includes(name) && (field === undefined || !countsFrames(field));
}

function fitSeconds(wanted: number, fields: InputFields): Fit | null {
  for (const name of SECONDS_NAMES) {
    const field = fields.get(name);
    const option = field === undefined || countsFrames(field) ? null : secondsOf(wanted, field);
    if (option !== null) return { name, value: option.value, seconds: option.amount };
  }
  return null;
}

function secondsOf(wanted: number, field: InputField): Option | null {
  const { type, choices } = field;
  if (choices !== null) {
    const options = choices.flatMap((value): Option[] => {
      const amount = Number(SECONDS.exec(String(value))?.[1] ?? 0);
      // Zero, words and what is below stand for "as the model likes".
      return amount > 0 ? [{ value, amount }] : [];
    });
    return nearest(wanted, options);
  }
  if (type === 'text') return { value: `${wanted}${/[a-z]+$/i.exec(field.default ?? '')?.[0] ?? ''}`, amount: wanted };
  if (type !== 'integer' && type !== 'number') return null;
  const seconds = clamp(type === 'integer' ? Math.round(wanted) : wanted, field, type === 'integer' ? 1 : 0);
  return { value: seconds, amount: seconds };
}

function fitFrames(wanted: number, fields: InputFields, settings: Readonly<Record<string, unknown>>): Fit | null {
  const rate = readRate(fields, settings);
  const name = FRAMES_NAMES.find((known) => isFrames(known, fields.get(known)));
  const field = name === undefined ? undefined : fields.get(name);
  if (rate === null || name === undefined || field === undefined) return null;
  const frames = framesOf(wanted * rate, field);
  return frames === null ? null : { name, value: frames, seconds: Number(frames) / rate };
}

function framesOf(ideal: number, field: InputField): string | number | null {
  const { type, choices } = field;
  if (choices !== null) {
    const options = choices.map((value) => ({ value, amount: Number(value) })).filter(({ amount }) => amount > 0);
    return nearest(ideal, options)?.value ?? null;
  }
  if (type !== 'integer' && type !== 'number') return null;
  // Many models make one frame more than a multiple of four, and a default that is one tells it.
  const isFourAndOne = Number(field.default ?? 0) % 4 === 1;
  const frames = clamp(Math.round(ideal), field, 1);
  return isFourAndOne ? clamp(Math.round((frames - 1) / 4) * 4 + 1, field, 1) : frames;
}

/** Frames a second: what somebody set, else what the model takes by itself. */
function readRate(fields: InputFields, settings: Readonly<Record<string, unknown>>): number | null {
  for (const name of RATE_NAMES) {
    const field = fields.get(name);
    const rate = Number(settings[name] ?? field?.default ?? (field?.choices?.length === 1 ? field.choices[0] : null));
    if (rate > 0 && Number.isFinite(rate)) return rate;
  }
  return null;
}

function isFrames(name: string, field: InputField | undefined): boolean {
  return field !== undefined && (/frame/.test(name) || countsFrames(field));
}

/** `Length of the video in frames`, not `… in seconds (24 frames per second)`. */
function countsFrames({ name, description }: InputField): boolean {
  return /frame/.test(name) || (/\bframes?\b/i.test(description) && !/\bsec(?:ond)?s?\b/i.test(description));
}

function nearest(wanted: number, options: readonly Option[]): Option | null {
  const sorted = options.toSorted(
    (one, other) => Math.abs(one.amount - wanted) - Math.abs(other.amount - wanted) || one.amount - other.amount,
  );
  return sorted[0] ?? null;
}

/** A bound below `least` means that the model may choose for itself. */
function clamp(value: number, { minimum, maximum }: InputField, least: number): number {
  return Math.min(maximum ?? Infinity, Math.max(minimum ?? least, least, value));
}
