/**
 * One's own jobs, offered while somebody types `job:`. Open ones first, then what ended, newest first. It reads the
 * newest page or two of the asker's own history, whatever its length: a job further back is opened by its id.
 */
import type { Job, JobState, Kind } from '../jobs/job.ts';
import type { Clock, History, JobStore } from '../jobs/ports.ts';
import type { Locale } from '../locales/locale.ts';
import { type Choice, LONGEST_CHOICE, MOST_CHOICES } from './choice.ts';
import { plainText } from './markdown.ts';

export interface JobChoicesOptions {
  listOpen: () => Job[];
  store: Pick<JobStore, 'get' | 'getMany'>;
  history: History;
  clock: Clock;
}

export interface JobChoicesAsk {
  userId: string;
  /** Words of the prompt, of the status, or an id; empty: all. */
  typed: string;
  /** Only jobs that have made something of this kind; null: all. */
  made: Kind | null;
}

/** Records that are read whole and looked at, at every letter that is typed. */
const SEARCHED = 60;
const SHORTEST_PROMPT = 30;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS_IN_WORDS = 7;
const MADE: ReadonlySet<JobState> = new Set<JobState>(['done', 'partial']);

export class JobChoices {
  readonly #options: JobChoicesOptions;

  constructor(options: JobChoicesOptions) {
    this.#options = options;
  }

  /** Rejects with StoreFailure. */
  async offer({ userId, typed, made }: JobChoicesAsk, locale: Locale): Promise<Choice[]> {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const jobs = await this.#list(userId, made, words.length === 0 ? MOST_CHOICES : SEARCHED);
    const byId = await this.#named(words, userId, made);
    const others = jobs.filter((job) => job.id !== byId?.id && matches(job, words, locale));
    const now = this.#options.clock.now();
    return [...(byId === undefined ? [] : [byId]), ...others]
      .slice(0, MOST_CHOICES)
      .map((job) => ({ name: labelOf(job, now, locale), value: job.id }));
  }

  /** An id that was typed or pasted whole is found however old its job is. */
  async #named(words: readonly string[], userId: string, made: Kind | null): Promise<Job | undefined> {
    const [id, ...more] = words;
    if (id === undefined || more.length > 0) return undefined;
    const job = await this.#options.store.get(id);
    return job?.userId === userId && hasMade(job, made) ? job : undefined;
  }

  async #list(userId: string, made: Kind | null, most: number): Promise<Job[]> {
    const { listOpen, store, history } = this.#options;
    const open = listOpen()
      .filter((job) => job.userId === userId && hasMade(job, made))
      .sort((one, other) => other.createdAt - one.createdAt);
    const { entries } = await history.list({
      scope: { userId },
      matches: ({ kind, state }) => made === null || (kind === made && MADE.has(state)),
      from: null,
      limit: most,
    });
    return [...open, ...(await store.getMany(entries.map(({ id }) => id)))];
  }
}

function hasMade({ input, result }: Job, made: Kind | null): boolean {
  return made === null || (input.kind === made && result.length > 0);
}

/** Every word stands in the prompt, the status or the id. */
function matches(job: Job, words: readonly string[], locale: Locale): boolean {
  const text = `${job.input.prompt} ${locale.states[job.state]} ${job.id}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What was asked for, what became of it, and when: Discord draws no timestamp in a choice. */
function labelOf(job: Job, now: number, locale: Locale): string {
  const facts = [locale.states[job.state], ago(job.createdAt, now, locale)];
  if (job.private) facts.push(locale.show.private);
  const tail = ` · ${facts.join(' · ')}`;
  const room = Math.max(SHORTEST_PROMPT, LONGEST_CHOICE - tail.length);
  return plainText(`${plainText(job.input.prompt, room)}${tail}`, LONGEST_CHOICE);
}

function ago(at: number, now: number, { show }: Locale): string {
  const ms = Math.max(0, now - at);
  if (ms < MINUTE_MS) return show.justNow;
  if (ms < HOUR_MS) return show.minutesAgo(Math.floor(ms / MINUTE_MS));
  if (ms < DAY_MS) return show.hoursAgo(Math.floor(ms / HOUR_MS));
  return ms < DAYS_IN_WORDS * DAY_MS ? show.daysAgo(Math.floor(ms / DAY_MS)) : show.onDay(at);
}
