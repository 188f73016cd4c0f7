/** The models one running service knows. Every version that was ever current can still be called by its id. */
import { buildModel, buildShape } from './build-model.ts';
import { nameOf, type InputSchema, type SandboxModel } from './cog.ts';
import { FLUX_MODELS } from './models/flux.ts';
import { IMAGE_MODELS } from './models/image.ts';
import { VIDEO_MODELS } from './models/video.ts';
import { INVALID_VERSION, NOT_FOUND, Problem } from './problem.ts';

export class Catalog {
  readonly #models = new Map<string, SandboxModel>();
  readonly #versions = new Map<string, SandboxModel>();
  #changes = 0;

  constructor() {
    for (const text of [...FLUX_MODELS, ...IMAGE_MODELS, ...VIDEO_MODELS]) this.#put(buildModel(text));
  }

  all(): SandboxModel[] {
    return [...this.#models.values()];
  }

  find(name: string): SandboxModel | undefined {
    return this.#models.get(name);
  }

  findVersion(versionId: string): SandboxModel | undefined {
    return this.#versions.get(versionId);
  }

  /** Oldest first. */
  versionsOf(name: string): SandboxModel[] {
    return [...this.#versions.values()].filter((version) => nameOf(version) === name);
  }

  /** By any of the three forms of `version`, whether it may be called so or not. */
  findNamed(reference: string): SandboxModel | undefined {
    const [name = '', versionId = reference] = reference.split(':');
    return this.findVersion(versionId) ?? this.find(name);
  }

  /** `owner/name` for official models, `owner/name:version`, or the version alone. Throws Problem 422 for anything else. */
  resolve(reference: string): SandboxModel {
    const [name = '', versionId] = reference.split(':');
    const isByName = reference.includes('/') && versionId === undefined;
    const model = isByName ? this.find(name) : this.findVersion(versionId ?? reference);
    if (model === undefined) throw new Problem(INVALID_VERSION);
    const isRight = isByName ? model.isOfficial : versionId === undefined || nameOf(model) === name;
    if (!isRight) throw new Problem(INVALID_VERSION);
    return model;
  }

  /** Gives the model a new version with these inputs. Throws a sentence for a name it does not know. */
  change(name: string, text: { inputs: Record<string, InputSchema>; required?: string[] }, at: number): void {
    const model = this.find(name);
    if (model === undefined) {
      const known = [...this.#models.keys()].join(', ');
      throw new Error(`Expected the name of a model to change, one of ${known}; got ${name}.`);
    }
    this.#changes += 1;
    const seed = `${name} ${this.#changes}`;
    this.#put({ ...model, ...buildShape(text, new Date(at).toISOString(), seed) });
  }

  #put(model: SandboxModel): void {
    this.#models.set(nameOf(model), model);
    this.#versions.set(model.versionId, model);
  }
}

/** Throws Problem 404. */
export function getModel(catalog: Catalog, { owner, name }: { owner: string; name: string }): SandboxModel {
  const model = catalog.find(`${owner}/${name}`);
  if (model === undefined) throw new Problem(NOT_FOUND);
  return model;
}
