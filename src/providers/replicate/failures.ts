/**
 * What Replicate's answers mean for us: HTTP statuses, errors of predictions and of the network, each as a table.
 * A status is trusted before words. Sources: Replicate's documentation ("error codes", "rate limits") and answers
 * that its users have published.
 */
import { type Failure, type FailureReason, failure } from '../../jobs/job.ts';

interface Meaning {
  reason: FailureReason;
  next: Failure['next'];
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

/** First match wins: what was blocked, then what broke, then what took too long, then what was asked wrongly. */
const PREDICTION_MEANINGS: readonly (Meaning & { pattern: RegExp })[] = [
  // "The input or output was flagged as sensitive": no seed helps.
  { pattern: /\bE005\b/, reason: 'prompt-blocked', next: 'give-up' },
  {
    pattern: /\b(prompt|input)s?\b[^.]*\b(flagged|blocked|rejected|violat\w+|prohibited)|\bflagged\b[^.]*\bprompt\b/i,
    reason: 'prompt-blocked',
    next: 'give-up',
  },
  // "NSFW content detected. Try running it again": another seed often passes.
  {
    pattern:
      /nsfw|flagged (as|by|for)|safety (system|filter|checker|review)|content polic|moderat(or|ion)|prohibited|violat|responsible ai|sensitive content/i,
    reason: 'output-blocked',
    next: 'vary',
  },
  // E004 and E9828 are not documented but common; PA is "Prediction interrupted; please retry".
  {
    pattern:
      /\bE(1000|4875|6716|8367|8765|9243|9825|9828|004)\b|code: PA\b|interrupted|director:|temporarily unavailable|health check/i,
    reason: 'provider-error',
    next: 'retry',
  },
  { pattern: /timed? ?out|deadline exceeded/i, reason: 'attempt-timeout', next: 'retry' },
  { pattern: /\bE1001\b|out of memory|outofmemory/i, reason: 'out-of-memory', next: 'give-up' },
  {
    pattern: /ValueError|\bmust be\b|cannot identify image|invalid (input|value|argument)|validation error/i,
    reason: 'input-refused',
    next: 'give-up',
  },
];

/** A traceback may be endless; what it is about stands at its beginning or its end. */
const LONGEST_END = 2_000;
/** Longest text of a refusal that a user is shown. */
const LONGEST_FIELDS = 300;

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
  if (meaning.next === 'retry') {
    return failure(meaning.reason, meaning.next, { providerStatus, retryAfterMs: readRetryAfterMs(answer) });
  }
  // "Invalid version or not permitted" comes as a 422 as well.
  const isModel = meaning.reason === 'model-unknown' || (status === 422 && /version/i.test(textOf(body, 'title')));
  if (isModel) return failure('model-unknown', 'give-up', { providerStatus, details: { model } });
  if (meaning.reason !== 'input-refused') return failure(meaning.reason, meaning.next, { providerStatus });
  return failure(meaning.reason, meaning.next, { providerStatus, details: { fields: describeFields(body) } });
}

/** The `error` of a prediction that failed. */
export function classifyPredictionError(error: string): Failure {
  const text =
    error.length <= 2 * LONGEST_END ? error : `${error.slice(0, LONGEST_END)} … ${error.slice(-LONGEST_END)}`;
  const code = /\b(E\d{3,4})\b/.exec(text)?.[1] ?? /\(code: (\w{1,8})\)/.exec(text)?.[1];
  const providerStatus = code === undefined ? 'failed' : `failed ${code}`;
  const meaning = PREDICTION_MEANINGS.find(({ pattern }) => pattern.test(text));
  if (meaning === undefined) return failure('provider-error', 'retry', { providerStatus });
  const details: Record<string, string> = meaning.reason === 'input-refused' ? { fields: toSentence(text) } : {};
  return failure(meaning.reason, meaning.next, { providerStatus, details });
}

/** Whether work may have been accepted all the same: the answer is about the way, not about the request. */
export function mayBeAccepted(status: number): boolean {
  return status >= 500 || status === 408;
}

/** The longest of all the waits an answer names: header, body and wording may differ. null: none is named. */
function readRetryAfterMs({ body, retryAfter, now }: HttpAnswer): number | null {
  const detail = textOf(body, 'detail');
  const seconds = [
    readRetryAfterHeader(retryAfter, now),
    typeof body?.retry_after === 'number' ? body.retry_after : Number.NaN,
    Number(/resets in ~?(\d+)\s?s/i.exec(detail)?.[1]),
    Number(/available in (\d+) second/i.exec(detail)?.[1]),
  ].filter((wait) => Number.isFinite(wait) && wait >= 0);
  return seconds.length === 0 ? null : Math.ceil(Math.max(...seconds) * 1000);
}

/** Seconds, or a date. A number is never read as a date: `32` would be the year 2032. */
function readRetryAfterHeader(value: string | null, now: number): number {
  if (value === null || value.trim() === '') return Number.NaN;
  const seconds = Number(value);
  return Number.isNaN(seconds) ? (Date.parse(value) - now) / 1000 : seconds;
}

/** `aspect_ratio must be one of the following: "1:1", "16:9"`; several are joined. Empty when none is named. */
function describeFields(body: Record<string, unknown> | null): string {
  const fields: unknown[] = Array.isArray(body?.invalid_fields) ? body.invalid_fields : [];
  const sentences = fields.flatMap((field) => {
    if (typeof field !== 'object' || field === null) return [];
    const { field: path, description } = field as Record<string, unknown>;
    if (typeof description !== 'string') return [];
    const name = typeof path === 'string' ? path.replace(/^input\.?/, '') : '';
    return [name === '' || description.startsWith(name) ? description : `${name}: ${description}`];
  });
  return toSentence(sentences.join('; '));
}

/** One line without addresses and a closing full stop, short enough for a card. */
function toSentence(text: string): string {
  const line = text
    .replace(/\w+:\/\/\S+/g, '…')
    .replace(/\s+/g, ' ')
    .replace(/[\s.]+$/, '')
    .trimStart();
  return line.length <= LONGEST_FIELDS ? line : `${line.slice(0, LONGEST_FIELDS - 1)}…`;
}

function textOf(body: Record<string, unknown> | null, name: string): string {
  const text = body?.[name];
  return typeof text === 'string' ? text : '';
}
