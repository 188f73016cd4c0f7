/** One local picture against sharp's encoding of the same pixels. */
import { createLocalProvider } from '../../src/providers/local/local-provider.ts';
import { decodePicture, encodeWithSharp, type RawPicture } from './pictures.ts';
import { median } from './statistics.ts';

/** The picture that everybody asks for, so that both bots send the same pixels. */
export const PAINTED = { prompt: 'a sunset over mountains by the sea', seed: 7 };

export interface PaintingResult {
  paintMs: number;
  sharpMs: number;
  paintedBytes: number;
  sharpBytes: number;
  /** What was painted. */
  picture: RawPicture;
}

const ROUNDS = 7;
/** Not counted: threads start and code is compiled. */
const WARMING_ROUNDS = 3;

export async function measurePainting(): Promise<PaintingResult> {
  const provider = createLocalProvider({ size: 1 });
  const paint = async (): Promise<Uint8Array> => {
    const { signal } = new AbortController();
    const request = { jobId: 'bench', item: 'image', kind: 'image', model: null, negativePrompt: null } as const;
    const started = await provider.start(
      {
        ...request,
        ...PAINTED,
        attempt: 1,
        settings: {},
        durationSeconds: null,
        images: [],
        aspectRatio: null,
        expiresAfterMs: 60_000,
      },
      { signal },
    );
    const bytes = started.status === 'finished' ? started.bytes[0] : null;
    if (bytes == null) throw new Error('Expected the painter to answer with a picture, got none.');
    return bytes;
  };
  try {
    const painted = await paint();
    const picture = await decodePicture(painted);
    const paintMs: number[] = [];
    const sharpMs: number[] = [];
    let sharpBytes = 0;
    for (let round = 0; round < WARMING_ROUNDS + ROUNDS; round++) {
      const isCounted = round >= WARMING_ROUNDS;
      const painting = await measure(paint);
      const encoding = await measure(() => encodeWithSharp(picture));
      sharpBytes = encoding.result.byteLength;
      if (isCounted) paintMs.push(painting.ms);
      if (isCounted) sharpMs.push(encoding.ms);
    }
    return {
      paintMs: median(paintMs),
      sharpMs: median(sharpMs),
      paintedBytes: painted.byteLength,
      sharpBytes,
      picture,
    };
  } finally {
    await provider.close();
  }
}

async function measure<T>(task: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const beganAt = performance.now();
  const result = await task();
  return { ms: performance.now() - beganAt, result };
}
