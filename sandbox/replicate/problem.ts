/** What Replicate answers instead of a result: problem bodies in its own words. */

export interface InvalidField {
  /** As its validator names them: `required`, `invalid_type`, `enum`, `number_gte`, `number_lte`, `format`, `additional_property_not_allowed`. */
  type: string;
  /** `input.aspect_ratio`; `input` for a missing input; empty for the body itself. */
  field: string;
  description: string;
}

export interface ProblemBody {
  title?: string;
  detail: string;
  status: number;
  retry_after?: number;
  invalid_fields?: InvalidField[];
}

/** Thrown by a route, answered by the server. */
export class Problem extends Error {
  override name = 'Problem';
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.body = body;
  }
}

export const UNAUTHENTICATED: ProblemBody = {
  title: 'Unauthenticated',
  detail: 'You did not pass a valid authentication token',
  status: 401,
};

export const INSUFFICIENT_CREDIT: ProblemBody = {
  title: 'Insufficient credit',
  detail:
    'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit. Once you purchase credit, please wait a few minutes before trying again.',
  status: 402,
};

export const FORBIDDEN: ProblemBody = {
  title: 'Forbidden',
  detail: 'You do not have permission to perform this action.',
  status: 403,
};

export const NOT_FOUND: ProblemBody = {
  title: 'Not found',
  detail: 'The requested resource could not be found.',
  status: 404,
};

/** Of a file that was uploaded; in the words of Replicate's OpenAPI file, as is the next. */
export const FILE_NOT_FOUND: ProblemBody = { title: 'Not found', detail: 'File not found', status: 404 };

export const FILE_TOO_LARGE: ProblemBody = {
  title: 'Content too large',
  detail: 'Files must be less than 100MB in size',
  status: 413,
};

export const REQUEST_TIMEOUT: ProblemBody = {
  title: 'Request timeout',
  detail: 'The request took too long to complete.',
  status: 408,
};

export const GONE: ProblemBody = {
  title: 'Gone',
  detail: 'The requested resource is no longer available.',
  status: 410,
};

export const INVALID_VERSION: ProblemBody = {
  title: 'Invalid version or not permitted',
  detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
  status: 422,
};

export const INTERNAL_ERROR: ProblemBody = {
  title: 'Internal server error',
  detail: 'An unexpected error occurred.',
  status: 500,
};

export const UNAVAILABLE: ProblemBody = {
  title: 'Service unavailable',
  detail: 'Service is temporarily unavailable. Please try again later.',
  status: 503,
};

/** `reason` stands between the two sentences that are always there, for an account whose limit was lowered. */
export function throttled(retryAfterSeconds: number, reason = ''): ProblemBody {
  return {
    detail: `Request was throttled. ${reason}Your rate limit resets in ~${retryAfterSeconds}s.`,
    status: 429,
    retry_after: retryAfterSeconds,
  };
}

/** As calls other than creates are throttled: only the header holds a number that can be read off. */
export function throttledBriefly(retryAfterSeconds: number): ProblemBody {
  const unit = retryAfterSeconds === 1 ? 'second' : 'seconds';
  return {
    detail: `Request was throttled. Expected available in ${retryAfterSeconds} ${unit}.`,
    status: 429,
    retry_after: retryAfterSeconds,
  };
}

export function badRequest(detail: string): ProblemBody {
  return { title: 'Bad request', detail, status: 400 };
}

export function invalidInput(fields: InvalidField[]): ProblemBody {
  const lines = fields.map(({ field, description }) => `- ${field === '' ? '' : `${field}: `}${description}\n`);
  return { title: 'Input validation failed', detail: lines.join(''), status: 422, invalid_fields: fields };
}
