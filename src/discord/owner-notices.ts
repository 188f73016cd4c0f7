/**
 * Tells the bot's owner, in their channel, what only they can mend: one message for each cause a UTC day, however
 * often it happens and however often the bot is started again.
 */
import { createHash } from 'node:crypto';
import { MessageFlags } from 'discord-api-types/v10';
import type { Clock, Log } from '../jobs/ports.ts';
import type { DiscordApi } from './api.ts';
import { isPassing } from './delivery-failure.ts';
import { insist } from './insist.ts';
import { parseText, type MetaTexts } from './meta-texts.ts';

/** What there is to tell; `about` in a cause keeps two providers apart: `key-refused:replicate`. */
export type OwnerCause =
  'key-refused' | 'no-credit' | 'low-credit' | 'daily-quota' | 'breaker' | 'disk' | 'retired-model' | 'session-starts';

export interface OwnerNoticesOptions {
  api: Pick<DiscordApi, 'post'>;
  /** OWNER_CHANNEL_ID; null: the log alone is told. */
  channelId: string | null;
  meta: MetaTexts;
  clock: Clock;
  log: Log;
  /** Ends waits when the process stops. */
  signal?: AbortSignal;
  /** Messages of all causes in a day. */
  mostADay?: number;
}

const NAME = 'owner-notices';
const MOST_A_DAY = 20;
/** With waits of up to 10 seconds: about ten minutes of a Discord that is away. */
const MOST_CALLS = 60;
/** Discord's limit for a nonce ("Create Message"). */
const NONCE_LENGTH = 25;

export class OwnerNotices {
  readonly #options: OwnerNoticesOptions;
  /** Told, or being told, on this day. */
  #today: { day: string; causes: Set<string> } | null = null;
  /** One at a time, so that what is saved is never an older list. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: OwnerNoticesOptions) {
    this.#options = options;
  }

  /** Resolves when the owner has been told, or never will be today. Never rejects. */
  tell(cause: OwnerCause | `${OwnerCause}:${string}`, sentence: string): Promise<void> {
    const mine = this.#last.then(() => this.#admit(cause, sentence));
    this.#last = mine.then(
      () => undefined,
      () => undefined,
    );
    // Outside the line: a Discord that is away for one must not hold up the log line of the next.
    return mine
      .then((isNew) => (isNew ? this.#send(cause, sentence) : undefined))
      .catch((error: unknown) => this.#warn(cause, error));
  }

  /** False: told already, or too many today. */
  async #admit(cause: string, sentence: string): Promise<boolean> {
    const { log, channelId, mostADay = MOST_A_DAY } = this.#options;
    const today = await this.#load();
    if (today.causes.has(cause)) return false;
    if (today.causes.size >= mostADay) return false;
    today.causes.add(cause);
    log.warn('the owner is told', { cause, sentence });
    return channelId !== null;
  }

  /** Saved only when it stands: a crash in between tells it again, and Discord knows the same nonce for minutes. */
  async #send(cause: string, sentence: string): Promise<void> {
    const { api, channelId, clock, log, signal } = this.#options;
    const today = this.#today;
    if (channelId === null || today === null) return;
    const body = { content: sentence, flags: MessageFlags.SuppressEmbeds, allowed_mentions: { parse: [] } };
    const nonce = nonceOf(today.day, cause);
    const lost = await insist(() => api.post(channelId, { body, files: [] }, nonce), {
      clock,
      ...(signal === undefined ? {} : { signal }),
      mostCalls: MOST_CALLS,
    });
    if (lost !== null) {
      const code = 'code' in lost ? { code: lost.code } : {};
      // What Discord refuses is not tried again with every failure of the day; when it was away, the next one is.
      if (isPassing(lost)) today.causes.delete(cause);
      return log.warn('a notice did not reach the owner; check OWNER_CHANNEL_ID', { cause, why: lost.kind, ...code });
    }
    await this.#save(today.day, cause);
  }

  async #load(): Promise<{ day: string; causes: Set<string> }> {
    const day = new Date(this.#options.clock.now()).toISOString().slice(0, 10);
    if (this.#today?.day === day) return this.#today;
    const saved = await this.#readSaved(day);
    return (this.#today = { day, causes: new Set(saved) });
  }

  async #save(day: string, cause: string): Promise<void> {
    const saving = this.#last.then(async () => {
      const told = await this.#readSaved(day);
      await this.#options.meta.set(NAME, JSON.stringify({ day, causes: [...new Set([...told, cause])] }));
    });
    this.#last = saving.catch(() => undefined);
    await saving;
  }

  /** Empty when another day, or nothing readable, was saved last. */
  async #readSaved(day: string): Promise<string[]> {
    const value = parseText(await this.#options.meta.get(NAME));
    if (typeof value !== 'object' || value === null || !('day' in value) || value.day !== day) return [];
    return 'causes' in value && Array.isArray(value.causes) ? value.causes.map(String) : [];
  }

  #warn(cause: string, error: unknown): void {
    this.#options.log.warn('the owner could not be told', {
      cause,
      errorMessage: error instanceof Error ? error.message : String(error),
    });
  }
}

function nonceOf(day: string, cause: string): string {
  return createHash('sha256').update(`owner:${day}:${cause}`).digest('base64url').slice(0, NONCE_LENGTH);
}
