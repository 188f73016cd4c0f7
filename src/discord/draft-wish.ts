/** From a draft, or a request that needs none, to the work it asks for. */
import { nameItems, type Request } from '../jobs/job.ts';
import type { DraftChoice } from './draft.ts';
import type { Wish } from './intake.ts';

/** What is typed for a request, as far as it is; the rest is as everywhere. */
export type Typed = Partial<Pick<Request, 'prompt' | 'model' | 'aspectRatio' | 'durationSeconds'>> &
  Pick<Request, 'command' | 'kind' | 'provider'>;

/** For a picture nobody said a word about: goes to the service as it is. */
const GENTLE_MOTION = 'Bring this picture to life with gentle, natural motion.';

/** An empty prompt was not typed. */
export function requestOf(typed: Typed): Request {
  return {
    prompt: '',
    model: null,
    negativePrompt: null,
    aspectRatio: null,
    seed: null,
    settings: {},
    durationSeconds: null,
    product: null,
    itemPrompts: {},
    ...typed,
  };
}

/** One output that starts from this picture. A video that nobody described goes by what its picture was made from. */
export function wishFor(
  { input, private: isPrivate }: { input: Request; private: boolean },
  { reference, prompt }: Pick<DraftChoice, 'reference' | 'prompt'>,
): Wish {
  const fallback = input.kind === 'video' ? (prompt ?? GENTLE_MOTION) : '';
  return {
    input: { ...input, prompt: input.prompt || fallback },
    private: isPrivate,
    retryOf: null,
    fallbackFrom: null,
    references: [reference],
    itemNames: nameItems(input.kind, 1),
    carry: null,
  };
}
