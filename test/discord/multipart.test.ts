/** A message with files as one body, read back by the platform's own parser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMultipart } from '../../src/discord/multipart.ts';

test('what is sent is what a parser of the standard reads, byte for byte', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 13, 10, 128]);
  const files = [
    { name: 'a "quoted"\r\nname 夕焼け.png', data: bytes, contentType: 'image/png' },
    { name: 'empty.txt', data: Buffer.alloc(0) },
  ];
  const body = { content: 'ünïcode \r\n--darkroom', attachments: [{ id: 0 }] };
  const { bytes: encoded, contentType } = encodeMultipart(body, files);
  const form = await new Response(new Uint8Array(encoded), { headers: { 'content-type': contentType } }).formData();
  assert.deepEqual([...form.keys()], ['payload_json', 'files[0]', 'files[1]']);
  const payload = form.get('payload_json');
  assert.deepEqual(JSON.parse(typeof payload === 'string' ? payload : await (payload?.text() ?? '')), body);
  const [first, second] = [form.get('files[0]'), form.get('files[1]')];
  assert.ok(first instanceof File && second instanceof File);
  assert.equal(first.name, 'a "quoted"\r\nname 夕焼け.png');
  assert.equal(first.type, 'image/png');
  assert.deepEqual(Buffer.from(await first.arrayBuffer()), bytes);
  assert.equal(second.size, 0);
});
