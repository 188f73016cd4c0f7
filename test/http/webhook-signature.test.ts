import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateWebhook } from 'replicate';
import { checkSignature, readWebhookKey, type SignatureVerdict } from '../../src/http/webhook-signature.ts';
import { makeSecret, sign } from './http-setup.ts';

const SECRET = makeSecret('the right one');
const OTHER = makeSecret('another one');
const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1_000;
const BODY = '{"id":"abc","status":"succeeded"}';

type Headers = Record<string, string[]>;

function headersOf(pairs: readonly (readonly [string, string])[]): Headers {
  const headers: Headers = {};
  for (const [name, value] of pairs) (headers[name] ??= []).push(value);
  return headers;
}

function signed(timestamp = NOW, body = BODY, secret = SECRET): Headers {
  return headersOf(sign({ timestamp, body, secret }));
}

function signatureOf(headers: Headers): string {
  return headers['webhook-signature']?.[0] ?? assert.fail('not signed');
}

function check(headers: Headers, body = BODY, now = NOW_MS): SignatureVerdict {
  return checkSignature({ headers, body: Buffer.from(body) }, readWebhookKey(SECRET), now);
}

function askRealClient(headers: Headers, body: string): Promise<boolean> {
  const [id = '', timestamp = '', signature = ''] = ['id', 'timestamp', 'signature'].map(
    (name) => headers[`webhook-${name}`]?.[0],
  );
  return validateWebhook({ id, timestamp, signature, body, secret: SECRET });
}

const right = signatureOf(signed());
const wrong = signatureOf(signed(NOW, BODY, OTHER));

const GOOD: [what: string, headers: Headers, body: string][] = [
  ['a webhook', signed(), BODY],
  ['one with letters of every kind', signed(NOW, '{"logs":"湖 🌊 é"}'), '{"logs":"湖 🌊 é"}'],
  ['one of several pages', signed(NOW, 'x'.repeat(500_000)), 'x'.repeat(500_000)],
  [
    'the second of two signatures, while keys are changed',
    { ...signed(), 'webhook-signature': [`${wrong} ${right}`] },
    BODY,
  ],
  ['the first of two schemes', { ...signed(), 'webhook-signature': [`${right} v1a,c29tZXRoaW5n`] }, BODY],
];

for (const [what, headers, body] of GOOD) {
  test(`${what} that the real client accepts is accepted`, async () => {
    assert.deepEqual(check(headers, body), { isValid: true, id: 'msg_1' });
    assert.equal(await askRealClient(headers, body), true);
  });
}

const REFUSED: [what: string, headers: Headers, body: string, reason: string][] = [
  ['another key', signed(NOW, BODY, OTHER), BODY, 'bad-signature'],
  ['another body', signed(), BODY.replace('succeeded', 'failed'), 'bad-signature'],
  ['the same JSON written otherwise', signed(), JSON.stringify(JSON.parse(BODY), null, 1), 'bad-signature'],
  ['another id', { ...signed(), 'webhook-id': ['msg_2'] }, BODY, 'bad-signature'],
  ['another time', { ...signed(), 'webhook-timestamp': [String(NOW + 1)] }, BODY, 'bad-signature'],
  [
    'the right signature under another scheme',
    { ...signed(), 'webhook-signature': [right.replace('v1', 'v9')] },
    BODY,
    'bad-signature',
  ],
  [
    'the right signature without a scheme',
    { ...signed(), 'webhook-signature': [right.slice(3)] },
    BODY,
    'bad-signature',
  ],
  ['a signature cut short', { ...signed(), 'webhook-signature': [right.slice(0, -1)] }, BODY, 'bad-signature'],
  ['a signature with more behind it', { ...signed(), 'webhook-signature': [`${right}=`] }, BODY, 'bad-signature'],
  ['a scheme alone', { ...signed(), 'webhook-signature': ['v1,'] }, BODY, 'bad-signature'],
  ['no id', { ...signed(), 'webhook-id': [] }, BODY, 'missing-header'],
  ['no signature', { ...signed(), 'webhook-signature': [''] }, BODY, 'missing-header'],
  ['no headers at all', {}, BODY, 'missing-header'],
  ['two ids, one of them right', { ...signed(), 'webhook-id': ['msg_1', 'msg_2'] }, BODY, 'missing-header'],
  ['the signature in two headers', { ...signed(), 'webhook-signature': [right, wrong] }, BODY, 'missing-header'],
  ['a time in words', { ...signed(), 'webhook-timestamp': ['now'] }, BODY, 'missing-header'],
  ['a time with a fraction', { ...signed(), 'webhook-timestamp': [`${NOW}.5`] }, BODY, 'missing-header'],
  ['an endless id', { ...signed(), 'webhook-id': ['m'.repeat(257)] }, BODY, 'missing-header'],
  ['nothing in it, rightly signed', signed(NOW, ''), '', 'empty-body'],
];

for (const [what, headers, body, reason] of REFUSED) {
  test(`a webhook with ${what} is refused`, () => {
    assert.deepEqual(check(headers, body), { isValid: false, reason });
  });
}

test('a webhook holds for five minutes before and after it was signed, and no longer', () => {
  const times: [seconds: number, reason: string | null][] = [
    [-301, 'too-old'],
    [-300, null],
    [300, null],
    [301, 'too-new'],
  ];
  for (const [seconds, reason] of times) {
    const verdict = check(signed(NOW + seconds));
    assert.deepEqual(verdict, reason === null ? { isValid: true, id: 'msg_1' } : { isValid: false, reason });
  }
  assert.deepEqual(check(signed(NOW - 300), BODY, NOW_MS + 1), { isValid: false, reason: 'too-old' });
});

test('a secret without a key that could not be guessed is refused, and not repeated', () => {
  const message = 'Expected a webhook secret of whsec_ and a key in base64, got something else.';
  for (const secret of ['', 'whsec_', 'whsec_YWJj', 'abcdefabcdefabcdefabcdef', 'whsec_***not-base64-at-all***']) {
    assert.throws(() => readWebhookKey(secret), { message });
  }
});
