/** What generateContent answers with 200: a picture, or one of the many ways of giving none. */
import { randomBytes } from 'node:crypto';
import { imageSize } from 'image-size';
import type { KindOn } from '../fault-queue.ts';
import type { GeminiFault, StartGeminiOptions } from '../interface.ts';
import { drawInTurn } from '../picture-queue.ts';
import type { PictureFormat } from '../replicate/picture.ts';
import type { ImageAsk } from './generate-request.ts';
import type { SandboxModel } from './models.ts';
import { drawFromReferences } from './reference-picture.ts';

export type ImageFault = KindOn<GeminiFault, 'image'>;

type Part =
  | { text: string; thought?: true }
  | { inlineData: { mimeType: string; data: string }; thought?: true; thoughtSignature?: string };

export interface AnswerPlan {
  ask: ImageAsk;
  model: SandboxModel;
  fault: ImageFault | null;
  seed: number;
  /** Given instead of a picture of its own. */
  picture: StartGeminiOptions['picture'];
}

/** Width and height at 1K, by Google's guide to image generation. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '1:4': [512, 2048],
  '1:8': [384, 3072],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:1': [2048, 512],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '8:1': [3072, 384],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
};
const SCALES: Readonly<Record<string, number>> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/** Tokens of one picture, by Google's price list. */
const IMAGE_TOKENS = 1_120;
const THOUGHT_TOKENS = 220;

const BLOCK_REASONS: Readonly<Record<Extract<ImageFault, `blocked-${string}`>, string>> = {
  'blocked-safety': 'SAFETY',
  'blocked-other': 'OTHER',
  'blocked-list': 'BLOCKLIST',
  'blocked-prohibited': 'PROHIBITED_CONTENT',
};

const FILTERED =
  "Unable to show the generated image. The image was filtered out because it violated Google's [Generative AI Prohibited Use policy](https://policies.google.com/terms/generative-ai/use-policy). You will not be charged for blocked images. Try rephrasing the prompt. If you think this was an error, [send feedback](https://ai.google.dev/gemini-api/docs/troubleshooting).";

/** A candidate that ends for a reason, without a picture. */
const FINISHES: Readonly<Record<Extract<ImageFault, `finish-${string}`>, { reason: string; message?: string }>> = {
  'finish-image-safety': { reason: 'IMAGE_SAFETY', message: FILTERED },
  'finish-safety': { reason: 'SAFETY' },
  'finish-prohibited': { reason: 'IMAGE_PROHIBITED_CONTENT', message: FILTERED },
  'finish-spii': { reason: 'SPII' },
  'finish-recitation': {
    reason: 'IMAGE_RECITATION',
    message: 'Unable to show the generated image. It may be too similar to existing content.',
  },
  'finish-no-image': {
    reason: 'NO_IMAGE',
    message: 'Unable to show the generated image. The model could not generate the image based on the prompt provided.',
  },
  'finish-other': { reason: 'IMAGE_OTHER', message: 'Unable to show the generated image.' },
  'finish-max-tokens': { reason: 'MAX_TOKENS' },
  'finish-malformed': { reason: 'MALFORMED_RESPONSE' },
};

/** Whether this answer gives what was asked for. */
export function isWell(fault: ImageFault | null): boolean {
  return fault === null || fault === 'slow';
}

export async function answerGenerate(plan: AnswerPlan): Promise<object> {
  const { fault } = plan;
  if (fault !== null && fault in BLOCK_REASONS)
    return blocked(plan, BLOCK_REASONS[fault as keyof typeof BLOCK_REASONS]);
  if (fault !== null && fault in FINISHES) return finished(plan, FINISHES[fault as keyof typeof FINISHES]);
  if (fault === 'empty') return withCandidate(plan, { content: { parts: [], role: 'model' }, index: 0 });
  const parts = await partsOf(plan);
  return withCandidate(plan, { content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 });
}

