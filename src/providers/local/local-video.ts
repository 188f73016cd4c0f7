/** What is asked of a moving picture, brought to what can be made here. */
import { failure, type InputChange } from '../../jobs/job.ts';
import type { MovingPath } from '../../pictures/moving.ts';
import { nearestRatio, readRatio } from '../aspect-ratio.ts';
import { type AttemptRequest, ProviderFailure } from '../provider.ts';
import { between, createRandom } from './random.ts';

export interface VideoPlan {
  seconds: number;
  /** Width divided by height; null: as the picture is. */
  ratio: number | null;
  path: MovingPath;
  changes: InputChange[];
}

const USUAL_RATIOS = ['1:1', '5:4', '4:5', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16', '21:9', '9:21'] as const;
const DEFAULT_SECONDS = 4;
const SHORTEST_SECONDS = 2;
const LONGEST_SECONDS = 8;
const LONGEST_SHOWN = 20;

/** Throws ProviderFailure over an aspect ratio that is none. */
export function planVideo({ seed, durationSeconds, aspectRatio }: AttemptRequest): VideoPlan {
  const seconds = chooseSeconds(durationSeconds);
  const shape = chooseShape(aspectRatio);
  const random = createRandom('moving', seed);
  return {
    seconds,
    ratio: shape === null ? null : readRatio(shape),
    path: { angle: random() * 2 * Math.PI, zoom: between(random, 1.13, 1.2) },
    changes: [
      ...tellChange('duration', durationSeconds === null ? null : String(durationSeconds), String(seconds)),
      ...tellChange('aspect_ratio', aspectRatio, shape),
    ],
  };
}

function chooseSeconds(asked: number | null): number {
  if (asked === null) return DEFAULT_SECONDS;
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, Math.round(asked)));
}

function chooseShape(asked: string | null): string | null {
  if (asked === null) return null;
  const shape = nearestRatio(asked, USUAL_RATIOS);
  if (shape !== undefined) return shape;
  const fields = 'aspect_ratio must be two numbers like 16:9';
  throw new ProviderFailure(failure('input-refused', 'give-up', { details: { fields } }));
}

function tellChange(field: string, from: string | null, to: string | null): InputChange[] {
  return from === null || from === to ? [] : [{ field, from: from.slice(0, LONGEST_SHOWN), to }];
}
