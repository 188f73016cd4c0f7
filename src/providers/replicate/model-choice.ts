/**
 * Which model does the work: the one that was asked for, or, where that takes no picture and there is one to start
 * from, its like that does. What is chosen is told; nothing is chosen that a user would not expect.
 */
import type { InputChange, Kind } from '../../jobs/job.ts';
import { ProviderFailure } from '../provider.ts';
import { HttpFailure } from './api.ts';
import { findImageFields } from './field-roles.ts';
import { kindAgainst } from './model-kind.ts';
import type { Found, Models } from './models.ts';

export interface Asked {
  kind: Kind;
  /** null: the configured one. */
  model: string | null;
  /** How many pictures it starts from. */
  images: number;
}

export interface Choice {
  found: Found;
  changes: InputChange[];
  /** A model that takes pictures, where the chosen one takes none and so has to be refused; null: none is known. */
  instead: string | null;
}

/**
 * Who steps in where nobody named a model and the configured one takes no picture; the first that the service has.
 * Image: FLUX.2 klein changes pictures as a prompt says, takes several, and is the cheapest that does, by the maker of
 * the default; then the most used one. Video: the cheapest, then the bot's own default. Prices and inputs as on the
 * models' own pages in April 2026.
 */
const STAND_INS: Readonly<Record<Kind, readonly string[]>> = {
  image: ['black-forest-labs/flux-2-klein-4b', 'google/nano-banana', 'black-forest-labs/flux-kontext-pro'],
  video: ['wan-video/wan-2.2-i2v-fast', 'bytedance/seedance-1-pro'],
};

/** How makers name a model that starts from text, and its sibling that starts from a picture. */
const SIBLING_NAMES: readonly (readonly [RegExp, string])[] = [
  [/(?<![a-z0-9])t2v(?![a-z0-9])/i, 'i2v'],
  [/text-to-video/i, 'image-to-video'],
  [/text2video/i, 'image2video'],
  [/txt2vid/i, 'img2vid'],
];

/** `owner/name` of what may be its sibling that starts from a picture: perhaps there is no such model. */
export function siblingsOf(name: string): string[] {
  const [owner = '', model = ''] = name.split('/');
  const names = SIBLING_NAMES.map(([word, other]) => `${owner}/${model.replace(word, other)}`);
  return names.filter((sibling) => sibling !== name);
}

export class ModelChoice {
  readonly #models: Models;
  readonly #defaults: Readonly<Record<Kind, string | null>>;

  constructor(models: Models, defaults: Readonly<Record<Kind, string | null>>) {
    this.#models = models;
    this.#defaults = defaults;
  }

  /** The reference that is asked for. Throws an Error for a kind that is switched off. */
  referenceOf({ model, kind }: Pick<Asked, 'model' | 'kind'>): string {
    const reference = model ?? this.#defaults[kind];
    if (reference !== null) return reference;
    const kinds = Object.entries(this.#defaults).flatMap(([name, configured]) => (configured === null ? [] : [name]));
    throw new Error(`Expected a request of one of the kinds [${kinds.join(', ')}], got ${kind}.`);
  }

  /** Equal requests get the same model. Throws as Models.find does. */
  async choose(asked: Asked, signal: AbortSignal): Promise<Choice> {
    const { kind, model, images } = asked;
    const found = await this.#models.find(this.referenceOf(asked), signal);
    const { name, fields } = found.model;
    const isRefusedAnyway = fields === null || kindAgainst(kind, name, fields) !== null;
    if (images === 0 || isRefusedAnyway || takesImage(found)) return { found, changes: [], instead: null };
    const siblings = kind === 'video' ? siblingsOf(name) : [];
    const standIn = await this.#findFirst(kind, [...siblings, ...(model === null ? STAND_INS[kind] : [])], signal);
    if (standIn === null) return { found, changes: [], instead: await this.#nameOther(kind, signal) };
    return { found: standIn, changes: [{ field: 'model', from: name, to: standIn.model.name }], instead: null };
  }

  /** The owner's own choice first. A service in trouble keeps no refusal from being told. */
  async #nameOther(kind: Kind, signal: AbortSignal): Promise<string | null> {
    const configured = this.#defaults[kind];
    try {
      const names = [...(configured === null ? [] : [configured]), ...STAND_INS[kind]];
      return (await this.#findFirst(kind, names, signal))?.model.name ?? null;
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderFailure)) throw error;
      return null;
    }
  }

  /** The first that the service has, and that takes a picture. Throws where the service does not tell: the next one would be another answer. */
  async #findFirst(kind: Kind, names: readonly string[], signal: AbortSignal): Promise<Found | null> {
    for (const name of names) {
      const found = await this.#look(name, signal);
      if (found !== null && takesImage(found) && kindAgainst(kind, found.model.name, found.model.fields) === null)
        return found;
    }
    return null;
  }

  /** null: there is no such model. */
  async #look(name: string, signal: AbortSignal): Promise<Found | null> {
    try {
      const found = await this.#models.find(name, signal);
      if (found.unknown === null) return found;
      throw found.unknown;
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return null;
      throw error;
    }
  }
}

function takesImage({ model: { fields } }: Found): boolean {
  return fields !== null && findImageFields(fields).first !== null;
}
