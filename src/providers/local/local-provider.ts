/** The painter in this process: free, always there, clearly marked as a preview. It answers at once and forgets. */
import { type Failure, failure, type InputChange } from '../../jobs/job.ts';
import { fitPicture } from '../../pictures/fit.ts';
import { makeMovingPicture } from '../../pictures/moving.ts';
import {
  type AttemptRequest,
  type Provider,
  ProviderFailure,
  type ReferenceImage,
  type RequestCheck,
  type Started,
} from '../provider.ts';
import { planVideo } from './local-video.ts';
import { PainterCrashed, PaintPool, type PaintPoolOptions } from './paint-pool.ts';
import type { PaintWork } from './paint-worker.ts';
import { type PictureSize, sizeLike, sizeOf } from './picture-size.ts';

export type LocalProvider = Provider & {
  /** Ends the painting threads. */
  close(): Promise<void>;
};

type Paint = (work: PaintWork) => Promise<Uint8Array>;

interface Making {
  paint: Paint;
  signal: AbortSignal;
}

const NAME = 'local';
/** These change when the same request and seed would no longer give the same picture. */
const PAINTER = 'painter-2';
const MOVER = 'mover-1';

/**
 * Pictures are PNG, 1024 pixels on the shorter side; the same prompt, seed and aspect ratio give the same bytes on
 * every processor of one architecture. With a picture to start from, that one is shown in the light of the prompt.
 * Videos are a slow walk into the picture they start from, as animated WebP. Of several pictures the first is used.
 */
export function createLocalProvider(options: PaintPoolOptions = {}): LocalProvider {
  const pool = new PaintPool(options);
  return {
    name: NAME,
    kinds: ['image', 'video'],
    isPaid: false,
    canFind: false,
    wholeInStart: ['image', 'video'],
    hasWebhooks: false,
    catalog: null,
    refuse: async (request) => refuse(request),
    async start(request, { signal }) {
      const refused = refuse({ ...request, images: request.images.length });
      if (refused !== null) throw new ProviderFailure(refused);
      const making: Making = { signal, paint: (work) => paintIn(pool, work, signal) };
      return request.kind === 'video' ? makeVideo(request, making) : makeImage(request, making);
    },
    check: () => refuseOperation('check'),
    cancel: () => refuseOperation('cancel'),
    find: () => refuseOperation('find'),
    fetchFile: () => refuseOperation('fetchFile'),
    close: () => pool.close(),
  };
}

/** The painter is one model, without inputs of its own. */
function refuse({ kind, model, settings, images }: RequestCheck): Failure | null {
  if (model !== null) return failure('model-unknown', 'give-up', { details: { model } });
  if (kind === 'video' && images === 0) return failure('image-needed', 'give-up');
  const [field] = Object.keys(settings);
  if (field === undefined) return null;
  return failure('setting-refused', 'give-up', {
    details: { field, got: settings[field] ?? '', allowed: 'no settings: the local painter has none' },
  });
}

async function makeImage(request: AttemptRequest, { paint, signal }: Making): Promise<Started> {
  const { prompt, seed, images } = request;
  const [image] = images;
  if (image === undefined) {
    const bytes = await paint({ work: 'scene', prompt, seed, ...readSize(request) });
    return finished(bytes, 'image/png', PAINTER, []);
  }
  const size = request.aspectRatio === null ? null : readSize(request);
  const { data, width, height, isSeeThrough } = await fitPicture(image.bytes, (own) => size ?? sizeLike(own));
  signal.throwIfAborted();
  const bytes = await paint({ work: 'relight', prompt, seed, width, height, pixels: data, isSeeThrough });
  return finished(bytes, 'image/png', PAINTER, leaveOut(images));
}

async function makeVideo(request: AttemptRequest, { paint, signal }: Making): Promise<Started> {
  const [image] = request.images;
  if (image === undefined) throw new ProviderFailure(failure('image-needed', 'give-up'));
  const { seconds, ratio, path, changes } = planVideo(request);
  const drawMark = (size: PictureSize): Promise<Uint8Array> => paint({ work: 'mark', ...size });
  const bytes = await makeMovingPicture(image.bytes, { seconds, ratio, path, drawMark, signal });
  return finished(bytes, 'image/webp', MOVER, [...changes, ...leaveOut(request.images)]);
}

function finished(bytes: Uint8Array, mimeType: string, model: string, changes: InputChange[]): Started {
  return { status: 'finished', outputs: [{ kind: 'inline', mimeType }], bytes: [bytes], model, changes };
}

function leaveOut(images: readonly ReferenceImage[]): InputChange[] {
  return images.length > 1 ? [{ field: 'image', from: String(images.length), to: '1' }] : [];
}

async function paintIn(pool: PaintPool, ...[request, signal]: Parameters<PaintPool['paint']>): Promise<Uint8Array> {
  try {
    return await pool.paint(request, signal);
  } catch (error) {
    if (error instanceof PainterCrashed)
      throw new ProviderFailure(failure('provider-error', 'retry', { providerStatus: 'painter crashed' }));
    throw error;
  }
}

function readSize({ aspectRatio }: AttemptRequest): PictureSize {
  const size = sizeOf(aspectRatio);
  if (size !== undefined) return size;
  const fields = `aspect_ratio must be two numbers like 16:9, 8 to 1 at most`;
  throw new ProviderFailure(failure('input-refused', 'give-up', { details: { fields } }));
}

async function refuseOperation(call: string): Promise<never> {
  throw new Error(`Expected no ${call} for ${NAME}: it answers start with the picture itself and has no operations.`);
}
