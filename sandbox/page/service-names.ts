import type { PageFault } from '../interface.ts';

export const SERVICE_NAMES: Readonly<Record<PageFault['service'], string>> = {
  discord: 'Discord',
  replicate: 'Replicate',
  gemini: 'Gemini',
};
