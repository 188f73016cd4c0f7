/**
 * What Google's answers mean for us: one table from a sign to what follows. A sign is the most telling thing an
 * answer has, in lower case and with its kind before it:
 *
 * - `reason`  of a google.rpc.ErrorInfo            - `says`    a phrase of an error's message
 * - `quota`   of a google.rpc.QuotaFailure         - `code`    google.rpc's status, or the code of an interaction
 * - `http`    the status                           - `block`   why a prompt was refused
 * - `finish`  why the model stopped, which is also how an interaction words it
 * - `status`  where an interaction stands          - `failed`  a code that means more in a failed interaction
 *
 * Sources: Google's OpenAPI file (finish and block reasons), "API errors" and "Troubleshooting" of its documentation,
 * and answers that its users have published.
 */
import { type Failure, type FailureReason, failure } from '../../jobs/job.ts';

interface Meaning {
  reason: FailureReason;
  next: Failure['next'];
  /** Default: as many as the item has. */
  mostRetries?: number;
}

const KEY: Meaning = { reason: 'key-refused', next: 'give-up' };
const CREDIT: Meaning = { reason: 'no-credit', next: 'give-up' };
const INPUT: Meaning = { reason: 'input-refused', next: 'give-up' };
const RETIRED: Meaning = { reason: 'model-retired', next: 'give-up' };
const RATE: Meaning = { reason: 'rate-limit', next: 'retry' };
const DAILY: Meaning = { reason: 'daily-quota', next: 'give-up' };
const BROKEN: Meaning = { reason: 'provider-error', next: 'retry' };
const BROKEN_ONCE: Meaning = { reason: 'provider-error', next: 'retry', mostRetries: 1 };
/** Never worded anew to get past. */
const PROMPT: Meaning = { reason: 'prompt-blocked', next: 'give-up' };
/** For no reason that was told: another try of the very same may pass. */
const PROMPT_ONCE: Meaning = { reason: 'prompt-blocked', next: 'retry', mostRetries: 1 };
/** A filter that is known to be wrong at times; every try is paid. */
const OUTPUT: Meaning = { reason: 'output-blocked', next: 'vary', mostRetries: 1 };
const COPIED: Meaning = { reason: 'output-copied', next: 'vary', mostRetries: 1 };
/** With words in place of a picture the reason becomes `words-only`. */
const NOTHING: Meaning = { reason: 'no-output', next: 'vary', mostRetries: 2 };

