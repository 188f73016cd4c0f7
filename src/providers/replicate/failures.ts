/**
 * What Replicate's answers mean for us: HTTP statuses, errors of predictions and of the network, each as a table.
 * A status is trusted before words. Sources: Replicate's documentation ("error codes", "rate limits") and answers
 * that its users have published.
 */
import { type Failure, type FailureReason, failure } from '../../jobs/job.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { describeRefused, toSentence } from './refusals.ts';

interface Meaning {
  reason: FailureReason;
  next: Failure['next'];
  /** As in Failure; not given: as many as the item has. */
  mostRetries?: number;
}

const HTTP_MEANINGS: Readonly<Record<number, Meaning>> = {
  400: { reason: 'input-refused', next: 'give-up' },
  401: { reason: 'key-refused', next: 'give-up' },
  // Its text tells to buy credit; only the status is kept.
  402: { reason: 'no-credit', next: 'give-up' },
  403: { reason: 'key-refused', next: 'give-up' },
  404: { reason: 'model-unknown', next: 'give-up' },
  408: { reason: 'provider-error', next: 'retry' },
  409: { reason: 'provider-error', next: 'retry' },
  413: { reason: 'input-refused', next: 'give-up' },
  422: { reason: 'input-refused', next: 'give-up' },
  429: { reason: 'rate-limit', next: 'retry' },
};

/** What `error` of a failed prediction means. First match wins: what was blocked, then what broke, then what took too long, then what was asked wrongly. */
const PREDICTION_MEANINGS: readonly (Meaning & { pattern: RegExp })[] = [
  // "The input or output was flagged as sensitive": no seed helps.
  { pattern: /\bE005\b/, reason: 'prompt-blocked', next: 'give-up' },
  {
    pattern:
      /\b(prompt|input|request|text)s?\b[^.]*\b(flagged|blocked|rejected|violat\w+|prohibited)|\b(flagged|nsfw|violat\w+|prohibited)\b[^.]*\b(prompt|input)\b/i,
    reason: 'prompt-blocked',
    next: 'give-up',
  },
  // "NSFW content detected. Try running it again": what was made is blocked, and another seed often passes.
  {
    pattern:
      /nsfw|safety (checker|filter)|\b(output|image|picture|video|result)s?\b[^.]*\b(flagged|blocked|rejected|filtered)|\bflagged\b[^.]*\b(output|image|picture|video|result)\b/i,
    reason: 'output-blocked',
    next: 'vary',
    mostRetries: 2,
  },
  // What was asked is against the rules: saying it otherwise until it slips through would cost the owner the account.
  {
    pattern:
      /\bflagged (as|by|for)\b|safety (system|review)|content polic|\bmoderat(or|ion)|\bprohibited\b|(?<!access )violat|responsible ai|sensitive content/i,
    reason: 'prompt-blocked',
    next: 'give-up',
  },
  // The webhook's address was empty: a fault of ours, which the next create may not have.
  { pattern: /\bE4875\b/, reason: 'provider-error', next: 'retry', mostRetries: 1 },
  // E004 and E9828 are not documented but common; PA is "Prediction interrupted; please retry".
  {
    pattern:
      /\bE(1000|6716|8367|8765|9243|9825|9828|004)\b|code: PA\b|interrupted|director:|temporarily unavailable|health check|try again later/i,
    reason: 'provider-error',
    next: 'retry',
  },
  { pattern: /timed? ?out|deadline exceeded/i, reason: 'attempt-timeout', next: 'retry', mostRetries: 1 },
  { pattern: /\bE1001\b|out of memory|outofmemory|\bOOM\b/i, reason: 'out-of-memory', next: 'give-up' },
  // Its own download of an input broke: a picture that is uploaded anew has another address.
  {
    pattern: /failed validation.*\b(?:for url|download|fetch)/is,
    reason: 'provider-error',
    next: 'retry',
    mostRetries: 1,
  },
  {
    pattern:
      /ValueError|\bmust be\b|cannot identify image|invalid (input|value|argument)|validation error|failed validation/i,
    reason: 'input-refused',
    next: 'give-up',
  },
];
const OTHER_PREDICTION_ERROR: Meaning = { reason: 'provider-error', next: 'retry', mostRetries: 1 };

/** What a status of a prediction means that ended without output, apart from `failed`, which has an error of its own. */
const ENDINGS = {
  // By its `Cancel-After`; who cancelled it himself knows.
  canceled: { reason: 'attempt-timeout', next: 'retry' },
  // Its deadline passed before it began, as with a cold boot; nothing was billed.
  aborted: { reason: 'attempt-timeout', next: 'retry', mostRetries: 1 },
  // Nothing came of it, whatever its status says.
  succeeded: { reason: 'no-output', next: 'vary', mostRetries: 2 },
  // An hour after its end a prediction has neither output nor files.
  'data removed': { reason: 'file-gone', next: 'give-up' },
  // It is not there any more.
  'HTTP 404': { reason: 'file-gone', next: 'give-up' },
} as const satisfies Record<string, Meaning>;

