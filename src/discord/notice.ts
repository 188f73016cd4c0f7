/** Whether and how somebody who waited long is told that it is over. Pure. */
import type { Job } from '../jobs/job.ts';
import type { Locale } from '../locales/locale.ts';

export interface NoticePolicy {
  /** NOTIFY_AFTER_SECONDS; 0: never. */
  afterMs: number;
  /** FALLBACK=auto: a failure that the bot answers by itself is not the end. */
  goesOnAlone: (job: Job) => boolean;
}

export interface NoticeMessage {
  content: string;
  allowed_mentions: { parse: never[]; users: string[]; replied_user: boolean };
}

/** Discord's ids carry their time (reference, "Snowflakes"). */
const SNOWFLAKE_EPOCH_MS = 1_420_070_400_000;

/** null: it came soon enough, or its asker stopped it and knows. */
export function noticeFor(job: Job, policy: NoticePolicy, locale: Locale): NoticeMessage | null {
  const { done, partial, failed } = locale.notify;
  const sentences: Partial<Record<Job['state'], typeof done>> = { done, partial, failed };
  const sentence = sentences[job.state];
  if (sentence === undefined || policy.afterMs === 0 || policy.goesOnAlone(job)) return null;
  if (job.cancelRequest?.userId === job.userId) return null;
  if (job.finishedAt === null || job.finishedAt - askedAt(job) < policy.afterMs) return null;
  return {
    content: sentence(`<@${job.userId}>`, { kind: job.input.kind, count: job.items.length, names: [] }),
    allowed_mentions: { parse: [], users: [job.userId], replied_user: false },
  };
}

/**
 * A job the bot fell back to by itself begins late; its asker has waited since the interaction they both come
 * from. Elsewhere our own clock is the better witness.
 */
function askedAt({ createdAt, fallbackFrom, origin }: Job): number {
  if (fallbackFrom === null || !/^\d{15,21}$/.test(origin.interactionId)) return createdAt;
  return Math.min(createdAt, Number(BigInt(origin.interactionId) >> 22n) + SNOWFLAKE_EPOCH_MS);
}
