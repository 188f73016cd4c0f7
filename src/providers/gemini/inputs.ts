/** What a model of Google's can be asked for beyond its prompt. The service tells no schema, so its documentation does. Pure. */
import { type Failure, failure, type Kind } from '../../jobs/job.ts';
import type { AttemptRequest, ModelInputField } from '../provider.ts';

/** Of all image models, by Google's guide to image generation. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
/** What came with Nano Banana 2. */
const MORE_RATIOS = [...RATIOS, '1:4', '4:1', '1:8', '8:1'];
const SIZES = ['1K', '2K', '4K'];
const MORE_SIZES = ['512', ...SIZES];

interface ImageChoices {
  models: RegExp;
  ratios: readonly string[];
  sizes: readonly string[];
}

/** The last that fits. */
const IMAGE_MODELS: readonly [ImageChoices, ...ImageChoices[]] = [
  { models: /./, ratios: MORE_RATIOS, sizes: MORE_SIZES },
  { models: /^gemini-(2\.5|3-pro)/, ratios: RATIOS, sizes: SIZES },
  // "Supported resolutions: 1K" of Nano Banana 2 Lite.
  { models: /lite/, ratios: MORE_RATIOS, sizes: ['1K'] },
];

const VIDEO_RATIOS = ['16:9', '9:16'];
/** By the types of Google's client. */
const RESOLUTIONS = ['360p', '720p', '1080p', '4k'];
const SHORTEST_SECONDS = 3;
/** Of the newest video model, and of those before it. */
const LONGEST_SECONDS = 15;
const EARLIER_LONGEST_SECONDS = 10;
const EARLIER_VIDEO_MODELS = /omni-(1\.[01]-)?flash/;
/** As many as `/generate` makes: each is a request of its own. */
const MOST_PICTURES = 4;
/** Longest value that a refusal repeats. */
export const LONGEST_SHOWN = 50;

const OWN: Omit<ModelInputField, 'name' | 'type' | 'description'> = {
  choices: null,
  minimum: null,
  maximum: null,
  default: null,
  isRequired: false,
  isOwnOption: true,
};
const SETTING = { ...OWN, isOwnOption: false };

/** Every input, those with an option of their own first. */
export function listFields(model: string, kind: Kind): ModelInputField[] {
  return [
    { ...OWN, name: 'prompt', type: 'text', description: 'What to make', isRequired: true },
    { ...OWN, name: 'aspect_ratio', type: 'text', choices: listRatios(model, kind), description: 'Shape' },
    { ...OWN, name: 'image', type: 'files', description: 'Pictures to start from' },
    { ...OWN, name: 'negative_prompt', type: 'text', description: 'What should not be in it' },
    ...(kind === 'image' ? listImageFields(model) : listVideoFields(model)),
  ];
}

function listImageFields(model: string): ModelInputField[] {
  const choices = choicesOf(model).sizes;
  const description = 'Size of the picture';
  const count = { minimum: 1, maximum: MOST_PICTURES, default: '1', description: 'How many pictures' };
  return [
    { ...OWN, name: 'count', type: 'integer', ...count },
    { ...SETTING, name: 'image_size', type: 'text', choices, default: '1K', description },
  ];
}

function listVideoFields(model: string): ModelInputField[] {
  const { shortest: minimum, longest: maximum } = rangeSeconds(model);
  const description = 'Height of the video';
  return [
    { ...OWN, name: 'duration', type: 'integer', minimum, maximum, description: 'Length in seconds' },
    { ...SETTING, name: 'resolution', type: 'text', choices: RESOLUTIONS, default: '720p', description },
  ];
}

/** The shapes a model makes. */
export function listRatios(model: string, kind: Kind): readonly string[] {
  return kind === 'video' ? VIDEO_RATIOS : choicesOf(model).ratios;
}

/** How long the videos of a model may be, in whole seconds. */
export function rangeSeconds(model: string): { shortest: number; longest: number } {
  const longest = EARLIER_VIDEO_MODELS.test(model) ? EARLIER_LONGEST_SECONDS : LONGEST_SECONDS;
  return { shortest: SHORTEST_SECONDS, longest };
}

function choicesOf(model: string): ImageChoices {
  return IMAGE_MODELS.findLast(({ models }) => models.test(model)) ?? IMAGE_MODELS[0];
}

/** Settings as the service takes them, or why one cannot be used. `2k` is taken for `2K`. */
export function readSettings(model: string, kind: Kind, settings: AttemptRequest['settings']): SettingsReading {
  const all = listFields(model, kind);
  const fields = all.filter(({ isOwnOption }) => !isOwnOption);
  const values: Record<string, string> = {};
  for (const [name, got] of Object.entries(settings)) {
    const own = all.find((each) => each.isOwnOption && each.name === name.toLowerCase());
    if (own !== undefined) return { values: {}, refused: refuseOwnOption(own.name, got) };
    const field = fields.find((each) => each.name === name.toLowerCase());
    const value = field?.choices?.find((choice) => String(choice).toLowerCase() === got.trim().toLowerCase());
    if (field === undefined || value === undefined)
      return { values: {}, refused: refuseSetting(name, got, field, fields) };
    values[field.name] = String(value);
  }
  return { values, refused: null };
}

export interface SettingsReading {
  values: Readonly<Record<string, string>>;
  refused: Failure | null;
}

function refuseOwnOption(name: string, got: string): Failure {
  return failure('setting-refused', 'give-up', {
    details: { field: name, got: got.slice(0, LONGEST_SHOWN), option: name },
  });
}

function refuseSetting(
  name: string,
  got: string,
  field: ModelInputField | undefined,
  fields: readonly ModelInputField[],
): Failure {
  const names = fields.map((each) => each.name).join(', ');
  const allowed = field?.choices?.join(', ') ?? `one of these settings: ${names}`;
  const shown = { field: name.slice(0, LONGEST_SHOWN), got: got.slice(0, LONGEST_SHOWN), allowed };
  return failure('setting-refused', 'give-up', { details: shown });
}

/** No model of Google's takes a negative prompt by itself. */
export function writePrompt({ prompt, negativePrompt }: AttemptRequest): string {
  const negative = negativePrompt?.trim() ?? '';
  return negative === '' ? prompt : `${prompt}\n\nAvoid: ${negative}`;
}
