/** Small texts that outlive the process, as the edge to Discord needs them of the store. Names are the program's own. */
export interface MetaTexts {
  /** undefined: never set. Rejects with StoreFailure, as `set` does. */
  get(name: string): Promise<string | undefined>;
  /** Durable when it resolves. */
  set(name: string, value: string): Promise<void>;
}

/** What was saved as JSON; null for what is not, or was never saved: such a text is started anew. */
export function parseText(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
