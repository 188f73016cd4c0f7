/**
 * What follows a failed attempt. Pure: failure + where the item stands + now -> wait or give up.
 * A bug and a cancel are never retried: their failures say give-up themselves.
 */
import type { ErrorCode, Failure, FailureReason, Kind } from './job.ts';

export interface RetryPolicy {
  /** The first wait; it doubles with each retry (2-4-8 s). */
  baseMs: number;
  /** Cap of the doubling alone, not of what a provider asks for. */
  maxMs: number;
  /** PROMPT_VARIATION. */
  variation: 'auto' | 'always' | 'never';
}

export interface FailedAttempt {
  failure: Failure;
  kind: Kind;
  retryCount: number;
  maxRetries: number;
  /** Attempts of this item that ended for the same reason before. */
  alike: number;
  /**
   * False where no attempt was made: the provider asked to come back later, or could not say whether an
   * earlier start was accepted.
   */
  usesRetry: boolean;
  /** The failed attempt may still turn up, and is known by its prompt and seed: both must stay. */
  isInDoubt: boolean;
  variation: number;
  now: number;
  /** From 0 to 1. */
  random: number;
}

export type NextStep =
  | { next: 'wait'; delayMs: number; until: number; retryCount: number; variation: number; needsNewSeed: boolean }
  /** `causeCode` is set when the retries are used up: the code is then MAX_RETRIES_EXCEEDED. */
  | { next: 'give-up'; causeCode: ErrorCode | null };

/** A provider that wants a longer wait than this has lost the attempt: a user does not wait with a card that long. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** A second timeout of a video would cost another ten minutes and another bill. */
const VIDEO_TIMEOUT_RETRIES = 1;

export function decideNext(attempt: FailedAttempt, policy: RetryPolicy): NextStep {
  const { failure, retryCount } = attempt;
  if (failure.next === 'give-up') return { next: 'give-up', causeCode: null };
  if ((failure.retryAfterMs ?? 0) > LONGEST_RETRY_AFTER_MS) return { next: 'give-up', causeCode: null };
  if (attempt.usesRetry && isUsedUp(attempt)) return { next: 'give-up', causeCode: failure.code };

  // The doubling is for attempts that were made.
  const step = attempt.usesRetry ? retryCount : 0;
  const delayMs = computeDelayMs(step, failure.retryAfterMs, attempt.random, policy);
  const isVaried = attempt.usesRetry && !attempt.isInDoubt && wantsVariation(failure, policy);
  return {
    next: 'wait',
    delayMs,
    until: attempt.now + delayMs,
    retryCount: retryCount + (attempt.usesRetry ? 1 : 0),
    variation: attempt.variation + (isVaried && policy.variation !== 'never' ? 1 : 0),
    needsNewSeed: isVaried,
  };
}

/** Base doubled for each retry so far, capped, times 1 to 1.1 so that items do not wake together; at least what the provider asked. */
export function computeDelayMs(
  retryCount: number,
  retryAfterMs: number | null,
  random: number,
  policy: RetryPolicy,
): number {
  const backoffMs = Math.min(policy.baseMs * 2 ** retryCount, policy.maxMs);
  return Math.round(Math.max(backoffMs * (1 + random / 10), retryAfterMs ?? 0));
}

/**
 * How long a saved wait still lasts. It never lasts longer than it was meant to: a clock that was set
 * back would otherwise leave an item waiting for hours.
 */
export function remainingWaitMs(until: number, delayMs: number, now: number): number {
  return Math.min(Math.max(until - now, 0), delayMs);
}

/** Failures that are bounded together: what may be paid without a result is tried once more, whatever was lost. */
const MAYBE_PAID: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'answer-lost',
  'attempt-timeout',
  'provider-error',
]);

/** Whether an earlier failure counts against how often this one may be tried again. */
export function areAlike(earlier: Failure, lost: Failure): boolean {
  const isMaybePaid = ({ reason, mostRetries }: Failure): boolean => mostRetries !== null && MAYBE_PAID.has(reason);
  // What a crash took is no bounded failure, though its reason is the same.
  const isSame = earlier.reason === lost.reason && (earlier.mostRetries === null) === (lost.mostRetries === null);
  return isSame || (isMaybePaid(earlier) && isMaybePaid(lost));
}

function isUsedUp({ failure, kind, retryCount, maxRetries, alike }: FailedAttempt): boolean {
  if (retryCount >= maxRetries || alike >= (failure.mostRetries ?? Infinity)) return true;
  return kind === 'video' && failure.code === 'TIMEOUT' && retryCount >= VIDEO_TIMEOUT_RETRIES;
}

/** A prompt that was refused is never worded anew to get past: that breaks the services' terms. */
function wantsVariation({ next, reason }: Failure, policy: RetryPolicy): boolean {
  return reason !== 'prompt-blocked' && (next === 'vary' || policy.variation === 'always');
}
