/**
 * The models this Replicate knows, with schemas in Cog's shape: enums as `allOf` of a `$ref` without a `type`,
 * `x-order` on every input, `required` only where something is. Inputs follow the models' public API pages.
 */
import { createHash } from 'node:crypto';

/** One input as Cog writes it. */
export interface InputProperty {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  allOf?: { $ref: string }[];
  title?: string;
  description: string;
  default?: string | number | boolean;
  minimum?: number;
  maximum?: number;
  format?: 'uri';
  'x-order': number;
}

export interface EnumSchema {
  enum: (string | number)[];
  type: 'string' | 'integer';
  title: string;
  description: string;
}

export interface InputSchema {
  type: 'object';
  title: 'Input';
  required?: string[];
  properties: Record<string, InputProperty>;
}

export interface SandboxModel {
  owner: string;
  name: string;
  description: string;
  /** Official models are called by name and hide their version; others need the version. */
  isOfficial: boolean;
  versionId: string;
  input: InputSchema;
  enums: Record<string, EnumSchema>;
  /** One URL as a string, or a list of them. */
  output: 'string' | 'array';
  /** Steps that its log counts, or null for a model that tells no percentage. */
  defaultSteps: number | null;
  runCount: number;
}

/** `owner/name`. */
export function nameOf(model: SandboxModel): string {
  return `${model.owner}/${model.name}`;
}

export function findModel(name: string): SandboxModel | undefined {
  return MODELS.find((model) => nameOf(model) === name);
}

/** The allowed values of an enum input, or undefined for any other input. */
export function enumOf(model: SandboxModel, property: InputProperty): EnumSchema | undefined {
  const reference = property.allOf?.[0]?.$ref;
  return reference === undefined ? undefined : model.enums[reference.slice('#/components/schemas/'.length)];
}

/** The `openapi_schema` of a version. */
export function openapiSchemaOf(model: SandboxModel): Record<string, unknown> {
  const uri = { type: 'string', format: 'uri' };
  return {
    openapi: '3.0.2',
    info: { title: 'Cog', version: '0.1.0' },
    paths: {},
    components: {
      schemas: {
        Input: model.input,
        Output:
          model.output === 'string' ? { ...uri, title: 'Output' } : { type: 'array', items: uri, title: 'Output' },
        ...model.enums,
      },
    },
  };
}

/** The API's model object. */
export function presentModel(model: SandboxModel): Record<string, unknown> {
  return {
    url: `https://replicate.com/${nameOf(model)}`,
    owner: model.owner,
    name: model.name,
    description: model.description,
    visibility: 'public',
    is_official: model.isOfficial,
    github_url: null,
    paper_url: null,
    license_url: null,
    run_count: model.runCount,
    cover_image_url: null,
    default_example: null,
    latest_version: presentVersion(model),
  };
}

/** The API's version object. */
export function presentVersion(model: SandboxModel): Record<string, unknown> {
  return {
    id: model.versionId,
    created_at: '2026-03-14T09:26:53.589Z',
    cog_version: '0.16.9',
    openapi_schema: openapiSchemaOf(model),
  };
}

type Property = Omit<InputProperty, 'x-order' | 'title'>;

interface ModelText {
  name: string;
  description: string;
  isOfficial: boolean;
  required?: string[];
  inputs: Record<string, Property | { choices: (string | number)[]; default: string | number; description: string }>;
  output: 'string' | 'array';
  defaultSteps: number | null;
  runCount: number;
}

const prompt: Property = { type: 'string', description: 'Prompt for generated image' };
const seed: Property = { type: 'integer', description: 'Random seed. Set for reproducible generation' };