const MEANINGS: Readonly<Record<string, Meaning>> = {
  'reason api_key_invalid': KEY,
  'reason billing_disabled': CREDIT,
  'reason model_capacity_exhausted': BROKEN,
  'says key': KEY,
  'says billing': CREDIT,
  'says blocked': PROMPT,
  'quota none': { reason: 'no-quota', next: 'give-up' },
  'quota day': DAILY,
  'quota minute': RATE,

  'code invalid_argument': INPUT,
  'code invalid_request': INPUT,
  'code parameter_unknown': INPUT,
  'code out_of_range': INPUT,
  // Google's words for a project without billing, or a place without a free plan.
  'code failed_precondition': CREDIT,
  'code payment_required': CREDIT,
  'code unauthenticated': KEY,
  'code authentication': KEY,
  'code permission_denied': KEY,
  'code not_found': RETIRED,
  'code model_not_found': RETIRED,
  'code resource_exhausted': RATE,
  'code rate_limit_exceeded': RATE,
  'code too_many_requests': RATE,
  'code quota_exceeded': DAILY,
  'code aborted': BROKEN,
  'code already_exists': BROKEN,
  'code cancelled': BROKEN,
  'code internal': BROKEN,
  'code api_error': BROKEN,
  'code unknown': BROKEN,
  'code unavailable': BROKEN,
  'code service_unavailable': BROKEN,
  'code deadline_exceeded': BROKEN,
  'code unimplemented': { reason: 'provider-error', next: 'give-up' },

  'http 400': INPUT,
  'http 401': KEY,
  'http 402': CREDIT,
  'http 403': KEY,
  'http 404': RETIRED,
  'http 408': BROKEN,
  'http 409': BROKEN,
  'http 413': INPUT,
  'http 416': INPUT,
  'http 422': INPUT,
  'http 429': RATE,
  'http 499': BROKEN,
  'http 501': { reason: 'provider-error', next: 'give-up' },
  'http 5xx': BROKEN,
  // Anything else that is no success, a redirect among them.
  'http other': { reason: 'provider-error', next: 'give-up' },

  'block other': PROMPT_ONCE,
  'block block_reason_unspecified': PROMPT_ONCE,
  // SAFETY, BLOCKLIST, PROHIBITED_CONTENT, IMAGE_SAFETY, and those to come.
  'block any': PROMPT,

  'finish safety': OUTPUT,
  'finish image_safety': OUTPUT,
  'finish prohibited_content': PROMPT,
  'finish image_prohibited_content': PROMPT,
  'finish blocklist': PROMPT,
  'finish spii': PROMPT,
  'finish escalation': PROMPT,
  'finish content_blocked': PROMPT_ONCE,
  'finish recitation': COPIED,
  'finish image_recitation': COPIED,
  'finish no_image': NOTHING,
  'finish image_other': NOTHING,
  'finish other': NOTHING,
  'finish stop': NOTHING,
  'finish max_tokens': BROKEN_ONCE,
  'finish language': BROKEN_ONCE,
  'finish malformed_function_call': BROKEN_ONCE,
  'finish malformed_response': BROKEN_ONCE,
  'finish unexpected_tool_call': BROKEN_ONCE,
  'finish too_many_tool_calls': BROKEN_ONCE,
  'finish missing_thought_signature': BROKEN_ONCE,
  // The answer simply ended.
  'finish none': { reason: 'no-output', next: 'retry', mostRetries: 2 },

  'failed deadline_exceeded': { reason: 'attempt-timeout', next: 'retry', mostRetries: 1 },
  'status failed': BROKEN_ONCE,
  'status cancelled': { reason: 'attempt-timeout', next: 'retry' },
  'status incomplete': BROKEN_ONCE,
  'status budget_exceeded': CREDIT,
  'status completed': NOTHING,
};

/** For what Google invents next: paid once more, and no oftener. */
const UNKNOWN = BROKEN_ONCE;

/** Longest text of a refusal, or of words in place of a picture, that a user is shown. */
const LONGEST_TEXT = 200;

export interface Evidence {
  /** The first that the table knows decides. */
  signs: readonly string[];
  /** Fit for a log. */
  providerStatus: string;
  retryAfterMs?: number | null;
  /** The model that was asked. */
  model?: string;
  /** What was refused, as Google says it. */
  message?: string;
  /** What came in place of a picture. */
  words?: string;
}

/** Of what Google says only that is kept which a user needs, short and without addresses. */
export function classify(evidence: Evidence): Failure {
  const { signs, providerStatus, retryAfterMs = null, model = '', message = '', words = '' } = evidence;
  const sign = signs.find((each) => Object.hasOwn(MEANINGS, each));
  const { next, mostRetries = null, ...meaning } = (sign === undefined ? undefined : MEANINGS[sign]) ?? UNKNOWN;
  const hasWords = meaning.reason === 'no-output' && words.trim() !== '';
  const reason = hasWords ? 'words-only' : meaning.reason;
  const details: Partial<Record<FailureReason, Record<string, string>>> = {
    'model-retired': { model },
    'input-refused': { fields: shorten(message) },
    'words-only': { words: shorten(words) },
  };
  return failure(reason, next, {
    mostRetries,
    providerStatus,
    retryAfterMs: next === 'give-up' ? null : retryAfterMs,
    details: details[reason] ?? {},
  });
}

/** Whether work may have been accepted all the same: the answer is about the way, not about the request. 503 is Google's for "overloaded". */
export function mayBeAccepted(status: number): boolean {
  return (status >= 500 && status !== 503 && status !== 501) || status === 408 || status === 499;
}

/** One line without addresses and a closing full stop. */
function shorten(text: string): string {
  const line = text
    .replace(/(\b\w+:\/\/|\bwww\.)\S+|\S+@\S+\.\w+/g, '…')
    .replace(/\s+/g, ' ')
    .replace(/[\s.]+$/, '')
    .trimStart();
  return line.length <= LONGEST_TEXT ? line : `${line.slice(0, LONGEST_TEXT - 1)}…`;
}
