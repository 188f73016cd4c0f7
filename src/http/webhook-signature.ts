/**
 * Whether a webhook was signed with our secret, and lately: the scheme of standardwebhooks.com, which Replicate
 * uses. Our own, because `validateWebhook` of the replicate package knows no age, compares byte by byte, and
 * takes any version of the scheme for the first.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** As the scheme recommends, both ways: the clocks differ, and a webhook that is sent again is signed anew. */
export const TOLERANCE_MS = 5 * 60_000;

/** A shorter key could be guessed; Replicate's own has 24 bytes and more. */
const FEWEST_KEY_BYTES = 12;

export interface SignedRequest {
  /** By lower-case name, every value as it came. */
  headers: NodeJS.Dict<string[]>;
  /** As it came: parsed and written again it would be other bytes. */
  body: Buffer;
}

export type SignatureVerdict =
  /** `id` is the webhook's own, the same when it is sent again. */
  | { isValid: true; id: string }
  | { isValid: false; reason: 'missing-header' | 'empty-body' | 'too-old' | 'too-new' | 'bad-signature' };

/**
 * The key in `whsec_…`: base64 behind the last `_`. Throws an Error that does not repeat it when there is none
 * in it, or one so short that signatures could be made up.
 */
export function readWebhookKey(secret: string): Buffer {
  const encoded = /^whsec_(?:.*_)?([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
  const key = Buffer.from(encoded, 'base64');
  if (key.length < FEWEST_KEY_BYTES) {
    throw new Error('Expected a webhook secret of whsec_ and a key in base64, got something else.');
  }
  return key;
}

/** Pure. `now` in milliseconds since 1970. */
export function checkSignature({ headers, body }: SignedRequest, key: Buffer, now: number): SignatureVerdict {
  const id = readOnly(headers, 'webhook-id', /^[\x21-\x7e]{1,256}$/);
  const timestamp = readOnly(headers, 'webhook-timestamp', /^\d{1,12}$/);
  const signatures = readOnly(headers, 'webhook-signature', /^[\x20-\x7e]+$/);
  if (id === null || timestamp === null || signatures === null) return { isValid: false, reason: 'missing-header' };
  if (body.length === 0) return { isValid: false, reason: 'empty-body' };
  const ageMs = now - Number(timestamp) * 1_000;
  if (Math.abs(ageMs) > TOLERANCE_MS) return { isValid: false, reason: ageMs > 0 ? 'too-old' : 'too-new' };
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const isSigned = signatures.split(' ').some((signature) => isSame(signature, `v1,${expected}`));
  return isSigned ? { isValid: true, id } : { isValid: false, reason: 'bad-signature' };
}

/** null when it is absent, there twice (which of them was signed?), or of another form. */
function readOnly(headers: NodeJS.Dict<string[]>, name: string, form: RegExp): string | null {
  const [value, ...more] = headers[name] ?? [];
  return value !== undefined && more.length === 0 && form.test(value) ? value : null;
}

/** Takes equally long whatever differs, but for the length, which is no secret. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
