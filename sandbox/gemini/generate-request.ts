/** Reads the body of generateContent and refuses what Google refuses, in its words. */
import { isObject } from '../replicate/validate.ts';
import { invalidArgument, noFile, Problem } from './failures.ts';
import { type InputPicture, readInputImage } from './input-image.ts';
import type { SandboxModel } from './models.ts';
import { ANY, BOOLEAN, BYTES, INTEGER, NUMBER, TEXT } from './shape.ts';
import { listOf, message, oneOf, readShape, type Shape, type Violation } from './shape.ts';

export interface ImageAsk {
  prompt: string;
  /** Reference pictures, in their order. */
  pictures: InputPicture[];
  /** null: the model chooses. */
  aspectRatio: string | null;
  imageSize: string | null;
  wantsText: boolean;
  wantsImage: boolean;
}

/** "Reference images up to 14 on 3.x models". */
const MOST_IMAGES = 14;

const ENUM = 'type.googleapis.com/google.ai.generativelanguage.v1beta.';

/** Of Google's OpenAPI file. What a picture does not depend on is taken as it is. */
const CONTENT = message({
  role: TEXT,
  parts: listOf(
    message({
      text: TEXT,
      inlineData: message({ mimeType: TEXT, data: BYTES }),
      fileData: message({ mimeType: TEXT, fileUri: TEXT }),
      thought: BOOLEAN,
      thoughtSignature: BYTES,
      partMetadata: ANY,
      mediaResolution: ANY,
      mediaProcessing: ANY,
      videoMetadata: ANY,
      functionCall: ANY,
      functionResponse: ANY,
      executableCode: ANY,
      codeExecutionResult: ANY,
      toolCall: ANY,
      toolResponse: ANY,
    }),
  ),
});

