/** Image models; inputs follow the models' public API pages. */
import type { ModelText } from './build-model.ts';
import type { InputSchema } from './cog.ts';

const prompt: InputSchema = { type: 'string', description: 'Prompt for generated image' };
const seed: InputSchema = { type: 'integer', description: 'Random seed. Set for reproducible generation' };

export const IMAGE_MODELS: readonly ModelText[] = [
  {
    name: 'black-forest-labs/flux-schnell',
    description: 'The fastest image generation model tailored for local development and personal use',
    required: ['prompt'],
    inputs: {
      prompt,
      aspect_ratio: {
        enum: ['1:1', '16:9', '21:9', '3:2', '2:3', '4:5', '5:4', '3:4', '4:3', '9:16', '9:21'],
        default: '1:1',
        description: 'Aspect ratio for the generated image',
      },
      num_outputs: {
        type: 'integer',
        default: 1,
        minimum: 1,
        maximum: 4,
        description: 'Number of outputs to generate',
      },
      num_inference_steps: {
        type: 'integer',
        default: 4,
        minimum: 1,
        maximum: 4,
        description:
          'Number of denoising steps. 4 is recommended, and lower number of steps produce lower quality outputs, faster.',
      },
      seed,
      output_format: { enum: ['webp', 'jpg', 'png'], default: 'webp', description: 'Format of the output images' },
      output_quality: {
        type: 'integer',
        default: 80,
        minimum: 0,
        maximum: 100,
        description: 'Quality when saving the output images, from 0 to 100. Not relevant for .png outputs',
      },
      disable_safety_checker: {
        type: 'boolean',
        default: false,
        description: 'Disable safety checker for generated images.',
      },
      go_fast: { type: 'boolean', default: true, description: 'Run faster predictions with an optimized model' },
      megapixels: {
        enum: ['1', '0.25'],
        default: '1',
        description: 'Approximate number of megapixels for generated image',
      },
    },
    output: 'array',
    defaultSteps: 4,
    runCount: 652_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-30T00:32:11.513Z',
  },
  {
    name: 'black-forest-labs/flux-1.1-pro',
    description:
      'Faster, better FLUX Pro. Text-to-image model with excellent image quality, prompt adherence, and output diversity',
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Text prompt for image generation' },
      image_prompt: {
        type: 'string',
        format: 'uri',
        description: 'Image to use with Flux Redux. Must be jpeg, png, gif, or webp.',
      },
      aspect_ratio: {
        enum: ['custom', '1:1', '16:9', '3:2', '2:3', '4:5', '5:4', '9:16', '3:4', '4:3'],
        default: '1:1',
        description: 'Aspect ratio for the generated image',
      },
      width: {
        type: 'integer',
        minimum: 256,
        maximum: 1440,
        description: 'Width of the generated image. Only used when aspect_ratio=custom. Must be a multiple of 32.',
      },
      height: {
        type: 'integer',
        minimum: 256,
        maximum: 1440,
        description: 'Height of the generated image. Only used when aspect_ratio=custom. Must be a multiple of 32.',
      },
      safety_tolerance: {
        type: 'integer',
        default: 2,
        minimum: 1,
        maximum: 6,
        description: 'Safety tolerance, 1 is most strict and 6 is most permissive',
      },
      seed,
      prompt_upsampling: {
        type: 'boolean',
        default: false,
        description: 'Automatically modify the prompt for more creative generation',
      },
      output_format: { enum: ['webp', 'jpg', 'png'], default: 'webp', description: 'Format of the output images.' },
      output_quality: {
        type: 'integer',
        default: 80,
        minimum: 0,
        maximum: 100,
        description: 'Quality when saving the output images, from 0 to 100. Not relevant for .png outputs',
      },
    },
    output: 'string',
    runCount: 68_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-30T00:32:11.513Z',
  },
  {
    name: 'stability-ai/sdxl',
    description: 'A text-to-image generative AI model that creates beautiful images',
    isOfficial: false,
    inputs: {
      prompt: { type: 'string', default: 'An astronaut riding a rainbow unicorn', description: 'Input prompt' },
      negative_prompt: { type: 'string', default: '', description: 'Input Negative Prompt' },
      image: { type: 'string', format: 'uri', description: 'Input image for img2img or inpaint mode' },
      width: { type: 'integer', default: 1024, description: 'Width of output image' },
      height: { type: 'integer', default: 1024, description: 'Height of output image' },
      num_outputs: { type: 'integer', default: 1, minimum: 1, maximum: 4, description: 'Number of images to output.' },
      scheduler: {
        enum: ['DDIM', 'DPMSolverMultistep', 'HeunDiscrete', 'KarrasDPM', 'K_EULER_ANCESTRAL', 'K_EULER', 'PNDM'],
        default: 'K_EULER',
        description: 'scheduler',
      },
      num_inference_steps: {
        type: 'integer',
        default: 50,
        minimum: 1,
        maximum: 500,
        description: 'Number of denoising steps',
      },
      guidance_scale: {
        type: 'number',
        default: 7.5,
        minimum: 1,
        maximum: 50,
        description: 'Scale for classifier-free guidance',
      },
      prompt_strength: {
        type: 'number',
        default: 0.8,
        minimum: 0,
        maximum: 1,
        description:
          'Prompt strength when using img2img / inpaint. 1.0 corresponds to full destruction of information in image',
      },
      seed: { type: 'integer', description: 'Random seed. Leave blank to randomize the seed' },
      apply_watermark: {
        type: 'boolean',
        default: true,
        description: 'Applies a watermark to enable determining if an image is generated',
      },
      disable_safety_checker: {
        type: 'boolean',
        default: false,
        description: 'Disable safety checker for generated images.',
      },
    },
    output: 'array',
    defaultSteps: 50,
    runCount: 84_000_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-30T00:32:11.513Z',
  },
  {
    name: 'google/imagen-4',
    description: "Google's Imagen 4 flagship model",
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Text prompt for image generation' },
      aspect_ratio: {
        enum: ['1:1', '9:16', '16:9', '3:4', '4:3'],
        default: '1:1',
        description: 'Aspect ratio of the generated image',
      },
      safety_filter_level: {
        enum: ['block_low_and_above', 'block_medium_and_above', 'block_only_high'],
        default: 'block_only_high',
        description:
          'block_low_and_above is strictest, block_medium_and_above blocks some prompts, block_only_high is most permissive',
      },
      output_format: { enum: ['jpg', 'png'], default: 'jpg', description: 'Format of the output image' },
    },
    output: 'string',
    runCount: 9_400_000,
    collections: ['text-to-image'],
    createdAt: '2024-07-30T00:32:11.513Z',
  },
];
