import type { Generation } from './service.ts';
export type Interaction = Generation;
