/**
 * The one way in: every interaction goes from here to its command or button. Nothing thrown there may
 * leave a user without an answer, stop the process, or be shown.
 */
import type { APIInteraction } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor } from '../locales/locale.ts';
import type { Ask } from './ask.ts';
import { readAsk } from './ask.ts';
import type { Buttons } from './buttons.ts';
import type { Command } from './command.ts';
import type { Intake } from './intake.ts';

export interface RouterOptions {
  commands: readonly Command[];
  intake: Intake;
  buttons: Buttons;
  clock: Clock;
  defaultProvider: string;
  log: Log;
}

export class Router {
  readonly #options: RouterOptions;
  readonly #commands: ReadonlyMap<string, Command>;
  #isClosed = false;
  readonly #atWork = new Set<Promise<void>>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#commands = new Map(options.commands.map((command) => [command.data.name, command]));
  }

  /** Takes a raw interaction. Returns at once; never throws. */
  handle(payload: APIInteraction): void {
    const ask = readAsk(payload, this.#options.clock.now());
    if (ask === null) return;
    const work = this.#route(ask).catch((error: unknown) => this.#apologize(ask, error));
    this.#atWork.add(work);
    void work.finally(() => this.#atWork.delete(work));
  }

  /** Takes no new work: says so to whoever asks. Resolves when what came before is answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#atWork);
  }

  async #route(ask: Ask): Promise<void> {
    const { intake, buttons, defaultProvider } = this.#options;
    const locale = localeFor(ask.locale);
    if (this.#isClosed) return intake.refuse(ask, locale.refusals.restarting);
    if (ask.kind === 'press') return buttons.press(ask);
    const command = this.#commands.get(ask.name);
    if (command === undefined) {
      this.#options.log.warn('an unknown command came', { name: ask.name });
      return intake.refuse(ask, locale.refusals.unknownCommand);
    }
    await command.execute(ask, { locale, intake, defaultProvider });
  }

  async #apologize(ask: Ask, error: unknown): Promise<void> {
    this.#options.log.error('an interaction ended in a bug', {
      kind: ask.kind,
      errorMessage: error instanceof Error ? error.message : String(error),
    });
    try {
      await this.#options.intake.refuse(ask, localeFor(ask.locale).refusals.internal);
    } catch (second) {
      this.#options.log.error('nor could that be said', { errorMessage: String(second) });
    }
  }
}
