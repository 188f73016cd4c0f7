/** Makes the pictures of a request into what an input can hold: addresses. Costs nothing. */
import { failure } from '../../jobs/job.ts';
import { type AttemptRequest, ProviderFailure, type ReferenceImage } from '../provider.ts';
import { createUnreadable, HttpFailure, type ReplicateApi } from './api.ts';

/** Small pictures travel in the request itself (Replicate's OpenAPI file: data addresses up to 256 kB). */
const LARGEST_INLINE_BYTES = 256 * 1024;
/** Two attempts with pictures inside them may have been interrupted for just that (users' reports of code PA). */
const FIRST_ATTEMPT_WITHOUT_INLINE = 3;

export interface ImageSenderOptions {
  api: ReplicateApi;
  /** For each file. */
  timeoutMs: number;
}

/**
 * Resolves with one address for each picture, in order. Uploads are made anew for each attempt: the service
 * deletes them. Throws ProviderFailure, always with nothing begun.
 */
export async function sendImages(
  { images, attempt }: Pick<AttemptRequest, 'images' | 'attempt'>,
  options: ImageSenderOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const addresses: string[] = [];
  for (const image of images) {
    const isInline = isSmall(image) && attempt < FIRST_ATTEMPT_WITHOUT_INLINE;
    addresses.push(isInline ? toDataUrl(image) : await upload(image, options, signal));
  }
  return addresses;
}

/**
 * What an input is built with where nothing is sent: to see whether it can be, and to find work that was. Pictures that
 * could have travelled inside the request are as they would be there, others a place; nothing is uploaded.
 */
export function placeImages({ images }: Pick<AttemptRequest, 'images'>): string[] {
  return images.map((image, index) => (isSmall(image) ? toDataUrl(image) : `upload:${index}`));
}

function isSmall({ bytes }: ReferenceImage): boolean {
  return bytes.byteLength <= LARGEST_INLINE_BYTES;
}

function toDataUrl({ bytes, mimeType }: ReferenceImage): string {
  return `data:${mimeType};base64,${Buffer.from(bytes).toString('base64')}`;
}

async function upload(
  { bytes, mimeType }: ReferenceImage,
  { api, timeoutMs }: ImageSenderOptions,
  signal: AbortSignal,
): Promise<string> {
  const form = new FormData();
  // A copy: the bytes may be a view of a larger buffer.
  const content = new Blob([Uint8Array.from(bytes)], { type: mimeType });
  form.append('content', content, `picture.${mimeType.split('/').at(-1) ?? 'png'}`);
  const body = await api
    .call({ method: 'POST', route: '/files', data: form, timeoutMs, signal })
    .catch((error: unknown) => Promise.reject(toUploadFailure(error)));
  const address = ((body ?? {}) as { urls?: { get?: unknown } }).urls?.get;
  if (typeof address !== 'string' || !URL.canParse(address)) throw createUnreadable('no');
  return address;
}

/** A refusal of the way a file is sent says nothing about the user's model or inputs; one that is too large does. */
function toUploadFailure(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || error.status === 413) return error;
  const { reason, providerStatus } = error.failure;
  if (reason !== 'input-refused' && reason !== 'model-unknown') return error;
  return new ProviderFailure(failure('provider-error', 'retry', { providerStatus, mostRetries: 1 }));
}
