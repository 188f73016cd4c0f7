/** Image models of Black Forest Labs; inputs follow the models' public API pages. */
import type { ModelText } from '../build-model.ts';
import { aspectRatio, count, GO_FAST, image, images, OUTPUT_QUALITY, outputFormat } from './inputs.ts';
import { PROMPT, SAFETY_CHECKER, SEED, share, side, steps } from './inputs.ts';

const RATIOS = ['1:1', '16:9', '21:9', '3:2', '2:3', '4:5', '5:4', '3:4', '4:3', '9:16', '9:21'];
const MEGAPIXELS = {
  enum: ['1', '0.25'],
  default: '1',
  description: 'Approximate number of megapixels for generated image',
};
const CUSTOM_SIDE = 'of the generated image. Only used when aspect_ratio=custom. Must be a multiple of 32.';

export const FLUX_MODELS: readonly ModelText[] = [
  {
    name: 'black-forest-labs/flux-schnell',
    description: 'The fastest image generation model tailored for local development and personal use',
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Prompt for generated image' },
      aspect_ratio: aspectRatio(RATIOS),
      num_outputs: count(4),
      num_inference_steps: {
        ...steps(4, 4),
        description:
          'Number of denoising steps. 4 is recommended, and lower number of steps produce lower quality outputs, faster.',
      },
      seed: SEED,
      output_format: outputFormat('webp', 'jpg', 'png'),
      output_quality: OUTPUT_QUALITY,
      disable_safety_checker: SAFETY_CHECKER,
      go_fast: GO_FAST,
      megapixels: MEGAPIXELS,
    },
    output: 'array',
    defaultSteps: 4,
    runCount: 652_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-30T00:32:11.513Z',
  },
  {
    name: 'black-forest-labs/flux-dev',
    description:
      'A 12 billion parameter rectified flow transformer capable of generating images from text descriptions',
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Prompt for generated image' },
      aspect_ratio: aspectRatio(RATIOS),
      image: image('Input image for image to image mode. The aspect ratio of your output will match this image'),
      prompt_strength: share(
        0.8,
        'Prompt strength when using img2img. 1.0 corresponds to full destruction of information in image',
      ),
      num_outputs: count(4),
      num_inference_steps: steps(28, 50),
      guidance: {
        type: 'number',
        default: 3,
        minimum: 0,
        maximum: 10,
        description: 'Guidance for generated image',
      },
      seed: SEED,
      output_format: outputFormat('webp', 'jpg', 'png'),
      output_quality: OUTPUT_QUALITY,
      disable_safety_checker: SAFETY_CHECKER,
      go_fast: GO_FAST,
      megapixels: MEGAPIXELS,
    },
    output: 'array',
    defaultSteps: 28,
    runCount: 41_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-29T23:25:06.100Z',
  },
  {
    name: 'black-forest-labs/flux-1.1-pro',
    description:
      'Faster, better FLUX Pro. Text-to-image model with excellent image quality, prompt adherence, and output diversity',
    required: ['prompt'],
    inputs: {
      prompt: PROMPT,
      image_prompt: image('Image to use with Flux Redux. Must be jpeg, png, gif, or webp.'),
      aspect_ratio: {
        enum: ['custom', '1:1', '16:9', '3:2', '2:3', '4:5', '5:4', '9:16', '3:4', '4:3'],
        default: '1:1',
        description: 'Aspect ratio for the generated image',
      },
      width: side(null, 256, 1440, `Width ${CUSTOM_SIDE}`),
      height: side(null, 256, 1440, `Height ${CUSTOM_SIDE}`),
      safety_tolerance: {
        type: 'integer',
        default: 2,
        minimum: 1,
        maximum: 6,
        description: 'Safety tolerance, 1 is most strict and 6 is most permissive',
      },
      seed: SEED,
      prompt_upsampling: {
        type: 'boolean',
        default: false,
        description: 'Automatically modify the prompt for more creative generation',
      },
      output_format: outputFormat('webp', 'jpg', 'png'),
      output_quality: OUTPUT_QUALITY,
    },
    output: 'string',
    runCount: 68_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-10-02T10:11:42.640Z',
  },
  {
    name: 'black-forest-labs/flux-kontext-pro',
    description: 'A text-based image editing model that delivers high-quality outputs with excellent prompt following',
    required: ['prompt'],
    inputs: {
      prompt: {
        type: 'string',
        description:
          'Text description of what you want to generate, or the instruction on how to edit the given image.',
      },
      input_image: {
        ...image('Image to use as reference. Must be jpeg, png, gif, or webp.'),
        nullable: true,
      },
      aspect_ratio: aspectRatio(
        ['match_input_image', ...RATIOS, '2:1', '1:2'],
        "Aspect ratio of the generated image. Use 'match_input_image' to match the aspect ratio of the input image.",
      ),
      seed: { ...SEED, nullable: true },
      output_format: outputFormat('png', 'jpg'),
      safety_tolerance: {
        type: 'integer',
        default: 2,
        minimum: 0,
        maximum: 6,
        description: 'Safety tolerance, 0 is most strict and 6 is most permissive. 2 is the most with input images.',
      },
      prompt_upsampling: { type: 'boolean', default: false, description: 'Automatic prompt improvement' },
    },
    output: 'string',
    runCount: 45_000_000,
    collections: ['text-to-image', 'image-editing'],
    createdAt: '2025-05-27T08:10:16.201Z',
  },
  {
    name: 'black-forest-labs/flux-2-klein-4b',
    description: 'Very fast image generation and editing with up to five reference images, FLUX.2 klein',
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Text prompt for image generation or editing' },
      images: images('List of input images for image-to-image generation. Maximum 5 images.', 5),
      aspect_ratio: aspectRatio(
        ['1:1', 'match_input_image', '16:9', '9:16', '3:2', '2:3', '4:3', '3:4', '5:4', '4:5', '21:9', '9:21'],
        "Aspect ratio for the generated image. Use 'match_input_image' to match the first input image.",
      ),
      output_megapixels: {
        enum: ['0.25', '0.5', '1', '2', '4'],
        default: '1',
        description: 'Resolution of the output image in megapixels',
      },
      go_fast: GO_FAST,
      seed: SEED,
      output_format: outputFormat('webp', 'jpg', 'png'),
      output_quality: OUTPUT_QUALITY,
      disable_safety_checker: SAFETY_CHECKER,
    },
    output: 'array',
    runCount: 2_400_000,
    collections: ['text-to-image', 'image-editing'],
    createdAt: '2026-01-14T15:00:00.000Z',
  },
];
