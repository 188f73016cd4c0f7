/** Replicate's own lists of models, by what these are good for. */
import { presentModel } from './cog.ts';
import type { Catalog } from './catalog.ts';

interface Collection {
  slug: string;
  name: string;
  description: string;
}

const COLLECTIONS: readonly Collection[] = [
  {
    slug: 'text-to-image',
    name: 'Generate images',
    description: 'Models that generate images from text prompts',
  },
  {
    slug: 'image-editing',
    name: 'Edit images',
    description: 'Models that edit and manipulate images',
  },
  {
    slug: 'text-to-video',
    name: 'Generate videos',
    description: 'Models that create and edit videos',
  },
  {
    slug: 'image-to-video',
    name: 'Image to video',
    description: 'Models that turn an image into a video',
  },
];

/** As the list of collections shows them. */
export function presentCollections(): Collection[] {
  return COLLECTIONS.map((collection) => ({ ...collection }));
}

/** With the models in it; undefined for a slug that is none. */
export function presentCollection(slug: string, catalog: Catalog): Record<string, unknown> | undefined {
  const collection = COLLECTIONS.find((candidate) => candidate.slug === slug);
  if (collection === undefined) return undefined;
  const models = catalog.all().filter((model) => model.collections.includes(slug));
  return { ...collection, full_description: null, models: models.map(presentModel) };
}
