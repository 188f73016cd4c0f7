/** The bot as one process after another on the same store: its lives, and every line of its log. */
import { startBot } from '../../sandbox/bot.ts';
import type { BotProcess } from '../../sandbox/interface.ts';

export interface LogLine {
  /** Which process wrote it, from 1. */
  life: number;
  fields: Record<string, unknown>;
}

export class Lives {
  readonly lines: LogLine[] = [];
  /** Lives that ended without being told to, or not as they were told: number and last words. */
  readonly brokenEnds: string[] = [];
  readonly #env: Record<string, string>;
  readonly #listeners = new Set<(line: LogLine) => void>();
  #bot: BotProcess | null = null;
  #count = 0;
  #lastLine = '';

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  get count(): number {
    return this.#count;
  }

  start(): void {
    const life = ++this.#count;
    const bot = startBot({ env: this.#env, onLine: (line) => this.#take(life, line) });
    this.#bot = bot;
    void bot.exited.then(({ code, signal }) => {
      if (this.#bot === bot) this.brokenEnds.push(`life ${life}: code ${code}, signal ${signal}: ${this.#lastLine}`);
    });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; signal: string | null } | null> {
    const bot = this.#bot;
    this.#bot = null;
    return bot === null ? null : bot.end(signal);
  }

  /** Returns the way to stop listening. */
  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(life: number, text: string): void {
    this.#lastLine = text;
    const fields = parseLine(text);
    if (fields === null) return;
    const line = { life, fields };
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}

/** null: no log line, or one that a kill cut off. */
function parseLine(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
