/** Video models; inputs follow the models' public API pages. */
import type { ModelText } from '../build-model.ts';
import type { InputSchema } from '../cog.ts';
import { aspectRatio, GO_FAST, image, SAFETY_CHECKER, SEED, VIDEO_PROMPT } from './inputs.ts';

const NEGATIVE_PROMPT: InputSchema = {
  type: 'string',
  default: '',
  description: 'Things you do not want to see in the video',
};

const WAN_FRAMES: Record<string, InputSchema> = {
  num_frames: {
    type: 'integer',
    default: 81,
    minimum: 81,
    maximum: 121,
    description: 'Number of video frames. 81 frames give the best results',
  },
  resolution: {
    enum: ['480p', '720p'],
    default: '480p',
    description: 'Resolution of video. 16:9 corresponds to 832x480px, and 9:16 is 480x832px',
  },
  frames_per_second: {
    type: 'integer',
    default: 16,
    minimum: 5,
    maximum: 30,
    description: 'Frames per second. Note that the pricing of this model is based on the video duration at 16 fps',
  },
  go_fast: GO_FAST,
  sample_shift: { type: 'number', default: 12, minimum: 1, maximum: 20, description: 'Sample shift factor' },
  seed: { ...SEED, description: 'Random seed. Leave blank for random' },
};

/** Seconds, as an enum of integers. */
function duration(...seconds: [number, ...number[]]): InputSchema {
  return { enum: seconds, default: seconds[0], description: 'Duration of the video in seconds' };
}

