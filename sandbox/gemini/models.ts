/** The models that are alive, and those that were shut down. */
import { invalidArgument, Problem, retired, unknownModel } from './failures.ts';

export interface SandboxModel {
  name: string;
  displayName: string;
  makes: 'image' | 'video' | 'text' | 'embedding';
  /** Sends interim pictures as thoughts before the final one. */
  showsThoughts?: boolean;
  aspectRatios?: readonly string[];
  imageSizes?: readonly string[];
  /** Of a video. */
  longestSeconds?: number;
}

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
/** The order of the real refusal. */
const MORE_RATIOS = '1:1 1:4 1:8 2:3 3:2 3:4 4:1 4:3 4:5 5:4 8:1 9:16 16:9 21:9'.split(' ');
const SIZES = ['1K', '2K', '4K'] as const;
const MORE_SIZES = ['512', ...SIZES] as const;

/** Alive in November 2026, by Google's deprecations page and the model names in @google/genai; a text model and an embedding model, because a real list has many. */
const MODELS: readonly SandboxModel[] = [
  { name: 'gemini-3.8-flash', displayName: 'Gemini 3.8 Flash', makes: 'text' },
  {
    name: 'gemini-3-pro-image',
    displayName: 'Nano Banana Pro',
    makes: 'image',
    showsThoughts: true,
    aspectRatios: RATIOS,
    imageSizes: SIZES,
  },
  {
    name: 'gemini-3.1-flash-image',
    displayName: 'Nano Banana 2',
    makes: 'image',
    aspectRatios: MORE_RATIOS,
    imageSizes: MORE_SIZES,
  },
  {
    name: 'gemini-3.1-flash-lite-image',
    displayName: 'Nano Banana 2 Lite',
    makes: 'image',
    aspectRatios: MORE_RATIOS,
    imageSizes: ['1K'],
  },
  {
    name: 'gemini-nano-banana-2.1',
    displayName: 'Nano Banana 2.1',
    makes: 'image',
    aspectRatios: MORE_RATIOS,
    imageSizes: MORE_SIZES,
  },
  { name: 'gemini-omni-1.1-flash', displayName: 'Gemini Omni 1.1 Flash', makes: 'video', longestSeconds: 10 },
  { name: 'gemini-omni-1.2-flash', displayName: 'Gemini Omni 1.2 Flash', makes: 'video', longestSeconds: 15 },
  { name: 'gemini-embedding-001', displayName: 'Gemini Embedding 001', makes: 'embedding' },
];

/** Shut down by November 2026, by the same page. */
const SHUT_DOWN =
  /^(gemini-2\.5-flash-image(-preview)?|gemini-3-pro-image-preview|gemini-3\.1-flash-image-preview|imagen-.+|veo-.+)$/;

/** ListModels: "If unspecified, 50 models will be returned per page. This method returns at most 1000." */
const PAGE_SIZE = 50;
const LARGEST_PAGE = 1_000;

export class Models {
  readonly #retired = new Set<string>();

  retire(name: string): void {
    this.#retired.add(name.replace(/^models\//, ''));
  }

  /** Throws Problem 404 for one that was shut down or never was; `method` names what was asked of it. */
  find(name: string, version: string, method: string): SandboxModel {
    if (this.#retired.has(name) || SHUT_DOWN.test(name)) throw new Problem(retired(name));
    const model = MODELS.find((candidate) => candidate.name === name);
    if (model === undefined) throw new Problem(unknownModel(name, version, method));
    return model;
  }

  /** Throws Problem 400 for a page that is none. */
  list({ pageSize, pageToken }: { pageSize?: string; pageToken?: string }): object {
    const size = pageSize === undefined || pageSize === '0' ? PAGE_SIZE : Number(pageSize);
    if (!Number.isInteger(size) || size < 0)
      throw new Problem(invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), "${pageSize}"`));
    const alive = MODELS.filter(({ name }) => !this.#retired.has(name));
    const start = pageToken === undefined || pageToken === '' ? 0 : readPageToken(pageToken);
    const end = start + Math.min(size, LARGEST_PAGE);
    return {
      models: alive.slice(start, end).map(presentModel),
      ...(end < alive.length ? { nextPageToken: writePageToken(end) } : {}),
    };
  }
}

/** Throws Problem 404 where the model has no generateContent. Google lists the method for video models and refuses it all the same. */
export function insistOnGenerate(model: SandboxModel, version: string): void {
  if (model.makes === 'video' || model.makes === 'embedding')
    throw new Problem(unknownModel(model.name, version, 'generateContent'));
}

export function presentModel({ name, displayName, makes }: SandboxModel): object {
  return {
    name: `models/${name}`,
    version: '001',
    displayName,
    description: displayName,
    inputTokenLimit: 131_072,
    outputTokenLimit: 32_768,
    supportedGenerationMethods:
      makes === 'embedding' ? ['embedContent', 'countTokens'] : ['generateContent', 'countTokens'],
    ...(makes === 'embedding' ? {} : { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking: true }),
  };
}

function writePageToken(start: number): string {
  return Buffer.from(`models:${start}`).toString('base64url');
}

function readPageToken(token: string): number {
  const match = /^models:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new Problem(invalidArgument('The page token is invalid.'));
  return Number(match[1]);
}
