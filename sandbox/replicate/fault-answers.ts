/** What a call meets instead of an honest answer, by the kind of the fault. */
import type { FaultKind } from './faults.ts';
import { followReference, type SandboxModel } from './cog.ts';
import {
  FILE_TOO_LARGE,
  FORBIDDEN,
  GONE,
  INSUFFICIENT_CREDIT,
  INTERNAL_ERROR,
  INVALID_VERSION,
  invalidInput,
  NOT_FOUND,
  Problem,
  REQUEST_TIMEOUT,
  throttled,
  throttledBriefly,
  UNAUTHENTICATED,
  UNAVAILABLE,
  type ProblemBody,
} from './problem.ts';
import { describeChoices, isObject } from './validate.ts';

/** What the 429 of a fault asks for. */
const RETRY_AFTER_SECONDS = 2;
const SHORT_RETRY_AFTER_SECONDS = 1;
/** Said to accounts that are new or nearly empty, each with its reason behind it. */
const REDUCED =
  'Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests';

/** Thrown by a route: answered as it is, without being a problem body. What proxies before the API say. */
export class RawAnswer extends Error {
  override name = 'RawAnswer';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;

  constructor(status: number, contentType: string, body: string) {
    super(body);
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }
}

/** JSON that breaks off, with the header that promises it whole. */
export const BROKEN_JSON = '{"id":"';

/** Kinds of several routes that answer with the same body everywhere. */
const COMMON: Partial<Record<string, ProblemBody>> = {
  'http-401': UNAUTHENTICATED,
  'http-402': INSUFFICIENT_CREDIT,
  'http-403': FORBIDDEN,
  'http-404': NOT_FOUND,
  'http-408': REQUEST_TIMEOUT,
  'http-410': GONE,
  'http-413': FILE_TOO_LARGE,
  'http-500': INTERNAL_ERROR,
  'http-503': UNAVAILABLE,
  'http-422-version': INVALID_VERSION,
};

const THROTTLED_CREATES: Partial<Record<string, ProblemBody>> = {
  'http-429': throttled(RETRY_AFTER_SECONDS),
  'http-429-credit': throttled(RETRY_AFTER_SECONDS, `${REDUCED} while you have less than $5.0 in credit. `),
  'http-429-card': throttled(RETRY_AFTER_SECONDS, `${REDUCED} until you add a payment method. `),
};

type CreateFault = Extract<FaultKind<'create'>, `http-${string}`>;
type OtherFault = Extract<FaultKind<'get' | 'list' | 'file' | 'upload'>, `http-${string}`>;

/** `model` is undefined where the call names none that exists. */
export function refuseCreate(kind: CreateFault, model: SandboxModel | undefined, input: unknown): Error {
  if (kind === 'http-502') {
    const title = '502 Bad Gateway';
    return new RawAnswer(502, 'text/html', `<html><head><title>${title}</title></head><body>${title}</body></html>`);
  }
  if (kind === 'http-504') return new RawAnswer(504, 'text/plain', 'error code: 504');
  if (kind === 'http-422') return new Problem(refuseChoice(model, isObject(input) ? input : {}));
  if (kind === 'http-422-extra') return new Problem(refuseExtra(model, isObject(input) ? input : {}));
  return new Problem(bodyOf(kind, THROTTLED_CREATES));
}

/** Any call that is no create, or the fetching of a file. */
export function refuseCall(kind: OtherFault): Error {
  return new Problem(bodyOf(kind, { 'http-429': throttledBriefly(SHORT_RETRY_AFTER_SECONDS) }));
}

function bodyOf(kind: string, own: Partial<Record<string, ProblemBody>>): ProblemBody {
  const body = own[kind] ?? COMMON[kind];
  if (body === undefined) throw new Error(`Expected a fault with an answer, got ${kind}.`);
  return body;
}

/** As if the model had just lost the value that was sent: an enum input if one was sent, else any but the prompt. */
function refuseChoice(model: SandboxModel | undefined, input: Record<string, unknown>): ProblemBody {
  const names = Object.keys(input);
  const choicesFor = (name: string): readonly unknown[] => {
    const property = model?.input.properties[name];
    return model === undefined || property === undefined ? [] : (followReference(model, property).enum ?? []);
  };
  const name =
    names.find((candidate) => choicesFor(candidate).length > 1) ??
    names.find((candidate) => candidate !== 'prompt') ??
    names[0] ??
    'prompt';
  const sent = input[name];
  const left = choicesFor(name).filter((choice) => choice !== sent);
  const invented = typeof sent === 'number' ? [sent + 1, sent + 2] : ['auto', 'none'];
  const description = describeChoices(name, left.length > 0 ? left : invented);
  return invalidInput([{ type: 'enum', field: `input.${name}`, description }]);
}

/** As if the model had just lost an input that was sent: the last optional one. */
function refuseExtra(model: SandboxModel | undefined, input: Record<string, unknown>): ProblemBody {
  const required = model?.input.required ?? [];
  const names = Object.keys(input);
  const name = names.findLast((candidate) => candidate !== 'prompt' && !required.includes(candidate)) ?? names[0];
  const description = `Additional property ${name ?? 'prompt'} is not allowed`;
  return invalidInput([{ type: 'additional_property_not_allowed', field: 'input', description }]);
}
