/** A picture: what is sent to generateContent, and what its answer holds. */
import type { GenerateContentParameters } from '@google/genai';
import { type Failure, failure } from '../../jobs/job.ts';
import { sniffMedia } from '../media-type.ts';
import type { AttemptRequest, FetchedFile, ReferenceImage } from '../provider.ts';
import { fieldsOf, readCode, textOf } from './error-answer.ts';
import { classify } from './failures.ts';
import { writePrompt } from './inputs.ts';

export interface Picture extends Pick<FetchedFile, 'bytes' | 'mimeType'> {}

export function buildImageRequest(
  request: AttemptRequest,
  { model, ratio, imageSize }: { model: string; ratio: string | null; imageSize: string | undefined },
): GenerateContentParameters {
  const imageConfig = {
    ...(ratio === null ? {} : { aspectRatio: ratio }),
    ...(imageSize === undefined ? {} : { imageSize }),
  };
  return {
    model,
    contents: [{ role: 'user', parts: [{ text: writePrompt(request) }, ...request.images.map(toPart)] }],
    // Not a word of text, which a model may give in place of the picture.
    config: { responseModalities: ['IMAGE'], ...(Object.keys(imageConfig).length === 0 ? {} : { imageConfig }) },
  };
}

function toPart({ mimeType, bytes }: ReferenceImage): { inlineData: { mimeType: string; data: string } } {
  return { inlineData: { mimeType, data: Buffer.from(bytes).toString('base64') } };
}

/**
 * The pictures of an answer, or why there are none. The parts are read by hand: the client's own `data` glues the
 * interim pictures of a model's thinking and the final one into one broken file.
 */
export async function readImageAnswer(response: unknown): Promise<Picture[] | Failure> {
  const { candidates, promptFeedback } = fieldsOf(response);
  const candidate = fieldsOf(Array.isArray(candidates) ? candidates[0] : undefined);
  const { parts } = fieldsOf(candidate.content);
  const final = (Array.isArray(parts) ? parts : []).map(fieldsOf).filter(({ thought }) => thought !== true);
  const data = final.map(({ inlineData }) => textOf(fieldsOf(inlineData).data)).filter((each) => each !== '');
  const files = await Promise.all(data.map((each) => sniffMedia(Buffer.from(each, 'base64'))));
  const pictures = files.flatMap((file) => (file?.mimeType.startsWith('image/') === true ? [file] : []));
  if (pictures.length > 0) return pictures.map(({ bytes, mimeType }) => ({ bytes, mimeType }));
  if (data.length > 0)
    return failure('provider-error', 'retry', { mostRetries: 1, providerStatus: 'unreadable picture' });
  const blocked = readCode(fieldsOf(promptFeedback).blockReason);
  if (blocked !== '')
    return classify({ signs: [`block ${blocked}`, 'block any'], providerStatus: `blocked ${blocked.toUpperCase()}` });
  const words = final.map(({ text }) => textOf(text)).join(' ');
  const finish = readCode(candidate.finishReason);
  const isUntold = finish === '' || finish === 'finish_reason_unspecified';
  return classify({
    signs: [`finish ${isUntold ? 'none' : finish}`],
    providerStatus: isUntold ? 'no finish reason' : `finished ${finish.toUpperCase()}`,
    words,
  });
}
