/**
 * What Replicate sends when a prediction begins or ends. It is a nudge and no more: signed and new, it makes the
 * engine ask Replicate itself. The address it came to is not signed, so what it names is checked there too.
 */
import type { Clock } from '../jobs/ports.ts';
import { answerJson, refuse, type HttpAnswer, type HttpRequest, type HttpRoute } from './route.ts';
import { SeenIds } from './seen-ids.ts';
import { checkSignature, TOLERANCE_MS, type SignatureVerdict } from './webhook-signature.ts';
import type { WebhookKey } from './webhook-key.ts';

/** Which attempt a prediction was started for. */
export interface WebhookAttempt {
  jobId: string;
  /** The item's name. */
  item: string;
  /** From 1. */
  attempt: number;
}

export interface WebhookEvent extends WebhookAttempt {
  provider: 'replicate';
  /** The prediction's id: safe to stand in a path. */
  operationId: string;
  event: 'start' | 'completed';
}

export interface ReplicateWebhooksOptions {
  key: WebhookKey;
  /** Returns at once: Replicate waits for the answer. When it throws, the answer is 500 and Replicate sends again. */
  onWebhook: (event: WebhookEvent) => void;
  clock: Clock;
}

/** Below PUBLIC_URL. */
export const REPLICATE_WEBHOOKS_PATH = '/webhooks/replicate';
/** Job ids and item names are ours, prediction ids are letters and digits; nothing else may reach a path or a key. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ATTEMPT = /^[1-9]\d{0,3}$/;
/** Of the lifecycle page of Replicate's docs; `aborted` is one that never began. */
const FINAL_STATUSES = new Set(['succeeded', 'failed', 'canceled', 'aborted']);
/** As long as one signature holds, before and after its time. */
const REMEMBERED_MS = 2 * TOLERANCE_MS;
/** Only rightly signed ones come in: more than this would be 16 a second, all along. */
const MOST_REMEMBERED = 10_000;
const RETRY_AFTER_SECONDS = '30';

export function createReplicateWebhooks({ key, onWebhook, clock }: ReplicateWebhooksOptions): HttpRoute {
  const seen = new SeenIds({ clock, keepMs: REMEMBERED_MS, most: MOST_REMEMBERED });
  return {
    method: 'POST',
    path: REPLICATE_WEBHOOKS_PATH,
    isPublic: true,
    async handle(request) {
      if (key.current() === null) {
        return refuse(503, { refused: 'secret-unknown', headers: { 'retry-after': RETRY_AFTER_SECONDS } });
      }
      const verdict = await verify(request, key, clock);
      if (!verdict.isValid) return refuse(401, { refused: verdict.reason });
      const event = readEvent(request);
      if (event === null) return refuse(400, { refused: 'wrong-shape' });
      // Both: nothing says that Replicate gives the start and the end of a prediction two ids.
      const seenAs = `${event.event} ${verdict.id}`;
      if (seen.add(seenAs)) tell(onWebhook, event, () => seen.forget(seenAs));
      return RECEIVED;
    },
  };
}

const RECEIVED: HttpAnswer = answerJson(200, { received: true });

function tell(onWebhook: (event: WebhookEvent) => void, event: WebhookEvent, undo: () => void): void {
  try {
    onWebhook(event);
  } catch (error) {
    undo();
    throw error;
  }
}

/** A signature that does not fit is tried once more when the key turns out to have been replaced. */
async function verify(request: HttpRequest, key: WebhookKey, clock: Clock): Promise<SignatureVerdict> {
  const check = (): SignatureVerdict => {
    const current = key.current();
    return current === null
      ? { isValid: false, reason: 'bad-signature' }
      : checkSignature(request, current, clock.now());
  };
  const verdict = check();
  if (verdict.isValid || verdict.reason !== 'bad-signature') return verdict;
  return (await key.refresh()) ? check() : verdict;
}

/** null when anything in it is not of the expected form. */
function readEvent({ query, body }: HttpRequest): WebhookEvent | null {
  const jobId = readParameter(query, 'job', NAME);
  const item = readParameter(query, 'item', NAME);
  const attempt = readParameter(query, 'attempt', ATTEMPT);
  const prediction = readPrediction(body);
  if (jobId === null || item === null || attempt === null || prediction === null) return null;
  const event = FINAL_STATUSES.has(prediction.status) ? 'completed' : 'start';
  return { provider: 'replicate', operationId: prediction.id, jobId, item, attempt: Number(attempt), event };
}

function readParameter(query: URLSearchParams, name: string, form: RegExp): string | null {
  const [value, ...more] = query.getAll(name);
  return value !== undefined && more.length === 0 && form.test(value) ? value : null;
}

/** Its id and status; nothing else in it is looked at, let alone believed. */
function readPrediction(body: Buffer): { id: string; status: string } | null {
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || !('id' in parsed) || !('status' in parsed)) return null;
  const { id, status } = parsed;
  if (typeof id !== 'string' || typeof status !== 'string' || !NAME.test(id)) return null;
  return { id, status };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
