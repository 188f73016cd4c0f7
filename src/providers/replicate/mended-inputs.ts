/** Inputs that were sent otherwise than the schema alone would tell, so that a lost answer can be found by them. */
import type { AttemptRequest } from '../provider.ts';
import type { ModelInput } from './inputs.ts';
import { dropImages } from './repair.ts';

type Asked = Pick<AttemptRequest, 'jobId' | 'item' | 'seed' | 'prompt'>;

/** Each is forgotten once its answer is there; more are lost only while the service breaks off every answer. */
const MOST_KEPT = 500;

export class MendedInputs {
  readonly #inputs = new Map<string, ModelInput>();

  /** Before it is sent. */
  remember(asked: Asked, input: ModelInput, images: readonly string[]): void {
    this.#inputs.set(keyOf(asked), dropImages(input, images));
    const oldest = this.#inputs.keys().next().value;
    if (this.#inputs.size > MOST_KEPT && oldest !== undefined) this.#inputs.delete(oldest);
  }

  forget(asked: Asked): void {
    this.#inputs.delete(keyOf(asked));
  }

  /** Whether a prediction's input is what was sent for this. */
  fits(listed: unknown, asked: Asked): boolean {
    const input = this.#inputs.get(keyOf(asked));
    if (input === undefined || typeof listed !== 'object' || listed === null) return false;
    const found = listed as ModelInput;
    return Object.entries(input).every(([name, value]) => JSON.stringify(found[name]) === JSON.stringify(value));
  }
}

/** Seed and prompt tell the attempts of an item apart. */
function keyOf({ jobId, item, seed, prompt }: Asked): string {
  return JSON.stringify([jobId, item, seed, prompt]);
}
