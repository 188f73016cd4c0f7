/**
 * `/jobs list` and `/jobs clear`: a server's own jobs, for its moderators. The server is always the asker's,
 * so nobody sees or clears anything of another one.
 */
import type { Clearing } from '../jobs/clearing.ts';
import type { JobState } from '../jobs/job.ts';
import type { Clock, Log } from '../jobs/ports.ts';
import { StoreFailure } from '../jobs/ports.ts';
import { localeFor, type Locale } from '../locales/locale.ts';
import type { Answers } from './answers.ts';
import type { Asker, CommandAsk, PressAsk } from './ask.ts';
import { parseListId, type ClearChoice, type ListPlace } from './list-id.ts';
import { isModerator } from './permissions.ts';
import { JOBS_PER_PAGE, renderClearQuestion, renderJobList } from './render-lists.ts';
import { privateNote, type PrivateCard } from './private-card.ts';

export interface JobListsOptions {
  answers: Answers;
  clearing: Clearing;
  clock: Clock;
  log: Log;
}

/** What a moderator named; null: no matter. */
export interface JobsWish {
  state: JobState | null;
  userId: string | null;
}

export interface ClearWish extends JobsWish {
  /** Only jobs asked for longer ago than this. */
  olderThanMs: number;
  jobId: string | null;
}

export class JobLists {
  readonly #options: JobListsOptions;
  /** Questions that were answered with yes and are being carried out. */
  readonly #clearing = new Set<string>();

  constructor(options: JobListsOptions) {
    this.#options = options;
  }

  /** Discord's command permission has let the asker in. */
  async list(ask: CommandAsk, wish: JobsWish): Promise<void> {
    const locale = localeFor(ask.locale);
    const page = await this.#drawPage(ask, { kind: 'list', ...wish, trail: [] }, locale);
    await this.#options.answers.show(ask, page);
  }

  /** The question with its counts; nothing is removed yet. */
  async clear(ask: CommandAsk, { olderThanMs, ...wish }: ClearWish): Promise<void> {
    const { answers, clearing, clock } = this.#options;
    // A long history is read page by page.
    await answers.defer(ask);
    const askedAt = clock.now();
    const choice: ClearChoice = { kind: 'clear', ...wish, createdBefore: askedAt - olderThanMs, askedAt };
    const counted = await clearing.count({ ...choice, guildId: guildOf(ask) });
    await answers.finish(
      ask,
      renderClearQuestion({ choice, isAged: olderThanMs > 0, ...counted }, localeFor(ask.locale)),
    );
  }

  owns(customId: string): boolean {
    return parseListId(customId) !== null;
  }

  /** A button of either. */
  async press(ask: PressAsk): Promise<void> {
    const { answers } = this.#options;
    const locale = localeFor(ask.locale);
    const id = parseListId(ask.customId);
    if (id === null) return answers.refuse(ask, locale.refusals.unknownButton);
    // A command's permission says nothing about its buttons, and rights may have been taken away since.
    if (!isModerator(ask)) return answers.refuse(ask, locale.refusals.notModerator);
    if (id.kind === 'keep') return answers.replace(ask, privateNote(locale.jobs.kept));
    if (id.kind === 'list') return answers.replace(ask, await this.#drawPage(ask, id, locale));
    await this.#clearNow(ask, id, locale);
  }

  async #drawPage(ask: Asker, place: ListPlace, locale: Locale): Promise<PrivateCard> {
    const filter = { guildId: guildOf(ask), state: place.state, userId: place.userId };
    const page = await this.#options.clearing.list(filter, place.trail.at(-1) ?? null, JOBS_PER_PAGE);
    return renderJobList({ place, ...page }, locale);
  }

  async #clearNow(ask: PressAsk, choice: ClearChoice, locale: Locale): Promise<void> {
    const { answers, clearing, log } = this.#options;
    // A second press before the first one took the buttons away.
    if (this.#clearing.has(ask.messageId)) return answers.acknowledge(ask);
    this.#clearing.add(ask.messageId);
    // Its buttons go at once.
    await answers.replace(ask, privateNote(locale.jobs.clearing));
    try {
      const result = await clearing.clear({ ...choice, guildId: guildOf(ask) }, ask.userId);
      log.info('a moderator cleared jobs', { guildId: ask.guildId, userId: ask.userId, ...result });
      await answers.finish(ask, privateNote(locale.jobs.cleared(result)));
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      log.error('a clearing was cut short', { errorMessage: error.message });
      await answers.finish(ask, privateNote(locale.jobs.interrupted));
    } finally {
      this.#clearing.delete(ask.messageId);
    }
  }
}

/** `/jobs` is a server's command; without one, no job matches. */
function guildOf({ guildId }: Asker): string {
  return guildId ?? '';
}
