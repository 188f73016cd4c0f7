/**
 * The one way in: every interaction goes from here to its command or button. Nothing thrown there may
 * leave a user without an answer, stop the process, or be shown.
 */
import type { APIInteraction } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Ask, CompletionAsk } from './ask.ts';
import type { Choice } from './autocomplete.ts';
import { readAsk } from './ask.ts';
import type { Buttons } from './buttons.ts';
import type { Command, CommandContext } from './command.ts';
import { parseListId } from './list-id.ts';

export interface RouterOptions {
  commands: readonly Command[];
  /** What every command gets beside the asker's language. */
  context: Omit<CommandContext, 'locale'>;
  buttons: Buttons;
  /** What is told beside the answer, once that is out. Never rejects. */
  afterAnswer?: (ask: Ask) => Promise<void>;
  clock: Clock;
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
    const work = this.#route(ask)
      .catch((error: unknown) => this.#apologize(ask, error))
      .then(() => this.#options.afterAnswer?.(ask));
    this.#atWork.add(work);
    void work.finally(() => this.#atWork.delete(work));
  }

  /** Takes no new work: says so to whoever asks. Resolves when what came before is answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#atWork);
  }

  async #route(ask: Ask): Promise<void> {
    const { context, buttons } = this.#options;
    const { answers, lists } = context;
    const locale = localeFor(ask.locale);
    if (ask.kind === 'completion') return answers.complete(ask, this.#complete(ask, locale));
    if (this.#isClosed) return answers.refuse(ask, locale.refusals.restarting);
    if (ask.kind === 'modal') return buttons.submit(ask);
    if (ask.kind === 'press') return parseListId(ask.customId) === null ? buttons.press(ask) : lists.press(ask);
    const command = this.#commands.get(ask.name);
    if (command === undefined) {
      this.#options.log.warn('an unknown command came', { name: ask.name });
      return answers.refuse(ask, locale.refusals.unknownCommand);
    }
    await command.execute(ask, { ...context, locale });
  }

  /** Nothing is offered rather than an error shown: what is typed can be sent all the same. */
  #complete(ask: CompletionAsk, locale: Locale): Choice[] {
    try {
      return this.#commands.get(ask.name)?.autocomplete?.(ask, { ...this.#options.context, locale }) ?? [];
    } catch (error) {
      this.#logBug(ask, error);
      return [];
    }
  }

  #logBug(ask: Ask, error: unknown): void {
    this.#options.log.error('an interaction ended in a bug', {
      kind: ask.kind,
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }

  async #apologize(ask: Ask, error: unknown): Promise<void> {
    this.#logBug(ask, error);
    try {
      await this.#options.context.answers.refuse(ask, localeFor(ask.locale).refusals.internal);
    } catch (second) {
      this.#options.log.error('nor could that be said', { errorMessage: String(second) });
    }
  }
}
