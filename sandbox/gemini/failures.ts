/**
 * What Google answers instead of a result. Two services stand behind one address and word errors differently:
 * generateContent, models and files answer google.rpc.Status; interactions answer `{ error: { code, message } }`
 * with a code in words (https://ai.google.dev/gemini-api/docs/api-errors).
 */
import type { GeminiFault } from '../interface.ts';
import type { KindOn } from '../fault-queue.ts';

export type HttpFault = Extract<
  KindOn<GeminiFault, 'generate'> | KindOn<GeminiFault, 'get'> | KindOn<GeminiFault, 'file'>,
  `http-${string}`
>;

/** Which of the two words the error. */
export type Voice = 'rpc' | 'interactions';

export interface Failure {
  http: number;
  /** google.rpc.Code. */
  status: string;
  /** The code that interactions have for it. */
  code: string;
  message: string;
  details?: object[];
  /** The fields that were refused, for the record. */
  paths?: string[];
  /** Worded by the gateway in front of both services, so always as google.rpc.Status. */
  isFromGateway?: boolean;
}

/** Thrown by a route, answered by the server. */
export class Problem extends Error {
  override name = 'Problem';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function presentFailure({ http, status, code, message, details, isFromGateway }: Failure, voice: Voice): object {
  if (voice === 'interactions' && isFromGateway !== true) return { error: { message, code } };
  return { error: { code: http, message, status, ...(details === undefined ? {} : { details }) } };
}

export function invalidArgument(message: string, more: Partial<Failure> = {}): Failure {
  return { http: 400, status: 'INVALID_ARGUMENT', code: 'invalid_request', message, ...more };
}

export function notFound(message: string, code = 'not_found'): Failure {
  return { http: 404, status: 'NOT_FOUND', code, message };
}

export const WRONG_KEY: Failure = invalidArgument('API key not valid. Please pass a valid API key.', {
  isFromGateway: true,
  details: [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    {
      '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
      locale: 'en-US',
      message: 'API key not valid. Please pass a valid API key.',
    },
  ],
});

export const NO_KEY: Failure = {
  http: 403,
  status: 'PERMISSION_DENIED',
  code: 'permission_denied',
  message:
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  isFromGateway: true,
};

export function noFile(id: string): Failure {
  return {
    http: 403,
    status: 'PERMISSION_DENIED',
    code: 'permission_denied',
    message: `You do not have permission to access the File ${id} or it may not exist.`,
  };
}

/** The words of a model that was shut down. */
export function retired(model: string): Failure {
  return notFound(
    `This model models/${model} is no longer available. Please update your code to use a newer model for the latest features and improvements.`,
    'model_not_found',
  );
}

/** The same 404 for a name that is unknown and for a method that the model does not have. */
export function unknownModel(model: string, version: string, method: string): Failure {
  return notFound(
    `models/${model} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
    'model_not_found',
  );
}

const QUOTA_HELP =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ';

export interface Quota {
  model: string;
  /** Ends in nothing for a paid plan. */
  metric: 'generate_content_free_tier_requests' | 'generate_content_paid_tier_requests';
  quotaId: string;
  limit: number;
  retryInSeconds: number;
  /** What interactions call it: by the minute, or by the day. */
  code: 'rate_limit_exceeded' | 'quota_exceeded';
}

/** 429 with QuotaFailure, Help and RetryInfo, in the order Google gives them. */
export function quotaExceeded({ model, metric, quotaId, limit, retryInSeconds, code }: Quota): Failure {
  const quotaMetric = `generativelanguage.googleapis.com/${metric}`;
  return {
    http: 429,
    status: 'RESOURCE_EXHAUSTED',
    code,
    message: `${QUOTA_HELP}\n* Quota exceeded for metric: ${quotaMetric}, limit: ${limit}, model: ${model}\nPlease retry in ${retryInSeconds}s.`,
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          { quotaMetric, quotaId, quotaDimensions: { location: 'global', model }, quotaValue: String(limit) },
        ],
      },
      {
        '@type': 'type.googleapis.com/google.rpc.Help',
        links: [
          {
            description: 'Learn more about Gemini API quotas',
            url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
          },
        ],
      },
      // Whole seconds, rounded down: the message is the more exact.
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.floor(retryInSeconds)}s` },
    ],
  };
}

const PER_MINUTE = 'GenerateRequestsPerMinutePerProjectPerModel';
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel';

/** What each fault that answers is, for a call about this model. */
const FAULTS: Readonly<Record<HttpFault, (model: string) => Failure>> = {
  'http-400-key': () => WRONG_KEY,
  'http-400-input': () => invalidArgument('Request contains an invalid argument.'),
  'http-400-billing': () => ({
    http: 400,
    status: 'FAILED_PRECONDITION',
    code: 'failed_precondition',
    message: 'User location is not supported for the API use without a billing account linked.',
  }),
  'http-401': () => ({
    http: 401,
    status: 'UNAUTHENTICATED',
    code: 'authentication',
    message:
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  }),
  'http-403': () => ({
    http: 403,
    status: 'PERMISSION_DENIED',
    code: 'permission_denied',
    message: 'The caller does not have permission',
  }),
  'http-404': () => notFound('Requested entity was not found.'),
  'http-404-retired': retired,
  'http-429-minute': (model) =>
    quotaExceeded({
      model,
      metric: 'generate_content_paid_tier_requests',
      quotaId: PER_MINUTE,
      limit: 10,
      retryInSeconds: 2.35,
      code: 'rate_limit_exceeded',
    }),
  'http-429-day': (model) =>
    quotaExceeded({
      model,
      metric: 'generate_content_paid_tier_requests',
      quotaId: PER_DAY,
      limit: 250,
      retryInSeconds: 36.35,
      code: 'quota_exceeded',
    }),
  'http-429-no-quota': (model) =>
    quotaExceeded({
      model,
      metric: 'generate_content_free_tier_requests',
      quotaId: `${PER_DAY}-FreeTier`,
      limit: 0,
      retryInSeconds: 36.35,
      code: 'quota_exceeded',
    }),
  'http-429-bare': () => ({
    http: 429,
    status: 'RESOURCE_EXHAUSTED',
    code: 'too_many_requests',
    message: 'Resource has been exhausted (e.g. check quota).',
  }),
  'http-500': () => ({
    http: 500,
    status: 'INTERNAL',
    code: 'api_error',
    message:
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  }),
  'http-503': () => ({
    http: 503,
    status: 'UNAVAILABLE',
    code: 'service_unavailable',
    message: 'The model is overloaded. Please try again later.',
  }),
  'http-504': () => ({
    http: 504,
    status: 'DEADLINE_EXCEEDED',
    code: 'deadline_exceeded',
    message: 'Deadline expired before operation could complete.',
  }),
};

export function failureOf(fault: HttpFault, model: string): Failure {
  return FAULTS[fault](model);
}

/** What our own limit answers; `seconds` until the next call may pass. */
export function tooManyPerMinute(model: string, limit: number, seconds: number): Failure {
  return quotaExceeded({
    model,
    metric: 'generate_content_paid_tier_requests',
    quotaId: PER_MINUTE,
    limit,
    retryInSeconds: seconds,
    code: 'rate_limit_exceeded',
  });
}