const MODELS: readonly SandboxModel[] = [
  build({
    name: 'black-forest-labs/flux-schnell',
    description: 'The fastest image generation model tailored for local development and personal use',
    isOfficial: true,
    required: ['prompt'],
    inputs: {
      prompt,
      aspect_ratio: {
        choices: ['1:1', '16:9', '21:9', '3:2', '2:3', '4:5', '5:4', '3:4', '4:3', '9:16', '9:21'],
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
      output_format: { choices: ['webp', 'jpg', 'png'], default: 'webp', description: 'Format of the output images' },
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
        choices: ['1', '0.25'],
        default: '1',
        description: 'Approximate number of megapixels for generated image',
      },
    },
    output: 'array',
    defaultSteps: 4,
    runCount: 652_000_000,
  }),
  build({
    name: 'black-forest-labs/flux-1.1-pro',
    description:
      'Faster, better FLUX Pro. Text-to-image model with excellent image quality, prompt adherence, and output diversity',
    isOfficial: true,
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Text prompt for image generation' },
      image_prompt: {
        type: 'string',
        format: 'uri',
        description: 'Image to use with Flux Redux. Must be jpeg, png, gif, or webp.',
      },
      aspect_ratio: {
        choices: ['custom', '1:1', '16:9', '3:2', '2:3', '4:5', '5:4', '9:16', '3:4', '4:3'],
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
      output_format: { choices: ['webp', 'jpg', 'png'], default: 'webp', description: 'Format of the output images.' },
      output_quality: {
        type: 'integer',
        default: 80,
        minimum: 0,
        maximum: 100,
        description: 'Quality when saving the output images, from 0 to 100. Not relevant for .png outputs',
      },
    },
    output: 'string',
    defaultSteps: null,
    runCount: 68_000_000,
  }),
  build({
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
        choices: ['DDIM', 'DPMSolverMultistep', 'HeunDiscrete', 'KarrasDPM', 'K_EULER_ANCESTRAL', 'K_EULER', 'PNDM'],
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
  }),
  build({
    name: 'google/imagen-4',
    description: "Google's Imagen 4 flagship model",
    isOfficial: true,
    required: ['prompt'],
    inputs: {
      prompt: { type: 'string', description: 'Text prompt for image generation' },
      aspect_ratio: {
        choices: ['1:1', '9:16', '16:9', '3:4', '4:3'],
        default: '1:1',
        description: 'Aspect ratio of the generated image',
      },
      safety_filter_level: {
        choices: ['block_low_and_above', 'block_medium_and_above', 'block_only_high'],
        default: 'block_only_high',
        description:
          'block_low_and_above is strictest, block_medium_and_above blocks some prompts, block_only_high is most permissive',
      },
      output_format: { choices: ['jpg', 'png'], default: 'jpg', description: 'Format of the output image' },
    },
    output: 'string',
    defaultSteps: null,
    runCount: 9_400_000,
  }),
];

/** Turns the short text above into Cog's shape. */
function build(text: ModelText): SandboxModel {
  const [owner = '', name = ''] = text.name.split('/');
  const enums: Record<string, EnumSchema> = {};
  const properties: Record<string, InputProperty> = {};
  for (const [order, [key, property]] of Object.entries(text.inputs).entries()) {
    if (!('choices' in property)) {
      properties[key] = { ...property, title: titleOf(key), 'x-order': order };
      continue;
    }
    const { choices, description, default: preset } = property;
    const type = typeof choices[0] === 'number' ? 'integer' : 'string';
    enums[key] = { enum: choices, type, title: key, description: 'An enumeration.' };
    properties[key] = {
      allOf: [{ $ref: `#/components/schemas/${key}` }],
      default: preset,
      description,
      'x-order': order,
    };
  }
  return {
    owner,
    name,
    description: text.description,
    isOfficial: text.isOfficial,
    versionId: createHash('sha256').update(text.name).digest('hex'),
    input: {
      type: 'object',
      title: 'Input',
      ...(text.required === undefined ? {} : { required: text.required }),
      properties,
    },
    enums,
    output: text.output,
    defaultSteps: text.defaultSteps,
    runCount: text.runCount,
  };
}

function titleOf(key: string): string {
  return key
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

export function findVersion(versionId: string): SandboxModel | undefined {
  return MODELS.find((model) => model.versionId === versionId);
}
