/** What the next calls and predictions meet. Each fault is used up by what it fits, in the order they were added. */
import type { ReplicateFault } from '../interface.ts';

export interface ArmedFault {
  fault: ReplicateFault;
  /** How often it is still to come. */
  times: number;
}

export type FaultOn<On extends ReplicateFault['on']> = Extract<ReplicateFault, { on: On }>;
export type FaultKind<On extends ReplicateFault['on']> = FaultOn<On>['kind'];

export class Faults {
  #armed: ArmedFault[] = [];

  add(fault: ReplicateFault, times: number): void {
    if (!Number.isInteger(times) || times < 1)
      throw new Error(`Expected \`times\` to be a whole number from 1 and up, got ${times}.`);
    this.#armed.push({ fault, times });
  }

  /** The next fault that fits, which is used up by this, or null. `prompt`: of the prediction it is met by. */
  take<On extends ReplicateFault['on']>(on: On, prompt: unknown = null): FaultOn<On> | null {
    const next = this.#armed.find(({ fault }) => fault.on === on && isMeant(fault, prompt));
    if (next === undefined) return null;
    next.times -= 1;
    this.#armed = this.#armed.filter((armed) => armed.times > 0);
    // `on` decides the member of the union; the compiler does not follow that through `find`.
    return next.fault as FaultOn<On>;
  }

  list(): ArmedFault[] {
    return this.#armed.map((armed) => ({ ...armed }));
  }

  clear(): void {
    this.#armed = [];
  }
}

function isMeant(fault: ReplicateFault, prompt: unknown): boolean {
  const words = 'prompt' in fault ? fault.prompt : undefined;
  return words === undefined || (typeof prompt === 'string' && prompt.includes(words));
}