/** An account that is new or nearly empty: six creates a minute, and one at a time. */
const LOW_CREDIT = /less than \$\s?\d|payment method/i;
/** "Your rate limit resets in ~30s.", "Expected available in 1 second." */
const NAMED_WAITS = /\b(?:resets|available) in ~?(\d+(?:\.\d+)?)\s?(m(?!s)|s)/gi;

/** A traceback may be endless; what it is about stands at its beginning or its end. */
const LONGEST_END = 2_000;

export interface HttpAnswer {
  status: number;
  /** The parsed body, or null when it was not JSON. */
  body: Record<string, unknown> | null;
  /** The `Retry-After` header. */
  retryAfter: string | null;
  /** The model that was asked for, for the sentence about one that is not there. */
  model: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** An answer that was no success. Nothing of the body is kept but the names and rules of refused inputs. */
export function classifyHttp(answer: HttpAnswer): Failure {
  const { status, body, model } = answer;
  const providerStatus = `HTTP ${status}`;
  const other: Meaning = { reason: 'provider-error', next: status >= 500 ? 'retry' : 'give-up' };
  const meaning = HTTP_MEANINGS[status] ?? other;
  if (meaning.next === 'retry') return build(meaning, { providerStatus, ...readThrottle(answer) });
  // "Invalid version or not permitted" comes as a 422 as well.
  const isModel = meaning.reason === 'model-unknown' || (status === 422 && /version/i.test(textOf(body, 'title')));
  if (isModel) return failure('model-unknown', 'give-up', { providerStatus, details: { model } });
  if (meaning.reason !== 'input-refused') return build(meaning, { providerStatus });
  return build(meaning, { providerStatus, details: { fields: describeRefused(body) } });
}

/** The `error` of a prediction that failed. */
export function classifyPredictionError(error: string): Failure {
  const text =
    error.length <= 2 * LONGEST_END ? error : `${error.slice(0, LONGEST_END)} … ${error.slice(-LONGEST_END)}`;
  const code = /\b(E\d{3,4})\b/.exec(text)?.[1] ?? /\(code: (\w{1,8})\)/.exec(text)?.[1];
  const providerStatus = code === undefined ? 'failed' : `failed ${code}`;
  const meaning = PREDICTION_MEANINGS.find(({ pattern }) => pattern.test(text)) ?? OTHER_PREDICTION_ERROR;
  const details: Record<string, string> = meaning.reason === 'input-refused' ? { fields: toSentence(text) } : {};
  return build(meaning, { providerStatus, details });
}

/** Work that ended without an output and without an error of its own. */
export function classifyEnding(ending: keyof typeof ENDINGS): Failure {
  return build(ENDINGS[ending], { providerStatus: ending });
}

/** Whether work may have been accepted all the same: the answer is about the way, not about the request. */
export function mayBeAccepted(status: number): boolean {
  return status >= 500 || status === 408;
}

function build(meaning: Meaning, more: Parameters<typeof failure>[2]): Failure {
  return failure(meaning.reason, meaning.next, { mostRetries: meaning.mostRetries ?? null, ...more });
}

/**
 * The longest of all the waits an answer names (header, body and wording may differ; null: none is named), and
 * whether the account is so low on credit that it is let through less often.
 */
function readThrottle({ body, retryAfter, now }: HttpAnswer): Pick<Failure, 'retryAfterMs' | 'details'> {
  const detail = textOf(body, 'detail');
  const named = [...detail.matchAll(NAMED_WAITS)].map(
    ([, amount, unit]) => Number(amount) * (unit?.toLowerCase() === 'm' ? 60 : 1),
  );
  const seconds = [Number(body?.retry_after ?? Number.NaN), ...named];
  const waits = [readRetryAfterMs(retryAfter, now) ?? Number.NaN, ...seconds.map((wait) => wait * 1000)];
  const known = waits.filter((wait) => Number.isFinite(wait) && wait >= 0);
  return {
    retryAfterMs: known.length === 0 ? null : Math.ceil(Math.max(...known)),
    details: LOW_CREDIT.test(detail) ? { account: 'low-credit' } : {},
  };
}

function textOf(body: Record<string, unknown> | null, name: string): string {
  const text = body?.[name];
  return typeof text === 'string' ? text : '';
}