async function partsOf(plan: AnswerPlan): Promise<Part[]> {
  const { ask, model, fault } = plan;
  if (fault === 'text-only' || !ask.wantsImage) return [{ text: `Here is what I would draw: ${ask.prompt}` }];
  const thoughts = model.showsThoughts === true || fault === 'thought-only' ? await thoughtsOf(plan) : [];
  if (fault === 'thought-only') return thoughts;
  const text: Part[] = ask.wantsText ? [{ text: 'Here is your picture: ' }] : [];
  const picture: Part = { inlineData: await draw(plan, 0), thoughtSignature: randomBytes(48).toString('base64') };
  return [...thoughts, ...text, picture];
}

async function thoughtsOf(plan: AnswerPlan): Promise<Part[]> {
  return [
    { text: '**Considering the composition**\n\nI begin with a first layout of the scene.\n', thought: true },
    { inlineData: await draw(plan, 1), thought: true },
  ];
}

/** `index` 0 is the final picture; an interim one is another. */
async function draw(
  { ask, model, seed, picture }: AnswerPlan,
  index: number,
): Promise<{ mimeType: string; data: string }> {
  if (picture !== undefined) return { mimeType: picture.mimeType, data: picture.bytes.toString('base64') };
  const references = ask.pictures.filter((bytes) => bytes !== null);
  const [width, height] = SIZES[ask.aspectRatio ?? shapeOf(references[0])] ?? [1024, 1024];
  // Interim pictures are no larger than 1K.
  const scale = SCALES[index === 0 ? (ask.imageSize ?? '1K') : '1K'] ?? 1;
  const format: PictureFormat = model.showsThoughts === true ? 'jpg' : 'png';
  const request = { prompt: ask.prompt, seed, index, width: width * scale, height: height * scale, format };
  const bytes = await (references.length === 0 ? drawInTurn(request) : drawFromReferences(request, references));
  return { mimeType: format === 'jpg' ? 'image/jpeg' : 'image/png', data: bytes.toString('base64') };
}

/** Without a wish the answer has about the shape of the first picture it was given. */
function shapeOf(picture: Buffer | undefined): string {
  if (picture === undefined) return '1:1';
  const { width, height } = imageSize(picture);
  const distance = ([across, down]: readonly [number, number]): number =>
    Math.abs(Math.log(across / down / (width / height)));
  const [nearest] = Object.entries(SIZES).toSorted(([, one], [, other]) => distance(one) - distance(other));
  return nearest?.[0] ?? '1:1';
}

function blocked(plan: AnswerPlan, blockReason: string): object {
  const tokens = countTokens(plan.ask);
  return {
    promptFeedback: { blockReason },
    usageMetadata: { promptTokenCount: tokens, totalTokenCount: tokens, promptTokensDetails: promptDetails(plan.ask) },
    ...signed(plan),
  };
}

function finished(plan: AnswerPlan, { reason, message }: { reason: string; message?: string }): object {
  return withCandidate(plan, {
    content: {},
    finishReason: reason,
    ...(message === undefined ? {} : { finishMessage: message }),
    index: 0,
  });
}

function withCandidate(plan: AnswerPlan, candidate: object): object {
  const prompt = countTokens(plan.ask);
  const thoughts = plan.model.showsThoughts === true ? THOUGHT_TOKENS : 0;
  const made = isWell(plan.fault) && plan.ask.wantsImage ? IMAGE_TOKENS : 0;
  return {
    candidates: [candidate],
    usageMetadata: {
      promptTokenCount: prompt,
      ...(made === 0
        ? {}
        : { candidatesTokenCount: made, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: made }] }),
      ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
      totalTokenCount: prompt + made + thoughts,
      promptTokensDetails: promptDetails(plan.ask),
    },
    ...signed(plan),
  };
}

function signed({ model }: AnswerPlan): object {
  return { modelVersion: model.name, responseId: randomBytes(16).toString('base64url') };
}

function countTokens(ask: ImageAsk): number {
  return textTokens(ask) + ask.pictures.length * IMAGE_TOKENS;
}

/** "A token is equivalent to about 4 characters." */
function textTokens({ prompt }: ImageAsk): number {
  return Math.ceil(prompt.length / 4);
}

function promptDetails(ask: ImageAsk): object[] {
  const text = { modality: 'TEXT', tokenCount: textTokens(ask) };
  return ask.pictures.length === 0
    ? [text]
    : [text, { modality: 'IMAGE', tokenCount: ask.pictures.length * IMAGE_TOKENS }];
}
