/** The painter in this process: free, always there, clearly marked as a preview. It answers at once and forgets. */
import { type Failure, failure } from '../../jobs/job.ts';
import { type AttemptRequest, type Provider, ProviderFailure, type RequestCheck } from '../provider.ts';
import { PainterCrashed, PaintPool, type PaintPoolOptions } from './paint-pool.ts';
import { sizeOf, type PictureSize } from './picture-size.ts';

export type LocalProvider = Provider & {
  /** Ends the painting threads. */
  close(): Promise<void>;
};

const NAME = 'local';
/** Changes when the same prompt and seed would no longer give the same picture. */
const PAINTER = 'painter-2';

/**
 * Pictures are PNG, 1024 pixels on the shorter side; the same prompt, seed and aspect ratio give the same bytes on
 * every processor of one architecture.
 */
export function createLocalProvider(options: PaintPoolOptions = {}): LocalProvider {
  const pool = new PaintPool(options);
  return {
    name: NAME,
    kinds: ['image'],
    isPaid: false,
    canFind: false,
    wholeInStart: ['image'],
    hasWebhooks: false,
    catalog: null,
    refuse: async (request) => refuse(request),
    async start(request, { signal }) {
      const refused = refuse({ ...request, images: request.images.length });
      if (refused !== null) throw new ProviderFailure(refused);
      const { prompt, seed } = request;
      const bytes = await paint(pool, { prompt, seed, ...readSize(request) }, signal);
      return {
        status: 'finished',
        outputs: [{ kind: 'inline', mimeType: 'image/png' }],
        bytes: [bytes],
        model: PAINTER,
        changes: [],
      };
    },
    check: () => refuseOperation('check'),
    cancel: () => refuseOperation('cancel'),
    find: () => refuseOperation('find'),
    fetchFile: () => refuseOperation('fetchFile'),
    close: () => pool.close(),
  };
}

/** The painter is one model, without inputs of its own. */
function refuse({ model, settings }: RequestCheck): Failure | null {
  if (model !== null) return failure('model-unknown', 'give-up', { details: { model } });
  const [field] = Object.keys(settings);
  if (field === undefined) return null;
  return failure('setting-refused', 'give-up', {
    details: { field, got: settings[field] ?? '', allowed: 'no settings: the local painter has none' },
  });
}

async function paint(pool: PaintPool, ...[request, signal]: Parameters<PaintPool['paint']>): Promise<Uint8Array> {
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
