/**
 * The one way in: every interaction goes from here to its command or button. Nothing thrown there may
 * leave a user without an answer, stop the process, or be shown.
 */
import type { APIInteraction } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Ask, ChoiceAsk, CompletionAsk, ModalAsk, PressAsk } from './ask.ts';
import type { Choice } from './autocomplete.ts';
import { readAsk } from './ask.ts';
import type { Command, CommandContext, MenuCommand } from './command.ts';

/** Answers what its own components bring. Each answers the interaction in every case. */
export interface Part {
  owns(customId: string): boolean;
  press?(ask: PressAsk): Promise<void>;
  choose?(ask: ChoiceAsk): Promise<void>;
  submit?(ask: ModalAsk): Promise<void>;
}

/** An autocomplete that comes later is shown to nobody. */
const COMPLETE_WITHIN_MS = 2_000;

export interface RouterOptions {
  commands: readonly Command[];
  menus: readonly MenuCommand[];
  /** What every command gets beside the asker's language. */
  context: Omit<CommandContext, 'locale'>;
  /** Whose buttons, selects and forms there are: the first that knows a custom id has it. */
  parts: readonly Part[];
  /** What is told beside the answer, once that is out. Never rejects. */
  afterAnswer?: (ask: Ask) => Promise<void>;
  clock: Clock;
  log: Log;
}

export class Router {
  readonly #options: RouterOptions;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #menus: ReadonlyMap<string, MenuCommand>;
  #isClosed = false;
  readonly #atWork = new Set<Promise<void>>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#commands = new Map(options.commands.map((command) => [command.data.name, command]));
    this.#menus = new Map(options.menus.map((menu) => [menu.data.name, menu]));
  }

  /** Takes a raw interaction. Returns at once; never throws. */
  handle(payload: APIInteraction): void {
    const ask = this.#read(payload);
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

  #read(payload: APIInteraction): Ask | null {
    try {
      return readAsk(payload, this.#options.clock.now());
    } catch (error) {
      // Who asked, and how to answer, could not be read either.
      const errorMessage = error instanceof Error ? error.message : String(error);
      this.#options.log.error('an interaction could not be read', { errorMessage });
      return null;
    }
  }

  async #route(ask: Ask): Promise<void> {
    const { context } = this.#options;
    const { answers } = context;
    const locale = localeFor(ask.locale);
    if (ask.kind === 'completion') return answers.complete(ask, await this.#complete(ask, locale));
    if (this.#isClosed) return answers.refuse(ask, locale.refusals.restarting);
    if (ask.kind === 'press' || ask.kind === 'choice' || ask.kind === 'modal') return this.#handOn(ask, locale);
    const running =
      ask.kind === 'menu'
        ? this.#menus.get(ask.name)?.execute(ask, { ...context, locale })
        : this.#commands.get(ask.name)?.execute(ask, { ...context, locale });
    if (running !== undefined) return running;
    this.#options.log.warn('an unknown command came', { name: ask.name });
    await answers.refuse(ask, locale.refusals.unknownCommand);
  }

  /** A component of a later or an earlier version may belong to nobody. */
  async #handOn(ask: PressAsk | ChoiceAsk | ModalAsk, locale: Locale): Promise<void> {
    const part = this.#options.parts.find((each) => each.owns(ask.customId));
    const answer =
      ask.kind === 'press' ? part?.press?.(ask) : ask.kind === 'choice' ? part?.choose?.(ask) : part?.submit?.(ask);
    await (answer ?? this.#options.context.answers.refuse(ask, locale.refusals.unknownButton));
  }

  /** Nothing is offered rather than an error shown: what is typed can be sent all the same. */
  async #complete(ask: CompletionAsk, locale: Locale): Promise<Choice[]> {
    const bound = new AbortController();
    const late = this.#options.clock.sleep(COMPLETE_WITHIN_MS, bound.signal).then(() => []);
    late.catch(() => undefined);
    try {
      const offered = this.#commands.get(ask.name)?.autocomplete?.(ask, { ...this.#options.context, locale }) ?? [];
      return await Promise.race([offered, late]);
    } catch (error) {
      this.#logBug(ask, error);
      return [];
    } finally {
      bound.abort();
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
