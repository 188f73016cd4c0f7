/** What a model of Google's can be asked for beyond its prompt. The service tells no schema, so its documentation does. Pure. */
import { type Failure, failure, type InputChange, type Kind } from '../../jobs/job.ts';
import { nearestRatio } from '../aspect-ratio.ts';
import type { AttemptRequest, ModelInputField } from '../provider.ts';

/** Of all image models, by Google's guide to image generation. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
/** What came with Nano Banana 2. */
const MORE_RATIOS = [...RATIOS, '1:4', '4:1', '1:8', '8:1'];
const SIZES = ['1K', '2K', '4K'];
const MORE_SIZES = ['512', ...SIZES];
/** Models with fewer choices than the newest. */
const EARLIER_MODELS = /^gemini-(2\.5|3-pro)/;
const VIDEO_RATIOS = ['16:9', '9:16'];
/** By the types of Google's client. */
const RESOLUTIONS = ['360p', '720p', '1080p', '4k'];
/** Of the newest video model; earlier ones refuse the last five by themselves. */
const SHORTEST_SECONDS = 3;
const LONGEST_SECONDS = 15;
const LONGEST_SHOWN = 50;

const OWN: Omit<ModelInputField, 'name' | 'type' | 'description'> = {
  choices: null,
  minimum: null,
  maximum: null,
  default: null,
  isRequired: false,
  isOwnOption: true,
};

/** Every input, those with an option of their own first. */
export function listFields(model: string, kind: Kind): ModelInputField[] {
  return [
    { ...OWN, name: 'prompt', type: 'text', description: 'What to make', isRequired: true },
    { ...OWN, name: 'aspect_ratio', type: 'text', choices: listRatios(model, kind), description: 'Shape' },
    ...(kind === 'image' ? imageSettings(model) : VIDEO_SETTINGS),
  ];
}

function imageSettings(model: string): ModelInputField[] {
  const choices = EARLIER_MODELS.test(model) ? SIZES : MORE_SIZES;
  const description = 'Size of the picture';
  return [{ ...OWN, name: 'image_size', type: 'text', choices, default: '1K', description, isOwnOption: false }];
}

const VIDEO_SETTINGS: readonly ModelInputField[] = [
  {
    ...OWN,
    name: 'duration',
    type: 'integer',
    minimum: SHORTEST_SECONDS,
    maximum: LONGEST_SECONDS,
    description: 'Length in seconds',
    isOwnOption: false,
  },
  {
    ...OWN,
    name: 'resolution',
    type: 'text',
    choices: RESOLUTIONS,
    default: '720p',
    description: 'Height of the video',
    isOwnOption: false,
  },
];

/** Settings as the service takes them, or why one cannot be used. `2k` is taken for `2K`, `8s` for 8 seconds. */
export function readSettings(model: string, kind: Kind, settings: AttemptRequest['settings']): SettingsReading {
  const all = listFields(model, kind);
  const fields = all.filter(({ isOwnOption }) => !isOwnOption);
  const values: Record<string, string> = {};
  for (const [name, got] of Object.entries(settings)) {
    const own = all.find((each) => each.isOwnOption && each.name === name.toLowerCase());
    if (own !== undefined) return { values: {}, refused: refuseOwnOption(own.name, got) };
    const field = fields.find((each) => each.name === name.toLowerCase());
    const value = field === undefined ? null : readValue(field, got.trim());
    if (field === undefined || value === null) return { values: {}, refused: refuseSetting(name, got, field, fields) };
    values[field.name] = value;
  }
  return { values, refused: null };
}

export interface SettingsReading {
  values: Readonly<Record<string, string>>;
  refused: Failure | null;
}

function readValue({ choices, minimum, maximum }: ModelInputField, got: string): string | null {
  if (choices !== null) {
    const choice = choices.find((each) => String(each).toLowerCase() === got.toLowerCase());
    return choice === undefined ? null : String(choice);
  }
  const number = Number(/^(\d{1,6})\s?s?$/i.exec(got)?.[1] ?? Number.NaN);
  return number >= (minimum ?? 0) && number <= (maximum ?? Infinity) ? String(number) : null;
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
  const allowed =
    field === undefined
      ? `one of these settings: ${names}`
      : (field.choices?.join(', ') ?? `a whole number from ${field.minimum} to ${field.maximum}`);
  const shown = { field: name.slice(0, LONGEST_SHOWN), got: got.slice(0, LONGEST_SHOWN), allowed };
  return failure('setting-refused', 'give-up', { details: shown });
}

/** The shape to send, null for none, with the change that the card tells. */
export function chooseRatio(
  { aspectRatio, kind }: Pick<AttemptRequest, 'aspectRatio' | 'kind'>,
  model: string,
): { ratio: string | null; changes: InputChange[] } {
  if (aspectRatio === null) return { ratio: null, changes: [] };
  const ratio = nearestRatio(aspectRatio, listRatios(model, kind)) ?? null;
  const change = { field: 'aspect_ratio', from: aspectRatio.slice(0, LONGEST_SHOWN), to: ratio };
  return { ratio, changes: ratio === aspectRatio ? [] : [change] };
}

function listRatios(model: string, kind: Kind): readonly string[] {
  if (kind === 'video') return VIDEO_RATIOS;
  return EARLIER_MODELS.test(model) ? RATIOS : MORE_RATIOS;
}

/** No model of Google's takes a negative prompt by itself. */
export function writePrompt({ prompt, negativePrompt }: AttemptRequest): string {
  const negative = negativePrompt?.trim() ?? '';
  return negative === '' ? prompt : `${prompt}\n\nAvoid: ${negative}`;
}
