/** Starts and kills the one bot of a sandbox and knows how it is. */
import { startBot, type BotOptions } from './bot.ts';
import type { BotProcess, BotStatus, SandboxDiscord } from './interface.ts';

export class BotKeeper {
  readonly #options: BotOptions;
  readonly #discord: SandboxDiscord;
  readonly #onChange: () => void;
  #bot: BotProcess | null = null;
  #isEndedByUs = false;
  #lastWords: string | null = null;

  /** `onChange` is called when the bot starts or stops; that it came online only Discord tells. */
  constructor(options: BotOptions, discord: SandboxDiscord, onChange: () => void) {
    this.#options = options;
    this.#discord = discord;
    this.#onChange = onChange;
  }

  status(): BotStatus {
    if (this.#bot === null) return { state: 'stopped', pid: null, lastWords: this.#lastWords };
    return { state: this.#discord.isBotConnected() ? 'online' : 'starting', pid: this.#bot.pid, lastWords: null };
  }

  /** Throws a sentence when it runs already. */
  start(): void {
    if (this.#bot !== null) throw new Error(`The bot is running already (process ${this.#bot.pid}).`);
    const bot = startBot(this.#options);
    this.#bot = bot;
    this.#isEndedByUs = false;
    this.#lastWords = null;
    void bot.exited.then(({ code, signal }) => {
      this.#bot = null;
      if (!this.#isEndedByUs)
        this.#lastWords = lastWordsOf(bot.lines) ?? `The bot ended with ${signal ?? `code ${code}`}.`;
      this.#onChange();
    });
    this.#onChange();
  }

  /** A real kill -9. Throws a sentence when there is no bot. */
  async kill(): Promise<void> {
    if (this.#bot === null) throw new Error('The bot is not running.');
    this.#isEndedByUs = true;
    await this.#bot.end('SIGKILL');
  }

  async close(): Promise<void> {
    this.#isEndedByUs = true;
    await this.#bot?.end('SIGTERM');
  }
}

/** The last thing a bot said: a log line's message, the error above a crash's stack, or the line itself. */
function lastWordsOf(lines: readonly string[]): string | null {
  const line = lines.findLast((candidate) => candidate.trim() !== '');
  if (line === undefined) return null;
  // Node closes the report of an uncaught error with its version.
  if (/^Node\.js v\d/.test(line))
    return lines.findLast((candidate) => /^(Uncaught )?\w*(Error|Failure)\b/.test(candidate)) ?? line;
  return messageOf(line) ?? line;
}

function messageOf(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const log: unknown = JSON.parse(line);
    return typeof log === 'object' && log !== null && 'msg' in log && typeof log.msg === 'string' ? log.msg : null;
  } catch {
    // Not a log line after all: then it is the words themselves.
    return null;
  }
}
