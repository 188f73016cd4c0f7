/** Files of the sandbox's Replicate: what the real client uploads, and what becomes of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { test } from 'node:test';
import { setUp, type Setup } from '../replicate-client.ts';

const DAY_MS = 24 * 3_600_000;
const NO_ANSWER_MS = 300;
const PICTURE = Buffer.from('a picture, as far as the store knows');

async function statusOf({ call }: Setup, path: string, init: RequestInit = {}): Promise<[number, unknown]> {
  const response = await call(path, init as Parameters<Setup['call']>[1]);
  return [response.status, response.status === 204 ? null : await response.json()];
}

/** As a browser or curl sends a form. */
async function post({ service }: Setup, form: FormData): Promise<[number, Record<string, unknown>]> {
  const headers = { authorization: `Bearer ${service.token}` };
  const response = await fetch(`${service.url}/files`, { method: 'POST', headers, body: form });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

function formOf(parts: Record<string, Blob | string>, name?: string): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(parts)) {
    if (typeof value === 'string') form.append(key, value);
    else form.append(key, value, key === 'content' ? name : undefined);
  }
  return form;
}

test('an upload of the real client is kept for a day with its type, size and checksum, and can be listed and deleted', async (t) => {
  const setup = await setUp(t);
  const { client, clock, service } = setup;
  const file = await client.files.create(new Blob([PICTURE], { type: 'image/png' }), { customer: 'me' });
  const sha256 = createHash('sha256').update(PICTURE).digest('hex');
  assert.deepEqual([file.content_type, file.size, file.checksums.sha256], ['image/png', PICTURE.length, sha256]);
  assert.deepEqual(file.metadata, { customer: 'me' });
  assert.equal(file.urls.get, `${service.url}/files/${file.id}`);
  assert.equal(Date.parse(String(file.expires_at)) - Date.parse(file.created_at), DAY_MS);
  assert.deepEqual(await client.files.get(file.id), file);
  const second = await client.files.create(Buffer.from('another'));
  assert.deepEqual(
    (await client.files.list()).results.map(({ id }) => id),
    [second.id, file.id],
  );
  assert.equal((await statusOf(setup, `/files/${second.id}`, { method: 'DELETE' }))[0], 204);
  const notFound = [404, { title: 'Not found', detail: 'File not found', status: 404 }];
  assert.deepEqual(await statusOf(setup, `/files/${second.id}`), notFound);
  assert.deepEqual(await statusOf(setup, `/files/${second.id}`, { method: 'DELETE' }), notFound);
  clock.advance(DAY_MS - 60_000);
  assert.equal((await statusOf(setup, `/files/${file.id}`))[0], 200);
  clock.advance(60_000);
  assert.deepEqual(await statusOf(setup, `/files/${file.id}`), notFound);
  assert.deepEqual(service.uploads(), []);
  assert.equal(service.requests[0]?.files[0]?.size, PICTURE.length, 'the record tells the file and holds no bytes');
  assert.equal(service.requests[0]?.body, null);
});

test('a form without a file, with a bad name or metadata that is none, or without a key, is refused', async (t) => {
  const setup = await setUp(t);
  const content = new Blob([PICTURE]);
  const refused: [FormData, string][] = [
    [formOf({ metadata: '{}' }), 'Missing content'],
    [formOf({ content: 'only text' }), 'Missing content'],
    [formOf({ content }, 'x'.repeat(256)), 'Invalid filename'],
    [formOf({ content, metadata: '[1]' }, 'a.png'), 'Invalid metadata: expected a JSON object.'],
    [formOf({ content, metadata: 'no JSON' }, 'a.png'), 'Invalid metadata: expected a JSON object.'],
  ];
  for (const [form, detail] of refused) {
    const [status, body] = await post(setup, form);
    assert.deepEqual([status, body.detail], [400, detail]);
  }
  assert.equal((await statusOf(setup, '/files', { method: 'POST', body: '{}' }))[0], 400);
  const [status, taken] = await post(setup, formOf({ content, filename: 'b.png', type: 'image/webp' }, 'a.png'));
  assert.deepEqual([status, taken.content_type], [201, 'image/webp']);
  assert.equal((await fetch(`${setup.service.url}/files`, { method: 'POST' })).status, 401);
});

test('a file of 100 MB is refused before it is sent', async (t) => {
  const { service } = await setUp(t);
  const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${service.token}`,
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': 101 * 1024 * 1024,
    };
    const sent = request(`${service.url}/files`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('end', () => sent.destroy());
    });
    sent.on('error', reject);
    sent.flushHeaders();
  });
  assert.equal(answer.status, 413);
  assert.match(answer.text, /Files must be less than 100MB in size/);
});

test('an upload meets each of its faults once and then works; one cut off after it was taken is there', async (t) => {
  const setup = await setUp(t);
  const { service } = setup;
  const form = (): FormData => formOf({ content: new Blob([PICTURE]) }, 'a.png');
  for (const [kind, status] of [
    ['http-401', 401],
    ['http-413', 413],
    ['http-429', 429],
    ['http-500', 500],
    ['http-503', 503],
  ] as const) {
    service.addFault({ on: 'upload', kind });
    assert.equal((await post(setup, form()))[0], status);
  }
  service.addFault({ on: 'upload', kind: 'cut-before' });
  await assert.rejects(post(setup, form()), /fetch failed/);
  assert.equal(service.uploads().length, 0);
  service.addFault({ on: 'upload', kind: 'cut-after' });
  await assert.rejects(post(setup, form()), /fetch failed/);
  service.addFault({ on: 'upload', kind: 'hang' });
  const headers = { authorization: `Bearer ${service.token}` };
  const signal = AbortSignal.timeout(NO_ANSWER_MS);
  await assert.rejects(fetch(`${service.url}/files`, { method: 'POST', headers, body: form(), signal }));
  assert.equal(service.uploads().length, 2);
  assert.equal((await post(setup, form()))[0], 201);
});