export const VIDEO_MODELS: readonly ModelText[] = [
  {
    name: 'wan-video/wan-2.2-i2v-fast',
    description: 'A very fast and cheap PrunaAI optimized version of Wan 2.2 A14B image-to-video',
    required: ['image', 'prompt'],
    inputs: {
      prompt: VIDEO_PROMPT,
      image: image('Input image to generate video from.'),
      last_image: image('Optional last image to condition the video generation. Creates smoother transitions'),
      ...WAN_FRAMES,
      interpolate_output: { type: 'boolean', default: false, description: 'Interpolate the video to 30 FPS' },
      disable_safety_checker: { ...SAFETY_CHECKER, description: 'Disable safety checker for generated video.' },
      lora_weights_transformer: { type: 'string', description: 'Load LoRA weights for the HIGH transformer.' },
    },
    media: 'video',
    output: 'string',
    defaultSteps: 8,
    runCount: 7_800_000,
    collections: ['image-to-video'],
    createdAt: '2025-07-31T12:40:22.000Z',
  },
  {
    name: 'wan-video/wan-2.2-t2v-fast',
    description: 'A very fast and cheap PrunaAI optimized version of Wan 2.2 A14B text-to-video',
    required: ['prompt'],
    inputs: {
      prompt: VIDEO_PROMPT,
      aspect_ratio: aspectRatio(['16:9', '9:16'], 'Aspect ratio of video'),
      ...WAN_FRAMES,
      optimize_prompt: { type: 'boolean', default: false, description: 'Translate prompt before generation' },
    },
    media: 'video',
    output: 'string',
    defaultSteps: 8,
    runCount: 260_000,
    collections: ['text-to-video'],
    createdAt: '2025-07-31T15:02:47.000Z',
  },
  {
    name: 'kwaivgi/kling-v2.1',
    description: 'Generates 5s and 10s videos in 720p and 1080p resolution from a starting image',
    required: ['prompt', 'start_image'],
    inputs: {
      prompt: VIDEO_PROMPT,
      mode: {
        enum: ['standard', 'pro'],
        default: 'standard',
        description: 'Standard has a resolution of 720p, pro is 1080p. Both are 24fps.',
      },
      duration: duration(5, 10),
      start_image: image('First frame of the video. You must use a start image with kling-v2.1.'),
      end_image: image('Last frame of the video (pro mode is required when this parameter is set)'),
      negative_prompt: NEGATIVE_PROMPT,
    },
    media: 'video',
    output: 'string',
    runCount: 5_400_000,
    collections: ['image-to-video'],
    createdAt: '2025-06-20T11:23:46.000Z',
  },
  {
    name: 'kwaivgi/kling-v2.5-turbo-pro',
    description: 'Unlocks pro-level text-to-video and image-to-video creation with smooth motion',
    required: ['prompt'],
    inputs: {
      prompt: VIDEO_PROMPT,
      start_image: image('First frame of the video'),
      end_image: image('Last frame of the video'),
      aspect_ratio: aspectRatio(
        ['16:9', '9:16', '1:1'],
        'Aspect ratio of the video. Ignored if start_image is provided.',
      ),
      duration: duration(5, 10),
      negative_prompt: NEGATIVE_PROMPT,
      image: { ...image('Deprecated: Use start_image instead.'), deprecated: true },
    },
    media: 'video',
    output: 'string',
    runCount: 2_700_000,
    collections: ['text-to-video', 'image-to-video'],
    createdAt: '2025-09-23T04:44:32.000Z',
  },
  {
    name: 'minimax/hailuo-02',
    description: 'Text-to-video and image-to-video that can make 6s or 10s videos with 768p or 1080p',
    required: ['prompt'],
    // One of the few schemas with choices in place.
    inlineEnums: ['duration'],
    inputs: {
      prompt: VIDEO_PROMPT,
      duration: {
        type: 'integer',
        enum: [6, 10],
        default: 6,
        description: 'Duration of the video in seconds. 10 seconds is only available for 768p resolution.',
      },
      resolution: {
        enum: ['512p', '768p', '1080p'],
        default: '1080p',
        description: 'Pick between 512p, 768p, or 1080p resolution. 1080p supports only 6-second duration.',
      },
      prompt_optimizer: { type: 'boolean', default: true, description: 'Use prompt optimizer' },
      first_frame_image: image(
        'First frame image for video generation. The output video will have the same aspect ratio as this image.',
      ),
      last_frame_image: image('Last frame image for video generation.'),
    },
    media: 'video',
    output: 'string',
    runCount: 430_000,
    collections: ['text-to-video', 'image-to-video'],
    createdAt: '2025-07-02T12:16:05.000Z',
  },
  {
    name: 'bytedance/seedance-1-pro',
    description: 'A pro version of Seedance that offers text-to-video and image-to-video for 5s or 10s videos',
    required: ['prompt'],
    inputs: {
      prompt: VIDEO_PROMPT,
      image: { ...image('Input image for image-to-video generation'), nullable: true },
      last_frame_image: {
        ...image('Input image for last frame generation. Only works if an image start frame is given too.'),
        nullable: true,
      },
      duration: { type: 'integer', default: 5, minimum: 2, maximum: 12, description: 'Video duration in seconds' },
      resolution: { enum: ['480p', '720p', '1080p'], default: '1080p', description: 'Video resolution' },
      aspect_ratio: aspectRatio(
        ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9', '9:21'],
        'Video aspect ratio. Ignored if an image is used.',
      ),
      fps: { enum: [24], default: 24, description: 'Frame rate (frames per second)' },
      camera_fixed: { type: 'boolean', default: false, description: 'Whether to fix camera position' },
      seed: { ...SEED, nullable: true },
    },
    media: 'video',
    output: 'string',
    runCount: 1_900_000,
    collections: ['text-to-video', 'image-to-video'],
    createdAt: '2025-06-12T07:02:59.000Z',
  },
  {
    name: 'google/veo-3.1-fast',
    description: 'Faster version of Veo 3.1 with context-aware audio and last frame support',
    required: ['prompt'],
    isClosed: true,
    inputs: {
      prompt: VIDEO_PROMPT,
      aspect_ratio: aspectRatio(['16:9', '9:16'], 'Video aspect ratio'),
      duration: { ...duration(4, 6, 8), default: 8 },
      image: image('Input image to start generating from. Ideal images are 16:9 or 9:16'),
      last_frame: image('Ending image for interpolation. When given with an image, creates a transition.'),
      negative_prompt: {
        anyOf: [{ type: 'string' }, { type: 'null' }],
        description: 'Description of what to exclude from the generated video',
      },
      resolution: { enum: ['720p', '1080p'], default: '1080p', description: 'Resolution of the generated video' },
      generate_audio: { type: 'boolean', default: true, description: 'Generate audio with the video' },
      seed: { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'Random seed. Omit for random generations' },
    },
    media: 'video',
    output: 'string',
    runCount: 640_000,
    collections: ['text-to-video', 'image-to-video'],
    createdAt: '2025-10-15T16:11:05.000Z',
  },
];
