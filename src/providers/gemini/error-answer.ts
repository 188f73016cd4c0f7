/**
 * Reads an answer that is no success. Two services stand behind one address: google.rpc.Status with details
 * (generateContent, models, files) and `{ error: { code, message } }` with a code in words (interactions).
 */
import { readRetryAfterMs as readHeaderMs } from '../retry-after.ts';
import type { Evidence } from './failures.ts';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** The parsed body; undefined when it was no JSON. */
  body: unknown;
}

type Fields = Record<string, unknown>;

/** `codes`: only where the answer has none that tells more. */
const PHRASES: readonly { sign: string; status: number; pattern: RegExp; codes?: readonly string[] }[] = [
  { sign: 'says key', status: 400, pattern: /api key (not valid|expired|not found)/i },
  { sign: 'says billing', status: 403, pattern: /billing/i },
  {
    sign: 'says blocked',
    status: 400,
    codes: ['', 'invalid_argument', 'invalid_request'],
    pattern: /\b(blocked|prohibited|flagged)\b.*\b(safety|policy|policies)\b|\bsafety\b.*\bblocked\b/i,
  },
  // Prepaid credit that is used up comes as a 429.
  { sign: 'says billing', status: 429, pattern: /prepa\w+ credit|credits? (is|are) depleted/i },
];

/** `now` in milliseconds since 1970, for a `Retry-After` that is a date. */
export function readErrorAnswer({ status, headers, body }: HttpAnswer, now: number): Evidence {
  const error = fieldsOf(fieldsOf(Array.isArray(body) ? body[0] : body).error);
  const details = (Array.isArray(error.details) ? error.details : []).map(fieldsOf);
  const message = textOf(error.message);
  const code = readCode(error.status) || readCode(error.code);
  const reasons = details.map(({ reason }) => readCode(reason)).filter((reason) => reason !== '');
  return {
    signs: [
      ...reasons.map((reason) => `reason ${reason}`),
      ...PHRASES.filter(
        ({ status: of, pattern, codes = [code] }) => of === status && codes.includes(code) && pattern.test(message),
      ).map(({ sign }) => sign),
      ...(status === 429 ? readQuotaSigns(details, message) : []),
      // From 500 on the status is trusted before words.
      ...(status >= 500 ? [] : codeSigns(code)),
      `http ${status}`,
      status >= 500 ? 'http 5xx' : 'http other',
    ],
    providerStatus: code === '' ? `HTTP ${status}` : `HTTP ${status} ${code.toUpperCase()}`,
    retryAfterMs: readRetryAfterMs({ details, message, headers, now }),
    message: readViolations(details) || message,
  };
}

/** The codes of interactions are in part finish reasons. */
export function codeSigns(code: string): string[] {
  return [`code ${code}`, `finish ${code}`];
}

/** `INVALID_ARGUMENT`, `invalid_request`, or the end of an address that names an error type; empty for none. */
export function readCode(value: unknown): string {
  const code = /([A-Za-z_]{2,60})$/.exec(textOf(value).trim())?.[1] ?? '';
  return code.toLowerCase();
}

function readQuotaSigns(details: readonly Fields[], message: string): string[] {
  const violations = details.flatMap((detail) => (Array.isArray(detail.violations) ? detail.violations : []));
  const quotas = violations.map(fieldsOf).map((violation) => ({
    id: textOf(violation.quotaId),
    isNone: violation.quotaValue === '0' || violation.quotaValue === 0,
  }));
  const has = (part: string): boolean => quotas.some(({ id }) => id.includes(part));
  // No plan without billing has any pictures in it: "limit: 0".
  const isNone = quotas.some((quota) => quota.isNone) || /\blimit: 0(?![\d.])/.test(message);
  return [
    ...(isNone ? ['quota none'] : []),
    ...(has('PerDay') ? ['quota day'] : []),
    ...(has('PerMinute') ? ['quota minute'] : []),
  ];
}

interface WaitSources {
  details: readonly Fields[];
  message: string;
  headers: Headers;
  now: number;
}

/** The longest of all the waits an answer names: RetryInfo is rounded down, a header may be missing. null: none is named. */
function readRetryAfterMs({ details, message, headers, now }: WaitSources): number | null {
  const info = details.map(({ retryDelay }) => Number(/^(\d+(?:\.\d+)?)s$/.exec(textOf(retryDelay))?.[1]) * 1000);
  const [, amount, unit] = /retry in (\d+(?:\.\d+)?)\s?(ms|s)\b/i.exec(message) ?? [];
  const said = Number(amount) * (unit?.toLowerCase() === 'ms' ? 1 : 1000);
  const waits = [...info, said, readHeaderMs(headers.get('retry-after'), now) ?? Number.NaN].filter(
    (wait) => Number.isFinite(wait) && wait >= 0,
  );
  return waits.length === 0 ? null : Math.ceil(Math.max(...waits));
}

/** Of a google.rpc.BadRequest. */
function readViolations(details: readonly Fields[]): string {
  return details
    .flatMap(({ fieldViolations }) => (Array.isArray(fieldViolations) ? fieldViolations : []))
    .map((violation) => textOf(fieldsOf(violation).description))
    .filter((description) => description !== '')
    .join('; ');
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
