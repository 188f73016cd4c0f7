/** Inputs that many models have in the same words. */
import type { InputSchema } from '../cog.ts';

export const PROMPT: InputSchema = { type: 'string', description: 'Text prompt for image generation' };
export const VIDEO_PROMPT: InputSchema = { type: 'string', description: 'Text prompt for video generation' };
export const SEED: InputSchema = { type: 'integer', description: 'Random seed. Set for reproducible generation' };

export const OUTPUT_QUALITY: InputSchema = {
  type: 'integer',
  default: 80,
  minimum: 0,
  maximum: 100,
  description: 'Quality when saving the output images, from 0 to 100. Not relevant for .png outputs',
};

export const SAFETY_CHECKER: InputSchema = {
  type: 'boolean',
  default: false,
  description: 'Disable safety checker for generated images.',
};

export const GO_FAST: InputSchema = {
  type: 'boolean',
  default: true,
  description: 'Run faster predictions with an optimized model',
};

/** The first is the default. */
export function outputFormat(...formats: [string, ...string[]]): InputSchema {
  return { enum: formats, default: formats[0], description: 'Format of the output images' };
}

/** The first is the default. */
export function aspectRatio(
  ratios: readonly string[],
  description = 'Aspect ratio for the generated image',
): InputSchema {
  return { enum: [...ratios], default: ratios[0], description };
}

export function image(description: string): InputSchema {
  return { type: 'string', format: 'uri', description };
}

export function images(description: string, maxItems?: number): InputSchema {
  const items: InputSchema = { type: 'string', format: 'uri' };
  return { type: 'array', items, default: [], description, ...(maxItems === undefined ? {} : { maxItems }) };
}

export function count(maximum: number, description = 'Number of outputs to generate'): InputSchema {
  return { type: 'integer', default: 1, minimum: 1, maximum, description };
}

/** Steps of denoising. */
export function steps(preset: number, maximum: number): InputSchema {
  return { type: 'integer', default: preset, minimum: 1, maximum, description: 'Number of denoising steps' };
}

export function share(preset: number, description: string): InputSchema {
  return { type: 'number', default: preset, minimum: 0, maximum: 1, description };
}

export function side(preset: number | null, minimum: number, maximum: number, description: string): InputSchema {
  return { type: 'integer', ...(preset === null ? {} : { default: preset }), minimum, maximum, description };
}
