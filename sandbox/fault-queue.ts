/** What the next calls to a vendor meet. Each fault is used up by what it fits, in the order they were added. */

/** Every vendor's fault says what it is met on, and what happens there. */
export interface Fault {
  on: string;
  kind: string;
}

/** The kinds that a vendor's faults have on one thing. */
export type KindOn<F extends Fault, On extends F['on']> = F extends Fault
  ? On extends F['on']
    ? F['kind']
    : never
  : never;

export interface Armed<F extends Fault> {
  fault: F;
  /** How often it is still to come. */
  times: number;
}

export class FaultQueue<F extends Fault> {
  #armed: Armed<F>[] = [];

  add(fault: F, times: number): void {
    if (!Number.isInteger(times) || times < 1)
      throw new Error(`Expected \`times\` to be a whole number from 1 and up, got ${times}.`);
    this.#armed.push({ fault, times });
  }

  /** The kind of the next fault that fits, which is used up by this, or null. */
  take<On extends F['on']>(on: On): KindOn<F, On> | null {
    const next = this.#armed.find(({ fault }) => fault.on === on);
    if (next === undefined) return null;
    next.times -= 1;
    this.#armed = this.#armed.filter(({ times }) => times > 0);
    // `on` decides the kind; the compiler does not follow that through `find`.
    return next.fault.kind as KindOn<F, On>;
  }

  list(): Armed<F>[] {
    return this.#armed.map((armed) => ({ ...armed }));
  }

  clear(): void {
    this.#armed = [];
  }
}