const GENERATION_CONFIG = message({
  responseModalities: listOf(
    oneOf(`${ENUM}GenerationConfig.Modality`, 'MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'AUDIO', 'VIDEO'),
  ),
  imageConfig: message({ aspectRatio: TEXT, imageSize: TEXT }),
  candidateCount: INTEGER,
  maxOutputTokens: INTEGER,
  seed: INTEGER,
  topK: INTEGER,
  logprobs: INTEGER,
  temperature: NUMBER,
  topP: NUMBER,
  frequencyPenalty: NUMBER,
  presencePenalty: NUMBER,
  stopSequences: listOf(TEXT),
  responseMimeType: TEXT,
  responseLogprobs: BOOLEAN,
  enableAffectiveDialog: BOOLEAN,
  enableEnhancedCivicAnswers: BOOLEAN,
  thinkingConfig: message({ includeThoughts: BOOLEAN, thinkingBudget: INTEGER, thinkingLevel: TEXT }),
  mediaResolution: TEXT,
  responseSchema: ANY,
  responseJsonSchema: ANY,
  responseFormat: ANY,
  speechConfig: ANY,
  translationConfig: ANY,
  audioTranscriptionConfig: ANY,
});

const REQUEST: Shape = message({
  contents: listOf(CONTENT),
  systemInstruction: CONTENT,
  generationConfig: GENERATION_CONFIG,
  safetySettings: listOf(message({ category: TEXT, threshold: TEXT })),
  tools: listOf(ANY),
  toolConfig: ANY,
  cachedContent: TEXT,
  model: TEXT,
  store: BOOLEAN,
  serviceTier: TEXT,
});

/** Fields of a part that say something about its data and are none. */
const NO_DATA = new Set([
  'thought',
  'thoughtSignature',
  'partMetadata',
  'mediaResolution',
  'mediaProcessing',
  'videoMetadata',
]);

/** `body` after readShape; every field may be missing. */
interface RequestBody {
  contents?: { role?: string; parts?: Part[] }[];
  generationConfig?: {
    responseModalities?: string[];
    imageConfig?: { aspectRatio?: string; imageSize?: string };
    candidateCount?: number;
  };
}

interface Part {
  text?: string;
  inlineData?: { mimeType?: string; data?: string };
  fileData?: { fileUri?: string };
}

/** Throws Problem 400. */
export async function readImageAsk(body: unknown, model: SandboxModel): Promise<ImageAsk> {
  const { value, violations } = readShape(REQUEST, isObject(body) ? body : {});
  if (violations.length > 0) throw new Problem(badPayload(violations));
  // The shape above was read without a violation.
  const request = value as RequestBody;
  const parts = readParts(request);
  const { imageConfig = {}, responseModalities = [], candidateCount = 1 } = request.generationConfig ?? {};
  if (candidateCount !== 1)
    throw new Problem(invalidArgument(`Multiple candidates is not enabled for models/${model.name}`));
  insistOnChoice('aspect_ratio', imageConfig.aspectRatio, model.aspectRatios ?? []);
  insistOnChoice('image_size', imageConfig.imageSize, model.imageSizes ?? []);
  insistOnModalities(responseModalities, model);
  const images = parts.filter((part) => part.inlineData !== undefined);
  if (images.length > MOST_IMAGES)
    throw new Problem(
      invalidArgument(`Too many input images: the model supports up to ${MOST_IMAGES}, got ${images.length}.`),
    );
  const pictures: InputPicture[] = [];
  for (const image of images) pictures.push(await readInputImage(image.inlineData ?? {}));
  return {
    prompt: parts.flatMap(({ text }) => text ?? []).join('\n'),
    pictures,
    aspectRatio: imageConfig.aspectRatio ?? null,
    imageSize: imageConfig.imageSize ?? null,
    wantsText: responseModalities.length === 0 || responseModalities.includes('TEXT'),
    wantsImage: model.makes === 'image' && (responseModalities.length === 0 || responseModalities.includes('IMAGE')),
  };
}

/** The parts of every turn. */
function readParts({ contents = [] }: RequestBody): Part[] {
  if (contents.length === 0)
    throw new Problem(invalidArgument('* GenerateContentRequest.contents: contents is not specified\n'));
  const wrong = contents.flatMap(({ role, parts = [] }, index) => {
    const place = `* GenerateContentRequest.contents[${index}].parts`;
    if (role !== undefined && role !== 'user' && role !== 'model') return ['Please use a valid role: user, model.'];
    if (parts.length === 0) return [`${place}: contents.parts must not be empty.\n`];
    return parts.flatMap((part, number) =>
      Object.keys(part).some((key) => !NO_DATA.has(key))
        ? []
        : [`${place}[${number}].data: required oneof field 'data' must have one initialized field\n`],
    );
  });
  if (wrong.length > 0) throw new Problem(invalidArgument(wrong.join('')));
  const parts = contents.flatMap((content) => content.parts ?? []);
  // Nothing is ever uploaded to this Gemini.
  const file = parts.find(({ fileData }) => fileData !== undefined)?.fileData?.fileUri;
  if (file !== undefined) throw new Problem(noFile(file.slice(file.lastIndexOf('/') + 1)));
  return parts;
}

function insistOnChoice(field: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  const path = `generation_config.image_config.${field}`;
  const words =
    choices.length === 0
      ? `${field} is not supported by this model`
      : `${field} must be one of ${joinChoices(choices.map((choice) => `'${choice}'`))}`;
  throw new Problem(invalidArgument(`* GenerateContentRequest.${path}: ${words}.\n`, { paths: [path] }));
}

/** `'1:1', '2:3', or '3:2'`. */
function joinChoices(choices: string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`;
}

function insistOnModalities(modalities: string[], model: SandboxModel): void {
  const makes = model.makes === 'image' ? ['TEXT', 'IMAGE'] : ['TEXT'];
  const wrong = modalities.filter((modality) => !makes.includes(modality));
  if (wrong.length === 0) return;
  throw new Problem(
    invalidArgument(
      `The requested combination of response modalities (${modalities.join(', ')}) is not supported by the model. models/${model.name} supports: ${makes.join(', ')}.`,
      { paths: ['generation_config.response_modalities'] },
    ),
  );
}

function badPayload(violations: Violation[]): ReturnType<typeof invalidArgument> {
  return invalidArgument(violations.map(({ description }) => description).join('\n'), {
    paths: violations.map(({ path, name }) => (path === '' ? name : path)),
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: violations.map(({ path, description }) => ({
          ...(path === '' ? {} : { field: path }),
          description,
        })),
      },
    ],
  });
}
